"""Division of the files of a data set into shards: whole stars of one side of the split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.tables.items import Items
from tess_source_arrays.split import SIDES, split
from tess_source_dataset.recipe import DataSetRecipe

__all__ = ["DATA", "UNKNOWN", "Shard", "divided", "side_of_shard"]

DATA = "data"
"""Folder of the shards."""
UNKNOWN = "unknown"
"""In place of a side of the split, for files whose star neither their name nor the archive tells."""


@dataclass(frozen=True)
class Shard:
    """One Parquet file of a data set: the files whose light curves it holds."""

    name: str
    """Its path in the data set, e.g. ``data/train-00000-of-00010.parquet``."""
    items: Items
    """The files, in the order of the rows."""

    @property
    def stars(self) -> int:
        """Number of stars; files of unknown stars count as one."""
        return self.items["tic"].n_unique()


def divided(items: Items, recipe: DataSetRecipe) -> list[Shard]:
    """Divide files into shards. The result depends only on the files and the recipe, not on the order of the files.

    Parameters
    ----------
    items : Items
        The files of the data set.
    recipe : DataSetRecipe
        A shard has at most as many files as it says, or those of one star.
    """
    frame = _sorted(items.to_polars(), recipe)
    shards = []
    for side in (*SIDES, UNKNOWN):
        part = frame.filter(pl.col("side") == side).drop("side")
        bounds = [*_bounds(part, recipe.shard_size)]
        for number, (start, stop) in enumerate(bounds):
            name = f"{DATA}/{side}-{number:05}-of-{len(bounds):05}.parquet"
            shards.append(Shard(name, Items(part[start:stop])))
    return shards


def side_of_shard(name: str) -> str:
    """Return the side of the split of a shard."""
    return name.removeprefix(f"{DATA}/").partition("-")[0]


def _sorted(frame: pl.DataFrame, recipe: DataSetRecipe) -> pl.DataFrame:
    """Return files with a column `side`, in the order of the rows of a data set: see `tess_source_arrays.shard.sorted_entries`."""
    stars = frame["tic"].drop_nulls().unique().sort()
    sides = pl.Series(split(stars.to_numpy(), recipe.fractions, recipe.seed), dtype=pl.String)
    table = pl.DataFrame({"tic": stars, "side": sides}, schema={"tic": pl.Int64, "side": pl.String})
    joined = frame.join(table, on="tic", how="left").with_columns(pl.col("side").fill_null(UNKNOWN))
    return joined.sort("tic", "first_sector", "exptime", "filename", "uri", nulls_last=False)


def _bounds(frame: pl.DataFrame, most: int) -> Iterator[tuple[int, int]]:
    """Yield where each shard begins and ends, so that no star is in two shards."""
    star = pl.col("tic").cast(pl.String).fill_null(pl.col("uri"))
    counts = frame.group_by(star.alias("star"), maintain_order=True).len()["len"]
    start = stop = 0
    for count in counts:
        if stop > start and stop + count - start > most:
            yield start, stop
            start = stop
        stop += count
    if stop > start:
        yield start, stop
