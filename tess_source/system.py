"""What operating systems do differently, in one place, and what is done where something is missing.

tess-source is developed and tested on Linux. macOS has no ``/proc``. Windows has no signals and no ``O_NOFOLLOW`` either, and no pipes
among files. Nothing here is needed for correct files. Each function looks for what it needs when it is called, so that tests can take it
away.

============================  ==================================================================================================
what only some systems have   where it is missing
============================  ==================================================================================================
``/proc``                     a process is known by its number alone, and a restart of the machine is not noticed
signals                       nobody knows whether a process still runs: its claim counts until it has not changed for a while
``O_NOFOLLOW, O_NONBLOCK``    links and pipes are seen before a file is opened, but not if they take its place at that moment
numbers of files (inodes)     a part that was replaced is recognized by its size, time and bytes
times of open files           the time is set by name
``statvfs``                   a full disk is noticed when a file is written, not before
hard links                    the claim on each file is a file of its own, in place of a further name of one file
forks                         there is nothing to do
============================  ==================================================================================================
"""

from __future__ import annotations

import errno
import math
import os
import platform
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

__all__ = [
    "Stamp",
    "after_fork",
    "boot",
    "cores",
    "create",
    "has_ended",
    "link",
    "open_plain",
    "pid_namespace",
    "python_and_machine",
    "room",
    "start_time",
    "touch",
]

POSIX = os.name == "posix"
PROC = Path("/proc")
MOST_PID = 2**32
"""Numbers of processes are smaller, on all systems."""


# -- the machine --


def cores() -> int:
    """Return how many cores this process may use, at least 1."""
    may = getattr(os, "sched_getaffinity", None)
    return len(may(0)) if may else os.cpu_count() or 1


# -- files --


class Stamp(NamedTuple):
    """What a file's entry on disk tells about it. If it is the same later, nobody changed the file, as far as the system's clock tells."""

    plain: bool
    """Whether it is a plain file: no folder, link, pipe or device."""
    number: tuple[int, int]
    """Device and inode; zeros on systems that do not have such numbers for all kinds of access."""
    links: int
    """Names of the file."""
    size: int
    """Bytes."""
    times: tuple[int, int]
    """When its bytes and its entry were last changed [ns since 1970]."""

    @classmethod
    def of(cls, found: os.stat_result) -> Self:
        """Return the stamp of a file from what the system tells about it."""
        # elsewhere, a file may have other numbers by its name than when it is open, and "ctime" is another time
        number = (found.st_dev, found.st_ino) if POSIX else (0, 0)
        times = found.st_mtime_ns, found.st_ctime_ns if POSIX else 0
        return cls(stat.S_ISREG(found.st_mode), number, found.st_nlink, found.st_size, times)


def create(path: Path) -> int:
    """Make a file, and return its handle for reading and writing.

    Raises
    ------
    FileExistsError
        If there is anything of this name, also a link that leads nowhere.
    OSError
        If it cannot be made.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _flags("O_BINARY"), 0o666)


def link(file: Path, name: Path) -> None:
    """Give a file a further name.

    Raises
    ------
    FileExistsError
        If there is anything of this name.
    OSError
        If it cannot be done, e.g. because the disk has no hard links, or the system keeps open files from losing names.
    """
    make = getattr(os, "link", None)
    if make is None or not POSIX:
        raise OSError(errno.ENOTSUP, "files have no further names here", os.fspath(name))
    make(file, name)


def open_plain(path: Path, flags: int = os.O_RDONLY, *, links: bool = False) -> int:
    """Open a plain file, and return its handle. This does not wait, as opening a pipe would.

    Parameters
    ----------
    path : path
    flags : int
        As for `os.open`.
    links : bool
        Whether to follow a symbolic link.

    Raises
    ------
    OSError
        If it is not a plain file, or cannot be opened.
    """
    _check_plain(path.stat(follow_symlinks=links), path)
    handle = os.open(path, flags | _flags("O_BINARY", "O_NONBLOCK", *([] if links else ["O_NOFOLLOW"])))
    try:
        _check_plain(os.fstat(handle), path)
    except OSError:
        os.close(handle)
        raise
    return handle


def _check_plain(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a plain file", os.fspath(path))


def _flags(*names: str) -> int:
    flags = 0
    for name in names:
        flags |= getattr(os, name, 0)
    return flags


def touch(handle: int, path: Path) -> None:
    """Set the time of an open file to now.

    Raises
    ------
    OSError
        If it cannot be set.
    """
    os.utime(handle if os.utime in os.supports_fd else path)


def room(folder: Path) -> float:
    """Return how many bytes are free on the disk of a folder; infinity if the system cannot tell."""
    try:
        usage = shutil.disk_usage(folder)
    except (OSError, AttributeError):
        return math.inf
    return usage.free if usage.total else math.inf  # some network disks say that they have no size


# -- processes --


def boot() -> str:
    """Return the identifier of the machine's last start; empty except on Linux."""
    return _text_of(PROC / "sys/kernel/random/boot_id") or ""


def pid_namespace() -> str:
    """Return the namespace of process numbers, of which each container has its own; empty except on Linux."""
    try:
        return str((PROC / "self/ns/pid").readlink())
    except OSError:
        return ""


def start_time(pid: int) -> str | None:
    """Return the start time of a process in clock ticks since boot, field 22 of ``/proc/PID/stat`` (proc(5)).

    Returns
    -------
    str or None
        Empty if it has ended and its parent does not know yet. None if it cannot be seen: it does not run, or it belongs to somebody else
        (``hidepid``), or there is no ``/proc``.
    """
    fields = (_text_of(PROC / f"{pid}/stat") or "").rpartition(")")[2].split()
    if len(fields) < 20:
        return None
    return "" if fields[0] in {"Z", "X"} else fields[19]


def python_and_machine() -> tuple[str, str]:
    """Return Python's version and kind, and the operating system and processor, as texts."""
    python = f"{platform.python_version()} ({platform.python_implementation()})"
    return python, f"{platform.system()} {platform.release()}, {platform.machine()}"


def has_ended(pid: int, started: str) -> bool | None:
    """Return whether a process of this machine has ended; None if that cannot be known.

    Parameters
    ----------
    pid : int
    started : str
        Its `start_time`, as numbers are used again; empty if it is not known.
    """
    if not 0 < pid < MOST_PID:
        return None
    if started and (now := start_time(pid)) is not None:
        return now != started
    if not POSIX:  # elsewhere, asking by a signal would end it
        return None
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no process of this system has so large a number
        return True
    except OSError:  # it is there, but not ours
        return False
    return False


def after_fork(act: Callable[[], None]) -> None:
    """Call a function in each process that is forked from this one, if the system can fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=act)


def _text_of(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return None
