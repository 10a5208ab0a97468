"""The index of verified files of a folder, so that a file that did not change since is not read again.

Every run adds one small file of JSON lines under a unique name, whole or not at all. Readers merge these files. So nothing depends on
locks, and a file whose record is lost is only verified again. Each line has a check: what was changed, or written by a version without
checks, counts as lost.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import re
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source.cache.keep import as_line, keep, kept_bytes, record_in
from tess_source.clock import SKEW, now
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.files.etags import md5_of
from tess_source.files.folder import Files, Lying
from tess_source.object_store.path import ObjectPath, Root
from tess_source.settings import OWN_FOLDER
from tess_source.tables.items import Item
from tess_source.threads import in_order

__all__ = ["Index", "Known", "VerifiedRecords", "read_all", "read_whole"]

log: logging.Logger = logger(__name__)

MOST_PARTS = 32
"""Files of which the index may consist before they are merged into one."""
FORM = (str, int, int, str, str, float, str, str)
"""Types of the fields of a record."""
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Known:
    """A file that was found whole."""

    path: str
    """Relative to the root of the store, with ``/`` between the parts."""
    size: int
    """Bytes."""
    mtime_ns: int
    """Time at which its bytes were last written, by the file system [ns since 1970]."""
    sha256: str
    uri: str = ""
    """The archive's URI of the file, if known."""
    verified: float = 0.0
    """Time at which it was read through and found whole [s since 1970, UTC]."""
    etag: str = ""
    """Its ETag in the object store that it came from, if any."""
    object_etag: str = ""
    """Its ETag in the object store that it lies in; empty for files on disk."""


class VerifiedRecords(ABC):
    """The records of verified files below one place, in parts that lie beside each other.

    Parameters
    ----------
    root : Path or ObjectPath
        The place.
    """

    def __init__(self, root: Root) -> None:
        self.root: Root = root

    @cached_property
    def entries(self) -> dict[str, Known]:
        """Path → record; read once."""
        return _newest_by_path(known for part in self.parts() for known in self._records_in(part))

    @abstractmethod
    def get(self, path: str, lying: Lying) -> Known | None:
        """Return the record of a file, if it is still as it was verified."""

    @abstractmethod
    def parts(self) -> Sequence[Path | ObjectPath]:
        """Return the files that the index consists of."""

    @abstractmethod
    def _bytes_of(self, part: Any) -> bytes: ...

    @abstractmethod
    def _keep(self, name: str, data: bytes) -> bool: ...

    @abstractmethod
    def _remove(self, part: Any) -> None: ...

    @abstractmethod
    def _exists(self, known: Known) -> bool: ...

    def add(self, records: Iterable[Known]) -> None:
        """Add records of files that were found whole."""
        new = {known.path: known for known in records}
        if not new:
            return
        self.entries.update(new)
        written = self._write_part(new.values())
        if written and len(parts := self.parts()) > MOST_PARTS:
            self._merge_parts(parts)

    @staticmethod
    def forgotten(known: Known) -> Known:
        """Return a record to add for a file that must be read again, though its size and time did not change."""
        return replace(known, size=-1, verified=now())

    def _write_part(self, records: Iterable[Known]) -> bool:
        lines = "".join(as_line(_row_of(known)) + "\n" for known in records)
        return self._keep(f"{uuid.uuid4().hex}.jsonl", lines.encode("ascii"))

    def _merge_parts(self, parts: Sequence[Path | ObjectPath]) -> None:
        """Write one file in place of many. This is safe if two processes do it at once: each removes only the files that it has read."""
        every = _newest_by_path(known for part in parts for known in self._records_in(part)).values()
        there = [known for known in every if self._exists(known)]
        if not there or self._write_part(there):
            for part in parts:
                self._remove(part)

    def _records_in(self, part: Path | ObjectPath) -> Iterator[Known]:
        """Yield the records of one part. Lines that cannot be understood, or are not as they were written, are passed over."""
        try:
            lines = self._bytes_of(part).split(b"\n")
        except OSError as error:  # another process has just merged it, or it is not ours
            log.debug("%s was not read: %s", part, error)
            return
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                yield _record_of(record_in(line))
            except (ArithmeticError, ValueError, TypeError, KeyError, RecursionError) as error:
                log.info("line %d of %s is passed over: %s", number, part, error)


