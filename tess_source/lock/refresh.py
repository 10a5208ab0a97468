"""Repetition of the search of a lock."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from tess_source._lazy import pl
from tess_source.display.text import first, number
from tess_source.display.visible import logger
from tess_source.errors import LockError, UnknownNameError
from tess_source.lock.compare import Changes, diff
from tess_source.logins import without_user
from tess_source.search.archives import archives_of
from tess_source.search.asking import provenance
from tess_source.search.select import checked_value
from tess_source.session import Session, default_session
from tess_source.tables.among import among
from tess_source.tables.found import Found
from tess_source.tables.items import Items
from tess_source.tables.plan import Plan
from tess_source.targets.recorded import query_from, restored

__all__ = ["ask_again", "made_elsewhere", "refresh"]

log: logging.Logger = logger(__name__)


def refresh(plan: Plan, session: Session | None = None, *, large: bool = False) -> tuple[Plan, Changes]:
    """Repeat the search of a lock today. Nothing is fetched.

    Parameters
    ----------
    plan : Plan
        A lock.
    session : Session, optional
        The session that asks; the plan's own, or the default session, if None.
    large : bool
        Whether today's answer may be larger than archives give without being told so.

    Returns
    -------
    plan : Plan
        Today's answer. Sums and processing (sha256, DATA_REL, …) of files that did not change are kept.
    changes : Changes
        The differences. A file that was processed again with its old name and size is only detected by the archive's version and
        release date.

    Raises
    ------
    LockError
        If the lock has no question, or one that cannot be repeated. If files are gone because the archive lacks lists of which the lock
        was made.
    LargeAnswerError
        If today's answer is too large, and not ``large=True``.
    """
    asker = session or (plan.session if isinstance(plan.session, Session) else default_session())
    if other := made_elsewhere(plan, asker):
        log.warning("%s; what differs may be the archives", other)
    found = ask_again(plan.record, asker, large=large)
    today = found.plan(plan.root, layout=str(plan.record.get("layout", "mast")), large=True)
    changes = diff(plan, today)
    if "gone" in changes["change"]:
        _check_lists(plan.record, found, asker)
    return replace(today, items=_with_known_sums(today.items, plan.items, changes)), changes


def _check_lists(record: Mapping[str, Any], found: Found, session: Session) -> None:
    """Check that archives still have the lists of which a lock was made: a file of a list that is missing is not gone.

    Raises
    ------
    LockError
        If one lacks some.
    """
    asked = provenance(session.registry, session.settings, found.query, found.observations.empty())
    for archive, names in _lists(record.get("provenance") or {}).items():
        here = _lists(asked).get(archive, ())
        if missing := [name for name in names if name not in here]:
            raise LockError(
                f"archive {archive!r} lacks {number(len(missing), 'list')} of which the lock was made ({first(missing)}), so it cannot "
                "tell which files are gone: bring these lists back first, as `tess-source catalogue update` does for the catalogue"
            )


def _lists(provenance: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return of which lists archives made an answer, whatever the state of these: archive → names with sectors, e.g. ``"lc s0014"``."""
    try:
        return {
            archive: [" ".join(line.split()[:2]) for line in made.get("lists", ())]
            for archive, made in provenance.items()
        }
    except (AttributeError, TypeError) as error:
        raise LockError(f"the lists of which it was made cannot be understood: {error}") from error


def made_elsewhere(plan: Plan, session: Session | None = None) -> str:
    """Return in words that a lock was made at another archive than a session's; empty if it was not, or this is unknown.

    Parameters
    ----------
    plan : Plan
        A lock.
    session : Session, optional
        The default session if None.
    """
    there = without_user(str(plan.record.get("server") or ""))
    here = (session or default_session()).settings.server_name
    return f"the lock was made at {there}, this session asks {here}" if there and there != here else ""


def _with_known_sums(today: Items, locked: Items, changes: Changes) -> Items:
    known = ["sha256", "etag", "data_rel", "procver", "date"]
    kept = locked.to_polars().filter(~pl.col("uri").is_in(among(changes["uri"])) & pl.col("uri").is_first_distinct())
    frame = today.to_polars().join(
        kept.select("uri", *known), on="uri", how="left", suffix="_known", maintain_order="left"
    )
    return Items(frame.with_columns([pl.coalesce(name, f"{name}_known") for name in known]).select(today.columns))


def ask_again(record: Mapping[str, Any], session: Session | None = None, *, large: bool = False) -> Found:
    """Ask a recorded question again, and repeat the recorded selections and look-ups.

    Parameters
    ----------
    record : mapping
        `Plan.record`.
    session : Session, optional
        The default session if None.
    large : bool
        See `refresh`.

    Returns
    -------
    Found
        Today's answer.

    Raises
    ------
    LockError
        If the question is not recorded, or an archive, filter or look-up that was used is not here.
    """
    asker = session or default_session()
    query = query_from(record.get("question", {}))
    if not (query.targets or query.criteria or query.defaults):  # a catalogue may have been asked for everything
        raise LockError("it does not say what was asked: its products came from a table, or it was written by hand")
    try:
        archives = archives_of(asker.registry, asker.settings, record.get("archives") or None)
    except UnknownNameError as error:
        raise LockError(f"it was made with an archive that is not here: {error}") from error
    query = replace(query, archives=archives, filters=_shaping(record, asker), large=query.large or large)
    found = asker._answer(query, refresh=True)
    defaults = dict.fromkeys((name for name, f in asker.registry.filters.items() if f.default is not None), None)
    for step in _selections(record):
        try:
            found = found.select(**{**defaults, **step})
        except UnknownNameError as error:
            raise LockError(f"it was made with a filter that is not here: {error}") from error
    lookups = list(record.get("lookups", ()))
    if absent := [name for name in lookups if name not in asker.registry.lookups]:
        raise LockError(f"it was made with a look-up that is not here: {absent[0]!r}")
    return asker.select(found, **{**defaults, **dict.fromkeys(lookups, True)})


def _shaping(record: Mapping[str, Any], session: Session) -> dict[str, Any]:
    """Return the filters of the first selection by whose value archives make products, checked."""
    known = session.registry.filters
    asked = next(_selections(record), {})
    chosen = {name: value for name, value in asked.items() if name in known and known[name].shapes}
    return {name: checked_value(session.registry, name, value) for name, value in chosen.items()}


def _selections(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the filters of each selection with their values, in order."""
    drops = list(record.get("filters", ()))
    if unknown := [drop.get("filter") for drop in drops if drop.get("asked") is None or "filter" not in drop]:
        raise LockError(f"it does not say how to choose by {unknown[0]!r} again")
    for _, group in groupby(drops, key=lambda drop: drop.get("step", 0)):
        yield {drop["filter"]: restored(drop["asked"]) for drop in group}
