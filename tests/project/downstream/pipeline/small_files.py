"""A plugin: a filter by size, and a method of what was found."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tess_source import Accessor, Filter, Found, Products, hookimpl


def _keep(products: Products, most: int) -> pl.Expr:
    return pl.col("size") <= most


def small(found: Found, most: int = 10_000) -> Found:
    """Keep small files."""
    return found.select(small=most)


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare the filter ``small``."""
    return (Filter("small", _keep, "files of no more bytes than this", check=int, parse=int, metavar="BYTES"),)


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare ``found.small()``."""
    return (Accessor("small", small, "small files"),)
