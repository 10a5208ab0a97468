"""Opening light curves: `lightkurve.read` against tess-source against bare arrays. ``python -m bench.loading``.

All files lie on disk and in the page cache. One process does all methods in turn, in an order that is reversed every round, so that
whatever else the machine does falls on all of them; memory is measured in a fresh process per method.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["Row", "as_text", "run"]

LIGHTKURVE, OURS, ARRAYS = "lightkurve.read", "load", "arrays"
MANY = 10
"""How many times over the files are read to see whether memory grows."""


@dataclass
class Row:
    """One method with one number of processes, over all rounds."""

    method: str
    processes: int
    returns: str
    """What comes out for every file."""
    cpu: list[float] = field(default_factory=list)
    """CPU time per file [ms], one value a round; of this process, so empty where others work."""
    wall: list[float] = field(default_factory=list)
    """Wall time per file [ms], one value a round."""
    grown: float | None = None
    """Growth of the memory over the import of all libraries and a first file, after `MANY` times all files [MB]."""
    peak: float | None = None
    """The same while it ran, at most [MB]."""


def run(rounds: int = 5, files: int = 100) -> list[Row]:
    """Measure.

    Parameters
    ----------
    rounds : int
        How often each method reads all files.
    files : int
        Light curves, as large as real ones of 120 s.

    Returns
    -------
    list of Row
        Methods, with one process and with two.

    Raises
    ------
    ValueError
        If tess-source and lightkurve do not give equal objects.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = write(Path(folder), files)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            rows = fresh.submit(_interleaved, paths, rounds).result()
        for row in rows:
            if row.processes == 1:
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
                    row.grown, row.peak = fresh.submit(_memory, row.method, paths).result()
    return rows


