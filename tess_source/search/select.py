"""Selection of products by filters, with a ledger of what each filter dropped."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import takewhile
from operator import and_
from typing import Any

from tess_source._lazy import pl
from tess_source.display.records import RecordTuple
from tess_source.display.visible import logger
from tess_source.errors import QueryError, UnknownNameError
from tess_source.hooks.registry import Registry
from tess_source.search.lookups import looked_up, lookups_among, warn_of_gaps, with_needed
from tess_source.settings import Settings
from tess_source.tables.found import Drop, Found
from tess_source.tables.listing import Products
from tess_source.targets.recorded import plain
from tess_source.wording import Wording, keyword, only_option

__all__ = ["begin", "checked", "checked_value", "filters_among", "in_words", "mask_of", "meant", "select", "wanted"]

log: logging.Logger = logger(__name__)


def filters_among(registry: Registry, words: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keywords that are filters, and the others, which are columns of the archive."""
    filters = {name: value for name, value in words.items() if name in registry.filters}
    return filters, {name: value for name, value in words.items() if name not in filters}


def spelled(registry: Registry, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords by the names of the filters for which they are other words: ``author`` is `pipeline`. See `Filter.also`."""
    own = {*registry.filters, *registry.lookups}
    return _renamed(words, {word: name for word, name in registry.words.items() if word not in own})


def meant(registry: Registry, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords by the names of the filters that they mean, where all is of kinds for which they mean others: see `StandIn.words`."""
    words = spelled(registry, words)
    asked: set[str] = set()
    for name, value in words.items():
        if value is not None and name in registry.filters and registry.filters[name].kinds:
            asked.update(getattr(checked_value(registry, name, value), "wanted", ()))
    others: dict[str, str] = {}
    for stand_in in registry.stand_ins.values():
        if asked and asked <= {*stand_in.kinds}:
            others.update(stand_in.words)
    return _renamed(words, others)


def _renamed(words: Mapping[str, Any], others: Mapping[str, str]) -> dict[str, Any]:
    if twice := [name for name in others if name in words and others[name] in words]:
        raise QueryError(keyword(twice[0]), " and ", keyword(others[twice[0]]), " mean the same here: give one of them")
    return {others.get(name, name): value for name, value in words.items()}


def wanted(registry: Registry, filters: Mapping[str, Any], applied: Container[str] = ()) -> dict[str, Any]:
    """Return filters, with defaults that are not applied yet, without filters that are switched off."""
    defaults = {name: f.default for name, f in registry.filters.items() if f.default is not None}
    given = {**{name: value for name, value in defaults.items() if name not in applied}, **filters}
    return {name: value for name, value in given.items() if value is not None}


def checked(registry: Registry, filters: Mapping[str, Any], applied: Container[str] = ()) -> dict[str, Any]:
    """Return the checked values of filters, and of defaults that are not applied yet.

    Raises
    ------
    QueryError
        If a filter cannot take a value; the message says which values it takes.
    """
    return {name: checked_value(registry, name, value) for name, value in wanted(registry, filters, applied).items()}


def checked_value(registry: Registry, name: str, value: Any) -> Any:
    """Return the checked value of one filter.

    Raises
    ------
    QueryError
        If the filter cannot take it.
    """
    record = registry.filters[name]
    try:
        return record.check(value, tuple(registry.kinds)) if record.kinds else record.check(value)
    except UnknownNameError:
        raise
    except (ValueError, TypeError, OverflowError) as error:  # int(inf)
        reason = error if isinstance(error, QueryError) else str(error)
        taken = Wording(repr(value), repr(in_words(value)))
        raise QueryError(only_option(name), f"filter {name!r} cannot take ", taken, ": ", reason) from error


def select(
    registry: Registry, settings: Settings, found: Found, words: Mapping[str, Any], begun: Sequence[str] = ()
) -> Found:
    """Select products: by masks first (their order does not matter), then by choices among the products that are left.

    Masks that need columns which may have to be looked up come after the other masks, so that less is looked up. They see the products
    that those have left. What was asked for itself, as ``stars=True``, is looked up last, for what is left in the end.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    found : Found
    words : mapping
        Name of a filter → its value, or of a look-up → whether it is wanted.
    begun : sequence of str
        The filters that were applied to parts of the products: see `begin`. Their lines end the ledger.

    Raises
    ------
    UnknownNameError
        If a filter does not exist.
    QueryError
        If a filter cannot take a value. If the column that it needs is not known.
    """
    lookups, filters = lookups_among(registry, spelled(registry, words))
    for name in filters:
        if name not in registry.filters:
            raise UnknownNameError("filter", name, [*registry.filters, *registry.lookups])
    before = len(found.drops) - len(begun)
    given = wanted(registry, filters, applied={drop.filter for drop in found.drops[:before]})
    values = {name: checked_value(registry, name, value) for name, value in given.items()}
    for step in _steps(registry, found.products, [name for name in values if name not in begun]):
        whole = with_needed(registry, settings, found, step)
        found = _masked(registry, whole, {name: values[name] for name in step})
        warn_of_gaps(registry, whole.products, step)
    found = looked_up(registry, settings, found, lookups)
    return found.replace(drops=_with_given_values(found.drops, before, given))


def begin(registry: Registry, found: Found, words: Mapping[str, Any]) -> Found:
    """Apply the masks that can be applied to parts of an answer, as the first ones of `select`: those that tell of each product alone."""
    _, filters = lookups_among(registry, spelled(registry, words))
    values = checked(registry, filters, applied={drop.filter for drop in found.drops})
    masks = (name for name in sorted(values) if not (registry.filters[name].last or registry.filters[name].needs))
    first = takewhile(lambda name: registry.filters[name].warn is None, masks)  # a warning is about all products
    return _masked(registry, found, {name: values[name] for name in first})


def _steps(registry: Registry, products: Products, names: Iterable[str]) -> list[list[str]]:
    """Return filters in the order in which they are applied.

    These are masks, masks that need columns which the products have, masks whose columns have to be looked up, and each choice alone.
    """
    masks = sorted(name for name in names if not registry.filters[name].last)
    choices = sorted(set(names) - set(masks), key=lambda name: (registry.filters[name].last, name))
    plain = [name for name in masks if not registry.filters[name].needs]
    needing = [name for name in masks if registry.filters[name].needs]
    needed = {column for name in needing for column in registry.filters[name].needs} & {*products.columns}
    here = {name for name in needed if products[name].null_count() < len(products)}
    ready = [name for name in needing if {*registry.filters[name].needs} <= here]
    others = [name for name in needing if name not in ready]
    return [step for step in (plain, ready, others, *([name] for name in choices)) if step]


def _masked(registry: Registry, found: Found, filters: Mapping[str, Any]) -> Found:
    """Return the products kept by masks. Each mask is computed from the same table, so their order does not matter."""
    products, drops = found.products, list(found.drops)
    masks = {name: mask_of(registry, name, products, value) for name, value in filters.items()}
    keep = products.mask(True)
    for name, mask in masks.items():
        before, keep = int(keep.sum()), keep & mask
        kept = int(keep.sum())
        drop = Drop(name, in_words(filters[name]), registry.owner("filter", name), kept, before - kept)
        log.info("%s", drop)
        drops.append(drop)
        if (warn := registry.filters[name].warn) is not None:
            others = [other for one, other in masks.items() if one != name]
            registry.blame("filter", name, warn, products.where(reduce(and_, others, ~mask)), filters[name])
    return found.replace(products=products.where(keep) if masks else products, drops=tuple(drops))


def mask_of(registry: Registry, name: str, products: Products, value: Any) -> pl.Series:
    """Return the mask of one filter: one boolean per product."""
    if (
        not len(products) and registry.filters[name].needs
    ):  # nothing was looked up, so the types of its columns are not known
        return products.mask(pl.lit(True))
    mask = registry.blame("filter", name, registry.filters[name].keep, products, value)
    series: pl.Series = registry.blame("filter", name, products.mask, mask)
    return series


def _with_given_values(drops: Sequence[Drop], before: int, given: Mapping[str, Any]) -> tuple[Drop, ...]:
    """Return the ledger with the given value and a common step number on each new line, so that a selection can be repeated."""
    step = 1 + max((drop.step for drop in drops[:before]), default=0)
    new = (replace(drop, asked=plain(given[drop.filter]), step=step) for drop in drops[before:])
    return RecordTuple((*drops[:before], *new), "filter")


def in_words(value: Any) -> str:
    """Return a filter's value as you would write it on the command line."""
    if isinstance(value, range):
        value = list(value)
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        return _comma_separated(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _comma_separated(values: Iterable[Any]) -> str:
    return ",".join(map(in_words, values))
