"""One Parquet file of light curves: its rows, and in its metadata the lock of their files, the options, and what is missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, Self

from tess_source._lazy import np, pl
from tess_source._version import __version__
from tess_source.tables.items import Entry, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source_arrays.ahead import THREADS, results_ahead
from tess_source_arrays.arena import Arena
from tess_source_arrays.arrays import ArrayOptions, Arrays, about, each
from tess_source_arrays.arrow import TableBuilder, known_types, pyarrow
from tess_source_arrays.schema import ABOUT, SPLIT
from tess_source_arrays.split import METHOD, SIDES, split

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FORMAT",
    "RowOptions",
    "WrittenShard",
    "plan_of",
    "reasons_by_uri",
    "sorted_entries",
    "with_types",
    "write_shard",
]

FORMAT = "tess-source light curves 1"
"""Format in the metadata of the files; the number grows when an older reader could misunderstand them."""
MOST_BYTES = 31_000_000
"""Most bytes of the files of a row group, if it has more than one: about 15 light curves of 120 s or 2 of 20 s."""


@dataclass(frozen=True)
class RowOptions:
    """How the light curves of a data set become rows: the same for all its Parquet files."""

    asked: ArrayOptions
    """What is read from each file; with `digest`, or the lock has no sums."""
    fractions: tuple[float, ...]
    seed: int
    pipelines: frozenset[str | None]
    """Pipelines of all files of the data set, which determine the units."""
    types: Mapping[str, np.dtype[Any]] = field(default_factory=dict)
    """Column → type, for columns whose type the schema does not tell; the first light curve tells those that are not here."""

    def side(self, arrays: Arrays) -> str | None:
        """Return the side of the split of a row; None if it has no TIC id."""
        return None if arrays.tic is None else split(arrays.tic, self.fractions, self.seed)

    def record(self) -> dict[str, Any]:
        """Return the options as they are in the metadata of the files."""
        return {
            "columns": [*self.asked.columns],
            "quality_bitmask": self.asked.quality_bitmask,
            "dtypes": {name: str(dtype) for name, dtype in self.asked.dtypes.items()},
            "split": {"fractions": [*map(float, self.fractions)], "seed": int(self.seed), "method": METHOD},
        }


@dataclass
class WrittenShard:
    """What became of the files of one Parquet file, or of several together."""

    splits: Counter[str] = field(default_factory=Counter)
    """Side of the split → number of light curves; those without a TIC id are under ``""``."""
    stars: set[int] = field(default_factory=set)
    """TIC ids of the stars."""
    failed: dict[str, Exception] = field(default_factory=dict)
    """URI → error, of files without a row."""
    unfit: dict[str, str] = field(default_factory=dict)
    """Column → a line about its first value that is null because the column cannot hold it."""
    bytes: int = 0
    """Size of the Parquet files."""
    locks: list[Plan] = field(default_factory=list)
    """The lock of the files of each Parquet file that has rows."""

    @property
    def rows(self) -> int:
        """Number of light curves."""
        return sum(self.splits.values())

    def add(self, other: WrittenShard) -> None:
        """Add the counts, failures and locks of another one."""
        self.splits.update(other.splits)
        self.stars |= other.stars
        self.failed.update(other.failed)
        self.unfit = {**other.unfit, **self.unfit}
        self.bytes += other.bytes
        self.locks += other.locks


def write_shard(
    file: IO[bytes], entries: Sequence[Entry], plan: Plan, options: RowOptions, *, threads: int = THREADS
) -> WrittenShard:
    """Write the light curves of some files as one Parquet file. Its bytes do not depend on the number of threads.

    Parameters
    ----------
    file : binary file
        Open for writing. Nothing is written to it if there are no rows.
    entries : sequence of Entry
        The files, in the order of the rows: see `sorted_entries`.
    plan : Plan
        The plan of these files, or one that has more: its record, and its rows about them, become the lock.
    options : RowOptions
        The same for all files of a data set: see `with_types`.
    threads : int
        Threads that read and convert the next row groups while one is compressed; each holds about 30 MB. 1: none.

    Returns
    -------
    WrittenShard
        Numbers, files that could not be read, and the lock. The lock is also in the metadata of the Parquet file (``tess_source.lock``),
        with what is missing (``tess_source.missing``, JSON, URI → reason) and the options (``tess_source.options``, JSON).
    """
    options = with_types(options, entries)
    shard = WrittenShard()
    read: list[Entry] = []
    groups = results_ahead(partial(_row_group, options), _groups(entries, options), threads)
    with closing(groups), ExitStack() as stack:
        writer = None
        for group in groups:
            shard.failed.update(group.failed)
            shard.unfit = {**group.unfit, **shard.unfit}
            read += group.read
            if group.table is None:
                continue
            writer = writer or stack.enter_context(_ParquetFile(file, group.table.schema, options))
            writer.add(group.table)
            shard.splits.update(side or "" for side in group.table.column("split").to_pylist())
            shard.stars.update(tic for tic in group.table.column("tic").to_pylist() if tic is not None)
        if writer is not None:
            lock = _lock_of(plan, read)
            missing = json.dumps(reasons_by_uri(shard.failed))
            writer.tell({"lock": lock.to_text(), "missing": missing, "options": json.dumps(options.record())})
            shard.locks.append(lock)
    return shard


@dataclass(frozen=True)
class _RowGroup:
    """The light curves of some files as a table, and what became of the files."""

    table: pa.Table | None
    read: Sequence[Entry]
    """The files of the rows, with their sums."""
    failed: Mapping[str, Exception]
    unfit: Mapping[str, str]


def _row_group(options: RowOptions, entries: Sequence[Entry]) -> _RowGroup:
    sums: dict[str, str | None] = {}

    def noted() -> Iterator[Arrays]:
        for arrays in each(entries, options.asked, Arena()):
            sums[arrays.entry.item.uri] = arrays.sha256
            yield arrays

    rows = TableBuilder(options.asked, (*ABOUT, replace(SPLIT, of=options.side)), options.pipelines, options.types)
    table = rows.table(noted())
    read = [replace(entry, sha256=sums[uri]) for entry in entries if (uri := entry.item.uri) not in rows.failed]
    return _RowGroup(table, read, rows.failed, rows.unfit)


def _groups(entries: Sequence[Entry], options: RowOptions) -> Iterator[list[Entry]]:
    """Yield the files of each row group: those of one side of the split with `MOST_BYTES` together, or one file."""
    for _, of_side in groupby(entries, lambda entry: options.side(about(entry))):
        group: list[Entry] = []
        size = 0
        for entry in of_side:
            bytes_ = _bytes_of(entry)
            if group and size + bytes_ > MOST_BYTES:
                yield group
                group, size = [], 0
            group.append(entry)
            size += bytes_
        yield group


def _bytes_of(entry: Entry) -> int:
    try:
        return entry.path.stat().st_size if entry.path else entry.bytes
    except OSError:  # it is told where it is read
        return 0


def with_types(options: RowOptions, entries: Sequence[Entry]) -> RowOptions:
    """Return options with the types of all columns: the first file that can be read determines those that no schema tells.

    All files of a data set must have the same types, so this is called with the sorted entries of all of them before any is written.
    """
    asked = replace(options.asked, verify=False, digest=False)
    types = {**known_types(asked, options.pipelines), **options.types}
    if types.keys() >= {*asked.columns}:
        return replace(options, types=types)
    for arrays in each(entries, asked):
        if arrays.ok and all(values.ndim == 1 and values.dtype.kind in "fiub" for values in arrays.columns.values()):
            return replace(options, types={name: types.get(name, arrays[name].dtype) for name in asked.columns})
    return options


class _ParquetFile:
    """Writer of one Parquet file, which is complete once the context is left without an error."""

    def __init__(self, file: IO[bytes], schema: pa.Schema, options: RowOptions) -> None:
        schema = schema.with_metadata({"tess_source.format": FORMAT, "tess_source.version": __version__})
        numbers = [name for name, dtype in options.types.items() if dtype.kind != "b"]
        self._writer = pyarrow().parquet.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=False, write_page_checksum=True,
            column_encoding={f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in numbers},
            write_statistics=[one.name for one in (*ABOUT, SPLIT)],
        )  # fmt: skip

    def add(self, table: pa.Table) -> None:
        """Write a row group."""
        self._writer.write_table(table, row_group_size=len(table))

    def tell(self, metadata: Mapping[str, str]) -> None:
        """Add to the metadata."""
        self._writer.add_key_value_metadata({f"tess_source.{key}": value for key, value in metadata.items()})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()


def sorted_entries(entries: Manifest | Sequence[Entry], options: RowOptions) -> list[Entry]:
    """Return entries in the order of the rows of a data set: by split, star, sector and exposure time, whatever their order was."""

    def place(entry: Entry) -> tuple[Any, ...]:
        item, said = entry.item, about(entry)
        side = SIDES.index(options.side(said) or "") if said.tic is not None else len(SIDES)
        return side, said.tic or 0, said.sector or 0, item.exptime or 0.0, item.filename, item.uri

    return sorted(entries, key=place)


def reasons_by_uri(failed: Mapping[str, Exception]) -> dict[str, str]:
    """Return the errors of files as texts."""
    return {uri: str(error) for uri, error in failed.items()}


def plan_of(plan: Plan, entries: Sequence[Entry]) -> Plan:
    """Return the plan of some of the files of a plan, without its session: it is sent to other processes."""
    uris = [entry.item.uri for entry in entries]
    return replace(plan, items=Items(plan.items.to_polars().filter(pl.col("uri").is_in(uris))), session=None)


def _lock_of(plan: Plan, entries: Sequence[Entry]) -> Plan:
    """Return the lock of some of the files of a plan."""
    by_uri = {entry.item.uri: entry for entry in entries}
    plan = plan_of(plan, entries)
    return Manifest(plan, tuple(by_uri[uri] for uri in plan.items["uri"])).lock()
