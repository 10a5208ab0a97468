"""Waits for threads that Ctrl-C can interrupt."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from typing import Any

__all__ = ["LISTEN", "held", "joined", "paused", "wait_for"]

LISTEN = 0.1
"""Seconds between two checks for Ctrl-C."""


def paused(stop: threading.Event, seconds: float) -> bool:
    """Wait for some time, or until an event is set; return whether it is.

    Ctrl-C is heard within `LISTEN` seconds: see `wait_for`.
    """
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        stop.wait(min(LISTEN, left))
    return stop.is_set()


@contextmanager
def held(lock: threading.Lock | threading.Semaphore, check: Callable[[], object]) -> Iterator[None]:
    """Hold a lock that other threads may hold for long. Ctrl-C is heard within `LISTEN` seconds: see `wait_for`.

    Parameters
    ----------
    lock : Lock or Semaphore
    check : callable
        Called now and then; it may raise an error to end the wait.
    """
    while not lock.acquire(timeout=LISTEN):
        check()
    try:
        yield
    finally:
        lock.release()


def joined(threads: Iterable[threading.Thread]) -> None:
    """Wait until threads have ended. Ctrl-C is heard within `LISTEN` seconds: see `wait_for`."""
    for thread in threads:
        while thread.is_alive():
            thread.join(LISTEN)


def wait_for(futures: Iterable[Future[Any]]) -> set[Future[Any]]:
    """Wait until all futures are done, or one of them has raised an exception.

    Once polars has done any work, Ctrl-C does not interrupt a wait without a time limit (seen with polars 2.1 on Linux: its handler makes
    the system restart the wait), so this waits in short pieces.

    Parameters
    ----------
    futures : iterable of concurrent.futures.Future

    Returns
    -------
    set of concurrent.futures.Future
        The futures that are done.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, within `LISTEN` seconds.
    """
    ended: set[Future[Any]] = set()
    left = set(futures)
    while left and not any(future.exception() for future in ended):
        done, left = wait(left, timeout=LISTEN, return_when=FIRST_EXCEPTION)
        ended |= done
    return ended
