"""Questions to archives: for observations, products, counts and descriptions of columns, and to plugins for links."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from tess_source.cache.answers import Answer
from tess_source.cache.memory import Memory, Recalled
from tess_source.clock import this_moment
from tess_source.display import activity
from tess_source.display.records import Records
from tess_source.display.text import number
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, UnknownNameError
from tess_source.hooks.records import Field
from tess_source.hooks.registry import Registry
from tess_source.search.archives import archives_asked, archives_of, are_local, is_for_kinds, is_local, stand_ins_of
from tess_source.search.by_stars import found_by_stars, is_large
from tess_source.search.declined import check_answers, naming_archive, no_plugin
from tess_source.search.keys import known_observations
from tess_source.search.narrowing import Listing, Wanted, count_unlisted_images, listed
from tess_source.search.reasons import reasons_for
from tess_source.search.resolving import criteria_of_filters
from tess_source.search.select import begin, select
from tess_source.search.versions import versions
from tess_source.settings import Settings
from tess_source.tables.convert import frame_of_uris, to_frame
from tess_source.tables.found import Found
from tess_source.tables.ledger import observations_in_words
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.nearest import Taken, stars_taken, taken_in_words
from tess_source.tables.typical_sizes import in_words
from tess_source.targets.recorded import question as recorded
from tess_source.targets.target import Query
from tess_source.wording import Wording, keyword

__all__ = [
    "FIELD_TABLES", "answer", "count", "fields", "found_of", "linked", "listing_of", "observations_by", "observations_of", "observed",
    "observed_as", "prepared", "products", "products_of", "provenance", "record_of",
]  # fmt: skip

log: logging.Logger = logger(__name__)

FIELD_TABLES = ("observations", "products")
ARGUMENTS = (Wording("targets", "TARGET"), *map(keyword, ("radius", "archive", "refresh", "wildcards", "missing")))
"""Arguments of searches beside filters and criteria, to suggest for misspelt ones."""


def answer(
    registry: Registry,
    settings: Settings,
    query: Query,
    *,
    refresh: bool = False,
    words: Mapping[str, Any] | None = None,
) -> Found:
    """Ask the archives a question, list and link the products, and select those that filters keep, if `words` are given.

    A recent answer to the same question is taken from the cache folder, unless `refresh` is set. Offline, stand-ins of archives are asked
    if the cache folder has no answer.

    Raises
    ------
    ServiceError
        If an archive fails.
    OfflineError
        If no connection may be opened, and neither the cache folder nor a stand-in has an answer.
    """
    query, recalled = _recalled(registry, settings, query, refresh=refresh)
    seen = recalled.answer.observations
    taken = stars_taken(query.targets, seen)
    if recalled.from_store and (meant := taken_in_words(taken, query.targets, seen)):
        log.warning("%s", meant)
    record = {**record_of(registry, settings, query, seen, taken), "time": recalled.answer.time}
    find = None if recalled.from_store else partial(observations_of, registry, settings)
    if reasons := reasons_for(registry, settings, query, seen, find):
        record["reasons"] = reasons

    unlisted: list[int] = []

    def part(seen: Observations, listed: Products) -> Found:
        found = Found(listed.unique(), seen, Links.empty(), query, record=record, from_store=recalled.from_store)
        unlisted.append(count_unlisted_images(registry, seen, listed))
        return linked(registry, settings, found)

    def begun(seen: Observations) -> Found:
        found = part(seen, listing_of(registry, settings, query, seen).products)
        return found if words is None else begin(registry, found, words)

    is_apart = _is_apart(registry, settings, query, seen)
    found = found_by_stars(seen, begun) if is_apart else part(seen, recalled.answer.products)
    if sum(unlisted):
        record["unlisted"] = sum(unlisted)
    return found if words is None else select(registry, settings, found, words, [drop.filter for drop in found.drops])


def _recalled(registry: Registry, settings: Settings, query: Query, *, refresh: bool) -> tuple[Query, Recalled]:
    """Return the answer to a question, and the question as it was put: offline, to stand-ins if the cache folder has no answer.

    The products of an answer that is put together of parts are not listed yet.
    """
    memory, asked = Memory(settings, registry), query
    query = prepared(registry, settings, asked)

    def fresh(query: Query) -> Answer:
        seen = observations_of(registry, settings, query)
        if _is_apart(registry, settings, query, seen):
            return memory.answer(seen, Products.empty(), seen.mask(True))
        found = listing_of(registry, settings, query, seen)
        return memory.answer(seen, found.products, found.listed)

    def serves(kept: Answer) -> bool:
        wanted = Wanted.of(registry, kept.observations, query)
        return wanted.is_in(registry, kept.observations, Listing(kept.products, kept.listed), query)

    try:
        return query, memory.ask(query, fresh, serves, refresh=refresh)
    except OfflineError as error:
        asked = replace(
            asked, archives=stand_ins_of(registry, archives_asked(registry, settings, asked), named=asked.named)
        )
        if not asked.archives:
            raise
        query = prepared(registry, settings, asked)
        return query, memory.without_network(query, fresh, error)


def _is_apart(registry: Registry, settings: Settings, query: Query, seen: Observations) -> bool:
    """Return whether an answer is put together of parts: see `tess_source.search.by_stars`."""
    return is_large(registry, seen, query) and are_local(registry, settings, query)


def observed(registry: Registry, settings: Settings, query: Query, *, refresh: bool = False) -> Found:
    """Return the observations of a question, without listing products. The answers of all archives are stacked and sorted.

    Raises
    ------
    OfflineError
        If no connection may be opened, and neither the cache folder nor a stand-in has an answer to the whole question.
    """
    if Memory(settings, registry).offline and not are_local(registry, settings, query):
        return answer(registry, settings, query, refresh=refresh)
    query = prepared(registry, settings, query)
    return observed_as(registry, settings, query, observations_of(registry, settings, query))


def observed_as(registry: Registry, settings: Settings, query: Query, seen: Observations) -> Found:
    """Return observations as the answer to a prepared query, without products."""
    record = {**record_of(registry, settings, query, seen, stars_taken(query.targets, seen)), "listed": False}
    if reasons := reasons_for(registry, settings, query, seen):
        record["reasons"] = reasons
    return Found(Products.empty(), seen, Links.empty(), query, record=record)


def count(registry: Registry, settings: Settings, query: Query, *, refresh: bool = False) -> int:
    """Return the number of observations that a question would find, without fetching them."""
    if Memory(settings, registry).offline and not are_local(registry, settings, query):
        return len(answer(registry, settings, query, refresh=refresh).observations)
    query = prepared(registry, settings, query)
    query = replace(query, archives=archives_asked(registry, settings, query))
    answers = {name: _count_by(registry, settings, query, name) for name in query.archives}
    check_answers(registry, query, [name for name, number in answers.items() if number is None], "count")
    return sum(number or 0 for number in answers.values())


def _count_by(registry: Registry, settings: Settings, query: Query, archive: str) -> int | None:
    """Return the number of observations of one archive; None if it does not answer such questions."""
    if archive not in registry.implementing("tess_count") and not is_for_kinds(registry, archive):
        seen = observations_by(registry, settings, query, archive)
        return None if seen is None else len(seen)
    caller = registry.among("tess_count", (archive,))
    activity.step(f"asking {archive} for the number of {observations_in_words(query)}")
    with _suggesting_filters(registry), naming_archive(query, archive):
        answers = registry.call("tess_count", caller, query=query, settings=settings)
    return int(sum(answers)) if answers else None


def products(
    registry: Registry,
    settings: Settings,
    table: Any,
    archive: str | Sequence[str] | None = None,
    *,
    large: bool = False,
) -> Products:
    """Return the products of observations, given as a table of any library, one row of it, or by obs_id or obsid alone.

    The archives that are named are asked; else those of the settings and those that the rows are from.
    """
    archives = archives_of(registry, settings, archive)

    def observations_by(column: str, values: list[str]) -> Observations:
        return observations_of(registry, settings, Query((), {column: values}, archives=archives, large=large))

    seen = known_observations(table, observations_by)
    if archive is None:
        rows = set(seen["archive"].unique().drop_nulls())
        archives = tuple(name for name in registry.archives() if name in {*archives, *rows})
    memory = Memory(settings, registry)
    if memory.offline and not (archives := tuple(name for name in archives if name in registry.stand_ins)):
        memory.need_network("products, but as part of a search")
    return products_of(registry, settings, seen, Query(archives=archives, large=large)).unique()


def found_of(registry: Registry, settings: Settings, table: Any, *, large: bool = False) -> Found:
    """Return products from elsewhere as a `Found`: a table, rows or URIs; or a table of observations, whose products are listed."""
    query, seen = Query(), Observations.empty()
    table = list(table) if isinstance(table, Iterator) else table
    frame = frame_of_uris(table)
    frame = to_frame(table) if frame is None else frame
    if {"obs_id", "obsid"} & {*frame.columns} and not {"uri", "dataURI"} & {*frame.columns}:
        seen = Observations.of(frame)
        given = products(registry, settings, seen, large=large)
        log.warning(
            "%s: all their products are meant, %s (%s)",
            *(number(len(seen), "observation"), number(len(given), "file"), in_words(given.to_polars())),
        )
    else:
        given = (Products.of(frame) if frame.width else Products.empty()).unique()
    record = record_of(registry, settings, query, seen)
    return linked(registry, settings, Found(given, seen, Links.empty(), query, record=record))


def fields(registry: Registry, settings: Settings, what: str = "observations") -> list[Field]:
    """Return the archives' own description of the columns of a table.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    what : str
        ``"observations"`` or ``"products"``.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    """
    if what not in FIELD_TABLES:
        raise UnknownNameError("table", what, FIELD_TABLES)
    memory, archives = Memory(settings, registry), archives_of(registry, settings)
    if memory.offline and not all(is_local(registry, name) for name in archives):
        archives = tuple(name for name in stand_ins_of(registry, archives) if is_local(registry, name))
        if not archives:
            memory.need_network(f"the description of the columns of {what}")
    caller = registry.among("tess_fields", archives)
    activity.step(f"asking {', '.join(archives)} for the columns of {what}")
    answers = registry.call("tess_fields", caller, what=what, settings=settings)
    if not answers:
        raise no_plugin("describe tables")
    return Records((field for answer in answers for field in answer), "column")


# -- hooks --


def prepared(registry: Registry, settings: Settings, query: Query) -> Query:
    """Return a query with the criteria that its archives add, unless it has them already, as from a lock.

    What filters ask for counts like criteria: ``kind="ffi"`` excludes a default that leaves out images.
    """
    if query.defaults is not None:
        return query
    caller = registry.among("tess_defaults", archives_asked(registry, settings, query))
    criteria = {**criteria_of_filters(registry, query.filters), **query.criteria}
    with _suggesting_filters(registry):
        answers = registry.call("tess_defaults", caller, query=replace(query, criteria=criteria), settings=settings)
    added = {name: value for part in reversed(answers) for name, value in part.items()}
    return replace(query, defaults=added) if answers else query


def observations_of(registry: Registry, settings: Settings, query: Query) -> Observations:
    """Return the observations of a prepared query from its archives, stacked and sorted."""
    query = replace(query, archives=archives_asked(registry, settings, query))
    answers = {name: observations_by(registry, settings, query, name) for name in query.archives}
    check_answers(registry, query, [name for name, answer in answers.items() if answer is None], "query")
    return Observations.stack(answer for answer in answers.values() if answer is not None).sort()


def observations_by(registry: Registry, settings: Settings, query: Query, archive: str) -> Observations | None:
    """Return the observations of a prepared query from one of its archives; None if it does not answer such questions."""
    caller = registry.among("tess_query", (archive,))
    activity.step(f"asking {archive} for {observations_in_words(query)}")
    with _suggesting_filters(registry), naming_archive(query, archive):
        answers = registry.call("tess_query", caller, query=query, settings=settings)
    return Observations.stack(map(Observations.of, answers)) if answers else None


def listing_of(registry: Registry, settings: Settings, query: Query, seen: Observations) -> Listing:
    """Return the products of observations that the filters of a query may keep."""
    return listed(registry, seen, query, lambda part: products_of(registry, settings, part, query))


def products_of(registry: Registry, settings: Settings, seen: Observations, query: Query) -> Products:
    """Return products. A file that belongs to two observations is there twice."""
    if not len(seen):
        return Products.empty()
    caller = registry.among("tess_list", archives_asked(registry, settings, query))
    activity.step(f"listing the products of {number(len(seen), 'observation')}")
    answers = registry.call("tess_list", caller, observations=seen, query=query, settings=settings)
    return Products.stack(map(Products.of, answers)).sort()


def linked(registry: Registry, settings: Settings, found: Found) -> Found:
    """Return a found with the links of its products, and with the columns that plugins compute from them."""
    links, table = Links.empty(), found.products
    if len(table):
        activity.step(f"relating {number(len(table), 'product')}")
        links = Links.stack(map(Links.of, registry.call("tess_link", products=table, settings=settings)))
    for name, column in registry.columns.items():
        table = table.with_columns(**{name: registry.blame("column", name, column.compute, table, links)})
    return found.replace(products=table, links=links)


def provenance(registry: Registry, settings: Settings, query: Query, seen: Observations) -> dict[str, Any]:
    """Return of what the answers of archives are made: archive → plain values. Archives that are asked just now are left out."""
    found: dict[str, Any] = {}
    for name in archives_asked(registry, settings, query):
        caller = registry.among("tess_provenance", (name,))
        for said in registry.call("tess_provenance", caller, query=query, observations=seen, settings=settings):
            found[name] = dict(said)
    return found


@contextmanager
def _suggesting_filters(registry: Registry) -> Iterator[None]:
    """Add the names of filters to the suggestions for an unknown criterion: you need not know which is which."""
    try:
        yield
    except UnknownNameError as error:
        ours: list[str | Wording] = [*map(keyword, [*registry.filters, *registry.lookups]), *ARGUMENTS]
        raise UnknownNameError(error.what, error.name, [*ours, *error.choices]) from error


def record_of(
    registry: Registry, settings: Settings, query: Query, seen: Observations, taken: Sequence[Taken] = ()
) -> dict[str, Any]:
    """Return a record of how an answer was obtained, in plain values."""
    nearest = {"nearest": [star.record() for star in taken]} if taken else {}
    made_of = provenance(registry, settings, query, seen)
    return {
        **nearest,
        **({"provenance": made_of} if made_of else {}),
        "question": recorded(query),
        "server": settings.server_name,
        "archives": list(archives_asked(registry, settings, query)),
        "time": this_moment(),
        "versions": versions(),
        "plugins": {name: plugin.version for name, plugin in registry.ready.items()},
    }
