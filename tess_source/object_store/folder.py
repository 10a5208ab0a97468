"""A prefix of a bucket as a folder of files: the same questions as to `tess_source.files.folder.Folder`, in few requests."""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from tess_source import paths
from tess_source.errors import NoObjectError, UnsafePathError
from tess_source.files.folder import Lying
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.problems import InvalidKeyError, asked
from tess_source.object_store.store import open_store
from tess_source.object_store.upload import MD5, SHA256
from tess_source.threads import in_order

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

__all__ = ["WIDTH", "ObjectFolder"]

PAGE = 1000
"""Objects of one answer to a listing."""
WIDTH = 16
"""Requests at the same time to a bucket."""
CHUNK = 1 << 20
"""Bytes read at a time."""


class ObjectFolder:
    """A prefix of a bucket. Paths are relative to it, with ``/`` between their parts.

    Parameters
    ----------
    root : ObjectPath
        It need not hold anything, but the bucket must exist.
    """

    def __init__(self, root: ObjectPath) -> None:
        self.root = root
        self._seen: dict[str, Lying | None] = {}
        self._start = len(root.key) + 1 if root.key else 0

    @property
    def _store(self) -> ObjectStore:
        return open_store(self.root)

    def place(self, path: str) -> ObjectPath:
        """Return where an object is.

        Raises
        ------
        UnsafePathError
            If its path is not one.
        """
        return self.root / path

    def look(self, names: Iterable[str]) -> None:
        """Look which of many objects are there, once for all: `exists` answers from this afterwards.

        It takes one request per 1,000 objects of the bucket, or one per name if these are fewer.

        Raises
        ------
        ObjectStoreError
            If the bucket cannot be listed.
        """
        wanted = sorted(set(filter(None, map(_plain, names))))
        self._seen |= dict.fromkeys(wanted)
        found, rest = self._found_on_first_page(wanted)
        self._seen |= found
        size = -(-len(rest) // WIDTH) or 1
        shares = [rest[start : start + size] for start in range(0, len(rest), size)]
        for found in in_order(self._found_by_pages, shares, WIDTH):
            self._seen |= found

    def _found_on_first_page(self, wanted: Sequence[str]) -> tuple[Mapping[str, Lying | None], Sequence[str]]:
        """Return what one request finds of some names, sorted, and the names behind it: mostly none."""
        if len(wanted) < 2:
            return {}, wanted
        try:
            page = self._page(self._before(wanted[0]))
        except InvalidKeyError:
            return {}, wanted
        names = frozenset(wanted)
        rest = wanted[bisect_right(wanted, page[-1][0]) :] if len(page) == PAGE else []
        return {path: lying for path, lying in page if path in names}, rest

    def _before(self, name: str) -> str:
        """Return a key before that of a name: a listing begins after a key, which must be one that obstore takes."""
        return self.place(name).key[:-1].rstrip("./")

    def _found_by_pages(self, wanted: Sequence[str]) -> Mapping[str, Lying | None]:
        """Return those of some names, sorted, that are there: page by page, where each page begins at the next name that is wanted."""
        found: dict[str, Lying | None] = {}
        names, at, offset = frozenset(wanted), 0, ""
        try:
            while at < len(wanted):
                page = self._page(max(offset, self._before(wanted[at])))
                found |= {path: lying for path, lying in page if path in names}
                if len(page) < PAGE:
                    break
                last = page[-1][0]
                at, offset = bisect_right(wanted, last), self.place(last).key
        except InvalidKeyError:  # the key of somebody else breaks the listing
            return {path: self._asked_for(path) for path in wanted}
        return found

    def _page(self, offset: str) -> Sequence[tuple[str, Lying]]:
        """Return the objects of one page of the listing."""
        listing = asked(self.root, self._store.list, self.root.key or None, offset=offset, chunk_size=PAGE)
        return [self._path_and_lying(meta) for meta in asked(self.root, next, listing, ())]

    def _path_and_lying(self, meta: ObjectMeta) -> tuple[str, Lying]:
        return meta["path"][self._start :], _lying(meta)

    def exists(self, path: str) -> Lying | None:
        """Return size, time and ETag of an object; None if there is none. What `look` has seen is not asked for again.

        Raises
        ------
        ObjectStoreError
            If the store does not tell.
        """
        return self._seen[path] if path in self._seen else self._asked_for(path)

    def why_not(self, path: str) -> str:
        """Return why `exists` sees no object: there is never anything but an object in its place."""
        return ""

    def _asked_for(self, path: str) -> Lying | None:
        if not _plain(path):
            return None
        place = self.place(path)
        try:
            return _lying(asked(place, self._store.head, place.key))
        except NoObjectError:
            return None

    def open(self, path: str) -> IO[bytes]:
        """Open an object for reading from its begin to its end, in one request.

        Raises
        ------
        UnsafePathError
            If its path is not one.
        NoObjectError
            If it is not there.
        ObjectConflictError
            If it is another one than `exists` has told of.
        ObjectStoreError
            If it cannot be read, also while it is read.
        """
        place, seen = self.place(path), self._seen.get(path)
        options: Any = {"if_match": seen.etag} if seen and seen.etag else None
        found = asked(place, self._store.get, place.key, options=options)
        return io.BufferedReader(_Stream(place, asked(place, found.stream, min_chunk_size=CHUNK)), CHUNK)

    def verified_sum(self, path: str) -> tuple[Lying, str] | None:
        """Return what an object is like, and the SHA-256 that whoever verified and uploaded it has put beside it.

        Returns
        -------
        tuple of Lying and str, or None
            The sum is empty if it was uploaded by another program, or its bytes may have been changed since: the ETag is not their MD5
            any more. (It never is in a bucket encrypted by KMS, and for an upload in parts.) None if there is no object.
        """
        if not _plain(path):
            return None
        place = self.place(path)
        try:
            found = asked(place, self._store.get, place.key, options={"head": True})
        except NoObjectError:
            return None
        lying, told = _lying(found.meta), dict(found.attributes)
        sha256, md5 = told.get(SHA256, ""), told.get(MD5)
        return lying, sha256 if re.fullmatch("[0-9a-f]{64}", sha256) and lying.etag.strip('"') == md5 else ""

    def list(self, below: str = "") -> Iterator[str]:
        """Yield the paths of all objects below a prefix."""
        yield from (path for path, _ in self.listed(below))

    def listed(self, below: str = "") -> Iterator[tuple[str, Lying]]:
        """Yield the path of each object below a prefix, with its size, time and ETag: one request per 1,000 objects.

        Raises
        ------
        ObjectStoreError
            If the bucket cannot be listed, or holds a key that is no path, such as one with ``//``.
        """
        place = self.place(below) if below else self.root
        pages = asked(place, self._store.list, place.key or None, chunk_size=PAGE)
        while page := asked(place, next, pages, ()):
            yield from map(self._path_and_lying, page)

    def remove(self, path: str) -> None:
        """Remove an object. It is no error if there is none.

        Raises
        ------
        UnsafePathError
            If its path is not one.
        ObjectStoreError
            If it cannot be removed.
        """
        place = self.place(path)
        asked(place, self._store.delete, place.key)
        self._seen.pop(path, None)


class _Stream(io.RawIOBase):
    """The bytes of an object as they come."""

    def __init__(self, place: ObjectPath, chunks: Iterator[Any]) -> None:
        self._place, self._chunks, self._rest = place, chunks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and (chunk := asked(self._place, next, self._chunks, None)) is not None:
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _plain(path: str) -> str:
    """Return a path as listings show it; empty if it is none, or no text that can be sent."""
    try:
        plain = "/".join(paths.parts_of(path))
        return plain if plain.encode() else ""
    except (UnsafePathError, UnicodeEncodeError):
        return ""


def _lying(meta: ObjectMeta) -> Lying:
    return Lying(meta["size"], int(meta["last_modified"].timestamp()) * 10**9, is_link=False, etag=meta["e_tag"] or "")
