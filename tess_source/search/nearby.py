"""Where the nearest observed star is, if a cone or a name has none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tess_source._lazy import pl
from tess_source.tables.listing import Observations
from tess_source.tables.nearest import separation
from tess_source.targets.target import Query, Target

__all__ = ["FOOTPRINT", "LOOKED_WITHIN", "nearest_observed", "places_without"]

LOOKED_WITHIN = (60.0, 600.0, 3600.0)
"""Radii within which stars are looked for, one after the other [arcsec]: the first is enough where stars are dense, and
of those that were observed every two minutes there are some ten per square degree."""
MOST_PLACES = 3
"""Places for which this is done, of all that a question has."""
FOOTPRINT = 5.0
"""Radius of an observation of a star [arcsec]: archives find what overlaps a cone."""
WHOLE_SKY = 180 * 3600.0
"""[arcsec]"""


def places_without(query: Query, observations: Observations) -> list[Target]:
    """Return the places and names of a question at which there are no observations, if it is known where the observations are."""
    places = [target for target in query.targets if target.tic is None and target.ra is not None]
    if not len(observations):
        return places
    if not {"s_ra", "s_dec"} <= {*observations.columns}:
        return []
    frame = observations.to_polars()
    return [target for target in places if not _near(frame, target, target.search_radius + FOOTPRINT).height]


def nearest_observed(
    query: Query,
    places: Sequence[Target],
    find: Callable[[Query], Observations],
    may_hold: Callable[[Observations], pl.Series],
) -> dict[str, str]:
    """Return how far the nearest observed star is from each of the first `MOST_PLACES` places: ``str(target)`` → one line.

    Parameters
    ----------
    query : Query
    places : sequence of Target
        With right ascension and declination.
    find : callable
        Asks the archives a query.
    may_hold : callable
        Returns which observations may have what the filters keep.
    """
    return dict(_said(query, places[:MOST_PLACES], find, may_hold))


def _said(
    query: Query,
    places: Sequence[Target],
    find: Callable[[Query], Observations],
    may_hold: Callable[[Observations], pl.Series],
) -> Iterator[tuple[str, str]]:
    for target in places:
        radii = [radius for radius in LOOKED_WITHIN if radius > target.search_radius] or [
            min(2 * target.search_radius, WHOLE_SKY)
        ]
        for radius in radii:
            found = find(replace(query, targets=(replace(target, tic=None, radius=radius),), filters={}))
            if not {"s_ra", "s_dec"} <= {*found.columns}:
                continue
            if _near(found.to_polars(), target, radius).height:
                yield str(target), _nearest(found, may_hold(found), target, radius)
                break
        else:
            yield str(target), f"no star within {_angle(radii[-1])} has observations"


def _nearest(found: Observations, meant: pl.Series, target: Target, radius: float) -> str:
    """Return which star is the nearest, of those with observations that are meant, if there are some."""
    left = _near(found.where(meant).to_polars(), target, radius)
    tic, away = (left if left.height else _near(found.to_polars(), target, radius)).row(0)
    such, but = "" if meant.all() else "such ", ""
    if not left.height:
        such, but = "", f", but the filters drop all observations within {_angle(radius)}"
    said = f"the nearest star with {such}observations is TIC {tic}, {away:.1f} arcsec away"
    return f"{said}: a radius of {math.floor(away) + 1} arcsec finds it{but}"


def _angle(radius: float) -> str:
    return f"{radius / 3600:g} deg" if radius >= 3600 else f"{radius / 60:g} arcmin"


def _near(frame: pl.DataFrame, target: Target, radius: float) -> pl.DataFrame:
    """Return the stars within a radius [arcsec] of a place, nearest first: `tic` and `away` [arcsec]."""
    assert target.ra is not None
    assert target.dec is not None
    stars = frame.select("tic", "s_ra", "s_dec", away=separation(target.ra, target.dec))
    return stars.select("tic", "away").drop_nulls().filter(pl.col("away") <= radius).sort("away", "tic")
