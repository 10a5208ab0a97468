"""Bars that show how much of many files is done: rich's in a terminal, and one of plain HTML in a notebook, which needs no widgets."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

from tess_source.display import html, text
from tess_source.display.front import NotebookView, Ticker, is_notebook, is_terminal

__all__ = ["Amounts", "Bar", "bar_of"]

EVERY = 0.25
"""Seconds between two updates in a notebook."""
RECENT = 10.0
"""Seconds over which the rate is taken."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is done, and how much there is."""

    files: int = 0
    failed: int = 0
    """Files that could not be fetched; they count as done."""
    all: int = 0
    """Files in all."""
    bytes: int = 0
    size: int = 0
    """Bytes in all, as far as known; 0 if not known."""

    @property
    def counts(self) -> str:
        """The files in words."""
        return f"{self.files:,}/{self.all:,} files" + (f", {self.failed:,} failed" if self.failed else "")


class Bar(Protocol):
    """A bar for files."""

    def start(self) -> None:
        """Show it."""
        ...

    def update(self, amounts: Amounts) -> None:
        """Set how much is done."""
        ...

    def stop(self, ending: str) -> None:
        """Leave it as it is at the end; `ending` says why there is no more to come, if not all is done."""
        ...


def bar_of(progress: object, files: int) -> Bar | None:
    """Return a bar where someone sees it; None if there is nothing to show.

    Parameters
    ----------
    progress : bool or callable or None
        See `tess_source.settings.Settings.progress`.
    files : int
        Files in all.
    """
    if not files or progress is False or callable(progress):
        return None
    if is_notebook():
        return _NotebookBar(files)
    return _TerminalBar(files) if progress is True or is_terminal() else None


class _TerminalBar:
    """rich's bar, on stderr."""

    def __init__(self, files: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
        from rich.progress import Progress as Rich

        columns = (
            TextColumn("{task.fields[files]}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self._bar: Any = Rich(*columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False)
        self._task = self._bar.add_task("download", total=None, files=Amounts(all=files).counts)

    def start(self) -> None:
        self._bar.start()

    def update(self, amounts: Amounts) -> None:
        self._bar.update(self._task, completed=amounts.bytes, total=amounts.size or None, files=amounts.counts)

    def stop(self, ending: str) -> None:
        self._bar.stop()


class _NotebookBar:
    """A bar in the output of a cell. It is drawn by a thread of its own a few times per second, however fast bytes arrive."""

    def __init__(self, files: int) -> None:
        self._amounts = Amounts(all=files)
        self._view = NotebookView()
        self._began = time.monotonic()
        self._seen: deque[tuple[float, int]] = deque()
        self._ticker: Ticker | None = None

    def start(self) -> None:
        self._show()
        self._ticker = Ticker(self._show, EVERY, EVERY)

    def update(self, amounts: Amounts) -> None:
        self._amounts = amounts

    def stop(self, ending: str) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        done, seconds = self._amounts, time.monotonic() - self._began
        rate = f", {text.size(done.bytes / seconds)}/s" if done.bytes and seconds else ""
        beginning = f"{ending}: " if ending else ""
        self._draw(f"{beginning}{done.counts}, {text.size(done.bytes)} in {_time_in_words(seconds)}{rate}")

    def _show(self) -> None:
        done, now = self._amounts, time.monotonic()
        self._seen.append((now, done.bytes))
        while now - self._seen[0][0] > RECENT:
            self._seen.popleft()
        since, before = self._seen[0]
        rate = (done.bytes - before) / (now - since) if now > since else 0.0
        of = f" of {text.size(done.size)}" if done.size else ""
        parts = [done.counts, f"{text.size(done.bytes)}{of}", *([f"{text.size(rate)}/s"] if rate > 0 else [])]
        if rate > 0 and done.size > done.bytes:
            parts.append(f"{_time_in_words((done.size - done.bytes) / rate)} left")
        self._draw(", ".join(parts))

    def _draw(self, said: str) -> None:
        done = self._amounts
        value, most = (done.bytes, done.size) if done.size else (done.files, done.all)
        bar = html.element("progress", value=min(value, most), max=most, style="width:16em;vertical-align:middle")
        self._view.show(said, html.view(bar, " ", said))


def _time_in_words(seconds: float) -> str:
    """Return a duration, e.g. ``3.2 s`` or ``1:04:05``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
