"""The store: one cache folder, laid out as astroquery and lightkurve do it, in which every file that is used has been found whole.

Files that others left there are read through once, and from then on known by size and time. Links are not followed, and nothing outside of
the folder is touched.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tess_source import paths
from tess_source.cache.verified import READERS, Index, Known, read_whole
from tess_source.clock import now
from tess_source.errors import UnsafePathError
from tess_source.files.folder import Folder, Lying
from tess_source.settings import OWN_FOLDER, Settings, store_root
from tess_source.tables.items import Item

__all__ = ["SHARED_FOLDER", "Store", "Stored"]

SHARED_FOLDER = "mastDownload"
"""Where astroquery and lightkurve put files, below a folder of their user's choice."""
LEFTOVER = re.compile(r".*\.part", re.DOTALL)
"""Names of what an interrupted download, or a file that was replaced, may leave."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store."""

    path: str
    """Relative to the root, with ``/`` between the parts."""
    size: int
    """Bytes."""
    mtime: float
    """When its bytes were last written [s since 1970]."""
    known: Known | None = None
    """What the index says of it, if it did not change since."""


class Store:
    """The files of one cache folder.

    Parameters
    ----------
    root : Path
        It need not exist; it is made when the first file is fetched.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = Folder(root)

    @classmethod
    def of(cls, settings: Settings) -> Store:
        """Return the store of a session, wherever it is configured to be at this moment."""
        return cls(store_root(settings))

    @cached_property
    def index(self) -> Index:
        """What was verified when."""
        return Index(self.root)

    def index_of(self, folder: Path) -> Index:
        """Return what was verified when in any folder: downloads go where their user wants."""
        return self.index if self.is_at(folder) else Index(folder, self.root)

    def is_at(self, folder: Path) -> bool:
        """Whether a folder is the root of this store."""
        try:
            return folder.resolve() == self.root.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False

    def files(self) -> list[Stored]:
        """Return all files that are shared or were fetched here, sorted by path; links are left out, and so is what is unfinished."""
        shared = {path: self._stored(path, walked=True) for path in self._folder.list(SHARED_FOLDER)}
        elsewhere = {
            path: self._stored(path) for path in self.index.entries if not path.startswith(f"{SHARED_FOLDER}/")
        }
        found = {**shared, **elsewhere}
        return [file for path in sorted(found) if (file := found[path]) and not LEFTOVER.fullmatch(path)]

    def leftovers(self, older_than: float = 86400.0) -> list[Stored]:
        """Return what interrupted downloads left, if it is older than so many seconds: nobody is still writing it then."""
        latest = now() - older_than
        names = [
            path for top in (SHARED_FOLDER, OWN_FOLDER) for path in self._folder.list(top) if LEFTOVER.fullmatch(path)
        ]
        found = (self._stored(path, walked=True) for path in sorted(names))
        return [file for file in found if file and file.mtime <= latest]

    def remembered(self) -> list[Stored]:
        """Return the files that hold answers of archives and meanings of names."""
        names = [path for top in ("answers", "names") for path in self._folder.list(f"{OWN_FOLDER}/{top}")]
        found = (self._stored(path, walked=True) for path in sorted(names) if not LEFTOVER.fullmatch(path))
        return [file for file in found if file]

    def _stored(self, path: str, *, walked: bool = False) -> Stored | None:
        """Describe a file, unless it is gone, a link, or no file of the store; no link leads to one that was walked to."""
        try:
            found = os.lstat(f"{self.root}/{path}" if walked else self._regular(path))
        except (OSError, ValueError):
            return None
        known = self.index.get(path, Lying(found.st_size, found.st_mtime_ns, is_link=False))
        return Stored(path, found.st_size, found.st_mtime, known) if stat.S_ISREG(found.st_mode) else None

    def _regular(self, path: str) -> Path:
        """Return the place of a file of the store.

        Raises
        ------
        UnsafePathError
            If it lies elsewhere, or is no plain file.
        FileNotFoundError
        """
        place = paths.inside(self.root, path)
        if not stat.S_ISREG(place.lstat().st_mode):
            raise UnsafePathError(f"{path!r} is not a plain file")
        return place

    def verify(self, files: Sequence[Stored]) -> Iterator[tuple[Stored, str]]:
        """Read every file through, and say what is wrong with each; nothing if it is whole.

        A file that the index knows must still have its sum; of another one its structure is checked.
        """
        news: list[Known] = []
        try:
            with ThreadPoolExecutor(READERS) as pool:
                for file, (known, problem) in zip(files, pool.map(self._checked, files), strict=True):
                    if problem and file.known:
                        news.append(self.index.forgotten(file.known))
                    news += [known] if known else []
                    yield file, problem
        finally:
            self.index.add(news)

    def _checked(self, file: Stored) -> tuple[Known | None, str]:
        try:
            self._regular(file.path)
            known, problem = read_whole(self._folder, Item(file.known.uri if file.known else "", file.path))
        except (OSError, ValueError) as error:
            return None, str(error)
        if known and file.known and known.sha256 != file.known.sha256:
            return None, f"its bytes changed since it was verified, though its time did not: sha256 {known.sha256}"
        return known, problem

    def remove(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Remove files of the store, and folders that become empty by that.

        Yields
        ------
        path : str
        problem : str
            Why it could not be removed; empty if it was.
        """
        for path in names:
            try:
                place = self._regular(path)
                place.unlink()
            except (OSError, ValueError) as error:
                yield path, getattr(error, "strerror", None) or str(error)
                continue
            self._remove_empty(place.parent)
            yield path, ""

    def _remove_empty(self, folder: Path) -> None:
        while folder != self.root and folder.is_relative_to(self.root):
            try:
                folder.rmdir()
            except OSError:  # not empty: it stays
                return
            folder = folder.parent
