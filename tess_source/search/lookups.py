"""Columns of products that plugins look up elsewhere, where a user or a filter asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tess_source._lazy import pl
from tess_source.clock import this_moment
from tess_source.errors import PluginError, QueryError
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings
from tess_source.tables.found import Found
from tess_source.tables.listing import Products
from tess_source.wording import keyword

__all__ = ["looked_up", "lookups_among", "lookups_for"]


def lookups_among(registry: Registry, words: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Return the keywords that switch look-ups on, and the other keywords.

    Raises
    ------
    QueryError
        If such a keyword is neither True nor False nor None.
    """
    given = {name: value for name, value in words.items() if name in registry.lookups}
    for name, value in given.items():
        if value is not None and not isinstance(value, bool):
            raise QueryError(keyword(name, value), ": give True, or leave it out")
    wanted = [name for name, value in given.items() if value]
    return wanted, {name: value for name, value in words.items() if name not in given}


def lookups_for(registry: Registry, products: Products, filters: Iterable[str]) -> list[str]:
    """Return the look-ups that give the columns that filters need and products lack."""
    needed = dict.fromkeys(column for name in filters for column in registry.filters[name].needs)
    missing = [column for column in needed if _is_unknown(products, column)]
    found = (
        next((name for name, one in registry.lookups.items() if column in one.columns), None) for column in missing
    )
    return list(dict.fromkeys(name for name in found if name))


def looked_up(registry: Registry, settings: Settings, found: Found, names: Iterable[str]) -> Found:
    """Return an answer whose products have the columns of look-ups. Values that they have already stay."""
    for name in names:
        lookup, products = registry.lookups[name], found.products
        if not any(_has_unknown(products, column) for column in lookup.columns):
            continue
        frame = registry.blame("lookup", name, lookup.find, products, found.observations, settings)
        if not isinstance(frame, pl.DataFrame) or frame.height != len(products):
            shape = frame.shape if isinstance(frame, pl.DataFrame) else type(frame).__name__
            owner = registry.owner("lookup", name)
            raise PluginError(f"plugin {owner!r}: its look-up {name!r} gave {shape} for {len(products)} products")
        found = found.replace(
            products=products.with_columns(**{column: _filled(products, frame, column) for column in lookup.columns}),
            record={
                **(found.record or {}),
                "lookups": {**(found.record or {}).get("lookups", {}), name: this_moment()},
            },
        )
    return found


def _is_unknown(products: Products, column: str) -> bool:
    """Return whether no product has a value in a column."""
    return column not in products.columns or products[column].null_count() == len(products)


def _has_unknown(products: Products, column: str) -> bool:
    return column not in products.columns or products[column].null_count() > 0


def _filled(products: Products, frame: pl.DataFrame, column: str) -> pl.Series:
    """Return the values of a column, from the products themselves where they have them."""
    return products[column].fill_null(frame[column]) if column in products.columns else frame[column]
