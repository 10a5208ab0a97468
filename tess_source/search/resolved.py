"""What names mean: looked up by plugins, unless the cache folder has it."""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tess_source.cache.memory import Memory
from tess_source.display import activity, text
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, PluginError, ResolverError
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings
from tess_source.targets.target import Target

__all__ = ["resolved"]

log: logging.Logger = logger(__name__)


def resolved(
    registry: Registry, settings: Settings, parsed: Sequence[Target | str], radius: float | None, refresh: bool
) -> tuple[Target, ...]:
    """Return targets, in the same order. Each name is looked up once, unless the cache folder has it.

    Raises
    ------
    ResolverError
        If no resolver knows a name.
    """
    names = list(dict.fromkeys(target for target in parsed if isinstance(target, str)))
    known = _resolved_names(registry, settings, names, refresh=refresh)
    return tuple(target if isinstance(target, Target) else replace(known[target], radius=radius) for target in parsed)


def _resolved_names(
    registry: Registry, settings: Settings, names: Sequence[str], *, refresh: bool
) -> dict[str, Target]:
    """Return the target of each name. An error is for all names that are not known, or for all that are missing offline."""
    memory = Memory(settings, registry)
    known: dict[str, Target] = {}
    stored: dict[str, str] = {}
    missing: dict[str, OfflineError] = {}
    reasons: list[ResolverError] = []
    for done, name in enumerate(names):
        activity.step(f"looking up {name!r}" if len(names) == 1 else f"looking up {len(names):,} names")
        activity.part(done, len(names), "names")

        def look_up(name: str = name) -> Target | None:
            return _checked_target(name, registry.call("tess_resolve", target=name, settings=settings))

        def recall(name: str = name) -> Target | None:
            return _checked_target(name, registry.call("tess_recall", target=name, settings=settings))

        try:
            target, from_store = memory.resolve(name, look_up, recall, refresh=refresh)
        except OfflineError as error:
            missing[name] = error
            continue
        except ResolverError as error:
            reasons.append(error)
            continue
        if target is not None:
            known[name] = replace(target, text=name)
        if from_store:
            stored[name] = from_store
    if missing:
        first = next(iter(missing.values()))
        raise first if len(missing) == 1 else OfflineError(f"what {_quoted(missing)} mean", first.reason)
    if unknown := [name for name in names if name not in known]:
        if len(unknown) == 1 and reasons:
            raise reasons[0]
        what = (
            _quoted(unknown) if len(unknown) == 1 else f"{len(unknown):,} of {len(names):,} names: {_quoted(unknown)}"
        )
        why = "".join(f"; {reason}" for reason in reasons[: text.FEW])
        raise ResolverError(f"no resolver knows {what}{why}; give a TIC id, or coordinates as 'ra dec' in degrees")
    _log_resolved(known.values(), stored)
    return known


def _checked_target(name: str, found: Any) -> Target | None:
    """Return what a plugin says that a name means, after a check that it is a star or a place on the sky."""
    if found is None or (isinstance(found, Target) and (found.tic is not None or _is_on_sky(found.ra, found.dec))):
        return found
    right = "a Target needs a TIC id, or ra from 0 to 360 and dec from -90 to 90 [deg]"
    raise PluginError(f"a plugin resolved {name!r} to {reprlib.repr(found)}: {right}")


def _is_on_sky(ra: float | None, dec: float | None) -> bool:
    return ra is not None and dec is not None and 0 <= ra <= 360 and -90 <= dec <= 90


def _log_resolved(known: Collection[Target], stored: Mapping[str, str]) -> None:
    """Log what names were resolved to: a line per name, or a single one for many.

    Parameters
    ----------
    known : collection of Target
    stored : mapping
        Name → time of the look-up, of those that come from the cache folder.
    """
    if len(known) > text.FEW:
        told = text.first([f"{target.text} to {_place_in_words(target)}" for target in known], text.FEW)
        log.warning("%s names resolved (%s from the cache folder): %s", f"{len(known):,}", f"{len(stored):,}", told)
        return
    for target in known:
        time = stored.get(target.text)
        since = f" (from the cache folder, looked up at {time})" if time else ""
        log.warning("%s: resolved to %s%s", target.text, _place_in_words(target), since)


def _place_in_words(target: Target) -> str:
    if target.tic:
        return f"{target} by {target.resolver}" if target.resolver else str(target)
    return f"{target.ra:.6f} {target.dec:+.6f} by {target.resolver}"


def _quoted(names: Iterable[str]) -> str:
    return text.first(map(repr, names))
