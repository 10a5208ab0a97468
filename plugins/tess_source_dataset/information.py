"""What a data set holds, as far as the files beside its shards tell it: no shard is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tess_source.display import text
from tess_source.display.visible import visible_line
from tess_source.errors import DamagedFileError, LockError
from tess_source.names.sectors import text_of_sectors
from tess_source.tables.plan import Plan
from tess_source.tables.reasons import Reasons
from tess_source_arrays.split import SIDES
from tess_source_dataset.division import divided, side_of_shard
from tess_source_dataset.knowing import LeftOut
from tess_source_dataset.planning import LOCK, PLAN, NoDataSetError, saved
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_dataset.storage import Storage
from tess_source_dataset.sums import read_sums

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["MISSING", "DataSetInfo", "counts_of", "information", "left_out_of", "read_missing"]

MISSING = "missing.json"
"""File that names the files without a row, and the reason of each: a mapping from URI to text."""


@dataclass(frozen=True)
class DataSetInfo:
    """What a data set holds, and how it was made."""

    place: str
    complete: bool
    """Whether all shards were made, and the files beside them were written."""
    shards: int
    """Number of Parquet files that are there."""
    planned_shards: int
    files: int
    """Number of light curves in the plan."""
    rows: int
    """Number of light curves in the shards; 0 before the data set is complete."""
    stars: int
    """Number of stars of the plan."""
    sectors: str
    """Sectors of the plan, e.g. ``"1-13"``."""
    bytes: int
    """Size of the Parquet files together."""
    splits: Mapping[str, int]
    """Side of the split → number of light curves in the shards; of the plan before the data set is complete."""
    missing: Mapping[str, str] = field(repr=False)
    """URI → reason, of files without a row."""
    left_out: Mapping[str, LeftOut]
    """Pipeline → its light curves that are not in the plan, because they lack columns."""
    recipe: DataSetRecipe
    """Columns, split and other options."""
    asked: Mapping[str, Any]
    """The question."""
    record: Mapping[str, Any] = field(repr=False)
    """How the files were found: the archive, the time of its answer, filters, versions."""

    def __repr__(self) -> str:
        return visible_line(f"DataSetInfo({self.summary()})")

    def summary(self) -> str:
        """Return one line about the data set."""
        stars, size = text.number(self.stars, "star"), text.size(self.bytes)
        if not self.complete:
            made = f"{self.shards:,} of {text.number(self.planned_shards, 'shard')} made"
            return f"{text.number(self.files, 'light curve')} of {stars} to come, {made}, {size} -> {self.place}"
        sides = ", ".join(f"{count:,} {side}" for side, count in self.splits.items())
        lost = f", {len(self.missing):,} missing" if self.missing else ""
        rows = f"{text.number(self.rows, 'light curve')} ({sides}) of {stars}{lost}"
        return f"{rows}; {text.number(self.shards, 'shard')}, {size} -> {self.place}"

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in plain values, for JSON."""
        own = ("place", "complete", "shards", "planned_shards", "files", "rows", "stars", "sectors", "bytes")
        return {
            **{name: getattr(self, name) for name in own},
            "splits": dict(self.splits),
            "missing": dict(self.missing),
            "left_out": {pipeline: files.record() for pipeline, files in self.left_out.items()},
            "options": self.recipe.record(),
            "question": dict(self.asked),
            "archives": self.record.get("archives", []),
            "time": self.record.get("time"),
            "versions": self.record.get("versions", {}),
        }

    def failures(self) -> list[str]:
        """Return why files have no row: a line per reason."""
        return [*Reasons(self.missing).lines("read", self.files)]


def information(storage: Storage, session: Session) -> DataSetInfo:
    """Return what a data set holds.

    Raises
    ------
    NoDataSetError
        If there is none.
    LockError, DamagedFileError
        If one of the files beside the shards is damaged.
    """
    plan = saved(storage, PLAN, session)
    if plan is None:
        raise NoDataSetError(f"{storage} is no data set: it has no {PLAN}")
    recipe, sizes = DataSetRecipe.from_plan(plan), storage.sizes()
    planned = {shard.name: len(shard.items) for shard in divided(plan.items, recipe)}
    there = {name: size for name, size in sizes.items() if name in planned}
    sums = {*read_sums(storage)}
    whole = {LOCK, "README.md"} <= sums <= {*sizes}
    lock = saved(storage, LOCK, session) if whole else None
    frame = plan.items.to_polars()
    sectors = {*frame["first_sector"].drop_nulls(), *frame["last_sector"].drop_nulls()}
    return DataSetInfo(
        place=str(storage),
        complete=lock is not None,
        shards=len(there),
        planned_shards=len(planned),
        files=len(plan),
        rows=0 if lock is None else len(lock),
        stars=frame["tic"].drop_nulls().n_unique(),
        sectors=text_of_sectors(sorted(sectors)),
        bytes=sum(there.values()),
        splits=counts_of(plan if lock is None else lock, recipe),
        missing=read_missing(storage),
        left_out=left_out_of(plan),
        recipe=recipe,
        asked=plan.record["dataset"].get("asked", {}),
        record=plan.record,
    )


def left_out_of(plan: Plan) -> dict[str, LeftOut]:
    """Return which light curves are not in a plan, because they lack columns.

    Raises
    ------
    LockError
        If the plan does not tell it.
    """
    try:
        told = plan.record["dataset"].get("left_out", {})
        return {str(pipeline): LeftOut.from_record(files) for pipeline, files in told.items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise LockError(f"it is not the plan of a data set: {error}") from error


def counts_of(plan: Plan, recipe: DataSetRecipe) -> dict[str, int]:
    """Return the number of light curves on each side of the split; on none if their stars are not known."""
    counts: dict[str, int] = dict.fromkeys(SIDES, 0)
    for shard in divided(plan.items, recipe):
        side = side_of_shard(shard.name)
        counts[side] = counts.get(side, 0) + len(shard.items)
    return counts


def read_missing(storage: Storage) -> dict[str, str]:
    """Return the files without a row, and why.

    Raises
    ------
    DamagedFileError
        If the list of them is damaged.
    """
    data = storage.read(MISSING)
    try:
        told = json.loads(data or b"{}")
        return {str(uri): str(reason) for uri, reason in told.items()}
    except (ValueError, AttributeError) as error:
        raise DamagedFileError(f"{storage}/{MISSING} is no list of files: {error}") from error
