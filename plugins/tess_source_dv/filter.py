"""The filter ``dv``: which of several data-validation sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.errors import UnknownNameError
from tess_source.hooks.records import Filter
from tess_source.names.sectors import sectors_of_text
from tess_source.tables.among import among
from tess_source_dv.sets.choice import CHOICES, widest
from tess_source_dv.sets.columns import described
from tess_source_dv.sets.members import members, sets_among

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = ["FILTERS"]


def _checked_choice(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"give one of {', '.join(CHOICES)}")
    if value.lower() not in CHOICES:
        raise UnknownNameError("choice of DV sets", value, CHOICES)
    return value.lower()


def _mask(products: Products, value: str) -> pl.Expr | pl.Series:
    """Return a mask of the products to keep; products outside of all sets stay."""
    if value == "all":
        return pl.lit(True)
    if "superseded_by" not in products.columns:
        products = described(products)
    if value == "current":
        return products.to_polars().select(pl.col("superseded_by").is_null()).to_series()
    return _widest_mask(products)


def _widest_mask(products: Products) -> pl.Series:
    """Return a mask of the products of the widest set of each target and pipeline; products outside of all sets stay."""
    frame = products.to_polars()
    words = frame["dv_sectors"].drop_nulls().unique()
    counts = pl.Series([len(sectors_of_text(text)) for text in words], dtype=pl.Int32)
    count = frame["dv_sectors"].replace_strict(words, counts, default=0, return_dtype=pl.Int32)
    said = frame.select("uri", sector_count=count).unique("uri").rechunk()
    dv = members(products).join(said, on="uri", how="left", maintain_order="left")
    sets = sets_among(dv).join(
        dv.select("set", "sector_count").unique("set").rechunk(), on="set", how="left", maintain_order="left"
    )
    return frame["dv_set"].is_null() | frame["dv_set"].is_in(among(widest(sets)))


FILTERS = (
    Filter(
        "dv",
        _mask,
        "data-validation sets: current (not superseded), widest (one per star: the most sectors), all; other products stay",
        check=_checked_choice,
        metavar="WHICH",
        choices=lambda: CHOICES,
        last=1,
    ),
)
