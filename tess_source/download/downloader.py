"""The download of a plan: files that are here, copies, files fetched by a plugin, and files fetched by the core, entry by entry."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from tess_source import paths
from tess_source.cache.memory import Memory
from tess_source.cache.store import Store
from tess_source.cache.verified import Known, VerifiedRecords
from tess_source.clock import now
from tess_source.download import executor as by_workers
from tess_source.download.existing import Existing, copied, look
from tess_source.download.object_fetch import forget_uploaded
from tess_source.download.run import Run
from tess_source.errors import ObjectStoreError, QueryError
from tess_source.files.folder import Folder
from tess_source.hooks.registry import Registry
from tess_source.object_store.path import ObjectPath
from tess_source.settings import ExecutorLike, OnProgress, Settings, checked_jobs
from tess_source.tables.entry_rows import EntryNotes
from tess_source.tables.interrupted import Interrupted
from tess_source.tables.items import COPIED, FAILED, FETCHED, Entry, Item, ItemRows, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source.workers import check_executor

__all__ = ["Download", "download", "passing"]

NOTED = 50_000
"""Entries after which the index of verified files grows by a part: a run that is killed loses no more than these."""
MANY = 5000, 5_000_000_000
"""Files, or bytes, from which on processes are worth their start, which takes each about half a second of a core."""


def download(
    plan: Plan,
    registry: Registry,
    settings: Settings,
    *,
    jobs: int | None = None,
    progress: OnProgress = None,
    executor: ExecutorLike = None,
    on_entry: Callable[[Entry], object] | None = None,
) -> Manifest:
    """Fetch the files of a plan that are not here yet.

    Returns
    -------
    Manifest
        One entry per item, in the plan's order.

    Raises
    ------
    Interrupted
        On Ctrl-C, with the manifest so far.
    """
    started = time.monotonic()
    run = Download(plan, registry, settings, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)
    try:
        with contextlib.closing(run.__iter__()) as entries:
            for _ in entries:
                pass
    except KeyboardInterrupt:
        raise Interrupted(run.manifest(time.monotonic() - started)) from None
    return run.manifest(time.monotonic() - started)


def passing(plan: Plan, registry: Registry, settings: Settings) -> Sequence[Entry]:
    """Fetch the files of a plan to a folder that is removed soon: none is there yet, and none is noted as verified.

    Returns
    -------
    sequence of Entry
        One per item, in the plan's order.
    """
    run = Download(plan, registry, settings)
    for _ in run._fetched_entries(Existing(run._entries, {})):
        pass
    return run.manifest(0.0).entries


class Download:
    """One download; iterate over it once. You may stop early.

    Parameters
    ----------
    plan : Plan
    registry : Registry
    settings : Settings
    jobs : int, optional
        Files fetched at the same time.
    progress : bool or callable, optional
        See `tess_source.settings.Settings`.
    executor : int, str, distributed.Client or Executor, optional
        See `tess_source.workers.workers_of`. These workers fetch the files.
    on_entry : callable, optional
        Called with each entry as soon as it is known, in the calling thread.

    Raises
    ------
    QueryError
        If an argument makes no sense.
    """

    def __init__(
        self,
        plan: Plan,
        registry: Registry,
        settings: Settings,
        *,
        jobs: int | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> None:
        check_executor(executor)
        if not (on_entry is None or callable(on_entry)):
            raise QueryError(f"on_entry={on_entry!r}: give something that can be called with an entry")
        self.plan: Plan = plan
        self._registry = registry
        self._settings = replace(
            settings,
            jobs=settings.jobs if jobs is None else checked_jobs(jobs),
            progress=settings.progress if progress is None else progress,
        )
        self._executor, self._on_entry = executor, on_entry
        self._offline_entry = Memory(settings, registry).offline
        self._entries = EntryNotes(plan.items, plan.root)
        self._run: Run | None = None
        self._rest: list[int] = []

    def manifest(self, seconds: float) -> Manifest:
        """Return the manifest of everything so far."""
        self._note_rest()
        return Manifest(self.plan, self._entries.rows(), seconds)

    def _note_rest(self) -> list[Entry]:
        """Note entries that were not given to the caller, because it stopped; return them."""
        pairs = zip(self._rest, self._run.entries if self._run else (), strict=False)
        rest = {number: entry for number, entry in pairs if entry is not None and number not in self._entries}
        for number, entry in rest.items():
            self._entries[number] = entry
        return list(rest.values())

    def __iter__(self) -> Generator[Entry]:
        for entry in self._all_entries():
            if self._on_entry is not None:
                self._on_entry(entry)
            yield entry

    def _all_entries(self) -> Iterator[Entry]:
        store = Store.of(self._settings)
        index = store.index_of(self.plan.root)
        try:
            found = look(self.plan, store, index)
        except ObjectStoreError as error:  # a bucket that cannot be listed
            yield from self._kept_entries(
                Entry(item, FAILED, error=item.problem or str(error)) for item in self._entries.items
            )
            return
        new: list[Entry] = []

        def note(entry: Entry) -> None:
            new.append(entry)
            if len(new) >= NOTED:
                _add_to_index(new, index)
                new.clear()

        try:
            copied(self.plan, found, store, note)
            self._entries = found.entries
            forget_uploaded(found.entries, self.plan.items, self.plan.root, self._settings)
            yield from found.entries
            for entry in self._fetched_entries(found):
                note(entry)
                yield entry
        finally:
            _add_to_index([*new, *self._note_rest()], index)

    def _fetched_entries(self, found: Existing) -> Iterator[Entry]:
        """Yield the entries of missing files, fetched by a plugin or by the core."""
        self._rest = self._entries.missing()
        if self._offline_entry:
            yield from self._kept_entries(_offline_entry(self._entries.items[number], found) for number in self._rest)
        elif self._rest:
            everything = len(self._rest) == len(self.plan)
            part = self.plan if everything else replace(self.plan, items=Items(self.plan.items.to_polars()[self._rest]))
            transports, settings = self._registry.transports, self._settings
            answer: Manifest | None = self._registry.call(
                "tess_download", plan=part, transports=transports, settings=settings
            )
            if answer is None:
                by, copies = by_workers.entries, self._registry.copies
                self._run = Run(
                    ItemRows(part.items),
                    self.plan.root,
                    transports,
                    settings,
                    self._executor_for(part),
                    by,
                    copies=copies,
                )
            yield from self._kept_entries(self._run if answer is None and self._run is not None else answer or ())

    def _executor_for(self, part: Plan) -> Any:
        """Return who fetches files; None for threads of this process."""
        files, size = MANY
        return self._settings.workers(self._executor, many=len(part) >= files or part.bytes >= size)

    def _kept_entries(self, entries: Any) -> Iterator[Entry]:
        """Yield entries, and keep each at its place in the plan."""
        for entry in entries:
            if (number := self._entries.number_of(entry.item)) is not None:
                self._entries[number] = entry
            yield entry


def _offline_entry(item: Item, found: Existing) -> Entry:
    problem = found.problems.get(item.path)
    return Entry(item, FAILED, error=item.problem or f"offline, and it is not here{f': {problem}' if problem else ''}")


def _add_to_index(entries: Sequence[Entry], index: VerifiedRecords) -> None:
    """Add files that were fetched or copied, and so verified, to the index."""
    if isinstance(index.root, ObjectPath):
        index.add(known for entry in entries if (known := _known_object(entry)))
        return
    folder = Folder(index.root)
    index.add(known for entry in entries if (known := _known_of(entry, folder)))


def _known_object(entry: Entry) -> Known | None:
    if not entry.ok or not entry.sha256 or not entry.object_etag:
        return None
    etags = {"etag": entry.etag or "", "object_etag": entry.object_etag}
    return Known(entry.item.path, entry.bytes, 0, entry.sha256, entry.item.uri, now(), **etags)


def _known_of(entry: Entry, folder: Folder) -> Known | None:
    if entry.status not in {FETCHED, COPIED} or not entry.sha256:
        return None
    try:
        lying = folder.exists("/".join(paths.parts_of(entry.item.path)))
    except ValueError:
        return None
    if lying is None or (lying.size, lying.mtime_ns) != (entry.bytes, entry.mtime_ns):  # somebody changed it meanwhile
        return None
    return Known(entry.item.path, lying.size, lying.mtime_ns, entry.sha256, entry.item.uri, now(), entry.etag or "")
