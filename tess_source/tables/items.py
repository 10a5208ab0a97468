"""The files of a plan, and the entries of a manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, overload

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import visible_line
from tess_source.object_store.path import ObjectPath
from tess_source.tables.rows import Rows

__all__ = [
    "COPIED",
    "FAILED",
    "FETCHED",
    "HERE",
    "INTERRUPTED",
    "NO_ADDRESS",
    "Entry",
    "Item",
    "ItemRows",
    "Items",
    "completed",
    "item_from",
]

FETCHED, COPIED, HERE, FAILED = "fetched", "copied", "here", "failed"
INTERRUPTED = "interrupted"
"""Error of a file that an interrupted run did not begin or finish; nothing is wrong with the file."""
BLANK = r"[\x00-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
"""Control characters, line ends and blanks except the plain one, which would break the lines of a saved plan."""
NO_ADDRESS = "the archive has no address for it"


@dataclass(frozen=True, slots=True, repr=False)
class Item:
    """One file of a plan."""

    uri: str
    path: str
    """Its path, relative to the root; empty if it must not be written."""
    size: int | None = None
    """Bytes, from the archive's list."""
    sha256: str | None = None
    """Its sum, known once it was fetched."""
    mirrors: tuple[str, ...] = ()
    """URIs of the same bytes elsewhere, best first."""
    kind: str = "other"
    pipeline: str | None = None
    archive: str = ""
    obs_id: str | None = None
    tic: int | None = None
    first_sector: int | None = None
    last_sector: int | None = None
    exptime: float | None = None
    run: int | None = None
    tce: int | None = None
    filename: str = ""
    prvversion: str | None = None
    """Version of the processing, from the archive's product list."""
    t_obs_release: float | None = None
    """Time at which the archive released the observation [MJD]."""
    data_rel: int | None = None
    """Number of the data release, from the header of the fetched file (``DATA_REL``)."""
    procver: str | None = None
    """Version of the pipeline, from the header of the fetched file (``PROCVER``)."""
    date: str | None = None
    """Day on which the file was written, from its header (``DATE``, UTC)."""
    etag: str | None = None
    """Its ETag in an object store: the MD5 of the file, 32 hexadecimal digits; or with ``-N`` that of the MD5s of N parts."""
    problem: str | None = None
    """Why it cannot be fetched, if known beforehand."""

    def __repr__(self) -> str:
        known = "size unknown" if self.size is None else text.size(self.size)
        return visible_line(f"<Item {self}: {self.problem or known}>")

    def __str__(self) -> str:
        return self.path or self.uri


FIELDS = {
    "uri": "String", "path": "String", "size": "Int64", "sha256": "String", "mirrors": "String", "kind": "String",
    "pipeline": "String", "archive": "String", "obs_id": "String", "tic": "Int64", "first_sector": "Int32", "last_sector": "Int32",
    "exptime": "Float64", "run": "Int32", "tce": "Int32", "filename": "String", "prvversion": "String", "t_obs_release": "Float64",
    "data_rel": "Int64", "procver": "String", "date": "String", "etag": "String", "problem": "String",
}  # fmt: skip


class Items(Rows):
    """The files of a plan as a table."""

    schema: ClassVar[Mapping[str, str]] = FIELDS
    shown: ClassVar[Sequence[str]] = (
        "tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "size", "path",
    )  # fmt: skip
    noun = "file"
    __slots__ = ()


class ItemRows(Sequence[Item]):
    """The files of a plan one by one, each made when it is asked for: two million `Item` objects would need 2.5 GB.

    Parameters
    ----------
    items : Items
    """

    BLOCK = 256
    """Items that are made together, and kept until another is asked for."""

    def __init__(self, items: Items) -> None:
        self._frame = items.to_polars().select(list(FIELDS))
        self._made: tuple[int, tuple[Item, ...]] = (-1, ())

    def __len__(self) -> int:
        return self._frame.height

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, index: int | slice) -> Item | tuple[Item, ...]:
        """Return an item, or some of them."""
        if isinstance(index, slice):
            return tuple(self[number] for number in range(len(self))[index])
        block, place = divmod(range(len(self))[index], self.BLOCK)
        made, items = self._made
        if made != block:
            items = self._block(block)
            self._made = (block, items)  # in one step: other threads ask too
        return items[place]

    def __iter__(self) -> Iterator[Item]:
        return chain.from_iterable(map(self._block, range(-(-len(self) // self.BLOCK))))

    def _block(self, number: int) -> tuple[Item, ...]:
        rows = self._frame.slice(number * self.BLOCK, self.BLOCK).rows()
        return tuple(
            Item(uri, path, size, sha256, tuple((mirrors or "").split()), *rest)
            for uri, path, size, sha256, mirrors, *rest in rows
        )


def item_from(row: Mapping[str, Any]) -> Item:
    """Return the item of a row of `Items`."""
    known = {name: row[name] for name in FIELDS if name in row}
    return Item(**{**known, "mirrors": tuple((row.get("mirrors") or "").split())})


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """The result of the download of one file."""

    item: Item
    status: str
    """``fetched``, ``copied`` (from the cache folder), ``here`` (it was complete before) or ``failed``."""
    path: Path | None = field(default=None, repr=False)
    """Path of the file on disk; None if it failed, or is in an object store."""
    via: str = field(default="", repr=False)
    """Address it was fetched from."""
    bytes: int = 0
    """Bytes on disk."""
    sha256: str | None = field(default=None, repr=False)
    """Sum of the bytes that were written; None if the file was here before."""
    error: str = ""
    """Why it failed."""
    mtime_ns: int | None = field(default=None, repr=False)
    """Time at which its bytes were last written [ns since 1970], if known, to detect later changes."""
    etag: str | None = field(default=None, repr=False)
    """Its ETag in the object store that it came from; None if it came from elsewhere."""
    object: ObjectPath | None = field(default=None, repr=False)
    """Place of the file in an object store; None if it failed, or is on disk."""
    object_etag: str | None = field(default=None, repr=False)
    """Its ETag there."""

    @property
    def place(self) -> Path | ObjectPath | None:
        """Where the file is: `path` or `object`."""
        return self.path or self.object

    @property
    def ok(self) -> bool:
        """Whether the file is there."""
        return self.status != FAILED

    def __repr__(self) -> str:
        return visible_line(f"<Entry {self.place or self.item}: {self.status}, {self.error or text.size(self.bytes)}>")


def completed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with the columns of a plan, with texts that ECSV can keep: empty for missing ones, and without line ends.

    A sha256 is in lower case, as `hashlib` gives it, and so is an ETag.
    """
    empty = [pl.col(name).fill_null("") for name in ("uri", "path", "mirrors", "archive", "filename")]
    frame = (
        Items.complete(frame)
        .select(list(FIELDS))
        .with_columns(*empty, pl.col("kind").fill_null("other"), pl.col("sha256", "etag").str.to_lowercase())
    )
    told = frame.select(pl.col(pl.String).str.contains(f"{BLANK}|^ | $|^#").any()).row(0, named=True)
    if not (odd := [name for name, is_odd in told.items() if is_odd]):
        return frame  # most are clean, and share their texts with the products
    frame = frame.with_columns(pl.col(odd).str.replace_all(BLANK, "\ufffd").str.strip_chars(" "))
    return frame.with_columns(pl.col("uri").str.replace("^#", "\ufffd"))  # or else the line would be a comment
