"""Small objects as a whole, and copies of objects on this disk, for what can open files only."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tess_source import disk
from tess_source.errors import ObjectStoreError
from tess_source.object_store.path import ObjectPath, Root
from tess_source.object_store.problems import asked
from tess_source.object_store.store import open_store
from tess_source.object_store.upload import upload_bytes

__all__ = ["BEGINNING", "beginning", "copy_to", "local_copy", "read_bytes", "write_place"]

CHUNK = 1 << 20
"""Bytes received at a time."""
BEGINNING = 1 << 16
"""Bytes in which the first header of a FITS file is."""


def read_bytes(place: ObjectPath) -> bytes:
    """Return the bytes of a small object.

    Raises
    ------
    NoObjectError
        If there is no such object.
    ObjectStoreError
        If it cannot be read.
    """
    return bytes(asked(place, lambda: open_store(place).get(_key(place)).bytes()))


def beginning(place: ObjectPath, most: int) -> bytes:
    """Return the first bytes of an object: so many, or all. The errors are those of `read_bytes`."""
    with local_copy(place, most=most) as path:
        return path.read_bytes()


def write_place(place: Root, data: bytes) -> None:
    """Write a small file or object, in place of an older one: whole, or not at all. Missing folders are made.

    Raises
    ------
    ObjectStoreError
        If the object cannot be written.
    OSError
        If the file cannot be written.
    """
    if isinstance(place, ObjectPath):
        upload_bytes(data, ObjectPath(place.scheme, place.bucket, _key(place)))
        return
    disk.write_whole(place, data)
    disk.tidy(place.parent)


def copy_to(
    place: ObjectPath, file: Path, feed: Callable[[memoryview], object] | None = None, *, most: int | None = None
) -> None:
    """Copy an object to a file on this disk.

    Parameters
    ----------
    place : ObjectPath
    file : Path
    feed : callable, optional
        Called with the bytes in pieces, e.g. to verify them.
    most : int, optional
        Bytes to copy, if not all. Only the beginning is asked for.

    Raises
    ------
    NoObjectError
        If there is no such object.
    ObjectStoreError
        If it cannot be read.
    OSError
        If the copy cannot be written.
    """
    key, store = _key(place), open_store(place, large=most is None)
    options: dict[str, Any] = {} if most is None else {"options": {"range": (0, most)}}
    answer = asked(place, store.get, key, **options)
    pieces = iter(asked(place, answer.stream, min_chunk_size=CHUNK))
    with file.open("wb") as copy:
        while (piece := asked(place, next, pieces, None)) is not None:
            view = memoryview(piece)
            copy.write(view)
            if feed is not None:
                feed(view)


@contextmanager
def local_copy(
    place: ObjectPath, feed: Callable[[memoryview], object] | None = None, *, most: int | None = None
) -> Iterator[Path]:
    """Copy an object to a file of the same name, which is removed at the end. Arguments and errors are those of `copy_to`."""
    folder = Path(mkdtemp(prefix="tess-source-"))
    try:
        copy_to(place, folder / place.name, feed, most=most)
        yield folder / place.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _key(place: ObjectPath) -> str:
    if not place.key:
        raise ObjectStoreError(str(place), "it is a bucket, not an object", f"give e.g. {place}/name")
    return place.key
