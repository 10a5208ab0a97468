"""A column: the cycle of the mission, for which programmes are proposed, e.g. 2 for sectors 14 to 26."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tess_source import Column, Links, Products, hookimpl

LAST_SECTORS = (13, 26, 39, 55, 69, 83, 96)
"""The last sector of each cycle (https://heasarc.gsfc.nasa.gov/docs/tess/sector.html)."""


def cycle(products: Products, links: Links) -> pl.Expr:
    """Count the cycles that were over; a search over several cycles has none."""
    first, last = (
        pl.sum_horizontal((pl.col(name) > end).cast(pl.Int32) for end in LAST_SECTORS) + 1
        for name in ("first_sector", "last_sector")
    )
    return pl.when(pl.col("first_sector").is_not_null() & (first == last)).then(first)


@hookimpl
def tess_columns() -> Sequence[Column]:
    """Declare the column."""
    return (Column("cycle", cycle, "cycle of the mission, from 1"),)
