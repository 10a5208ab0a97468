"""The size of cut-outs: what users write, and what stands in names."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.targets.parse import arcseconds
from tess_source.units import plain_number
from tess_source.wording import Wording, keyword

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products

__all__ = ["DEFAULT", "SIZE", "checked_size", "in_name", "of_name"]

DEFAULT = (5, 5)
"""Rows and columns if no size is given, as in lightkurve."""
PIXEL = 21.0
"""Side of a pixel [arcsec], as TESScut counts."""
MOST = (2078, 2136)
"""Rows and columns of a whole image."""
EXAMPLES = Wording("10, or (rows, columns) such as (10, 15)", "10, or rows and columns such as 10,15")
IN_NAME = r"([0-9]+)(?:x|-x-)([0-9]+)"


def checked_size(value: Any) -> tuple[int, int]:
    """Return a size as rows and columns [pixel].

    Parameters
    ----------
    value : object
        A whole number, for a square, or rows and columns, in this order, as in lightkurve and astroquery. Text is read likewise, e.g.
        ``"10,15"``. A Quantity is in pixels or an angle, which is rounded up to whole pixels, as is text such as ``"5 arcmin"``.

    Raises
    ------
    QueryError
        If it is none of these, or larger than an image.
    """
    sides = tuple(map(_pixels, _sides(value)))
    if len(sides) not in {1, 2}:
        raise QueryError(f"{value!r} is no size of a cut-out: give ", EXAMPLES)
    rows, columns = sides * 2 if len(sides) == 1 else sides
    if rows > MOST[0] or columns > MOST[1]:
        raise QueryError(
            f"a cut-out of {rows} rows and {columns} columns is larger than an image, {MOST[0]} x {MOST[1]}"
        )
    return rows, columns


def _sides(value: Any) -> Sequence[Any]:
    """Return the sides of a size: one or two."""
    value = plain_number(value)
    if isinstance(value, list) and len(value) == 1:  # as an option gives it that may be repeated
        value = value[0]
    if isinstance(value, str):
        if re.fullmatch(rf"\s*{IN_NAME}\s*", value):  # in names columns come first
            raise QueryError(f"{value!r} does not say which number is that of the rows: give ", EXAMPLES)
        return value.split(",")
    if getattr(value, "shape", ()):
        return list(value)
    return value if isinstance(value, list | tuple) else [value]


def _pixels(side: Any) -> int:
    """Return one side [pixel]."""
    number = plain_number(_without_unit(side) if hasattr(side, "unit") else side)
    if isinstance(number, str):
        number = _of_text(number)
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number // 1 or number < 1:
        raise QueryError(f"{side!r} is no number of pixels from 1: give ", EXAMPLES)
    return int(number)


def _without_unit(side: Any) -> float:
    """Return a Quantity of pixels, or of an angle, as a number of pixels."""
    try:
        if str(side.unit) == "pix":
            return float(side.value)
        return _pixels_of_angle(float(side.to_value("arcsec")))
    except (ValueError, TypeError, OverflowError) as error:  # astropy's UnitConversionError is both
        raise QueryError(f"{side!r} is neither pixels nor an angle: give ", EXAMPLES) from error


def _of_text(text: str) -> float | str:
    """Return text as a number of pixels, if it is one, or an angle with a unit; else as it is."""
    if re.fullmatch(r"\s*[0-9]{1,5}(\.0*)?\s*", text):
        return float(text)
    return _pixels_of_angle(arcseconds(text)) if re.fullmatch(r"\s*[0-9.]+\s*[A-Za-z]+\s*", text) else text


def _pixels_of_angle(arcsec: float) -> float:
    """Return an angle [arcsec] as whole pixels, rounded up."""
    return float(math.ceil(round(arcsec / PIXEL, 6)))


def in_name(size: tuple[int, int]) -> str:
    """Return rows and columns as they stand in names: columns first."""
    rows, columns = size
    return f"{columns}x{rows}"


def of_name(text: str) -> tuple[int, int] | None:
    """Return the rows and columns that a name says, in any of its styles; None if they are not in pixels."""
    found = re.fullmatch(IN_NAME, text)
    return (int(found[2]), int(found[1])) if found else None


def _keep(products: Products, value: tuple[int, int]) -> pl.Expr:
    """Return a mask of the cut-outs of one size, and of all that is no cut-out.

    Raises
    ------
    QueryError
        If there is no cut-out at all.
    """
    is_cut = pl.col("kind") == "cutout"
    if len(products) and not products.mask(is_cut).any():
        raise QueryError(
            keyword(SIZE.name), " is for cut-outs, and there are none here: ask for them by ", keyword("kind", "cutout")
        )
    rows, columns = value
    return ~is_cut.fill_null(False) | pl.col("filename").str.contains(rf"_{columns}(?:x|-x-){rows}_astrocut\.fits$")


def _any_may(observations: Observations, value: tuple[int, int]) -> pl.Expr:
    """Tell that any observation may hold products that stay."""
    return pl.lit(True)


SIZE = Filter(
    "cutout_size",
    _keep,
    "rows and columns of cut-outs [pixel]: 10, or 10,15; 5 if not given. With --kind cutout, --size means the same",
    check=checked_size,
    metavar="PIXELS",
    holds=_any_may,
    shapes=True,
)
