"""Files that are here already: the one check for the dry run, the download, the fetcher that has just claimed a file, and plugins.

A file counts as here if

- it lies in its place as a plain file, or as a link to one in the same folder,
- a complete file can be told from a part of one: by a size, a sha256, or a form that can be verified,
- its size is that of the plan, if the plan has one,
- it was verified before and did not change since (by size and time; not for links; by size and ETag for objects), or it is read now and
  found whole,
- and its sha256 is that of the plan, if the plan has one.

A file that only lies in the cache folder, or a cut-out whose name is spelt otherwise, is copied, if it is whole by the same rules and may
be the file of the plan.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tess_source import disk, paths
from tess_source._lazy import pl
from tess_source.cache.store import Store
from tess_source.cache.verified import Known, VerifiedRecords, read_all
from tess_source.clock import now
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.download.destination import LocalFolder
from tess_source.download.part import Part, PartLostError
from tess_source.download.spellings import spelt_otherwise
from tess_source.errors import UnsafePathError
from tess_source.files.etags import md5_of
from tess_source.files.folder import Files, Folder, Lying
from tess_source.files.verify import Verifier, form_of
from tess_source.object_store.folder import WIDTH, ObjectFolder
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_file
from tess_source.tables.entry_rows import EntryNotes
from tess_source.tables.items import COPIED, FAILED, FETCHED, HERE, Entry, Item
from tess_source.tables.plan import Plan
from tess_source.threads import in_order

__all__ = ["Existing", "expected", "look", "lying", "vouched_for", "whole"]

log: logging.Logger = logger(__name__)

AT_ONCE = 50_000
"""Files that are looked for together: all at once would need much memory."""


def lying(folder: Files, item: Item) -> Lying | None:
    """Return size and time of the file in the place of an item, if it may be the item's file. Nothing is read."""
    if item.problem is not None or not _can_be_verified(item):
        return None
    found = folder.exists(item.path)
    return found if found is not None and item.size in {None, found.size} else None


def _can_be_verified(item: Item) -> bool:
    """Return whether a complete file of an item can be told from a part of one."""
    is_known = item.size is not None or item.sha256 is not None or md5_of(item.etag) is not None
    return is_known or form_of(item.path, item.kind) not in {"other", "html"}


def whole(folder: Files, item: Item) -> Entry | None:
    """Return the entry of an item whose file is here, after reading the file; None if it has to be fetched."""
    if lying(folder, item) is None:
        return None
    ((known, problem),) = _read(folder, [item])
    if known is None or not _has_sum(item, known):
        log.info("%s is fetched again: %s", item.path, problem or _other_bytes(item, known))
        return None
    return _entry(folder, item, known)


@dataclass
class Existing:
    """The files of a plan that are here, and the rest as far as the cache folder has it."""

    entries: EntryNotes
    """Those that are here."""
    problems: dict[str, str]
    """Path → what is wrong with the file that lies there."""
    stored: dict[int, Entry] = field(default_factory=dict)
    """Number of an item → its whole file in the cache folder, or under another spelling of its name."""


def look(plan: Plan, store: Store, index: VerifiedRecords) -> Existing:
    """Find the files of a plan that are here. Files that were never verified are read, and added to the index.

    Parameters
    ----------
    plan : Plan
    store : Store
        The cache folder.
    index : VerifiedRecords
        The index of the plan's place.
    """
    found = Existing(EntryNotes(plan.items, plan.root), {})
    items, folder = found.entries.items, _folder_of(plan)
    by_uri = (
        {} if index is store.index else {known.uri: path for path, known in store.index.entries.items() if known.uri}
    )
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        entries, problems = _entries_and_problems(folder, part, index)
        found.problems |= problems
        missing: dict[int, Item] = {}
        for number, (item, entry) in enumerate(zip(part, entries, strict=True), start):
            if entry is None:
                missing[number] = item
            else:
                found.entries[number] = entry
        stored = _whole(folder, spelt_otherwise(folder, missing), index) if isinstance(folder, Folder) else {}
        if index is not store.index:
            stored |= _in_store(store, {n: item for n, item in missing.items() if n not in stored}, by_uri)
        found.stored |= stored
    return found


