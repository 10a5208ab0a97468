"""Parser of targets as users give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from tess_source._lazy import whole
from tess_source.errors import QueryError
from tess_source.targets.target import DEFAULT_RADIUS, Target

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["TARGET_COLUMNS", "arcseconds", "parse_targets", "plain_column"]

_TIC = re.compile(r"\s*(?:tic(?:\s+|[_-])?)?0*(\d+)\s*", re.IGNORECASE)
_LIKE_TIC = re.compile(r"\s*tic(?:[\s_\d+-].*)?", re.IGNORECASE)
_SEXAGESIMAL = re.compile(r"\s*\d{1,2}[\s:h]\s*\d{1,2}[\s:m].*[+-]\s*\d{1,2}[\s:d°]\s*\d{1,2}[\s:m'].*")
_PAIR = re.compile(r"\s*([+-]?\d+(?:\.\d*)?)\s*[,\s]\s*([+-]?\d+(?:\.\d*)?)\s*")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.\d*|\.\d+|-\d+)\s*")
_LARGEST_TIC = 2**63 - 1


def arcseconds(radius: float | Quantity | str) -> float:
    """Return a radius in arcsec.

    Parameters
    ----------
    radius : float or astropy.units.Quantity or str
        A number means arcsec; text is read by astropy, e.g. ``"2 arcmin"``.

    Returns
    -------
    float
        Radius [arcsec], not negative.

    Raises
    ------
    QueryError
        If it is not an angle, negative, or not finite.
    """
    if isinstance(radius, Real) and not isinstance(radius, bool):
        value = float(radius)
    else:
        whole("astropy")
        from astropy import units

        try:
            value = float(units.Quantity(radius).to_value(units.arcsec))
        except (TypeError, ValueError, units.UnitsError) as error:
            message = f"radius {radius!r} is not an angle; give arcsec as a number, or e.g. '2 arcmin'"
            raise QueryError(message) from error
    if not 0 <= value <= 180 * 3600:
        raise QueryError(f"radius {radius!r} is out of range; it is an angle from 0 to 180 degrees")
    return value


def parse_targets(targets: Any, radius: float | None = None) -> Iterator[Target | str]:
    """Yield the targets that a user gave in any form.

    Parameters
    ----------
    targets : object
        A TIC id (any integral type, ``"TIC 1"``, ``"tic1"``, zero-padded, bare digits), ``"ra dec"`` or ``(ra, dec)`` [deg],
        an astropy SkyCoord, a name, a `Target`, a table with a column that holds one of these, or any iterable of them.
    radius : float, optional
        Radius of cones [arcsec].

    Yields
    ------
    Target or str
        A str is a name that still has to be resolved.

    Raises
    ------
    QueryError
        If something is not a target; the message says what is.
    """
    if isinstance(targets, Target):
        yield targets
    elif isinstance(targets, Integral) and not isinstance(targets, bool):
        yield _tic_target(int(targets), str(int(targets)))
    elif isinstance(targets, str):
        yield _from_text(targets, radius)
    elif hasattr(targets, "icrs"):
        yield from _from_coordinates(targets, radius)
    elif isinstance(targets, tuple) and len(targets) == 2 and all(hasattr(part, "to_value") for part in targets):
        yield from parse_targets(tuple(_degrees(part) for part in targets), radius)
    elif _is_rows_of_pairs(targets):
        yield from parse_targets([tuple(map(float, pair)) for pair in targets], radius)
    elif isinstance(targets, Real) and not isinstance(targets, bool):
        raise QueryError(
            f"{targets!r} is not a whole number, so it is no TIC id; are values missing in the column it is from?"
        )
    elif _is_pair(targets):
        yield _sky_target(float(targets[0]), float(targets[1]), f"{targets[0]} {targets[1]}", radius)
    elif (column := _target_column(targets)) is not None:
        yield from parse_targets(column, radius)
    elif isinstance(targets, Iterable) and not isinstance(targets, bytes | Mapping):
        for target in targets:
            yield from parse_targets(target, radius)
    else:
        raise QueryError(f"{targets!r} is not a target; {_EXAMPLES}")


_EXAMPLES = (
    'give a TIC id (16740101 or "TIC 16740101"), a name ("KELT-9"), "ra dec" in degrees, a SkyCoord, or a list of these'
)


def _tic_target(number: int, text: str) -> Target:
    if not 0 < number <= _LARGEST_TIC:
        raise QueryError(f"{text!r} is not a TIC id: these are positive whole numbers")
    return Target(text=text.strip(), tic=number)


def _from_text(text: str, radius: float | None) -> Target | str:
    if not text.strip():
        raise QueryError(f"an empty text is not a target; {_EXAMPLES}")
    if match := _TIC.fullmatch(text):
        return _tic_target(int(match[1]), text)
    if _LIKE_TIC.fullmatch(text):
        raise QueryError(f"{text.strip()!r} is not a TIC id: these are positive whole numbers, as in 'TIC 16740101'")
    if _SEXAGESIMAL.fullmatch(text):
        return _from_sexagesimal(text.strip(), radius)
    if match := _PAIR.fullmatch(text):
        return _sky_target(float(match[1]), float(match[2]), text.strip(), radius)
    if _NUMBER.fullmatch(text):
        raise QueryError(
            f"{text.strip()!r} is one number with a fraction: neither a TIC id nor coordinates, which are two"
        )
    return text.strip()


def _sky_target(ra: float, dec: float, text: str, radius: float | None) -> Target:
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise QueryError(
            f"{text!r} is not a place on the sky: right ascension is 0 to 360, declination -90 to 90 degrees"
        )
    return Target(text=text, ra=ra, dec=dec, radius=DEFAULT_RADIUS if radius is None else radius)


def _from_sexagesimal(text: str, radius: float | None) -> Target:
    whole("astropy")
    from astropy.coordinates import SkyCoord

    try:
        place = SkyCoord(text, unit=("hourangle", "deg"))
    except ValueError as error:
        raise QueryError(f"{text!r} is not a place on the sky: {error}") from error
    return _sky_target(float(place.ra.deg), float(place.dec.deg), text, radius)


def _from_coordinates(coordinates: Any, radius: float | None) -> Iterator[Target]:
    icrs = coordinates.icrs
    for place in [icrs] if icrs.isscalar else icrs:
        ra, dec = float(place.ra.deg), float(place.dec.deg)
        yield _sky_target(ra, dec, f"{ra:.6f} {dec:+.6f}", radius)


def _degrees(angle: Any) -> float:
    whole("astropy")
    from astropy import units

    try:
        return float(angle.to_value(units.deg))
    except (TypeError, ValueError, units.UnitsError) as error:
        raise QueryError(f"{angle!r} is not an angle") from error


def _is_rows_of_pairs(value: Any) -> bool:
    """Return whether a value is an array of floats of shape (n, 2): n places on the sky."""
    shape = list(getattr(value, "shape", ()))
    return getattr(getattr(value, "dtype", None), "kind", "") == "f" and len(shape) == 2 and shape[1] == 2


def _is_pair(value: Any) -> bool:
    """Return whether a tuple of two numbers is coordinates: one must be a float. Raise an error for two integers that could be both."""
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    if not all(isinstance(part, Real) and not isinstance(part, bool) for part in value):
        return False
    if not all(isinstance(part, Integral) for part in value):
        return True
    one, two = value
    if 0 <= one <= 360 and -90 <= two <= 90:
        raise QueryError(f"{value!r} may be a place or two TIC ids: write ({one}.0, {two}.0), or [{one}, {two}]")
    return False


def _target_column(table: Any) -> Any:
    """Return the column of targets in a table (ours, astropy, pandas, polars); None if it is not a table."""
    names = getattr(table, "colnames", None) or getattr(table, "columns", None)
    if names is None or callable(names):
        return None
    found = [name for name in map(str, names) if plain_column(name) in TARGET_COLUMNS]
    if not found:
        wanted = ", ".join(TARGET_COLUMNS)
        raise QueryError(f"the table has no column of targets ({wanted}); it has {', '.join(map(str, names))}")
    best = min(found, key=lambda name: TARGET_COLUMNS.index(plain_column(name)))
    cells = table[best]
    return list(cells) if isinstance(cells, Iterable) and not isinstance(cells, str) else [cells]


TARGET_COLUMNS = ("tic", "ticid", "target", "targetname", "name")
"""Names of columns with targets, best first; case, blanks, dashes and underscores do not count."""


def plain_column(name: str) -> str:
    """Return the name of a column in the form that is compared with `TARGET_COLUMNS`."""
    return re.sub(r"[\s_-]+", "", name).lower()
