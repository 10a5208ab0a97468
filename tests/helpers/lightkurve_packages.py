"""Packages that search with lightkurve, and what their own code finds: with lightkurve alone, and with tess-source in it.

Run as a program, it prints the table of ``docs/use-in-lightkurve.md``.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from peers import astroquery_at

import tess_source
from tess_source import Session
from tess_source_sample.server import SampleArchive

__all__ = ["PACKAGES", "Run", "measured"]


def exotransit(package: Any) -> list[Any]:
    """One light curve, by name, sector and pipeline."""
    curves = [package.fetch_tess_lightcurve("TIC 16740101", sector=sector) for sector in (14, 41, 75)]
    return [(curve.label, curve.meta, curve.time, curve.flux) for curve in curves]


def contaminante(package: Any) -> list[Any]:
    """Pixel files and cut-outs, by functions of lightkurve that it has as default arguments and compares with lightkurve's."""
    import lightkurve

    pixels = package.search("TIC 257486953", "tess").download_all()
    cutouts = package.search("TIC 96704587", "tess", lightkurve.search_tesscut).download_all(cutout_size=(8, 8))
    found = [(one.targetid, one.sector, np.asarray(one.flux.value)) for one in (*pixels, *cutouts)]
    for one in (*pixels, *cutouts):
        one.hdu.close()
    return found


def monohunter(package: Any) -> list[Any]:
    """All light curves of a star, one after the other, and its cut-outs."""
    result, rows = package.search_tess(16740101)
    curves = [package.download_lightcurve(result, row["_index"]) for row in rows]
    _, cutouts = package.search_tesscut(96704587)
    return [rows, cutouts, *((curve.sector, np.asarray(curve.time.value), np.asarray(curve.flux)) for curve in curves)]


PACKAGES: dict[str, tuple[str, Callable[[Any], list[Any]]]] = {
    "exotransit": ("exotransit.data_loader", exotransit),
    "contaminante": ("contaminante.utils", contaminante),
    "monohunter": ("monohunter.fetch", monohunter),
}
"""Name of a distribution → its module, and what is done with it."""


@dataclass(frozen=True)
class Run:
    """What a package found, how often it asked the archive, and how long it took [s]."""

    found: list[Any]
    requests: int
    seconds: float


@contextmanager
def lightkurve_at(archive: SampleArchive, folder: Path) -> Iterator[None]:
    """Point lightkurve at a sample archive, with an empty cache folder, and forget what it found elsewhere."""
    import lightkurve

    folder.mkdir()
    for function in (lightkurve.search_lightcurve, lightkurve.search_targetpixelfile, lightkurve.search_tesscut):
        function.cache_clear()
    with astroquery_at(archive.url), lightkurve.conf.set_temp("cache_dir", str(folder)):
        yield


def measured(name: str, archive: SampleArchive, folder: Path, session: Session | None) -> Run:
    """Run a package against a sample archive; with a session, that is used in lightkurve."""
    module, run = PACKAGES[name]
    package = import_module(module)
    with lightkurve_at(archive, folder), ExitStack() as stack:
        if session is not None:
            stack.enter_context(tess_source.use_in_lightkurve(session))
        archive.clear()
        begin = time.perf_counter()
        found = run(package)
        return Run(found, len(archive.requests), time.perf_counter() - begin)


def main() -> None:
    """Print a table: each package with lightkurve alone, and with tess-source in it."""
    warnings.simplefilter("ignore")
    print("| package | | requests | seconds |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, SampleArchive() as archive:
        for name in PACKAGES:
            for again, warm in enumerate((None, Session(archive.url, cache=Path(folder, f"{name}-0")))):
                measured(name, archive, Path(folder, f"{name}-warm-{again}"), warm)  # so that imports do not count
            own = measured(name, archive, Path(folder, f"{name}-own"), None)
            ours = measured(
                name, archive, Path(folder, name), Session(archive.url, cache=Path(folder, f"{name}-cache"))
            )
            np.testing.assert_equal(ours.found, own.found)
            print(f"| {name} {version(name)} | lightkurve | {own.requests} | {own.seconds:.1f} |")
            print(f"| | with tess-source | {ours.requests} | {ours.seconds:.1f} |")


if __name__ == "__main__":
    main()
