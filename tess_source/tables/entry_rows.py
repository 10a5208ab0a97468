"""The entries of a large download, kept as columns: two million `Entry` objects with their items would need 5 GB.

Each entry is made when it is asked for, as each item of a plan is.
"""

from __future__ import annotations

import threading
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, overload

from tess_source._lazy import np, pl
from tess_source.display import html, text
from tess_source.display.records import RecordTuple
from tess_source.object_store.path import ObjectPath, Root
from tess_source.paths import path_text
from tess_source.tables.items import FAILED, INTERRUPTED, Entry, Item, ItemRows, Items

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["EntryNotes", "EntryRows", "outcomes_of", "places_of", "taken"]

OUTCOME = {
    "status": "String", "via": "String", "bytes": "Int64", "sha256": "String", "error": "String", "mtime_ns": "Int64",
    "etag": "String", "object_etag": "String",
}  # fmt: skip
"""Fields of an entry that are kept as columns. Its item is that of the plan, and its place follows from the item's path."""
BLOCK = 4096
"""Entries that are packed into columns together."""


def outcomes_of(entries: Iterable[Entry]) -> pl.DataFrame:
    """Return what happened to each file, in the columns of `OUTCOME`."""
    if isinstance(entries, EntryRows):
        return entries.outcomes
    every = list(entries)
    columns = {name: [_text(getattr(entry, name)) for entry in every] for name in OUTCOME}
    return pl.DataFrame(columns, schema={name: getattr(pl, kind) for name, kind in OUTCOME.items()})


def places_of(entries: Sequence[Entry]) -> pl.Series:
    """Return the place of each file as text, a path or the URL of an object; null if it is not there."""
    if not isinstance(entries, EntryRows):
        return pl.Series([path_text(entry.place) if entry.place else None for entry in entries], dtype=pl.String)
    ok = entries.outcomes["status"] != FAILED
    root = pl.lit(path_text(entries.root / "x").removesuffix("x"))
    places = entries.items.to_polars().select(places=pl.when(ok).then(pl.concat_str(root, "path")))["places"]
    unusual = sorted(entries.unusual)
    return places.scatter(unusual, places_of([entries.unusual[number] for number in unusual]))


def taken(entries: Sequence[Entry], mask: pl.Series) -> Sequence[Entry]:
    """Return those entries for which a mask is true."""
    numbers = mask.arg_true().to_list()
    return entries.taken(numbers) if isinstance(entries, EntryRows) else [entries[number] for number in numbers]


def _text(value: Any) -> Any:
    """Return a value that a frame can hold: a message may name a file whose name is no UTF-8."""
    return value if not isinstance(value, str) or value.isascii() else path_text(value)


def _is_usual(entry: Entry, item: Item, root: Root) -> bool:
    """Return whether an entry follows from its item, its root and its outcome."""
    place = f"{root}/{item.path}" if entry.ok else "None"
    return entry.item == item and str(entry.place) == place and all(map(str.isascii, (entry.error, entry.via)))


class EntryRows(Sequence[Entry]):
    """The entries of a download, in the plan's order.

    Parameters
    ----------
    items : Items
        The files.
    root : Path or ObjectPath
        Their folder.
    outcomes : polars.DataFrame
        What happened to each, in the columns of `OUTCOME`.
    unusual : mapping
        Number → entry that does not follow from these, e.g. of a file in another place.
    """

    def __init__(self, items: Items, root: Root, outcomes: pl.DataFrame, unusual: Mapping[int, Entry]) -> None:
        self.items: Items = items
        self.root: Root = root
        self.outcomes: pl.DataFrame = outcomes
        self.unusual: Mapping[int, Entry] = unusual
        self._item_of = ItemRows(items)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Entry]:
        for start in range(0, len(self), BLOCK):
            rows = self.outcomes.slice(start, BLOCK).rows()
            for number, row in enumerate(rows, start):
                yield self._entry(number, row)

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> RecordTuple[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | RecordTuple[Entry]:
        """Return an entry, or some of them."""
        if isinstance(index, slice):
            return RecordTuple((self[number] for number in range(len(self))[index]), "entry")
        number = range(len(self))[index]
        return self._entry(number, self.outcomes.row(number))

    def _entry(self, number: int, row: tuple[Any, ...]) -> Entry:
        return self.unusual.get(number) or _entry_from(self._item_of[number], self.root, row)

    def taken(self, numbers: Sequence[int]) -> EntryRows:
        """Return some of the entries, by their numbers in ascending order."""
        unusual = (
            {place: self.unusual[n] for place, n in enumerate(numbers) if n in self.unusual} if self.unusual else {}
        )
        return EntryRows(self.items[numbers], self.root, self.outcomes[numbers], unusual)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, EntryRows) and not (self.unusual or other.unusual):
            same = self.items == other.items and self.root == other.root
            return same and self.outcomes.equals(other.outcomes)
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(Entry.__eq__, self, other))

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def to_polars(self) -> pl.DataFrame:
        """Return a frame as it is shown."""
        item = pl.when(pl.col("path") == "").then("uri").otherwise("path")
        names = self.items.to_polars().select(item=item)
        return names.hstack(self.outcomes.select("status", "bytes", pl.col("error").replace("", None)))

    def __repr__(self) -> str:
        frame = self.to_polars()
        return f"{text.number(len(self), 'entry')}\n{text.table(frame, frame.columns)}"

    def _repr_html_(self) -> html.Markup:
        frame = self.to_polars()
        return html.view(html.table(frame, frame.columns, text.number(len(self), "entry")))


