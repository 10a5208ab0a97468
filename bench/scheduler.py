"""``python -m bench.scheduler``: what a batch costs dask's scheduler, with 2 to 200 workers in this process.

All workers run in the process of the scheduler and of the client. So the cost per batch is that of all three together: more than the
scheduler's own.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.nine_faults import write_table
from tess_source.tables.items import FETCHED, Entry, Item

__all__ = ["BEGIN", "END", "as_markdown", "measure"]

BEGIN, END = "<!-- scheduler -->", "<!-- /scheduler -->"
FILES = 50
"""Files per batch, as in a download."""
AHEAD = 2
"""Batches under way per worker, as in a download."""

QUIET = {"distributed.worker.profile.enabled": False, "distributed.admin.system-monitor.interval": "60 s"}
"""What every worker does all the time is not done 200 times in one process: it would be counted as the scheduler's."""


@dataclass(frozen=True)
class Row:
    """What was measured with one number of workers."""

    workers: int
    batches: int
    idle: float
    """Wall time of a batch that does nothing [s]."""
    cpu: float
    """CPU time of a batch that does nothing [s]."""
    asleep: float
    """Wall time of batches that sleep, over the time for which each worker slept."""


@dataclass(frozen=True)
class Batch:
    """What is sent: as many items as a batch of a download has."""

    items: tuple[Item, ...]
    seconds: float


def fetched(batch: Batch) -> list[Entry]:
    """Sleep, and return what a batch of a download returns."""
    time.sleep(batch.seconds)
    return [Entry(item, FETCHED, bytes=2_000_000, sha256="0" * 64, via=item.uri) for item in batch.items]


def batches(count: int, seconds: float, files: int = FILES) -> Iterator[Batch]:
    """Make batches of different files."""
    for number in range(count):
        names = [f"tess2018206045859-s0001-{number * files + one:016}-0120-s_lc.fits" for one in range(files)]
        items = (
            Item(f"mast:TESS/product/{n}", f"mastDownload/TESS/{n[:-8]}/{n}", filename=n, kind="lc") for n in names
        )
        yield Batch(tuple(items), seconds)


@contextmanager
def cluster(workers: int) -> Iterator[Any]:
    """Give a client of a cluster whose workers are threads of this process."""
    import dask
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {
        "threads_per_worker": 1,
        "processes": False,
        "dashboard_address": ":0",
        "memory_limit": 0,
    }
    with (
        dask.config.set(QUIET),
        LocalCluster(n_workers=workers, **options) as local,
        Client(local) as client,
    ):
        client.wait_for_workers(workers, timeout=300)
        yield client


def run(client: Any, workers: int, jobs: Iterator[Batch]) -> tuple[float, float]:
    """Send batches, two per worker at a time, and return the wall time and CPU time of all [s]."""
    begin, busy = time.perf_counter(), time.process_time()
    running: deque[Any] = deque()
    for number, batch in enumerate(jobs):
        if len(running) >= AHEAD * workers:
            running.popleft().result()
        running.append(client.submit(fetched, batch, pure=False, key=f"fetch-{id(jobs)}-{number}"))
    while running:
        running.popleft().result()
    return time.perf_counter() - begin, time.process_time() - busy


def measure(workers: int, count: int, seconds: float, each: int) -> Row:
    """Measure with one number of workers.

    Parameters
    ----------
    workers : int
    count : int
        Batches that do nothing.
    seconds : float
        For how long the others sleep.
    each : int
        Batches per worker that sleep.
    """
    with cluster(workers) as client:
        run(client, workers, batches(min(count, 2 * workers), 0.0))  # not measured: connections are made
        idle, cpu = run(client, workers, batches(count, 0.0))
        asleep, _ = run(client, workers, batches(each * workers, seconds))
    return Row(workers, count, idle / count, cpu / count, asleep / (each * seconds))


def as_markdown(rows: Sequence[Row], seconds: float) -> str:
    """Write the table of the page."""
    head = f"| workers | ms per batch, which does nothing | of CPU | batches that sleep for {seconds:g} s: wall time over sleep |"
    lines = [f"| {r.workers} | {r.idle * 1e3:.1f} | {r.cpu * 1e3:.1f} | {r.asleep:.2f} |" for r in rows]
    return "\n".join([head, "|---|---|---|---|", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser("python -m bench.scheduler", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 10, 50, 200], help="(2 10 50 200)")
    parser.add_argument("--batches", type=int, default=1000, help="batches that do nothing (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for how long the others sleep (%(default)s)")
    parser.add_argument("--each", type=int, default=5, help="batches per worker that sleep (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, between its marks")
    options = parser.parse_args(arguments)
    print(f"{FILES} files per batch; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    rows = []
    for count in options.workers:
        rows.append(measure(count, options.batches, options.seconds, options.each))
        print(rows[-1], flush=True)
    table = as_markdown(rows, options.seconds)
    print(table)
    if options.write:
        write_table(options.write, table, BEGIN, END)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
