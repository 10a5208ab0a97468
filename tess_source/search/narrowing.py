"""Which observations need not be listed, because filters would drop all that they hold; the answer is the same as if all were listed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.hooks.registry import Registry
from tess_source.search.select import mask_of
from tess_source.tables.listing import Observations, Products
from tess_source.targets.target import Query

__all__ = ["Narrowed", "listed"]

log: logging.Logger = logging.getLogger(__name__)

FEWEST_STARS = 4
"""Stars that are listed at a time at least, where a choice keeps few products."""


@dataclass(frozen=True)
class Narrowed:
    """Products, and how many observations were listed for them."""

    products: Products
    observations: int


def listed(
    registry: Registry, observations: Observations, query: Query, ask: Callable[[Observations], Products]
) -> Narrowed:
    """List the products that may stay.

    An observation is passed over if a filter says that it holds nothing that stays, and no plugin needs it for links or columns. If a
    filter keeps only the first few products, stars are listed in order until there are enough.

    Parameters
    ----------
    registry : Registry
    observations : Observations
        What the archives found.
    query : Query
        With the checked values of all filters.
    ask : callable
        Lists the products of observations.
    """
    masks = [name for name in query.filters if not registry.filters[name].last]
    if not (query.filters and all(registry.filters[name].holds for name in masks)):
        return Narrowed(ask(observations), len(observations))
    needed = _needed(registry, observations)
    if needed is None:
        return Narrowed(ask(observations), len(observations))
    worth = needed | _may_hold(registry, observations, query, masks)
    most = _most(registry, query)
    if most is None:
        part = observations.where(worth)
        return Narrowed(ask(part), len(part))
    return _first(registry, observations.where(worth), query, masks, most, ask)


def _may_hold(registry: Registry, observations: Observations, query: Query, masks: list[str]) -> pl.Series:
    """Return which observations may hold products that stay; null means "may"."""
    worth = observations.mask(pl.lit(True))
    for name in masks:
        holds = registry.filters[name].holds
        assert holds is not None
        found = registry.blame("filter", name, holds, observations, query.filters[name])
        worth &= observations.mask(found.fill_null(value=True) if isinstance(found, pl.Expr | pl.Series) else found)
    return worth


def _needed(registry: Registry, observations: Observations) -> pl.Series | None:
    """Return which observations plugins need for links and columns; None if one of them does not tell."""
    makers = {*registry.implementing("tess_link"), *(registry.owner("column", name) for name in registry.columns)}
    if makers - set(registry.implementing("tess_relates")):
        return None
    needed = observations.mask(pl.lit(False))
    for mask in registry.call("tess_relates", observations=observations):
        needed |= observations.mask(mask)
    return needed


def _most(registry: Registry, query: Query) -> int | None:
    """Return after how many products nothing more is kept, if the only choice among those asked for tells."""
    choices = [name for name in query.filters if registry.filters[name].last]
    count = registry.filters[choices[0]].most if len(choices) == 1 else None
    return None if count is None else count(query.filters[choices[0]])


def _first(
    registry: Registry,
    observations: Observations,
    query: Query,
    masks: list[str],
    most: int,
    ask: Callable[[Observations], Products],
) -> Narrowed:
    """List star by star, in the order of the table, until there are enough products that stay."""
    parts: list[Products] = []
    kept = seen = 0
    for part in _stars(observations, max(most, FEWEST_STARS)):
        products = ask(part)
        parts.append(products)
        seen += len(part)
        keep = products.mask(pl.lit(True))
        for name in masks:
            keep &= mask_of(registry, name, products, query.filters[name])
        kept += int(products.where(keep).unique().to_polars().height)
        if kept >= most:
            break
    log.info("%d of %d observations were listed: they hold the first %d products", seen, len(observations), most)
    return Narrowed(Products.stack(parts).sort(), seen)


def _stars(observations: Observations, first: int) -> Iterator[Observations]:
    """Cut observations into parts of whole stars, each larger than the one before. Those without a TIC id stay together, at the end."""
    frame = observations.to_polars()
    stars = frame["tic"].unique().sort(nulls_last=True)
    begin, count = 0, first
    while begin < len(stars):
        wanted = stars[begin : begin + count]
        mask = frame["tic"].is_in(wanted.drop_nulls().implode())
        yield observations.where(mask | frame["tic"].is_null() if wanted.null_count() else mask)
        begin, count = begin + count, count * 4
