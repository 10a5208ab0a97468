"""Small files that may be lost: written whole or not at all, and never in the way of what they are kept for."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from tess_source.tables.plan import write_whole

__all__ = ["SKEW", "age_of", "ago", "keep", "now", "this_moment"]

log = logging.getLogger(__name__)

SKEW = 60.0
"""Seconds by which the clocks of two machines that share a folder may differ."""

_said: set[Path] = set()
_saying = threading.Lock()


def keep(path: Path, data: bytes, folder: Path) -> bool:
    """Write a file, if that is possible; if not, say so once for its folder.

    Parameters
    ----------
    path : Path
        It is replaced as a whole or not at all.
    data : bytes
    folder : Path
        The cache folder, for the message.

    Returns
    -------
    bool
        Whether it was written.
    """
    try:
        write_whole(path, data)
    except OSError as error:
        with _saying:
            first = folder not in _said
            _said.add(folder)
        log.log(
            logging.INFO if first else logging.DEBUG,
            "nothing new is remembered: the cache folder %s cannot be written (%s)",
            *(folder, error.strerror or error),
        )
        return False
    return True


def now() -> float:
    """Give the time [s since 1970, UTC]."""
    return time.time()


def this_moment() -> str:
    """Give the time as ISO text with zone, to the second."""
    return datetime.fromtimestamp(now(), UTC).isoformat(timespec="seconds")


def age_of(moment: str) -> float:
    """Give how long ago an ISO time with zone was [s]; negative if it lies in the future, as after a clock was set back.

    Raises
    ------
    ValueError, TypeError
        If it is no such time.
    """
    then = datetime.fromisoformat(moment)
    if then.tzinfo is None:
        raise ValueError(f"{moment!r} names no time zone")
    return (datetime.fromtimestamp(now(), UTC) - then).total_seconds()


def ago(age: float) -> str:
    """Say an age in words, e.g. ``3 hours ago``."""
    if age < -SKEW:
        return "in the future, by this machine's clock"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if age >= length:
            count = int(age // length)
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
