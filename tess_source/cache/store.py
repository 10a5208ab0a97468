"""The store: one cache folder, laid out as astroquery and lightkurve do it, in which every file that is used has been found whole.

Files that others left there are read through once, and from then on known by size and time. Links are not followed, and nothing outside of
the folder is touched.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import paths
from tess_source._lazy import pl
from tess_source.cache.verified import Index, Known
from tess_source.clock import now
from tess_source.display import text
from tess_source.download.folder import Folder
from tess_source.download.part import Part, PartLostError
from tess_source.errors import Interrupted, UnsafePathError
from tess_source.files.verify import Verifier, form_of, read_through
from tess_source.settings import OWN_FOLDER, store_root
from tess_source.tables.manifest import FAILED, FETCHED, HERE, INTERRUPTED, Entry, Manifest
from tess_source.tables.plan import Item, Items, Plan

if TYPE_CHECKING:
    from tess_source.settings import Settings

__all__ = ["SHARED_FOLDER", "Store", "Stored", "note"]

log = logging.getLogger(__name__)

SHARED_FOLDER = "mastDownload"
"""Where astroquery and lightkurve put files, below a folder of their user's choice."""
READERS = 4
"""Files read at the same time; their sums are made without Python's lock."""
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

    @classmethod
    def of(cls, settings: Settings) -> Store:
        """Give the store of a session, wherever it is configured to be at this moment."""
        return cls(store_root(settings))

    @cached_property
    def index(self) -> Index:
        """What was verified when."""
        return Index(self.root)

    def index_of(self, folder: Path) -> Index:
        """Give what was verified when in any folder: downloads go where their user wants."""
        return self.index if self.is_at(folder) else Index(folder, self.root)

    def is_at(self, folder: Path) -> bool:
        """Whether a folder is the root of this store."""
        try:
            return folder.resolve() == self.root.resolve()
        except (OSError, RuntimeError):  # links in a circle
            return False

    # -- downloads --

    def through(self, plan: Plan, fetch: Callable[[Plan], Manifest], *, offline: bool) -> Manifest:
        """Give what is here, and let the rest be fetched.

        Parameters
        ----------
        plan : Plan
            Its folder may be another than the store: then what lies in the store is copied from there.
        fetch : callable
            Fetches the files of a plan.
        offline : bool
            Nothing is fetched; what is missing becomes a failed entry that says so.

        Returns
        -------
        Manifest
            One entry per item, in the plan's order.

        Raises
        ------
        Interrupted
            On Ctrl-C, with the manifest of what was done.
        """
        try:
            index, entries, problems = self._found(plan)
        except KeyboardInterrupt:
            raise Interrupted(Manifest(plan, tuple(Entry(item, FAILED, error=INTERRUPTED) for item in plan))) from None
        if offline:
            told = (entry or _offline(item, problems) for entry, item in zip(entries, plan, strict=True))
            return Manifest(plan, tuple(told))
        rest = [index for index, entry in enumerate(entries) if entry is None]
        if not rest:
            return Manifest(plan, tuple(entry for entry in entries if entry))
        part = plan if len(rest) == len(plan) else replace(plan, items=Items(plan.items.to_polars()[rest]))
        try:
            manifest = fetch(part)
        except Interrupted as stop:
            note(stop.manifest.entries, index)
            raise Interrupted(_whole(plan, entries, stop.manifest)) from None
        note(manifest.entries, index)
        return _whole(plan, entries, manifest)

    def look_around(self, plan: Plan) -> Index:
        """Read through once what others left in the plan's folder, copy there what lies in the store, and give what is known now."""
        return self._found(plan)[0]

    def _found(self, plan: Plan) -> tuple[Index, list[Entry | None], dict[str, str]]:
        index = self.index_of(plan.root)
        entries, problems = self.look(plan, index)
        if index is not self.index:
            self._copy_what_is_here(plan, entries, index)
        return index, entries, problems

    def _copy_what_is_here(self, plan: Plan, entries: list[Entry | None], index: Index) -> None:
        """Fill in the entries of files that are missing in the plan's folder, but not in the store; what cannot be copied is left out."""
        items, folder = list(plan), Folder(plan.root)
        by_uri = {known.uri: path for path, known in self.index.entries.items() if known.uri}
        missing = {number: self._place_of(items[number], by_uri) for number, e in enumerate(entries) if not e}
        places = {number: place for number, place in missing.items() if place and _is_file(self.root / place)}
        if not places:
            return
        rows = plan.items.to_polars()[list(places)].with_columns(path=pl.Series(list(places.values()), dtype=pl.String))
        stored, _ = self.look(replace(plan, items=Items(rows), root=self.root), self.index)
        done = []
        try:
            for number, found in zip(places, stored, strict=True):
                if found is not None and (copy := _copied(found, items[number], folder)) is not None:
                    entries[number] = copy
                    done.append(copy)
        finally:
            index.add(known for copy in done if (known := _noted(copy, index.root)))
        if done:
            log.info("%s copied from the cache folder %s", text.number(len(done), "file"), self.root)

    def _place_of(self, item: Item, by_uri: Mapping[str, str]) -> str:
        """Say where the store may have a file: where it was fetched to, or where the same path holds no other address's file."""
        known = self.index.entries.get(item.path)
        own = known is None or known.uri in {"", item.uri, *item.mirrors}
        return by_uri.get(item.uri) or (item.path if own else "")

    @staticmethod
    def look(plan: Plan, index: Index) -> tuple[list[Entry | None], dict[str, str]]:
        """Find the files of a plan that lie in its folder whole; those that are not known yet are read through.

        Parameters
        ----------
        plan : Plan
        index : Index
            What is known of the folder; it is added to.

        Returns
        -------
        entries : list of Entry or None
            One an item; None: it has to be fetched.
        problems : dict
            Path → what is wrong with a file that lies there.
        """
        items = list(plan)
        lying = {number: found for number, item in enumerate(items) if (found := _candidate(plan.root, item))}
        known = {number: index.get(items[number].path, found) for number, (_, found) in lying.items()}
        unread = [number for number, record in known.items() if record is None]
        read = dict(zip(unread, _read_all([(lying[number][0], items[number]) for number in unread]), strict=True))
        index.add(record for record, _ in read.values() if record)
        entries: list[Entry | None] = [None] * len(items)
        problems: dict[str, str] = {}
        for number, (path, _) in lying.items():
            item = items[number]
            record, problem = read.get(number, (known[number], ""))
            if record and item.sha256 in {None, record.sha256}:
                entries[number] = Entry(item, HERE, path=path, bytes=record.size, sha256=record.sha256)
            else:
                problems[item.path] = (
                    problem or f"its bytes are not those of the plan: sha256 {record and record.sha256}"
                )
        return entries, problems

    # -- housekeeping --

    def files(self) -> list[Stored]:
        """Give all files that are shared or were fetched here, sorted by path; links are left out, and so is what is unfinished."""
        shared = {path: self._stored(path, walked=True) for path in _walk(self.root, SHARED_FOLDER)}
        elsewhere = {
            path: self._stored(path) for path in self.index.entries if not path.startswith(f"{SHARED_FOLDER}/")
        }
        found = {**shared, **elsewhere}
        return [file for path in sorted(found) if (file := found[path]) and not LEFTOVER.fullmatch(path)]

    def leftovers(self, older_than: float = 86400.0) -> list[Stored]:
        """Give what interrupted downloads left, if it is older than so many seconds: nobody is still writing it then."""
        latest = now() - older_than
        names = [
            path for top in (SHARED_FOLDER, OWN_FOLDER) for path in _walk(self.root, top) if LEFTOVER.fullmatch(path)
        ]
        found = (self._stored(path, walked=True) for path in sorted(names))
        return [file for file in found if file and file.mtime <= latest]

    def remembered(self) -> list[Stored]:
        """Give the files that hold answers of archives and meanings of names."""
        names = [path for top in ("answers", "names") for path in _walk(self.root, f"{OWN_FOLDER}/{top}")]
        found = (self._stored(path, walked=True) for path in sorted(names) if not LEFTOVER.fullmatch(path))
        return [file for file in found if file]

    def _stored(self, path: str, *, walked: bool = False) -> Stored | None:
        """Describe a file, unless it is gone, a link, or no file of the store; no link leads to one that was walked to."""
        try:
            found = os.lstat(f"{self.root}/{path}" if walked else self._regular(path))
        except (OSError, ValueError):
            return None
        known = self.index.get(path, found)
        return Stored(path, found.st_size, found.st_mtime, known) if stat.S_ISREG(found.st_mode) else None

    def _regular(self, path: str) -> Path:
        """Give the place of a file of the store.

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
            known, problem = _verified(self._regular(file.path), Item(file.known.uri if file.known else "", file.path))
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


def _copied(stored: Entry, item: Item, folder: Folder) -> Entry | None:
    """Copy a file of the store that was verified to where a plan wants it; None if that does not go, or its bytes are others by now."""
    if stored.path is None:
        return None
    try:
        paths.inside(folder.root, item.path)  # not in place of a link that leads elsewhere
        part = Part(folder.place(item.path), uuid.uuid4().hex[:12])
        verifier = Verifier(part.path.name, size=stored.bytes, sha256=stored.sha256, kind=item.kind)
        try:
            with stored.path.open("rb") as source, part.open() as write:
                while chunk := source.read(1 << 20):
                    write(chunk)
                    verifier.feed(chunk)
            if verifier.finish():
                return None
            folder.check(part.path)
            part.file.replace(part.path)
        finally:
            part.remove()
    except (OSError, UnsafePathError, PartLostError) as error:
        log.info("%s was not copied from the cache folder: %s", item.path, error)
        return None
    return Entry(item, HERE, part.path, bytes=verifier.size, sha256=verifier.sha256, mtime_ns=part.mtime_ns)


def _is_file(path: Path) -> bool:
    """Whether a file is there, as far as one may look; `Path.is_file` raises where a folder cannot be read or a name is too long."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def note(entries: Iterable[Entry], index: Index) -> None:
    """Remember files that were fetched, and so verified."""
    noted = (_noted(entry, index.root) for entry in entries if entry.status == FETCHED and entry.path and entry.sha256)
    index.add(known for known in noted if known)


