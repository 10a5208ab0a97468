"""Parser of targets as users give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from tess_source._lazy import np, whole
from tess_source.display import text
from tess_source.errors import QueryError
from tess_source.targets.columns import is_missing
from tess_source.targets.sky import checked_place
from tess_source.targets.tabular import cells_of, row_of, rows_of_table
from tess_source.targets.target import DEFAULT_RADIUS, Gap, ObservationKey, Target
from tess_source.targets.texts import EXACT, EXAMPLES, targets_of_text, tic_target
from tess_source.units import python_value
from tess_source.wording import keyword

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["MISSING", "Parsed", "arcseconds", "check_missing", "gaps_in_words", "parse_targets", "targets_and_gaps"]

Parsed: TypeAlias = Target | ObservationKey | str
"""A star or place, an observation, or a name that still has to be resolved."""
MISSING = ("raise", "skip")
"""What may be done with rows that have no target."""


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
    given: Any = python_value(radius)
    if isinstance(given, Real) and not isinstance(given, bool):
        value = float(given)
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


def parse_targets(targets: Any, radius: float | None = None, *, missing: str = "raise") -> Iterator[Parsed]:
    """Yield the targets that a user gave in any form.

    Parameters
    ----------
    targets : object
        A TIC id (any whole number, also as a float or as text: ``"TIC 1"``, ``"tic1"``, ``"1.0"``, zero-padded), ``"ra dec"`` in degrees
        or sexagesimal, ``(ra, dec)`` [deg], an astropy SkyCoord, a name, an obs_id, a `Target`, a row or table with a column that holds
        one of these, or any iterable of them.
    radius : float, optional
        Radius of cones [arcsec].
    missing : str
        ``"raise"``: rows without a target (None, NaN, NA, masked, empty) are an error. ``"skip"``: they are passed over.

    Yields
    ------
    Target or ObservationKey or str
        A str is a name that still has to be resolved.

    Raises
    ------
    QueryError
        If something is not a target; the message says what is. If rows have no target; the message says which.
    """
    yield from targets_and_gaps(targets, radius, missing=missing)[0]


def targets_and_gaps(
    targets: Any, radius: float | None = None, *, missing: str = "raise"
) -> tuple[list[Parsed], tuple[str, ...]]:
    """Return the targets of `parse_targets`, and where there were none, e.g. ``"row 3"``.

    Raises
    ------
    QueryError
        As `parse_targets`.
    """
    check_missing(missing)
    if missing == "raise" and is_missing(targets):
        raise QueryError(f"{targets!r} is not a target; {EXAMPLES}")
    found: list[Parsed] = []
    gaps: list[str] = []
    for row, target in enumerate(_each(targets, radius), 1):
        if isinstance(target, Gap):
            gaps.append(target.where or f"row {row}")
        else:
            found.append(target)
    if gaps and missing == "raise":
        words = gaps_in_words(gaps, len(gaps) + len(found))
        raise QueryError(f"{words}; ", keyword("missing", "skip"), " passes over such rows")
    return found, tuple(gaps)


def check_missing(missing: str) -> None:
    """Raise an error if this is none of `MISSING`.

    Raises
    ------
    QueryError
    """
    if missing not in MISSING:
        raise QueryError(keyword("missing", missing), ": give 'raise' or 'skip'")


def gaps_in_words(gaps: Sequence[str], total: int) -> str:
    """Return in words how many of the rows have no target, and which, e.g. ``1 of 2 rows has no target (row 2)``."""
    return f"{len(gaps):,} of {total:,} rows {'has' if len(gaps) == 1 else 'have'} no target ({text.first(gaps)})"


def _each(value: Any, radius: float | None) -> Iterator[Parsed | Gap]:
    """Yield the targets and the gaps of a value of any form."""
    if isinstance(value, Target | ObservationKey | Gap):
        yield value
    elif is_missing(value):
        yield Gap()
    elif isinstance(value, str):
        yield from targets_of_text(value, radius)
    elif isinstance(value, Real | Decimal) and not isinstance(value, bool):
        yield _from_number(value)
    elif (plain := _python_value(value)) is not value:
        yield from _each(plain, radius)
    elif hasattr(value, "icrs"):
        yield from _from_coordinates(value, radius)
    elif (places := _places(value)) is not None:
        for ra, dec in places:
            yield Gap() if is_missing(ra) or is_missing(dec) else _sky_target(float(ra), float(dec), radius)
    elif (row := row_of(value)) is not None:
        yield from _each(row, radius)
    else:
        for one in _rows(value):
            yield from _each(one, radius)


def _python_value(value: Any) -> Any:
    """Return the value of an array of no dimensions, and numpy's bytes, from a column of a FITS table, as text."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and not hasattr(value, "unit") and not value.dtype.names:
        value = next(iter(value.flat))
    return value.decode("utf-8") if isinstance(value, np.bytes_) else value


