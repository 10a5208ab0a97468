"""Waits for threads that Ctrl-C can interrupt."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from typing import Any

__all__ = ["wait_for"]

LISTEN = 0.1
"""Seconds between two checks for Ctrl-C."""


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
