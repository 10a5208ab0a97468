"""Parser of targets as users give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from tess_source._lazy import whole
from tess_source.display import text
from tess_source.errors import QueryError
from tess_source.targets.columns import is_missing
from tess_source.targets.motion import MOVED, Moved
from tess_source.targets.nameless import check_item, check_tuple, shown
from tess_source.targets.places import places_of
from tess_source.targets.sky import checked_place
from tess_source.targets.tabular import cells_of, python_value, row_of, rows_of_table
from tess_source.targets.target import DEFAULT_RADIUS, Gap, ObservationKey, Target
from tess_source.targets.texts import EXACT, EXAMPLES, targets_of_text, tic_target
from tess_source.units import plain_number
from tess_source.wording import keyword

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = [
    "MISSING",
    "Parsed",
    "arcseconds",
    "check_missing",
    "gaps_in_words",
    "numbered_targets",
    "parse_targets",
    "targets_and_gaps",
]

Parsed: TypeAlias = Target | ObservationKey | str
"""A star or place, an observation, or a name that still has to be resolved."""
MISSING = ("raise", "skip")
"""What may be done with rows that have no target."""


def arcseconds(radius: float | Quantity | str, what: str = "radius") -> float:
    """Return a radius in arcsec.

    Parameters
    ----------
    radius : float or astropy.units.Quantity or str
        A number means arcsec; text is read by astropy, e.g. ``"2 arcmin"``.
    what : str
        The argument that it is, for messages.

    Returns
    -------
    float
        Radius [arcsec], not negative.

    Raises
    ------
    QueryError
        If it is not an angle, negative, or not finite.
    """
    given = plain_number(radius)
    if isinstance(given, Real) and not isinstance(given, bool):
        value = float(given)
    else:
        whole("astropy")
        from astropy import units

        try:
            value = float(units.Quantity(radius).to_value(units.arcsec))
        except (TypeError, ValueError, units.UnitsError) as error:
            message = f"{what} {radius!r} is not an angle; give arcsec as a number, or e.g. '2 arcmin'"
            raise QueryError(message) from error
    if not 0 <= value <= 180 * 3600:
        raise QueryError(f"{what} {radius!r} is out of range; it is an angle from 0 to 180 degrees")
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
    found, gaps = numbered_targets(targets, radius, missing=missing)
    return list(found.values()), gaps


def numbered_targets(
    targets: Any, radius: float | None = None, *, missing: str = "raise"
) -> tuple[dict[int, Parsed], tuple[str, ...]]:
    """Return the targets of `parse_targets` by their position, from 0, and where there were none, e.g. ``"row 3"``.

    Raises
    ------
    QueryError
        As `parse_targets`.
    """
    check_missing(missing)
    if missing == "raise" and is_missing(targets):
        raise QueryError(f"{shown(targets)} is not a target; {EXAMPLES}")
    found: dict[int, Parsed] = {}
    gaps: list[str] = []
    for position, target in enumerate(_each(targets, radius)):
        if isinstance(target, Gap):
            gaps.append(target.where or f"row {position + 1}")
        else:
            found[position] = target
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
    elif isinstance(value, Real | Decimal) and not (isinstance(value, bool) or type(value).__name__ == "timedelta64"):
        yield _from_number(value)
    elif (plain := python_value(value)) is not value:
        yield from _each(plain, radius)
    elif (places := places_of(value)) is not None:
        for place in places:
            ra, dec = place
            if is_missing(ra) or is_missing(dec):
                yield Gap()
                continue
            is_moved = isinstance(place, Moved)
            short = is_moved or hasattr(value, "represent_as")
            shown_as = f"{ra:.6f} {dec:+.6f}" if short else f"{float(ra)} {float(dec)}"
            yield _sky_target(float(ra), float(dec), radius, f"{shown_as}{MOVED}" if is_moved else shown_as)
    elif (row := row_of(value)) is not None:
        yield from _each(row, radius)
    else:
        if isinstance(value, tuple):
            check_tuple(value)
        yield from _each_item(_rows(value), radius)


def _each_item(items: Any, radius: float | None) -> Iterator[Parsed | Gap]:
    for one in items:
        if type(one) is int:  # most long lists are of these
            yield tic_target(one, str(one))
            continue
        check_item(one)
        yield from _each(one, radius)


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
    if not isinstance(value, Iterable) or isinstance(value, bytes | bytearray) or shape == ():
        raise QueryError(f"{shown(value)} is not a target; {EXAMPLES}")
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
        toi = f"; a TOI is written as 'TOI {shown}'" if 1 <= value < 1e5 and value == round(value, 2) else ""
        raise QueryError(f"{shown} is not a whole number, so it is no TIC id; a place is two numbers: (ra, dec){toi}")
    exact = {2: 2**11, 4: 2**24}.get(getattr(value, "itemsize", 8), EXACT)
    if isinstance(value, Decimal):
        exact = 10**16
    if value >= exact:
        raise QueryError(
            f"{shown} is not exact: {type(value).__name__} holds whole numbers below {exact} only, so the last digits of the id are lost; "
            "keep ids as integers or as text"
        )
    return tic_target(int(value), shown)


def _sky_target(ra: float, dec: float, radius: float | None, text: str) -> Target:
    ra, dec = checked_place(ra, dec, text)
    return Target(text=text, ra=ra, dec=dec, radius=DEFAULT_RADIUS if radius is None else radius)
