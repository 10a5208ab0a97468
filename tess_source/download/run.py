"""A run of the core's downloader: a pool of threads that fetches whole files or none, with an entry for every file.

A file appears under its final name only when all its bytes are there and were verified. ``docs/downloads.md`` lists all guarantees and
the tests that check them.
"""

from __future__ import annotations

import functools
import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tess_source._lazy import pl
from tess_source.download.addresses import Addresses, scheme_of
from tess_source.download.claim import sweep
from tess_source.download.destination import LocalFolder
from tess_source.download.fetch import Fetcher
from tess_source.download.object_fetch import ObjectFetcher, spool_of, tidy_spools
from tess_source.download.progress import CallbackError, Progress
from tess_source.hooks.records import Copy, Transport
from tess_source.object_store.path import ObjectPath, Root
from tess_source.settings import Settings
from tess_source.tables.items import FAILED, FETCHED, Entry, Item
from tess_source.tables.typical_sizes import typical_sizes
from tess_source.threads import LISTEN, joined, paused

__all__ = ["Run"]

ByExecutor = Callable[[Any, Mapping[int, Item], Root, Addresses, Settings, Progress], Iterator[tuple[int, Entry]]]
"""Type of the function that fetches files by an executor's workers: `tess_source.download.executor.entries`."""


