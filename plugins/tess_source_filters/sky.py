"""Filters by the star and its place: magnitude, camera and CCD, coordinates, and cones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.tables.nearest import separation
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.sky import place_of
from tess_source.targets.target import Target
from tess_source.wording import Wording

from .values import Span, any_of, items, number, span, text_of
from .where import Conditions
from .whole import Wholes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS", "Cones", "RightAscensions", "magnitudes"]

LISTS = Wording(
    "ask the catalogue, archive='catalogue', which `tess-source catalogue update` fills",
    "ask the catalogue, --archive catalogue, which `tess-source catalogue update` fills",
)
PLACES = Wording(
    "products of a search have it from their observations; search again, with refresh=True if the answer was remembered",
    "search again with --refresh, if the answer was remembered",
)
OF_OBSERVATIONS = {"ra": "s_ra", "dec": "s_dec"}
"""Column of products → column of the archive's observations with the same values."""


def _degrees(value: Any, place: str, half: int) -> float:
    """Return an angle [deg], given as a number, as text, or as an astropy Quantity or Angle.

    Text that is no number is read as that half of a place. Errors are ValueError, TypeError or QueryError.
    """
    if hasattr(value, "to_value"):
        try:
            return float(number(value.to_value("deg")))
        except ValueError as error:  # astropy's UnitConversionError is one
            raise ValueError(f"{value!r} is no angle: {error}") from error
    try:
        return float(number(value))
    except ValueError:
        if not isinstance(value, str) or (found := place_of(place.format(value))) is None:
            raise
        return float(number(found[half]))


def _right_ascension(value: Any) -> float:
    """Return a right ascension [deg]; text may be in hours."""
    return _degrees(value, "{}, 0", 0)


def _declination(value: Any) -> float:
    """Return a declination [deg]."""
    return _degrees(value, "0, {}", 1)


def _declinations(value: Any) -> Conditions:
    """Return ranges of declinations [deg]."""
    return _checked_ranges(Conditions.of(items(value), _declination), "declination", -90, 90, "(-30, 10)", "-30..10")


def magnitudes(value: Any) -> Conditions:
    """Return ranges of magnitudes.

    Parameters
    ----------
    value : object
        ``(None, 10)``, ``"<10"``, ``"8..10 mag"``, with or without astropy's units, or a list of these.

    Raises
    ------
    QueryError
        If it is none of these.
    """
    try:
        return Conditions.of(items(value), _magnitude)
    except (ValueError, TypeError) as error:
        raise QueryError(f"{error}; give e.g. ", Wording("'<10', (8, 10) or '8..10'", "'<10' or 8..10")) from error


def _magnitude(value: Any) -> float:
    """Return a magnitude, given as a number, as text with or without its unit, or as an astropy Quantity."""
    if isinstance(value, str):
        value = value.strip().removesuffix("mag")
    elif hasattr(value, "to_value"):
        value = value.to_value("mag")
    return number(value)


def _checked_ranges(value: Conditions, what: str, least: float, greatest: float, *examples: str) -> Conditions:
    for part in (*value.wanted, *value.unwanted):
        if part.single:
            raise QueryError(f"one {what} is no range: give e.g. ", Wording(*examples))
        for end in (part.least, part.greatest):
            if end is not None and not least <= end <= greatest:
                raise QueryError(f"a {what} lies between {least} and {greatest} degrees; {text_of(end)} does not")
    return value


@dataclass(frozen=True, slots=True)
class RightAscensions:
    """Ranges of right ascensions: each from one angle eastwards to another, through 0 if the first is the greater."""

    ranges: tuple[tuple[float, float], ...]
    """Ends [deg] from 0 to 360, both included."""

    @classmethod
    def of(cls, value: Any) -> RightAscensions:
        """Read ``(350, 10)``, ``"350..10"``, ``"-10..10"``, ``">350"``, or a list of these [deg].

        Raises
        ------
        ValueError, TypeError
            If it is none of these.
        """
        return cls(tuple(sorted(dict.fromkeys(map(_ends_of_range, items(value))))))

    def mask(self, column: pl.Expr) -> pl.Expr:
        """Return a mask of the right ascensions [deg] within one of the ranges."""
        angle = column.mod(360)
        return any_of(
            (angle >= first) & (angle <= last)
            if first <= last
            else (angle >= first) | (angle <= last)
            for first, last in self.ranges
        )  # fmt: skip

    def __str__(self) -> str:
        return ",".join(f"{text_of(first)}..{text_of(last)}" for first, last in self.ranges)


