"""What there is of stars at the archive, by sector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.tables.nearest import REACH, separation
from tess_source.tables.rows import Rows, with_schema

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Target

__all__ = ["HELD", "held", "places_in", "stars_at"]

KINDS = {"lc": "lc", "tp": "lc", "target": "lc", "fast-lc": "fast_lc", "fast-tp": "fast_lc", "fast": "fast_lc"}
"""Kind of a product or observation of SPOC's → the column that says that there is one."""
DV = ("dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs", "dv")
"""Kinds of products and observations of data validation."""
HELD = {"tic": "Int64", "sector": "Int32", "lc": "Boolean", "fast_lc": "Boolean", "hlsp": "String", "dv": "Boolean"}
PLACES = {"tic": "Int64", "ra": "Float64", "dec": "Float64"}


def held(*tables: Rows) -> pl.DataFrame:
    """Return what an answer has of each star and sector.

    Parameters
    ----------
    *tables : Rows
        Its observations, and all products of these if they were listed.

    Returns
    -------
    polars.DataFrame
        `tic`, `sector`, `lc` and `fast_lc` (whether SPOC has a 2-min and a 20-s light curve), `hlsp` (other pipelines, with commas),
        `dv`; one row per star and sector of which there is any.
    """
    named = ("tic", "kind", "first_sector", "last_sector", "pipeline")
    rows = pl.concat([table.to_polars().select(named) for table in tables]).unique()
    rows = rows.filter(pl.col("tic").is_not_null() & pl.col("last_sector").is_not_null())
    single = rows.filter(pl.col("first_sector") == pl.col("last_sector")).with_columns(sector="last_sector")
    spoc = pl.col("pipeline") == "SPOC"
    column = pl.col("kind").replace_strict(KINDS, default=None, return_dtype=pl.String)
    other = pl.col("pipeline").filter(~spoc & ~pl.col("kind").is_in(DV)).unique().sort().str.join(", ")
    by_sector = single.group_by("tic", "sector").agg(
        lc=(spoc & (column == "lc")).any(),
        fast_lc=(spoc & (column == "fast_lc")).any(),
        hlsp=other.fill_null(""),
        dv=pl.col("kind").is_in(DV).any(),
    )
    ranges = rows.filter(pl.col("kind").is_in(DV) & (pl.col("first_sector") < pl.col("last_sector")))
    every = pl.int_ranges("first_sector", pl.col("last_sector") + 1, dtype=pl.Int32)
    searched = ranges.select("tic", "pipeline", sector=every).explode("sector").unique()
    used = searched.join(single, on=["tic", "pipeline", "sector"], how="semi").select("tic", "sector").unique()
    marked = by_sector.join(used.with_columns(used=True), on=["tic", "sector"], how="left")
    dv = pl.col("dv") | pl.col("used").fill_null(value=False)
    return with_schema(marked.with_columns(dv=dv), HELD).select(*HELD)


def places_in(observations: Observations) -> pl.DataFrame:
    """Return where the stars of an answer lie: `tic`, `ra`, `dec` [deg], one row per star."""
    frame = observations.to_polars()
    if not {"s_ra", "s_dec"} <= set(frame.columns):
        return with_schema(pl.DataFrame(), PLACES)
    places = frame.select("tic", ra="s_ra", dec="s_dec").drop_nulls()
    return with_schema(places.unique("tic", keep="first", maintain_order=True), PLACES)


def stars_at(places: pl.DataFrame, targets: Mapping[int, Target]) -> dict[int, int]:
    """Return the nearest star with observations at each place that was asked for: position of the target → TIC id."""
    stars = places.select("tic", s_ra="ra", s_dec="dec")
    found: dict[int, int] = {}
    for number, target in targets.items():
        if target.tic is None and target.ra is not None and target.dec is not None:
            away = separation(target.ra, target.dec)
            near = stars.select("tic", away=away).filter(pl.col("away") <= (target.radius or REACH)).sort("away", "tic")
            if len(near):
                found[number] = near["tic"][0]
    return found
