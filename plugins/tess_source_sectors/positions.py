"""Where the stars of a question lie, and which TIC ids they have."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.settings import is_offline
from tess_source_stars.remembered import Remembered
from tess_source_stars.tic import Tic

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.targets.target import Target

__all__ = ["filled", "located", "remembered", "stars_of"]

log: logging.Logger = logger(__name__)

STARS = {"target": "Int64", "tic": "Int64", "ra": "Float64", "dec": "Float64"}


def stars_of(targets: Mapping[int, Target]) -> pl.DataFrame:
    """Return targets as a table: `target` (position in the question), `tic`, `ra`, `dec` [deg]."""
    rows = targets.values()
    columns = {
        "target": list(targets), "tic": [row.tic for row in rows], "ra": [row.ra for row in rows], "dec": [row.dec for row in rows],
    }  # fmt: skip
    return pl.DataFrame(columns, schema={name: getattr(pl, kind) for name, kind in STARS.items()})


def located(settings: Settings, stars: pl.DataFrame, *known: pl.DataFrame, quiet: bool = False) -> pl.DataFrame:
    """Return stars with their places, as far as they can be had.

    Parameters
    ----------
    settings : Settings
    stars : polars.DataFrame
        As `stars_of` gives them.
    *known : polars.DataFrame
        Tables with `tic`, `ra`, `dec`, the first one first. The TESS Input Catalog is asked for what they lack.
    quiet : bool
        Whether the user has been told of stars that are not in the TESS Input Catalog.

    Raises
    ------
    ServiceError
        If the archive fails.
    """
    for table in known:
        if stars["ra"].null_count() and len(table):
            stars = filled(stars, table)
    missing = stars.filter(pl.col("ra").is_null())["tic"].drop_nulls().unique(maintain_order=True).to_list()
    if not missing:
        return stars
    if is_offline(settings.offline):
        stars = filled(stars, remembered(settings))
        if lost := stars.filter(pl.col("ra").is_null())["tic"].drop_nulls().unique().to_list():
            who = f"{text.number(len(lost), 'star')} {'lies' if len(lost) == 1 else 'lie'}"
            log.warning("offline, it is not known where %s: %s", who, text.first(sorted(lost)))
        return stars
    return filled(stars, Tic(settings).stars(missing, quiet=quiet))


def remembered(settings: Settings) -> pl.DataFrame:
    """Return the stars of the TESS Input Catalog that the cache folder has, with `tic`, `ra`, `dec` [deg]. No connection is opened."""
    return Remembered(settings).stars


def filled(stars: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return stars with places from a table where they have none."""
    places = table.select("tic", pl.col("ra").alias("_ra"), pl.col("dec").alias("_dec")).drop_nulls()
    joined = stars.join(places.unique("tic", keep="first"), on="tic", how="left", maintain_order="left")
    lacking = pl.col("ra").is_null()
    filled = {name: pl.when(lacking).then(f"_{name}").otherwise(name) for name in ("ra", "dec")}
    return joined.with_columns(**filled).drop("_ra", "_dec")
