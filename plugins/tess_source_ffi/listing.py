"""Which files of CCDs there are: by the bucket's listing, with sizes, or else by the archive's bulk scripts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.download.lists import Lists
from tess_source.errors import QueryError, ServiceError
from tess_source.settings import ARCHIVE, ONLY, Settings, preference
from tess_source.wording import keyword
from tess_source_cloud.listing import list_folders, list_objects
from tess_source_ffi.scripts import of_bundles, of_script
from tess_source_ffi.times import Times

__all__ = ["Chip", "cubes", "images", "tica_images"]

log: logging.Logger = logger(__name__)

Chip = tuple[int, int]
"""Camera and CCD."""
IMAGES = "tess/public/ffi"
CUBES = {"TESScut": ("tess/public/mast/", "tess"), "TICA": ("tess/public/mast/tica/", "tica")}
"""Pipeline → folder of its cubes in the bucket, and how their names begin."""
TICA = "mast/hlsp/tica"
ENDINGS = {"ffi": "_ffic.fits", "ffir": "_ffir.fits", "cbv": "s_cbv.fits", "fast-cbv": "_fast-cbv.fits"}
SERVICE = "listing of full-frame images"
ALL_CHIPS = 16
LONGEST = timedelta(seconds=1800)
"""Longest exposure: an image may be exposed on the day after the one that its name tells."""
NAMED = {"name": pl.String, "size": pl.Int64}


def images(sector: int, chips: Sequence[Chip], kinds: Iterable[str], times: Times | None, settings: Settings) -> pl.DataFrame:  # fmt: skip
    """Return images, raw images and basis vectors of some CCDs of a sector.

    Parameters
    ----------
    sector : int
    chips : sequence of (int, int)
        Cameras and CCDs.
    kinds : iterable of str
        Of `ENDINGS`.
    times : Times, optional
        Only days with these times need to be listed; other images may be in the answer, too.
    settings : Settings

    Returns
    -------
    polars.DataFrame
        `name` and `size` [bytes], null if only a script tells the name. Files of other CCDs may be in it.

    Raises
    ------
    ServiceError
        If neither the bucket's listing nor a script can be had.
    """
    held, error = _listed(partial(_images_listed, sector, chips, {*kinds}, times, settings), settings)
    listed = {kind: None if held is None else _ending_with(held, ENDINGS[kind]) for kind in kinds}
    parts = [part for part in listed.values() if part is not None]
    lacking = [kind for kind, part in listed.items() if part is None or (part.is_empty() and times is None)]
    if lacking:
        with Lists(settings) as lists:
            parts += [_from_scripts(partial(of_script, lists, sector, kind), error) for kind in lacking]
    return pl.concat(parts)


def tica_images(sector: int, chips: Sequence[Chip], settings: Settings) -> pl.DataFrame:
    """Return TICA's images of some CCDs of a sector; the parameters, the answer and the errors are those of `images`."""
    prefixes = [f"{TICA}/s{sector:04d}/cam{camera}-ccd{ccd}/" for camera, ccd in chips]
    held, error = _listed(lambda: list_objects(prefixes, settings), settings)
    if held is not None and len(found := _ending_with(held, "_img.fits")):
        return found
    with Lists(settings) as lists:
        return pl.concat([_from_scripts(partial(of_bundles, lists, sector, *chip), error) for chip in chips])


def cubes(sector: int, pipeline: str, settings: Settings) -> pl.DataFrame:
    """Return the cubes of a sector, which only the bucket has: `name` and `size` [bytes].

    Raises
    ------
    ServiceError
        If the bucket cannot be listed.
    QueryError
        If only the archive may be asked.
    """
    if _is_left_out(settings):
        raise QueryError(
            "cubes are in the public cloud copy alone, which ", keyword("prefer", ARCHIVE + ONLY), " leaves out"
        )
    folder, beginning = CUBES[pipeline]
    return _ending_with(list_objects(f"{folder}{beginning}-s{sector:04d}-", settings), "-cube.fits")


def _listed(
    ask: Callable[[], pl.DataFrame | None], settings: Settings
) -> tuple[pl.DataFrame | None, ServiceError | None]:
    """Return a listing, or why there is none, if it could not be had. The bucket is not asked if only the archive may be."""
    if _is_left_out(settings):
        return None, None
    try:
        return ask(), None
    except ServiceError as error:
        log.info("the archive's scripts are asked, since the bucket cannot be listed: %s", error)
        return None, error


def _is_left_out(settings: Settings) -> bool:
    return bool(preference(settings.prefer) == ARCHIVE + ONLY)


def _from_scripts(read: Callable[[], pl.Series | None], error: ServiceError | None) -> pl.DataFrame:
    """Return names of scripts as a listing. If there is no script, and the bucket could not be listed, nothing is known."""
    try:
        found = read()
    except ServiceError as failed:
        if error is None:
            raise
        raise ServiceError(
            SERVICE, f"neither the archive's scripts nor the bucket answer: {failed}; {error}"
        ) from failed
    if found is None and error is not None:
        raise ServiceError(SERVICE, f"the archive has no script of them, and {error}") from error
    return pl.DataFrame({"name": [] if found is None else found, "size": None}, schema=NAMED)


def _ending_with(held: pl.DataFrame, ending: str) -> pl.DataFrame:
    """Return the names and sizes of objects whose names end so."""
    rows = held.filter(pl.col("key").str.ends_with(ending))
    return rows.select(name=pl.col("key").str.extract("([^/]+)$"), size="size")


def _images_listed(
    sector: int, chips: Sequence[Chip], kinds: Iterable[str], times: Times | None, settings: Settings
) -> pl.DataFrame | None:
    """Return what the bucket has in the folders of a sector's days: of each CCD, or of all together. None if it has no such folders."""
    days = [day for year in list_folders(f"{IMAGES}/s{sector:04d}/", settings) for day in list_folders(year, settings)]
    if not days:
        return None
    wanted = {day for day in days if times is None or _may_hold(day, times)} if {*kinds} & {"ffi", "ffir"} else set()
    if {*kinds} & {"cbv", "fast-cbv"}:  # their time stamp is the start of the sector
        wanted |= {*days[:2]}
    each = [""] if len(chips) == ALL_CHIPS else [f"{camera}-{ccd}/" for camera, ccd in chips]
    return list_objects([f"{day}{chip}" for day in sorted(wanted) for chip in each], settings)


def _may_hold(folder: str, times: Times) -> bool:
    """Return whether images in the folder of a day, ``…/2022/245/``, may have been exposed at some times."""
    try:
        day = datetime.strptime("/".join(folder.split("/")[-3:-1]), "%Y/%j").replace(tzinfo=UTC)
    except ValueError:
        return True
    return times.meets(day.timestamp(), (day + timedelta(days=1) + LONGEST).timestamp())
