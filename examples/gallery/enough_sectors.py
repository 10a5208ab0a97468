"""A filter: only stars that were seen often, e.g. ``enough_sectors=10`` for searches for long periods."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tess_source import Filter, Products, hookimpl


def check(value: object) -> int:
    """Refuse what is no number of sectors."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("give a whole number of at least 1")
    return value


def keep(products: Products, least: int) -> pl.Expr:
    """Count the sectors of which a star has light curves, and keep all products of the star if these are enough."""
    is_curve = pl.col("kind").is_in(["lc", "fast-lc"]) & pl.col("tic").is_not_null()
    return pl.col("first_sector").filter(is_curve).n_unique().over("tic") >= least


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare the filter."""
    return (Filter("enough_sectors", keep, "only stars with light curves of so many sectors", check, int, metavar="N"),)
