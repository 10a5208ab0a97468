"""The filter by the time of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.hooks.records import Filter
from tess_source.wording import Wording
from tess_source_ffi.times import STAMP, Times

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS"]


def _time_mask(products: Products, value: Times) -> pl.Expr:
    start = pl.col("start").cast(pl.String).str.to_datetime(STAMP, strict=False).dt.epoch("s")
    return value.holds(start, pl.col("exptime"))


def _any_may(observations: Observations, value: Times) -> pl.Expr:
    return pl.lit(True)


FILTERS = (
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
