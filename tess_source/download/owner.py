"""The process that owns a claim, and whether it still runs, as far as that can be known."""

from __future__ import annotations

import functools
import os
import socket
from dataclasses import asdict, dataclass
from typing import Any, Self

from tess_source import system

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
        """Return the owner that `record` described. The record may be anything: others can write into a shared folder.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is not such a record.
        """
        words = {name: record[name] for name in ("host", "boot", "space", "started")}
        pid = record["pid"]
        if not all(isinstance(word, str) for word in words.values()) or type(pid) is not int:
            raise TypeError("it does not describe a process")
        if not 0 < pid < system.MOST_PID:
            raise ValueError("it has no number that a process may have")
        return cls(**words, pid=pid)

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
        return system.has_ended(self.pid, self.started)

    def on_this_boot(self) -> bool:
        """Return whether the machine was not restarted since: only then are all written bytes certainly there."""
        me = Owner.me()
        return bool(self.boot) and (self.host, self.boot, self.space) == (me.host, me.boot, me.space)


@functools.lru_cache(maxsize=1)
def _owner_of(pid: int) -> Owner:
    return Owner(socket.gethostname(), system.boot(), system.pid_namespace(), pid, system.start_time(pid) or "")
