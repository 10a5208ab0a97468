"""Where the files of a data set lie: a folder, or a place in an object store."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any, Protocol

from tess_source import disk
from tess_source.errors import NoObjectError, ObjectConflictError
from tess_source.object_store.copies import copy_to, read_bytes
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.object_store.upload import upload_bytes, upload_file
from tess_source.system import link

__all__ = ["Storage", "storage_of"]


class Storage(Protocol):
    """A place with the files of one data set. Names are relative to it. A file appears whole or not at all."""

    @property
    def root(self) -> Root:
        """The place."""
        ...

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
        link(whole, path)
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
        try:
            return read_bytes(self.root / name)
        except NoObjectError:
            return None

    def fetch(self, name: str, folder: Path) -> Path | None:
        """Return the path of a copy in a folder; None if there is no such file."""
        path = folder / name.replace("/", "-")
        try:
            copy_to(self.root / name, path)
        except NoObjectError:
            return None
        return path

    def create(self, name: str, data: bytes) -> bool:
        """Write a small file unless it is there, and return whether it was written."""
        try:
            upload_bytes(data, self.root / name, if_absent=True)
        except ObjectConflictError:
            return False
        return True

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, which takes the place of an older one."""
        upload_bytes(data, self.root / name)

    def put(self, name: str, file: Path) -> None:
        """Copy a file from this disk, which takes the place of an older one once all of it has arrived."""
        upload_file(file, self.root / name)

    def sizes(self) -> dict[str, int]:
        """Return the size of each file [byte], by name."""
        return {path: found.size for path, found in ObjectFolder(self.root).listed()}

    def check(self) -> None:
        """Check that the place can be asked.

        Raises
        ------
        ObjectStoreError
            If not.
        """
        self.sizes()
