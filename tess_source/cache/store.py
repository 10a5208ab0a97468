"""The store: one cache folder, with the layout of astroquery and lightkurve, in which every file is verified before it is used.

Files that other programs put there are read through once. After that they are recognized by size and time. Links are not followed, and
nothing outside of the folder is changed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tess_source import paths
from tess_source.cache.object_index import ObjectIndex
from tess_source.cache.verified import READERS, Index, Known, VerifiedRecords, read_whole
from tess_source.clock import now
from tess_source.disk import writer_has_ended
from tess_source.display.records import Records
from tess_source.errors import UnsafePathError, bare_reason
from tess_source.files.folder import Folder, Lying
from tess_source.object_store.path import ObjectPath, Root
from tess_source.settings import OWN_FOLDER, Settings, store_root
from tess_source.tables.items import Item
from tess_source.threads import in_order

__all__ = ["SHARED_FOLDER", "Store", "Stored"]

SHARED_FOLDER = "mastDownload"
"""Folder in which astroquery and lightkurve put files, below the folder that you choose."""
LEFTOVER = re.compile(r".*\.part", re.DOTALL)
"""Names of files that an interrupted download, or the replacement of a file, may leave behind."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store."""

    path: str
    """Relative to the root, with ``/`` between the parts."""
    size: int
    """Bytes."""
    mtime: float
    """When its bytes were last written [s since 1970]."""
    known: Known | None = field(default=None, repr=False)
    """Its record in the index, if the file did not change since."""


class Store:
    """The files of one cache folder.

    Parameters
    ----------
    root : Path
        The folder. It need not exist: it is made when the first file is fetched.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder = Folder(root)

    @classmethod
    def of(cls, settings: Settings) -> Store:
        """Return the store of a session, at the place that is configured at this moment."""
        return cls(store_root(settings))

    @cached_property
    def index(self) -> Index:
        """The index of verified files."""
        return Index(self.root)

    def index_of(self, folder: Root) -> VerifiedRecords:
        """Return the index of verified files of any place: downloads may go to other folders than the store, and to object stores."""
        if isinstance(folder, ObjectPath):
            return ObjectIndex(folder)
        return self.index if self.is_at(folder) else Index(folder, self.root)

    def is_at(self, folder: Root) -> bool:
        """Return whether a folder is the root of this store."""
        if isinstance(folder, ObjectPath):
            return False
        try:
            return folder.resolve() == self.root.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False

    def files(self) -> list[Stored]:
        """Return all files in the shared folder or fetched here, sorted by path, without links and without unfinished files."""
        shared = {path: self._stored_file(path, walked=True) for path in self._folder.list(SHARED_FOLDER)}
        elsewhere = {
            path: self._stored_file(path) for path in self.index.entries if not path.startswith(f"{SHARED_FOLDER}/")
        }
        found = {**shared, **elsewhere}
        kept = (file for path in sorted(found) if (file := found[path]) and not LEFTOVER.fullmatch(path))
        return Records(kept, "file")

    def leftovers(self, older_than: float = 86400.0) -> list[Stored]:
        """Return what interrupted downloads and writers left: files older than so many seconds, and those of processes that have ended.

        So no process is still writing them.
        """
        latest = now() - older_than
        names = [
            path for top in (SHARED_FOLDER, OWN_FOLDER) for path in self._folder.list(top) if LEFTOVER.fullmatch(path)
        ]
        found = (self._stored_file(path, walked=True) for path in sorted(names))
        ended = {file: writer_has_ended(file.path.rpartition("/")[2]) for file in found if file}
        return Records((file for file, has in ended.items() if has or (has is None and file.mtime <= latest)), "file")

    def remembered(self) -> list[Stored]:
        """Return the files that hold answers of archives and resolved names."""
        names = [path for top in ("answers", "names") for path in self._folder.list(f"{OWN_FOLDER}/{top}")]
        found = (self._stored_file(path, walked=True) for path in sorted(names) if not LEFTOVER.fullmatch(path))
        return Records((file for file in found if file), "file")

    def _stored_file(self, path: str, *, walked: bool = False) -> Stored | None:
        """Return a file; None if it is gone, a link, or not in the store. A file that was found by walking needs no check for links."""
        try:
            found = os.lstat(f"{self.root}/{path}" if walked else self._plain_file(path))
        except (OSError, ValueError):
            return None
        known = self.index.get(path, Lying(found.st_size, found.st_mtime_ns, is_link=False))
        return Stored(path, found.st_size, found.st_mtime, known) if stat.S_ISREG(found.st_mode) else None

    def _plain_file(self, path: str) -> Path:
        """Return the full path of a file of the store.

        Raises
        ------
        UnsafePathError
            If it lies elsewhere, or is not a plain file.
        FileNotFoundError
        """
        place = paths.inside(self.root, path)
        if not stat.S_ISREG(place.lstat().st_mode):
            raise UnsafePathError(f"{path!r} is not a plain file")
        return place

    def verify(self, files: Sequence[Stored]) -> Iterator[tuple[Stored, str]]:
        """Read every file through, and yield it with what is wrong; an empty text if it is whole.

        A file that the index knows must still have its sha256. For other files the structure is checked.
        """
        news: list[Known] = []
        try:
            read = in_order(self._known_and_problem, files, READERS)
            for file, (known, problem) in zip(files, read, strict=True):
                if problem and file.known:
                    news.append(self.index.forgotten(file.known))
                news += [known] if known else []
                yield file, problem
        finally:
            self.index.add(news)

    def _known_and_problem(self, file: Stored) -> tuple[Known | None, str]:
        try:
            self._plain_file(file.path)
            known, problem = read_whole(self._folder, Item(file.known.uri if file.known else "", file.path))
        except (OSError, ValueError) as error:
            return None, str(error)
        if known and file.known and known.sha256 != file.known.sha256:
            return None, f"its bytes changed since it was verified, though its time did not: sha256 {known.sha256}"
        return known, problem

    def remove(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Remove files of the store, and folders that become empty.

        Yields
        ------
        path : str
        problem : str
            Why it could not be removed; empty if it was.
        """
        for path in names:
            try:
                place = self._plain_file(path)
                place.unlink()
            except (OSError, ValueError) as error:
                yield path, bare_reason(error)
                continue
            self._remove_empty_folders(place.parent)
            yield path, ""

    def _remove_empty_folders(self, folder: Path) -> None:
        while folder != self.root and folder.is_relative_to(self.root):
            try:
                folder.rmdir()
            except OSError:  # not empty: it stays
                return
            folder = folder.parent
