"""Why targets have nothing: what plugins know of them, and how far the nearest observed star is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tess_source.cache.memory import Memory
from tess_source.display.visible import logger
from tess_source.errors import TessSourceError
from tess_source.hooks.registry import Registry
from tess_source.search.archives import archives_asked, are_local, is_for_kinds
from tess_source.search.narrowing import may_hold
from tess_source.search.nearby import nearest_observed, places_without
from tess_source.search.resolving import criteria_of_filters
from tess_source.settings import Settings
from tess_source.tables.found import Found
from tess_source.tables.listing import Observations
from tess_source.targets.target import Query

__all__ = ["reasons_for", "with_reasons"]

log: logging.Logger = logger(__name__)


def with_reasons(registry: Registry, settings: Settings, found: Found) -> Found:
    """Return an answer with why its targets have nothing of the sectors that were asked for, if filters left none of its products."""
    query = found.query
    if len(found) or not len(found.observations) or not query.targets:
        return found
    known = (found.record or {}).get("reasons", {})
    reasons = {**_of_plugins(registry, settings, query, found.observations), **known}
    return found.replace(record={**(found.record or {}), "reasons": reasons}) if reasons else found


def reasons_for(
    registry: Registry,
    settings: Settings,
    query: Query,
    observations: Observations,
    find: Callable[[Query], Observations] | None = None,
) -> dict[str, str]:
    """Return why targets have no observations, as far as it is known: target → one line.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    query : Query
    observations : Observations
        Those of the answer.
    find : callable, optional
        Asks the archives a query: then it is also said how far the nearest star is from places without observations.
    """
    tics = {target.tic for target in query.targets if target.tic is not None}
    known: dict[str, str] = {}
    if not len(observations) or (tics and tics.difference(observations["tic"].unique().to_list())):
        known = _of_plugins(registry, settings, query, observations)
    return _together([{} if find is None else _nearest(registry, settings, query, observations, find), known])


def _nearest(
    registry: Registry,
    settings: Settings,
    query: Query,
    observations: Observations,
    find: Callable[[Query], Observations],
) -> dict[str, str]:
    """Return how far the nearest star is from places without observations: place → one line. Without an answer, there is no line."""
    of_kinds = all(is_for_kinds(registry, name) for name in archives_asked(registry, settings, query))
    places = [] if of_kinds else places_without(query, observations)
    if not places or (Memory(settings, registry).offline and not are_local(registry, settings, query)):
        return {}
    try:
        return nearest_observed(query, places, find, lambda seen: may_hold(registry, seen, query))
    except (TessSourceError, OSError) as error:
        log.info("it is not known which star is nearest: %s", error)
        return {}


def _of_plugins(registry: Registry, settings: Settings, query: Query, observations: Observations) -> dict[str, str]:
    """Return what plugins know: target → one line."""
    query = replace(query, criteria={**criteria_of_filters(registry, query.filters), **query.criteria})
    answers = registry.call("tess_reasons", query=query, observations=observations, settings=settings)
    return _together(reversed(answers))


def _together(parts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what several say of each target, in one line."""
    said: dict[str, list[str]] = {}
    for part in parts:
        for target, reason in part.items():
            said.setdefault(target, []).append(reason)
    return {target: "; ".join(reasons) for target, reasons in said.items()}
