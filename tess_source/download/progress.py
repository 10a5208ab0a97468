"""One bar for all files, on stderr, silent when that is not a terminal."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Self

from tess_source.settings import OnProgress

__all__ = ["CallbackError", "Progress", "Share"]


class CallbackError(BaseException):
    """Carries what a caller's own callback raised through code that keeps failures of single files."""


class Progress:
    """Counts files and bytes, and shows them.

    Parameters
    ----------
    wish : bool or callable or None
        See `tess_source.settings.Settings.progress`.
    files, size : int
        How many files and bytes there are to do, as far as that is known.
    """

    def __init__(self, wish: OnProgress, files: int, size: int) -> None:
        self._call = wish if callable(wish) else None
        shown = (sys.stderr is not None and sys.stderr.isatty()) if wish is None else wish is True
        self._bar: Any = _bar(files) if shown and files else None
        self._all, self._size = files, size
        self._files, self._bytes = 0, 0
        self._lock = threading.Lock()

    def share(self, size: int) -> Share:
        """Give the part of one file.

        Parameters
        ----------
        size : int
            Its bytes among those that are counted as to be done.
        """
        return Share(self, size)

    def change(self, files: int = 0, bytes: int = 0, size: int = 0) -> None:
        """Count: files done, bytes done, and bytes to be done after all; negative if they come or are needed no more."""
        with self._lock:
            self._files += files
            self._bytes += bytes
            self._size += size
            self._all = max(self._all, self._files)
            if self._bar is not None:
                count = f"{self._files}/{self._all} files"
                self._bar.update(self._bar.task_ids[0], completed=self._bytes, total=self._size or None, files=count)
            if self._call is not None:
                try:
                    self._call(self._files, self._bytes)
                except Exception as error:
                    raise CallbackError from error

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


class Share:
    """The part of one file in the bar: what comes twice, or in vain, is not counted in the end."""

    def __init__(self, bar: Progress, size: int) -> None:
        self._bar, self._size, self._count = bar, size, 0

    def at(self, count: int) -> None:
        """Say how many bytes of the file are there now."""
        if count != self._count:
            more, self._count = count - self._count, count
            self._bar.change(bytes=more)

    def expect(self, size: int) -> None:
        """Say how large the file is, now that it is known."""
        if size != self._size:
            more, self._size = size - self._size, size
            self._bar.change(size=more)

    def done(self, *, ok: bool) -> None:
        """Say that the file is there, or was given up."""
        if not ok:
            self.at(0)
            self.expect(0)
        self._bar.change(files=1)


def _bar(files: int) -> Any:
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
    bar = Rich(*columns, console=Console(stderr=True), redirect_stdout=False, redirect_stderr=False)
    bar.add_task("download", total=None, files=f"0/{files} files")
    return bar
