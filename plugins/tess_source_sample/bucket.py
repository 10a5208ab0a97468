"""The public bucket as S3 serves it: objects with ETags, ranges and conditions, listings in pages, and errors as XML.

Objects have the address ``/KEY``, as at the bucket's own host name, and ``/stpubdata/KEY``, as at the storage service's.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from tess_source_sample.conditions import conditional, dated
from tess_source_sample.contents import Contents
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import IDENTITY, flipped, store_error
from tess_source_sample.objects import Objects, StoredObject, key_of
from tess_source_sample.store import MadeFiles

NAME = "stpubdata"
ROOTS = ("tess/public/", "mast/hlsp/")
"""How keys begin."""
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
PART = 8 * 2**20
"""Bytes of the parts in which larger objects were stored."""
MOST_SUMMED = 16 * 2**20
"""Bytes of the largest object whose ETag belongs to its bytes. A listing has to make an object to sum it, so the ETags of larger ones
are made up, as if the parts had some odd size."""
END = "\U0010ffff"
"""Comes after all that begins in the same way."""


class _Index(NamedTuple):
    """The objects, and what they were made of."""

    version: int
    """Of what the portal has; the index is made anew when that changes."""
    objects: Objects


class Bucket:
    """The bucket of a sample archive.

    Parameters
    ----------
    contents : Contents
        What the portal has.
    store : MadeFiles
        Makes the files.
    """

    def __init__(self, contents: Contents, store: MadeFiles) -> None:
        self._contents, self._store = contents, store
        self._etags: dict[tuple[str, str], str] = {}
        self._latest: _Index | None = None
        self.most: int = 1000
        """Most keys and folders of a page."""

    def _index(self) -> _Index:
        """Return the index of what the portal has now."""
        version = self._contents.version
        if self._latest is None or self._latest.version != version:
            self._latest = _Index(version, Objects(self._contents))
        return self._latest

    @property
    def objects(self) -> Objects:
        """Key → object, in ascending order."""
        return self._index().objects

    def uri(self, path: str) -> str | None:
        """Return the URI of the file at a path of the server; None if it is no object's."""
        key = path.removeprefix(f"/{NAME}").removeprefix("/")
        return self.objects[key].uri if key.startswith(ROOTS) and key in self.objects else None

    def etag(self, key: str) -> str:
        """Return the ETag of an object, without quotation marks: the MD5, or that of the MD5s of the parts with their number."""
        stored = self.objects[key]
        own = self._contents.own(stored.uri)
        at = key, own.etag if own else ""
        if at not in self._etags:
            if stored.size > MOST_SUMMED or not stored.is_summed:
                parts = max(2, ceil(stored.size / (17 * 2**20)))  # one part could be summed, and would not agree
                self._etags[at] = f"{_md5(key.encode()).hex()}-{parts}"
            else:
                self._etags[at] = etag_of(self._body(stored))
        return self._etags[at]

    def _body(self, stored: StoredObject) -> bytes:
        return (self._contents.own(stored.uri) or self._store.get(stored.filename, stored.size)).body

    def answer(self, request: HttpRequest) -> Reply | None:
        """Return the answer to a request; None if it is not one to the bucket."""
        path = request.path
        inside = path.removeprefix(f"/{NAME}") if path.startswith(f"/{NAME}/") or path == f"/{NAME}" else path
        key = inside.removeprefix("/")
        if not key and request.first("list-type") == "2":
            return self._listing(request)
        if key.startswith(ROOTS) or inside != path:
            return self._object(request, key)
        return None

    def _object(self, request: HttpRequest, key: str) -> Reply:
        stored = self.objects.get(key)
        if stored is None:
            return store_error(404, "NoSuchKey", "The specified key does not exist.", Key=key)
        body, tag = self._body(stored), self.etag(key)
        modified = stored.modified
        if request.changed:
            body = flipped(body, len(body) // 2)
            tag, modified = etag_of(body), modified + 365
        headers = {
            **IDENTITY,
            "Content-Type": "application/octet-stream",
            "Accept-Ranges": "bytes",
            "Access-Control-Allow-Origin": "*",
        }
        return conditional(request, dated(body, modified, headers, f'"{tag}"'))

    def look_up(self, uri: str) -> dict[str, object]:
        """Return what MAST's path look-up says of a URI: where its own disks have the file, whether the bucket has it or not."""
        key = self.objects.key(uri) or (key_of(uri) if uri in self._contents.files else None)
        if key is None:
            return {"status_code": 404, "path": None}
        path = f"/{key}" if key.startswith("tess/") else key.replace("mast/", "/hlsp_local/public/", 1)
        return {"status_code": 200, "path": path}

    # -- listings --------------------------------------------------------------------------------------------

    def _listing(self, request: HttpRequest) -> Reply:
        prefix, delimiter, token, start = map(
            request.first, ("prefix", "delimiter", "continuation-token", "start-after")
        )
        try:
            most = min(max(0, int(request.first("max-keys") or self.most)), self.most)
            after = urlsafe_b64decode(token).decode() if token else start
        except ValueError:
            return store_error(400, "InvalidArgument", "The continuation token provided is incorrect")
        names, more = self._page(prefix, delimiter, after, most)
        in_url = request.first("encoding-type") == "url"
        spelled = quote if in_url else escape
        head = {
            "Name": NAME,
            "Prefix": spelled(prefix),
            "StartAfter": spelled(start),
            "NextContinuationToken": urlsafe_b64encode(names[-1].encode()).decode() if more else "",
            "KeyCount": str(len(names)),
            "MaxKeys": str(most),
            "Delimiter": spelled(delimiter),
            "EncodingType": "url" if in_url else "",
            "IsTruncated": "true" if more else "false",
        }
        said = [_element(name, text) for name, text in head.items() if text or name == "Prefix"]
        said += [self._object_element(name, spelled(name)) for name in names if name in self.objects]
        said += [
            _element("CommonPrefixes", _element("Prefix", spelled(name))) for name in names if name not in self.objects
        ]
        listing = f'<ListBucketResult xmlns="{NAMESPACE}">{"".join(said)}</ListBucketResult>'
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{listing}'
        return Reply(200, {**IDENTITY, "Content-Type": "application/xml"}, text.encode())

    def _page(self, prefix: str, delimiter: str, after: str, most: int) -> tuple[list[str], bool]:
        """Return the names of a page, keys and folders in one order, and whether there are more."""
        names: list[str] = []
        for name in self._names(prefix, delimiter, after):
            if len(names) == most:
                return names, bool(names)
            names.append(name)
        return names, False

    def _names(self, prefix: str, delimiter: str, after: str) -> Iterator[str]:
        keys = self.objects.ordered
        behind = after + END if delimiter and after.endswith(delimiter) else after
        at = max(bisect_left(keys, prefix), bisect_right(keys, behind) if after else 0)
        while at < len(keys) and keys[at].startswith(prefix):
            name = keys[at]
            if delimiter and (end := name.find(delimiter, len(prefix))) >= 0:
                name = name[: end + len(delimiter)]
                at = bisect_right(keys, name + END)
            else:
                at += 1
            yield name

    def _object_element(self, key: str, spelled: str) -> str:
        stored = self.objects[key]
        moment = datetime(1858, 11, 17, tzinfo=UTC) + timedelta(seconds=round(stored.modified * 86400))
        said = {
            "Key": spelled,
            "LastModified": f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
            "ETag": f"&quot;{self.etag(key)}&quot;",
            "Size": str(stored.size),
            "StorageClass": "INTELLIGENT_TIERING",
        }
        return _element("Contents", "".join(_element(name, text) for name, text in said.items()))


def etag_of(body: bytes) -> str:
    """Return the ETag of an object that was stored in one part if it is small, else in several."""
    if len(body) < PART:
        return _md5(body).hex()
    sums = [_md5(body[at : at + PART]) for at in range(0, len(body), PART)]
    return f"{_md5(b''.join(sums)).hex()}-{len(sums)}"


def _md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"
