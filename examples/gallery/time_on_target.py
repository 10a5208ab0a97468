"""A method: ``found.time_on_target()``, a table of how long each star was watched, by pipeline and exposure time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tess_source import Accessor, Found, hookimpl

DAYS = 27.4
"""Length of a sector, two orbits [d]."""


def time_on_target(found: Found) -> pl.DataFrame:
    """Return sectors with light curves and days on target, one row per star, pipeline and exposure time [s]."""
    curves = found.products.to_polars().filter(pl.col("kind").is_in(["lc", "fast-lc"]))
    sectors = pl.col("first_sector").n_unique().alias("sectors")
    keys = ["tic", "pipeline", "exptime"]
    return curves.group_by(keys).agg(sectors).with_columns(days=pl.col("sectors") * DAYS).sort(keys)


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare the method."""
    return (Accessor("time_on_target", time_on_target, "how long each star was watched"),)
