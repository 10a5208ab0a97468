"""The part of a file that is being downloaded: the ``.part`` beside the file, and the version of the file that its bytes are from.

Correct files depend only on unique names, on renaming, which is atomic, and on a look whether somebody else has changed the part.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tess_source import disk, system
from tess_source.display.visible import logger
from tess_source.errors import DownloadError
from tess_source.files.etags import md5_of
from tess_source.files.verify import Verifier
from tess_source.system import Stamp

__all__ = ["WORTH", "Left", "Part", "PartChangedError", "PartLostError", "Sender", "part_name"]

log: logging.Logger = logger(__name__)

WORTH = 1 << 20
"""Least bytes of a file for which a note says how another run could continue it; smaller files start anew."""
LONGEST = 230


@dataclass(frozen=True, slots=True)
class Sender:
    """The address of a part's bytes, and the server's marks that tell this version of the file from others."""

    url: str
    etag: str = ""
    """A strong entity tag, with its quotation marks."""
    modified: str = ""
    """``Last-Modified``, if it is old enough to tell versions apart (RFC 9110, section 8.8.2.2)."""
    content: str = ""
    """The entity tag as `tess_source.files.etags` reads it, if it is one of an object store."""

    @property
    def condition(self) -> str:
        """Value for ``If-Range``; empty if this file cannot be continued."""
        return self.etag or self.modified

    def suits(self, url: str) -> bool:
        """Return whether its bytes may be continued from an address: the same, or any if they are known by their MD5."""
        return self.url == url or md5_of(self.content) is not None


@dataclass(frozen=True, slots=True)
class Left:
    """The part of a file that an ended run has left."""

    part: Path
    source: Sender
    expected: int


class PartLostError(Exception):
    """The bytes that had arrived are not there any more, or are not the same."""


class PartChangedError(DownloadError):
    """Somebody changed, replaced or linked a part that had arrived as a whole."""


class Part:
    """The bytes of one file that have arrived so far, under a unique name that no reader takes for data.

    Parameters
    ----------
    path : Path
        The file that the part becomes.
    name : str
        Twelve hexadecimal digits.
    lasting : bool
        Whether `flush` waits until its bytes are on disk, to outlast a power cut.
    """

    def __init__(self, path: Path, name: str, *, lasting: bool = True) -> None:
        self.path = path
        self._lasting = lasting
        self.file: Path = part_name(path, name)
        self.source: Sender | None = None
        self.expected: int | None = None
        self.verifier: Verifier | None = None
        self.mtime_ns: int | None = None
        """Time at which its last bytes were written, once it is whole [ns since 1970]."""
        self._stamp: Stamp | None = None
        self._read_again = self._is_file = False
        self._unflushed: int | None = None
        """The open file, until its bytes are on disk."""

    @property
    def count(self) -> int:
        """Bytes that arrived and were checked, as far as possible."""
        return self.verifier.size if self.verifier is not None else 0

    def continues(self, url: str) -> Sender | None:
        """Return the source with which to request the rest, if this is a part that can be continued from a URL; else None."""
        source, verifier = self.source, self.verifier
        if source is None or verifier is None or not source.suits(url) or not source.condition:
            return None
        return source if verifier.size and verifier.problem is None else None

    def restart(self, verifier: Verifier, expected: int | None, source: Sender) -> None:
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
            if not Stamp.of(os.lstat(left.part)).plain:
                raise OSError(errno.EINVAL, "it is not a plain file")
            left.part.rename(self.file)  # one of several that want it gets it
            self.restart(verifier, left.expected, left.source)
            with os.fdopen(system.open_plain(self.file, os.O_RDWR), "rb+") as file:
                todo = min(os.fstat(file.fileno()).st_size, left.expected - 1)
                while todo > 0 and (data := file.read(min(todo, WORTH))):
                    verifier.feed(data)
                    todo -= len(data)
                file.truncate(verifier.size)
                self._stamp = Stamp.of(os.fstat(file.fileno()))
        except OSError as error:
            log.debug("%s was not taken over: %s", left.part, error)
            self.forget()
        if verifier.problem is not None:
            self.forget()

    @contextlib.contextmanager
    def open(self) -> Iterator[Callable[[bytes | memoryview], None]]:
        """Open the part, and yield a function that appends bytes. They are on disk after `flush`.

        It uses bare system calls: each further call, e.g. of a buffered file, makes threads wait for each other.

        Raises
        ------
        PartLostError
            If somebody has removed or changed what had arrived.
        OSError
            If it cannot be written.
        """
        self._close()
        handle = self._opened_again() if self.count else self._created()
        kept = False
        try:
            yield functools.partial(self._append, handle)
            kept = self._lasting
        finally:
            if not kept:
                os.close(handle)
        self._unflushed = handle if kept else None

    def flush(self) -> None:
        """Wait until the bytes of a lasting part are on disk, and close it. A disk is slower than that: let other files come meanwhile.

        Raises
        ------
        OSError
            If they cannot be written.
        """
        try:
            if self._unflushed is not None:
                os.fsync(self._unflushed)
        finally:
            self._close()

    def _close(self) -> None:
        handle, self._unflushed = self._unflushed, None
        if handle is not None:
            os.close(handle)

    def _created(self) -> int:
        """Make the file anew: one that is there may be something else by now, or may be linked."""
        self._stamp, self._read_again, self._is_file = None, False, False
        try:
            return system.create(self.file)
        except FileExistsError:
            self.file.unlink(missing_ok=True)
            return system.create(self.file)

    def _opened_again(self) -> int:
        try:
            handle = system.open_plain(self.file, os.O_WRONLY)
        except OSError as error:
            raise PartLostError("the bytes that had arrived were removed or replaced") from error
        try:
            if problem := self._problem(Stamp.of(os.fstat(handle))):
                raise PartLostError(f"the bytes that had arrived are lost: {problem}")
            os.lseek(handle, self.count, os.SEEK_SET)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _append(self, handle: int, data: bytes | memoryview) -> None:
        if self._stamp is not None:
            self._look(handle)
        _write_all(handle, data)
        self._stamp = Stamp.of(os.fstat(handle))

    def _look(self, handle: int) -> None:
        """Note whether somebody else has written to the file since our last bytes."""
        before, self._stamp = self._stamp, Stamp.of(os.fstat(handle))
        self._read_again |= before != self._stamp

    def check(self) -> None:
        """Check that the file is still the one that was written here, with the bytes that were verified.

        If only its times are others, it is read again: they change where somebody wrote to it, and on some network disks by themselves.

        Raises
        ------
        PartChangedError
            If somebody has changed, replaced or linked it.
        OSError
            If it is gone.
        """
        found = os.lstat(self.file)
        if problem := self._problem(Stamp.of(found)):
            raise PartChangedError(f"it was not kept: {problem}")
        self.mtime_ns = found.st_mtime_ns

    def check_kept(self) -> None:
        """Check that the file that was renamed just now is this part, and remove it if it is not: it was changed in the last moment.

        Another process may have fetched the same file meanwhile, so it is read if it is not this part.

        Raises
        ------
        PartChangedError
            If it is something else.
        OSError
            If it is gone.
        """
        found, mine = Stamp.of(os.lstat(self.path)), self._stamp
        if mine is None or found.times[0] != mine.times[0] or found._replace(times=mine.times) != mine:
            if not (found.plain and found.links == 1 and self._is_same(self.path)):
                disk.remove(self.path)
                raise PartChangedError("it was not kept: somebody changed or replaced its part while it was renamed")
            self.mtime_ns = None

    def _problem(self, found: Stamp) -> str:
        """Return what somebody else did to the file; empty if nothing."""
        mine = self._stamp or found
        if not found.plain or found.number != mine.number:
            return "somebody put something else in the place of its part"
        if found.links > 1:
            return "somebody made a link to its part, and could change it later"
        size = mine.size if self.verifier is None else self.count
        if found.size != size:
            return f"somebody changed its part: it has {found.size:,} bytes, {size:,} were written"
        if (self._read_again or found.times != mine.times) and not self._is_same():
            return "somebody changed bytes of its part"
        self._stamp, self._read_again = found, False
        return ""

    def _is_same(self, path: Path | None = None) -> bool:
        """Return whether the part, or another file, holds the bytes that were verified."""
        with disk.opened(path or self.file) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self.verifier is not None and digest == self.verifier.sha256

    def read(self) -> IO[bytes]:
        """Open the file for reading, once it has arrived as a whole.

        Raises
        ------
        PartChangedError
            If somebody has changed, replaced or linked it.
        OSError
            If it cannot be read.
        """
        self.check()
        return disk.opened(self.file)

    def rename(self) -> None:
        """Make the part the file.

        Raises
        ------
        OSError
            If it cannot be renamed.
        """
        self.file.replace(self.path)
        self._is_file = True

    def remove(self) -> None:
        """Close the part, and remove its file, unless it has become the file."""
        self._close()
        if not self._is_file:
            disk.remove(self.file)


def _write_all(handle: int, data: bytes | memoryview) -> None:
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