def write(folder: Path, files: int) -> list[Path]:
    """Write light curves of stars that do not exist, two sectors each."""
    from tess_source_sample.contents import Contents
    from tess_source_sample.facts import SYNTHETIC_TIC
    from tess_source_sample.files import make

    listed = Contents(extra=-(-files // 2)).files.values()
    names = [row["productFilename"] for row in listed if f"{SYNTHETIC_TIC:016}"[:-4] in row["productFilename"]]
    chosen = [name for name in names if name.endswith("-s_lc.fits")][:files]
    for name in chosen:
        (folder / name).write_bytes(make(name))
    return [folder / name for name in chosen]


# -- the methods: each gives one thing per file --


def by_lightkurve(paths: Sequence[Path]) -> Iterator[Any]:
    from tess_source_lightkurve.readers import lightkurve

    return (lightkurve().read(str(path)) for path in paths)


def by_load(paths: Sequence[Path]) -> Iterator[Any]:
    """Go the user's way: a manifest, the session's plugins, a look whether the file is whole, the object."""
    return _manifest(paths).iter_load()


def by_arrays(paths: Sequence[Path]) -> Iterator[Any]:
    from tess_source_lightkurve.plain import read_plain

    for path in paths:
        table = read_plain(path).table
        yield {
            name: table[name].astype(table[name].dtype.newbyteorder("=")) for name in ("time", "pdcsap_flux", "quality")
        }


METHODS: dict[str, Callable[[Sequence[Path]], Iterator[Any]]] = {
    LIGHTKURVE: by_lightkurve,
    OURS: by_load,
    ARRAYS: by_arrays,
}
RETURNS = {LIGHTKURVE: "TessLightCurve", OURS: "TessLightCurve", ARRAYS: "3 arrays, native byte order"}


def _manifest(paths: Sequence[Path]) -> Any:
    import tess_source_lightkurve
    from tess_source import Session, names
    from tess_source.tables.items import Entry, Item, Items
    from tess_source.tables.plan import Manifest, Plan

    session = Session(discover=False, plugins=[tess_source_lightkurve])
    kinds = [(path, names.parse(path.name)) for path in paths]
    items = [Item(f"file:{path.name}", path.name, kind=name.kind, pipeline=name.pipeline) for path, name in kinds]
    entries = tuple(Entry(item, "here", path=path) for item, path in zip(items, paths, strict=True))
    rows = Items.of([{"uri": item.uri, "path": item.path} for item in items])
    return Manifest(Plan(rows, paths[0].parent, {}, session), entries)


def spread(curve: Any) -> float:
    """Give one number of a light curve, as a search for variable stars might."""
    import numpy as np

    return float(np.nanstd(curve.flux.unmasked.value if hasattr(curve.flux, "unmasked") else curve.flux.value))


def spread_by_lightkurve(path: Path) -> float:
    return spread(next(by_lightkurve([path])))


def read_by_lightkurve(path: Path) -> Any:
    return next(by_lightkurve([path]))


# -- the measurements --


def _interleaved(paths: Sequence[Path], rounds: int) -> list[Row]:
    check_equal(paths[:5])
    _exhaust(path.read_bytes() for path in paths)
    rows = [Row(name, 1, RETURNS[name]) for name in METHODS]
    jobs: list[tuple[Row, Callable[[], Iterable[Any]]]] = [(row, partial(METHODS[row.method], paths)) for row in rows]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for pair in _pairs(paths, pool):
            rows.append(pair[0])
            jobs.append(pair)
        for row, job in jobs:  # learns, imports, warms up
            if row.processes > 1:
                _exhaust(job())
        for number in range(rounds):
            for row, job in jobs if number % 2 else reversed(jobs):
                cpu, wall = timed(job)
                row.wall.append(1000 * wall / len(paths))
                if row.processes == 1:
                    row.cpu.append(1000 * cpu / len(paths))
    return rows


def _pairs(paths: Sequence[Path], pool: ProcessPoolExecutor) -> Iterator[tuple[Row, Callable[[], Iterable[Any]]]]:
    """Give the jobs of two workers, which are kept from round to round."""
    manifest = _manifest(paths)
    yield Row(LIGHTKURVE, 2, "1 number"), lambda: pool.map(spread_by_lightkurve, paths)
    yield Row(OURS, 2, "1 number"), lambda: manifest.map(spread, workers=pool)
    yield Row(LIGHTKURVE, 2, "TessLightCurve"), lambda: pool.map(read_by_lightkurve, paths)
    yield Row(OURS, 2, "TessLightCurve"), lambda: manifest.iter_load(workers=pool)


def check_equal(paths: Sequence[Path]) -> None:
    """Open each file by both, twice: the first of a kind is lightkurve's own."""
    from tess_source_lightkurve.same import differences

    for _ in range(2):
        for ours, theirs in zip(by_load(paths), by_lightkurve(paths), strict=True):
            if found := differences(ours, theirs):
                raise ValueError(f"not equal: {'; '.join(found)}")


def timed(job: Callable[[], Iterable[Any]]) -> tuple[float, float]:
    """Do a job to its end; give CPU and wall time [s]."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    _exhaust(job())
    return time.process_time() - cpu, time.perf_counter() - wall


def _exhaust(things: Iterable[Any]) -> None:
    for _ in things:
        pass


def _memory(method: str, paths: Sequence[Path]) -> tuple[float, float]:
    """Read all files many times over and let go of each; give growth at the end and at most."""
    import lightkurve  # noqa: F401  the same libraries for all

    read = METHODS[method]
    _exhaust(read(paths[:2]))
    before = _resident()
    highest = before
    for _ in range(MANY):
        for _ in read(paths):
            highest = max(highest, _resident())
    return _resident() - before, highest - before


def _resident() -> float:
    """Memory of this process [MB]."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def as_text(rows: Sequence[Row], files: int) -> str:
    """Write a table; ratios are taken round by round."""
    line = "  {:17}{:>10}  {:28}{:>22}{:>24}{:>20}{:>14}"
    lines = [
        f"{files} light curves, times per file in ms: median (range) over {len(rows[0].wall)} rounds",
        line.format("", "processes", "gives", "CPU", "wall", "times faster", "memory [MB]").rstrip(),
    ]
    for row in rows:
        base = next(other for other in rows if other.method == LIGHTKURVE and other.processes == 1)
        pairs = zip(base.cpu, row.cpu, strict=True) if row.cpu else zip(base.wall, row.wall, strict=True)
        ratio = [theirs / own for theirs, own in pairs]
        lines.append(
            line.format(
                row.method,
                row.processes,
                row.returns,
                spread_of(row.cpu, 2),
                spread_of(row.wall, 2),
                spread_of(ratio, 1),
                "" if row.peak is None else f"{row.grown:+.0f}, {row.peak:+.0f}",
            ).rstrip()
        )
    lines.append(
        "times faster: than lightkurve.read in one process, round by round, by CPU; two processes by wall time"
    )
    lines.append(f"memory: growth after reading all of them {MANY} times over, and at most on the way")
    return "\n".join(lines)


def spread_of(values: Sequence[float], digits: int) -> str:
    """Write median and range; nothing for no values."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})" if values else ""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.loading", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="all single values")
    asked = parser.parse_args()
    rows = run(asked.rounds, asked.files)
    print(json.dumps([asdict(row) for row in rows], indent=1) if asked.json else as_text(rows, asked.files))


if __name__ == "__main__":
    main()
