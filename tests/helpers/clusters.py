"""A small dask cluster of processes that all tests of a run share, and functions that its workers find."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

QUIET = {
    "distributed.worker.profile.enabled": False,  # samples what each worker does, a hundred times a second
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.worker.memory.monitor-interval": "1s",
}
"""Settings of a cluster that does little while nobody needs it: as dask comes, it takes a tenth of a core all the time."""


@contextmanager
def cluster_of_processes(count: int = 2, threads: int = 1, **words: Any) -> Iterator[Any]:
    """Give a client of a cluster of processes, which end with it."""
    ends = ExitStack()
    try:
        with _warnings_of_libraries_ignored():
            import dask.config
            from distributed import Client, LocalCluster

            from tess_source.workers.spawned import without_main

            own = {
                "distributed.worker.multiprocessing-method": without_main(),
                "distributed.comm.timeouts.connect": "10s",  # to a worker that was killed, one is tried for 30 s
            }
            ends.enter_context(dask.config.set(QUIET | own))
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=threads,
                processes=True,
                dashboard_address=None,
                silence_logs=60,
                **words,
            )
            ends.enter_context(cluster)
            client = ends.enter_context(Client(cluster, set_as_default=False))
        yield client
    finally:
        with _warnings_of_libraries_ignored():
            ends.close()


@contextmanager
def _warnings_of_libraries_ignored() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def wait_for_all(client: Any, count: int = 2) -> None:
    """Wait until all workers answer: one that a test has killed is replaced a second later, and asking it is an error until then."""

    def answering() -> int:
        try:
            return len(pids(client))
        except OSError:
            return 0

    until(lambda: answering() == count)


def pids(client: Any) -> dict[str, int]:
    """Return address → process of the workers that there are."""
    return dict(client.run(os.getpid))


# -- what workers do --


def twice(number: int) -> int:
    """Return the double."""
    return 2 * number


def process(_: int) -> int:
    """Return the process."""
    return os.getpid()


def mistaken(number: int) -> int:
    """Fail for one number."""
    if number == 3:
        raise ZeroDivisionError("a mistake of the function")
    return number


def dying_once(record: tuple[Path, int]) -> int:
    """Kill the worker at one number, but only the first time."""
    folder, number = record
    if number == 2 and not (mark := folder / "died").exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly(number: int) -> int:
    """Kill the worker at one number, each time."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def greedy(number: int) -> int:
    """Use more memory than a worker may have, at one number."""
    if number == 2:
        held = [bytearray(b"x") * (64 << 20) for _ in range(16)]
        time.sleep(30)
        return len(held)
    return number


def telling(number: int) -> int:
    """Tell how far it is."""
    from tess_source.workers import counts, teller

    counts.EVERY = 0.0
    tell = teller()
    assert tell is not None
    for step in (1, 2, 3):
        tell(step, step * number)
        time.sleep(0.05)
    return number


def briefly(number: int) -> int:
    """Take a moment."""
    time.sleep(0.05)
    return number


def key_of_task(_: int) -> str:
    """Return the name that the scheduler gave to the task."""
    from distributed import get_worker

    return str(get_worker().get_current_task())


# -- clusters that tests start and stop --


@contextmanager
def threads_here(count: int) -> Iterator[Any]:
    """Give a client of a cluster whose workers are threads of this process, which starts at once."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=60
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


class Scheduler:
    """A scheduler with one worker that is a thread of this process; both can be stopped and started again at the same address."""

    def __init__(self) -> None:
        from distributed.utils import LoopRunner

        self._runner = LoopRunner(asynchronous=False)
        self._runner.start()
        self._port = 0
        self.start()

    def start(self) -> None:
        """Start both."""
        self._runner.run_sync(self._start)

    def stop(self) -> None:
        """Stop both."""
        self._runner.run_sync(self._stop)

    def restart(self) -> None:
        """Stop and start both."""
        self.stop()
        self.start()

    async def _start(self) -> None:
        from distributed import Scheduler as Dask
        from distributed import Worker

        self._scheduler = await Dask(host="127.0.0.1", port=self._port, dashboard_address=None, dashboard=False)
        self._port = int(self._scheduler.address.rpartition(":")[2])
        self.address = self._scheduler.address
        self._worker = await Worker(self.address, nthreads=1, host="127.0.0.1", dashboard=False)

    async def _stop(self) -> None:
        await self._worker.close()
        await self._scheduler.close()

    def close(self) -> None:
        """End all."""
        if self._scheduler.status.name == "running":
            self.stop()
        self._runner.stop()


@contextmanager
def scheduler() -> Iterator[Scheduler]:
    """Give a scheduler that can be stopped."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = Scheduler()
        try:
            yield running
        finally:
            running.close()


def until(true: Any, seconds: float = 60.0) -> None:
    """Wait until something is true, or for some time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def with_environment(settings: Mapping[str, str]) -> None:
    """Set environment variables."""
    os.environ.update(settings)