class Run:
    """One run of the downloader; iterate over it once. You may stop early.

    Parameters
    ----------
    items : sequence of Item
        Files to fetch.
    root : Path or ObjectPath
    transports : mapping
        URI scheme → how to fetch it.
    settings : Settings
    executor : object, optional
        See `tess_source.workers.workers_of`. These workers fetch the files, in place of threads of this process. Files of services that
        allow a user only so many requests, such as cut-outs, are fetched by threads all the same: the workers would not know of each
        other's requests.
    by_executor : callable, optional
        The function by which they do.
    lost : mapping, optional
        Hosts that are given up already → why.
    copies : mapping, optional
        Name → copy of an archive's files: further addresses.
    holds : mapping, optional
        Hosts that are left alone at first → for how many seconds.
    """

    def __init__(
        self,
        items: Sequence[Item],
        root: Root,
        transports: Mapping[str, Transport],
        settings: Settings,
        executor: Any = None,
        by_executor: ByExecutor | None = None,
        lost: Mapping[str, str] | None = None,
        copies: Mapping[str, Copy] | None = None,
        holds: Mapping[str, float] | None = None,
    ) -> None:
        self.items: Sequence[Item] = items
        self.root: Root = root
        self.settings: Settings = settings
        self.entries: list[Entry | None] = [None] * len(items)
        """Entries so far; threads fill them in."""
        self.lost: Mapping[str, str] = lost or {}
        """Hosts that were given up → why."""
        self.holds: Mapping[str, float] = holds or {}
        """Hosts that are left alone → for how many seconds."""
        self.was_lowered: bool = False
        """Whether a host was under strain, so that fewer files were fetched at the same time."""
        self._addresses = Addresses(transports, copies or {}, settings)
        self._executor, self._by_executor = executor, by_executor

    def __iter__(self) -> Iterator[Entry]:
        folder = spool_of(self.root, self.settings)
        if folder != self.root:
            tidy_spools(self.settings)
        sweep({folder, *((folder / item.path).parent for item in self.items if item.problem is None)})
        for index, item in enumerate(self.items):
            if item.problem is not None:
                self.entries[index] = Entry(item, FAILED, error=item.problem)
        todo = [index for index, entry in enumerate(self.entries) if entry is None]
        yield from filter(None, self.entries)
        self._addresses.look_up(uri for index in todo for uri in (self.items[index].uri, *self.items[index].mirrors))
        size = sum(self.items[index].size or 0 for index in todo)
        typical = _typical_sizes([self.items[index] for index in todo if self.items[index].size is None])
        with Progress(self.settings.progress, len(todo), size, typical) as bar:
            try:
                here, there = self._shared_out(todo)
                if there:
                    yield from self._by_workers(there, bar)
                if here:
                    yield from self._by_threads(here, bar)
            except CallbackError as error:
                raise error.__cause__ or error from None

    def _shared_out(self, todo: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the numbers of the files that threads of this process fetch, and of those that workers fetch."""
        if self._executor is None:
            return [*todo], []
        slow: dict[str, bool] = {}

        def is_slow(uri: str) -> bool:
            scheme = scheme_of(uri)
            if scheme not in slow:  # the limits of a service are those of all its files
                slow[scheme] = self._addresses.is_limited(uri)
            return slow[scheme]

        here = [index for index in todo if is_slow(self.items[index].uri)]
        return here, sorted({*todo}.difference(here))

    def _by_threads(self, todo: Sequence[int], bar: Progress) -> Iterator[Entry]:
        settings = self.settings
        made = functools.partial(ObjectFetcher, self.root) if isinstance(self.root, ObjectPath) else Fetcher
        folder = LocalFolder(spool_of(self.root, settings), lasting=made is Fetcher)
        patience, jobs, insecure = settings.patience, settings.jobs, settings.insecure_redirects
        fetcher = made(folder, self._addresses, patience, jobs, bar, insecure, self.lost)
        self.lost = fetcher.hosts.lost
        fetcher.throttle.hold(self.holds)
        work = _Work(todo, patience.look, fetcher.stop)

        def do(index: int) -> Entry | None:
            entry = fetcher.entry(self.items[index])
            if entry is None:
                work.later(index)
            else:
                self.entries[index] = entry
            return entry

        try:
            if settings.jobs <= 1 or len(todo) <= 1:
                yield from _by_this_thread(work, do)
            else:
                yield from _in_threads(work, do, min(settings.jobs * fetcher.threads_per_job, len(todo)), fetcher.halt)
        finally:
            fetcher.halt()
            fetcher.close()
            self.holds, self.was_lowered = fetcher.throttle.holds(), fetcher.throttle.was_lowered

    def _by_workers(self, todo: Sequence[int], bar: Progress) -> Iterator[Entry]:
        assert self._executor is not None
        assert self._by_executor is not None
        items = {index: self.items[index] for index in todo}
        for index, entry in self._by_executor(self._executor, items, self.root, self._addresses, self.settings, bar):
            self.entries[index] = entry
            share = bar.share(entry.item.size, entry.item.uri)
            if entry.status == FETCHED:
                share.expect(entry.bytes)
                share.at(entry.bytes)
            share.done(ok=entry.status == FETCHED, failed=not entry.ok)
            yield entry


def _typical_sizes(items: Sequence[Item]) -> dict[str, int]:
    """Return the typical sizes of files of unknown size, as far as there are any: URI → bytes."""
    if not items:
        return {}
    kinds: Any = {
        "pipeline": pl.String,
        "kind": pl.String,
        "exptime": pl.Float64,
        "first_sector": pl.Int32,
        "last_sector": pl.Int32,
    }
    frame = pl.DataFrame([[getattr(item, name) for name in kinds] for item in items], schema=kinds, orient="row")
    return {item.uri: size for item, size in zip(items, typical_sizes(frame), strict=True) if size is not None}


class _Work:
    """Numbers of the files that are left: first once each, then again and again those that another process is fetching."""

    def __init__(self, todo: Sequence[int], pause: float, stop: threading.Event) -> None:
        self._todo = iter(todo)
        self._later: list[tuple[float, int]] = []
        self._pause, self._stop = pause, stop
        self._lock = threading.Lock()

    def later(self, index: int) -> None:
        """Put a number back, for a later try."""
        with self._lock:
            heapq.heappush(self._later, (time.monotonic() + self._pause, index))

    def next(self) -> int | None:
        """Return the next number; None if none is left, or the run was stopped."""
        with self._lock:
            index = next(self._todo, None)
            due = 0.0
            if index is None and self._later:
                due, index = heapq.heappop(self._later)
        if paused(self._stop, due - time.monotonic()):
            return None
        return index


def _by_this_thread(work: _Work, do: Callable[[int], Entry | None]) -> Iterator[Entry]:
    """Yield the entries of files fetched in the calling thread, for recorded tests and debuggers."""
    while (index := work.next()) is not None:
        if (entry := do(index)) is not None:
            yield entry


def _in_threads(
    work: _Work, do: Callable[[int], Entry | None], count: int, halt: Callable[[], None]
) -> Iterator[Entry]:
    """Yield the entries of files fetched in threads. An exception in one, e.g. Ctrl-C in a progress callback, stops all."""
    done: queue.SimpleQueue[Entry | BaseException | None] = queue.SimpleQueue()

    def worker() -> None:
        try:
            while (index := work.next()) is not None:
                if (entry := do(index)) is not None:
                    done.put(entry)
            done.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised where the result is waited for
            done.put(error)

    # not a pool of threads: Python waits for its threads before it ends, whatever they wait for
    threads = [threading.Thread(target=worker, name=f"tess-source_{number}", daemon=True) for number in range(count)]
    try:
        for thread in threads:
            thread.start()
        left = count
        while left:
            try:
                found = done.get(timeout=LISTEN)  # in short pieces, or else Ctrl-C is not heard: `tess_source.threads`
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            if found is None:
                left -= 1
            else:
                yield found
    finally:  # also when the iteration stops early
        halt()
        joined(threads)