def _rows(value: Any) -> Any:
    """Return the targets of a table, or the items of any other iterable.

    Raises
    ------
    QueryError
        If it is neither, or an array of several columns.
    """
    if (rows := rows_of_table(value)) is not None:
        return rows
    shape = getattr(value, "shape", None)
    if hasattr(value, "__fspath__"):
        raise QueryError(f"{str(value)!r} is a path: tess_source.targets.read_targets reads a file of targets")
    if not isinstance(value, Iterable) or isinstance(value, bytes) or shape == ():
        raise QueryError(f"{value!r} is not a target; {EXAMPLES}")
    if sum(length > 1 for length in shape or ()) > 1:
        raise QueryError(
            f"an array of shape {shape} is neither a column of targets nor places, which are floats of shape (n, 2): give its column of "
            "TIC ids, e.g. array[:, 0]"
        )
    return cells_of(value)


def _from_number(value: Any) -> Target:
    """Return the star of a number of any type: whole floats are exact up to the digits of their type."""
    if isinstance(value, Integral):
        return tic_target(int(value), str(int(value)))
    shown = str(value)
    if value != value or abs(value) == float("inf") or value != int(value):  # noqa: PLR0124
        raise QueryError(f"{shown} is not a whole number, so it is no TIC id; a place is two numbers: (ra, dec)")
    exact = {2: 2**11, 4: 2**24}.get(getattr(value, "itemsize", 8), EXACT)
    if isinstance(value, Decimal):
        exact = 10**16
    if value >= exact:
        raise QueryError(
            f"{shown} is not exact: {type(value).__name__} holds whole numbers below {exact} only, so the last digits of the id are lost; "
            "keep ids as integers or as text"
        )
    return tic_target(int(value), shown)


def _sky_target(ra: float, dec: float, radius: float | None, text: str = "") -> Target:
    text = text or f"{ra} {dec}"
    ra, dec = checked_place(ra, dec, text)
    return Target(text=text, ra=ra, dec=dec, radius=DEFAULT_RADIUS if radius is None else radius)


def _from_coordinates(coordinates: Any, radius: float | None) -> Iterator[Target | Gap]:
    """Yield the places of coordinates of any frame and shape."""
    icrs = coordinates.icrs
    for ra, dec in _pairs_in_degrees(icrs.ra, icrs.dec):
        yield Gap() if is_missing(ra) or is_missing(dec) else _sky_target(ra, dec, radius, f"{ra:.6f} {dec:+.6f}")


def _places(value: Any) -> Iterable[tuple[Any, Any]] | None:
    """Return the places that a value is: a tuple of two angles or numbers, or an array of floats of shape (n, 2); else None."""
    if isinstance(value, tuple) and len(value) == 2 and all(hasattr(part, "to_value") for part in value):
        return _pairs_in_degrees(*value)
    shape: Any = getattr(value, "shape", ())
    if getattr(getattr(value, "dtype", None), "kind", "") == "f" and len(shape) == 2 and shape[1] == 2:
        return list(value)
    return [(value[0], value[1])] if _is_pair(value) else None


def _pairs_in_degrees(one: Any, two: Any) -> list[tuple[Any, Any]]:
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


def _is_pair(value: Any) -> bool:
    """Return whether a tuple of two numbers is coordinates: one must be a float. Raise an error for two integers that could be both."""
    if type(value) is not tuple or len(value) != 2:
        return False
    if not all(isinstance(part, Real) and not isinstance(part, bool) for part in value):
        return False
    if not all(isinstance(part, Integral) for part in value):
        return True
    one, two = value
    if 0 <= one <= 360 and -90 <= two <= 90:
        one, two = int(one), int(two)
        raise QueryError(f"({one}, {two}) may be a place or two TIC ids: write ({one}.0, {two}.0), or [{one}, {two}]")
    return False
