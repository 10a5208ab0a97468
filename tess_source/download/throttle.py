"""The limit of files that are fetched at the same time: lower while the archive is under strain, higher again afterwards.

Some services allow a user only so many requests, per second or at the same time. These limits hold for all runs of this process together.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tess_source.display.visible import logger
from tess_source.threads import LISTEN

__all__ = ["Throttle"]

log: logging.Logger = logger(__name__)


CAUTION = 6
"""Number of reductions after which the required number of successes doubles no more."""


@dataclass
class _Service:
    """What this process asks of a host whose service allows only so many requests."""

    active: int = 0
    """Requests that are under way."""
    begun: deque[float] = field(default_factory=deque)
    """When the latest requests began."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, per_second: float, at_once: int) -> float:
        """Count a request that begins now, and return 0; or return the seconds after which to try again."""
        with self.lock:
            now = time.monotonic()
            many = max(1, int(per_second))
            while len(self.begun) > many:
                self.begun.popleft()
            if per_second and len(self.begun) == many and (wait := self.begun[0] + many / per_second - now) > 0:
                return wait
            if at_once and self.active >= at_once:
                return LISTEN
            self.active += 1
            self.begun.append(now)
            return 0.0

    def end(self) -> None:
        """Count a request that has ended."""
        with self.lock:
            self.active -= 1


_services: defaultdict[str, _Service] = defaultdict(_Service)


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
        self.was_lowered: bool = False
        """Whether there was any sign of strain."""
        self._stop = stop
        self._active = self._well = 0
        self._lowered = -1.0
        self._holds: dict[str, float] = {}
        self._choosy = False
        """Whether some who wait cannot take every slot, because of their host."""
        self._refused: Counter[int] = Counter()
        self._change = threading.Condition()

    @contextlib.contextmanager
    def slot(self, host: str, per_second: float = 0.0, at_once: int = 0) -> Iterator[float]:
        """Wait for a slot, and until a host may be asked again; yield the time at which the slot was taken.

        There is no wait once `stop` is set: check `stop` after taking a slot.

        Parameters
        ----------
        host : str
        per_second, at_once : float, int
            Most requests per second, and at the same time, that the host allows to this process; 0: no such limit.
        """
        service = _services[host] if per_second or at_once else None
        counted = False
        with self._change:
            self._choosy = self._choosy or service is not None
            while not self._stop.is_set():
                wait = self._holds.get(host, 0.0) - time.monotonic()
                if wait <= 0 and self._active < self.limit:
                    wait = service.begin(per_second, at_once) if service else 0.0
                    counted = service is not None and not wait
                    if not wait:
                        break
                self._change.wait(min(wait, LISTEN) if wait > 0 else LISTEN)  # or else Ctrl-C is not heard
            self._active += 1
        try:
            yield time.monotonic()
        finally:
            if service and counted:
                service.end()
            with self._change:
                self._active -= 1
                if self._choosy:
                    self._change.notify_all()  # not only one, which may be waiting for another host's hold
                else:
                    self._change.notify()

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
            self.was_lowered = True
            if hold:
                self._choosy = True
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

    def hold(self, holds: Mapping[str, float]) -> None:
        """Make no requests to some hosts for some seconds."""
        with self._change:
            self._choosy = self._choosy or bool(holds)
            self._holds |= {host: time.monotonic() + seconds for host, seconds in holds.items()}

    def holds(self) -> dict[str, float]:
        """Return the hosts to which no requests are made at present → for how many seconds."""
        now = time.monotonic()
        with self._change:
            return {host: until - now for host, until in self._holds.items() if until > now}

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
