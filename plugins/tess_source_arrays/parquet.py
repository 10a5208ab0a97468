"""Light curves as a Parquet data set, which includes the lock of its files."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from tess_source._lazy import np, pl
from tess_source._version import __version__
from tess_source.disk import replacing, temporary_beside, tidy, write_whole
from tess_source.display import text
from tess_source.display.visible import logger, visible_line
from tess_source.errors import LoadError, QueryError, TessSourceError
from tess_source.paths import user_path
from tess_source.tables.items import Entry, Items
from tess_source.tables.plan import Manifest, Plan
from tess_source.units import is_whole
from tess_source_arrays.arena import Arena
from tess_source_arrays.arrays import ArrayOptions, Arrays, about, each
from tess_source_arrays.arrow import TableBuilder, asked_of, pipelines_of, pyarrow, told
from tess_source_arrays.readme import card
from tess_source_arrays.schema import ABOUT, SPLIT
from tess_source_arrays.split import FRACTIONS, METHOD, SIDES, split

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import DTypeLike

__all__ = ["DataSetExistsError", "Written", "to_parquet"]

log: logging.Logger = logger(__name__)

FORMAT = "tess-source light curves 1"
"""Format in the metadata of the files; the number grows when an older reader could misunderstand them."""


class DataSetExistsError(TessSourceError, FileExistsError):
    """The path of a data set is in use."""


@dataclass(frozen=True, slots=True)
class Written:
    """The result of writing a data set."""

    path: Path
    """The file, or the folder."""
    files: tuple[Path, ...]
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


@dataclass
class _Job:
    """Arguments and counts of a data set, shared by all shards."""

    manifest: Manifest
    asked: ArrayOptions
    fractions: tuple[float, ...]
    seed: int
    options: Mapping[str, Any]
    dtypes: dict[str, np.dtype[Any]] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)
    sides: Counter[str] = field(default_factory=Counter)
    stars: set[int] = field(default_factory=set)
    locks: list[Plan] = field(default_factory=list)

    def side(self, arrays: Arrays) -> str | None:
        """Return the side of the split of a row."""
        return None if arrays.tic is None else split(arrays.tic, self.fractions, self.seed)

    def count(self, table: pa.Table) -> None:
        """Add a table that was written to the counts."""
        self.sides.update(side or "" for side in table.column("split").to_pylist())
        self.stars.update(tic for tic in table.column("tic").to_pylist() if tic is not None)


def to_parquet(
    manifest: Manifest,
    path: str | Path,
    *,
    shards: int | None = None,
    columns: Sequence[str] | None = None,
    quality_bitmask: int | str | None = None,
    dtypes: Mapping[str, DTypeLike] | None = None,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    verify: bool = True,
) -> Written:
    """Write the files of a manifest as a Parquet data set, one row per light curve, with only a few files in memory at a time.

    Rows are sorted by split, star, sector and exposure time, independent of the order of the manifest: the same light curves, arguments and
    versions of tess-source and pyarrow give the same bytes.

    Parameters
    ----------
    manifest : Manifest
        The downloaded files.
    path : str or Path
        One file, which is replaced as a whole or not at all. With `shards`, a folder, which must not exist or be empty; it appears when
        everything is written.
    shards : int, optional
        Number of Parquet files, with about equal numbers of rows. The folder also has the lock, ``lock.ecsv``, and a ``README.md``.
    columns : sequence of str, optional
        As for `to_arrow`.
    quality_bitmask, dtypes
        As for `iter_arrays`. Every cadence is kept if quality_bitmask is None.
    fractions, seed
        As for `split`, which divides stars among training, validation and test.
    verify : bool
        Whether to check the sums in the files (CHECKSUM), and the manifest's sha256 if known.

    Returns
    -------
    Written
        Files, numbers, and the files that could not be read. These are logged too, one warning per reason, and listed in the metadata of
        the Parquet files (``tess_source.missing``) and in the README.

    Raises
    ------
    DataSetExistsError
        If the folder exists and is not empty, or a file would replace a folder.
    LoadError
        If no file could be read. Nothing is written then.
    MissingExtraError
        If pyarrow is not installed.
    QueryError
        If an argument makes no sense.
    OSError
        If the data set cannot be written.

    Examples
    --------
    >>> written = manifest.to_parquet("curves.parquet", columns=["time", "pdcsap_flux"])
    >>> written.rows
    2
    """
    pyarrow()
    if shards is not None and not is_whole(shards, 1):
        raise QueryError(f"shards={shards!r}: give a whole number of at least 1, or None for one file")
    asked = asked_of(manifest, columns, quality_bitmask, dtypes, verify, digest=True)
    split(0, fractions, seed)
    path = _checked_path(path, shards)
    options = {
        "columns": [*asked.columns],
        "quality_bitmask": asked.quality_bitmask,
        "dtypes": {name: str(dtype) for name, dtype in asked.dtypes.items()},
        "split": {"fractions": [*map(float, fractions)], "seed": int(seed), "method": METHOD},
    }
    job = _Job(manifest, asked, tuple(fractions), seed, options)
    return _write_file(job, path) if shards is None else _write_folder(job, path, int(shards))


def _checked_path(path: Any, shards: int | None) -> Path:
    """Return the path of a data set, after a check that it can be written there, before anything is read."""
    if not isinstance(path, str | os.PathLike):
        raise QueryError(f"path={path!r}: give the path of {'a file' if shards is None else 'a folder'}")
    place = user_path(path)
    if shards is None and place.is_dir():
        raise DataSetExistsError(f"{str(path)!r} is a folder: name a file, or give shards=")
    if shards is not None and place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise DataSetExistsError(f"{str(path)!r} exists and is not an empty folder: remove it, or choose another")
    if above := next((folder for folder in place.parents if folder.exists() and not folder.is_dir()), None):
        raise DataSetExistsError(f"{str(path)!r} cannot be written: {str(above)!r} is a file, not a folder")
    return place


def _write_file(job: _Job, path: Path) -> Written:
    tidy(path.parent)
    with replacing(path) as file:
        told(job.failed, len(job.manifest), job.asked, any_read=_write_rows(job, file, _sorted_entries(job)))
    return _written_of(job, path, (path,))


def _write_folder(job: _Job, path: Path, shards: int) -> Written:
    path.parent.mkdir(parents=True, exist_ok=True)
    tidy(path.parent)
    part = temporary_beside(path)
    part.mkdir()
    try:
        entries = _sorted_entries(job)
        cuts = [len(entries) * number // shards for number in range(shards + 1)]
        parts = [entries[start:stop] for start, stop in pairwise(cuts)]
        written = [name for number, chunk in enumerate(parts) if _write_shard(job, name := part / f"{number}", chunk)]
        told(job.failed, len(job.manifest), job.asked, any_read=bool(written))
        names = [f"part-{number:05}-of-{len(written):05}.parquet" for number in range(len(written))]
        for old, new in zip(written, names, strict=True):
            old.rename(part / new)
        lock = _whole_lock(job)
        lock.save(part / "lock.ecsv")
        counts = {side: job.sides[side] for side in SIDES}
        write_whole(
            part / "README.md",
            card(path.name, lock, counts, len(job.stars), job.options, _reasons_by_uri(job.failed)).encode(),
        )
        if path.exists():
            path.rmdir()
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _written_of(job, path, tuple(path / name for name in names))


def _written_of(job: _Job, path: Path, files: tuple[Path, ...]) -> Written:
    counts = {side: job.sides[side] for side in SIDES}
    size = sum(file.stat().st_size for file in files)
    return Written(path, files, sum(job.sides.values()), counts, size, dict(job.failed))


def _reasons_by_uri(failed: Mapping[str, Exception]) -> dict[str, str]:
    return {uri: str(error) for uri, error in failed.items()}


# -- one Parquet file --


def _write_shard(job: _Job, path: Path, entries: Sequence[Entry]) -> bool:
    """Write the rows of some files to a file, and return whether there are any."""
    with replacing(path) as file:
        any_read = _write_rows(job, file, entries)
    if not any_read:
        path.unlink()
    return any_read


def _write_rows(job: _Job, file: IO[bytes], entries: Sequence[Entry]) -> bool:
    """Write the rows of some files, and return whether there are any. Each side of the split begins a new row group."""
    seen: dict[str, Entry] = {}
    lost: dict[str, Exception] = {}

    def failed(arrays: Arrays) -> None:
        lost[arrays.entry.item.uri] = arrays.error or LoadError("unknown")

    def noted() -> Iterator[Arrays]:
        for arrays in each(entries, job.asked, Arena()):
            seen[arrays.entry.item.uri] = replace(arrays.entry, sha256=arrays.sha256)
            yield arrays

    about_star = (*ABOUT, replace(SPLIT, of=job.side))
    rows = TableBuilder(job.asked, about_star, failed, pipelines_of(job.manifest), job.dtypes)
    with ExitStack() as stack:
        writer = None
        for _, group in groupby(noted(), job.side):
            for table in rows.tables(group):
                writer = writer or stack.enter_context(_Writer(file, rows))
                writer.add(table)
                job.count(table)
        job.failed.update(lost)
        if writer is None:
            return False
        lock = _lock_of(job.manifest, [entry for uri, entry in seen.items() if uri not in lost])
        writer.tell(
            {"lock": lock.to_text(), "missing": json.dumps(_reasons_by_uri(lost)), "options": json.dumps(job.options)}
        )
        job.locks.append(lock)
    return True


class _Writer:
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


def _sorted_entries(job: _Job) -> list[Entry]:
    """Return the entries in an order that does not depend on that of the manifest."""

    def place(entry: Entry) -> tuple[Any, ...]:
        item, said = entry.item, about(entry)
        side = SIDES.index(job.side(said) or "") if said.tic is not None else len(SIDES)
        return side, said.tic or 0, said.sector or 0, item.exptime or 0.0, item.filename, item.uri

    return sorted(job.manifest, key=place)


def _lock_of(manifest: Manifest, entries: Sequence[Entry]) -> Plan:
    """Return the lock of some of the files."""
    by_uri = {entry.item.uri: entry for entry in entries}
    frame = manifest.plan.items.to_polars().filter(pl.col("uri").is_in(list(by_uri)))
    plan = replace(manifest.plan, items=Items(frame))
    return Manifest(plan, tuple(by_uri[uri] for uri in frame["uri"])).lock()


def _whole_lock(job: _Job) -> Plan:
    """Return the lock of the whole data set."""
    frame = pl.concat([lock.items.to_polars() for lock in job.locks]).sort("path", "uri")
    return replace(job.manifest.plan, items=Items(frame))
