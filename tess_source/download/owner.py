"""Which process something belongs to, and whether that process still lives: no answer where that cannot be known."""

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
    """One process on one machine since its last start."""

    host: str
    boot: str
    """Which start of the machine; empty where the system does not say (only Linux does)."""
    space: str
    """In which space process numbers count: containers have their own."""
    pid: int
    started: str
    """When the process was started, in the system's own count: numbers are used again."""

    @classmethod
    def me(cls) -> Owner:
        """Give this process."""
        return _me(os.getpid())

    @classmethod
    def of(cls, record: Any) -> Self:
        """Read what `record` wrote.

        Raises
        ------
        KeyError, TypeError
            If it is something else.
        """
        names = ("host", "boot", "space", "started")
        return cls(**{name: str(record[name]) for name in names}, pid=int(record["pid"]))

    def record(self) -> dict[str, Any]:
        """Give plain values."""
        return asdict(self)

    def gone(self) -> bool | None:
        """Tell whether the process has ended; None if that cannot be seen from here."""
        me = Owner.me()
        if self.host != me.host:
            return None
        if self.boot != me.boot:
            return True
        if self.space != me.space:
            return None
        return _ended(self.pid, self.started)

    def on_this_boot(self) -> bool:
        """Tell whether the machine has run on since then: only then is all that was written really there."""
        me = Owner.me()
        return bool(self.boot) and (self.host, self.boot, self.space) == (me.host, me.boot, me.space)


@functools.lru_cache(maxsize=1)
def _me(pid: int) -> Owner:
    return Owner(socket.gethostname(), _text("/proc/sys/kernel/random/boot_id"), _space(), pid, _started(pid))


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Give the start time of a process in clock ticks since boot: field 22 of ``/proc/PID/stat`` (proc(5)); empty if it has none."""
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] in {"Z", "X"} else fields[19]


def _ended(pid: int, started: str) -> bool | None:
    if started:
        return _started(pid) != started
    if os.name != "posix":  # elsewhere, asking by a signal would end it
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