def _ends_of_range(value: Any) -> tuple[float, float]:
    """Return the ends of one range of right ascensions [deg]."""
    if isinstance(value, slice) and value.step is None:
        value = (value.start, value.stop)
    if isinstance(value, tuple) and len(value) == 2:
        first, last = (
            bound if end is None else _right_ascension(end) for end, bound in zip(value, (0, 360), strict=True)
        )
    elif isinstance(value, str) and ".." in value:
        first, last = map(_right_ascension, _ends_of_text(value))
    else:
        part = span(value, _right_ascension)
        if part.single:
            raise _no_range()
        first, last = (0 if part.least is None else part.least), (360 if part.greatest is None else part.greatest)
    if not all(-360 <= end <= 360 for end in (first, last)):
        raise ValueError(f"right ascensions are degrees from 0 to 360, not {text_of(first)}..{text_of(last)}")
    if last - first >= 360:
        return 0.0, 360.0
    if first % 360 == last % 360:
        raise _no_range()
    return float(first % 360), 360.0 if last == 360 else float(last % 360)


def _ends_of_text(value: str) -> list[str]:
    """Return the ends of a range that is written with dots: both in degrees, or both in hours."""
    ends = value.split("..", 1)
    in_hours = [re.search("[h:]", end) is not None for end in ends]
    if in_hours[0] != in_hours[1]:
        raise ValueError(f"{value!r} has hours at one end, and degrees at the other; write both in the same unit")
    return ends


def _no_range() -> QueryError:
    return QueryError("one right ascension is no range: give e.g. ", Wording("(350, 10)", "350..10"))


@dataclass(frozen=True, slots=True)
class Cones:
    """Cones on the sky, in any of which a star may lie."""

    cones: tuple[tuple[float, float, float], ...]
    """Right ascension, declination [deg], radius [arcsec]."""

    @classmethod
    def of(cls, value: Any) -> Cones:
        """Read ``"ra dec radius"``, ``(ra, dec, radius)``, ``(SkyCoord, radius)``, or a list of these.

        Coordinates are in degrees or sexagesimal. A radius is in arcsec, or has a unit.

        Raises
        ------
        QueryError
            If it is none of these.
        """
        values = value if isinstance(value, list) else [value]
        found = [cone for one in values for cone in _cones_of(one)]
        if not found:
            raise QueryError("an empty list of cones would keep nothing")
        return cls(tuple(sorted(dict.fromkeys(found))))

    def mask(self, ra: str, dec: str) -> pl.Expr:
        """Return a mask of the places, given as names of columns [deg], within one of the cones."""
        return any_of(separation(*place, ra=ra, dec=dec) <= radius for *place, radius in self.cones)

    def __str__(self) -> str:
        return ",".join(" ".join(map(text_of, cone)) for cone in self.cones)


EXAMPLE = Wording("'307.86 39.94 1 deg' or (SkyCoord, '1 deg')", "'307.86 39.94 1 deg'")


def _cones_of(value: Any) -> list[tuple[float, float, float]]:
    """Return one cone, or those around each place of a SkyCoord."""
    if isinstance(value, str):
        value = _place_and_radius(value)
    if isinstance(value, tuple) and len(value) == 3:
        value = ((value[0], value[1]), value[2])
    if not isinstance(value, tuple) or len(value) != 2:
        raise QueryError(f"{value!r} is no cone; give a place and a radius, e.g. ", EXAMPLE)
    place, radius = value
    around = arcseconds(radius)
    found = list(parse_targets(_plain_place(place), around))
    for one in found:
        if not isinstance(one, Target) or one.ra is None or one.dec is None:
            raise QueryError(
                f"{str(place)!r} is no place on the sky, which a cone needs: give its coordinates, or give it as the target, with a radius"
            )
    return [
        (one.ra, one.dec, around)
        for one in found
        if isinstance(one, Target) and one.ra is not None and one.dec is not None
    ]


def _plain_place(place: Any) -> Any:
    """Return a pair of numbers as two numbers with a fraction, since a pair of whole ones might be two TIC ids; else as it is."""
    if not isinstance(place, tuple | list) or len(place) != 2 or any(isinstance(one, str | Iterable) for one in place):
        return place
    return _right_ascension(place[0]), _declination(place[1])


def _place_and_radius(text: str) -> tuple[str, float]:
    """Return the place, and the radius [arcsec], in a text such as ``"307.86 39.94 1 deg"``."""
    words = text.replace(",", " ").split()
    if len(words) > 3 and _is_number(words[-2]) and not words[-1][:1].isdigit() and not _is_number(words[-1]):
        return " ".join(words[:-2]), arcseconds(" ".join(words[-2:]))
    if len(words) > 2 and _is_number(words[-1]):
        return " ".join(words[:-1]), arcseconds(float(words[-1]))
    if len(words) > 2 and words[-1][:1].isdigit():
        return " ".join(words[:-1]), arcseconds(words[-1])
    raise QueryError(f"{text!r} is no cone: give a place and a radius, e.g. ", EXAMPLE)


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


