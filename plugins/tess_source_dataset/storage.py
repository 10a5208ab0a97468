"""Where the files of a data set lie: a folder, or a place in an object store."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tess_source import disk
from tess_source.errors import DownloadError
from tess_source.object_store.path import ObjectPath, user_root
from tess_source.object_store.store import open_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["Storage", "storage_of"]


class Storage(Protocol):
    """A place with the files of one data set. Names are relative to it. A file appears whole or not at all."""

    def read(self, name: str, /) -> bytes | None:
        """Return the bytes of a small file; None if there is none."""
        ...

    def fetch(self, name: str, folder: Path, /) -> Path | None:
        """Return the path of a file on this disk, if need be of a copy in a folder; None if there is none."""
        ...

    def create(self, name: str, data: bytes, /) -> bool:
        """Write a small file unless it is there, and return whether it was written."""
        ...

    def write(self, name: str, data: bytes, /) -> None:
        """Write a small file, which takes the place of an older one."""
        ...

    def put(self, name: str, file: Path, /) -> None:
        """Copy a file from this disk, which takes the place of an older one."""
        ...

    def sizes(self) -> dict[str, int]:
        """Return the size of each file [byte], by name."""
        ...

    def check(self) -> None:
        """Check that files can be written."""
        ...


def storage_of(place: Any) -> Storage:
    """Return the storage of a data set.

    Raises
    ------
    QueryError
        If it is neither a path nor the URL of an object store.
    """
    root = user_root(place)
    return BucketStorage(root) if isinstance(root, ObjectPath) else FolderStorage(root)


class FolderStorage:
    """A folder, which need not exist.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root: Path = root.absolute()

    def __str__(self) -> str:
        return str(self.root)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a small file; None if there is none."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def fetch(self, name: str, folder: Path) -> Path | None:
        """Return the path of a file; None if there is none."""
        path = self.root / name
        return path if path.is_file() else None

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file unless it is there, and return whether it was written."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = disk.temporary_beside(path)
        disk.write_whole(whole, data)
        try:
            _place_new(whole, path)
        except FileExistsError:
            return False
        finally:
            disk.remove(whole)
        return True

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, which takes the place of an older one."""
        disk.write_whole(self.root / name, data)

    def put(self, name: str, file: Path) -> None:
        """Copy a file from this disk, which takes the place of an older one."""
        with file.open("rb") as source, disk.replacing(self.root / name) as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def sizes(self) -> dict[str, int]:
        """Return the size of each file [byte], by name, but not of those that are being written, whose names begin with a dot."""
        files = (path for path in sorted(self.root.rglob("*")) if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(self.root).as_posix(): path.stat().st_size for path in files}

    def check(self) -> None:
        """Check that files can be written, and remove what processes that have ended left behind.

        Raises
        ------
        OSError
            If not. The error names the place.
        """
        disk.check_place(self.root / "README.md")
        for folder in (self.root, self.root / "data"):
            disk.tidy(folder)


def _place_new(whole: Path, path: Path) -> None:
    """Give a file its name unless that is taken. Where the disk has no links, a second writer may take its place."""
    try:
        os.link(whole, path)
    except OSError as error:
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        whole.replace(path)


class BucketStorage:
    """A place in an object store.

    Parameters
    ----------
    root : ObjectPath
    """

    def __init__(self, root: ObjectPath) -> None:
        self.root: ObjectPath = root

    def __str__(self) -> str:
        return str(self.root)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a small file; None if there is none."""
        with self._said("read", name) as (store, key):
            return bytes(store.get(key).bytes())
        return None

    def fetch(self, name: str, folder: Path) -> Path | None:
        """Return the path of a copy in a folder; None if there is no such file."""
        path = folder / name.replace("/", "-")
        with self._said("read", name) as (store, key):
            chunks = store.get(key).stream(1 << 20)
            with path.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
            return path
        return None

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file unless it is there, and return whether it was written."""
        from obstore.exceptions import AlreadyExistsError

        with self._said("written", name) as (store, key):
            try:
                store.put(key, data, mode="create")
            except AlreadyExistsError:
                return False
        return True

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, which takes the place of an older one."""
        with self._said("written", name) as (store, key):
            store.put(key, data)

    def put(self, name: str, file: Path) -> None:
        """Copy a file from this disk, which takes the place of an older one once all of it has arrived."""
        with self._said("written", name) as (store, key):
            store.put(key, file)

    def sizes(self) -> dict[str, int]:
        """Return the size of each file [byte], by name."""
        prefix = f"{self.root.key}/" if self.root.key else ""
        with self._said("listed", "") as (store, _):
            found = [one for part in store.list(prefix or None) for one in part]
        return {one["path"].removeprefix(prefix): one["size"] for one in found}

    def check(self) -> None:
        """Check that the place can be asked.

        Raises
        ------
        OSError
            If not.
        """
        self.read("plan.ecsv")

    @contextmanager
    def _said(self, verb: str, name: str) -> Iterator[tuple[ObjectStore, str]]:
        """Give the store and a key. That there is no such object is no error; others are worded without the store's own words, which may
        hold keys and addresses."""
        place = self.root.joinpath(*name.split("/")) if name else self.root
        store = open_store(place)
        from obstore import exceptions

        try:
            yield store, place.key
        except (FileNotFoundError, exceptions.NotFoundError):
            if verb != "read":
                raise DownloadError(f"{place} cannot be {verb}: there is no such bucket") from None
        except exceptions.BaseError as error:
            raise DownloadError(f"{place} cannot be {verb}: {type(error).__name__}") from None
