"""Copies of the catalogue in other places: a folder that machines share, or an object store, from which workers take it.

The files there have the names that they have here, which tell the state of each list. What is known of a list is written before the list,
and both as a whole, so that whoever reads the place at any time finds whole lists only.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from tess_source import disk
from tess_source.display.records import RecordTuple
from tess_source.display.visible import logger
from tess_source.download.lists import FAILED, NEW, UNCHANGED
from tess_source.errors import bare_reason
from tess_source.object_store.copies import read_bytes, write_place
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath, Root
from tess_source.threads import in_order
from tess_source_catalogue import absent
from tess_source_catalogue.folder import CatalogueFolder, Key, ListFacts, digest_of, facts_in, list_of_path
from tess_source_catalogue.update import ListOutcome, Updated
from tess_source_catalogue.view import refresh

__all__ = ["load", "save"]

log: logging.Logger = logger(__name__)

AT_ONCE = 16
"""Lists that are copied at the same time."""


def save(folder: CatalogueFolder, place: Root, keys: Callable[[Mapping[Key, str]], Iterable[Key]]) -> Updated:
    """Copy lists of a catalogue to another place; older states of a list there are replaced, newer ones are kept.

    Parameters
    ----------
    folder : CatalogueFolder
    place : Path or ObjectPath
    keys : callable
        Returns which of the lists are meant.

    Returns
    -------
    Updated
        What became of each list there: ``new``, ``unchanged``, or ``failed``.

    Raises
    ------
    OSError
        If the place cannot be listed.
    """
    return _copied(_CatalogueFiles(folder.root), _shelf(place), keys)


def load(folder: CatalogueFolder, place: Root, keys: Callable[[Mapping[Key, str]], Iterable[Key]]) -> Updated:
    """Copy lists from another place into a catalogue: see `save`. No archive is asked.

    Raises
    ------
    OSError
        If the place cannot be listed.
    """
    folder.root.mkdir(parents=True, exist_ok=True)
    done = _copied(_shelf(place), _CatalogueFiles(folder.root), keys)
    folder.tidy()
    refresh(folder)
    return done


class _Shelf(Protocol):
    """A place with the files of a catalogue. Paths are relative to it."""

    def sizes(self) -> Mapping[str, int]: ...
    def read(self, path: str, /) -> bytes: ...
    def write(self, path: str, data: bytes, /) -> None: ...
    def remove(self, path: str, /) -> None: ...


class _CatalogueFiles:
    def __init__(self, root: Path) -> None:
        self._root = root

    def sizes(self) -> Mapping[str, int]:
        if not self._root.exists():
            return {}
        folders = [entry.name for entry in os.scandir(self._root) if entry.is_dir()]
        files = [(folder, entry) for folder in folders for entry in os.scandir(self._root / folder) if entry.is_file()]
        return {f"{folder}/{entry.name}": entry.stat().st_size for folder, entry in files}

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def write(self, path: str, data: bytes) -> None:
        disk.write_whole(self._root / path, data)

    def remove(self, path: str) -> None:
        disk.remove(self._root / path)


class _CatalogueObjects(ObjectFolder):
    def sizes(self) -> Mapping[str, int]:
        return {path: found.size for path, found in self.listed()}

    def read(self, path: str) -> bytes:
        return read_bytes(self.place(path))

    def write(self, path: str, data: bytes) -> None:
        write_place(self.place(path), data)


def _shelf(place: Root) -> _Shelf:
    return _CatalogueObjects(place) if isinstance(place, ObjectPath) else _CatalogueFiles(place)


def _copied(source: _Shelf, target: _Shelf, keys: Callable[[Mapping[Key, str]], Iterable[Key]]) -> Updated:
    files = source.sizes()
    here, there = _lists(files), _lists(target.sizes())
    wanted = [*keys(dict.fromkeys(here, ""))]

    def copy(key: Key) -> ListOutcome:
        try:
            return _newest(source, target, key, here[key], there.get(key, {}))
        except (OSError, ValueError) as error:
            return ListOutcome(
                *key,
                FAILED,
                problem=f"{next(iter(here[key]))}: {bare_reason(error) if isinstance(error, OSError) else error}",
            )

    _copy_notes(source, target, files, keys)
    return Updated(
        RecordTuple(sorted(in_order(copy, wanted, AT_ONCE), key=lambda one: (one.source, one.first, one.last)), "list")
    )


def _copy_notes(
    source: _Shelf, target: _Shelf, files: Iterable[str], keys: Callable[[Mapping[Key, str]], Iterable[Key]]
) -> None:
    """Copy the notes of which lists the archive had none, beside those that the target has."""
    for path in files:
        name, _, file = path.partition("/")
        if file != absent.NAME or list_of_path(f"{name}/s0001-{'0' * 16}.parquet") is None:
            continue
        try:
            known = absent.notes_in(source.read(path))
            meant = {sector for _, sector, _ in keys({(name, sector, sector): "" for sector in known})}
            there = _notes(target, path)
            both = {**there, **{sector: max(known[sector], there.get(sector, 0.0)) for sector in meant}}
            if both != there:
                target.write(path, absent.written(both))
        except OSError as error:
            log.warning("it is not copied of which sectors the archive has no list (%s): %s", path, bare_reason(error))


def _notes(shelf: _Shelf, path: str) -> dict[int, float]:
    try:
        return absent.notes_in(shelf.read(path))
    except FileNotFoundError:
        return {}


def _lists(files: Mapping[str, int]) -> dict[Key, dict[str, int]]:
    """Return the files of each list with their sizes: several, if somebody is about to replace it."""
    found: dict[Key, dict[str, int]] = {}
    for path, size in sorted(files.items()):
        if (key := list_of_path(path)) is not None:
            found.setdefault(key, {})[path] = size
    return found


def _newest(source: _Shelf, target: _Shelf, key: Key, paths: Iterable[str], there: Mapping[str, int]) -> ListOutcome:
    """Copy the newest state of a list, unless the target has it or a newer one."""
    known = {path: _facts(source, path) for path in paths}
    path = max(paths, key=lambda one: known[one].fetched)
    facts = known[path]
    newest = max((_facts(target, other) for other in there), key=lambda one: one.fetched, default=ListFacts())
    if there.get(path) == facts.stored_size or newest.fetched > facts.fetched:
        return ListOutcome(*key, UNCHANGED, newest.rows, newest.strange)
    if digest_of(facts.sha256) not in path:
        raise ValueError("what is known of it is lost, or it was stored by another version")
    data = source.read(path)
    if hashlib.sha256(data).hexdigest() != facts.stored_sha256:
        raise ValueError("it is damaged: its bytes are not those that were written")
    target.write(_facts_path(path), source.read(_facts_path(path)))
    target.write(path, data)
    for other in set(there) - {path}:
        target.remove(other)
        target.remove(_facts_path(other))
    return ListOutcome(*key, NEW, facts.rows, facts.strange)


def _facts(shelf: _Shelf, path: str) -> ListFacts:
    """Return what is known of a list; of lost or damaged facts, the defaults."""
    try:
        return facts_in(shelf.read(_facts_path(path)))
    except (FileNotFoundError, ValueError):
        return ListFacts()


def _facts_path(path: str) -> str:
    source, _, name = path.partition("/")
    return f"{source}/facts/{name.removesuffix('.parquet')}.json"
