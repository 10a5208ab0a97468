"""The limit of files that are fetched at the same time: lower while the archive is under strain, higher again afterwards."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator

from tess_source.display.visible import logger
from tess_source.threads import LISTEN

__all__ = ["Throttle"]

log: logging.Logger = logger(__name__)


CAUTION = 6
"""Number of reductions after which the required number of successes doubles no more."""


class Throttle:
    """Slots for transfers, halved when the archive refuses or does not answer, and one more after as many successes as there are slots.

    To reach a number of slots at which the archive refused before takes twice as many successes per refusal.

    Parameters
    ----------
    most : int
        Most slots, and the initial number.
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
        """Wait for a slot, and until a host may be asked again; yield the time at which the slot was taken.

        There is no wait once `stop` is set: check `stop` after taking a slot.
        """
        with self._change:
            while not self._stop.is_set():
                hold = self._holds.get(host, 0.0) - time.monotonic()
                if hold <= 0 and self._active < self.limit:
                    break
                self._change.wait(min(hold, LISTEN) if hold > 0 else LISTEN)  # or else Ctrl-C is not heard
            self._active += 1
        try:
            yield time.monotonic()
        finally:
            with self._change:
                self._active -= 1
                self._change.notify_all()  # not only one, which may be waiting for another host's hold

    def lower(self, since: float, host: str, hold: float = 0.0) -> bool:
        """Lower the limit after a sign of strain; return False if it is one file at a time already.

        Parameters
        ----------
        since : float
            Time at which the transfer got its slot: transfers that were under way when the limit was lowered do not lower it again.
        host : str
        hold : float
            Seconds without requests to this host.
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
        """Count a success, and raise the limit after enough of them."""
        with self._change:
            self._well += 1
            if self.limit < self.most and self._well >= self.limit * 2 ** min(self._refused[self.limit + 1], CAUTION):
                self.limit += 1
                self._well = 0
                log.debug("%d files at the same time", self.limit)
                self._change.notify_all()

    def release(self, host: str) -> None:
        """End the time without requests to a host."""
        with self._change:
            self._holds.pop(host, None)
            self._change.notify_all()

    def wake(self) -> None:
        """Wake all waiting threads, so that they check `stop`."""
        with self._change:
            self._change.notify_all()
