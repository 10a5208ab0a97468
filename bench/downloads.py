"""``python -m bench.downloads``: many files from one server, against curl, aria2c and astroquery, in turns; ours alone are verified."""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import nginx
from bench.static import Static
from tess_source import Request, Transport
from tess_source.download.executor import entries as entries_by
from tess_source.download.run import Run
from tess_source.settings import Settings
from tess_source.tables.items import Item

BLOCK = 2880


@dataclass(frozen=True)
class Work:
    """Files of one size."""

    name: str
    words: str
    count: int
    blocks: int
    goal: float
    """Most of curl's wall time that ours may take."""


WORKS = (Work("l", "2 MB", 500, 694, 1.15), Work("s", "100 kB", 2000, 35, 1.3))
LATENCIES = (0.0, 0.01, 0.05)
"""Seconds."""
ONCE = ("astroquery",)
"""Sides that take minutes, because they wait for one file after the other: their time is steady, and one round of it enough."""
Side = Callable[[str, Work, Path, int], None]


def file_of(blocks: int) -> bytes:
    """Make a FITS file of so many blocks, with the sum of its data, which costs us and nobody else."""
    import numpy as np

    data = os.urandom((blocks - 1) * BLOCK)
    total = int(np.frombuffer(data, ">u4").sum(dtype=np.uint64))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    1",
    ]
    cards += [f"NAXIS1  = {len(data):20d}", f"DATASUM = '{total}'", "END"]
    return "".join(card.ljust(80) for card in cards).ljust(BLOCK).encode() + data


def names(work: Work) -> list[str]:
    return [f"{work.name}-{number}.fits" for number in range(work.count)]


def _located(uri: str, settings: Settings) -> Request:
    return Request(f"{settings.server}/{uri.partition(':')[2]}")


def ours(url: str, work: Work, root: Path, jobs: int, processes: int = 0) -> None:
    items = [Item(f"bench:{name}", name, work.blocks * BLOCK, filename=name) for name in names(work)]
    settings = Settings(server=url, jobs=jobs, progress=False)
    run = Run(items, root, {"bench": Transport("bench", _located)}, settings, processes or None, entries_by)
    entries = list(run)
    assert all(entry.sha256 for entry in entries), next(entry.error for entry in entries if not entry.ok)


def curl(url: str, work: Work, root: Path, jobs: int) -> None:
    subprocess.run(
        ["curl", "--silent", "--parallel", "--parallel-max", str(jobs), "--output-dir", str(root), "--remote-name",
         f"{url}/{work.name}-[0-{work.count - 1}].fits"],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def aria2(url: str, work: Work, root: Path, jobs: int) -> None:
    listed = "\n".join(f"{url}/{name}" for name in names(work)).encode()
    subprocess.run(["aria2c", "-q", f"-j{jobs}", "-x1", "-d", str(root), "-i", "-"], input=listed, check=True)


def astroquery(url: str, work: Work, root: Path, jobs: int) -> None:
    from astroquery.mast import Observations

    for name in names(work):
        done = Observations.download_file(
            f"mast:TESS/{name}", local_path=root / name, base_url=f"{url}/{name}", verbose=False
        )
        assert done[0] == "COMPLETE", done


def sides(processes: int) -> dict[str, Side]:
    """Give those that are installed; curl, which the goals are about, must be."""
    found: dict[str, Side] = {"tess-source": ours, "curl --parallel": curl, "astroquery": astroquery}
    if processes > 1:
        found[f"{processes} processes"] = functools.partial(ours, processes=processes)
    return found | ({"aria2c": aria2} if shutil.which("aria2c") else {})


def measure(
    work: Work, latency: float, rounds: int, jobs: int, scratch: Path, without: Sequence[str], processes: int = 1
) -> dict[str, list[float]]:
    """Time every side once a round, in an order that is reversed from round to round."""
    chosen = {name: side for name, side in sides(processes).items() if name not in without}
    times: dict[str, list[float]] = {name: [] for name in chosen}
    turns = [[name for name in chosen if not number or name not in ONCE] for number in range(rounds)]
    bodies = {work.name: file_of(work.blocks)}
    with nginx.serving(bodies, latency) if nginx.can_serve(latency) else Static(bodies, latency) as url:
        for number, turn in enumerate(turns):
            for name in turn[:: -1 if number % 2 else 1]:
                root = scratch / "files"
                root.mkdir()
                os.sync()
                begin = time.perf_counter()
                chosen[name](url, work, root, jobs)
                times[name].append(time.perf_counter() - begin)
                sizes = {path.stat().st_size for path in root.iterdir()}
                assert (len(list(root.iterdir())), sizes) == (work.count, {work.blocks * BLOCK}), name
                shutil.rmtree(root)
    return times


def lines(work: Work, latency: float, times: Mapping[str, Sequence[float]]) -> list[str]:
    """Write one table."""
    title = f"{work.count} files of {work.words}, {latency * 1000:.0f} ms latency"
    out = ["", title, f"{'':16}{'s':>8}{'range':>16}{'x curl':>8}{'range':>14}"]
    for name, own in times.items():
        ratios = [a / b for a, b in zip(own, times["curl --parallel"], strict=name not in ONCE)]
        out.append(
            f"{name:16}{median(own):8.2f}{f'{min(own):.2f}-{max(own):.2f}':>16}"
            f"{median(ratios):8.2f}{f'{min(ratios):.2f}-{max(ratios):.2f}':>14}"
        )
    ratio = median(a / b for a, b in zip(times["tess-source"], times["curl --parallel"], strict=True))
    verdict = "reached" if ratio <= work.goal else "missed"
    return [*out, f"goal: at most {work.goal} x curl, verification included: {verdict}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser("python -m bench.downloads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=16, help="files at the same time (%(default)s)")
    parser.add_argument("--processes", type=int, default=1, help="measure ours with so many processes too")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the files (%(default)s)")
    parser.add_argument("--latency", type=float, action="append", help="seconds; may be repeated (0, 0.01 and 0.05)")
    parser.add_argument("--without", action="append", default=[], help="a side to leave out; may be repeated")
    parser.add_argument("--scratch", type=Path, help="where files are fetched to, and removed again")
    options = parser.parse_args(arguments)
    server = "nginx" if all(map(nginx.can_serve, options.latency or LATENCIES)) else "a server in Python"
    print(f"from {server}, {options.jobs} at the same time, {options.rounds} rounds,", end=" ")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="tess-source-bench-", dir=options.scratch) as scratch:
        for whole in WORKS:
            work = Work(whole.name, whole.words, max(1, int(whole.count * options.scale)), whole.blocks, whole.goal)
            for latency in options.latency or LATENCIES:
                times = measure(
                    work, latency, options.rounds, options.jobs, Path(scratch), options.without, options.processes
                )
                print("\n".join(lines(work, latency, times)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
