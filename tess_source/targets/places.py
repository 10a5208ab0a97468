"""Places on the sky that are given as values: pairs of numbers or angles, arrays, and coordinates of astropy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, TypeAlias

from tess_source._lazy import np, whole
from tess_source.errors import QueryError
from tess_source.targets.columns import is_missing
from tess_source.targets.motion import Moved, at_epoch
from tess_source.targets.sky import place_of
from tess_source.targets.texts import cleaned, is_like_tic

__all__ = ["Pairs", "places_of"]

Pairs: TypeAlias = Sequence[tuple[Any, Any]]
"""Right ascension and declination [deg] of each place; where one is missing there is no place."""


def places_of(value: Any) -> Pairs | None:
    """Return the places that a value is, None if it is none.

    Parameters
    ----------
    value : object
        Coordinates of astropy, of any frame and shape; a tuple or list of right ascension and declination, as numbers [deg], angles or
        text; an array of floats [deg] or of angles, of shape (2,) or (n, 2).

    Returns
    -------
    list of tuple, or None
        Right ascension and declination [deg] of each, not checked for their range.

    Raises
    ------
    QueryError
        If it may be a place or two TIC ids, or cannot be turned into ICRS.
    """
    if isinstance(value, Moved):
        return [value]
    if hasattr(value, "represent_as"):
        return _of_coordinates(value)
    if hasattr(value, "to_value"):
        return _of_angles(value)
    dtype: Any = getattr(value, "dtype", None)
    shape: Any = getattr(value, "shape", ())
    if getattr(dtype, "kind", "") == "f" and len(shape) == 2 and shape[1] == 2:
        return _of_array(value)
    if type(value) in {tuple, list} or (
        getattr(dtype, "kind", "") == "f" and shape == (2,) and not hasattr(value, "iloc")
    ):
        return _of_pair(value)
    return None


def _of_coordinates(coordinates: Any) -> Pairs:
    """Return the places of coordinates of any frame, shape and representation."""
    whole("astropy")
    from astropy.coordinates import SkyCoord

    try:
        given = SkyCoord(coordinates)
        places = SkyCoord(_with_distances(given)).icrs
    except (AttributeError, TypeError, ValueError) as error:
        raise QueryError(
            f"coordinates of the frame {getattr(coordinates, 'name', type(coordinates).__name__)!r} cannot be turned into ICRS: {error}"
        ) from error
    return _moved(places, getattr(given, "obstime", None)) or _in_degrees(places.spherical.lon, places.spherical.lat)


def _with_distances(coordinates: Any) -> Any:
    """Return coordinates with values for distances and radial velocities that are not known: astropy loses place and motion with them."""
    whole("astropy")
    from astropy import units
    from astropy.coordinates import SphericalRepresentation

    data = coordinates.data
    if type(data) is not SphericalRepresentation or not data.distance.unit.is_equivalent(units.pc):
        return coordinates
    parts = {name: getattr(data, name) for name in data.components}
    parts["distance"] = np.nan_to_num(_filled(data.distance.to(units.pc)), nan=_FAR) * units.pc
    motion = data.differentials.get("s")
    if motion is not None and "d_distance" in motion.components:
        speeds = {name: getattr(motion, name) for name in motion.components}
        speeds["d_distance"] = np.nan_to_num(_filled(motion.d_distance)) * motion.d_distance.unit
        motion = type(motion)(**speeds)
    return coordinates.frame.realize_frame(SphericalRepresentation(**parts, differentials=motion))


_FAR = 1e9
"""A distance from which it makes no difference [pc]."""


def _moved(places: Any, obstime: Any) -> Pairs | None:
    """Return the places in J2000 of coordinates that have proper motions and an epoch; None if they have not.

    astropy's `apply_space_motion` would warn of each star without a distance.
    """
    whole("astropy")
    from astropy import units

    if obstime is None or "s" not in places.data.differentials or not hasattr(places, "pm_ra_cosdec"):
        return None
    motions = (getattr(places, name) for name in ("pm_ra_cosdec", "pm_dec"))
    try:
        pmra, pmdec = (_filled(motion.to(units.mas / units.yr)) for motion in motions)
    except units.UnitsError:  # coordinates without a unit of time: in astropy, that is no motion
        return None
    approach = places.radial_velocity / places.distance
    known = approach.unit.is_equivalent(1 / units.yr)  # without a distance, it has another unit
    ra, dec = at_epoch(
        _filled(places.ra.to(units.deg)), _filled(places.dec.to(units.deg)), pmra, pmdec, _filled(obstime.jyear),
        approach=_filled(approach.to(1 / units.yr)) if known else 0.0,
    )  # fmt: skip
    pairs, has_moved = _in_degrees(ra * units.deg, dec * units.deg), np.isfinite(pmra * pmdec * _filled(obstime.jyear))
    return [Moved(pair) if moved else pair for pair, moved in zip(pairs, has_moved.ravel().tolist(), strict=True)]


def _filled(values: Any) -> Any:
    """Return the numbers of a Quantity or array, with NaN where one is masked."""
    values = getattr(values, "value", values)
    return values.filled(np.nan) if hasattr(values, "filled") else values


def _of_angles(angles: Any) -> Pairs | None:
    """Return the places of an array of angles, None if it is one angle or has no unit."""
    if angles.unit == "" or not angles.shape:
        return None
    if type(angles).__name__ in {"Longitude", "Latitude"} or angles.shape[-1:] != (2,) or angles.ndim > 2:
        raise QueryError(f"{angles!r} is no place: give right ascension and declination, as two angles")
    pairs = angles.reshape(-1, 2)
    return _in_degrees(pairs[:, 0], pairs[:, 1])


def _of_array(array: Any) -> Pairs:
    pairs = [tuple(pair) for pair in array]
    if any(not is_missing(ra) and ra > 360 and ra == int(ra) for ra, _ in pairs):
        raise QueryError(
            f"an array of shape {array.shape} with {pairs[0][0]} in its first column has no places: give its column of TIC ids, e.g. "
            "array[:, 0]"
        )
    return pairs


def _of_pair(pair: Any) -> Pairs | None:
    """Return the place that a tuple, list or array of two is; None if these are two targets."""
    if len(pair) != 2:
        return None
    one, two = pair
    if hasattr(one, "to_value") or hasattr(two, "to_value"):
        if not (hasattr(one, "to_value") and hasattr(two, "to_value")):
            raise QueryError(f"{pair!r} has one angle and one number: give both as angles, or both in degrees")
        return _in_degrees(one, two)
    if isinstance(one, str) and isinstance(two, str):
        return _of_texts(one, two)
    if not all(isinstance(part, Real | Decimal) and not isinstance(part, bool) for part in pair):
        return None
    return [(one, two)] if _is_place(pair) else None


def _of_texts(one: str, two: str) -> Pairs | None:
    if is_missing(one) or is_missing(two) or (is_like_tic(one) and is_like_tic(two)):
        return None
    place = place_of(cleaned(f"{one}, {two}"))
    return None if place is None or abs(place[0]) > 360 else [place]


def _is_place(pair: Any) -> bool:
    """Return whether two numbers are coordinates, and not TIC ids.

    In a tuple, floats are coordinates, unless both can only be ids. In a list or array, one must have a fraction or a sign.
    """
    one, two = pair
    is_tuple = isinstance(pair, tuple)
    known = [part for part in pair if not is_missing(part)]
    if len(known) < 2:
        return is_tuple and all(part <= 360 for part in known)
    if one > 360 and (math.isinf(one) or one == int(one)):
        return False  # the first can only be an id
    if all(isinstance(part, Integral) for part in pair):
        if is_tuple and 0 <= one <= 360 and -90 <= two <= 90:
            one, two = int(one), int(two)
            raise QueryError(
                f"({one}, {two}) may be a place or two TIC ids: write ({one}.0, {two}.0), or [{one}, {two}]"
            )
        return False
    return is_tuple or any(part < 0 or part != part // 1 for part in pair)


def _in_degrees(one: Any, two: Any) -> Pairs:
    """Return pairs of angles of any shape, as numbers [deg]; None where one is masked."""
    whole("astropy")
    from astropy import units

    try:
        ra, dec = np.broadcast_arrays(
            *(np.ma.asarray(_unmasked(part.to(units.deg))) for part in (one, two)), subok=True
        )
    except (TypeError, ValueError, units.UnitsError) as error:
        raise QueryError(
            f"{one!r} and {two!r} are not right ascension and declination: give angles, one each"
        ) from error
    return list(zip(ra.ravel().tolist(), dec.ravel().tolist(), strict=True))


def _unmasked(angles: Any) -> Any:
    """Return the numbers of a Quantity, with astropy's mask as numpy's."""
    mask = getattr(angles, "mask", None)
    values = getattr(angles, "unmasked", angles).value
    return values if mask is None else np.ma.array(values, mask=mask)
