"""One Parquet file of light curves: its rows, and in its metadata the lock of their files, the options, and what is missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any, Self

from tess_source._lazy import np, pl
from tess_source._version import __version__
from tess_source.errors import LoadError
from tess_source.tables.items import Entry, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source_arrays.arena import Arena
from tess_source_arrays.arrays import ArrayOptions, Arrays, about, each
from tess_source_arrays.arrow import TableBuilder, pyarrow
from tess_source_arrays.schema import ABOUT, SPLIT
from tess_source_arrays.split import METHOD, SIDES, split

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMAT", "RowOptions", "WrittenShard", "reasons_by_uri", "sorted_entries", "write_shard"]

FORMAT = "tess-source light curves 1"
"""Format in the metadata of the files; the number grows when an older reader could misunderstand them."""


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
    locks: list[Plan] = field(default_factory=list)
    """The lock of the files of each Parquet file that has rows."""
    types: dict[str, np.dtype[Any]] = field(default_factory=dict)
    """Column → type."""

    @property
    def rows(self) -> int:
        """Number of light curves."""
        return sum(self.splits.values())

    def add(self, other: WrittenShard) -> None:
        """Add the counts, failures and locks of another one."""
        self.splits.update(other.splits)
        self.stars |= other.stars
        self.failed.update(other.failed)
        self.locks += other.locks

    def _count(self, table: pa.Table) -> None:
        self.splits.update(side or "" for side in table.column("split").to_pylist())
        self.stars.update(tic for tic in table.column("tic").to_pylist() if tic is not None)


def write_shard(file: IO[bytes], entries: Sequence[Entry], plan: Plan, options: RowOptions) -> WrittenShard:
    """Write the light curves of some files as one Parquet file. Each side of the split begins a new row group.

    Parameters
    ----------
    file : binary file
        Open for writing. Nothing is written to it if there are no rows.
    entries : sequence of Entry
        The files, in the order of the rows: see `sorted_entries`.
    plan : Plan
        The plan of these files, or one that has more: its record, and its rows about them, become the lock.
    options : RowOptions

    Returns
    -------
    WrittenShard
        Numbers, files that could not be read, and the lock. The lock is also in the metadata of the Parquet file (``tess_source.lock``),
        with what is missing (``tess_source.missing``, JSON, URI → reason) and the options (``tess_source.options``, JSON).
    """
    seen: dict[str, Entry] = {}
    shard = WrittenShard(types=dict(options.types))

    def failed(arrays: Arrays) -> None:
        shard.failed[arrays.entry.item.uri] = arrays.error or LoadError("unknown")

    def noted() -> Iterator[Arrays]:
        for arrays in each(entries, options.asked, Arena()):
            seen[arrays.entry.item.uri] = replace(arrays.entry, sha256=arrays.sha256)
            yield arrays

    columns = (*ABOUT, replace(SPLIT, of=options.side))
    rows = TableBuilder(options.asked, columns, failed, options.pipelines, shard.types)
    with ExitStack() as stack:
        writer = None
        for _, group in groupby(noted(), options.side):
            for table in rows.tables(group):
                writer = writer or stack.enter_context(_ParquetFile(file, rows))
                writer.add(table)
                shard._count(table)
        if writer is None:
            return shard
        lock = _lock_of(plan, [entry for uri, entry in seen.items() if uri not in shard.failed])
        missing = json.dumps(reasons_by_uri(shard.failed))
        writer.tell({"lock": lock.to_text(), "missing": missing, "options": json.dumps(options.record())})
        shard.locks.append(lock)
    return shard


class _ParquetFile:
    """Writer of one Parquet file, which is complete once the context is left without an error."""

    def __init__(self, file: IO[bytes], rows: TableBuilder) -> None:
        schema = rows.schema({"tess_source.format": FORMAT, "tess_source.version": __version__})
        numbers = [name for name, dtype in rows.dtypes.items() if dtype.kind != "b"]
        self._writer = pyarrow().parquet.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=False, write_page_checksum=True,
            column_encoding={f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in numbers},
            write_statistics=[one.name for one in rows.about],
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


def _lock_of(plan: Plan, entries: Sequence[Entry]) -> Plan:
    """Return the lock of some of the files of a plan."""
    by_uri = {entry.item.uri: entry for entry in entries}
    frame = plan.items.to_polars().filter(pl.col("uri").is_in(list(by_uri)))
    return Manifest(replace(plan, items=Items(frame)), tuple(by_uri[uri] for uri in frame["uri"])).lock()
