"""The part of a file that is being downloaded: the ``.part`` beside the file, and the version of the file that its bytes are from.

Correct files depend only on unique names and on renaming, which is atomic.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tess_source.display.visible import logger
from tess_source.files.verify import Verifier

__all__ = ["WORTH", "Left", "Part", "PartLostError", "Source", "part_name", "remove"]

log: logging.Logger = logger(__name__)

WORTH = 1 << 20
"""Least bytes of a file for which a note says how another run could continue it; smaller files start anew."""
LONGEST = 230


@dataclass(frozen=True, slots=True)
class Source:
    """The address of a part's bytes, and the server's marks that tell this version of the file from others."""

    url: str
    etag: str = ""
    """A strong entity tag, with its quotation marks."""
    modified: str = ""
    """``Last-Modified``, if it is old enough to tell versions apart (RFC 9110, section 8.8.2.2)."""

    @property
    def condition(self) -> str:
        """Value for ``If-Range``; empty if this file cannot be continued."""
        return self.etag or self.modified


@dataclass(frozen=True, slots=True)
class Left:
    """The part of a file that an ended run has left."""

    part: Path
    source: Source
    expected: int


class PartLostError(Exception):
    """A part, or some of it, is not there any more."""


class Part:
    """The bytes of one file that have arrived so far, under a unique name that no reader takes for data.

    Parameters
    ----------
    path : Path
        The file that the part becomes.
    name : str
        Twelve hexadecimal digits.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.file: Path = part_name(path, name)
        self.source: Source | None = None
        self.expected: int | None = None
        self.verifier: Verifier | None = None
        self.mtime_ns: int | None = None
        """Time at which its last bytes were written, once it is whole [ns since 1970]."""

    @property
    def count(self) -> int:
        """Bytes that arrived and were checked, as far as possible."""
        return self.verifier.size if self.verifier is not None else 0

    def continues(self, url: str) -> Source | None:
        """Return the source with which to request the rest, if this is a part of the same URL that can be continued; else None."""
        source, verifier = self.source, self.verifier
        if source is None or verifier is None or source.url != url or not source.condition:
            return None
        return source if verifier.size and verifier.problem is None else None

    def restart(self, verifier: Verifier, expected: int | None, source: Source) -> None:
        """Start anew without any bytes."""
        self.verifier, self.expected, self.source = verifier, expected, source

    def forget(self) -> None:
        """Discard these bytes: they are never continued."""
        self.verifier = self.source = self.expected = None

    def adopt(self, left: Left, verifier: Verifier) -> None:
        """Take over the part of another run, and check it again. If anything is wrong with it, it is discarded.

        The last byte is left out, so that the server is asked in any case whether this is still its file.
        """
        try:
            left.part.rename(self.file)  # one of several that want it gets it
            self.restart(verifier, left.expected, left.source)
            with self.file.open("rb") as file:
                todo = min(os.fstat(file.fileno()).st_size, left.expected - 1)
                while todo > 0 and (data := file.read(min(todo, WORTH))):
                    verifier.feed(data)
                    todo -= len(data)
        except OSError as error:
            log.debug("%s was not taken over: %s", left.part, error)
            self.forget()
        if verifier.problem is not None:
            self.forget()

    @contextlib.contextmanager
    def open(self) -> Iterator[Callable[[bytes], None]]:
        """Open the part, and yield a function that appends bytes. They are on disk when the part is closed without an error.

        It uses bare system calls: each further call, e.g. of a buffered file, makes threads wait for each other.
        """
        flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self.file, flags if self.count else flags | os.O_CREAT | os.O_TRUNC, 0o666)
        except FileNotFoundError as error:
            if not self.count:
                raise
            raise PartLostError("the bytes that had arrived were removed") from error
        try:
            if self.count:
                if os.fstat(handle).st_size < self.count:
                    raise PartLostError("some of the bytes that had arrived were removed")
                os.ftruncate(handle, self.count)
                os.lseek(handle, self.count, os.SEEK_SET)
            yield functools.partial(_write_all, handle)
            os.fsync(handle)
            self.mtime_ns = os.fstat(handle).st_mtime_ns
        finally:
            os.close(handle)

    def remove(self) -> None:
        """Remove the part's file, if there is one."""
        remove(self.file)


def _write_all(handle: int, data: bytes) -> None:
    done = os.write(handle, data)
    while done < len(data):  # as on a disk that is nearly full
        done += os.write(handle, memoryview(data)[done:])


def part_name(path: Path, word: str) -> Path:
    """Return the name of a file's part, which ends in ``.part`` and is not too long for any file system."""
    name = path.name
    if len(name.encode()) + len(word) + 6 > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        name = name.encode()[: LONGEST - 60].decode(errors="ignore") + "." + digest
    return path.with_name(f"{name}.{word}.part")


def remove(file: Path) -> None:
    """Remove a file, if possible."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s was not removed: %s", file, error)
