"""Light curves for machine learning: `lightkurve.read` against arrays, Arrow and Parquet. ``python -m bench.arrays``.

All files lie on disk and in the page cache, and one process does all methods in turn, in an order that is reversed every round, so that
whatever else the machine does falls on all of them. CPU time is that of the process, threads of the libraries included.
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from bench.loading import write

__all__ = ["Row", "as_text", "run"]

FEW = ("time", "pdcsap_flux", "quality")


@dataclass
class Row:
    """One method over all rounds."""

    method: str
    megabytes: float = 0.0
    """Size of what is read or written, per light curve [MB]."""
    cpu: list[float] = field(default_factory=list)
    """CPU time per light curve [ms], one value a round."""
    wall: list[float] = field(default_factory=list)
    """Wall time per light curve [ms], one value a round."""


def run(rounds: int = 5, files: int = 40, folder: Path | None = None) -> list[Row]:
    """Measure.

    Parameters
    ----------
    rounds : int
        How often each method handles all files.
    files : int
        Light curves, as large as real ones of 120 s.
    folder : Path, optional
        Take the light curves in it instead.

    Returns
    -------
    list of Row
        `lightkurve.read` first.

    Raises
    ------
    ValueError
        If the methods do not give equal numbers.
    """
    with tempfile.TemporaryDirectory() as made:
        paths = sorted(folder.glob("*_lc.fits")) if folder else write(Path(made), files)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            return fresh.submit(_interleaved, paths, rounds, Path(made)).result()


def manifest_of(paths: Sequence[Path]) -> Any:
    """Give files that lie there as a manifest."""
    import tess_source_arrays
    from tess_source import Session, names
    from tess_source.tables.items import Entry, Item, Items
    from tess_source.tables.plan import Manifest, Plan

    session = Session(discover=False, plugins=[tess_source_arrays])
    items = []
    for path in paths:
        name = names.parse(path.name)
        known = {"kind": name.kind, "tic": name.tic, "first_sector": name.first_sector, "pipeline": name.pipeline}
        items.append(Item(f"file:{path.name}", path.name, exptime=name.exptime, filename=path.name, **known))
    entries = tuple(Entry(item, "here", path=path) for item, path in zip(items, paths, strict=True))
    rows = Items.of([{**asdict(item), "mirrors": ""} for item in items])
    return Manifest(Plan(rows, paths[0].parent, {}, session), entries)


def methods(paths: Sequence[Path], folder: Path) -> dict[str, tuple[Callable[[], Any], Callable[[], float]]]:
    """Give each method with the size of what it is about [MB]."""
    import pyarrow.parquet as pq

    from tess_source_arrays.arrow import ALL
    from tess_source_lightkurve.readers import lightkurve

    manifest, every, few = manifest_of(paths), folder / "all.parquet", folder / "few.parquet"

    def fits() -> float:
        return sum(path.stat().st_size for path in paths) / 1e6

    return {
        "lightkurve.read": (lambda: [lightkurve().read(str(path)) and None for path in paths], fits),
        "iter_arrays, 3 columns": (lambda: [len(one["time"]) for one in manifest.iter_arrays(FEW)], fits),
        "iter_arrays, 3 columns, verified": (lambda: [len(one["time"]) for one in manifest.iter_arrays(FEW, verify=True)], fits),
        "iter_arrays, 20 columns": (lambda: [len(one["time"]) for one in manifest.iter_arrays(ALL)], fits),
        "to_arrow, 3 columns": (lambda: manifest.to_arrow(FEW), fits),
        "to_arrow, 20 columns": (manifest.to_arrow, fits),
        "to_parquet, 3 columns": (lambda: manifest.to_parquet(few, columns=FEW), lambda: few.stat().st_size / 1e6),
        "to_parquet, 20 columns": (lambda: manifest.to_parquet(every), lambda: every.stat().st_size / 1e6),
        "read that Parquet, 3 columns": (lambda: pq.read_table(few), lambda: few.stat().st_size / 1e6),
        "read that Parquet, 20 columns": (lambda: pq.read_table(every), lambda: every.stat().st_size / 1e6),
    }  # fmt: skip


def _interleaved(paths: Sequence[Path], rounds: int, folder: Path) -> list[Row]:
    _check(paths[:5])
    todo = methods(paths, folder)
    rows = {name: Row(name) for name in todo}
    for name, (method, size) in todo.items():  # imports, warms up
        method()
        rows[name].megabytes = size() / len(paths)
    for number in range(rounds):
        for name in todo if number % 2 else reversed(todo):
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            todo[name][0]()
            rows[name].cpu.append(1000 * (time.process_time() - cpu) / len(paths))
            rows[name].wall.append(1000 * (time.perf_counter() - wall) / len(paths))
    return list(rows.values())


def _check(paths: Sequence[Path]) -> None:
    """See that the arrays are lightkurve's."""
    import numpy as np

    from tess_source_lightkurve.readers import lightkurve

    for path, arrays in zip(paths, manifest_of(paths).iter_arrays(FEW, quality_bitmask="default"), strict=True):
        curve = lightkurve().read(str(path))
        pairs = {
            "time": curve.time.value,
            "pdcsap_flux": np.ma.filled(curve["pdcsap_flux"].value, np.nan),
            "quality": curve["quality"],
        }
        if wrong := [
            name
            for name, theirs in pairs.items()
            if not np.array_equal(arrays[name], theirs, equal_nan=name != "quality")
        ]:
            raise ValueError(f"{path.name}: {', '.join(wrong)} differ")


def as_text(rows: Sequence[Row], files: int) -> str:
    """Write a table; ratios are taken round by round."""
    lines = [
        f"{files} light curves; per light curve in ms: median (range) over {len(rows[0].cpu)} rounds",
        f"  {'':34}{'CPU':>22}{'faster by':>20}{'wall':>22}{'faster by':>20}{'MB':>8}",
    ]
    for row in rows:
        cpu = f"{_spread(row.cpu, 2):>22}{_spread(_ratios(rows[0].cpu, row.cpu), 1):>20}"
        wall = f"{_spread(row.wall, 2):>22}{_spread(_ratios(rows[0].wall, row.wall), 1):>20}"
        lines.append(f"  {row.method:34}{cpu}{wall}{row.megabytes:>8.2f}")
    return "\n".join(lines)


def _ratios(theirs: Sequence[float], own: Sequence[float]) -> list[float]:
    return [a / b for a, b in zip(theirs, own, strict=True)]


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.arrays", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--folder", type=Path, help="light curves to take instead")
    parser.add_argument("--json", action="store_true", help="all single values")
    asked = parser.parse_args()
    rows = run(asked.rounds, asked.files, asked.folder)
    files = len(list(asked.folder.glob("*_lc.fits"))) if asked.folder else asked.files
    print(json.dumps([asdict(row) for row in rows], indent=1) if asked.json else as_text(rows, files))


if __name__ == "__main__":
    main()
