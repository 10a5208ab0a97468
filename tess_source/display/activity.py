"""What a long call is doing, on one line that is cleared at the end: in a terminal on stderr, in a notebook below the cell.

The stages say what they begin, with `step`, `part` and `waiting`; where nobody watches, that costs nothing. Only the outermost call shows
it, and only after `AFTER` seconds. Nothing is logged, and nothing is shown by a library without a terminal or notebook.

>>> from tess_source.display import activity
>>> with activity.shown(progress=None):
...     activity.step("asking mast for observations of 1,000 targets")
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, TypeVar

from tess_source.display import html
from tess_source.display.front import NotebookView, TerminalLine, Ticker, is_notebook, is_terminal
from tess_source.display.visible import visible_line

__all__ = ["hushed", "part", "shown", "shown_each", "shown_in", "step", "waiting"]

AFTER = 2.0
"""Seconds after which a call says what it is doing."""
EVERY = 0.5
"""Seconds between two updates of the line."""

T = TypeVar("T")


class _Activity:
    """What one call is doing. All methods may be called from any thread."""

    def __init__(self, line: TerminalLine | NotebookView) -> None:
        self._line, self._lock = line, threading.Lock()
        self._step, self._part, self._done, self._all = "", "", 0, 0
        self._waits: Counter[str] = Counter()
        self._began = time.monotonic()
        self._ticker: Ticker | None = None
        self.quiet: bool = False

    def step(self, said: str) -> None:
        with self._lock:
            self._step, self._part, self._done, self._all, self._began = said, "", 0, 0, time.monotonic()
            if self._ticker is None:  # where nothing is said, as in most calls, no thread is needed
                self._ticker = Ticker(self._show, AFTER, EVERY)

    def part(self, done: int, of: int, noun: str) -> None:
        with self._lock:
            self._done, self._all, self._part = done, of, f": {done:,} of {of:,} {noun}"

    def wait(self, said: str, count: int) -> None:
        with self._lock:
            self._waits[said] += count

    def _show(self) -> None:
        with self._lock:
            said = self._step + self._part
            waits = [wait for wait, count in self._waits.items() if count > 0]
            share = {"value": self._done, "max": self._all} if self._all else {}
            seconds = time.monotonic() - self._began
        if said and not self.quiet:
            said = visible_line(f"{'; '.join([said, *waits])}, {seconds:.0f} s")
            bar = html.element("progress", **share) if share else ""
            self._line.show(said, html.view(bar, " " if share else "", said))

    def end(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
            self._line.clear()


_now: ContextVar[_Activity | None] = ContextVar("tess_source_activity", default=None)


@contextmanager
def shown(progress: object) -> Iterator[None]:
    """Show what is being done in the meantime. Inside of another such call, that one shows it.

    Parameters
    ----------
    progress : bool or callable or None
        See `tess_source.settings.Settings.progress`: False, or a function, shows nothing.
    """
    line = _line(progress) if _now.get() is None else None
    if line is None:
        yield
        return
    activity = _Activity(line)
    token = _now.set(activity)
    try:
        yield
    finally:
        _now.reset(token)
        activity.end()


def _line(progress: object) -> TerminalLine | NotebookView | None:
    if progress is False or callable(progress):
        return None
    return NotebookView() if is_notebook() else TerminalLine() if is_terminal() else None


def shown_in(*names: str) -> Callable[[type[T]], type[T]]:
    """Return a decorator of classes with `settings`, whose methods of these names show what they are doing: see `shown`."""

    def with_shown(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def showing(self: Any, *arguments: Any, **options: Any) -> Any:
            with shown(self.settings.progress):
                return method(self, *arguments, **options)

        return showing

    def decorated(cls: type[T]) -> type[T]:
        for name in names:
            setattr(cls, name, with_shown(vars(cls)[name]))
        return cls

    return decorated


def shown_each(progress: object, items: Iterable[T]) -> Iterator[T]:
    """Yield items; show what is being done while each is made, and nothing while you work with it."""
    left, end = iter(items), object()
    while True:
        with shown(progress):
            item = next(left, end)
        if item is end:
            return
        yield item  # type: ignore[misc]


def step(said: str) -> None:
    """Say what is begun, e.g. ``"asking mast for observations of 1,000 targets"``. It ends what was said before."""
    if (activity := _now.get()) is not None:
        activity.step(said)


def part(done: int, of: int, noun: str) -> None:
    """Say how much of the step is done, e.g. 3 of 12 ``"batches"``."""
    if (activity := _now.get()) is not None:
        activity.part(done, of, noun)


@contextmanager
def waiting(said: str) -> Iterator[None]:
    """Say for what the step waits in the meantime, e.g. ``"waiting for MAST (EXECUTING)"``. Several threads may say so at a time."""
    activity = _now.get()
    if activity is not None:
        activity.wait(said, 1)
    try:
        yield
    finally:
        if activity is not None:
            activity.wait(said, -1)


@contextmanager
def hushed() -> Iterator[None]:
    """Show nothing in the meantime, since something else is shown, e.g. a bar."""
    activity = _now.get()
    if activity is None:
        yield
        return
    before, activity.quiet = activity.quiet, True
    activity._line.clear()
    try:
        yield
    finally:
        activity.quiet = before
