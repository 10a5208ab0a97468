"""The deadline of one question to the archive, and how often the question is tried."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tess_source.errors import ServiceError
from tess_source.patience import longest_pause, longest_wait
from tess_source.threads import paused

__all__ = ["Deadline", "OverloadError"]

CONNECT, READ = 15.0, 120.0
"""Seconds to wait for a connection, and for the next bytes."""
TRIES = 4
"""How often a question is sent before it fails."""
PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before the second try; it doubles from try to try, up to the longest."""
LONGEST_RETRY_AFTER = 60.0
"""Seconds: what a server asks for with ``Retry-After`` is granted up to here."""
POLL, LONGEST_POLL = 0.5, 10.0
"""Seconds before asking again for a job that is still running; they grow by half each time."""


class OverloadError(ServiceError):
    """A server that failed on a question, or ran out of time: a smaller question may succeed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time that one question has, with its pages, repetitions and parts."""

    seconds: float
    """In all."""
    tries: int = TRIES
    parts: bool = False
    """Whether parts of the question can be asked instead: then a time-out is not repeated."""
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    """Set when the answer is no longer wanted."""
    start: float = field(default_factory=time.monotonic, repr=False)

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.start + self.seconds - time.monotonic()

    @property
    def timeouts(self) -> tuple[float, float]:
        """Seconds for the connection and for the next bytes, neither beyond what is left."""
        left = max(self.left, 0.01)
        return min(CONNECT, longest_wait(), left), min(READ, longest_wait(), left)

    def check(self, service: str, problem: str) -> None:
        """Raise ServiceError if the time is up, or the answer is no longer wanted."""
        if self.stop.is_set():
            raise ServiceError(service, "given up, since another part of the question failed")
        if self.left <= 0:
            raise ServiceError(service, f"{problem}; gave up after {self.seconds:g} s", advice=_LONGER)

    def renewed(self) -> Deadline:
        """Return one with the same time, from now on."""
        return replace(self, start=time.monotonic())

    def sleep(self, seconds: float, service: str, problem: str) -> None:
        """Wait, but not beyond the end; raise ServiceError if the time is up then."""
        paused(self.stop, min(seconds, self.left))
        self.check(service, problem)

    @staticmethod
    def polls() -> Iterator[float]:
        """Yield growing pauses while a job is running [s]."""
        most = min(LONGEST_POLL, longest_pause())
        pause = min(POLL, most)
        while True:
            yield pause
            pause = min(pause * 1.5, most)


_LONGER = "Repeat the call, or give it more time: Session(timeout=…), in seconds"


def pause(attempt: int, asked: float | None) -> float:
    """Return the pause before the next try [s]: as long as the server asks for, or growing, with jitter."""
    if asked is not None:
        return min(max(asked, 0.0), LONGEST_RETRY_AFTER, longest_pause())
    return random.uniform(0.5, 1.0) * min(PAUSE * 2.0**attempt, LONGEST_PAUSE, longest_pause())
