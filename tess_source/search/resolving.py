"""Questions to archives from targets as users give them: names are resolved."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.registry import Registry
from tess_source.names.elsewhere import ELSEWHERE
from tess_source.search.archives import archives_of, is_local
from tess_source.search.lookups import lookups_among
from tess_source.search.resolved import resolved
from tess_source.search.select import checked, checked_value, filters_among, meant
from tess_source.settings import Settings
from tess_source.targets.parse import (
    Parsed,
    arcseconds,
    check_missing,
    gaps_in_words,
    targets_and_gaps,
)
from tess_source.targets.target import ObservationKey, Query
from tess_source.units import check_flags, plain_list
from tess_source.wording import criterion, keyword, only_option

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = [
    "criteria_of_filters",
    "question",
    "question_and_choice",
    "question_for_archives",
    "question_of_observations",
]

log: logging.Logger = logger(__name__)


def question(
    registry: Registry,
    settings: Settings,
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    criteria: Mapping[str, Any] | None = None,
    filters: Mapping[str, Any] | None = None,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
) -> Query:
    """Return a question with resolved names. Without targets, filters add their criteria for the archive.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    targets : object, optional
        See `tess_source.targets.parse.parse_targets`.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec].
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    criteria : mapping, optional
        Column of the archive's observation table → value.
    filters : mapping, optional
        Name of a filter → its checked value.
    archive : str or list of str, optional
        Names of the archives that are asked.
    refresh : bool
        Whether to look up names even if the cache folder has them.
    missing : str
        ``"raise"``: rows without a target are an error. ``"skip"``: they are passed over, and counted in the question.
    large : bool
        Whether the answer may be larger than archives give without being told so.

    Raises
    ------
    QueryError
        If there is neither a target nor a criterion, a radius is given for a TIC id, or stars and observations are given together.
    ResolverError
        If no resolver knows a name.
    """
    check_flags(wildcards=wildcards, refresh=refresh, large=large)
    criteria, filters = _plain_criteria(criteria or {}), dict(filters or {})
    asked = archives_of(registry, settings, archive)
    cone = None if radius is None else arcseconds(radius)
    targets = _targets_of_filters(registry, filters) if targets is None else targets
    parsed, gaps = _parsed_and_gaps(targets, cone, missing)
    criteria |= _observation_criteria(parsed, criteria)
    stars = [target for target in parsed if not isinstance(target, ObservationKey)]
    found = tuple(dict.fromkeys(resolved(registry, settings, stars, cone, refresh)))
    if radius is not None and parsed and all(target.radius is None for target in found):
        what = f"{found[0]} is one star" if found else "an obs_id is one observation"
        raise QueryError(f"a radius is for names and coordinates: {what}; give its coordinates for a cone")
    if not found:
        criteria = {**criteria_of_filters(registry, filters), **criteria}
    named = archive is not None or settings.archive is not None
    query = Query(found, criteria, bool(wildcards), filters, asked, gaps=gaps, large=bool(large), named=named)
    if not named:
        query = _routed_by_kind(registry, query)
        query = query if refresh else _routed(registry, settings, query)
    everything = not found and all(value is None for value in criteria.values())
    if everything and not all(is_local(registry, name) for name in query.archives):
        raise QueryError(
            "nothing was asked for: give a target, or e.g. ", keyword("sector", 14), ", or a criterion such as ",
            criterion("proposal_id", "G06062"),
        )  # fmt: skip
    return query


def _routed_by_kind(registry: Registry, query: Query) -> Query:
    """Return a question with the archives that it goes to: a stand-in for all products of some kinds answers in place of its archive."""
    wanted = _kinds_wanted(registry, query.filters)
    special = {name: wanted & {*stand_in.kinds} for name, stand_in in registry.stand_ins.items()}
    asked = tuple(
        name for name, kinds in special.items() if kinds and registry.stand_ins[name].archive in query.archives
    )
    others = wanted.difference(*(special[name] for name in asked))
    if unlisted := sorted(others & {*ELSEWHERE}):
        raise QueryError(
            f"no archive lists files of kind {unlisted[0]!r} among its products: {ELSEWHERE[unlisted[0]]}; an archive that has them is "
            "asked if you name it"
        )
    replaced = set() if others else {registry.stand_ins[name].archive for name in asked}
    return replace(query, archives=(*(name for name in query.archives if name not in replaced), *asked))


def _kinds_wanted(registry: Registry, filters: Mapping[str, Any]) -> set[str]:
    """Return the kinds of products that filters name."""
    by_kind = (value for name, value in filters.items() if registry.filters[name].kinds)
    return {kind for value in by_kind for kind in getattr(value, "wanted", ())}


def _routed(registry: Registry, settings: Settings, query: Query) -> Query:
    """Return a question without targets with the archives that it goes to: stand-ins in place of their archives, where they cover it."""
    if query.targets:
        return query
    covering = {
        stand_in.archive: name
        for name, stand_in in registry.stand_ins.items()
        if stand_in.covers and registry.blame("stand-in", name, stand_in.covers, query, settings)
    }
    return replace(query, archives=tuple(covering.get(name, name) for name in query.archives))


def criteria_of_filters(registry: Registry, filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the criteria with which an archive can be asked for what filters keep.

    Parameters
    ----------
    registry : Registry
    filters : mapping
        Name of a filter → its checked value.
    """
    made: dict[str, Any] = {}
    for name, value in filters.items():
        make = registry.filters[name].criteria if name in registry.filters else None
        made = {**(dict(make(value)) if make else {}), **made}
    return made


