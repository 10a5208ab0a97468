"""Where the nearest observed star is, if a cone or a name has none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tess_source._lazy import pl
from tess_source.tables.listing import Observations
from tess_source.tables.nearest import REACH, separation
from tess_source.targets.target import Query, Target

__all__ = ["LOOKED_WITHIN", "nearest_observed", "places_without"]

LOOKED_WITHIN = (60.0, 300.0)
"""Radii within which stars are looked for, one after the other [arcsec]: the first may be enough where stars are dense."""
MOST_PLACES = 3
"""Places for which this is done, of all that a question has."""


def places_without(query: Query, observations: Observations) -> list[Target]:
    """Return the places and names of a question at which there are no observations, if it is known where the observations are."""
    places = [target for target in query.targets if target.tic is None and target.ra is not None]
    if not len(observations):
        return places
    if not {"s_ra", "s_dec"} <= {*observations.columns}:
        return []
    frame = observations.to_polars()
    return [target for target in places if not _near(frame, target, (target.radius or 0.0) + REACH).height]


def nearest_observed(query: Query, places: Sequence[Target], find: Callable[[Query], Observations]) -> dict[str, str]:
    """Return how far the nearest observed star is from each of the first `MOST_PLACES` places: ``str(target)`` → one line.

    Parameters
    ----------
    query : Query
    places : sequence of Target
        With right ascension and declination.
    find : callable
        Asks the archives a query.
    """
    return dict(_said(query, places[:MOST_PLACES], find))


def _said(query: Query, places: Sequence[Target], find: Callable[[Query], Observations]) -> Iterator[tuple[str, str]]:
    for target in places:
        radii = [radius for radius in LOOKED_WITHIN if radius > (target.radius or 0.0)]
        for radius in radii:
            found = find(replace(query, targets=(replace(target, tic=None, radius=radius),), filters={}))
            if not {"s_ra", "s_dec"} <= {*found.columns}:
                continue
            if (stars := _near(found.to_polars(), target, radius)).height:
                tic, away = stars.row(0)
                said = f"the nearest star with observations is TIC {tic}, {away:.1f} arcsec away"
                yield str(target), f"{said}: a radius of {math.ceil(away)} arcsec finds it"
                break
        else:
            if radii:
                yield str(target), f"no star within {radii[-1] / 60:g} arcmin has observations"


def _near(frame: pl.DataFrame, target: Target, radius: float) -> pl.DataFrame:
    """Return the stars within a radius [arcsec] of a place, nearest first: `tic` and `away` [arcsec]."""
    assert target.ra is not None
    assert target.dec is not None
    stars = frame.select("tic", "s_ra", "s_dec", away=separation(target.ra, target.dec))
    return stars.select("tic", "away").drop_nulls().filter(pl.col("away") <= radius).sort("away", "tic")
