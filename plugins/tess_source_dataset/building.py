"""Building of a data set: shard by shard, by workers, and at last the files beside the shards."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.clock import now
from tess_source.display import activity, text
from tess_source.display.visible import logger
from tess_source.errors import DamagedFileError, DownloadError
from tess_source.tables.items import Items
from tess_source.tables.plan import Plan
from tess_source.tables.reasons import Reasons
from tess_source.tables.typical_sizes import known_and_typical_bytes
from tess_source.workers import workers_of
from tess_source_dataset.card import card
from tess_source_dataset.connection_shares import ConnectionShares
from tess_source_dataset.division import Shard, divided
from tess_source_dataset.information import MISSING, DataSetInfo, information
from tess_source_dataset.making import ShardJob, alone, made
from tess_source_dataset.planning import LOCK, PLAN, DataSetQuestion, begun
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_dataset.shard_file import ShardState
from tess_source_dataset.storage import Storage
from tess_source_dataset.sums import read_sums, write_sums

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["Build", "shards_in_words", "table_of_shards"]

log: logging.Logger = logger(__name__)

SAVE_EVERY = 10.0
"""Seconds after which the sums of new shards are saved: a build that goes on reads those again whose sums it does not know."""
MOST_BROKEN = 5
"""Shards that cannot be written, one after the other, after which a build ends: the disk is full, or the store is gone."""


@dataclass
class Build:
    """One run of a build."""

    session: Session
    storage: Storage
    executor: Any = None
    """As for `tess_source.workers.workers_of`."""
    jobs: int | None = None
    temporary: Path | None = None
    files: Path | None = None

    def run(self, question: DataSetQuestion, recipe: DataSetRecipe | None) -> DataSetInfo:
        """Make the shards that are not there, and then the files beside them.

        Raises
        ------
        LoadError
            If no file could be read.
        DownloadError
            If a shard could not be written. The others are kept.
        """
        self.storage.check()
        plan = begun(self.storage, question, recipe)
        recipe = DataSetRecipe.from_plan(plan)
        shards = divided(plan.items, recipe)
        sums = self._known_sums()
        states = self._states(shards, recipe, sums)
        self._finish(plan, recipe, [states[shard.name] for shard in shards])
        return information(self.storage, self.session)

    def _known_sums(self) -> dict[str, str]:
        try:
            return read_sums(self.storage)
        except DamagedFileError as error:
            log.warning("%s: all shards are read again", error)
            return {}

    def _states(self, shards: Sequence[Shard], recipe: DataSetRecipe, sums: Mapping[str, str]) -> dict[str, ShardState]:
        """Make all shards, and return what each holds, by name."""
        states: dict[str, ShardState] = {}
        broken: dict[str, Exception] = {}
        saved_at, in_a_row = now(), 0
        known = {shard.name: sums[shard.name] for shard in shards if shard.name in sums}
        activity.step("making shards")
        with workers_of(self.executor) as workers:
            jobs = (self._job(shard, recipe, known.get(shard.name)) for shard in shards)
            queue = ConnectionShares(jobs, self.jobs or self.session.settings.jobs, workers, self.session.settings)
            for number, result in workers.results(made, queue, name="shard"):
                if (job := queue.done(number, result)) is None:
                    continue
                name = job.shard.name
                if isinstance(result, Exception):
                    broken[name] = result
                    in_a_row += 1
                    if in_a_row == MOST_BROKEN:
                        break
                    continue
                states[name], in_a_row = result, 0
                activity.part(len(states), len(shards), "shards")
                if now() - saved_at > SAVE_EVERY:
                    self._save_sums(known, states)
                    saved_at = now()
        for line in {column: line for state in states.values() for column, line in state.unfit.items()}.values():
            log.warning("%s", line)
        if broken:
            self._save_sums(known, states)
            reasons = Reasons(broken).error("")
            raise DownloadError(
                f"{text.number(len(shards) - len(states), 'shard')} of {len(shards):,} could not be made{reasons}; the same command goes on"
            ) from next(iter(broken.values()))
        return states

    def _job(self, shard: Shard, recipe: DataSetRecipe, sha256: str | None) -> ShardJob:
        return ShardJob(shard, recipe, self.storage.root, alone(self.session), sha256, None, self.temporary, self.files)

    def _save_sums(self, known: Mapping[str, str], states: Mapping[str, ShardState]) -> None:
        made_now = {name: state.sha256 for name, state in states.items() if state.sha256}
        write_sums(self.storage, {**known, **made_now})

    def _finish(self, plan: Plan, recipe: DataSetRecipe, states: Sequence[ShardState]) -> None:
        """Write the files beside the shards. The sums come last: a data set that has all of them is complete."""
        missing = {uri: reason for state in states for uri, reason in state.missing.items()}
        locks = [state.lock for state in states if state.lock is not None]
        reasons = (json.dumps(dict(sorted(missing.items())), indent=1) + "\n").encode()
        if not locks:
            self.storage.write(MISSING, reasons)
            raise Reasons(missing).error("nothing could be read")
        lock = replace(plan, items=Items(pl.concat(locks).sort("path", "uri")))
        plan_text = self.storage.read(PLAN)
        beside = {
            LOCK: lock.to_text().encode(),
            MISSING: reasons,
            "README.md": card(self.storage.root.name, lock, recipe, missing, self.session).encode(),
        }
        for name, data in beside.items():
            self.storage.write(name, data)
        own = {name: hashlib.sha256(data).hexdigest() for name, data in {**beside, PLAN: plan_text or b""}.items()}
        write_sums(self.storage, {**own, **{state.name: state.sha256 for state in states if state.sha256}})


def table_of_shards(shards: Sequence[Shard]) -> pl.DataFrame:
    """Return a row per shard: its name, and the files, stars and bytes of which it will be made."""
    rows = [
        {"shard": shard.name, "files": len(shard.items), "stars": shard.stars, "bytes": _bytes_of(shard)}
        for shard in shards
    ]
    return pl.DataFrame(rows, schema={"shard": pl.String, "files": pl.Int64, "stars": pl.Int64, "bytes": pl.Int64})


def shards_in_words(table: pl.DataFrame, width: int) -> str:
    """Return what a build would fetch, and how much space it needs, in words.

    Parameters
    ----------
    table : polars.DataFrame
        As `table_of_shards` returns it.
    width : int
        Number of workers.
    """
    files, size = text.number(int(table["files"].sum()), "file"), text.size(int(table["bytes"].sum()))
    disk = text.size(int(table["bytes"].top_k(width).sum()))
    return f"{text.number(table.height, 'shard')} of {files}, {size} to fetch; {disk} of disk for {text.number(width, 'shard')} at a time"


def _bytes_of(shard: Shard) -> int:
    """Return the size of the FITS files [byte], as far as it is known or typical."""
    return sum(known_and_typical_bytes(shard.items.to_polars()))