ONE_TO_FOUR = Wording("1, [1, 2], range(1, 4) or '1-3'", "1-3")


def _one_to_four(what: str) -> Callable[[Any], Wholes]:
    def check(value: Any) -> Wholes:
        read = Wholes.of(value, ONE_TO_FOUR)
        for part in read.spans:
            if part.greatest == 0 or max(part.least or 0, part.greatest or 0) > 4:
                raise QueryError(f"there are {what} 1 to 4; {part} is none of them")
        return read

    return check


def _mask_on(column: str, mask: Callable[[Any, pl.Expr], pl.Expr]) -> Callable[[Products, Any], pl.Expr]:
    def keep(products: Products, value: Any) -> pl.Expr:
        return mask(value, pl.col(column))

    return keep


def _may_hold(column: str, mask: Callable[[Any, pl.Expr], pl.Expr]) -> Callable[[Observations, Any], pl.Expr]:
    """Return a test of observations: those that are not known to be of another star."""

    def holds(observations: Observations, value: Any) -> pl.Expr:
        own = next((name for name in (column, OF_OBSERVATIONS.get(column)) if name in observations.columns), None)
        return pl.lit(True) if own is None else pl.col(own).is_null() | mask(value, pl.col(own))

    return holds


def _cone_mask(products: Products, value: Cones) -> pl.Expr:
    return value.mask("ra", "dec")


def _cone_may_hold(observations: Observations, value: Cones) -> pl.Expr:
    if not {"s_ra", "s_dec"} <= {*observations.columns}:
        return pl.lit(True)
    return pl.col("s_ra").is_null() | pl.col("s_dec").is_null() | value.mask("s_ra", "s_dec")


def _conditions_hold(value: Conditions, column: pl.Expr) -> pl.Expr:
    return column.is_not_null() & value.mask(column.fill_nan(None))


def _whole_holds(value: Wholes, column: pl.Expr) -> pl.Expr:
    return value.meets(column, column)


def _ra_holds(value: RightAscensions, column: pl.Expr) -> pl.Expr:
    return value.mask(column.fill_nan(None))


def _ra_criteria(value: RightAscensions) -> Mapping[str, Any]:
    """Return the archive's criterion for one range that does not go through 0."""
    (first, last), *others = value.ranges
    return {} if others or first > last else {"s_ra": [first, last]}


def _dec_criteria(value: Conditions) -> Mapping[str, Any]:
    """Return the archive's criterion for one range."""
    if value.unwanted or len(value.wanted) != 1:
        return {}
    part: Span = value.wanted[0]
    return {"s_dec": [-90 if part.least is None else part.least, 90 if part.greatest is None else part.greatest]}


def _filter(
    column: str,
    mask: Callable[[Any, pl.Expr], pl.Expr],
    help_: str,
    check: Callable[[Any], Any],
    advice: Any,
    **more: Any,
) -> Filter:
    return Filter(
        column,
        _mask_on(column, mask),
        help_,
        check=check,
        holds=_may_hold(column, mask),
        needs=(column,),
        advice=advice,
        **more,
    )


FILTERS = (
    _filter("tmag", _conditions_hold, "TESS magnitude of the star: <10, 6..10", magnitudes, LISTS, metavar="MAG"),
    _filter("camera", _whole_holds, "cameras: 1 to 4", _one_to_four("cameras"), LISTS, multiple=True, metavar="1-4"),
    _filter("ccd", _whole_holds, "CCDs of a camera: 1 to 4", _one_to_four("CCDs"), LISTS, multiple=True, metavar="1-4"),
    _filter(
        "ra",
        _ra_holds,
        "right ascension [deg]: 10..20; 350..10 goes through 0",
        RightAscensions.of,
        PLACES,
        metavar="DEG",
        criteria=_ra_criteria,
    ),
    _filter(
        "dec",
        _conditions_hold,
        "declination [deg]: -30..10, >60",
        _declinations,
        PLACES,
        metavar="DEG",
        criteria=_dec_criteria,
    ),
    Filter(
        "cone",
        _cone_mask,
        "cone: 'ra dec radius'; coordinates in degrees or sexagesimal, radius in arcsec or e.g. 1 deg",
        check=Cones.of,
        holds=_cone_may_hold,
        needs=("ra", "dec"),
        advice=PLACES,
        multiple=True,
        metavar="CONE",
    ),
)
