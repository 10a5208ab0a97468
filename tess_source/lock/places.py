"""The places whose files are compared with a lock or a listing: folders, and places in object stores."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from tess_source.files.folder import Folder, Lying
from tess_source.object_store.copies import local_copy
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath, Root
from tess_source.paths import path_text

__all__ = ["Compared", "compared", "is_there", "object_at"]


class Compared(Protocol):
    """A place whose files are compared. Paths are relative to it, with ``/`` between their parts."""

    def exists(self, path: str, /) -> Lying | None:
        """Return size and time of a file; None if there is no file."""
        ...

    def why_not(self, path: str, /) -> str:
        """Return why `exists` sees no file in a place; empty if there is nothing at all."""
        ...

    def local(self, path: str, /) -> AbstractContextManager[Path]:
        """Give the file on this disk: itself, or a copy for a while."""
        ...

    def all(self) -> Iterator[tuple[str, int]]:
        """Yield the path and size [byte] of each file, in order of path, without hidden and unfinished ones."""
        ...


def compared(root: Root) -> Compared:
    """Return what compares the files of a place."""
    return _Objects(root) if isinstance(root, ObjectPath) else _Folder(root)


def is_there(root: Root) -> bool:
    """Return whether there is such a folder, or any object below such a place.

    Raises
    ------
    ObjectStoreError
        If the store cannot be asked, or there is no such bucket.
    """
    return any(ObjectFolder(root).list()) if isinstance(root, ObjectPath) else root.is_dir()


def object_at(place: ObjectPath) -> Lying | None:
    """Return the object of this very key; None if there is none.

    Raises
    ------
    ObjectStoreError
        If the store cannot be asked, or there is no such bucket.
    """
    return ObjectFolder(place.parent).exists(place.name) if place.key else None


class _Folder(Folder):
    """A folder of this machine."""

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        yield self.place(path)

    def all(self) -> Iterator[tuple[str, int]]:
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inner = os.path.relpath(folder, self.root).replace(os.sep, "/")
            for name in files:
                if not name.startswith(".") and not name.endswith(".part"):
                    with contextlib.suppress(FileNotFoundError):  # it was removed just now
                        size = os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118
                        found.append((path_text(name if inner == "." else f"{inner}/{name}"), size))
        yield from sorted(found)


class _Objects(ObjectFolder):
    """A place in an object store, which is listed once: 1,000 objects per request, and none per file."""

    def __init__(self, root: ObjectPath) -> None:
        super().__init__(root)
        self._all = dict(self.listed())

    def exists(self, path: str) -> Lying | None:
        return self._all.get(path)

    def local(self, path: str) -> AbstractContextManager[Path]:
        return local_copy(self.place(path))

    def all(self) -> Iterator[tuple[str, int]]:
        for path, found in sorted(self._all.items()):
            if not path.startswith(".") and "/." not in path and not path.endswith(".part"):
                yield path, found.size
