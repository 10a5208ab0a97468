"""Work of threads, a little ahead of what becomes of its results."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from itertools import islice
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

from tess_source.threads import LISTEN

__all__ = ["THREADS", "results_ahead"]

T = TypeVar("T")
R = TypeVar("R")
Tasks: TypeAlias = "SimpleQueue[tuple[Future[R], T] | None]"

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
THREADS = min(4, PROCESSORS + 1) if PROCESSORS > 1 else 1
"""Threads that read, beside the one that writes. More than four do not help, since Python runs one at a time of what is not numpy's."""


def results_ahead(function: Callable[[T], R], items: Iterable[T], threads: int) -> Generator[R]:
    """Yield the result of a function for each item, in their order, while threads work on the next ones.

    Ctrl-C is heard within `LISTEN` seconds, whatever the threads do: neither this nor Python itself waits for them at the end.

    Parameters
    ----------
    function : callable
    items : iterable
    threads : int
        One result more than this number is begun ahead. 1: there are no threads, and nothing is done ahead.
    """
    if threads < 2:
        yield from map(function, items)
        return
    tasks: Tasks[R, T] = SimpleQueue()
    ahead: deque[Future[R]] = deque()
    items = iter(items)

    def begin(count: int) -> None:
        for item in islice(items, count):
            ahead.append(Future())
            tasks.put((ahead[-1], item))

    for _ in range(threads):
        threading.Thread(target=_work, args=(function, tasks), name="tess-source-read", daemon=True).start()
    try:
        begin(threads + 1)
        while ahead:
            while not ahead[0].done():
                wait([ahead[0]], timeout=LISTEN)
            yield ahead.popleft().result()
            begin(1)
    finally:
        for future in ahead:
            future.cancel()
        for _ in range(threads):
            tasks.put(None)


def _work(function: Callable[[T], R], tasks: Tasks[R, T]) -> None:
    while (task := tasks.get()) is not None:
        future, item = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(function(item))
        except BaseException as error:  # noqa: BLE001  it is raised where the result is waited for
            future.set_exception(error)
        del task, future, item  # or else the last table stays in memory
