"""The folder of a download: where files go in it, that it stays the same one, and that it has room."""

from __future__ import annotations

import errno
import shutil
import threading
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
        path = paths.inside(self.root, relative)
        with self._lock:
            if self._identity is None:
                self.root.mkdir(parents=True, exist_ok=True)
                self._identity = self._now()
        self.check()
        if path.parent != self.root:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def check(self) -> None:
        """Make sure that it is still there.

        Raises
        ------
        DownloadError
            If not.
        """
        if self._identity != self._now():
            raise FileNotFoundError(errno.ENOENT, "the folder was taken away meanwhile", str(self.root))

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self.root.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def room(self, path: Path, size: int | None) -> None:
        """Make sure that there is room for a file.

        Raises
        ------
        OSError
            If not.
        """
        free = shutil.disk_usage(path.parent).free
        if size is not None and size > free:
            problem = f"the disk is full: {size:,} bytes are needed, {free:,} are free"
            raise OSError(errno.ENOSPC, problem, str(path.parent))
