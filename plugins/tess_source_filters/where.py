"""astroquery's little language of conditions, on any column; the filter by size speaks it too, with units.

In it (`astroquery.mast.Observations.filter_products`), values of one column are alternatives, values with ``!`` are excluded whatever
else holds, and all columns must agree. Numbers may be written ``100``, ``100..200``, ``>=100``, ``<100``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, cast

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError, UnknownNameError
from tess_source.hooks.records import Filter
from tess_source.units import count_of_bytes
from tess_source.wording import Wording

from .values import Span, any_of, items, number, span

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = ["FILTERS", "Conditions", "Where"]

log: logging.Logger = logger(__name__)

MOST_PIXELS = 2136
"""A size up to it may be meant as the side of a cut-out: it is that of an image."""

SIZES = Wording(
    "lists do not tell sizes; `tess-source catalogue update --source cloud` brings those of SPOC's files; or ask archive='mast'",
    "lists do not tell sizes; `tess-source catalogue update --source cloud` brings those of SPOC's files; or use --archive mast",
)

CAOM_COLUMNS = (
    "obsID", "obs_collection", "dataproduct_type", "obs_id", "description", "type", "dataURI", "productType",
    "productGroupDescription", "productSubGroupDescription", "productDocumentationURL", "project", "prvversion", "proposal_id",
    "productFilename", "size", "parent_obsid", "dataRights", "calib_level", "filters",
)  # fmt: skip
"""MAST's own columns of a product table: an empty one may lack them."""
CATALOGUE = "catalogue"
TOLD = ("size", "etag", "proposal_id", "obsID", "parent_obsid", "tmag", "camera", "ccd", "ra", "dec")
"""Columns of the catalogue's products in which null means that a value is not known. In others, e.g. `run`, it means that there is none."""

