"""How the light curves of a data set become rows and shards. It is fixed when a build begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tess_source._lazy import np
from tess_source.errors import LockError, QueryError
from tess_source.tables.plan import Plan
from tess_source.units import is_whole
from tess_source.wording import keyword
from tess_source_arrays.arrays import ArrayOptions
from tess_source_arrays.arrow import TAKEN
from tess_source_arrays.shard import RowOptions
from tess_source_arrays.split import FRACTIONS, split

__all__ = ["COLUMNS", "SHARD_SIZE", "DataSetRecipe"]

COLUMNS = ("time", "pdcsap_flux", "quality")
"""Columns that are read if none are named."""
SHARD_SIZE = 1000
"""Light curves in a shard, about, if not given: 2 GB of FITS files at 120 s, which become 90 MB with three columns."""


@dataclass(frozen=True)
class DataSetRecipe:
    """How the light curves of a data set become rows and shards."""

    columns: tuple[str, ...]
    quality_bitmask: int | str | None
    dtypes: Mapping[str, str]
    """Column → type to convert it to."""
    fractions: tuple[float, ...]
    seed: int
    shard_size: int
    """Most light curves in a shard; a single star may have more."""
    pipelines: tuple[str, ...] = ()
    """Pipelines of the files, which determine the units. Empty texts are files whose names do not tell."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Column → type in the files, where the schema does not tell it: all shards have the same."""

    @classmethod
    def of(
        cls,
        columns: Sequence[str] = COLUMNS,
        quality_bitmask: int | str | None = None,
        dtypes: Mapping[str, Any] | None = None,
        fractions: Sequence[float] = FRACTIONS,
        seed: int = 0,
        shard_size: int = SHARD_SIZE,
    ) -> DataSetRecipe:
        """Return a recipe after a check.

        Raises
        ------
        QueryError
            If an argument makes no sense; the message says what would be right.
        """
        asked = ArrayOptions.of(columns, quality_bitmask, dtypes)
        if clash := sorted(TAKEN & {*asked.columns}):
            raise QueryError(f"columns={columns!r}: every data set has {', '.join(clash)} already, one value per row")
        split(0, fractions, seed)
        if not is_whole(shard_size, 1):
            raise QueryError(keyword("shard_size", shard_size), ": give a whole number of at least 1")
        types = {name: str(dtype) for name, dtype in asked.dtypes.items()}
        shares = tuple(map(float, fractions))
        return cls(asked.columns, asked.quality_bitmask, types, shares, int(seed), int(shard_size))

    def options(self) -> RowOptions:
        """Return the options of the writer of Parquet files."""
        asked = ArrayOptions.of(self.columns, self.quality_bitmask, self.dtypes, verify=True, digest=True)
        types = {name: np.dtype(dtype) for name, dtype in self.types.items()}
        pipelines = frozenset(name or None for name in self.pipelines)
        return RowOptions(asked, self.fractions, self.seed, pipelines, types)

    # -- what the plan keeps of it --

    def record(self) -> dict[str, Any]:
        """Return the recipe in plain values, as it is saved with the plan."""
        return {
            "columns": [*self.columns],
            "quality_bitmask": self.quality_bitmask,
            "dtypes": {**self.dtypes},
            "fractions": [*self.fractions],
            "seed": self.seed,
            "shard_size": self.shard_size,
            "pipelines": [*self.pipelines],
            "types": {**self.types},
        }

    @classmethod
    def from_plan(cls, plan: Plan) -> DataSetRecipe:
        """Return the recipe that is saved with a plan.

        Raises
        ------
        LockError
            If there is none, or it makes no sense.
        """
        try:
            told = dict(plan.record["dataset"])
            own = [told[name] for name in ("columns", "quality_bitmask", "dtypes", "fractions", "seed", "shard_size")]
            types = {str(name): np.dtype(dtype).name for name, dtype in told["types"].items()}
            return replace(cls.of(*own), pipelines=tuple(map(str, told["pipelines"])), types=types)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise LockError(f"it is not the plan of a data set: {error}") from error

    def differences(self, asked: DataSetRecipe) -> list[str]:
        """Return how another recipe, which was asked for, differs from this one: a text per option."""
        names = ("columns", "quality_bitmask", "dtypes", "fractions", "seed", "shard_size")
        pairs = [(name, getattr(self, name), getattr(asked, name)) for name in names]
        return [f"{name} {_shown(ours)}, not {_shown(theirs)}" for name, ours, theirs in pairs if ours != theirs]


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={one}" for name, one in value.items()) or "none"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
