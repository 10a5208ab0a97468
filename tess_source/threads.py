"""Waits for threads that Ctrl-C can interrupt."""

from __future__ import annotations

import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["LISTEN", "begun", "held", "in_order", "joined", "paused", "wait_for"]

T = TypeVar("T")
R = TypeVar("R")

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


@contextmanager
def begun(function: Callable[[T], R], items: Sequence[T], most: int) -> Iterator[list[Future[R]]]:
    """Begin to call a function for each item, and give the futures of its results.

    At the end, what has not begun is left out, and what has begun is left alone: it is not waited for, as a pool of threads would, and
    Python too before it ends. So Ctrl-C is heard whatever the threads do.

    Parameters
    ----------
    function : callable
    items : sequence
    most : int
        How many at a time.
    """
    futures: list[Future[R]] = [Future() for _ in items]
    waiting = deque(zip(futures, items, strict=True))

    def work() -> None:
        while True:
            try:
                future, item = waiting.popleft()
            except IndexError:
                return
            try:
                future.set_result(function(item))
            except BaseException as error:  # noqa: BLE001  it is raised where the result is waited for
                future.set_exception(error)

    try:
        for _ in range(min(most, len(items))):
            context = contextvars.copy_context()  # in it is what shows the progress: `tess_source.display.activity`
            threading.Thread(target=context.run, args=(work,), name="tess-source-work", daemon=True).start()
        yield futures
    finally:
        waiting.clear()


def in_order(function: Callable[[T], R], items: Sequence[T], most: int) -> Iterator[R]:
    """Yield the results of a function for each item, in their order; the parameters are those of `begun`.

    Ctrl-C is heard within `LISTEN` seconds: see `wait_for`.
    """
    with begun(function, items, most) as futures:
        for future in futures:
            while not future.done():
                wait([future], timeout=LISTEN)
            yield future.result()
