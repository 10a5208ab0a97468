"""One page of an object store's listing (ListObjectsV2), read strictly: a page that is short, cut or something else is no answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from tess_source.files.xml_stream import MalformedXmlError, XmlParser

__all__ = ["Held", "ListingPage", "NoListingError", "parse"]

ROOT = "ListBucketResult"
SINGLE = {"IsTruncated", "NextContinuationToken", "KeyCount", "Code", "Message"}
"""Elements directly below the root that are read."""
ITEMS = {"Contents", "CommonPrefixes"}
"""Elements below the root that have elements of their own."""
LONGEST = 4096
"""Most letters of a value; a key has at most 1024 bytes."""
SIZE, TAG = re.compile("[0-9]{1,18}", re.ASCII), re.compile("[!-~]{1,200}")
LARGEST = 16 << 20
"""Most bytes of a page. A thousand objects take a third of a megabyte."""


class Held(NamedTuple):
    """One object of the bucket."""

    key: str
    size: int
    etag: str
    """Without quotation marks."""
    modified: datetime


@dataclass(frozen=True, slots=True)
class ListingPage:
    """What a page says."""

    objects: tuple[Held, ...]
    folders: tuple[str, ...]
    token: str
    """Where the next page begins; empty if this is the last."""

    @property
    def first(self) -> str:
        """The first key or folder; empty if there is none."""
        return min([*(held.key for held in self.objects[:1]), *self.folders[:1]], default="")

    @property
    def last(self) -> str:
        """The last key or folder; empty if there is none."""
        return max([*(held.key for held in self.objects[-1:]), *self.folders[-1:]], default="")


class NoListingError(ValueError):
    """A page that is not a part of the listing; the message says why."""


@dataclass
class _PageReader:
    """Collects the values of a page's elements."""

    root: str = ""
    depth: int = 0
    said: dict[str, str] = field(default_factory=dict)
    """Element below the root → its text."""
    items: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {name: [] for name in ITEMS})
    """Contents and CommonPrefixes → for each, element → text."""
    item: dict[str, str] | None = None
    """The one of `items` that is open."""
    text: list[str] = field(default_factory=list)

    def start(self, name: str, attributes: object) -> None:
        self.depth += 1
        self.text.clear()
        if self.depth == 1:
            self.root = name
        elif self.depth == 2:
            self.item = {} if name in ITEMS else None
            if self.item is not None:
                self.items[name].append(self.item)

    def data(self, text: str) -> None:
        self.text.append(text)

    def end(self, name: str) -> None:
        if self.depth == 3 and self.item is not None:
            self.item[name] = "".join(self.text)
        elif self.depth == 2 and name in SINGLE:
            self.said[name] = "".join(self.text)
        self.depth -= 1
        self.text.clear()


def parse(content: bytes, prefix: str = "") -> ListingPage:
    """Return what a page says.

    Parameters
    ----------
    content : bytes
        The answer to ``?list-type=2&prefix=…``.
    prefix : str
        What was asked for: all keys and folders begin with it.

    Raises
    ------
    NoListingError
        If it is not a whole page of such a listing. The message names the store's own error if that is what came.
    """
    if len(content) > LARGEST:
        raise NoListingError(f"it has {len(content):,} bytes, more than any page of a listing")
    reader, parser = _PageReader(), XmlParser()
    parser.expat.buffer_text = True
    parser.expat.StartElementHandler = reader.start
    parser.expat.EndElementHandler = reader.end
    parser.expat.CharacterDataHandler = reader.data
    try:
        parser.feed(content, final=True)
    except MalformedXmlError as error:
        raise NoListingError(str(error)) from error
    if reader.root == "Error":
        raise NoListingError(
            f"the store's error {reader.said.get('Code', '')}: {reader.said.get('Message', '')}"[:LONGEST]
        )
    if reader.root != ROOT:
        raise NoListingError(f"it is not a listing but an XML file of {reader.root[:40]!r}")
    return _page(reader, prefix)


def _page(reader: _PageReader, prefix: str) -> ListingPage:
    objects = tuple(map(_held, reader.items["Contents"]))
    folders = tuple(item.get("Prefix", "") for item in reader.items["CommonPrefixes"])
    keys = [held.key for held in objects]
    for names in (keys, folders):
        if wrong := next((name for name in names if not name.startswith(prefix)), None):
            raise NoListingError(f"it has {wrong[:200]!r}, which does not begin with {prefix!r}")
        if any(one >= other for one, other in pairwise(names)):
            raise NoListingError("its keys are not in ascending order")
    count, more = reader.said.get("KeyCount", ""), reader.said.get("IsTruncated", "")
    if count != str(len(keys) + len(folders)):
        raise NoListingError(
            f"it says that it has {count[:20] or 'no number of'} keys, and has {len(keys) + len(folders)}"
        )
    token = reader.said.get("NextContinuationToken", "")
    if more not in {"true", "false"} or (more == "true") != bool(token):
        raise NoListingError(f"it does not say where the listing goes on (IsTruncated is {more[:20]!r})")
    return ListingPage(objects, folders, token)


def _held(item: dict[str, str]) -> Held:
    key, size, etag, modified = (item.get(name, "") for name in ("Key", "Size", "ETag", "LastModified"))
    tag = etag.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= LONGEST or not SIZE.fullmatch(size) or not TAG.fullmatch(tag):
        raise NoListingError(f"its object {key[:200]!r} of size {size[:30]!r} with the ETag {etag[:80]!r} is not one")
    try:
        moment = datetime.fromisoformat(modified)
    except ValueError:
        raise NoListingError(f"its object {key[:200]!r} was changed at {modified[:40]!r}, which is no date") from None
    if moment.tzinfo is None:
        raise NoListingError(f"its object {key[:200]!r} was changed at {modified[:40]!r}, without a time zone")
    return Held(key, int(size), tag, moment if moment.tzinfo is UTC else moment.astimezone(UTC))
