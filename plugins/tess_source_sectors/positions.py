"""Where the stars of a question lie, and which TIC ids they have."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.search.stars import stars_by_id

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.targets.target import Target

__all__ = ["filled", "located", "stars_of"]

log: logging.Logger = logger(__name__)

MOST = 100
"""Most stars whose place is asked of the archive's resolver, which takes a request for each."""
STARS = {"target": "Int64", "tic": "Int64", "ra": "Float64", "dec": "Float64"}


def stars_of(targets: Mapping[int, Target]) -> pl.DataFrame:
    """Return targets as a table: `target` (position in the question), `tic`, `ra`, `dec` [deg]."""
    rows = targets.values()
    columns = {
        "target": list(targets), "tic": [row.tic for row in rows], "ra": [row.ra for row in rows], "dec": [row.dec for row in rows],
    }  # fmt: skip
    return pl.DataFrame(columns, schema={name: getattr(pl, kind) for name, kind in STARS.items()})


def located(session: Session, stars: pl.DataFrame, *known: pl.DataFrame, refresh: bool = False) -> pl.DataFrame:
    """Return stars with their places, as far as they can be had.

    Parameters
    ----------
    session : Session
    stars : polars.DataFrame
        As `stars_of` gives them.
    *known : polars.DataFrame
        Tables with `tic`, `ra`, `dec`, the first one first. The archive's resolver is asked for what they lack, for up to 100 stars.
    refresh : bool
        Ask the resolver even for what the cache folder has.
    """
    for table in known:
        if stars["ra"].null_count() and len(table):
            stars = filled(stars, table)
    missing = stars.filter(pl.col("ra").is_null())["tic"].drop_nulls().unique(maintain_order=True).to_list()
    if missing:
        found = stars_by_id(session.registry, session.settings, missing[:MOST], refresh=refresh)
        rows = [(tic, target.ra, target.dec) for tic, target in found.items()]
        places = pl.DataFrame(rows, schema={"tic": pl.Int64, "ra": pl.Float64, "dec": pl.Float64}, orient="row")
        stars = filled(stars, places)
        if lost := [tic for tic in missing if tic not in found]:
            log.warning("it is not known where %s lie: %s", text.number(len(lost), "star"), text.first(lost))
    return stars


def filled(stars: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return stars with places from a table where they have none."""
    places = table.select("tic", pl.col("ra").alias("_ra"), pl.col("dec").alias("_dec")).drop_nulls()
    joined = stars.join(places.unique("tic", keep="first"), on="tic", how="left", maintain_order="left")
    lacking = pl.col("ra").is_null()
    filled = {name: pl.when(lacking).then(f"_{name}").otherwise(name) for name in ("ra", "dec")}
    return joined.with_columns(**filled).drop("_ra", "_dec")