def _noted(entry: Entry, root: Path) -> Known | None:
    try:
        path = root.joinpath(*paths.parts_of(entry.item.path))
        found = path.stat()
    except (OSError, ValueError):
        return None
    same = (found.st_size, found.st_mtime_ns) == (entry.bytes, entry.mtime_ns)  # or else somebody changed it meanwhile
    return _known(entry.item.path, found, entry.sha256 or "", entry.item.uri) if same else None


def _whole(plan: Plan, entries: Sequence[Entry | None], manifest: Manifest) -> Manifest:
    """Put the entries of what was here and of what was fetched together."""
    if not any(entries):
        return replace(manifest, plan=plan)
    fetched = {(entry.item.uri, entry.item.path): entry for entry in manifest.entries}
    whole = (entry or fetched.get((item.uri, item.path)) for entry, item in zip(entries, plan, strict=True))
    return Manifest(plan, tuple(entry for entry in whole if entry), manifest.seconds)


def _known(path: str, found: os.stat_result, sha256: str, uri: str) -> Known:
    return Known(path, found.st_size, found.st_mtime_ns, sha256, uri, now())


def _candidate(root: Path, item: Item) -> tuple[Path, os.stat_result] | None:
    """Give the file of an item if it is there with the right size, and something can be said of it at all."""
    if item.problem is not None or (
        item.size is None and item.sha256 is None and form_of(item.path, item.kind) == "other"
    ):
        return None
    try:
        found = (root / item.path).lstat()
        path = paths.inside(root, item.path)
    except (OSError, ValueError):
        return None
    return (path, found) if stat.S_ISREG(found.st_mode) and item.size in {None, found.st_size} else None