def _folder_of(plan: Plan) -> Files:
    """Return the place of a plan; of an object store, what lies there is listed."""
    if not isinstance(plan.root, ObjectPath):
        return Folder(plan.root)
    objects = ObjectFolder(plan.root)
    known = plan.items.to_polars().filter(pl.col("problem").is_null())
    objects.look(known["path"])
    return objects


def expected(plan: Plan, store: Store) -> list[str]:
    """Return the expected status of each file of a plan: ``here``, ``copied``, ``fetched``, or ``failed`` if it cannot be fetched."""
    found = look(plan, store, store.index_of(plan.root))

    def status(number: int, problem: str | None) -> str:
        if number in found.entries:
            return HERE
        if problem is not None:
            return FAILED
        return COPIED if number in found.stored else FETCHED

    return [status(number, problem) for number, problem in enumerate(plan.items["problem"])]


def _entries_and_problems(
    folder: Files, items: Sequence[Item], index: VerifiedRecords
) -> tuple[list[Entry | None], dict[str, str]]:
    """Return the entries of items whose files lie whole in a folder, and the problems of the others by path."""
    there = {number: place for number, item in enumerate(items) if (place := lying(folder, item))}
    known = {number: index.get(items[number].path, place) for number, place in there.items()}
    unread = [number for number, record in known.items() if record is None]
    read = dict(zip(unread, _read(folder, [replace(items[n], sha256=None) for n in unread]), strict=True))
    index.add(record for number, (record, _) in read.items() if record and not there[number].is_link)
    entries: list[Entry | None] = [None] * len(items)
    problems: dict[str, str] = {}
    for number in there:
        item = items[number]
        record, problem = read.get(number, (known[number], ""))
        if record is not None and _has_sum(item, record):
            entries[number] = _entry(folder, item, record)
        else:
            problems[item.path] = problem or _other_bytes(item, record)
    return entries, problems


def _read(folder: Files, items: Sequence[Item]) -> Sequence[tuple[Known | None, str]]:
    """Read files through. An object tells by itself that it was verified before it was uploaded, if tess-source did that."""
    if not isinstance(folder, ObjectFolder):
        return read_all(folder, items)
    vouched = list(in_order(functools.partial(vouched_for, folder), items, WIDTH))
    left = iter(read_all(folder, [item for item, known in zip(items, vouched, strict=True) if known is None]))
    return [(known, "") if known else next(left) for known in vouched]


def vouched_for(folder: ObjectFolder, item: Item) -> Known | None:
    """Return the record of an object that tess-source has verified and uploaded; None for others, and for a file that it cannot be."""
    if (found := folder.verified_sum(item.path)) is None or not found[1] or item.size not in {None, found[0].size}:
        return None
    lying, sha256 = found
    return Known(item.path, lying.size, lying.mtime_ns, sha256, item.uri, now(), object_etag=lying.etag)


def _has_sum(item: Item, known: Known) -> bool:
    if item.sha256 is not None:
        return item.sha256.lower() == known.sha256
    md5, found = md5_of(item.etag), md5_of(known.etag)
    return md5 is None or found is None or md5 == found


def _other_bytes(item: Item, known: Known | None) -> str:
    found = f"MD5 {known and known.etag}" if item.sha256 is None else f"sha256 {known and known.sha256}"
    return f"its bytes are not those of the plan: {found}"


def _entry(folder: Files, item: Item, known: Known) -> Entry:
    place = folder.place(item.path)
    on_disk, in_store = (place, None) if isinstance(place, Path) else (None, place)
    return Entry(
        item, HERE, on_disk, "", known.size, known.sha256, etag=known.etag or None,
        object=in_store, object_etag=known.object_etag or None,
    )  # fmt: skip


# -- files in the cache folder --


def _in_store(store: Store, missing: Mapping[int, Item], by_uri: Mapping[str, str]) -> dict[int, Entry]:
    """Return the whole files in the cache folder of items that are missing elsewhere. Links are left out."""
    folder = Folder(store.root)
    places = {number: _place_in_store(store, item, by_uri) for number, item in missing.items() if item.problem is None}
    return _whole(folder, {n: replace(missing[n], path=place) for n, place in places.items() if place}, store.index)


