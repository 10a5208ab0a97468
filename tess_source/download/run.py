"""The downloader that answers last: a pool of threads, whole files or none, and an entry for every item.

A file appears under its final name only when all its bytes are there and were verified. What is promised, and by which test it is held:
``docs/downloads.md``.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source.download import part as resume
from tess_source.download.fetch import Fetcher, KnownFiles, scheme_of
from tess_source.download.folder import Folder
from tess_source.download.progress import CallbackError, Progress
from tess_source.errors import Interrupted
from tess_source.tables.manifest import FAILED, FETCHED, Entry, Manifest
from tess_source.tables.plan import Item, Plan
from tess_source.threads import LISTEN

if TYPE_CHECKING:
    from tess_source.hooks.records import Request, Transport
    from tess_source.settings import Settings

__all__ = ["Run", "download", "iter_download"]


def download(
    plan: Plan,
    transports: Mapping[str, Transport],
    settings: Settings,
    *,
    executor: Executor | None = None,
    on_entry: Callable[[Entry], object] | None = None,
) -> Manifest:
    """Fetch a plan.

    Parameters
    ----------
    plan : Plan
    transports : mapping
        URI scheme → how to fetch it.
    settings : Settings
    executor : concurrent.futures.Executor, optional
        Does the work instead of threads of this process: see `tess_source.download.executor`.
    on_entry : callable, optional
        Is given each entry, in the calling thread, as soon as it is known.

    Returns
    -------
    Manifest
        One entry per item, in the plan's order.

    Raises
    ------
    Interrupted
        On Ctrl-C, with the manifest of what was done; no ``.part`` is left.
    """
    started = time.monotonic()
    run = Run(list(plan), plan.root, transports, settings, executor)
    try:
        for entry in run:
            if on_entry is not None:
                on_entry(entry)
    except KeyboardInterrupt:
        raise Interrupted(run.manifest(plan, started)) from None
    return run.manifest(plan, started)


def iter_download(
    plan: Plan,
    transports: Mapping[str, Transport],
    settings: Settings,
    *,
    executor: Executor | None = None,
    known: KnownFiles | None = None,
) -> Iterator[Entry]:
    """Fetch a plan, and give each entry as soon as it is known: see `download`. Who stops early stops the download."""
    yield from Run(list(plan), plan.root, transports, settings, executor, known)


class Run:
    """One download: iterate over it once, to the end or not.

    Parameters
    ----------
    items : sequence of Item
    root : Path
    transports : mapping
        URI scheme → how to fetch it.
    settings : Settings
    executor : Executor, optional
    known : KnownFiles, optional
        Files that need not be read again to know that they are whole.
    """

    def __init__(
        self,
        items: Sequence[Item],
        root: Path,
        transports: Mapping[str, Transport],
        settings: Settings,
        executor: Executor | None = None,
        known: KnownFiles | None = None,
    ) -> None:
        self.items, self.root, self.settings = items, root, settings
        self.entries: list[Entry | None] = [None] * len(items)
        """What is known so far; threads fill it in."""
        self._transports, self._executor, self._known = transports, executor, known

    def manifest(self, plan: Plan, started: float) -> Manifest:
        """Give what was done until now."""
        pairs = zip(self.items, self.entries, strict=True)
        whole = tuple(entry or Entry(item, FAILED, error="interrupted") for item, entry in pairs)
        return Manifest(plan, whole, seconds=time.monotonic() - started)

    def __iter__(self) -> Iterator[Entry]:
        resume.sweep({(self.root / item.path).parent for item in self.items if item.problem is None})
        counted = {
            index: _counted(self.root, item) for index, item in enumerate(self.items) if self._fetchable(index, item)
        }
        todo = [size for size in counted.values() if size is not None]
        yield from filter(None, self.entries)
        with Progress(self.settings.progress, len(todo), sum(todo)) as bar:
            try:
                yield from self._elsewhere(counted, bar) if self._executor else self._here(counted, bar)
            except CallbackError as error:
                raise error.__cause__ or error from None

    def _fetchable(self, index: int, item: Item) -> bool:
        """Tell whether an item may be written; if not, that is its entry."""
        if item.problem is not None:
            self.entries[index] = Entry(item, FAILED, error=item.problem)
        return item.problem is None

    def locate(self, uri: str) -> Request:
        """Say where a URI of a known scheme is to be had."""
        return self._transports[scheme_of(uri)].locate(uri, self.settings)

    def _here(self, counted: Mapping[int, int | None], bar: Progress) -> Iterator[Entry]:
        settings = self.settings
        folder = Folder(self.root)
        fetcher = Fetcher(
            folder, tuple(self._transports), self.locate, settings.patience, settings.jobs, bar, self._known
        )
        work = _Work(counted, settings.patience.look, fetcher.stop)

        def do(index: int) -> Entry | None:
            entry = fetcher.entry(self.items[index], counted[index])
            if entry is None:
                work.later(index)
            else:
                self.entries[index] = entry
            return entry

        try:
            if settings.jobs <= 1 or len(counted) <= 1:
                yield from _in_order(work, do)
            else:
                yield from _in_threads(work, do, min(settings.jobs, len(counted)), fetcher.halt)
        finally:
            fetcher.halt()
            fetcher.pools.close()

    def _elsewhere(self, counted: Mapping[int, int | None], bar: Progress) -> Iterator[Entry]:
        from tess_source.download import executor as elsewhere

        assert self._executor is not None
        items = {index: self.items[index] for index in counted}
        for index, entry in elsewhere.entries(self._executor, items, self.root, self._transports, self.settings):
            self.entries[index] = entry
            size = counted[index]
            share = bar.share(size or 0)
            if entry.status == FETCHED:
                share.expect(entry.bytes)
                share.at(entry.bytes)
            if entry.status != "here" or size is not None:
                share.done(ok=entry.status == FETCHED)
            yield entry


class _Work:
    """Numbers of what is left to do: first once each, then again and again what another process is at."""

    def __init__(self, todo: Mapping[int, object], pause: float, stop: threading.Event) -> None:
        self._todo = iter(list(todo))
        self._later: list[tuple[float, int]] = []
        self._pause, self._stop = pause, stop
        self._lock = threading.Lock()

    def later(self, index: int) -> None:
        """Put one back."""
        with self._lock:
            heapq.heappush(self._later, (time.monotonic() + self._pause, index))

    def next(self) -> int | None:
        """Give the next; None if there is nothing left, or all is to stop."""
        with self._lock:
            index = next(self._todo, None)
            due = 0.0
            if index is None and self._later:
                due, index = heapq.heappop(self._later)
        if self._stop.wait(max(0.0, due - time.monotonic())) if due else self._stop.is_set():
            return None
        return index


def _in_order(work: _Work, do: Callable[[int], Entry | None]) -> Iterator[Entry]:
    """Work in the calling thread, so that recorded tests and debuggers can follow."""
    while (index := work.next()) is not None:
        if (entry := do(index)) is not None:
            yield entry


def _in_threads(
    work: _Work, do: Callable[[int], Entry | None], count: int, halt: Callable[[], None]
) -> Iterator[Entry]:
    """Work in threads; what one of them raises, e.g. Ctrl-C in a progress callback, ends all."""
    done: queue.SimpleQueue[Entry | BaseException | None] = queue.SimpleQueue()

    def worker() -> None:
        try:
            while (index := work.next()) is not None:
                if (entry := do(index)) is not None:
                    done.put(entry)
            done.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised where the result is waited for
            done.put(error)

    with ThreadPoolExecutor(max(1, count), thread_name_prefix="tess-source") as pool:
        try:
            for _ in range(count):
                pool.submit(worker)
            left = count
            while left:
                try:
                    found = done.get(
                        timeout=LISTEN
                    )  # in short pieces, or else Ctrl-C is not heard: `tess_source.threads`
                except queue.Empty:
                    continue
                if isinstance(found, BaseException):
                    raise found
                if found is None:
                    left -= 1
                else:
                    yield found
        finally:  # also when nobody wants the rest
            halt()


def _counted(root: Path, item: Item) -> int | None:
    """Give the bytes that are to be fetched, as far as can be told without reading; None if the file seems to be here."""
    try:
        found = (root / item.path).stat().st_size
    except (OSError, ValueError):
        return item.size or 0
    return None if item.size in {None, found} else item.size
