"""Where a data set is written: a folder, which appears when everything is in it, or a place in an object store."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from tess_source.disk import replacing, temporary_beside, tidy
from tess_source.errors import ObjectConflictError, ObjectStoreError, QueryError, TessSourceError
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.object_store.problems import asked
from tess_source.object_store.store import open_store
from tess_source.object_store.upload import upload_bytes, upload_file
from tess_source.settings import Settings, checked_online
from tess_source.tables.items import Entry
from tess_source.tables.plan import Plan
from tess_source_arrays.ahead import THREADS
from tess_source_arrays.shard import RowOptions, WrittenShard, write_shard

__all__ = [
    "UNFINISHED",
    "DataSetExistsError",
    "checked_place",
    "moved",
    "new_data_set",
    "write_shard_at",
]

UNFINISHED = "_UNFINISHED.txt"
"""Name of an object that is there while a data set is written to an object store, and stays if its writer is killed."""
ABOUT_UNFINISHED = b"""A data set is being written here by tess-source, or its writer was killed: the data set is not complete.
If nobody writes it any more, remove everything here, and write it again.
"""


class DataSetExistsError(TessSourceError, FileExistsError):
    """The path of a data set is in use."""


def checked_place(path: Any, settings: Settings | None = None, *, is_folder: bool) -> Root:
    """Return the place of a data set, after a check that it can be written there, before anything is read.

    Parameters
    ----------
    path : str, Path or ObjectPath
        As a user gave it.
    settings : Settings, optional
        They tell whether an object store may be asked.
    is_folder : bool
        Whether it is the place of several files.

    Raises
    ------
    DataSetExistsError
        If something is there that would not be replaced.
    ObjectStoreError
        If the object store cannot be asked.
    OfflineError
        If it may not be asked.
    QueryError
        If it is no path.
    """
    if not isinstance(path, str | os.PathLike | ObjectPath):
        raise QueryError(
            f"path={path!r}: give the path of {'a folder' if is_folder else 'a file'}, or an address s3://…"
        )
    place = user_root(path)
    if isinstance(place, ObjectPath):
        if settings is not None:
            checked_online(place, settings)
        _check_object_path(place, is_folder)
        return place
    if not is_folder and place.is_dir():
        raise DataSetExistsError(f"{str(path)!r} is a folder: name a file, or give shards=")
    if is_folder and place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise DataSetExistsError(f"{str(path)!r} exists and is not an empty folder: remove it, or choose another")
    if above := next((folder for folder in place.parents if folder.exists() and not folder.is_dir()), None):
        raise DataSetExistsError(f"{str(path)!r} cannot be written: {str(above)!r} is a file, not a folder")
    return place


def _check_object_path(place: ObjectPath, is_folder: bool) -> None:
    if not is_folder and not place.key:
        raise QueryError(
            f"path={str(place)!r} is a bucket: name an object, e.g. {place}/curves.parquet, or give shards="
        )
    below = _keys_below(place)
    if is_folder and any(key.endswith(UNFINISHED) for key in below):
        raise DataSetExistsError(
            f"{str(place)!r} holds a data set that is being written, or whose writer was killed: see {UNFINISHED} there"
        )
    if below:
        raise DataSetExistsError(
            f"{str(place)!r} exists and holds objects: remove them, or choose another place"
            if is_folder
            else f"objects lie below {str(place)!r}: choose another name, or give shards="
        )


def write_shard_at(
    place: Root, entries: Sequence[Entry], plan: Plan, options: RowOptions, *, threads: int = THREADS
) -> WrittenShard:
    """Write light curves as one Parquet file or object, whole or not at all: see `write_shard`.

    If there are no rows, nothing is written, and what was there stays.

    Raises
    ------
    ObjectStoreError
        If the object cannot be uploaded.
    OSError
        If the file cannot be written.
    """
    if isinstance(place, ObjectPath):
        with tempfile.TemporaryDirectory(prefix="tess-source-") as folder:
            local = Path(folder) / place.name
            shard = write_shard_at(local, entries, plan, options, threads=threads)
            if shard.rows:
                upload_file(local, place)
        return shard
    shard = WrittenShard()
    with suppress(_NoRowsError), replacing(place) as file:
        shard = write_shard(file, entries, plan, options, threads=threads)
        if not shard.rows:
            raise _NoRowsError
        shard.bytes = file.tell()
    return shard


class _NoRowsError(Exception):
    """There is nothing to write."""


def new_data_set(place: Root) -> AbstractContextManager[Root]:
    """Give the place to which the files of a data set are written.

    A folder appears when the context is left without an error. In an object store, where no two objects appear at the same time, the object
    `UNFINISHED` is there until then. After an error, there is nothing.

    Raises
    ------
    DataSetExistsError
        If somebody else writes a data set to the same place.
    ObjectStoreError
        If the object store cannot be written to.
    OSError
        If the folder cannot be written.
    """
    return _new_objects(place) if isinstance(place, ObjectPath) else _new_folder(place)


@contextmanager
def _new_folder(path: Path) -> Iterator[Root]:
    path.parent.mkdir(parents=True, exist_ok=True)
    tidy(path.parent)
    part = temporary_beside(path)
    part.mkdir()
    try:
        yield part
        for left in part.glob(".*.part"):  # of workers that were killed
            left.unlink()
        if path.exists():
            path.rmdir()
        part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _new_objects(place: ObjectPath) -> Iterator[Root]:
    mark = place / UNFINISHED
    try:
        upload_bytes(ABOUT_UNFINISHED, mark, if_absent=True)
    except ObjectConflictError as error:
        raise DataSetExistsError(f"somebody else writes a data set to {str(place)!r}") from error
    try:
        yield place
    except BaseException:
        with suppress(ObjectStoreError):  # what it does not remove has the mark beside it
            _remove(place, [key for key in _keys_below(place) if key != mark.key])
            _remove(place, [mark.key])
        raise
    _remove(place, [mark.key])


def _remove(place: ObjectPath, keys: list[str]) -> None:
    asked(place, open_store(place).delete, keys)


def _keys_below(place: ObjectPath) -> list[str]:
    """Return the keys of all objects below a place, without the object of this name."""
    prefix = f"{place.key}/" if place.key else ""
    return [f"{prefix}{path}" for path in ObjectFolder(place).list() if path]


def moved(old: Root, new: Root) -> None:
    """Give a file or object of a data set another name."""
    if isinstance(old, ObjectPath) and isinstance(new, ObjectPath):
        asked(new, open_store(new).rename, old.key, new.key)
    elif isinstance(old, Path) and isinstance(new, Path):
        old.rename(new)
