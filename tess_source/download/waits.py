"""Claims of other processes that this run waits for, and for how long each has not changed.

This is measured by this process's own clock from what it has seen itself: the times of files come from clocks of other machines.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable
from pathlib import Path

from tess_source.display.visible import logger
from tess_source.download.owner import Owner

__all__ = ["Waits"]

log: logging.Logger = logger(__name__)


class Waits:
    """What one run has seen of the claims of others; shared by its threads."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Hashable, float]] = {}
        self._told: set[Owner | Path] = set()
        self._lock = threading.Lock()

    def unchanged(self, claim: Path, state: Hashable) -> float:
        """Return for how long a claim has been in a state [s]; 0 when it is seen for the first time."""
        now = time.monotonic()
        with self._lock:
            before, since = self._seen.get(claim, (None, now))
            if before != state:
                since = now
            self._seen[claim] = state, since
        return now - since

    def tell(self, file: Path, claim: Path, owner: Owner | None, limit: float) -> None:
        """Log for whom this run waits: once per process, or per claim that names none."""
        whom = owner or claim
        with self._lock:
            if whom in self._told:
                return
            self._told.add(whom)
        known = f"process {owner.pid} on host {owner.host!r}" if owner else ""
        who = known or f"a process that its claim {claim.name} does not name"
        problem = "%s is being fetched by %s; waiting until it is there, or the claim has not changed for %g s"
        log.warning(problem, file, who, limit)
