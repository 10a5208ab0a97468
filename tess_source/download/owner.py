"""The process that owns a claim, and whether it still runs, as far as that can be known."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

__all__ = ["Owner"]


@dataclass(frozen=True, slots=True)
class Owner:
    """One process on one machine."""

    host: str
    boot: str
    """Identifier of the machine's last start; empty except on Linux."""
    space: str
    """Namespace of the process number: containers have their own."""
    pid: int
    started: str
    """Start time of the process, in the system's own count: process numbers are reused."""

    @classmethod
    def me(cls) -> Owner:
        """Return the owner for this process."""
        return _owner_of(os.getpid())

    @classmethod
    def of(cls, record: Any) -> Self:
        """Return the owner that `record` described.

        Raises
        ------
        KeyError, TypeError
            If it is not such a record.
        """
        names = ("host", "boot", "space", "started")
        return cls(**{name: str(record[name]) for name in names}, pid=int(record["pid"]))

    def record(self) -> dict[str, Any]:
        """Return the owner as plain values."""
        return asdict(self)

    def gone(self) -> bool | None:
        """Return whether the process has ended; None if this machine cannot know."""
        me = Owner.me()
        if self.host != me.host:
            return None
        if self.boot != me.boot:
            return True
        if self.space != me.space:
            return None
        return _has_ended(self.pid, self.started)

    def on_this_boot(self) -> bool:
        """Return whether the machine was not restarted since: only then are all written bytes certainly there."""
        me = Owner.me()
        return bool(self.boot) and (self.host, self.boot, self.space) == (me.host, me.boot, me.space)


@functools.lru_cache(maxsize=1)
def _owner_of(pid: int) -> Owner:
    return Owner(
        socket.gethostname(), _text_of_file("/proc/sys/kernel/random/boot_id"), _pid_namespace(), pid, _start_time(pid)
    )


def _text_of_file(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _start_time(pid: int) -> str:
    """Return the start time of a process in clock ticks since boot, field 22 of ``/proc/PID/stat`` (proc(5)); empty if it does not run."""
    fields = _text_of_file(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] in {"Z", "X"} else fields[19]


def _has_ended(pid: int, started: str) -> bool | None:
    if started:
        return _start_time(pid) != started
    if os.name != "posix":  # elsewhere, asking by a signal would end it
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
