"""Requests that can be given up: a thread that waits for one inside obstore hears neither Ctrl-C nor that its run was stopped."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import wait
from typing import TYPE_CHECKING, TypeVar

from tess_source.threads import LISTEN

if TYPE_CHECKING:
    import asyncio

__all__ = ["waited"]

T = TypeVar("T")


def waited(request: Callable[[], Awaitable[T]], check: Callable[[], object] | None = None) -> T:
    """Wait for a request, and return its result. On Ctrl-C, or if `check` raises an error, it is given up.

    Parameters
    ----------
    request : callable
        It calls one of obstore's functions whose names end in ``_async``.
    check : callable, optional
        Called now and then; it may raise an error to end the wait.
    """
    import asyncio  # here: every search imports this file

    async def result() -> T:
        return await request()

    future = asyncio.run_coroutine_threadsafe(result(), _loop(os.getpid()))
    try:
        while not wait([future], LISTEN).done:
            if check is not None:
                check()
        return future.result()
    finally:
        future.cancel()


@functools.cache
def _loop(process: int) -> asyncio.AbstractEventLoop:
    """Return the loop in which the requests of this process run; a process that was forked has another."""
    import asyncio

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="tess-source_requests", daemon=True).start()
    return loop