def _entry_from(item: Item, root: Root, row: tuple[Any, ...]) -> Entry:
    known = dict(zip(OUTCOME, row, strict=True))
    if known["status"] == FAILED:
        return Entry(item, **known)
    place = root / item.path
    return Entry(item, **known, object=place) if isinstance(place, ObjectPath) else Entry(item, **known, path=place)


class EntryNotes:
    """Entries as they come, in any order and from any thread, packed into columns from time to time.

    Parameters
    ----------
    items : Items
        The files.
    root : Path or ObjectPath
        Their folder.
    """

    def __init__(self, items: Items, root: Root) -> None:
        self.items: ItemRows = ItemRows(items)
        self._table, self._root = items, root
        self._recent: dict[int, Entry] = {}
        self._unusual: dict[int, Entry] = {}
        self._packed: list[pl.DataFrame] = []
        self._starts: list[int] = []
        """Row of all packed frames together with which each begins."""
        self._row_of = np.full(len(items), -1, dtype=np.int64)
        """Number of a file → its row in all packed frames together; -1 for none."""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and (number in self._recent or bool(self._row_of[number] >= 0))

    def __setitem__(self, number: int, entry: Entry) -> None:
        with self._lock:
            self._recent[number] = entry
            if len(self._recent) >= BLOCK:
                self._pack()

    def __getitem__(self, number: int) -> Entry | None:
        """Return the entry of a file; None if it has none yet."""
        with self._lock:
            if (found := self._recent.get(number) or self._unusual.get(number)) is not None:
                return found
            row = int(self._row_of[number])
            if row < 0:
                return None
            frame = bisect(self._starts, row) - 1
            return _entry_from(self.items[number], self._root, self._packed[frame].row(row - self._starts[frame]))

    def __iter__(self) -> Iterator[Entry]:
        """Yield the entries that there are, in the plan's order."""
        return filter(None, (self[number] for number in range(len(self))))

    def number_of(self, item: Item) -> int | None:
        """Return the number of a file of the plan; None if it is none of them."""
        hashes, numbers = self._places
        wanted = item.uri, item.path
        row = int(np.searchsorted(hashes, hash(wanted)))
        while row < len(hashes) and hashes[row] == hash(wanted):
            number = int(numbers[row])
            if (self._table["uri"][number], self._table["path"][number]) == wanted:
                return number
            row += 1
        return None

    @cached_property
    def _places(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The hashes of the URIs and paths of all files, sorted, and the number of each: a dictionary of two million would need 0.8 GB."""
        keys = zip(self._table["uri"], self._table["path"], strict=True)
        hashes = np.fromiter(map(hash, keys), dtype=np.int64, count=len(self))
        order = np.argsort(hashes)
        return hashes[order], order

    def missing(self) -> list[int]:
        """Return the numbers of the files that have no entry yet."""
        with self._lock:
            return [int(number) for number in np.flatnonzero(self._row_of < 0) if int(number) not in self._recent]

    def _pack(self) -> None:
        """Pack the entries that came last."""
        for number, entry in self._recent.items():
            self._unusual.pop(number, None)
            if not _is_usual(entry, self.items[number], self._root):
                self._unusual[number] = entry
        if self._recent:
            start = self._starts[-1] + self._packed[-1].height if self._packed else 0
            self._row_of[np.fromiter(self._recent, dtype=np.int64)] = np.arange(start, start + len(self._recent))
            self._packed.append(outcomes_of(self._recent.values()))
            self._starts.append(start)
        self._recent = {}

    def rows(self) -> EntryRows:
        """Return the entries in the plan's order. Files without one were interrupted."""
        with self._lock:
            self._pack()
            outcomes = pl.concat([*self._packed, outcomes_of([Entry(Item("", ""), FAILED, error=INTERRUPTED)])])
            in_order = outcomes[np.where(self._row_of < 0, outcomes.height - 1, self._row_of)]
            return EntryRows(self._table, self._root, in_order, dict(self._unusual))
