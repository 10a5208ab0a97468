"""One bar for all files, on stderr, silent when that is not a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

__all__ = ["Progress"]


class Progress:
    """Counts files and bytes, and shows them.

    Parameters
    ----------
    wish : bool or callable or None
        See `tess_source.records.Settings.progress`.
    files, size : int
        How many files and bytes there are to do; 0 bytes if unknown.
    """

    def __init__(self, wish: bool | Callable[[int, int], None] | None, files: int, size: int) -> None:
        self._call = wish if callable(wish) else None
        shown = (sys.stderr is not None and sys.stderr.isatty()) if wish is None else wish is True
        self._bar: Any = _bar(files, size) if shown and files else None
        self._files, self._bytes = 0, 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count bytes; negative if some have to be fetched again."""
        with self._lock:
            self._bytes += count
            self._show()

    def file_done(self) -> None:
        """Count a file, fetched or given up."""
        with self._lock:
            self._files += 1
            self._show()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._bytes, files=self._files)
        if self._call is not None:
            self._call(self._files, self._bytes)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _bar(files: int, size: int) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Rich

    count = TextColumn("{task.fields[files]}/" + f"{files} files")
    columns = (count, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    bar = Rich(*columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False)
    bar.add_task("download", total=size or None, files=0)
    return bar