def _read_all(files: Sequence[tuple[Path, Item]]) -> list[tuple[Known | None, str]]:
    """Read files through, several at a time."""
    if not files:
        return []
    log.info("reading %s not verified yet", text.number(len(files), "file"))
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(lambda pair: _verified(*pair), files))


def _verified(path: Path, item: Item) -> tuple[Known | None, str]:
    """Read a file through: what is to be remembered of it, or what is wrong with it."""
    verifier = Verifier(path.name, size=item.size, kind=item.kind)
    try:
        before = path.stat()
        problem = read_through(path, verifier)
        after = path.stat()
    except OSError as error:
        return None, f"it cannot be read: {error.strerror or error}"
    if problem is None and (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        problem = "it changed while it was read"
    return (None, problem) if problem else (_known(item.path, after, verifier.sha256, item.uri), "")


def _offline(item: Item, problems: Mapping[str, str]) -> Entry:
    problem = problems.get(item.path)
    return Entry(item, FAILED, error=item.problem or f"offline, and it is not here{f': {problem}' if problem else ''}")


def _walk(root: Path, folder: str) -> Iterator[str]:
    """Give the paths of all files below a folder of the root, relative to the root; links to folders are not followed."""
    if (root / folder).is_symlink():
        return
    start = len(str(root)) + 1
    for place, _, names in os.walk(root / folder):
        inside = place[start:].replace(os.sep, "/")
        yield from (f"{inside}/{name}" for name in names)