def _targets_of_filters(registry: Registry, filters: Mapping[str, Any]) -> list[str] | None:
    """Return the targets that the values of filters name, for a question without targets; None if they name none.

    The targets of the first filter that names some: the other filters choose among them.
    """
    for name, value in filters.items():
        make = registry.filters[name].targets if name in registry.filters else None
        if make and (named := list(registry.blame("filter", name, make, value))):
            return named
    return None


def _parsed_and_gaps(targets: Any, radius: float | None, missing: str) -> tuple[Sequence[Parsed], tuple[str, ...]]:
    """Return the targets, and where there were none.

    Raises
    ------
    QueryError
        If there is no target at all: an empty list does not mean everything, as None does.
    """
    check_missing(missing)
    if targets is None:
        return (), ()
    parsed, gaps = targets_and_gaps(targets, radius, missing=missing)
    if not parsed:
        none = f": none of its {len(gaps):,} rows has a target" if gaps else ""
        raise QueryError(f"the list of targets is empty{none}; an empty list does not mean everything")
    if gaps:
        log.warning("passed over: %s", gaps_in_words(gaps, len(gaps) + len(parsed)))
    return parsed, gaps


def _plain_criteria(criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Return criteria with Python's numbers and lists in place of numpy's, after a check of obs_id.

    Raises
    ------
    QueryError
        If an obs_id is a number, which obsid is.
    """
    plain = {name: _plain_value(value) for name, value in criteria.items()}
    for name, value in plain.items():
        numbers = [
            item
            for item in (value if isinstance(value, list | tuple | set) else [value])
            if re.fullmatch(r"\d+(\.0*)?", str(item).strip())
        ]
        if name.lower() == "obs_id" and numbers:
            raise QueryError(
                criterion("obs_id", numbers[0]),
                " is a number, and an obs_id is a name, e.g. 'tess2019198215352-s0014-0000000016740101-0150-s': ",
                "the archive's number of an observation is its obsid, so ask for ",
                criterion("obsid", str(numbers[0]).strip().partition(".")[0]),
            )
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_plain_value, value)) if type(value) in {list, tuple} else value
    arrays = ("tolist", "to_list")  # numpy, pandas, astropy; polars
    return (
        plain_list(value) if any(hasattr(value, name) for name in arrays) and not hasattr(value, "to_value") else value
    )


def _observation_criteria(parsed: Sequence[Parsed], criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Return the criterion for observations that were given as targets; none if there are only stars.

    Raises
    ------
    QueryError
        If there are stars too, or the criterion was given twice.
    """
    keys = list(dict.fromkeys(target for target in parsed if isinstance(target, ObservationKey)))
    if not keys:
        return {}
    others = [str(target) for target in parsed if not isinstance(target, ObservationKey)]
    if others:
        raise QueryError(
            f"{keys[0].value!r} is an observation, and {others[0]!r} a star or place: ask for one kind after the other"
        )
    columns = {key.column for key in keys}
    if len(columns) > 1:
        raise QueryError("some observations are given by obs_id, and others by obsid: give the same for all")
    (column,) = columns
    if column in {name.lower() for name in criteria}:
        raise QueryError(f"{column} is given twice: by the target {keys[0].value!r}, and as a criterion")
    return {column: [key.value for key in keys]}


def question_of_observations(
    registry: Registry, settings: Settings, targets: Any, *, words: Mapping[str, Any], **asked: Any
) -> Query:
    """Return a question in which filters are criteria for the archive. A filter by kind says too which archives are asked.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    targets : object
        See `question`.
    words : mapping
        Filters and criteria.
    **asked
        Further arguments of `question`.

    Raises
    ------
    QueryError
        If a filter applies only to products.
    """
    criteria, routing, others = _for_archives(registry, words)
    if others:
        problem = f"the archive cannot choose by {others[0]!r}: it applies to products, after they are listed"
        raise QueryError(only_option(others[0]), problem)
    return question(registry, settings, targets, criteria=criteria, filters=routing, **asked)


def question_and_choice(
    registry: Registry, settings: Settings, targets: Any, *, words: Mapping[str, Any], **asked: Any
) -> tuple[Query, dict[str, Any]]:
    """Return the question of a search for products, and the arguments of `select` for its answer."""
    lookups, others = lookups_among(registry, meant(registry, words))
    filters, criteria = filters_among(registry, others)
    query = question(registry, settings, targets, criteria=criteria, filters=checked(registry, filters), **asked)
    return query, {**dict.fromkeys(lookups, True), **filters}


def question_for_archives(
    registry: Registry, settings: Settings, targets: Any, *, words: Mapping[str, Any], **asked: Any
) -> Query | None:
    """Return the question of `question_of_observations`; None if archives cannot choose by all keywords, or columns are to be looked up."""
    criteria, routing, others = _for_archives(registry, words)
    lookups, criteria = lookups_among(registry, criteria)
    if others or lookups:
        return None
    return question(registry, settings, targets, criteria=criteria, filters=routing, **asked)


def _for_archives(registry: Registry, words: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Return the criteria for archives, the filters that say which archives are asked, and the names of filters that can be neither."""
    filters, criteria = filters_among(registry, meant(registry, words))
    values = {name: checked_value(registry, name, value) for name, value in filters.items() if value is not None}
    special = {kind for stand_in in registry.stand_ins.values() for kind in stand_in.kinds}
    wanted = _kinds_wanted(registry, values)
    is_special = bool(wanted) and wanted <= special
    routing = {name: value for name, value in values.items() if is_special and registry.filters[name].kinds}
    pushed: dict[str, Any] = {}
    others: list[str] = []
    for name, value in values.items():
        make = registry.filters[name].criteria
        made = make(value) if make else {}
        if not made and name not in routing:
            others.append(name)
        pushed |= made
    return {**pushed, **criteria}, routing, others
