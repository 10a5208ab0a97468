"""``python -m bench.scaling``: a download by dask's workers, 1, 2 and 4 processes, against threads of this process, to a folder and to S3.

The server of the files is nginx where it is installed; the object store is moto's server, in Python, which limits what it measures.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from bench import nginx
from bench.downloads import BLOCK, file_of
from bench.nine_faults import write_table
from bench.static import Static
from tess_source import Plan, Request, Session, Transport, hookimpl
from tess_source.tables.items import Items

__all__ = ["BEGIN", "END", "Run", "as_markdown"]

BEGIN, END = "<!-- scaling -->", "<!-- /scaling -->"
BLOCKS = 694
"""Blocks of a file of 2 MB."""
THREADS = "threads"
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class Run:
    """One download."""

    to: str
    """``folder`` or ``object store``."""
    by: str
    """``threads``, or the number of processes of dask."""
    files: int
    seconds: float
    """Wall time, without the start of the cluster."""
    calling: float
    """CPU time of the calling process [s]."""
    memory: tuple[float, float]
    """Most memory of a worker in the first and in the last third of the time [MB]."""


def _located(uri: str, settings: Any) -> Request:
    return Request(f"{settings.server}/{uri.partition(':')[2]}")


class Served:
    """The plugin that knows where the files are."""

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        """Return the transport of the files."""
        return (Transport("bench", _located),)


def plan_of(count: int, root: str | Path, session: Session) -> Plan:
    """Plan so many files."""
    names = [f"l-{number}.fits" for number in range(count)]
    rows = [{"uri": f"bench:{n}", "path": f"{n[:-6]}x/{n}", "size": BLOCKS * BLOCK, "filename": n} for n in names]
    return Plan(Items.of(rows), root, {}, session)  # type: ignore[arg-type]  a place is given in any form


class Memory(threading.Thread):
    """Watcher of the memory of processes."""

    def __init__(self, pids: Sequence[int], pause: float = 0.2) -> None:
        super().__init__(daemon=True)
        self._pids, self._pause, self._ended = pids, pause, threading.Event()
        self.samples: list[float] = []
        """Largest process at each time [MB]."""

    def run(self) -> None:
        """Sample until told to end."""
        import psutil

        processes = [psutil.Process(pid) for pid in self._pids]
        while not self._ended.wait(self._pause):
            self.samples.append(max(process.memory_info().rss for process in processes) / 1e6)

    def ended(self) -> tuple[float, float]:
        """Stop, and return the most in the first and in the last third of the time [MB]."""
        self._ended.set()
        self.join()
        third = max(1, len(self.samples) // 3)
        return (max(self.samples[:third]), max(self.samples[-third:])) if self.samples else (0.0, 0.0)


def _process() -> int:
    importlib.import_module("tess_source.download.executor")
    return os.getpid()


@contextlib.contextmanager
def executor_of(by: str) -> Iterator[tuple[Any, list[int]]]:
    """Give the executor of a side, None for threads, and the processes that fetch."""
    if by == THREADS:
        yield None, [os.getpid()]
        return
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=int(by), **options) as cluster, Client(cluster) as client:
        client.wait_for_workers(int(by), timeout=120)
        pids = client.run(_process)  # imports are not measured
        yield client.get_executor(pure=False, retries=2), list(pids.values())


def download(url: str, to: str, root: str | Path, by: str, count: int, jobs: int) -> Run:
    """Fetch files by one side, and check that all came."""
    session = Session(url, jobs=jobs, progress=False, discover=False, plugins=[Served()])
    with executor_of(by) as (executor, pids):
        plan, memory = plan_of(count, root, session), Memory(pids)
        memory.start()
        begin, busy = time.perf_counter(), time.process_time()
        manifest = plan.download(executor=executor)
        seconds, calling = time.perf_counter() - begin, time.process_time() - busy
        used = memory.ended()
    if manifest.errors:
        raise OSError(
            f"{by}: {len(manifest.errors)} of {count} files failed, e.g. {next(iter(manifest.errors.values()))}"
        )
    return Run(to, by, count, seconds, calling, used)


def _serve_s3(port: Any, ended: Any) -> None:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port.put(server.get_host_and_port()[1])
    ended.wait()
    server.stop()


@contextlib.contextmanager
def bucket() -> Iterator[str]:
    """Run moto's server in a process of its own, and give a bucket in it."""
    import boto3

    context = get_context("spawn")
    port, ended = context.Queue(), context.Event()
    process = context.Process(target=_serve_s3, args=(port, ended), daemon=True)
    process.start()
    url = f"http://127.0.0.1:{port.get(timeout=60)}"
    os.environ.update(KEYS, AWS_ENDPOINT_URL=url, AWS_ALLOW_HTTP="true")
    boto3.client("s3", endpoint_url=url).create_bucket(Bucket="bench")
    try:
        yield "s3://bench"
    finally:
        ended.set()
        process.join(10)


