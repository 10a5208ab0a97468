"""The progress bar for all files, on stderr; it is not shown if stderr is not a terminal."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Self

from tess_source.settings import OnProgress

__all__ = ["CallbackError", "Progress", "Share"]


class CallbackError(BaseException):
    """Carrier of an exception of your own callback through code that catches failures of single files."""


class Progress:
    """Counter of files and bytes, with a bar or a callback.

    Parameters
    ----------
    wish : bool or callable or None
        See `tess_source.settings.Settings.progress`.
    files, size : int
        Files and bytes to fetch, as far as known.
    """

    def __init__(self, wish: OnProgress, files: int, size: int) -> None:
        self._call = wish if callable(wish) else None
        shown = (sys.stderr is not None and sys.stderr.isatty()) if wish is None else wish is True
        self._rich_bar: Any = _rich_bar(files) if shown and files else None
        self._all, self._size = files, size
        self._files, self._bytes = 0, 0
        self._lock = threading.Lock()

    def share(self, size: int) -> Share:
        """Return the share of one file in the bar.

        Parameters
        ----------
        size : int
            Bytes of this file that are included in the total.
        """
        return Share(self, size)

    def expect_files(self, count: int) -> None:
        """Add to the files to fetch."""
        with self._lock:
            self._all += count

    def change(self, files: int = 0, bytes: int = 0, size: int = 0) -> None:
        """Add to the files done, the bytes done and the total bytes; negative numbers take away."""
        with self._lock:
            self._files += files
            self._bytes += bytes
            self._size += size
            self._all = max(self._all, self._files)
            if self._rich_bar is not None:
                count = f"{self._files}/{self._all} files"
                self._rich_bar.update(
                    self._rich_bar.task_ids[0], completed=self._bytes, total=self._size or None, files=count
                )
            if self._call is not None:
                try:
                    self._call(self._files, self._bytes)
                except Exception as error:
                    raise CallbackError from error

    def __enter__(self) -> Self:
        if self._rich_bar is not None:
            self._rich_bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich_bar is not None:
            self._rich_bar.stop()


class Share:
    """The share of one file in the bar: bytes that arrive twice or in vain are taken away again."""

    def __init__(self, bar: Progress, size: int) -> None:
        self._rich_bar, self._size, self._count = bar, size, 0

    def at(self, count: int) -> None:
        """Set how many bytes of the file are there now."""
        if count != self._count:
            more, self._count = count - self._count, count
            self._rich_bar.change(bytes=more)

    def expect(self, size: int) -> None:
        """Set the size of the file, once known."""
        if size != self._size:
            more, self._size = size - self._size, size
            self._rich_bar.change(size=more)

    def done(self, *, ok: bool) -> None:
        """Count the file as done: fetched, or given up."""
        if not ok:
            self.at(0)
            self.expect(0)
        self._rich_bar.change(files=1)


def _rich_bar(files: int) -> Any:
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