_CONDITION = re.compile(r"\s*(\w+)\s*(!?=|(?=[<>]))(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions on numbers: one of those wanted, if any are, and none of those unwanted."""

    wanted: tuple[Span, ...]
    unwanted: tuple[Span, ...]

    @classmethod
    def of(cls, values: list[Any], read: Callable[[Any], float] = number) -> Conditions:
        """Read conditions.

        Raises
        ------
        ValueError, TypeError
            If one is not understood.
        """
        negative = [value for value in values if isinstance(value, str) and value.startswith("!")]
        positive = [value for value in values if not (isinstance(value, str) and value.startswith("!"))]
        return cls(
            tuple(dict.fromkeys(span(value, read) for value in positive)),
            tuple(dict.fromkeys(span(value[1:], read) for value in negative)),
        )

    def mask(self, column: pl.Expr) -> pl.Expr:
        """Return a mask of the numbers that meet them; null is neither wanted nor unwanted."""
        unwanted = ~any_of(part.holds(column) for part in self.unwanted)
        return any_of(part.holds(column) for part in self.wanted) & unwanted if self.wanted else unwanted

    def __str__(self) -> str:
        return ",".join([*map(str, self.wanted), *(f"!{part}" for part in self.unwanted)])


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on columns, all of which must hold."""

    columns: tuple[tuple[str, tuple[Any, ...]], ...]
    """Column → its values as they were given."""

    @classmethod
    def of(cls, value: Any) -> Where:
        """Read ``{column: value or values}``, or text such as ``"size=>=1000"``, or a list of such texts.

        Raises
        ------
        ValueError, TypeError
            If it is neither.
        """
        gathered: dict[str, list[Any]] = {}
        for column, condition in _column_conditions(value):
            if not isinstance(column, str):
                raise TypeError(f"{column!r} is not the name of a column")
            gathered.setdefault(column, []).extend(_condition_values(condition))
        return cls(tuple((column, tuple(values)) for column, values in gathered.items()))

    def __str__(self) -> str:
        return " ".join(f"{column}={value}" for column, values in self.columns for value in values)


def _column_conditions(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        if not value:
            raise ValueError("there is no condition in it")
        return list(value.items())
    return [_column_condition(said) for said in items(list(value) if isinstance(value, tuple) else value, split=False)]


def _column_condition(said: Any) -> tuple[str, str]:
    match = _CONDITION.fullmatch(said) if isinstance(said, str) else None
    if not match:
        examples = Wording("{column: value}, or text such as 'size=>=1000'", "e.g. 'size=>=1000'")
        raise QueryError(f"{said!r} is not a condition; give ", examples)
    if match[3].lstrip().startswith("="):
        right = f"{match[1]}{match[2]}{match[3].lstrip('= ')}"
        other = Wording(", or {column: value} for a value that begins so", "")
        raise QueryError(f"{said!r} has an = too many; write {right!r}", other)
    return match[1], ("!" if match[2] == "!=" else "") + match[3].strip()


def _condition_values(condition: Any) -> list[str | bool | float]:
    """Return the values of one column; True and False are values here, and a comma is part of the text."""
    condition = condition.tolist() if hasattr(condition, "tolist") else condition
    many = isinstance(condition, Iterable) and not isinstance(
        condition, str | bytes | tuple | range | Mapping | Iterator
    )
    given = cast("Iterable[Any]", condition if many else [condition])
    values: list[Any] = [value.item() if hasattr(value, "item") else value for value in given]
    if not values:
        raise ValueError("an empty list would keep nothing")
    if wrong := [value for value in values if not isinstance(value, str | bool | Real)]:
        raise TypeError(f"{wrong[0]!r} is no value; write a range as 'least..greatest', and several values as a list")
    return values


def _mask(products: Products, value: Where) -> pl.Expr:
    mask = pl.lit(True)
    for column, values in value.columns:
        mask &= _column_mask(products, column, list(values))
    return mask


def _column_mask(products: Products, column: str, values: list[Any]) -> pl.Expr:
    if column not in products.columns:
        may_lack = () if len(products) else (*CAOM_COLUMNS, *TOLD)
        if column in may_lack:
            return pl.lit(False)
        raise UnknownNameError("column", column, {*products.columns, *may_lack})
    _check_known(products, column)
    dtype = products[column].dtype
    if dtype.is_nested():
        raise QueryError(f"column {column!r} holds {dtype}, which cannot be compared with a value")
    if dtype.is_numeric():
        exact = pl.col(column).fill_nan(None) if dtype.is_float() else pl.col(column)
        return _conditions_on(column, Conditions.of, values).mask(exact)
    if dtype == pl.String:
        _check_text(products[column], values)
    return _text_mask(pl.col(column).cast(pl.String), values, fold=dtype == pl.Boolean)


def _check_known(products: Products, column: str) -> None:
    """Check that the catalogue's products have a value, where null means that it is not known: an empty answer would say something else."""
    if column not in TOLD or not len(products) or products[column].count():
        return
    if (products["archive"] == CATALOGUE).all(ignore_nulls=False):
        if column == "size":
            raise QueryError("the size of no file is known here: ", SIZES)
        raise QueryError(f"column {column!r} is not known of any of {text.number(len(products), 'product')}")


def _check_text(column: pl.Series, values: list[Any]) -> None:
    """Check that some text of the column is a number if a number is given: else it would match nothing."""
    words = column.drop_nulls().unique().sort()
    if not len(words):
        return
    for value in values:
        if isinstance(value, bool):
            alike = words.str.to_lowercase().is_in(["true", "false"])
        elif isinstance(value, Real):
            alike = words.cast(pl.Float64, strict=False).is_not_null()
        else:
            continue
        if not alike.any():
            raise QueryError(
                f"column {column.name!r} holds text ({text.first(map(repr, words), 5)}), and {value!r} is none"
            )


def _conditions_on(column: str, read: Callable[[list[Any]], Conditions], values: list[Any]) -> Conditions:
    """Return conditions on a column; an error names the column."""
    try:
        return read(values)
    except (ValueError, TypeError) as error:
        reason = error if isinstance(error, QueryError) else str(error)
        raise QueryError(f"column {column!r} holds numbers: ", reason) from error


def _text_mask(column: pl.Expr, values: list[Any], fold: bool) -> pl.Expr:
    """Return a mask of whole texts; numbers are compared as they are written, as astroquery does."""
    words = [str(value).lower() if fold else str(value) for value in values]
    wanted = [word for word in words if not word.startswith("!")]
    unwanted = [word[1:] for word in words if word.startswith("!")]
    mask = column.is_in(wanted).fill_null(False) if wanted else pl.lit(True)
    return mask & ~column.is_in(unwanted).fill_null(False) if unwanted else mask


def bytes_of(value: Any) -> int:
    """Return a size in bytes: see `tess_source.units.count_of_bytes`.

    Raises
    ------
    ValueError
        If it is not a size.
    """
    return count_of_bytes(value)


def _size_mask(products: Products, value: Conditions) -> pl.Expr:
    _check_known(products, "size")
    mask = value.mask(pl.col("size"))
    small = any(part.single and (part.least or 0) <= MOST_PIXELS for part in value.wanted)
    if small and len(products) and not products.mask(mask).any():
        log.warning(
            "no file has %s bytes; for the size of cut-outs in pixels, give kind='cutout' (--kind cutout) alone, or cutout_size",
            value,
        )
    return mask


FILTERS = (
    Filter(
        "size",
        _size_mask,
        "size of the file: <5MB, 1MB..50MB, 2039040 (bytes)",
        check=lambda value: Conditions.of(items(value), bytes_of),
        metavar="SIZE",
    ),
    Filter(
        "where",
        _mask,
        "condition on any column: productType=SCIENCE, size=1000..2000, 'calib_level=>=3', 'project=!QLP'",
        check=Where.of,
        multiple=True,
        metavar="COLUMN=VALUE",
    ),
)