def to_folder(url: str, sides: Sequence[str], count: int, jobs: int, rounds: int, scratch: Path) -> Iterator[Run]:
    """Measure all sides in turns, in an order that is reversed every round."""
    for number in range(rounds):
        for by in sides[:: -1 if number % 2 else 1]:
            root = scratch / "files"
            try:
                yield download(url, "folder", root, by, count, jobs)
            finally:
                shutil.rmtree(root, ignore_errors=True)


def to_bucket(url: str, sides: Sequence[str], count: int, jobs: int) -> Iterator[Run]:
    """Measure all sides once. Each writes to another prefix."""
    with bucket() as place:
        for by in sides:
            yield download(url, "object store", f"{place}/{by}", by, count, jobs)


def as_markdown(runs: Sequence[Run]) -> str:
    """Write the table of the page: medians of the rounds; ratios are those to threads."""
    out = [
        "| to | fetched by | files | s | × threads | per batch more than threads [ms] | CPU of the calling process per file [ms] |"
    ]
    out[0] += " memory of a worker, first and last third [MB] |"
    out.append("|---|---|---|---|---|---|---|---|")
    for to, by in dict.fromkeys((run.to, run.by) for run in runs):
        own = [run for run in runs if (run.to, run.by) == (to, by)]
        threads = [run.seconds for run in runs if (run.to, run.by) == (to, THREADS)]
        seconds, files = median(run.seconds for run in own), own[0].files
        ratio = f"{seconds / median(threads):.2f}" if threads else ""
        more = f"{(seconds - median(threads)) / (files / 50) * 1e3:.0f}" if threads and by != THREADS else ""
        calling = median(run.calling for run in own) / files * 1e3
        first, last = (max(run.memory[part] for run in own) for part in (0, 1))
        who = by if by == THREADS else f"dask, {by} process{'es' if by != '1' else ''}"
        out.append(
            f"| {to} | {who} | {files:,} | {seconds:.1f} | {ratio} | {more} | {calling:.2f} | {first:.0f}, {last:.0f} |"
        )
    return "\n".join(out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser("python -m bench.scaling", description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="files of 2 MB to a folder (%(default)s)")
    parser.add_argument(
        "--objects", type=int, default=200, help="files of 2 MB to an object store; 0: none (%(default)s)"
    )
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4], help="processes (1 2 4)")
    parser.add_argument("--jobs", type=int, default=16, help="files at the same time, of all workers (%(default)s)")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds to a folder (%(default)s)")
    parser.add_argument("--scratch", type=Path, help="where files are fetched to, and removed again")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page, between its marks")
    options = parser.parse_args(arguments)
    sides = [THREADS, *map(str, options.workers)]
    bodies, latency = {"l": file_of(BLOCKS)}, options.latency
    is_nginx = nginx.can_serve(latency)
    print(f"from {'nginx' if is_nginx else 'a server in Python'}, {options.jobs} at the same time,", end=" ")
    print(f"{latency * 1e3:g} ms, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    runs: list[Run] = []
    with (
        tempfile.TemporaryDirectory(prefix="tess-source-bench-", dir=options.scratch) as scratch,
        nginx.serving(bodies, latency) if is_nginx else Static(bodies, latency) as url,
    ):
        folder = to_folder(url, sides, options.files, options.jobs, options.rounds, Path(scratch))
        objects = to_bucket(url, sides, options.objects, options.jobs) if options.objects else iter(())
        for run in (*folder, *objects):
            runs.append(run)
    table = as_markdown(runs)
    print(table)
    if options.write:
        write_table(options.write, table, BEGIN, END)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
