"""Columns of products that plugins look up elsewhere, where a user or a filter asks for them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.clock import this_moment
from tess_source.display import activity, text
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, PluginError, QueryError
from tess_source.hooks.registry import Registry
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.settings import Settings
from tess_source.tables.found import Found
from tess_source.tables.listing import Products
from tess_source.wording import Wording, keyword, only_option

if TYPE_CHECKING:
    from tess_source.hooks.records import Filter

__all__ = ["looked_up", "lookups_among", "warn_of_gaps", "with_needed"]

log: logging.Logger = logger(__name__)


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


def with_needed(registry: Registry, settings: Settings, found: Found, filters: Iterable[str]) -> Found:
    """Return an answer whose products have the columns that filters need, looked up where none of a group has a value.

    A group are the products of one archive, pipeline and sector. A list that nobody fetched leaves a group without values; what a list or a
    look-up does not know of one star is a single gap, and a filter drops it: see `warn_of_gaps`.

    Raises
    ------
    QueryError
        If a group has no values, and nothing that is installed looks them up.
    """
    names = [name for name in filters if registry.filters[name].needs]
    needed = dict.fromkeys(column for name in names for column in registry.filters[name].needs)
    if not len(found):
        nulls = {name: pl.lit(None, pl.Float64) for name in needed if name not in found.products.columns}
        return found.replace(products=found.products.with_columns(**nulls))
    for column in needed:
        if not len(unknown := _groups_without(found.products, column)):
            continue
        looking = next((name for name, one in registry.lookups.items() if column in one.columns), None)
        if looking is None:
            filter_ = next(registry.filters[name] for name in names if column in registry.filters[name].needs)
            raise QueryError(*_unknown_in_words(filter_, column, unknown))
        try:
            found = looked_up(registry, settings, found, [looking], column)
        except (OfflineError, QueryError) as error:
            if not (others := _others_in_words(column, unknown, found.products)):
                raise
            if isinstance(error, QueryError):
                raise QueryError(error, "; ", *others) from error
            reason = [error.reason, "; "] if error.reason else []
            raise OfflineError(error.missing, QueryError(*reason, *others)) from error
    return found


def looked_up(
    registry: Registry, settings: Settings, found: Found, names: Iterable[str], column: str | None = None
) -> Found:
    """Return an answer whose products have the columns of look-ups. Values that they have already stay.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    found : Found
    names : iterable of str
    column : str, optional
        The column that is needed: only products without a value in it are looked up. If others have one, no new columns are added, in
        which theirs would be null though nobody asked for them. None: those that lack any value.
    """
    for name in names:
        lookup, done = registry.lookups[name], (found.record or {}).get("lookups", {})
        if name in done and {*lookup.columns} <= {*found.products.columns}:
            continue
        lacking, said = _lacking(found.products, [column] if column else [*lookup.columns]), {"time": this_moment()}
        if lacking.any():
            asked = found.products.where(lacking)
            frame = _found_by(registry, settings, name, found, asked)
            if not lacking.all():
                frame = frame.select(one for one in frame.columns if one in found.products.columns)
            products = _filled(found.products, lacking, frame)
            found = found.replace(products=products)
            source = lookup.source and str(registry.blame("lookup", name, lookup.source, asked, settings))
            said |= {"source": source} if source else {}
        found = found.replace(record={**(found.record or {}), "lookups": {**done, name: said}})
    return found


def _found_by(registry: Registry, settings: Settings, name: str, found: Found, asked: Products) -> pl.DataFrame:
    """Return the columns of a look-up for the products that lack them."""
    lookup = registry.lookups[name]
    activity.step(f"looking up {name} of {text.number(len(asked), 'product')}")
    frame = registry.blame("lookup", name, lookup.find, asked, found.observations, settings)
    shape = frame.shape if isinstance(frame, pl.DataFrame) else type(frame).__name__
    owner = registry.owner("lookup", name)
    if not isinstance(frame, pl.DataFrame) or frame.height != len(asked):
        raise PluginError(f"plugin {owner!r}: its look-up {name!r} gave {shape} for {len(asked)} products")
    if missing := [column for column in lookup.columns if column not in frame.columns]:
        raise PluginError(f"plugin {owner!r}: its look-up {name!r} gave no column {missing[0]!r}")
    return frame.select(*lookup.columns)


def _lacking(products: Products, columns: Sequence[str]) -> pl.Series:
    """Return the mask of products without a value in one of some columns."""
    if not {*columns} <= {*products.columns}:
        return products.mask(True)
    return products.mask(pl.any_horizontal(pl.col(column).is_null() for column in columns))


def _filled(products: Products, lacking: pl.Series, frame: pl.DataFrame) -> Products:
    """Return products with the values that were looked up for some of them; those that they have already stay."""
    rows = products.to_polars().with_row_index("__row")
    found = frame.with_columns(__row=rows["__row"].filter(lacking))
    joined = rows.join(found, on="__row", how="left", suffix="__found", maintain_order="left")
    both = [name for name in frame.columns if name in products.columns]
    filled = [pl.coalesce(name, f"{name}__found").alias(name) for name in both]
    return Products(joined.with_columns(filled).drop("__row", *(f"{name}__found" for name in both)))


def _groups_without(products: Products, column: str) -> pl.DataFrame:
    """Return the groups of products in which a column has no value: pipeline, sector and number of products."""
    frame = products.to_polars()
    known = pl.col(column).is_not_null() if column in frame.columns else pl.lit(False)
    groups = frame.group_by("archive", "pipeline", "last_sector").agg(
        known.any().alias("known"), pl.len().alias("rows")
    )
    return groups.filter(~pl.col("known")).sort("pipeline", "last_sector")


def _others_in_words(column: str, unknown: pl.DataFrame, products: Products) -> list[str | Wording]:
    """Return what is said if a look-up fails: that some pipelines need none. Nothing if all do."""
    others = {*products["pipeline"].drop_nulls()} - {*unknown["pipeline"]}
    if not others:
        return []
    pipelines = keyword("pipeline", ",".join(sorted(others)))
    return [f"{column!r} is to be looked up of {_where(unknown)}, and not with ", pipelines]


def _unknown_in_words(record: Filter, column: str, unknown: pl.DataFrame) -> list[str | Wording]:
    """Return the parts of the message of a column that is not known."""
    said = f"{column!r} is not known for {_where(unknown)}"
    beginning = f"filter {record.name!r} needs a column: {said}; "
    return [only_option(record.name), beginning, record.advice or "leave it out"]


def _where(unknown: pl.DataFrame) -> str:
    """Return groups of products in words: how many there are, of which pipelines and sectors."""
    rows = int(unknown["rows"].sum())
    sectors: dict[str, list[int]] = {}
    for pipeline, sector in unknown.select("pipeline", "last_sector").rows():
        sectors.setdefault(pipeline or "unknown pipelines", []).append(sector)
    where = [
        f"{pipeline} in {sectors_in_words(text_of_sectors(known))}"
        if (known := [one for one in numbers if one is not None])
        else pipeline
        for pipeline, numbers in sectors.items()
    ]
    return f"{text.number(rows, 'product')} of {text.first(where, text.FEW)}"


def warn_of_gaps(registry: Registry, products: Products, filters: Iterable[str]) -> None:
    """Log which of products filters drop because a value that they need is not known: one warning per filter."""
    answers = {column for lookup in registry.lookups.values() if lookup.may_be_null for column in lookup.columns}
    for name in filters:
        needs = [column for column in registry.filters[name].needs if column not in answers]
        lacking = _lacking(products, needs) if needs else pl.Series(dtype=pl.Boolean)
        if gaps := int(lacking.sum()):
            tics = products["tic"]
            dropped, stars = (one.drop_nulls().n_unique() for one in (tics.filter(lacking), tics))
            of_stars = f" ({dropped:,} of {text.number(stars, 'star')})" if dropped else ""
            of, what = text.number(len(products), "product"), " or ".join(needs)
            log.warning("filter %r drops %s of %s%s: %s is not known", name, f"{gaps:,}", of, of_stars, what)
