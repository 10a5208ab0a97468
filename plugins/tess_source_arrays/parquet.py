"""Light curves as a Parquet data set, which includes the lock of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.disk import tidy
from tess_source.display import text
from tess_source.display.visible import visible_line
from tess_source.errors import QueryError
from tess_source.load.outcome import as_sendable
from tess_source.object_store.copies import write_place
from tess_source.object_store.path import ObjectPath, Root
from tess_source.session import session_of
from tess_source.tables.items import Entry, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source.units import is_whole
from tess_source.workers import check_executor, workers_of
from tess_source_arrays.ahead import THREADS
from tess_source_arrays.arrow import asked_of, pipelines_of, pyarrow, told
from tess_source_arrays.place import (
    DataSetExistsError,
    checked_place,
    moved,
    new_data_set,
    write_shard_at,
)
from tess_source_arrays.readme import card
from tess_source_arrays.shard import RowOptions, WrittenShard, plan_of, reasons_by_uri, sorted_entries, with_types
from tess_source_arrays.split import FRACTIONS, SIDES, split

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["DataSetExistsError", "Written", "to_parquet"]

MANY = 1000
"""Light curves from which on processes are worth their start."""


@dataclass(frozen=True, slots=True)
class Written:
    """The result of writing a data set."""

    path: Root
    """The file or the folder; an `ObjectPath` in an object store."""
    files: tuple[Root, ...]
    """The Parquet files."""
    rows: int
    """Number of light curves."""
    splits: Mapping[str, int]
    """Number of light curves on each side of the split."""
    bytes: int
    """Size of the Parquet files together."""
    failed: Mapping[str, Exception]
    """URI → error, of files without a row."""

    def __repr__(self) -> str:
        sides = ", ".join(f"{count:,} {side}" for side, count in self.splits.items())
        lost = f", {len(self.failed):,} not read" if self.failed else ""
        count = text.number(self.rows, "light curve")
        return visible_line(f"Written({count} ({sides}){lost}, {text.size(self.bytes)} -> {self.path})")


def to_parquet(
    manifest: Manifest,
    path: str | Path | ObjectPath,
    *,
    shards: int | None = None,
    columns: Sequence[str] | None = None,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    verify: bool = True,
    executor: Any = None,
) -> Written:
    """Write the files of a manifest as a Parquet data set: see `tess_source_arrays.accessors.to_parquet`."""
    pyarrow()
    if shards is not None and not is_whole(shards, 1):
        raise QueryError(f"shards={shards!r}: give a whole number of at least 1, or None for one file")
    check_executor(executor)
    if shards is None and executor is not None:
        raise QueryError(f"executor={executor!r}: its workers write one Parquet file each; give shards=")
    asked = asked_of(manifest, columns, quality_bitmask, dtypes, verify, digest=True)
    split(0, fractions, seed)
    session = manifest.plan.session
    place = checked_place(path, session.settings if session else None, is_folder=shards is not None)
    rows = RowOptions(asked, tuple(fractions), seed, frozenset(pipelines_of(manifest)))
    if shards is None:
        return _write_file(manifest, rows, place)
    settings = session_of(manifest.plan).settings
    return _write_folder(manifest, rows, place, int(shards), settings.workers(executor, many=len(manifest) >= MANY))


def _write_file(manifest: Manifest, options: RowOptions, place: Root) -> Written:
    if isinstance(place, Path):
        tidy(place.parent)
    whole = write_shard_at(place, sorted_entries(manifest, options), manifest.plan, options)
    told(whole.failed, whole.unfit, len(manifest), options.asked, any_read=bool(whole.rows))
    return _written_of(whole, place, (place,))


def _write_folder(manifest: Manifest, options: RowOptions, place: Root, shards: int, executor: Any) -> Written:
    entries = sorted_entries(manifest, options)
    if executor is not None:  # workers may be in another folder
        place = place if isinstance(place, ObjectPath) else place.absolute()
        entries = [replace(entry, path=entry.path and entry.path.absolute()) for entry in entries]
    options = with_types(options, entries)
    shards = min(shards, len(entries)) or 1
    cuts = [len(entries) * number // shards for number in range(shards + 1)]
    threads = THREADS if executor is None else 1
    with new_data_set(place) as folder:
        names = [folder / name for name in _names(shards)]
        jobs = [
            _Job(name, entries[start:stop], plan_of(manifest.plan, entries[start:stop]), options, threads)
            for name, (start, stop) in zip(names, pairwise(cuts), strict=True)
        ]
        done = _all_written(jobs, executor)
        whole = WrittenShard()
        for shard in done:
            whole.add(shard)
        told(whole.failed, whole.unfit, len(manifest), options.asked, any_read=bool(whole.rows))
        written = [name for name, shard in zip(names, done, strict=True) if shard.rows]
        if len(written) < shards:  # not one file of a shard could be read
            for old, new in zip(written, _names(len(written)), strict=True):
                moved(old, folder / new)
        _describe(folder, place.name, whole, _whole_lock(manifest.plan, whole.locks), options)
    return _written_of(whole, place, tuple(place / name for name in _names(len(written))))


@dataclass(frozen=True, slots=True)
class _Job:
    """What a worker needs to write one of the Parquet files."""

    place: Root
    entries: Sequence[Entry]
    plan: Plan
    options: RowOptions
    threads: int


def _all_written(jobs: Sequence[_Job], executor: Any) -> list[WrittenShard]:
    """Let workers write the Parquet files. An error is raised when no worker writes any more, so that what they wrote can be removed."""
    done: dict[int, WrittenShard] = {}
    errors: list[Exception] = []
    with workers_of(executor) as workers:
        wanted = takewhile(lambda _: not errors, jobs)
        for number, result in workers.results(_write_shard, wanted, name="write Parquet"):
            if isinstance(result, Exception):
                errors.append(result)
            else:
                done[number] = result
    if errors:
        raise errors[0]
    return [done[number] for number in range(len(jobs))]


def _write_shard(job: _Job) -> WrittenShard:
    shard = write_shard_at(job.place, job.entries, job.plan, job.options, threads=job.threads)
    shard.failed = {uri: as_sendable(error) for uri, error in shard.failed.items()}
    return shard


def _names(count: int) -> list[str]:
    return [f"part-{number:05}-of-{count:05}.parquet" for number in range(count)]


def _describe(folder: Root, title: str, whole: WrittenShard, lock: Plan, options: RowOptions) -> None:
    """Write the lock and the README of a data set."""
    counts = {side: whole.splits[side] for side in SIDES}
    text = card(title, lock, counts, len(whole.stars), options.record(), reasons_by_uri(whole.failed))
    write_place(folder / "README.md", text.encode())
    write_place(folder / "lock.ecsv", lock.to_text().encode())


def _written_of(whole: WrittenShard, place: Root, files: tuple[Root, ...]) -> Written:
    counts = {side: whole.splits[side] for side in SIDES}
    return Written(place, files, whole.rows, counts, whole.bytes, dict(whole.failed))


def _whole_lock(plan: Plan, locks: Sequence[Plan]) -> Plan:
    """Return the lock of the whole data set."""
    frame = pl.concat([lock.items.to_polars() for lock in locks]).sort("path", "uri")
    return replace(plan, items=Items(frame))
