"""The catalogue's folder: one Parquet file per list, whose name says which state of the list it holds.

``<source>/s0014-<digest>.parquet`` is a list of one sector, ``<source>/s0001-s0013-<digest>.parquet`` a list about several. The digest is
that of the list itself and of the version of the stored form. So the names of the files say the state of the whole catalogue. What else is
known of a list lies beside it, in ``<source>/facts``; if that is lost, the list is only fetched again. ``<source>/absent.json`` says of
which sectors the archive had no list.

Nothing depends on locks: every file is written under a temporary name and then renamed, and of two files of one list the newer counts.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source._lazy import pl
from tess_source.names.sectors import LAST_SECTOR
from tess_source.settings import OWN_FOLDER, Settings, store_root
from tess_source_catalogue import absent

__all__ = [
    "FORM",
    "ROW_GROUP",
    "TICK",
    "CatalogueFolder",
    "Key",
    "ListFacts",
    "ListFile",
    "PresentLists",
    "digest_of",
    "facts_in",
    "list_of_path",
]

FORM = 1
"""Version of the stored form. Lists that were stored in another one are fetched and parsed again."""
Key = tuple[str, int, int]
"""A list: its source, and its first and last sector."""

_FILE = re.compile(r"s(?P<first>\d{4})(?:-s(?P<last>\d{4}))?-(?P<digest>[0-9a-f]{16})\.parquet")
_SOURCE = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
TICK = 3_000_000_000
"""Coarsest clock of a file system, with room to spare [ns]: a folder that changed so lately may change again without a new time."""
ROW_GROUP = 2**12
"""Rows that are read at a time, at least: a star is in one such group of a list, or of a volume of the view."""
_VIEW = "view"
"""Folder of what is derived from the lists."""


@dataclass(frozen=True, slots=True)
class ListFile:
    """The stored rows of one list."""

    source: str
    first: int
    """First sector."""
    last: int
    """Last sector; the first one for a list about one sector."""
    path: Path
    digest: str
    """Of the list and of the form in which it is stored."""

    @property
    def key(self) -> Key:
        """Source, first and last sector."""
        return self.source, self.first, self.last


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What is known of one list, besides its rows."""

    address: str = ""
    """Address at the archive."""
    etag: str = ""
    """The archive's tag of this state of the list; empty without one."""
    modified: str = ""
    """``Last-Modified``, as the archive sent it; empty without one."""
    fetched: float = 0.0
    """When it was fetched [s since 1970, UTC]; 0 if that is not known."""
    checked: float = 0.0
    """When the archive last said that it is the current one [s since 1970, UTC]."""
    size: int = 0
    """Bytes of the list."""
    sha256: str = ""
    """Of the list."""
    rows: int = 0
    """Rows that are understood."""
    strange: int = 0
    """Names in the list that were not understood."""
    strange_names: tuple[str, ...] = ()
    """The first few of them; of a table, more."""
    stored_size: int = 0
    """Bytes of the Parquet file."""
    stored_sha256: str = ""
    """Of the Parquet file; empty if that is not known."""
    pipeline: str = ""
    """Of its source, as are the next ones: see `tess_source.hooks.records.Source`. Empty if that is not known."""
    gives: str = ""
    kinds: str = ""
    """With commas between."""
    since: int = 1
    several: bool = False


