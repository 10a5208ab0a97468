"""The current time, and the age of recorded times."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["SKEW", "age_of", "ago", "is_recent", "now", "this_moment"]

SKEW = 60.0
"""Seconds by which the clocks of two machines that share a folder may differ."""


def now() -> float:
    """Return the time [s since 1970, UTC]."""
    return time.time()


def this_moment() -> str:
    """Return the time as ISO text with zone, to the second."""
    return datetime.fromtimestamp(now(), UTC).isoformat(timespec="seconds")


def age_of(moment: str) -> float:
    """Return the age of an ISO time with zone [s]; negative if it lies in the future, e.g. after a clock was set back.

    Raises
    ------
    ValueError, TypeError
        If the text is not such a time.
    """
    then = datetime.fromisoformat(moment)
    if then.tzinfo is None:
        raise ValueError(f"{moment!r} names no time zone")
    return (datetime.fromtimestamp(now(), UTC) - then).total_seconds()


def is_recent(time: float, limit: float) -> bool:
    """Return whether a time [s since 1970, UTC] is less than `limit` [s] ago. One in the future is not: the clock was set back since."""
    return -SKEW <= now() - time < limit


def ago(age: float) -> str:
    """Return an age [s] in words, e.g. ``3 hours ago``."""
    if age < -SKEW:
        return "in the future, by this machine's clock"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if age >= length:
            count = int(age // length)
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
