"""Light curves as a Parquet data set, which includes the lock of its files."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.disk import replacing, temporary_beside, tidy, write_whole
from tess_source.display import text
from tess_source.display.visible import logger, visible_line
from tess_source.errors import QueryError, TessSourceError
from tess_source.paths import user_path
from tess_source.tables.items import Items
from tess_source.tables.plan import Manifest, Plan
from tess_source.units import is_whole
from tess_source_arrays.arrow import asked_of, pipelines_of, pyarrow, told
from tess_source_arrays.readme import card
from tess_source_arrays.shard import RowOptions, WrittenShard, reasons_by_uri, sorted_entries, with_types, write_shard
from tess_source_arrays.split import FRACTIONS, SIDES, split

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

__all__ = ["DataSetExistsError", "Written", "to_parquet"]

log: logging.Logger = logger(__name__)


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
    rows = RowOptions(asked, tuple(fractions), seed, frozenset(pipelines_of(manifest)))
    return _write_file(manifest, rows, path) if shards is None else _write_folder(manifest, rows, path, int(shards))


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


def _write_file(manifest: Manifest, options: RowOptions, path: Path) -> Written:
    tidy(path.parent)
    with replacing(path) as file:
        whole = write_shard(file, sorted_entries(manifest, options), manifest.plan, options)
        told(whole.failed, whole.unfit, len(manifest), options.asked, any_read=bool(whole.rows))
    return _written_of(whole, path, (path,))


def _write_folder(manifest: Manifest, options: RowOptions, path: Path, shards: int) -> Written:
    path.parent.mkdir(parents=True, exist_ok=True)
    tidy(path.parent)
    part = temporary_beside(path)
    part.mkdir()
    try:
        entries = sorted_entries(manifest, options)
        options = with_types(options, entries)
        cuts = [len(entries) * number // shards for number in range(shards + 1)]
        whole, written = WrittenShard(), []
        for number, (start, stop) in enumerate(pairwise(cuts)):
            name = part / f"{number}"
            with replacing(name) as file:
                shard = write_shard(file, entries[start:stop], manifest.plan, options)
            if shard.rows:
                written.append(name)
            else:
                name.unlink()
            whole.add(shard)
        told(whole.failed, whole.unfit, len(manifest), options.asked, any_read=bool(whole.rows))
        names = [f"part-{number:05}-of-{len(written):05}.parquet" for number in range(len(written))]
        for old, new in zip(written, names, strict=True):
            old.rename(part / new)
        _describe(part, path.name, whole, options)
        if path.exists():
            path.rmdir()
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _written_of(whole, path, tuple(path / name for name in names))


def _describe(folder: Path, title: str, whole: WrittenShard, options: RowOptions) -> None:
    """Write the lock and the README of a data set."""
    lock = _whole_lock(whole.locks)
    lock.save(folder / "lock.ecsv")
    counts = {side: whole.splits[side] for side in SIDES}
    text = card(title, lock, counts, len(whole.stars), options.record(), reasons_by_uri(whole.failed))
    write_whole(folder / "README.md", text.encode())


def _written_of(whole: WrittenShard, path: Path, files: tuple[Path, ...]) -> Written:
    counts = {side: whole.splits[side] for side in SIDES}
    size = sum(file.stat().st_size for file in files)
    return Written(path, files, whole.rows, counts, size, dict(whole.failed))


def _whole_lock(locks: Sequence[Plan]) -> Plan:
    """Return the lock of the whole data set."""
    frame = pl.concat([lock.items.to_polars() for lock in locks]).sort("path", "uri")
    return replace(locks[0], items=Items(frame))
