"""Questions to archives from targets as users give them: names are resolved."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tess_source.cache.memory import Memory
from tess_source.errors import QueryError, ResolverError, UnknownNameError
from tess_source.hooks.registry import Registry
from tess_source.search.select import checked_value, filters_among
from tess_source.settings import Settings, checked_names
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.target import Query, Target
from tess_source.wording import criterion, keyword, only_option

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["archives_of", "question", "question_of_observations", "resolved"]

log: logging.Logger = logging.getLogger(__name__)


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

    Raises
    ------
    QueryError
        If there is neither a target nor a criterion, or a radius is given for a TIC id.
    ResolverError
        If no resolver knows a name.
    """
    criteria, filters = dict(criteria or {}), dict(filters or {})
    asked = archives_of(registry, settings, archive)
    found = resolved(registry, settings, targets, radius=radius, refresh=refresh) if targets is not None else ()
    if targets is not None and not found:
        raise QueryError("the list of targets is empty; an empty list does not mean everything")
    if radius is not None and found and all(target.radius is None for target in found):
        raise QueryError(
            f"a radius is for names and coordinates: {found[0]} is one star; give its coordinates for a cone"
        )
    if not found:
        for name, value in filters.items():
            make = registry.filters[name].criteria
            criteria = {**(dict(make(value)) if make else {}), **criteria}
        if all(value is None for value in criteria.values()):
            raise QueryError(
                "nothing was asked for: give a target, or e.g. ", keyword("sector", 14), ", or a criterion such as ",
                criterion("proposal_id", "G06062"),
            )  # fmt: skip
    return Query(found, criteria, wildcards, filters, asked)


def question_of_observations(
    registry: Registry, settings: Settings, targets: Any, *, words: Mapping[str, Any], **asked: Any
) -> Query:
    """Return a question in which filters are criteria for the archive.

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
    filters, criteria = filters_among(registry, words)
    values = {name: checked_value(registry, name, value) for name, value in filters.items() if value is not None}
    pushed: dict[str, Any] = {}
    for name, value in values.items():
        make = registry.filters[name].criteria
        if not (made := make(value) if make else {}):
            problem = f"the archive cannot choose by {name!r}: it applies to products, after they are listed"
            raise QueryError(only_option(name), problem)
        pushed |= made
    return question(registry, settings, targets, criteria={**pushed, **criteria}, **asked)


def archives_of(registry: Registry, settings: Settings, archive: str | Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the names of the archives that are asked.

    These are the archives that are named, else those of the settings, else all but stand-ins.

    Raises
    ------
    UnknownNameError
        If there is no archive of that name.
    QueryError
        If a stand-in is named together with its archive.
    """
    names = settings.archive if archive is None else checked_names("archive", archive)
    known = registry.archives()
    if names is None:
        return tuple(name for name in known if name not in registry.stand_ins)
    for name in names:
        if name not in known:
            raise UnknownNameError("archive", name, known)
        if (stand_in := registry.stand_ins.get(name)) and stand_in.archive in names:
            raise QueryError(
                f"archive {name!r} has the rows of {stand_in.archive!r}, and no row is to come twice: name one of them"
            )
    return names


def resolved(
    registry: Registry,
    settings: Settings,
    targets: Any,
    *,
    radius: float | Quantity | str | None = None,
    refresh: bool = False,
) -> tuple[Target, ...]:
    """Return targets. Each name is looked up once, unless the cache folder has it.

    Raises
    ------
    ResolverError
        If no resolver knows a name.
    """
    cone = None if radius is None else arcseconds(radius)
    memory = Memory(settings, registry)
    found: dict[Target, None] = {}
    for target in parse_targets(targets, cone):
        found[
            target if isinstance(target, Target) else _resolved_name(registry, settings, memory, target, cone, refresh)
        ] = None
    return tuple(found)


def _resolved_name(
    registry: Registry, settings: Settings, memory: Memory, name: str, radius: float | None, refresh: bool
) -> Target:
    def look_up() -> Target | None:
        found: Target | None = registry.call("tess_resolve", target=name, settings=settings)
        return found

    target, from_store = memory.resolve(name, look_up, refresh=refresh)
    if target is None:
        raise ResolverError(f"no resolver knows {name!r}; give a TIC id, or coordinates as 'ra dec' in degrees")
    target = replace(target, text=name, radius=radius)
    log.warning(
        "%s: resolved to %s%s",
        name,
        target if target.tic else f"{target.ra:.6f} {target.dec:+.6f} by {target.resolver}",
        f" (from the cache folder, looked up at {from_store})" if from_store else "",
    )
    return target
