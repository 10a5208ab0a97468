"""Selection of the observations to list: those whose products filters would all drop are skipped, with the same result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.hooks.registry import Registry
from tess_source.search.archives import is_for_kinds
from tess_source.search.select import mask_of
from tess_source.tables.among import among
from tess_source.tables.listing import Observations, Products
from tess_source.targets.target import Query

__all__ = ["Listing", "Wanted", "count_unlisted_images", "listed", "may_hold"]

log: logging.Logger = logger(__name__)

FEWEST_STARS = 4
"""Least number of stars that are listed at a time, where a choice keeps few products."""


@dataclass(frozen=True)
class Listing:
    """Products, and the observations that were listed for them."""

    products: Products
    listed: pl.Series
    """Whether each observation was listed: one boolean per observation."""


@dataclass(frozen=True)
class Wanted:
    """The observations whose products may be in the answer to a question.

    An observation is skipped if a filter would drop all its products, and no plugin needs it for links or columns.
    """

    worth: pl.Series
    """Whether each observation has to be listed."""
    masks: Sequence[str]
    """The filters that are masks."""
    most: int | None
    """The most products that are kept, the first ones of the table; None if all have to be known."""

    @classmethod
    def of(cls, registry: Registry, observations: Observations, query: Query) -> Wanted:
        """Return what has to be listed for a query. The query has the checked values of all filters."""
        everything = observations.mask(True)
        masks = [name for name in query.filters if not registry.filters[name].last]
        if not (query.filters and all(registry.filters[name].holds for name in masks)):
            return cls(everything, masks, None)
        needed = _needed(registry, observations)
        if needed is None:
            return cls(everything, masks, None)
        worth = needed | _may_hold(registry, observations, query, masks)
        lacking = any(registry.filters[name].needs for name in masks)  # what is kept is known after look-ups
        return cls(worth, masks, None if lacking else _most_products(registry, query))

    def is_in(self, registry: Registry, observations: Observations, listing: Listing, query: Query) -> bool:
        """Return whether an earlier listing of the same observations is enough."""
        missing = self.worth & ~listing.listed
        if not missing.any():
            return True
        if self.most is None:
            return False
        tics = observations["tic"]
        first = tics.filter(missing).min()
        before = Products(listing.products.to_polars().filter(pl.col("tic") < first)) if first is not None else None
        return before is not None and _count_kept(registry, before, query, self.masks) >= self.most


def listed(
    registry: Registry, observations: Observations, query: Query, ask: Callable[[Observations], Products]
) -> Listing:
    """Return the products that may be kept.

    If a filter keeps only the first few products, stars are listed in order until there are enough products.

    Parameters
    ----------
    registry : Registry
    observations : Observations
        The observations that the archives found.
    query : Query
        The question, with the checked values of all filters.
    ask : callable
        Returns the products of observations.
    """
    wanted = Wanted.of(registry, observations, query)
    if wanted.most is None:
        return Listing(ask(observations.where(wanted.worth)), wanted.worth)
    parts: list[Products] = []
    seen, kept = observations.mask(False), 0
    for stars in _masks_of_stars(observations, max(wanted.most, FEWEST_STARS)):
        parts.append(ask(observations.where(stars & wanted.worth)))
        seen |= stars & wanted.worth
        kept += _count_kept(registry, parts[-1], query, wanted.masks)
        if kept >= wanted.most:
            break
    log.info("%d of %d observations were listed", int(seen.sum()), len(observations))
    return Listing(Products.stack(parts).sort(), seen)


def count_unlisted_images(registry: Registry, seen: Observations, products: Products) -> int:
    """Return the number of observations of full-frame images whose products an archive does not list, since there are thousands of each."""
    if not (seen["kind"] == "ffi").any():
        return 0
    listing = [name for name in registry.stand_ins if is_for_kinds(registry, name)]
    images = seen.where((pl.col("kind") == "ffi") & ~pl.col("archive").is_in(listing))
    return len(images) - len(images.having(products)) if len(images) else 0


def _count_kept(registry: Registry, products: Products, query: Query, masks: Sequence[str]) -> int:
    """Return how many products are kept."""
    keep = products.mask(True)
    for name in masks:
        keep &= mask_of(registry, name, products, query.filters[name])
    return len(products.where(keep).unique())


def may_hold(registry: Registry, observations: Observations, query: Query) -> pl.Series:
    """Return the mask of observations that may have products which the filters of a question keep, as far as observations tell."""
    masks = [name for name in query.filters if registry.filters[name].holds and not registry.filters[name].last]
    return _may_hold(registry, observations, query, masks)


def _may_hold(registry: Registry, observations: Observations, query: Query, masks: Sequence[str]) -> pl.Series:
    """Return the mask of observations that may have products to keep; null means "may"."""
    worth = observations.mask(True)
    for name in masks:
        holds = registry.filters[name].holds
        assert holds is not None
        found = registry.blame("filter", name, holds, observations, query.filters[name])
        worth &= observations.mask(found.fill_null(value=True) if isinstance(found, pl.Expr | pl.Series) else found)
    return worth


def _needed(registry: Registry, observations: Observations) -> pl.Series | None:
    """Return the mask of observations that plugins need for links and columns; None if one of them does not say."""
    makers = {*registry.implementing("tess_link"), *(registry.owner("column", name) for name in registry.columns)}
    if makers - set(registry.implementing("tess_relates")):
        return None
    needed = observations.mask(False)
    for mask in registry.call("tess_relates", observations=observations):
        needed |= observations.mask(mask)
    return needed


def _most_products(registry: Registry, query: Query) -> int | None:
    """Return the most products that are kept, if there is only one choice and it has a limit; else None."""
    choices = [name for name in query.filters if registry.filters[name].last]
    count = registry.filters[choices[0]].most if len(choices) == 1 else None
    return None if count is None else count(query.filters[choices[0]])


def _masks_of_stars(observations: Observations, first: int) -> Iterator[pl.Series]:
    """Yield masks of the observations of the next stars, of more stars each time. Observations without a TIC id come last."""
    tics = observations["tic"]
    stars = tics.unique().sort(nulls_last=True)
    begin, count = 0, first
    while begin < len(stars):
        wanted = stars[begin : begin + count]
        mask = tics.is_in(among(wanted.drop_nulls())).fill_null(value=False)
        yield mask | tics.is_null() if wanted.null_count() else mask
        begin, count = begin + count, count * 4
