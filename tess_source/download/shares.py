"""Batches of files for workers, and how connections are shared out among them.

An archive's own hosts allow so many connections in all, whatever the number of workers. Object stores serve each worker as if it were
alone. So a batch has files whose first addresses are of one of these kinds. If a file is not in the object store, it comes back, and is
sent out once more with its other addresses.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from tess_source.download.addresses import Addresses
from tess_source.errors import type_and_text
from tess_source.hooks.records import Request
from tess_source.settings import Patience
from tess_source.tables.items import FAILED, INTERRUPTED, Entry, Item

__all__ = ["FIRST", "MOST", "NEAR", "PER_WORKER", "Batches", "Located", "Parcel", "Returned"]

FIRST = 50
"""Files of the first batches at most."""
MOST = 500
"""Files of a batch at most."""
NEAR = 250
"""Files of the first batches at most, if the workers are processes of this machine, which end with the run."""
SECONDS = 10.0
"""How long later batches take, about. Shorter ones cost more: a batch makes connections of its own. It cannot keep them for the next one,
which another worker may get, while an archive counts idle connections too. Of longer ones, an archive's strain would be known late."""
PER_WORKER = 2
"""Connections of a worker to object stores, per connection to archives that all workers have together: 16, where the default is 8."""

Located: TypeAlias = tuple[Request, ...] | str
"""Addresses of a URI, or the reason why there are none."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files of a batch, and what they may use."""

    numbers: tuple[int, ...]
    addresses: Mapping[str, Located] = field(repr=False)
    jobs: int
    """Files fetched at the same time."""
    limited: bool
    """Whether these connections count among those that all workers have together."""
    quick: bool = False
    """Whether what fails is sent out again with other addresses, so that one try is enough."""
    era: int = 0
    """How often the limit was lowered before it was sent."""
    sent: float = 0.0
    """When it was sent [s]."""

    def patience_of(self, patience: Patience) -> Patience:
        """Return the patience with its servers."""
        if not self.quick:
            return patience
        return replace(patience, tries=1, connect=patience.quick, read=patience.quick, over=patience.quick)


class Returned(NamedTuple):
    """What a worker returns."""

    entries: list[Entry]
    """In the order of the batch's items."""
    lost: Mapping[str, str]
    """Hosts that it gave up → why."""
    holds: Mapping[str, float] = {}
    """Hosts that must be left alone → for how many seconds."""
    lowered: bool = False
    """Whether a host was under strain, so that fewer files were fetched at the same time."""


