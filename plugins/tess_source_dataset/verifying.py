"""Verification of a data set: every byte of every file is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display import activity, text
from tess_source.display.visible import visible_line
from tess_source.errors import LockError
from tess_source.tables.items import Items
from tess_source.workers import workers_of
from tess_source_dataset.division import DATA, Shard, divided
from tess_source_dataset.information import MISSING, read_missing
from tess_source_dataset.making import ShardJob, alone, checked
from tess_source_dataset.planning import LOCK, PLAN, NoDataSetError, saved
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_dataset.shard_file import ShardState
from tess_source_dataset.storage import BucketStorage, FolderStorage
from tess_source_dataset.sums import SUMS, read_sums

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["DataSetCheck", "verified"]

WHOLE, DAMAGED, ABSENT, EXTRA = "whole", "damaged", "missing", "extra"
BESIDE = (PLAN, LOCK, MISSING, "README.md")


@dataclass(frozen=True)
class DataSetCheck:
    """What was found when all files of a data set were read."""

    place: str
    table: pl.DataFrame
    """A row per file: `file`, `state` (``"whole"``, ``"damaged"``, ``"missing"`` or ``"extra"``), `rows`, `problem`."""

    @property
    def ok(self) -> bool:
        """Whether all files are there and whole, and there are no others among the shards."""
        return self.problems.is_empty()

    @property
    def problems(self) -> pl.DataFrame:
        """The rows of files with which something is wrong."""
        return self.table.filter(pl.col("state") != WHOLE)

    def __repr__(self) -> str:
        return visible_line(f"DataSetCheck({self.summary()})")

    def summary(self) -> str:
        """Return one line."""
        counts = {
            state: self.table.filter(pl.col("state") == state).height for state in (WHOLE, DAMAGED, ABSENT, EXTRA)
        }
        wrong = "".join(f", {count:,} {state}" for state, count in counts.items() if count and state != WHOLE)
        rows = text.number(int(self.table["rows"].sum()), "light curve")
        return f"{text.number(counts[WHOLE], 'file')} whole with {rows}{wrong} in {self.place}"


def verified(session: Session, storage: FolderStorage | BucketStorage, executor: Any = None) -> DataSetCheck:
    """Read all files of a data set.

    Raises
    ------
    NoDataSetError
        If there is none.
    LockError
        If its plan is damaged: then nothing tells what should be there.
    """
    plan = saved(storage, PLAN, session)
    if plan is None:
        raise NoDataSetError(f"{storage} is no data set: it has no {PLAN}")
    recipe = DataSetRecipe.from_plan(plan)
    shards, sums = divided(plan.items, recipe), read_sums(storage)
    states: list[ShardState] = []
    rows = [*_of_files_beside(storage, sums)]
    rows += _of_shards(session, storage, shards, recipe, sums, executor, states)
    known = {*BESIDE, SUMS, *(shard.name for shard in shards)}
    rows += [
        _row(name, EXTRA, problem="the plan has no such file") for name in storage.sizes() if _is_strange(name, known)
    ]
    rows += _of_lock(session, storage, states)
    return DataSetCheck(str(storage), pl.DataFrame(rows, schema=SCHEMA).unique("file", keep="last").sort("file"))


SCHEMA = {"file": pl.String, "state": pl.String, "rows": pl.Int64, "problem": pl.String}


def _row(name: str, state: str, rows: int | None = None, problem: str | None = None) -> dict[str, Any]:
    return {"file": name, "state": state, "rows": rows, "problem": problem}


def _is_strange(name: str, known: set[str]) -> bool:
    """Return whether a file would be taken for a shard, and is none."""
    return name not in known and (name.startswith(f"{DATA}/") or name.endswith(".parquet"))


def _of_files_beside(storage: FolderStorage | BucketStorage, sums: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in BESIDE:
        data = storage.read(name)
        if data is None:
            yield _row(name, ABSENT, problem="the data set is not complete: tess-source dataset build goes on")
        elif name not in sums:
            yield _row(
                name, ABSENT if name != PLAN else WHOLE, problem=None if name == PLAN else f"{SUMS} has no sum of it"
            )
        elif (digest := hashlib.sha256(data).hexdigest()) != sums[name]:
            yield _row(name, DAMAGED, problem=f"its sha256 is {digest}, not {sums[name]}")
        else:
            yield _row(name, WHOLE)


def _of_shards(
    session: Session, storage: FolderStorage | BucketStorage, shards: Sequence[Shard], recipe: DataSetRecipe,
    sums: Mapping[str, str], executor: Any, states: list[ShardState],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Yield a row per shard, and keep what each holds."""
    missing = read_missing(storage)
    jobs = (ShardJob(shard, recipe, storage.root, alone(session), sums.get(shard.name)) for shard in shards)
    activity.step("reading shards")
    with workers_of(executor) as workers:
        for number, result in workers.results(checked, jobs, name="verify"):
            name = shards[number].name
            activity.part(number + 1, len(shards), "shards")
            if isinstance(result, FileNotFoundError):
                lost = [uri for uri in shards[number].items["uri"] if uri in missing]
                why = f"none of its files could be read: {missing[lost[0]]}" if lost else "it was not made, or removed"
                yield _row(name, ABSENT, problem=why)
            elif isinstance(result, Exception):
                yield _row(name, DAMAGED, problem=str(result))
            elif name not in sums:
                yield _row(name, DAMAGED, result.rows, f"{SUMS} has no sum of it")
            else:
                states.append(result)
                yield _row(name, WHOLE, result.rows)


def _of_lock(
    session: Session, storage: FolderStorage | BucketStorage, states: Sequence[ShardState]
) -> Iterator[dict[str, Any]]:
    """Yield a row if the lock differs from those in the shards."""
    try:
        lock = saved(storage, LOCK, session)
    except LockError as error:
        yield _row(LOCK, DAMAGED, problem=str(error))
        return
    frames = [state.lock for state in states if state.lock is not None]
    if lock is not None and frames:
        together = Items(pl.concat(frames)).to_polars()
        ours = lock.items.to_polars().filter(pl.col("uri").is_in(together["uri"].to_list()))
        if not ours.sort("uri").equals(together.sort("uri")):
            yield _row(LOCK, DAMAGED, problem="it differs from the locks in the shards")
