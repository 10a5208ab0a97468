"""A link: from each light curve at 20 s to that at 120 s of the same star and sector, to compare them."""

from __future__ import annotations

import polars as pl

from tess_source import Links, Observations, Products, hookimpl

SAME = ["tic", "first_sector", "pipeline"]


@hookimpl
def tess_link(products: Products) -> Links | None:
    """Relate them by their URIs."""
    rows = products.to_polars().filter(pl.col("first_sector") == pl.col("last_sector"))
    fast = rows.filter(pl.col("kind") == "fast-lc").select(*SAME, subject="uri")
    slow = rows.filter(pl.col("kind") == "lc").select(*SAME, object="uri")
    both = fast.join(slow, on=SAME).select("subject", "object", kind=pl.lit("also-at-120s"))
    return Links.of(both) if both.height else None


@hookimpl
def tess_relates(observations: Observations) -> pl.Expr:
    """Tell that these observations are needed together, even if a filter keeps one of them only."""
    return pl.col("kind").is_in(["target", "fast"])
