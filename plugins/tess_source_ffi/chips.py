"""The CCDs of a question: those that saw its targets, or all of its sectors."""

from __future__ import annotations

import logging
from itertools import product

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.names.sectors import SPECIAL, text_of_sectors
from tess_source.settings import Settings
from tess_source.targets.target import DEFAULT_RADIUS, Query
from tess_source_ffi.asked import Asked
from tess_source_sectors.known import known_sectors
from tess_source_sectors.planned import target_lists
from tess_source_sectors.positions import located, stars_of

__all__ = ["chips_of"]

log: logging.Logger = logger(__name__)

CHIP = ("sector", "camera", "ccd")
SCHEMA = {"sector": pl.Int32, "camera": pl.Int32, "ccd": pl.Int32, "tic": pl.Int64}


def chips_of(query: Query, asked: Asked, settings: Settings) -> pl.DataFrame:
    """Return the CCDs whose files are asked for.

    Parameters
    ----------
    query : Query
    asked : Asked
    settings : Settings

    Returns
    -------
    polars.DataFrame
        `sector`, `camera`, `ccd`, and `tic`: of a target that was asked for by its TIC id and that lies on the science pixels of the CCD.
        A CCD has a row for each such target; without one, `tic` is null.

    Raises
    ------
    QueryError
        If it is not known where the CCDs of a sector lie.
    ServiceError
        If the TESS Input Catalog has to be asked where a star lies, and fails.
    """
    if query.targets:
        chips = _seeing(query, asked, settings)
    else:
        rows = product(asked.sectors or (), sorted(asked.cameras), sorted(asked.ccds), [None])
        chips = pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
    chips = chips.filter(pl.col("camera").is_in(asked.cameras), pl.col("ccd").is_in(asked.ccds))
    if asked.chips is None:
        return chips
    named = pl.DataFrame(sorted(asked.chips), schema={name: SCHEMA[name] for name in CHIP}, orient="row")
    return chips.join(named, on=CHIP, how="semi")


def _seeing(query: Query, asked: Asked, settings: Settings) -> pl.DataFrame:
    """Return the CCDs on whose science pixels targets lie, or parts of the circles around them."""
    known = known_sectors(settings)
    chips = known.chips if asked.sectors is None else known.of(asked.sectors)
    if asked.sectors is not None:
        _check_known(asked.sectors, known.has(asked.sectors))
    given = [target.radius or 0.0 for target in query.targets]
    radius = [one / 3600 if one > DEFAULT_RADIUS else 0.0 for one in given]
    stars = stars_of(dict(enumerate(query.targets))).with_columns(radius=pl.Series(radius, dtype=pl.Float64))
    lists = target_lists(settings, stars["tic"].drop_nulls().to_list())
    stars = located(settings, stars, lists.rows).filter(pl.col("ra").is_not_null())
    seen = chips.seeing(*(stars[name].to_numpy() for name in ("ra", "dec", "radius")))
    rows = pl.concat([stars[seen["place"]].select("tic", "radius"), seen], how="horizontal")
    rows = rows.filter(pl.col("margin") >= -60 * pl.col("radius"))
    return rows.select(*SCHEMA).unique(maintain_order=True).sort(*CHIP, "tic")


def _check_known(sectors: tuple[int, ...], known: list[int]) -> None:
    """Check that it is known where the CCDs of sectors lie; of some of them, a warning is enough."""
    unknown = [sector for sector in sectors if sector not in {*known}]
    if not unknown:
        return
    said = f"it is not known where the CCDs of {'sector' if len(unknown) == 1 else 'sectors'} {text_of_sectors(unknown)} lay"
    advice = "`tess-source sectors --refresh` fetches it"
    if len(unknown) == len(sectors):
        ask = "" if max(unknown) < SPECIAL else " if the archive has it"
        raise QueryError(f"{said}: {advice}{ask}; or ask without a target, by sector, camera and CCD")
    log.warning("%s: %s are left out; %s", said, text.number(len(unknown), "sector"), advice)