class Batches:
    """The files of a run, drawn in parts as workers become free; iterate over it once.

    Parameters
    ----------
    items : mapping
        Number → item.
    addresses : Addresses
    jobs : int
        Connections to archives of all workers together.
    width : callable
        Returns how many batches can be fetched at the same time.
    sharing : callable
        Returns how many of them share a process.
    first : int
        Files of the first batches at most.
    """

    def __init__(
        self,
        items: Mapping[int, Item],
        addresses: Addresses,
        jobs: int,
        width: Callable[[], int],
        sharing: Callable[[], int],
        first: int = FIRST,
    ) -> None:
        self.items: Mapping[int, Item] = items
        self.lost: dict[bool, dict[str, str]] = {False: {}, True: {}}
        """Hosts that were given up → why; separately by batches with one quick try."""
        self._addresses, self._width, self._sharing = addresses, width, sharing
        self._most = self._limit = jobs
        self._first_size = first
        self._used = self._away = self._era = 0
        self._unseen = deque(sorted(items))
        self._limited: deque[int] = deque()
        self._alone: deque[int] = deque()
        self._first: deque[int] = deque()
        """Files that only object stores have, and those that are tried there first."""
        self._located: dict[int, dict[str, Located]] = {}
        self._holds: dict[str, float] = {}
        self._count = {False: first, True: first}
        """Files of a batch that take about `SECONDS`; separately by batches with limited connections."""

    def __iter__(self) -> Iterator[Parcel | None]:
        """Yield parts; None while there is nothing to send before others have come back."""
        while True:
            share = self._limit // self._at_once(limited=True)
            free = self._first or self._alone
            if self._limited and self._used + share <= self._limit:
                self._used += share
                yield self._part(self._limited, share, limited=True)
            elif free:
                jobs = max(1, PER_WORKER * self._most // max(1, self._sharing()))
                yield self._part(free, jobs, quick=free is self._first)
            elif self._unseen and len(self._limited) < self._first_size * self._most:
                self._sort(self._size(self._unseen, self._most, limited=True))
            elif self._away:
                yield None
            else:
                return

    def _at_once(self, *, limited: bool) -> int:
        """Return how many batches can be under way."""
        width = max(1, self._width())
        return min(width, self._limit) if limited else width

    def _size(self, queue: deque[int], jobs: int, *, limited: bool) -> int:
        """Return how many files to take: fewer and fewer, so that all workers have work until the end, but enough for all connections."""
        left = len(self._unseen) + len(self._limited) + len(self._first) + len(self._alone)
        workers = self._at_once(limited=limited)
        even = math.ceil(left / workers)
        return min(len(queue), self._count[limited], max(math.ceil(even / 1.5), min(even, 2 * jobs)))

    def _sort(self, count: int) -> None:
        """Find the addresses of files, and by these in which sort of batch they belong."""
        for number in (self._unseen.popleft() for _ in range(count)):
            located = {uri: _located(uri, self._addresses) for uri in self._addresses.uris_of(self.items[number])}
            requests = _requests(located)
            queue = self._limited
            if requests and _is_free(requests[0]):
                queue = self._alone if all(map(_is_free, requests)) else self._first
            self._located[number] = located
            queue.append(number)

    def _part(self, queue: deque[int], jobs: int, *, limited: bool = False, quick: bool = False) -> Parcel:
        numbers = tuple(queue.popleft() for _ in range(self._size(queue, jobs, limited=limited)))
        self._away += 1
        every = {uri: found for number in numbers for uri, found in self._located[number].items()}
        if quick:
            every = {uri: _only_free(found) for uri, found in every.items()}
        return Parcel(numbers, every, jobs, limited, quick, self._era, time.monotonic())

    def returned(self, part: Parcel, result: Returned) -> Iterator[tuple[int, Entry]]:
        """Note what a part has come to, and yield the entries of files that are not sent out again."""
        self._away -= 1
        self._count[part.limited] = _next_count(self._count[part.limited], part)
        if part.limited:
            self._used -= part.jobs
        self.lost[part.quick] |= result.lost
        if not part.quick:
            now = time.monotonic()
            self._holds |= {host: max(self._holds.get(host, 0.0), now + hold) for host, hold in result.holds.items()}
        if part.limited:
            self._adapt(part, lowered=result.lowered)
        for number, entry in zip(part.numbers, result.entries, strict=True):
            if part.quick and entry.status == FAILED and entry.error != INTERRUPTED:
                located = self._located[number]  # what all have in common comes first from now on
                self._located[number] = {uri: _limited_first(found) for uri, found in located.items()}
                self._limited.append(number)
            else:
                self._located.pop(number, None)
                yield number, entry

    def _adapt(self, part: Parcel, *, lowered: bool) -> None:
        """Halve the connections to archives after a sign of strain, once for all batches under way; else one more."""
        if not lowered:
            self._limit = min(self._most, self._limit + 1)
        elif part.era == self._era:
            self._limit, self._era = max(1, self._limit // 2), self._era + 1

    def holds(self) -> dict[str, float]:
        """Return for how many seconds hosts are to be left alone."""
        now = time.monotonic()
        return {host: until - now for host, until in self._holds.items() if until > now}

    def left(self) -> list[int]:
        """Return the numbers of the files that are not done."""
        return sorted({*self._unseen, *self._located})


def _next_count(count: int, part: Parcel) -> int:
    """Return of how many files the next batches are: as many as take `SECONDS`, but at most twice as many as before, and at least half."""
    took = max(time.monotonic() - part.sent, 1e-3)
    wanted = round(len(part.numbers) * SECONDS / took)
    return max(count // 2, 1, min(2 * count, wanted, MOST))


def _located(uri: str, addresses: Addresses) -> Located:
    try:
        return addresses.of(uri) or addresses.why_none(uri)
    except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
        return type_and_text(error)


def _requests(located: Mapping[str, Located]) -> list[Request]:
    return [request for found in located.values() if not isinstance(found, str) for request in found]


def _is_free(request: Request) -> bool:
    """Return whether an address is in an object store."""
    return request.etag_is_md5


def _only_free(found: Located) -> Located:
    return found if isinstance(found, str) else tuple(filter(_is_free, found))


def _limited_first(found: Located) -> Located:
    return found if isinstance(found, str) else tuple(sorted(found, key=_is_free))
