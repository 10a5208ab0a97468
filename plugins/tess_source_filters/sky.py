"""Filters by the star and its place: magnitude, camera and CCD, coordinates, and cones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.tables.nearest import separation
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.target import Target
from tess_source.wording import Wording

from .values import Span, any_of, items, number, span, text_of
from .where import Conditions
from .whole import Wholes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS", "Cones", "RightAscensions"]

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


def degrees(value: Any) -> float:
    """Return an angle [deg], given as a number, as text that is one, or as an astropy Quantity or Angle.

    Raises
    ------
    ValueError, TypeError
        If it is none.
    """
    if not hasattr(value, "to_value"):
        return float(number(value))
    try:
        return float(number(value.to_value("deg")))
    except ValueError as error:  # astropy's UnitConversionError is one
        raise ValueError(f"{value!r} is no angle: {error}") from error


def _declinations(value: Any) -> Conditions:
    """Return ranges of declinations [deg]."""
    return _checked_ranges(Conditions.of(items(value), degrees), "declination", -90, 90, "(-30, 10)", "-30..10")


def _magnitudes(value: Any) -> Conditions:
    """Return ranges of magnitudes."""
    return Conditions.of(items(value))


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
        first, last = (bound if end is None else degrees(end) for end, bound in zip(value, (0, 360), strict=True))
    elif isinstance(value, str) and ".." in value:
        first, last = map(degrees, value.split("..", 1))
    else:
        part = span(value, degrees)
        if part.single:
            raise QueryError("one right ascension is no range: give e.g. ", Wording("(350, 10)", "350..10"))
        first, last = (0 if part.least is None else part.least), (360 if part.greatest is None else part.greatest)
    if not all(-360 <= end <= 360 for end in (first, last)):
        raise ValueError(f"right ascensions are degrees from 0 to 360, not {text_of(first)}..{text_of(last)}")
    if last - first >= 360:
        return 0.0, 360.0
    return float(first % 360), 360.0 if last == 360 else float(last % 360)


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
    found = list(parse_targets(place, around))
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


def _place_and_radius(text: str) -> tuple[str, float]:
    """Return the place, and the radius [arcsec], in a text such as ``"307.86 39.94 1 deg"``."""
    words = text.replace(",", " ").split()
    for count in (2, 1):  # a number and its unit, or one word
        if len(words) > count + 1:
            last = words[-count:]
            if count == 2 and last[1][:1].isdigit():
                continue
            try:
                return " ".join(words[:-count]), arcseconds(float(last[0]) if _is_number(last) else " ".join(last))
            except QueryError:
                continue
    raise QueryError(f"{text!r} is no cone: give a place and a radius, e.g. ", EXAMPLE)


def _is_number(words: Sequence[str]) -> bool:
    return len(words) == 1 and words[0].replace(".", "", 1).isdigit()


def _one_to_four(what: str) -> Callable[[Any], Wholes]:
    def check(value: Any) -> Wholes:
        read = Wholes.of(value)
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
    _filter("tmag", _conditions_hold, "TESS magnitude of the star: <10, 6..10", _magnitudes, LISTS, metavar="MAG"),
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
