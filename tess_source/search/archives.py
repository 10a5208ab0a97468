"""Which archives a question goes to, and of which sort they are."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source.errors import QueryError, UnknownNameError
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings, checked_names
from tess_source.targets.target import Query

__all__ = ["archives_asked", "archives_of", "are_local", "is_for_kinds", "is_local", "stand_ins_of"]


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
        if (stand_in := registry.stand_ins.get(name)) and stand_in.archive in names and not stand_in.kinds:
            raise QueryError(
                f"archive {name!r} has the rows of {stand_in.archive!r}, and no row is to come twice: name one of them"
            )
    return names


def stand_ins_of(registry: Registry, archives: Sequence[str], *, named: bool = False) -> tuple[str, ...]:
    """Return the stand-ins among some archives, and, unless you named these, their stand-ins for all kinds of products."""
    return tuple(
        name
        for name, stand_in in registry.stand_ins.items()
        if name in archives or (not named and stand_in.archive in archives and not stand_in.kinds)
    )


def archives_asked(registry: Registry, settings: Settings, query: Query) -> tuple[str, ...]:
    """Return the names of the archives that a question goes to."""
    return query.archives or archives_of(registry, settings)


def are_local(registry: Registry, settings: Settings, query: Query) -> bool:
    """Return whether all archives that a question goes to answer from this machine."""
    return all(is_local(registry, name) for name in archives_asked(registry, settings, query))


def is_local(registry: Registry, archive: str) -> bool:
    """Return whether an archive is a stand-in that answers from this machine alone."""
    return archive in registry.stand_ins and registry.stand_ins[archive].local


def is_for_kinds(registry: Registry, archive: str) -> bool:
    """Return whether an archive is a stand-in for some kinds of products alone."""
    return archive in registry.stand_ins and bool(registry.stand_ins[archive].kinds)
