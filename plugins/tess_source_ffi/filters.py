"""Filters by the CCD, and by the time of an image."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.wording import Wording
from tess_source_ffi.times import STAMP, Times
from tess_source_filters.whole import Wholes

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS"]

log: logging.Logger = logger(__name__)


def _checked_number(value: Any) -> Wholes:
    """Check numbers of cameras or CCDs.

    Raises
    ------
    QueryError
        If one is not from 1 to 4.
    """
    try:
        found = Wholes.of(list(value) if isinstance(value, tuple) else value)
    except QueryError as error:
        raise QueryError("give one or more of the numbers 1 to 4") from error
    numbers = found.numbers(4)
    if not numbers or not {*numbers} <= {1, 2, 3, 4}:
        raise QueryError(f"{found} is not among the numbers 1 to 4")
    return found


def _mask_of(column: str) -> Callable[[Products, Wholes], pl.Series]:
    def keep(products: Products, value: Wholes) -> pl.Series:
        number = names.columns(products["filename"])[column]
        if column in products.columns:
            number = products[column].cast(pl.Int32).zip_with(products[column].is_not_null(), number)
        if unknown := number.null_count():
            log.warning("the %s of %s is not known: they are left out", column, text.number(unknown, "product"))
        return products.mask(value.meets(pl.lit(number), pl.lit(number)))

    return keep


def _holds(column: str) -> Callable[[Observations, Wholes], pl.Expr]:
    def holds(observations: Observations, value: Wholes) -> pl.Expr:
        if column not in observations.columns:
            return pl.lit(True)
        return value.meets(pl.col(column), pl.col(column)) | pl.col(column).is_null()

    return holds


def _time_mask(products: Products, value: Times) -> pl.Expr:
    start = pl.col("start").cast(pl.String).str.to_datetime(STAMP, strict=False).dt.epoch("s")
    return value.holds(start, pl.col("exptime"))


def _any_may(observations: Observations, value: Times) -> pl.Expr:
    return pl.lit(True)


def _chip_filter(column: str, help_: str) -> Filter:
    return Filter(
        column, _mask_of(column), help_, check=_checked_number, multiple=True, metavar="1-4", holds=_holds(column)
    )


FILTERS = (
    _chip_filter("camera", "cameras, of files whose name tells it"),
    _chip_filter("ccd", "CCDs of a camera, of files whose name tells it"),
    Filter(
        "time",
        _time_mask,
        "when images were exposed (UTC): 2022-09-02T18:00, or start: 2022-09-02..2022-09-03",
        check=Times.of,
        multiple=True,
        metavar="TIME",
        holds=_any_may,
        needs=("start",),
        advice=Wording(
            "only SPOC's full-frame images have a time in their names: add kind='ffi', or choose by cadence number, e.g. "
            "where='cadence>=152000'",
            "only SPOC's full-frame images have a time in their names: add --kind ffi, or choose by cadence number, e.g. "
            "--where 'cadence>=152000'",
        ),
    ),
)
