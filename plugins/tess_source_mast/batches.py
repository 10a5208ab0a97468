"""Many questions, a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from typing import TypeVar

from tess_source.display import activity
from tess_source.threads import begun, wait_for

__all__ = ["MOST_AT_A_TIME", "batches", "in_parallel"]

MOST_AT_A_TIME = 4
"""Questions that the archive is asked at the same time."""

T = TypeVar("T")
R = TypeVar("R")


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items of a sequence in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def in_parallel(function: Callable[[T, threading.Event], R], items: Sequence[T], most: int, noun: str = "") -> list[R]:
    """Return the results of a function for each item; it runs in the calling thread if there is one item or `most` is 1.

    Parameters
    ----------
    function : callable
        Takes an item, and an event that is set when its result is no longer wanted.
    items : sequence
    most : int
        How many at a time.
    noun : str
        What the items are, to say how many are done: see `tess_source.display.activity.part`. Nothing is said without it.

    Returns
    -------
    list
        Results in the order of the items.

    Raises
    ------
    Exception
        The first that any call raises; what has not begun by then is left out.
    """
    stop, numbers = threading.Event(), count(1)

    def counted(item: T) -> R:
        result = function(item, stop)
        if noun and len(items) > 1:
            activity.part(next(numbers), len(items), noun)
        return result

    if len(items) <= 1 or most <= 1:
        return [counted(item) for item in items]
    try:
        with begun(counted, items, most) as futures:
            for future in wait_for(futures):
                future.result()  # raises the first failure, before those that come of stopping
            return [future.result() for future in futures]
    finally:
        stop.set()  # does nothing after success; after a failure, or Ctrl-C, the others need not go on
