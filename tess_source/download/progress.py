"""The progress of a download of many files: counted here, shown by `tess_source.display.bars` or by your own function."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from tess_source.display import activity
from tess_source.display.bars import Amounts, Bar, bar_of
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
    typical : mapping, optional
        URI of each file of unknown size → its typical size [byte], which counts until the size is known.
    """

    def __init__(self, wish: OnProgress, files: int, size: int, typical: Mapping[str, int] | None = None) -> None:
        self._call = wish if callable(wish) else None
        self._bar: Bar | None = bar_of(wish, files)
        self._typical = typical or {}
        self._all, self._size = files, size + sum(self._typical.values())
        self._files, self._failed, self._bytes = 0, 0, 0
        self._lock = threading.Lock()
        self._shown = ExitStack()

    def share(self, size: int | None, uri: str = "") -> Share:
        """Return the share of one file in the bar.

        Parameters
        ----------
        size : int or None
            Bytes of this file that are included in the total; None if its size is unknown.
        uri : str
            The file's.
        """
        return Share(self, self._typical.get(uri, 0) if size is None else size)

    def expect_files(self, count: int) -> None:
        """Add to the files to fetch."""
        with self._lock:
            self._all += count

    def change(self, files: int = 0, bytes: int = 0, size: int = 0, failed: int = 0) -> None:
        """Add to the files done, the bytes done, the total bytes and the files that failed; negative numbers take away."""
        with self._lock:
            self._files += files
            self._failed += failed
            self._bytes += bytes
            self._size += size
            self._all = max(self._all, self._files)
            if self._bar is not None:
                self._bar.update(Amounts(self._files, self._failed, self._all, self._bytes, self._size))
            if self._call is not None:
                try:
                    self._call(self._files, self._bytes)
                except Exception as error:
                    raise CallbackError from error

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._shown.enter_context(activity.hushed())
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop("" if kind is None else "interrupted" if kind is KeyboardInterrupt else "stopped")
        self._shown.close()


class Share:
    """The share of one file in the bar: bytes that arrive twice or in vain are taken away again."""

    def __init__(self, bar: Progress, size: int) -> None:
        self._progress, self._size, self._count = bar, size, 0

    def at(self, count: int) -> None:
        """Set how many bytes of the file are there now."""
        if count != self._count:
            more, self._count = count - self._count, count
            self._progress.change(bytes=more)

    def expect(self, size: int) -> None:
        """Set the size of the file, once known."""
        if size != self._size:
            more, self._size = size - self._size, size
            self._progress.change(size=more)

    def done(self, *, ok: bool, failed: bool = False) -> None:
        """Count the file as done: fetched, here already, or given up as failed."""
        if not ok:
            self.at(0)
            self.expect(0)
        self._progress.change(files=1, failed=int(failed))
