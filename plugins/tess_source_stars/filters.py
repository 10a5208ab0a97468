"""Filters by what a star is. Their values come from the TESS Input Catalog (TIC), unless the products have them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl, whole
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.wording import Wording
from tess_source_filters.values import Span, any_of, items, number, span

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Products
    from tess_source.targets.target import Query

__all__ = ["FILTERS", "MEASURES", "Measure", "Spans", "reasons"]

_RANGE = re.compile(r"\s*(?P<sign>>=|<=|>|<)?\s*(?P<first>.*?)\s*(?:\.\.\s*(?P<last>.+?)\s*)?", re.DOTALL)
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_WITH_UNIT = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>[^\W\d_].*?|%)?\s*", re.DOTALL)
_THOUSANDS = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
_WITH_DASH = re.compile(
    rf"\s*(?P<first>{_NUMBER}(?![0-9.]|[eE][+-]?[0-9])\s*[^\W\d_]*)\s*[-–—]\s*(?P<last>{_NUMBER}\s*(?:[^\W\d_].*|%)?)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Spans:
    """Ranges of a number that are wanted: any of these."""

    ranges: tuple[Span, ...]

    def __str__(self) -> str:
        """Return the text that the filter reads, without the unit."""
        return ",".join(map(str, self.ranges))


def _read(value: Any, unit: str, example: str) -> float:
    """Return one number in a unit, given as a number in it, as text with or without a unit, or as an astropy Quantity."""
    quantity: Any = value
    if isinstance(value, str) and (match := _WITH_UNIT.fullmatch(value)) and match["unit"]:
        quantity = _quantity(match["number"], match["unit"], unit)
    try:
        return float(number(quantity.to_value(unit) if hasattr(quantity, "to_value") else quantity))
    except (ValueError, TypeError) as error:  # astropy's UnitConversionError is a TypeError
        given = f"give numbers in {_SHOWN.get(unit, unit)}, or " if unit else "give "
        raise QueryError(f"{error}; {given}e.g. ", Wording(f"{example!r}", example)) from error


def _quantity(amount: str, given: str, unit: str) -> Any:
    whole("astropy")
    from astropy import units

    try:
        read = units.Unit(unit if given == "dex" and unit.startswith("dex") else _UNITS.get(given, given))
        if getattr(read, "scale", 1) != 1:  # astropy reads "4000 K" as a unit
            raise ValueError(given)
    except (TypeError, ValueError) as error:
        raise QueryError(f"{given!r} is not a unit; give e.g. {amount} {_SHOWN.get(unit, unit)}".rstrip()) from error
    return float(amount) * read


_UNITS = {"R☉": "solRad", "M☉": "solMass", "Rsun": "solRad", "Msun": "solMass"}
"""Units as people write them, and astropy does not."""
_SHOWN = {"solRad": "R☉", "solMass": "M☉", "dex(cm / s2)": "log10 of cm/s²", "mas / yr": "mas/yr"}
"""Units of astropy as people read them."""


def _same_unit(value: Any) -> Any:
    """Return a range as text with dots and with the unit at both ends, if it is only at the last: ``0.1..0.2 kpc``, ``3000-4000 K``."""
    if isinstance(value, str) and (match := _WITH_DASH.fullmatch(value)):
        value = f"{match['first']}..{match['last']}"
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)) and match["last"]:
        first, last = (_WITH_UNIT.fullmatch(match[end]) for end in ("first", "last"))
        if first and last and last["unit"] and not first["unit"]:
            return f"{match['first']} {last['unit']}..{match['last']}"
    return value


def _check_commas(value: Any) -> None:
    """Raise an error if text has a comma between thousands: ``3,500`` would be the list of 3 and 500.

    Raises
    ------
    QueryError
    """
    for text in (value,) if isinstance(value, str) else value if isinstance(value, list | set) else ():
        if isinstance(text, str) and (match := _THOUSANDS.search(text)):
            meant, listed = match[0].replace(",", ""), match[0].replace(",", ", ")
            raise QueryError(
                f"{text!r}: numbers have no comma between thousands; give {meant}, or {listed!r} for several numbers"
            )


def _checked(value: Any, unit: str, example: str) -> Spans:
    if getattr(value, "shape", ()) == (2,) and hasattr(value, "to_value"):
        value = tuple(value)  # two numbers with a unit are the ends of a range
    _check_commas(value)
    read = partial(_read, unit=unit, example=example)
    return Spans(tuple(span(_same_unit(item), read) for item in items(value)))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a filter is about: a value of the TIC."""

    name: str
    """Of the filter."""
    columns: tuple[str, ...]
    """The column, or the two parts of a vector, whose length is the value."""
    unit: str
    what: str
    example: str

    def value(self) -> pl.Expr:
        """Return the value as an expression of the columns."""
        first, *others = map(pl.col, self.columns)
        return (first.pow(2) + others[0].pow(2)).sqrt() if others else first

    @property
    def shown(self) -> str:
        """The unit as people read it."""
        return _SHOWN.get(self.unit, self.unit)


