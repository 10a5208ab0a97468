"""Opening of files straight from their addresses: what is fetched is verified, and not kept."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tess_source import paths
from tess_source._lazy import pl
from tess_source.cache.store import Store
from tess_source.display import text
from tess_source.download.downloader import passing
from tess_source.download.existing import look
from tess_source.errors import QueryError, UnsafePathError
from tess_source.hooks.registry import Registry
from tess_source.load.loading import read
from tess_source.settings import Settings
from tess_source.tables.items import Entry, Items
from tess_source.tables.loaded import Group, Loaded
from tess_source.tables.plan import Manifest, Plan
from tess_source.tables.typical_sizes import known_and_typical_bytes

__all__ = ["MOST_BYTES", "MOST_FILES", "loaded"]

MOST_FILES = 200
"""Most files that are opened without keeping them."""
MOST_BYTES = 1_000_000_000
"""Most bytes of them together: what was not kept has to be fetched again next time."""


def loaded(plan: Plan, registry: Registry, settings: Settings, options: Mapping[str, Any]) -> Group | Loaded:
    """Open the files of a plan. Those that are here already are opened where they are; the others are fetched, and not kept.

    Parameters
    ----------
    plan : Plan
    registry : Registry
    settings : Settings
    options : mapping
        Passed to the readers.

    Raises
    ------
    QueryError
        If they are too many or too large, or an argument makes no sense for any file.
    LoadError
        If no file could be opened; the message has each reason once, with its files.
    """
    _check_few(plan)
    folder = Path(mkdtemp(prefix="tess-source-"))
    keeper = _Keeper()
    weakref.finalize(keeper, shutil.rmtree, folder, ignore_errors=True)
    entries = _entries(plan, registry, settings, folder)
    groups = read(registry, Manifest(plan, entries), options)
    for group in groups.groups.values():
        _keep_for(group, keeper)
    return groups.collection(len(plan))


class _Keeper:
    """Whoever holds it keeps the folder of fetched files: it is removed with the last one."""


def _keep_for(group: object, keeper: _Keeper) -> None:
    """Keep the folder as long as a group of opened files lives, which may open or read them only later."""
    try:
        weakref.finalize(group, _let_go, keeper)
    except TypeError:  # a plain list, whose objects have been read
        return


def _let_go(keeper: _Keeper) -> None:
    """Do nothing: the last reference to the keeper ends with the call."""


def _check_few(plan: Plan) -> None:
    size = sum(known_and_typical_bytes(plan.items.to_polars()))
    if len(plan) <= MOST_FILES and size <= MOST_BYTES:
        return
    raise QueryError(
        f"{text.number(len(plan), 'file')} ({text.size(size)}) are too many to open without keeping them, which is for up to "
        f"{MOST_FILES} files and {text.size(MOST_BYTES)}: select fewer, or keep them with download().load()"
    )


def _entries(plan: Plan, registry: Registry, settings: Settings, folder: Path) -> tuple[Entry, ...]:
    """Return the entries of a plan's files: where they are, in the plan's folder or in the cache folder, or else fetched to another one."""
    store = Store.of(settings)
    found = look(plan, store, store.index_of(plan.root))
    here = [found.entries[number] or found.stored.get(number) for number in range(len(plan))]
    missing = [number for number, entry in enumerate(here) if entry is None]
    if not missing:
        return tuple(filter(None, here))
    rest = replace(plan, items=_apart(plan.items, missing), root=folder)
    fetched = dict(zip(missing, passing(rest, registry, settings), strict=True))
    pairs = zip(here, plan, strict=True)
    return tuple(entry or replace(fetched[number], item=item) for number, (entry, item) in enumerate(pairs))


def _apart(items: Items, numbers: Sequence[int]) -> Items:
    """Return some items, each with a folder of its own: those of a plan need not have a place in its layout to be opened."""
    rows = items.to_polars()[numbers]
    places = [_path_and_problem(number, row) for number, row in zip(numbers, rows.iter_rows(named=True), strict=True)]
    path, problem = (pl.Series(values, dtype=pl.String) for values in zip(*places, strict=True))
    return Items(rows.with_columns(path=path, problem=problem))


def _path_and_problem(number: int, row: Mapping[str, Any]) -> tuple[str, str | None]:
    if not row["uri"]:
        return "", row["problem"]
    try:
        return f"{number}/{paths.relative_path('flat', row)}", None
    except UnsafePathError as error:
        return "", str(error)
