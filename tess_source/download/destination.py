"""Destinations of downloads: the protocol, and its only implementation, the local folder."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import threading
import time
from pathlib import Path
from typing import Protocol

from tess_source import paths, system
from tess_source.download.claim import Claim
from tess_source.download.claimant import Claimant
from tess_source.download.part import Part
from tess_source.files.folder import Files, Folder

__all__ = ["Destination", "LocalFolder"]

RECENT = 256
"""Paths of files under way that are not taken apart again."""


class Destination(Files, Protocol):
    """A place for files.

    A file appears under its path only by `commit`, as a whole. A `claim` keeps other processes from fetching the same file. That saves work
    but is not needed for correct files: two processes may fetch the same one.
    """

    def place(self, path: str, /) -> Path:
        """Return the path of a file."""
        ...

    def claim(self, path: str, stale: float, /) -> Claim:
        """Return the claim on a file; it is not taken yet."""
        ...

    def part(self, path: str, name: str, /) -> Part:
        """Return the part that collects a file's bytes, under a unique name."""
        ...

    def room(self, part: Part, size: int | None, /) -> None:
        """Check that there is room for a file of so many bytes."""
        ...

    def commit(self, part: Part, /) -> Path:
        """Rename a complete part to its file, and return the file's path."""
        ...


class LocalFolder(Folder):
    """A local folder. It must stay the same one: an error is raised if another takes its place, e.g. when a disk is unmounted.

    Parameters
    ----------
    root : Path
        The folder. It is made when the first file is claimed.
    lasting : bool
        Whether its files must outlast a power cut.
    """

    def __init__(self, root: Path, *, lasting: bool = True) -> None:
        super().__init__(root)
        self._lasting = lasting
        self._identity: tuple[int, int] | None = None
        self._known: dict[str, tuple[tuple[int, int], ...]] = {}
        self._joined = functools.lru_cache(maxsize=RECENT)(functools.partial(_joined, root))
        self._free, self._looked = 0.0, 0.0
        self._lock = threading.Lock()
        self._claimant = Claimant(root)

    def claim(self, path: str, stale: float, /) -> Claim:
        """Return the claim of a file, and make the folders on the way to it.

        Raises
        ------
        UnsafePathError
            If the file would lie outside.
        OSError
            If the folders cannot be made, or something that is no file stands in its place.
        """
        return Claim(self._checked_path(path), stale, self._claimant)

    def part(self, path: str, name: str, /) -> Part:
        """Return the part of a file: see `claim`. A folder that was checked once is checked again by `commit` only."""
        place = self._joined(path)
        known = os.path.dirname(place) in self._known  # noqa: PTH120  called for each file
        return Part(place if known else self._checked_path(path), name, lasting=self._lasting)

    def commit(self, part: Part, /) -> Path:
        """Rename a part to its file, once its bytes are on disk.

        Raises
        ------
        FileNotFoundError
            If its folder was removed or replaced by a link.
        PartChangedError
            If somebody has changed, replaced or linked the part.
        OSError
            If it cannot be written or renamed.
        """
        part.flush()
        if self._is_new(part.path):
            raise FileNotFoundError(errno.ENOENT, "the folder was removed or replaced meanwhile", str(self.root))
        part.check()
        part.rename()
        part.check_kept()
        return part.path

    def room(self, part: Part, size: int | None, /) -> None:
        """Check that there is room for a file. The system is asked at most once per second, or when the known room is used up.

        Raises
        ------
        OSError
            If there is no room.
        """
        if size is None:
            return
        with self._lock:
            if size > self._free or time.monotonic() - self._looked > 1.0:
                self._free, self._looked = system.room(part.path.parent), time.monotonic()
            free = self._free
            self._free -= size
        if size > free:
            problem = f"the disk is full: {size:,} bytes are needed, {free:,} are free"
            raise OSError(errno.ENOSPC, problem, str(part.path.parent))

    def _checked_path(self, relative: str) -> Path:
        path = self._joined(relative)
        if self._is_new(path):
            paths.inside(self.root, relative)
            self._make_folder(path)
        with contextlib.suppress(FileNotFoundError):
            kind = stat.S_IFMT(os.lstat(path).st_mode)
            if kind not in {stat.S_IFREG, stat.S_IFLNK}:
                raise FileExistsError(errno.EEXIST, "something that is no file stands in its place", str(path))
        return path

    def _is_new(self, path: Path) -> bool:
        """Return whether a file's folder was not checked yet: following links all the way up takes as long as a small file."""
        folder = os.path.dirname(path)  # noqa: PTH120  called for each file
        known = self._known.get(folder)
        return known is None or known != self._identities(folder)

    def _identities(self, folder: str) -> tuple[tuple[int, int], ...]:
        """Return what tells a folder, and each folder and link on the way to it, from others; empty if it is not there.

        A folder that was moved and replaced by a link to it is the same one, but lies elsewhere.
        """
        place, root = folder, str(self.root)
        try:
            found = [os.stat(place)]  # noqa: PTH116  called for each file
            while place and place != root:
                found.append(os.lstat(place))
                place = os.path.dirname(place)  # noqa: PTH120
        except FileNotFoundError:
            return ()
        return tuple((one.st_dev, one.st_ino) for one in found)

    def _make_folder(self, path: Path) -> None:
        """Make a file's folder, if the root is still the same, and remember its identity."""
        with self._lock:
            if self._identity is None:
                self.root.mkdir(parents=True, exist_ok=True)
                self._identity = _identity(self.root)
            if self._identity is None or self._identity != _identity(self.root):
                raise FileNotFoundError(errno.ENOENT, "the folder was removed or replaced meanwhile", str(self.root))
            path.parent.mkdir(parents=True, exist_ok=True)
            folder = str(path.parent)
            self._known[folder] = self._identities(folder)


def _joined(root: Path, relative: str) -> Path:
    return root.joinpath(*paths.parts_of(relative))


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
