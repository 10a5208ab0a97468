"""Stars and places as a user gives them, without a question to an archive."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.registry import Registry
from tess_source.search.resolved import resolved
from tess_source.settings import Settings
from tess_source.targets.parse import arcseconds, gaps_in_words, numbered_targets
from tess_source.targets.target import ObservationKey, Target

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["stars_asked"]

log: logging.Logger = logger(__name__)


def stars_asked(
    registry: Registry,
    settings: Settings,
    targets: Any,
    *,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
    missing: str = "raise",
) -> dict[int, Target]:
    """Return the stars and places that a user means, with resolved names: position among the rows that were given, from 0 → target.

    Rows without a target count, and stars that are given twice come twice. The arguments are those of `question`.

    Raises
    ------
    QueryError
        If something is not a star or a place, or there is none.
    ResolverError
        If no resolver knows a name.
    """
    cone = None if radius is None else arcseconds(radius)
    rows, gaps = numbered_targets(targets, cone, missing=missing)
    if keys := [row for row in rows.values() if isinstance(row, ObservationKey)]:
        raise QueryError(f"{keys[0].value!r} is an observation, not a star or a place on the sky")
    if not rows:
        raise QueryError("there is no target: give a TIC id, a name, or coordinates")
    if gaps:
        log.warning("passed over: %s", gaps_in_words(gaps, len(gaps) + len(rows)))
    stars = [row for row in rows.values() if not isinstance(row, ObservationKey)]
    return dict(zip(rows, resolved(registry, settings, stars, cone, refresh), strict=True))