MEASURES = (
    Measure("teff", ("teff",), "K", "effective temperature", "3000..4000"),
    Measure("star_radius", ("radius",), "solRad", "radius of the star", "<0.6"),
    Measure("mass", ("mass",), "solMass", "mass of the star", "0.1..0.5"),
    Measure("logg", ("logg",), "dex(cm / s2)", "surface gravity", ">=4"),
    Measure("distance", ("distance",), "pc", "distance", "<50"),
    Measure("contamination", ("contamination",), "", "contamination by other stars", "<0.1"),
    Measure("pm", ("pmra", "pmdec"), "mas / yr", "proper motion", ">200"),
)


def _mask(products: Products, value: Spans, *, measure: Measure) -> pl.Expr:
    """Return the mask of products whose stars have a value in a range."""
    if not len(products):
        return pl.lit(True)
    has_columns = {*measure.columns} <= {*products.columns}
    known = products.to_polars().select(value=measure.value()) if has_columns else None
    if known is None or known["value"].null_count() == known.height:
        name, what = measure.name, measure.what
        raise QueryError(f"filter {name!r}: the {what} is not known of any star of this answer; leave the filter out")
    return any_of(one.holds(measure.value()) for one in value.ranges)


def _filter(measure: Measure) -> Filter:
    unit = f" [{measure.shown}]" if measure.unit else ""
    return Filter(
        measure.name,
        partial(_mask, measure=measure),
        f"{measure.what}{unit} in the TIC: {measure.example}",
        check=partial(_checked, unit=measure.unit, example=measure.example),
        multiple=True,
        metavar="RANGE",
        needs=measure.columns,
    )


FILTERS = tuple(map(_filter, MEASURES))


def reasons(query: Query, settings: Settings) -> dict[str, str]:
    """Return what the TIC says of stars that the filters of a query drop, as far as it is remembered: ``str(target)`` → one line."""
    from tess_source_stars.remembered import Remembered

    stars = {target.tic: str(target) for target in query.targets if target.tic is not None}
    wanted = [(one, query.filters[one.name]) for one in MEASURES if one.name in query.filters]
    if not stars or not wanted:
        return {}
    known = Remembered(settings).stars.filter(pl.col("tic").is_in([*stars]))
    said: dict[str, list[str]] = {}
    for measure, value in wanted:
        is_in = any_of(one.holds(measure.value()) for one in value.ranges)
        for tic, found in known.filter(~is_in.fill_null(value=False)).select("tic", measure.value()).iter_rows():
            words = "not known" if found is None else f"{found:g} {measure.shown}".rstrip()
            said.setdefault(stars[tic], []).append(f"{measure.name} {words}")
    return {star: f"the TIC says: {', '.join(parts)}" for star, parts in said.items()}