class Index(VerifiedRecords):
    """The records of verified files below one folder.

    Parameters
    ----------
    root : Path
        The folder.
    store : Path, optional
        The root of the store that keeps the index, if that is another folder.
    """

    def __init__(self, root: Path, store: Path | None = None) -> None:
        super().__init__(root)
        self._files = root
        self._store = store or root
        self.folder: Path = self._store / OWN_FOLDER / (f"elsewhere/{_digest_of(root)}" if store else "verified")

    def get(self, path: str, lying: Lying) -> Known | None:
        """Return the record of a file, if its size and time are still those that were verified; None for links."""
        known = self.entries.get(path)
        same = known is not None and (known.size, known.mtime_ns) == (lying.size, lying.mtime_ns) and not lying.is_link
        return known if same else None

    def parts(self) -> Sequence[Path]:
        """Return the files that the index consists of."""
        try:
            return sorted(self.folder.glob("*.jsonl"))
        except OSError as error:
            log.info("the index in %s is not used: %s", self.folder, error)
            return []

    def _bytes_of(self, part: Any) -> bytes:
        return kept_bytes(part)

    def _keep(self, name: str, data: bytes) -> bool:
        return keep(self.folder / name, data, self._store)

    def _remove(self, part: Any) -> None:
        disk.remove(part)

    def _exists(self, known: Known) -> bool:
        return os.path.lexists(self._files / known.path)


def _row_of(known: Known) -> dict[str, Any]:
    row = {name: getattr(known, name) for name in Known.__slots__}
    return row if known.object_etag else {name: value for name, value in row.items() if name != "object_etag"}


def _digest_of(folder: Path) -> str:
    try:
        place = folder.resolve()
    except (OSError, RuntimeError):  # links in a circle, or the current folder is gone
        place = folder
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:16]


def _newest_by_path(records: Iterable[Known]) -> dict[str, Known]:
    """Return the newest record per path. Records from the future, by a wrong clock, are left out."""
    latest = now() + SKEW
    found: dict[str, Known] = {}
    for known in records:
        if known.verified <= latest and (known.path not in found or found[known.path].verified <= known.verified):
            found[known.path] = known
    return found


def _record_of(row: Any) -> Known:
    path, size, mtime_ns, sha256, uri = (row[name] for name in ("path", "size", "mtime_ns", "sha256", "uri"))
    etags = row.get("etag", ""), row.get("object_etag", "")
    known = Known(path, size, mtime_ns, sha256, uri, row["verified"] + 0.0, *etags)
    if tuple(type(getattr(known, name)) for name in Known.__slots__) != FORM:
        raise ValueError("its values are not of the right types")
    if not (SHA256.fullmatch(known.sha256) and 0 <= known.verified < float("inf")):
        raise ValueError("it has no sha256, or no time")
    return known


# -- reading files through --

READERS = 4
"""Files read at the same time; hashlib releases Python's lock."""
CHUNK = 1 << 20
"""Bytes read at a time."""


def read_whole(folder: Files, item: Item) -> tuple[Known | None, str]:
    """Read a file through.

    Parameters
    ----------
    folder : Files
    item : Item
        The file, with its expected size, MD5 and kind.

    Returns
    -------
    known : Known or None
        Its new record, if it is whole.
    problem : str
        What is wrong with it, in words about "it"; empty if it is whole.
    """
    from tess_source.files.verify import Verifier

    md5 = md5_of(item.etag)
    verifier = Verifier(item.path.rpartition("/")[2], size=item.size, kind=item.kind, md5=md5)
    before = folder.exists(item.path)
    try:
        with folder.open(item.path) as file:
            while data := file.read(CHUNK):
                verifier.feed(data)
    except (OSError, ValueError) as error:
        return None, f"it cannot be read: {bare_reason(error)}"
    problem, after = verifier.finish(), folder.exists(item.path)
    if problem is None and (after is None or before != after):
        problem = "it changed while it was read"
    if problem or after is None:
        return None, problem or ""
    return Known(item.path, after.size, after.mtime_ns, verifier.sha256, item.uri, now(), md5 or "", after.etag), ""


def read_all(folder: Files, items: Sequence[Item]) -> list[tuple[Known | None, str]]:
    """Read files through, several at a time: see `read_whole`."""
    if not items:
        return []
    log.info("reading %s not verified yet", text.number(len(items), "file"))
    return list(in_order(functools.partial(read_whole, folder), items, READERS))
