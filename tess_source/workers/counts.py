"""What a job has done so far, in files and bytes, told from a worker to the process that waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

__all__ = ["EVERY", "Tell", "teller", "telling"]

EVERY = 0.5
"""Seconds between two messages of a job."""

Tell: TypeAlias = Callable[[int, int], object]
"""Function that is called with the files and the bytes that a job has done so far."""

_tell: ContextVar[Tell | None] = ContextVar("tess_source_tell", default=None)


def teller() -> Tell | None:
    """Return the function by which a job tells how far it is; None if nobody listens.

    Call it in the thread in which the job's function was called. What it returns may be called from any thread, as often as you like: what
    comes within `EVERY` seconds after another message is left out.
    """
    return _tell.get()


@contextmanager
def telling(tell: Tell) -> Iterator[None]:
    """Let `teller` return a function while a job runs in this thread."""
    last = [time.monotonic()]

    def now_and_then(files: int, size: int) -> None:
        if (now := time.monotonic()) - last[0] >= EVERY:
            last[0] = now
            tell(files, size)

    token = _tell.set(now_and_then)
    try:
        yield
    finally:
        _tell.reset(token)
