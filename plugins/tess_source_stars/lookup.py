"""The TIC's values as columns of products, for which the archive of the observations need not be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.hooks.records import Lookup
from tess_source.tables.among import among
from tess_source_stars.columns import BY_NAME, COLUMNS

if TYPE_CHECKING:
    from tess_source.settings import Settings
    from tess_source.tables.listing import Observations, Products

__all__ = ["STARS"]

COLUMN_NAMES = tuple(column.name for column in COLUMNS if column.name not in {"object_type", "duplicate_of", "version"})
"""Columns of products; `found.stars()` has them all, with their errors."""


def _find(products: Products, observations: Observations, settings: Settings) -> pl.DataFrame:
    """Return the values of the star of each product; nulls for products of no single star."""
    from tess_source_stars.tic import Tic

    tics = products.to_polars().select("tic")
    stars = Tic(settings).stars(tics["tic"].drop_nulls().unique(maintain_order=True).to_list())
    return tics.join(stars, on="tic", how="left", maintain_order="left").select(COLUMN_NAMES)


def _source(products: Products, settings: Settings) -> str:
    """Return when MAST was asked for the values of these products' stars; nothing if they are not remembered."""
    from tess_source_stars.remembered import Remembered

    asked = Remembered(settings).stars.filter(pl.col("tic").is_in(among(products["tic"])))
    first, last = asked.select(first=pl.col("asked").min(), last=pl.col("asked").max()).row(0)
    return (
        ""
        if first is None
        else f"TIC of MAST, asked {first}"
        if first == last
        else f"TIC of MAST, asked {first} to {last}"
    )


STARS = Lookup(
    "stars",
    {name: BY_NAME[name].told for name in COLUMN_NAMES},
    _find,
    "Add what the TESS Input Catalog knows of each star: tmag, teff, radius, mass, distance and others.",
    source=_source,
)