def _whole(folder: Folder, items: Mapping[int, Item], index: VerifiedRecords) -> dict[int, Entry]:
    """Return the entries of those items whose files are whole, and no links."""
    there = {n: item for n, item in items.items() if (found := folder.exists(item.path)) and not found.is_link}
    entries, _ = _entries_and_problems(folder, [*there.values()], index)
    return {number: entry for number, entry in zip(there, entries, strict=True) if entry is not None}


def _place_in_store(store: Store, item: Item, by_uri: Mapping[str, str]) -> str:
    """Return where the store may have a file: where it was fetched to, or its own path if no file of another URI lies there."""
    known = store.index.entries.get(item.path)
    own = known is None or known.uri in {"", item.uri, *item.mirrors}
    return by_uri.get(item.uri) or (item.path if own else "")


def copied(plan: Plan, found: Existing, store: Store, note: Callable[[Entry], object]) -> None:
    """Copy files to their places in the folder of a plan, and add their entries. A file that cannot be copied is fetched later."""
    items, root, count = found.entries.items, plan.root, 0
    if isinstance(root, ObjectPath):
        copy, width = functools.partial(_uploaded_entry, root=root), WIDTH
    else:
        copy, width = functools.partial(_copied_entry, folder=LocalFolder(root)), 1

    def copy_at(number: int) -> Entry | None:
        return copy(found.stored[number], items[number])

    for number, entry in zip(found.stored, in_order(copy_at, [*found.stored], width), strict=True):
        if entry is not None:
            found.entries[number] = entry
            note(entry)
            count += 1
    if count:
        log.info("%s copied, from the cache folder %s or other names", text.number(count, "file"), store.root)


def _uploaded_entry(stored: Entry, item: Item, root: ObjectPath) -> Entry | None:
    """Upload a verified file and return its entry; None if that fails, its bytes changed, or there is an object that is not the file."""
    if stored.path is None or not stored.sha256:
        return None
    try:
        place = root / item.path
        with disk.opened(stored.path) as file:
            found = os.fstat(file.fileno())
            same = hashlib.file_digest(file, "sha256").hexdigest() == stored.sha256
        verified = found.st_size, found.st_mtime_ns
        if not same:
            return None
        etag = upload_file(stored.path, place, if_absent=True, sha256=stored.sha256, verified=verified)
    except (OSError, UnsafePathError) as error:
        log.info("%s was not uploaded from the cache folder: %s", item.path, error)
        return None
    return Entry(
        item, COPIED, bytes=stored.bytes, sha256=stored.sha256, etag=stored.etag, object=place, object_etag=etag
    )


def _copied_entry(stored: Entry, item: Item, folder: LocalFolder) -> Entry | None:
    """Copy a verified file and return its entry; None if it cannot be copied, or its bytes changed."""
    if stored.path is None:
        return None
    try:
        paths.inside(folder.root, item.path)  # not in place of a link that leads elsewhere
        part = folder.part(item.path, uuid.uuid4().hex[:12])
        try:
            verifier = _verifier_of_copy(stored, part, item)
            if verifier.finish():
                return None
            path = folder.commit(part)
        finally:
            part.remove()
    except (OSError, UnsafePathError, PartLostError) as error:
        log.info("%s was not copied from the cache folder: %s", item.path, error)
        return None
    size, sha256 = verifier.size, verifier.sha256
    return Entry(item, COPIED, path, bytes=size, sha256=sha256, etag=stored.etag, mtime_ns=part.mtime_ns)


def _verifier_of_copy(stored: Entry, part: Part, item: Item) -> Verifier:
    assert stored.path is not None
    verifier = Verifier(part.path.name, size=stored.bytes, sha256=stored.sha256, kind=item.kind)
    part.verifier = verifier
    with disk.opened(stored.path) as source, part.open() as write:
        while chunk := source.read(1 << 20):
            write(chunk)
            verifier.feed(chunk)
    return verifier
