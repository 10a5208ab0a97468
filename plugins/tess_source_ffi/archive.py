"""Full-frame images as an archive: one observation per CCD and sector, and its files by listings, never by the portal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.names.sectors import text_of_sectors
from tess_source.settings import Settings
from tess_source.tables.listing import Observations, Products
from tess_source.targets.target import Query
from tess_source.wording import keyword
from tess_source_ffi import listing
from tess_source_ffi.asked import KINDS, USUAL, Asked
from tess_source_ffi.chips import CHIP, chips_of
from tess_source_ffi.rows import ARCHIVE, observation_name, products_of

__all__ = ["defaults", "find", "list_products"]

log: logging.Logger = logger(__name__)

TARGETS = {"SPOC": "TESS FFI", "TICA": "TICA FFI"}
"""Pipeline → what MAST gives as the target of its images."""
MOST_IMAGES = 2_000_000
"""Images that are listed without being told that so many are meant: ten sectors of 200-s images."""
LENGTH = 27.4 * 86400
"""Length of a sector [s]."""


def defaults(query: Query, settings: Settings) -> dict[str, Any] | None:
    """Return the pipelines that are meant, as a criterion, unless the question names some, or other archives are asked too."""
    named = {name.lower() for name in query.criteria} & {"provenance_name", "obs_id"} or "pipeline" in query.filters
    return None if named or query.archives != (ARCHIVE,) else {"provenance_name": list(USUAL)}


def find(query: Query, settings: Settings) -> Observations:
    """Return the observations of images that a question asks for: one per CCD, sector and pipeline. No connection is opened for a sector.

    Parameters
    ----------
    query : Query
    settings : Settings

    Returns
    -------
    Observations
        With MAST's names, and with `camera` and `ccd`. For a target that is given by its TIC id, `tic` is that of the star that lies there.

    Raises
    ------
    UnknownNameError, QueryError, ServiceError
        As by `Asked.of` and `chips_of`.
    """
    asked = Asked.of(query, settings)
    chips = chips_of(query, asked, settings)
    parts = [_observations(chips, pipeline) for pipeline in TARGETS if _is_asked(asked, pipeline)]
    return Observations.stack(parts)


def _is_asked(asked: Asked, pipeline: str) -> bool:
    """Return whether observations of SPOC's images, to which TESScut's cubes belong, or of TICA's are asked for."""
    makers = {pipeline} if pipeline == "TICA" else {*USUAL}
    return any(makers & asked.pipelines & {*KINDS[kind]} for kind in asked.kinds)


def _observations(chips: pl.DataFrame, pipeline: str) -> Observations:
    obs_id = observation_name(pipeline, *map(pl.col, CHIP))
    times = {sector: names.ffi_exptime(sector) for sector in chips["sector"].unique()}
    return Observations.of(
        chips.select(
            archive=pl.lit(ARCHIVE),
            obs_id=obs_id,
            observation=obs_id,
            kind=pl.lit("ffi"),
            tic="tic",
            first_sector="sector",
            last_sector="sector",
            exptime=pl.col("sector").replace_strict(times, return_dtype=pl.Float64),
            pipeline=pl.lit(pipeline),
            target_name=pl.lit(TARGETS[pipeline]),
            dataproduct_type=pl.lit("image"),
            provenance_name=pl.lit(pipeline),
            sequence_number="sector",
            camera="camera",
            ccd="ccd",
        )
    )


def list_products(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """Return the files of those observations that are this archive's.

    Parameters
    ----------
    observations : Observations
    query : Query
        Its filters say which kinds, and when; images of other times may be in the answer, too.
    settings : Settings

    Returns
    -------
    Products or None
        None if no observation is this archive's.

    Raises
    ------
    QueryError
        If they are very many.
    ServiceError
        If neither the bucket's listing nor the archive's script can be had.
    """
    ours = observations.to_polars().filter(pl.col("archive") == ARCHIVE)
    if ours.is_empty():
        return None
    asked = Asked.of(query, settings)
    chips = ours.select("pipeline", sector="last_sector", camera="camera", ccd="ccd").unique()
    if not query.large:
        _check_amount(chips, asked)
    found: list[Products] = []
    without: list[int] = []
    for (pipeline, sector), part in chips.sort("pipeline", *CHIP).group_by("pipeline", "sector", maintain_order=True):
        here = products_of(pl.concat(_held(str(pipeline), part, asked, settings)), asked.kinds)
        wanted = here.to_polars().join(part, left_on=("last_sector", "camera", "ccd"), right_on=CHIP, how="semi")
        if wanted.is_empty() and asked.times is None:
            without.append(int(str(sector)))
        found.append(Products(wanted))
    if without:
        log.warning(
            "the archive has no such files of sector%s %s", "s" if len(without) > 1 else "", text_of_sectors(without)
        )
    return Products.stack(found)


def _held(pipeline: str, part: pl.DataFrame, asked: Asked, settings: Settings) -> list[pl.DataFrame]:
    """Return names and sizes of the files of some CCDs of a sector."""
    sector = int(part["sector"][0])
    chips: list[listing.Chip] = part.select("camera", "ccd").rows()
    return list(_listings(pipeline, sector, chips, asked, settings))


def _listings(
    pipeline: str, sector: int, chips: list[listing.Chip], asked: Asked, settings: Settings
) -> Iterator[pl.DataFrame]:
    images = [kind for kind in listing.ENDINGS if kind in asked.kinds]
    if pipeline == "TICA":
        if "ffi" in images:
            yield listing.tica_images(sector, chips, settings)
    elif images and pipeline in asked.pipelines:
        yield listing.images(sector, chips, images, asked.times, settings)
    maker = "TICA" if pipeline == "TICA" else "TESScut"
    if "cube" in asked.kinds and maker in asked.pipelines:
        yield listing.cubes(sector, maker, settings)


def _check_amount(chips: pl.DataFrame, asked: Asked) -> None:
    """Raise an error if there are very many images to list."""
    kinds = len(asked.kinds & {"ffi", "ffir"})

    def images_of_ccd(sector: int) -> float:
        exptime = names.ffi_exptime(sector)
        return min(LENGTH, asked.times.length(exptime) if asked.times else LENGTH) / exptime

    count = kinds * sum(number * images_of_ccd(sector) for sector, number in chips.group_by("sector").len().rows())
    if count > MOST_IMAGES:
        raise QueryError(
            f"this would list some {round(count, -5):,.0f} images of {text.number(len(chips), 'CCD')}: ask for fewer, by ",
            keyword("sector"), ", ", keyword("camera"), ", ", keyword("ccd"), " or ", keyword("time"), "; or go on with ",
            keyword("large", True, option="--yes"),
        )  # fmt: skip
