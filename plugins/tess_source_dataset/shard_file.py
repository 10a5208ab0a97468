"""One shard as it lies on this disk: what it tells about itself, and whether all its bytes are right."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import DamagedFileError, LockError
from tess_source.tables.saved import read_saved
from tess_source_arrays.arrow import pyarrow
from tess_source_arrays.shard import FORMAT, RowOptions
from tess_source_arrays.split import split
from tess_source_dataset.division import UNKNOWN, Shard, side_of_shard
from tess_source_dataset.recipe import DataSetRecipe

__all__ = ["ShardState", "check_pages", "sha256_of", "state_of"]


@dataclass(frozen=True)
class ShardState:
    """A shard of a data set, and what it holds."""

    name: str
    sha256: str = ""
    """Sum of the Parquet file; empty if there is none, because no file could be read."""
    bytes: int = 0
    rows: int = 0
    missing: Mapping[str, str] = field(default_factory=dict)
    """URI → reason, of files without a row."""
    unfit: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Column → a line about its first value that the column cannot hold, if the shard was made just now."""
    lock: pl.DataFrame | None = field(default=None, repr=False, compare=False)
    """The lock of its files; None if there are none."""


def state_of(path: Path, shard: Shard, recipe: DataSetRecipe) -> ShardState:
    """Return what a shard tells about itself. Its rows are not read, but its sum is computed.

    Parameters
    ----------
    path : Path
        The Parquet file.
    shard : Shard
        The shard that it is meant to be.
    recipe : DataSetRecipe

    Raises
    ------
    DamagedFileError
        If it is not this shard, or its metadata cannot be read.
    """
    try:
        digest = sha256_of(path)
        footer = pyarrow().parquet.read_metadata(path)
        told = _told(footer.metadata)
        missing = {str(uri): str(reason) for uri, reason in json.loads(told["missing"]).items()}
        lock, record = _saved_text(told["lock"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LockError) as error:
        raise DamagedFileError(f"it is no shard of a data set: {error}".replace(f"{path}", shard.name)) from error
    if told["format"] != FORMAT or record.get("dataset") != recipe.record():
        raise DamagedFileError("it was made with other options or by another version")
    if {*lock["uri"], *missing} != {*shard.items["uri"]}:
        raise DamagedFileError("it is of other files than the plan says")
    if footer.num_rows != lock.height:
        raise DamagedFileError(f"it has {footer.num_rows:,} rows, not the {lock.height:,} of its lock")
    return ShardState(shard.name, digest, path.stat().st_size, footer.num_rows, missing, lock=lock)


def sha256_of(path: Path) -> str:
    """Return the sum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(metadata: Mapping[bytes, bytes]) -> dict[str, str]:
    prefix = b"tess_source."
    return {
        key.removeprefix(prefix).decode(): value.decode() for key, value in metadata.items() if key.startswith(prefix)
    }


def _saved_text(text: str) -> tuple[pl.DataFrame, Mapping[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="tess-source-") as folder:
        path = Path(folder) / "lock.ecsv"
        path.write_text(text, encoding="utf-8")
        items, record = read_saved(path)
    return items.to_polars(), record


def check_pages(path: Path, state: ShardState, recipe: DataSetRecipe) -> None:
    """Check all rows of a shard: the checksum of each page, and that its stars belong to its side of the split.

    Raises
    ------
    DamagedFileError
        If something is wrong.
    """
    assert state.lock is not None
    pa, side, uris, options = pyarrow(), side_of_shard(state.name), [], recipe.options()
    try:
        with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                uris += table.column("uri").to_pylist()
                tics, splits = table.column("tic").to_pylist(), table.column("split").to_pylist()
                _check_sides(side, tics, splits, options)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise DamagedFileError(f"it cannot be read: {error}".replace(str(path), state.name)) from error
    if sorted(uris) != sorted(state.lock["uri"]):
        raise DamagedFileError("its rows are of other files than its lock")


def _check_sides(side: str, tics: list[int | None], splits: list[str | None], options: RowOptions) -> None:
    for tic, said in zip(tics, splits, strict=True):
        right = None if tic is None else split(tic, options.fractions, options.seed)
        if said != right or side not in {UNKNOWN, right}:
            raise DamagedFileError(f"TIC {tic} belongs to {right!r}, but its row says {said!r} and lies in {side!r}")