class PresentLists(Mapping[Key, ListFile]):
    """All lists of a catalogue: (source, first, last sector) → file. It is never changed, so that it can be told by its identity."""

    def __init__(self, files: Iterable[tuple[Key, ListFile]], absent: Mapping[tuple[str, int], float]) -> None:
        self._files = dict(files)
        self.absent: Mapping[tuple[str, int], float] = {
            key: time for key, time in absent.items() if (*key, key[1]) not in self._files
        }
        """Source and sector of each list that the archive did not have → when it was asked [s since 1970, UTC]."""

    def __getitem__(self, key: Key) -> ListFile:
        return self._files[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __hash__(self) -> int:
        return id(self)


_KNOWN: dict[Path, tuple[object, PresentLists]] = {}
"""Folder → its state, and the lists that were there."""


class CatalogueFolder:
    """The files of the catalogue.

    Parameters
    ----------
    root : Path
        The folder. It need not exist: it is made when the first list is kept.
    """

    def __init__(self, root: Path) -> None:
        self.root: Path = root

    @classmethod
    def of(cls, settings: Settings) -> CatalogueFolder:
        """Return the folder of a session: each server has its own."""
        return cls(store_root(settings) / OWN_FOLDER / "catalogue")

    def lists(self) -> PresentLists:
        """Return all lists: (source, first, last sector) → file, sorted. Only names are read, no file is opened.

        As long as no folder has changed, it is the same object.
        """
        sources = self._sources()
        state, newest = self._state(sources)
        known = _KNOWN.get(self.root)
        if known is not None and known[0] == state:
            return known[1]
        lists = self._read(sources)
        # What is written within the same tick of the file system's clock does not change the time of a folder.
        if newest < time.time_ns() - TICK and self._state(sources)[0] == state:
            _KNOWN[self.root] = (state, lists)
        return lists

    def _state(self, sources: Iterable[str]) -> tuple[tuple[tuple[str, int], ...], int]:
        """Return what changes with any name in the folders, and the time of the newest change [ns since 1970]."""
        times = tuple((source, _changed(os.path.join(self.root, source))) for source in sources)  # noqa: PTH118
        return times, max((moment for _, moment in times), default=0)

    def _read(self, sources: Iterable[str]) -> PresentLists:
        found: dict[Key, ListFile] = {}
        for file in (file for source in sources for file in self._files_of(source)):
            other = found.get(file.key)
            if other is None or _age(file) > _age(other):
                found[file.key] = file
        gone = {
            (source, sector): time
            for source in sources
            for sector, time in absent.absent_in(self.root / source).items()
        }
        return PresentLists(sorted(found.items()), gone)

    def facts(self, file: ListFile) -> ListFacts:
        """Return what is known of a list; of lost or damaged facts, the defaults."""
        try:
            return facts_in(self._facts_path(file).read_bytes())
        except (OSError, ValueError):
            return ListFacts()

    def keep(self, source: str, first: int, last: int, frame: pl.DataFrame, facts: ListFacts) -> ListFile:
        """Store the rows of a list in place of the older ones. A reader finds either the old rows or the new ones.

        Parameters
        ----------
        source : str
            Name of its source.
        first, last : int
            Its sectors; the same one twice for a list about one sector.
        frame : polars.DataFrame
            Its rows, in the order in which they are stored.
        facts : ListFacts
            With the sha256 of the list. Sums of the stored file are added here, and the number of rows if it is 0.

        Returns
        -------
        ListFile

        Raises
        ------
        ValueError
            If the source's name cannot be that of a folder, or a sector has more than four digits.
        OSError
            If the files cannot be written.
        """
        file = self._file(source, first, last, digest_of(facts.sha256))
        written = io.BytesIO()
        frame.write_parquet(written, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
        data = written.getvalue()
        stored = hashlib.sha256(data).hexdigest()
        self.note(file, replace(facts, rows=facts.rows or frame.height, stored_size=len(data), stored_sha256=stored))
        disk.write_whole(file.path, data)
        self._remove_older(file)
        return file

    def note(self, file: ListFile, facts: ListFacts) -> None:
        """Store what is known of a list, in place of what was known."""
        disk.write_whole(self._facts_path(file), json.dumps(asdict(facts)).encode("ascii"))

    def remove(self, files: Iterable[ListFile]) -> None:
        """Remove lists, and folders that become empty.

        Raises
        ------
        OSError
            If a file cannot be removed.
        """
        for file in files:
            file.path.unlink(missing_ok=True)
            disk.remove(self._facts_path(file))
            if not self._files_of(file.source):
                disk.remove(file.path.with_name(absent.NAME))
            for folder in (self._facts_path(file).parent, file.path.parent, self.root):
                _remove_if_empty(folder)

    def is_whole(self, file: ListFile) -> bool:
        """Return whether a list is stored in the present form and has its size, so that it need not be fetched again."""
        facts = self.facts(file)
        try:
            return file.digest == digest_of(facts.sha256) and file.path.stat().st_size == facts.stored_size
        except FileNotFoundError:
            return False

    def forget(self, file: ListFile) -> None:
        """Forget what is known of a list, so that the next update fetches it again. Its rows stay until then."""
        disk.remove(self._facts_path(file))

    def note_absent(self, source: str, gone: Mapping[int, float], present: Collection[int]) -> None:
        """Note of which sectors the archive has no list of a source, and of which it has: see `absent.note_absent`."""
        absent.note_absent(self.root / source, gone, present)

    def tidy(self) -> None:
        """Remove what ended processes have left: temporary files, older files of a list, and old facts without a list."""
        for file in self.lists().values():
            self._remove_older(file)
        for source in self._sources():
            stems = {file.path.stem for file in self._files_of(source)}
            facts = self.root / source / "facts"
            for path in facts.glob("s*.json"):
                if path.stem not in stems and _is_old(path):
                    disk.remove(path)
            disk.tidy(facts)
            disk.tidy(self.root / source)
        disk.tidy(self.root)

    def _sources(self) -> list[str]:
        try:
            with os.scandir(self.root) as found:
                return sorted(entry.name for entry in found if _is_source(entry.name) and entry.is_dir())
        except FileNotFoundError:
            return []

    def _files_of(self, source: str) -> list[ListFile]:
        """Return all files of a source: several of one list, if an update has not come so far as to remove the older one."""
        folder = self.root / source
        names = (_FILE.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208  a Path per name takes longer
        return [
            ListFile(source, int(name["first"]), int(name["last"] or name["first"]), folder / name[0], name["digest"])
            for name in names
            if name
        ]

    def _file(self, source: str, first: int, last: int, digest: str) -> ListFile:
        if not _is_source(source):
            raise ValueError(f"{source!r} is no name of a source: use small letters, digits and single hyphens")
        if not 0 < first <= last <= LAST_SECTOR:
            raise ValueError(f"there are no sectors {first} to {last}")
        sectors = f"s{first:04d}" if first == last else f"s{first:04d}-s{last:04d}"
        return ListFile(source, first, last, self.root / source / f"{sectors}-{digest}.parquet", digest)

    def _facts_path(self, file: ListFile) -> Path:
        return file.path.parent / "facts" / f"{file.path.stem}.json"

    def _remove_older(self, file: ListFile) -> None:
        """Remove older files of a list. Two processes that do it at once agree on which is the newer one."""
        age = _age(file)
        for other in self._files_of(file.source):
            if other.key == file.key and other != file and _age(other) < age:
                disk.remove(other.path)
                disk.remove(self._facts_path(other))


def digest_of(sha256: str) -> str:
    """Return the digest in the name of a list's file, given the sum of the list."""
    return hashlib.sha256(f"{FORM} {sha256}".encode()).hexdigest()[:16]


def list_of_path(path: str) -> Key | None:
    """Return which list a file in a place with a catalogue is, by its path relative to it; None if it is none."""
    source, _, name = path.partition("/")
    found = _FILE.fullmatch(name) if _is_source(source) else None
    return (source, int(found["first"]), int(found["last"] or found["first"])) if found else None


def facts_in(data: bytes) -> ListFacts:
    """Return what is known of a list, from the bytes of its file.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    try:
        return _checked(json.loads(data))
    except RecursionError as error:
        raise ValueError("not facts of a list") from error


def _is_source(name: str) -> bool:
    return name != _VIEW and _SOURCE.fullmatch(name) is not None


def _age(file: ListFile) -> tuple[int, str]:
    """Return what is greater for the newer one of two files of a list."""
    try:
        return file.path.stat().st_mtime_ns, file.digest
    except FileNotFoundError:  # another process has just removed it: there is a newer one
        return 0, ""


def _changed(folder: str) -> int:
    """Return when names in a folder last changed [ns since 1970]; 0 if it is gone."""
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except FileNotFoundError:
        return 0


def _is_old(path: Path) -> bool:
    """Return whether facts are so old that no process is about to write their list."""
    try:
        return path.stat().st_mtime < time.time() - disk.OLD
    except FileNotFoundError:
        return False


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # not empty, or gone: it stays as it is
        return


def _checked(known: Any) -> ListFacts:
    """Return facts of a file.

    Raises
    ------
    ValueError
        If they are not of the types that were written.
    """
    plain = ListFacts()
    if not isinstance(known, dict):
        raise ValueError("not facts of a list")
    given = {field.name: known[field.name] for field in fields(ListFacts) if field.name in known}
    names_given = given.pop("strange_names", [])
    sound = all(type(value) is type(getattr(plain, name)) for name, value in given.items())
    if not sound or not isinstance(names_given, list) or not all(isinstance(name, str) for name in names_given):
        raise ValueError("not facts of a list")
    return ListFacts(**given, strange_names=tuple(names_given))
