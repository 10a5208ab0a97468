"""Why a star has no observations: a line that says where it lay in each sector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source_sectors.answer import rows_of
from tess_source_sectors.holdings import held, places_in
from tess_source_sectors.known import known_sectors
from tess_source_sectors.planned import sectors_told, target_lists
from tess_source_sectors.positions import filled, remembered, stars_of
from tess_source_sectors.words import line

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations
    from tess_source.targets.target import Query

__all__ = ["reasons"]

OF_IMAGES = frozenset({"ffi", "ffir", "cube", "cbv", "fast-cbv", "cutout"})
"""Kinds of which an answer tells nothing about light curves."""
MOST = 100
"""Most stars for which reasons are given: `Found.explain` shows the first ten."""


def reasons(query: Query, observations: Observations, settings: Settings) -> Mapping[str, str] | None:
    """Return why targets have no observations, or nothing of the sectors that were asked for: target → a line. No connection is opened.

    A star whose place is not known is left out: one that was asked for by its TIC id, which neither the target lists of the catalogue nor
    the remembered part of the TESS Input Catalog have.
    """
    there = set(observations["tic"].to_list())
    absent = [target for target in query.targets if target.tic is not None and target.tic not in there]
    if not len(observations):
        absent += [target for target in query.targets if target.tic is None]
    wanted = _wanted(query)
    if not absent and not wanted:
        return None
    asked = dict(enumerate((absent or query.targets)[:MOST]))
    stars = stars_of(asked)
    lists = target_lists(settings, stars["tic"].drop_nulls().to_list())
    stars = filled(filled(filled(stars, places_in(observations)), lists.rows), remembered(settings))
    stars = stars.filter(pl.col("ra").is_not_null())
    if not len(stars):
        return None
    # other files than those that meet the criteria, or than images, were not asked for
    kinds = {*getattr(query.filters.get("kind"), "wanted", ())}
    is_of_images = bool(kinds) and kinds <= OF_IMAGES
    here = held(observations) if (wanted or not query.criteria) and not is_of_images else None
    rows = rows_of(settings, stars, here, lists, wanted, told=sectors_told(settings, query)).to_polars()
    known = f"sectors {known_sectors(settings)}"
    return {str(asked[number]): line(part, known) for (number,), part in rows.group_by("target", maintain_order=True)}


def _wanted(query: Query) -> list[int] | None:
    """Return the sectors that were asked for; None if none were, or not as a list of numbers."""
    value = query.criteria.get("sequence_number")
    given = [value] if isinstance(value, str | int) else list(value or ())
    return [int(one) for one in given] if given and all(str(one).isdecimal() for one in given) else None
