"""Large answers from this machine: they are listed, linked and filtered some stars at a time, and put together.

The result is the same, since links, columns and masks stay within one star. Memory holds the answer and one part in work. It does not hold
everything that filters drop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from tess_source._lazy import pl
from tess_source.hooks.registry import Registry
from tess_source.search.narrowing import Wanted
from tess_source.tables.found import Drop, Found
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.rows import joined, thrifty, with_texts_once
from tess_source.targets.target import Query
from tess_source.threads import in_order

__all__ = ["found_by_stars", "is_large"]

LARGE = 100_000
"""Observations from which an answer is put together of parts."""
PART = 50_000
"""Observations in one part, about: as many as whole stars have."""
AT_ONCE = 2
"""Parts that are made at the same time: operations on tables leave cores idle in turn."""


def is_large(registry: Registry, seen: Observations, query: Query) -> bool:
    """Return whether an answer is so large that it should be put together of parts; not if a filter keeps the first few files only."""
    return len(seen) > LARGE and Wanted.of(registry, seen, query).most is None


def found_by_stars(seen: Observations, found: Callable[[Observations], Found]) -> Found:
    """Return the answer about sorted observations, put together of the answers about some stars at a time.

    Parameters
    ----------
    seen : Observations
        In order of their stars.
    found : callable
        Returns the answer about some of them. It is called by two threads.
    """

    def slim(some: Observations) -> Found:
        part = found(some)
        links = Links(with_texts_once(part.links.to_polars(), "reason"))
        return replace(part, products=Products(thrifty(part.products.to_polars())), links=links)

    products, links, drops, one = [], [], [], None
    for one in in_order(slim, list(_some_stars(seen)), AT_ONCE):
        products.append(one.products)
        links.append(one.links)
        drops.append(one.drops)
    assert one is not None
    whole = replace(one, observations=Observations(thrifty(seen.to_polars())), drops=tuple(_sums(drops)))
    return replace(whole, products=joined(products), links=joined(links))


def _some_stars(seen: Observations) -> Iterator[Observations]:
    """Yield sorted observations in parts of whole stars; those without a TIC id are together."""
    tics = seen["tic"]
    first_rows = pl.arg_where(tics.ne_missing(tics.shift()), eager=True)
    wanted = pl.Series(range(PART, len(seen), PART), dtype=first_rows.dtype)
    ends = first_rows.gather(first_rows.search_sorted(wanted).clip(0, len(first_rows) - 1)).unique().sort().to_list()
    frame = seen.to_polars()
    for begin, end in zip([0, *ends], [*ends, len(seen)], strict=True):
        if begin < end:
            yield Observations(frame[begin:end])


def _sums(ledgers: Iterable[tuple[Drop, ...]]) -> Iterator[Drop]:
    """Yield the lines of ledgers of the same filters, with the sums of their numbers."""
    for lines in zip(*ledgers, strict=True):
        yield replace(lines[0], kept=sum(line.kept for line in lines), dropped=sum(line.dropped for line in lines))
