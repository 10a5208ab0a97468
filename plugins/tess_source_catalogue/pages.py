"""Finds the rows of observations in volumes: in the view where it is of the present lists, else in the lists."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from math import cos, radians, sin

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.tables.among import among
from tess_source_catalogue.compose import Pages, composed
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.stored import SCALE, unscaled
from tess_source_catalogue.view import bundles_of, rows_path
from tess_source_catalogue.volumes import Volume

__all__ = ["Place", "in_cone", "pages_of"]

log: logging.Logger = logger(__name__)

Place = tuple[float, float, float]
"""Right ascension, declination and radius, all in degrees."""


def pages_of(
    folder: CatalogueFolder,
    present: Iterable[Volume],
    tics: pl.Series | None,
    sectors: Collection[int] | None,
    pipelines: Collection[str] | None,
    place: Place | None,
) -> Pages:
    """Return the rows of observations that are asked for, and all bundles of their volumes, numbered anew.

    Parameters
    ----------
    folder : CatalogueFolder
    present : iterable of Volume
        Where to look.
    tics : polars.Series of int, optional
    sectors : collection of int, optional
        Last sectors.
    pipelines : collection of str, optional
        In capital letters.
    place : tuple of float, optional

    Raises
    ------
    FileNotFoundError
        If an update has just replaced what is read.
    """
    rows: list[pl.DataFrame] = []
    bundles: list[pl.DataFrame] = []
    count = 0
    for volume in present:
        made = _of_view(folder, volume, tics, sectors, pipelines, place)
        if made is None:
            whole = composed(volume, tics)
            made = Pages(_kept(whole.rows.lazy(), whole.bundles, None, sectors, pipelines, place), whole.bundles)
        if made.rows.height:
            rows.append(made.rows.with_columns(pl.col("bundle") + count))
            bundles.append(made.bundles.with_columns(pl.col("bundle") + count))
            count += int(made.bundles["bundle"][-1]) + 1
    if not rows:
        return Pages(pl.DataFrame(), pl.DataFrame())
    return Pages(pl.concat(rows, how="diagonal"), pl.concat(bundles))


def in_cone(place: Place, scale: float = 1.0, ra: str = "ra", dec: str = "dec") -> pl.Expr:
    """Return whether positions, in degrees divided by `scale`, lie in a cone: by the length of the chord between two directions."""
    here_ra, here_dec, radius = (radians(value) for value in place)
    there_ra, there_dec = (pl.col(name) * (radians(1) / scale) for name in (ra, dec))
    half_angle = ((there_dec - here_dec) / 2).sin().pow(2) + cos(here_dec) * there_dec.cos() * (
        (there_ra - here_ra) / 2
    ).sin().pow(2)
    reach = sin(min(radius, radians(180)) / 2) ** 2
    band = pl.col(dec).is_between((place[1] - place[2]) * scale, (place[1] + place[2]) * scale)
    return band & (half_angle <= reach)


def _of_view(
    folder: CatalogueFolder,
    volume: Volume,
    tics: pl.Series | None,
    sectors: Collection[int] | None,
    pipelines: Collection[str] | None,
    place: Place | None,
) -> Pages | None:
    """Return what the view has of a volume; None if it does not have it, or not whole. The lists say the same."""
    path = rows_path(folder, volume)
    if not path.exists():
        return None
    try:
        bundles = bundles_of(path)
        return Pages(_kept(pl.scan_parquet(path), bundles, tics, sectors, pipelines, place), bundles)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        log.info("the view is not whole, the lists are read: %s: %s", path, error)
        return None


def _kept(
    rows: pl.LazyFrame,
    bundles: pl.DataFrame,
    tics: pl.Series | None,
    sectors: Collection[int] | None,
    pipelines: Collection[str] | None,
    place: Place | None,
) -> pl.DataFrame:
    """Return the rows that are asked for."""
    if tics is not None:
        rows = rows.filter(_of_stars(tics))
    told = bundles
    if sectors is not None:
        told = told.filter(pl.col("last_sector").is_in(list(sectors)))
    if pipelines is not None:
        told = told.filter(pl.col("pipeline").str.to_uppercase().is_in(list(pipelines)))
    if told.height < bundles.height:
        rows = rows.filter(pl.col("bundle").is_in(among(told["bundle"].unique())))
    if place is not None:
        schema = rows.collect_schema()
        near = in_cone(place, SCALE if schema["ra"] == pl.Int32 else 1.0)
        if "s_ra" in schema:
            exact = in_cone(place, 1.0, "s_ra", "s_dec")
            near = pl.when(pl.col("s_ra").is_not_null()).then(exact).otherwise(near)
        rows = rows.filter(near)
    return unscaled(rows.collect())


def _of_stars(tics: pl.Series) -> pl.Expr:
    """Return the mask of rows of stars. The limits let groups of rows be skipped by what is known of each."""
    if not len(tics):
        return pl.lit(value=False)
    if len(tics) == 1:
        return pl.col("tic") == int(tics[0])
    between = pl.col("tic").is_between(int(tics[0]), int(tics[-1]))
    return between & pl.col("tic").is_in(among(tics))
