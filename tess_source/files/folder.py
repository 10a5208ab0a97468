"""Access to the files below one folder that never leaves it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from tess_source import disk, paths
from tess_source.errors import UnsafePathError
from tess_source.object_store.path import Root

__all__ = ["Files", "Folder", "Lying"]


class Lying(NamedTuple):
    """Size and time of a file."""

    size: int
    """Bytes."""
    mtime_ns: int
    """Time at which its bytes were last written [ns since 1970]."""
    is_link: bool
    """Whether it is a symbolic link to a file in the same folder."""
    etag: str = ""
    """ETag of an object; empty for files on disk."""


class Files(Protocol):
    """A place with files. Paths are relative to it, with ``/`` between their parts."""

    def exists(self, path: str, /) -> Lying | None:
        """Return size and time of a file; None if there is no file."""
        ...

    def open(self, path: str, /) -> IO[bytes]:
        """Open a file for reading."""
        ...

    def list(self, below: str = "", /) -> Iterator[str]:
        """Yield the paths of all files below a folder."""
        ...

    def remove(self, path: str, /) -> None:
        """Remove a file."""
        ...

    def place(self, path: str, /) -> Root:
        """Return where a file is."""
        ...


class Folder:
    """A folder of files. Paths are relative to it, with ``/`` between their parts.

    Parameters
    ----------
    root : Path
        The folder. It need not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._problems: dict[str, str] = {}

    def exists(self, path: str) -> Lying | None:
        """Return size and time of a file; None if there is no file, or it cannot be accessed.

        Folders on the way and symbolic links must not lead out of the root. Each folder is checked once.
        """
        inner, _, name = path.rpartition("/")
        try:
            found = os.lstat(f"{self.root}/{path}")  # first: of most files that are asked for there is nothing
            if self._refusal(inner):
                return None
            paths.safe_component(name)
            is_link = stat.S_ISLNK(found.st_mode)
            if is_link:
                found = paths.inside(self.root, path).stat()
        except (OSError, ValueError):
            return None
        return Lying(found.st_size, found.st_mtime_ns, is_link) if stat.S_ISREG(found.st_mode) else None

    def why_not(self, path: str) -> str:
        """Return why `exists` sees no file in a place; empty if there is nothing at all."""
        if problem := self._refusal(path.rpartition("/")[0]):
            return problem
        try:
            there = os.path.lexists(f"{self.root}/{path}")
        except ValueError as error:  # e.g. a NUL in the name
            return str(error)
        return "something that is no plain file of this folder stands in its place" if there else ""

    def _refusal(self, inner: str) -> str:
        """Return why nothing is read in a folder; empty if it can be."""
        problem = self._problems.get(inner)
        if problem is None:
            problem = "" if self._is_plain(inner) else self._refusal_by_links(inner)
            self._problems[inner] = problem  # only now: other threads ask too
        return problem

    def _is_plain(self, inner: str) -> bool:
        """Return whether a folder certainly lies inside: no part of its path is a link, or a name that is not safe."""
        above, _, name = inner.rpartition("/")
        if not inner:
            return True
        try:
            paths.safe_component(name)
            is_folder = stat.S_ISDIR(os.lstat(f"{self.root}/{inner}").st_mode)
        except (OSError, ValueError):
            return False
        return is_folder and (self._problems.get(above) == "" or self._is_plain(above))

    def _refusal_by_links(self, inner: str) -> str:
        try:
            paths.inside(self.root, f"{inner}/x" if inner else "x")
        except (UnsafePathError, OSError) as error:
            return str(error)
        return ""

    def place(self, path: str) -> Path:
        """Return where a file is.

        Raises
        ------
        UnsafePathError
            If its path is not one.
        """
        return self.root.joinpath(*paths.parts_of(path))

    def open(self, path: str) -> IO[bytes]:
        """Open a file for reading, without a buffer.

        Raises
        ------
        UnsafePathError
            If it lies outside.
        OSError
            If it is not a plain file, or cannot be read.
        """
        return disk.opened(paths.inside(self.root, path), links=True)

    def remove(self, path: str) -> None:
        """Remove a file.

        Raises
        ------
        UnsafePathError
            If it lies outside.
        OSError
            If it cannot be removed.
        """
        paths.inside(self.root, path).unlink()

    def list(self, below: str = "") -> Iterator[str]:
        """Yield the paths of all files below a folder. Links to folders are not followed."""
        if (self.root / below).is_symlink():
            return
        start = len(str(self.root)) + 1
        for place, _, names in os.walk(self.root / below):
            inner = place[start:].replace(os.sep, "/")
            yield from (f"{inner}/{name}" if inner else name for name in names)
