"""A small dask cluster of processes that all tests of a run share, and functions that its workers find."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def cluster_of_processes(count: int = 2, threads: int = 1) -> Iterator[Any]:
    """Give a client of a cluster of processes, which end with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries
        import dask.config
        from distributed import Client, LocalCluster

        from tess_source.workers.spawned import without_main

        with (
            dask.config.set({"distributed.worker.multiprocessing-method": without_main()}),
            LocalCluster(
                n_workers=count, threads_per_worker=threads, processes=True, dashboard_address=None, silence_logs=60
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            yield client


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


def slow(number: int) -> int:
    """Take a second."""
    time.sleep(1)
    return number


def telling(number: int) -> int:
    """Tell how far it is."""
    from tess_source.workers import counts, teller

    counts.EVERY = 0.0
    tell = teller()
    assert tell is not None
    for step in (1, 2, 3):
        tell(step, step * number)
    return number
