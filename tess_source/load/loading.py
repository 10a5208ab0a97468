"""Opening of files, all in groups or one at a time, in this process or in others."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import pickle
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

from tess_source.display import activity
from tess_source.display.records import RecordsByName
from tess_source.errors import LoadError, NoReaderError, PluginError, QueryError, TessSourceError
from tess_source.hooks.registry import Registry
from tess_source.load.by_workers import AHEAD, Opening, Outcomes, opened_by_workers
from tess_source.load.copies import at_hand
from tess_source.load.outcome import Outcome, as_sendable
from tess_source.tables.file_errors import errors_of_file
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Deferred, LazyGroup, Loaded, Opened

__all__ = ["AHEAD", "each_opened", "open_entry", "read"]

_count = itertools.count(1)
"""Counter of the files that this process has opened."""

SWEEP = 500
"""Files after which a process collects objects with circular references, such as astropy's indices. Python's own collection depends on
the number of objects, not on their size, and a light curve has few objects but many bytes."""


def open_entry(registry: Registry, entry: Entry, options: Mapping[str, Any]) -> object:
    """Open one file with the first plugin that reads it.

    Parameters
    ----------
    registry : Registry
        The plugins.
    entry : Entry
        The file.
    options : mapping
        Passed to the readers.

    Raises
    ------
    FileNotFoundError
        If it was not fetched.
    NoReaderError
        If no plugin reads such files.
    LoadError
        If it cannot be opened. Whatever else a reader raises becomes one, whose cause it is.
    OSError
        If it cannot be read.
    """
    return _opened(registry, entry, options)


def _opened(registry: Registry, entry: Entry, options: Mapping[str, Any], *, lazily: bool = False) -> object:
    """Return what the first plugin that reads a file makes of it. Lazily, this may be a `Deferred`."""
    if not entry.ok:
        raise FileNotFoundError(f"not fetched: {entry.error}")
    if entry.path is not None and _is_no_file(entry.path):
        # a reader might wait for ever
        raise LoadError(f"{entry.path.name} is a pipe, a device or the like, not a file")
    with at_hand(entry) as local, errors_of_file(entry.place or entry.item.uri):
        opened: object | None = registry.call("tess_load", entry=local, options=options)
        if isinstance(opened, Deferred) and not lazily:
            opened = opened.open()
    if (
        isinstance(opened, Deferred) and local is not entry
    ):  # its copy is removed now: a new one is made when it is used
        return Deferred(opened.group, opened.path, functools.partial(open_entry, registry, entry, options))
    if opened is None:
        maker = entry.item.pipeline or "unknown origin"
        raise NoReaderError(f"no reader for {entry.item.kind!r} files of {maker}")
    return opened


def _is_no_file(path: Path) -> bool:
    """Return whether something is there that is neither a file nor a folder."""
    return not os.path.isfile(path) and os.path.exists(path) and not os.path.isdir(path)  # noqa: PTH110, PTH112, PTH113  no OSError


def read(registry: Registry, entries: Iterable[Entry], options: Mapping[str, Any]) -> Loaded:
    """Open files and group them by kind. Files that cannot be opened are reported; the others are returned.

    Raises
    ------
    QueryError
        If an argument makes no sense for any file.
    """
    objects: list[object] = []
    failed = RecordsByName[Exception]({}, "file", key="file", value="why")
    entries = entries if isinstance(entries, Sized) else [*entries]
    activity.step("opening files")
    for done, entry in enumerate(entries):
        activity.part(done, len(entries), "files")
        value, error = _object_and_error(registry, entry, options, lazily=True)
        if error is None:
            objects.append(value)
        else:
            failed[str(entry.place or entry.item.uri)] = error
    return Loaded(_groups_of(registry, objects), failed)


def _groups_of(registry: Registry, objects: Sequence[object]) -> dict[str, Any]:
    if not objects:
        return {}
    groups: dict[str, Any] = {}
    lazy = [item for item in objects if isinstance(item, Deferred)]
    for kind in dict.fromkeys(item.group for item in lazy):
        groups[kind] = LazyGroup([item for item in lazy if item.group == kind])
    objects = [item for item in objects if not isinstance(item, Deferred)]
    if not objects:
        return groups
    for answer in registry.call("tess_collect", objects=tuple(objects)):
        groups = {**answer, **groups}
    held = {id(item) for group in groups.values() if not isinstance(group, LazyGroup) for item in group}
    for item in objects:
        if id(item) not in held and not _all_in_groups(item, held):
            groups.setdefault(type(item).__name__, []).append(item)
    return groups


def _all_in_groups(item: object, held: Container[int]) -> bool:
    """Return whether an object is a sequence, e.g. the light curves of one file, of which each is in a group."""
    return isinstance(item, Sequence) and not isinstance(item, str) and all(id(part) in held for part in item)


def each_opened(
    registry: Registry,
    entries: Iterable[Entry],
    function: Callable[[Any], Any] | None,
    executor: Any,
    options: Mapping[str, Any],
) -> Iterator[Opened]:
    """Open files one after the other, in order, without keeping them.

    Parameters
    ----------
    registry : Registry
    entries : iterable of Entry
    function : callable, optional
        Called with each opened file; its result is yielded.
    executor : object, optional
        See `tess_source.workers.workers_of`.
    options : mapping
        Passed to the readers.

    Yields
    ------
    Opened
        One per file, with its object or its error.

    Raises
    ------
    QueryError
        If an argument makes no sense for any file.
    LoadError
        If a process dies again and again, or a plugin cannot be sent to the others.
    """
    if function is not None and not callable(function):
        raise QueryError(f"function={function!r}: give something that can be called with an opened file")
    if executor is None:
        return (Opened(entry, *_value_and_error(registry, entry, options, function)) for entry in entries)
    blank = Opening((), _pickled(registry), options, function, os.getpid())
    return opened_by_workers(entries, blank, executor, opened)


def _value_and_error(
    registry: Registry, entry: Entry, options: Mapping[str, Any], function: Callable[[Any], Any] | None
) -> tuple[Any, Exception | None]:
    """Return the opened file or the result of the function, and the error if it could not be opened."""
    if not next(_count) % SWEEP:
        gc.collect()
    opened, error = _object_and_error(registry, entry, options)
    if function is None or error is not None:
        return opened, error
    try:
        return function(opened), None
    except Exception as wrong:
        wrong.add_note(f"raised by the function for {entry.place}")
        raise


def _object_and_error(
    registry: Registry, entry: Entry, options: Mapping[str, Any], *, lazily: bool = False
) -> tuple[Any, Exception | None]:
    """Return the opened file, or the error of this file. Only an argument that is wrong for every file is raised."""
    try:
        return _opened(registry, entry, options, lazily=lazily), None
    except QueryError:
        raise
    except (TessSourceError, OSError) as error:
        return None, error


# -- in other processes --


def opened(opening: Opening) -> Outcomes:
    """Open some files in a worker, which is a thread of the process that asks, or another process; stop at a mistake of the function."""
    registry = _unpickled(opening.plugins)
    outcomes: list[Outcome] = []
    for entry in opening.entries:
        try:
            outcomes.append(Outcome(*_value_and_error(registry, entry, opening.options, opening.function)))
        except Exception as wrong:  # noqa: BLE001  raised where the result is waited for
            return Outcomes(outcomes, wrong if os.getpid() == opening.caller else as_sendable(wrong))
    return Outcomes(outcomes)


def _pickled(registry: Registry) -> bytes:
    try:
        return pickle.dumps(registry)
    except (PluginError, pickle.PicklingError, AttributeError, TypeError) as error:
        raise LoadError(f"a plugin cannot be sent to other processes, work without workers: {error}") from error


@functools.cache
def _unpickled(plugins: bytes) -> Registry:
    """Return the plugins in a worker; they are made once."""
    registry: Registry = pickle.loads(plugins)  # noqa: S301  written by `_pickled` of the parent
    return registry
