"""Why a star has no observations: a line that says where it lay in each sector."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import QueryError, TessSourceError
from tess_source.names.sectors import LAST_SECTOR
from tess_source.settings import is_offline
from tess_source_filters.whole import Wholes
from tess_source_sectors.answer import rows_of
from tess_source_sectors.asked import sectors_in
from tess_source_sectors.holdings import KINDS, held, places_in
from tess_source_sectors.known import KnownSectors, known_sectors
from tess_source_sectors.planned import is_catalogue_alone, sectors_told, target_lists
from tess_source_sectors.positions import filled, located, remembered, stars_of
from tess_source_sectors.words import line

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query

__all__ = ["reasons"]

log: logging.Logger = logger(__name__)

OF_IMAGES = frozenset({"ffi", "ffir", "cube", "cbv", "fast-cbv", "cutout"})
"""Kinds of which an answer tells nothing about light curves."""
TIMES = {120.0: "lc", 20.0: "fast_lc"}
"""Exposure time [s] → the column that says whether there is a light curve."""
MOST = 100
"""Most stars for which reasons are given: `Found.explain` shows the first ten."""


def reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Return why targets have no observations, or nothing of the sectors or light curves that were asked for: target → a line.

    The place of a star comes from its observations, the target lists of the catalogue, or the remembered part of the TESS Input Catalog.
    If the archive has nothing at all of any target, the TESS Input Catalog is asked. A star whose place is not known is left out.
    """
    there = set(observations["tic"].to_list())
    absent = [target for target in query.targets if target.tic is not None and target.tic not in there]
    if not len(observations):
        absent += [target for target in query.targets if target.tic is None]
    known = known_sectors(settings)
    wanted, light = _wanted(query, known), _light_asked(query)
    if not absent and not wanted and not light:
        return None
    asked = dict(enumerate((absent or query.targets)[:MOST]))
    stars = stars_of(asked)
    lists = target_lists(settings, stars["tic"].drop_nulls().to_list())
    stars = filled(filled(filled(stars, places_in(observations)), lists.rows), remembered(settings))
    if not len(observations) and not is_catalogue_alone(query) and not is_offline(settings.offline):
        stars = _asked_for(settings, stars)
    stars = stars.filter(pl.col("ra").is_not_null())
    if not len(stars):
        return None
    # other files than those that meet the criteria, or than images, were not asked for
    kinds = {*getattr(query.filters.get("kind"), "wanted", ())}
    is_of_images = bool(kinds) and kinds <= OF_IMAGES
    here = held(observations) if (wanted or light or not query.criteria) and not is_of_images else None
    rows = rows_of(settings, stars, here, lists, wanted, told=sectors_told(settings, query)).to_polars()
    if not absent and not wanted and rows["lc"].any():
        rows = rows.filter("lc")  # there are light curves, but not such ones: no more needs to be said
    of = f"sectors {known}"
    only_fast = light == {"fast_lc"}
    return {
        str(asked[number]): line(part, of, fast=only_fast)
        for (number,), part in rows.group_by("target", maintain_order=True)
    }


def _asked_for(settings: Settings, stars: pl.DataFrame) -> pl.DataFrame:
    """Return stars with the places that the TESS Input Catalog has. If it cannot be asked, they have none."""
    try:
        return located(settings, stars)
    except (TessSourceError, OSError) as error:
        log.info("it is not known where the stars lie: %s", error)
        return stars


def _wanted(query: Query, known: KnownSectors) -> list[int] | None:
    """Return the sectors that were asked for; None if none were, or so many that all are meant."""
    value = query.filters.get("sector", query.criteria.get("sequence_number"))
    if value is None:
        return None
    try:
        wholes = value if isinstance(value, Wholes) else Wholes.of(value if isinstance(value, str | int) else [*value])
    except (QueryError, TypeError):  # not as a list of numbers
        return None
    sectors = [one for one in sectors_in(wholes, known.sectors) if 1 <= one <= LAST_SECTOR]
    return sectors if len(sectors) <= 2 * len(known.sectors) else None


def _light_asked(query: Query) -> set[str]:
    """Return the columns that tell of the light curves that were asked for; none if SPOC's were not, or other files too."""
    filters = query.filters
    kinds, pipelines = ({*getattr(filters.get(name), "wanted", ())} for name in ("kind", "pipeline"))
    if (pipelines and "SPOC" not in pipelines) or not kinds <= KINDS.keys():
        return set()
    exptime = filters.get("exptime")
    times = {*getattr(exptime, "times", ())}
    if exptime is not None and (not times or not times <= TIMES.keys()):
        return set()
    of_kinds, of_times = {KINDS[kind] for kind in kinds}, {TIMES[time] for time in times}
    return of_kinds & of_times if of_kinds and of_times else of_kinds | of_times
