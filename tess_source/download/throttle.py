"""How many files are fetched at the same time: fewer while the archive is under strain, more again when it is not."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator

__all__ = ["Throttle"]

log: logging.Logger = logging.getLogger(__name__)


CAUTION = 6
"""Complaints after which the number of successes that is asked for doubles no more."""


class Throttle:
    """Slots for transfers: halved when the archive complains or does not answer, one more after as many successes as there are slots.

    To go where the archive complained before takes twice as many successes for each time it did.

    Parameters
    ----------
    most : int
        Slots at most, and to begin with.
    stop : threading.Event
        Ends all waiting, together with `wake`.
    """

    def __init__(self, most: int, stop: threading.Event) -> None:
        self.most: int = most
        self.limit: int = most
        self._stop = stop
        self._active = self._well = 0
        self._lowered = -1.0
        self._holds: dict[str, float] = {}
        self._refused: Counter[int] = Counter()
        self._change = threading.Condition()

    @contextlib.contextmanager
    def slot(self, host: str) -> Iterator[float]:
        """Wait for a slot, and until a host may be asked again; gives the time at which it was had.

        Nothing is waited for once `stop` is set: who has a slot then must look.
        """
        with self._change:
            while not self._stop.is_set():
                hold = self._holds.get(host, 0.0) - time.monotonic()
                if hold <= 0 and self._active < self.limit:
                    break
                self._change.wait(hold if hold > 0 else None)
            self._active += 1
        try:
            yield time.monotonic()
        finally:
            with self._change:
                self._active -= 1
                self._change.notify()

    def lower(self, since: float, host: str, hold: float = 0.0) -> bool:
        """Note a sign of strain, and tell whether more was asked for than one file at a time, so that less can be.

        Parameters
        ----------
        since : float
            When the transfer got its slot: those that were under way when the limit was lowered do not lower it again.
        host : str
        hold : float
            Seconds for which nobody is to ask this host.
        """
        with self._change:
            self._well = 0
            if hold:
                self._holds[host] = max(self._holds.get(host, 0.0), time.monotonic() + hold)
            if since <= self._lowered:
                return True
            if self.limit == 1:
                return False
            self._lowered = time.monotonic()
            self._refused[self.limit] += 1
            self.limit = max(1, self.limit // 2)
            log.info("the archive is under strain: %d files at the same time from now on", self.limit)
            return True

    def ease(self) -> None:
        """Note a success."""
        with self._change:
            self._well += 1
            if self.limit < self.most and self._well >= self.limit * 2 ** min(self._refused[self.limit + 1], CAUTION):
                self.limit += 1
                self._well = 0
                log.debug("%d files at the same time", self.limit)
                self._change.notify()

    def wake(self) -> None:
        """Let all who wait look at `stop`."""
        with self._change:
            self._change.notify_all()
