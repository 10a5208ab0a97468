"""How far a place on the sky is from the footprint of an observation, as the archive's cone searches count it.

The archive measures to the edge of the footprint and calls everything inside it 0: a full-frame image around a star
is at 0.0 arcsec, and a star whose aperture is a circle of 5 arcsec counts from its rim.
"""

from __future__ import annotations

import itertools
from functools import cache
from math import asin, atan2, cos, degrees, radians, sin, sqrt

Vector = tuple[float, float, float]


def unit(ra: float, dec: float) -> Vector:
    """Return the unit vector of a position in degrees."""
    a, d = radians(ra), radians(dec)
    return cos(d) * cos(a), cos(d) * sin(a), sin(d)


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _norm(a: Vector) -> float:
    return sqrt(_dot(a, a))


def angle(a: Vector, b: Vector) -> float:
    """Return the angle between two unit vectors in degrees, exact for small ones too."""
    return degrees(atan2(_norm(_cross(a, b)), _dot(a, b)))


@cache
def _parse(region: str) -> tuple[str, tuple[Vector, ...], float]:
    """Read ``CIRCLE [ICRS] ra dec r`` or ``POLYGON [ICRS] ra dec ra dec …`` (STC-S, degrees)."""
    words = [word for word in region.split() if word.upper() != "ICRS"]
    shape, numbers = words[0].upper(), [float(word) for word in words[1:]]
    if shape == "CIRCLE":
        return shape, (unit(numbers[0], numbers[1]),), numbers[2]
    corners = tuple(unit(ra, dec) for ra, dec in zip(numbers[::2], numbers[1::2], strict=True))
    return shape, corners, 0.0


def _to_edge(place: Vector, start: Vector, end: Vector) -> float:
    """Return the distance in degrees to the great-circle arc from `start` to `end`."""
    pole = _cross(start, end)
    length = _norm(pole)
    if not length:
        return angle(place, start)
    pole = (pole[0] / length, pole[1] / length, pole[2] / length)
    foot = _cross(pole, _cross(place, pole))
    within = _dot(_cross(start, foot), pole) >= 0 and _dot(_cross(foot, end), pole) >= 0
    if within:
        return abs(degrees(asin(max(-1.0, min(1.0, _dot(place, pole))))))
    return min(angle(place, start), angle(place, end))


def _inside(place: Vector, corners: tuple[Vector, ...]) -> bool:
    """Check whether a convex polygon, of either orientation, holds the place."""
    sides = [_dot(_cross(a, b), place) for a, b in itertools.pairwise(corners)]
    same = all(side >= 0 for side in sides) or all(side <= 0 for side in sides)
    # The mirror image on the far side of the sky lies on the same side of every plane, too.
    return same and _dot(place, corners[0]) > 0


def distance(ra: float, dec: float, region: str) -> float:
    """Return the distance of a position from a footprint.

    Parameters
    ----------
    ra, dec : float
        Position in degrees, ICRS.
    region : str
        Footprint as in the column ``s_region``.

    Returns
    -------
    float
        Arc seconds to its edge; 0.0 inside.
    """
    place = unit(ra, dec)
    shape, corners, radius = _parse(region)
    if shape == "CIRCLE":
        return max(0.0, angle(place, corners[0]) - radius) * 3600.0
    closed = corners if corners[0] == corners[-1] else (*corners, corners[0])
    if _inside(place, closed):
        return 0.0
    return 3600.0 * min(_to_edge(place, a, b) for a, b in itertools.pairwise(closed))
