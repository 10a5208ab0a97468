"""The folder of a download: where files go in it, that it stays the same one, and that it has room."""

from __future__ import annotations

import errno
import shutil
import threading
import time
from pathlib import Path

from tess_source import paths

__all__ = ["Folder"]


class Folder:
    """The folder of a download, which must stay the same: not one that comes in its place, e.g. when a disk is gone.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._identity: tuple[int, int] | None = None
        self._known: dict[Path, tuple[int, int] | None] = {}
        self._free, self._looked = 0, 0.0
        self._lock = threading.Lock()

    def place(self, relative: str) -> Path:
        """Say where a file goes, and make the folders on the way.

        Raises
        ------
        UnsafePathError
            If it would lie outside.
        OSError
            If that cannot be done.
        """
        path = self.root.joinpath(*paths.parts_of(relative))
        if self._is_new(path):
            paths.inside(self.root, relative)
            self._make(path)
        return path

    def check(self, path: Path) -> None:
        """Make sure that the folder in which a file was placed is still the same: not gone, and no link in its place.

        Raises
        ------
        FileNotFoundError
            If not.
        """
        if self._is_new(path):
            raise FileNotFoundError(errno.ENOENT, "the folder was taken away meanwhile", str(self.root))

    def _is_new(self, path: Path) -> bool:
        """Whether a file's folder is none that was looked at; following links all the way up takes as long as a small file."""
        known = self._known.get(path.parent)
        return known is None or known != _identity(path.parent)

    def _make(self, path: Path) -> None:
        """Make a file's folder, if the root is still the same, and remember which it is."""
        with self._lock:
            if self._identity is None:
                self.root.mkdir(parents=True, exist_ok=True)
                self._identity = _identity(self.root)
            if self._identity is None or self._identity != _identity(self.root):
                raise FileNotFoundError(errno.ENOENT, "the folder was taken away meanwhile", str(self.root))
            path.parent.mkdir(parents=True, exist_ok=True)
            self._known[path.parent] = _identity(path.parent)

    def room(self, path: Path, size: int | None) -> None:
        """Make sure that there is room for a file; the system is asked once a second, or if it looks tight.

        Raises
        ------
        OSError
            If not.
        """
        if size is None:
            return
        with self._lock:
            if size > self._free or time.monotonic() - self._looked > 1.0:
                self._free, self._looked = shutil.disk_usage(path.parent).free, time.monotonic()
            free = self._free
            self._free -= size
        if size > free:
            problem = f"the disk is full: {size:,} bytes are needed, {free:,} are free"
            raise OSError(errno.ENOSPC, problem, str(path.parent))


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
