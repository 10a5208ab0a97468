"""What is asked in an environment without optional libraries, by its own interpreter: a script that prints the answers as JSON.

    python bare.py FOLDER

Run by ``tests/project/test_bare.py``. It uses nothing but tess-source and what it requires.
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import tess_source
from tess_source_dv.read.read_dvt import read_dvt
from tess_source_lightkurve.stitch import stitch
from tess_source_sample.server import SampleArchive

STAR = "TIC 16740101"
LC = ("--kind", "lc", "--sector", "14-15")
ROOT = Path(sys.argv[1])
ANSWERS: dict[str, dict[str, Any]] = {}


def python(name: str, ask: Callable[[], object]) -> None:
    """Note what a call returns or raises."""
    try:
        ANSWERS[name] = {"value": str(ask())}
    except Exception as error:  # noqa: BLE001  whatever it is, the test is told
        kinds = [one.__name__ for one in type(error).__mro__]
        ANSWERS[name] = {"error": str(error), "kinds": kinds, "trace": traceback.format_exc()}


def program(name: str, *words: str) -> None:
    """Note what the program prints, and its exit code."""
    from tess_source.cli.program import main

    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(words)
    except SystemExit as done:
        ANSWERS[name] = {"code": done.code, "out": out.getvalue(), "err": err.getvalue()}


def main() -> None:
    """Ask everything."""
    with SampleArchive() as archive:
        os.environ["TESS_SOURCE_SERVER"] = archive.url
        ask_program()
        ask_python()
    heavy = {"lightkurve", "matplotlib", "pandas", "pyarrow", "scipy", "dask", "distributed", "tess_stars2px"}
    ANSWERS["imported"] = {"value": sorted(heavy & set(sys.modules))}
    sys.stdout.write(json.dumps(ANSWERS))


def ask_program() -> None:
    """Ask the program, for what must work and for what cannot."""
    data, lock = str(ROOT / "data"), str(ROOT / "lock.ecsv")
    program("plugins", "plugins", "--format", "json")
    program("search", "search", STAR, *LC, "--format", "csv")
    program("count", "count", STAR)
    program("get", "get", STAR, *LC, "--to", data, "--lock", lock)
    program("verify", "verify", lock, "--to", data)
    program("urls", "urls", STAR, *LC)
    program("dv", "dv", STAR, "--tces", "--format", "csv")
    program("sectors", "sectors", STAR, "--format", "csv")
    program("stars", "stars", STAR, "--format", "csv")
    program("catalogue", "catalogue", "update", "--sector", "14", "--kind", "lc")
    program(
        "from the catalogue", "--archive", "catalogue", "search", STAR, *LC[:2], "--sector", "14", "--format", "csv"
    )
    program("sectors --pixels", "sectors", STAR, "--pixels")
    program("plot", "plot", STAR, "--picture", str(ROOT / "star.png"))
    program("show", "show", STAR, "--html", str(ROOT / "star.html"))
    program("dv --plot", "dv", STAR, "--plot", str(ROOT / "runs.png"))
    program("demo", "demo", "--to", str(ROOT / "demo"))


def ask_python() -> None:
    """Ask in Python, for what must work and for what cannot."""
    found = tess_source.search(STAR)
    light = found.select(kind="lc", sector=[14, 15])
    manifest = light.plan(ROOT / "data").download()
    for kind in ("ffi", "cbv"):
        tess_source.search(kind=kind, sector=14, camera=1, ccd=1).select(kind=kind, limit=1).plan(
            ROOT / "ccd"
        ).download()
    python("download", manifest.summary)
    python("lock", lambda: manifest.lock().save(ROOT / "again.ecsv").name)
    python("load_plan", lambda: tess_source.load_plan(ROOT / "again.ecsv", ROOT / "data").download().summary())
    python("arrays", lambda: len(list(manifest.iter_arrays())))
    python("to_table", lambda: len(found.products.to_table()))
    python(
        "images", lambda: [type(image).__name__ for image in tess_source.open(ROOT / "ccd", quality_bitmask="default")]
    )
    python("a wrong argument", lambda: manifest.load(quality_bitmask="hardst"))
    python("load", manifest.load)
    python("load by workers", lambda: list(manifest.iter_load(workers=ThreadPoolExecutor(1))))
    python("iter_load", lambda: list(manifest.iter_load()))
    python("found.load", light.load)
    python("open", lambda: tess_source.open(ROOT / "data"))
    python("read", lambda: raised(manifest.read().failed.values()))
    python("map", lambda: raised(done.error for done in manifest.map(len)))
    python("stitch", lambda: stitch(manifest))
    python("pixels", found.select(kind="tp", sector=14).load)
    python("cut-out", tess_source.search(STAR, kind="cutout", sector=14, cutout_size=5).load)
    python("DV time series", found.select(kind="dvt", limit=1).load)
    python("read_dvt", lambda: read_dvt("a_dvt.fits"))
    python("DV into lightkurve", lambda: import_module("tess_source_dv.lightkurve"))
    python("basis vectors", lambda: tess_source.open(next((ROOT / "ccd").rglob("*cbv.fits"))))
    python("to_lightkurve", found.to_lightkurve)
    python("to_pandas", found.products.to_pandas)
    python("to_arrow", manifest.to_arrow)
    python("to_parquet", lambda: manifest.to_parquet(ROOT / "set"))
    python("plot in Python", light.plot)
    python("show_html", lambda: light.show_html(ROOT / "star.html"))
    python("plot_coverage", found.plot_coverage)
    python("sectors(pixels=True)", lambda: tess_source.default_session().sectors(16740101, pixels=True))
    python("search_lightcurve", lambda: tess_source.search_lightcurve(STAR, sector=14).download())


def raised(errors: Iterable[Exception | None]) -> None:
    """Raise the first of several errors."""
    for error in filter(None, errors):
        raise error


main()
