"""Writing of files, whole or not at all, a check beforehand that a file can be written, and what ended processes have left."""

from __future__ import annotations

import errno
import functools
import hashlib
import io
import logging
import os
import re
import shutil
import socket
import stat
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tess_source import system
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.system import Stamp

__all__ = [
    "check_place",
    "is_full",
    "opened",
    "remove",
    "replacing",
    "temporary_beside",
    "tidy",
    "write",
    "write_whole",
    "writer_has_ended",
]

log: logging.Logger = logger(__name__)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
OLD = 24 * 3600.0
"""Seconds after which a temporary file is removed that no process wrote to, if it is not known whether its process runs."""
TEMPORARY = re.compile(
    r"\..*\.(?:(?P<machine>[0-9a-f]{8})-(?P<pid>\d{1,10})-(?P<started>\d*)\.[0-9a-f]{12}|[0-9a-f]{32})\.part", re.DOTALL
)
"""Names that `temporary_beside` gives, and gave before they told of the process."""


def is_full(error: BaseException) -> bool:
    """Return whether an error, or its cause, says that a disk is full, that a quota is used up, or that a file system is read-only now."""
    code = getattr(error, "errno", None)
    return code in _FULL or (error.__cause__ is not None and is_full(error.__cause__))


def check_place(file: Path) -> None:
    """Check that a file can be written and its folders can be made. Nothing is made.

    Raises
    ------
    OSError
        If not, or if it is a folder. The error names the file.
    """
    with _naming_file(file):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        above = file.absolute().parents
        there = (folder for folder in above if folder.exists() or folder.is_symlink())
        folder = next(there, file.parent)  # a drive may be missing
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{folder}: it is not a folder")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{folder} cannot be written to")


def write(file: Path, data: bytes) -> None:
    """Write a file that a user named, whole or not at all. Missing folders are made.

    Raises
    ------
    OSError
        If it cannot be written. The error names the file.
    """
    with _naming_file(file):
        write_whole(file, data)
    tidy(file.parent)


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that a reader finds either the old file or the new file, never half of it.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a file under a temporary name, which takes the place of `path` if the context is left without an error.

    Raises
    ------
    OSError
        If it cannot be written, or somebody else changed, replaced or linked the temporary file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = temporary_beside(path)
    try:
        raw = _SummedFile(system.create(part), "wb")
        with io.BufferedWriter(raw) as file:
            yield file
            file.flush()
            os.fsync(raw.fileno())
            stamp = Stamp.of(os.fstat(raw.fileno()))
        _check_same(part, stamp, raw.sum)
        part.replace(path)
    finally:
        remove(part)


class _SummedFile(io.FileIO):
    """A file that is written from its begin to its end, and the sum of its bytes."""

    sum = 0

    def write(self, data: Any, /) -> int:
        count = super().write(data)
        self.sum = zlib.crc32(memoryview(data)[:count], self.sum)
        return count


def _check_same(part: Path, stamp: Stamp, crc: int) -> None:
    """Check that nobody else changed a temporary file. Network disks may change times by themselves; only then it is read again."""
    found = Stamp.of(os.lstat(part))
    same = found._replace(times=stamp.times) == stamp and found.links < 2
    if not same or (found.times != stamp.times and _sum_of(part) != crc):
        raise OSError(errno.EBUSY, "somebody else changed, replaced or linked its temporary file", str(part))


def _sum_of(path: Path) -> int:
    crc = 0
    with opened(path) as file:
        while data := file.read(1 << 20):
            crc = zlib.crc32(data, crc)
    return crc


def opened(path: Path, *, links: bool = False) -> io.FileIO:
    """Open a plain file for reading, without a buffer. Something else of this name, such as a pipe, is an error at once.

    Parameters
    ----------
    path : Path
    links : bool
        Whether to follow a symbolic link.

    Raises
    ------
    OSError
        If it is not a plain file, or cannot be opened.
    """
    return io.FileIO(system.open_plain(path, links=links), "rb")


def remove(file: Path) -> None:
    """Remove a file, if there is one and it can be removed."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s was not removed: %s", file, error)


# -- temporary files --


def temporary_beside(path: Path) -> Path:
    """Return a hidden, unique name beside a file, for data that are renamed to the file once they are complete.

    It tells which process writes it, so that others can remove what is left of a process that has ended.
    """
    name = path.name.encode("utf-8", "replace")[:120].decode(errors="ignore")
    return path.with_name(f".{name}.{_writer(os.getpid())}.{uuid.uuid4().hex[:12]}.part")


@functools.lru_cache(maxsize=1)
def _writer(pid: int) -> str:
    """Return the name of this process within names of files."""
    return f"{_machine()}-{pid}-{system.start_time(pid) or ''}"


def _machine() -> str:
    """Return the name of this machine since its last start, and of its space of process numbers."""
    name = "\n".join((socket.gethostname(), system.boot(), system.pid_namespace()))
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def writer_has_ended(name: str) -> bool | None:
    """Return whether the process that writes a temporary file has ended; None if it is not known, or this is no such name."""
    told = TEMPORARY.fullmatch(name)
    if told is None or told["pid"] is None or told["machine"] != _machine():
        return None
    ended = system.has_ended(int(told["pid"]), told["started"])
    return ended if ended or told["started"] else None  # without a start time, it may be another process of this number


def tidy(folder: Path, is_ours: Callable[[Path], bool] = lambda _: False) -> None:
    """Remove temporary files and folders of processes that have ended, or that nobody wrote to for a day.

    Parameters
    ----------
    folder : Path
    is_ours : callable
        Whether another old ``.part`` file, which is not named by `temporary_beside`, may be removed.
    """
    try:
        with os.scandir(folder) as found:
            names = [entry.name for entry in found if entry.name.endswith(".part")]
    except FileNotFoundError:  # nothing was written into it
        return
    except OSError as error:
        log.debug("%s was not tidied up: %s", folder, error)
        return
    for name in names:
        try:
            _remove_abandoned(folder / name, is_ours)
        except OSError as error:
            log.debug("%s was not removed: %s", folder / name, error)


def _remove_abandoned(path: Path, is_ours: Callable[[Path], bool]) -> None:
    found, temporary = os.lstat(path), TEMPORARY.fullmatch(path.name) is not None
    old = found.st_mtime < time.time() - OLD
    ended = writer_has_ended(path.name)
    if not (ended or (old and ended is None and (temporary or is_ours(path)))):
        return
    if temporary and stat.S_ISDIR(found.st_mode):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _naming_file(file: Path) -> Iterator[None]:
    """Change errors so that they name the file that the user named, not a temporary file or a folder above it."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, f"cannot be written: {bare_reason(error)}", str(file)) from error
