"""Bytes on their way: the ``.part`` beside a file, and what its bytes are of.

What is right depends on nothing but names that nobody else uses, and on renaming, which is atomic.
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

from tess_source.files.verify import Verifier

__all__ = ["WORTH", "Left", "Part", "PartLostError", "Source", "part_name", "remove"]

log: logging.Logger = logging.getLogger(__name__)

WORTH = 1 << 20
"""Bytes of a file from which on it is noted how another run could continue it; smaller ones start anew."""
LONGEST = 230


@dataclass(frozen=True, slots=True)
class Source:
    """Which bytes a part consists of: an address, and what the server said to tell this version of the file from others."""

    url: str
    etag: str = ""
    """A strong entity tag, with its quotation marks."""
    modified: str = ""
    """``Last-Modified``, if it is old enough to tell versions apart (RFC 9110, section 8.8.2.2)."""

    @property
    def condition(self) -> str:
        """What ``If-Range`` may hold; empty if this file cannot be continued."""
        return self.etag or self.modified


@dataclass(frozen=True, slots=True)
class Left:
    """What a run that is gone has left of a file."""

    part: Path
    source: Source
    expected: int


class PartLostError(Exception):
    """A part is not there any more, or not all of it."""


class Part:
    """What has come of one file so far, under a name that no reader takes for data and nobody else writes to.

    Parameters
    ----------
    path : Path
        The file that it is to become.
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
        """When its last bytes were written, once it is whole [ns since 1970]."""

    @property
    def count(self) -> int:
        """Bytes that came, and were checked as far as that goes."""
        return self.verifier.size if self.verifier is not None else 0

    def continues(self, url: str) -> Source | None:
        """Give what the rest may be asked for with, if there is a part of this very address that can be continued."""
        source, verifier = self.source, self.verifier
        if source is None or verifier is None or source.url != url or not source.condition:
            return None
        return source if verifier.size and verifier.problem is None else None

    def restart(self, verifier: Verifier, expected: int | None, source: Source) -> None:
        """Begin from nothing."""
        self.verifier, self.expected, self.source = verifier, expected, source

    def forget(self) -> None:
        """Never continue these bytes."""
        self.verifier = self.source = self.expected = None

    def adopt(self, left: Left, verifier: Verifier) -> None:
        """Take over what another run has left, checking it anew; whatever is wrong with it, it is forgotten.

        All but the last byte: so the server is asked in any case whether this is still its file.
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
        """Open it, and give what writes the next bytes, behind those that count; they are on disk when it is closed without an error.

        Bare system calls: each one more, such as those of a buffered file, has threads wait for each other.
        """
        flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self.file, flags if self.count else flags | os.O_CREAT | os.O_TRUNC, 0o666)
        except FileNotFoundError as error:
            if not self.count:
                raise
            raise PartLostError("what had come of the file was taken away") from error
        try:
            if self.count:
                if os.fstat(handle).st_size < self.count:
                    raise PartLostError("some of what had come of the file was taken away")
                os.ftruncate(handle, self.count)
                os.lseek(handle, self.count, os.SEEK_SET)
            yield functools.partial(_write, handle)
            os.fsync(handle)
            self.mtime_ns = os.fstat(handle).st_mtime_ns
        finally:
            os.close(handle)

    def remove(self) -> None:
        """Remove what is there of it."""
        remove(self.file)


def _write(handle: int, data: bytes) -> None:
    done = os.write(handle, data)
    while done < len(data):  # as on a disk that is nearly full
        done += os.write(handle, memoryview(data)[done:])


def part_name(path: Path, word: str) -> Path:
    """Return a name beside a file that ends in ``.part`` and is not too long for any file system."""
    name = path.name
    if len(name.encode()) + len(word) + 6 > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        name = name.encode()[: LONGEST - 60].decode(errors="ignore") + "." + digest
    return path.with_name(f"{name}.{word}.part")


def remove(file: Path) -> None:
    """Remove a file, if that is possible."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s was not removed: %s", file, error)
