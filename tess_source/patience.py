"""How long is waited for a server: tries, pauses and time limits."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from tess_source import config

__all__ = ["Patience", "environment_patience", "longest_pause", "longest_wait"]

PAUSES = 0.01
"""The longest pause between two tries, as a part of the longest wait, where one is set."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries, pauses and limits of a download; the defaults suit an archive on another continent."""

    tries: int = 4
    """Most tries in vain per address of a file; a try that brought bytes which can be continued is not in vain,
    nor is "too many requests" while others are fetched at the same time."""
    first: float = 0.5
    """Pause after the first failure [s]; it doubles from try to try, with a jitter of a quarter."""
    longest: float = 60.0
    """Longest pause [s], also if the server's ``Retry-After`` asks for more."""
    connect: float = 15.0
    """Longest wait for a connection to one address of a host [s]; twice as long in all."""
    quick: float = 5.0
    """Longest wait for an answer, and for the next bytes of its body, at an address of a file that has others, which come next [s]."""
    read: float = 30.0
    """Longest wait for all headers of an answer, and for the next bytes of its body [s]."""
    slowest: float = 1000.0
    """Bytes per second below which a transfer counts as stalled…"""
    over: float = 30.0
    """…if it stays below for so long [s]."""
    stale: float = 120.0
    """Seconds without an update after which another process's claim on a file does not count."""
    largest: int = 5_000_000_000
    """Most bytes of a file whose size neither the archive's list nor the server tells; about twice the largest cut-out of TESScut."""
    look: float = 0.25
    """Seconds between checks whether another process has finished a file."""

    @property
    def most(self) -> int:
        """Most tries in all."""
        return self.tries * 5

    def pause(self, attempt: int, asked: float | None) -> float:
        """Return the pause before the next try [s]: what the server asked for, or about `first`, twice that, and so on.

        Parameters
        ----------
        attempt : int
            Failures so far, from 1.
        asked : float or None
            Pause that the server asked for [s].
        """
        own = self.first * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return float(min(self.longest, max(own, asked or 0.0)))


def longest_wait() -> float:
    """Return the longest wait for a server [s] that ``TESS_SOURCE_LONGEST_WAIT`` allows; infinite if it is not set.

    It is for tests with a server on the same machine, which fails on purpose: there nobody wants to wait for minutes.

    Raises
    ------
    QueryError
        If it is no number of seconds above 0.
    """
    wait = config.chosen("longest_wait")
    return math.inf if wait is None else float(wait)


def longest_pause() -> float:
    """Return the longest pause between two tries [s] that goes with the longest wait; infinite if none is set."""
    return longest_wait() * PAUSES


def environment_patience() -> Patience:
    """Return the patience of downloads: the usual one, within the longest wait."""
    usual, wait, pause = Patience(), longest_wait(), longest_pause()
    limits = {name: min(getattr(usual, name), wait) for name in ("connect", "quick", "read", "over")}
    return replace(usual, first=min(usual.first, pause), longest=min(usual.longest, pause), **limits)
