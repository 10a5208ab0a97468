"""How long a download puts up with a bad connection: one record, so that tests and impatient people can change it."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Patience"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits in seconds, tries and bytes a second; the defaults suit an archive on another continent."""

    tries: int = 4
    """How often an address is asked for a file in vain; a try that brought bytes which can be continued is not in vain,
    nor is "too many requests" while others are fetched at the same time."""
    first: float = 0.5
    """Pause after the first failure; it doubles from try to try, with a quarter of jitter."""
    longest: float = 60.0
    """No pause is longer, also if the server's ``Retry-After`` asks for more."""
    connect: float = 15.0
    """How long to wait for a connection."""
    read: float = 30.0
    """How long to wait for the next bytes."""
    slowest: float = 1000.0
    """Bytes a second below which a transfer counts as stalled…"""
    over: float = 30.0
    """…if it stays below for so long."""
    stale: float = 120.0
    """After so long without a sign of life, a file that another process has claimed is fetched all the same."""
    look: float = 0.25
    """How often to look whether another process has finished a file."""

    @property
    def most(self) -> int:
        """Tries in all, whatever they bring."""
        return self.tries * 5

    def pause(self, attempt: int, asked: float | None) -> float:
        """Give the seconds before the next try: what the server asked for, or about `first`, twice that, and so on.

        Parameters
        ----------
        attempt : int
            Failures so far, from 1.
        asked : float or None
            What the server asked for [s].
        """
        own = self.first * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return float(min(self.longest, max(own, asked or 0.0)))
