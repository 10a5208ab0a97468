"""Lists, tuples and dictionaries of records that are shown as tables: they are what they are called, and only look better."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from numbers import Integral, Real
from typing import Any, SupportsIndex, TypeVar, overload

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.display.visible import visible_line

__all__ = ["RecordTuple", "Records", "RecordsByName"]

T = TypeVar("T")

PLAIN = (str, int, float, bool)
"""Types of values that are shown as they are."""


class _Shown:
    """Records that are shown as a table: a row per record, a column per field that has a value in one of them."""

    noun: str = "record"
    _whole: tuple[str, ...] = ()
    """Columns whose texts are never cut."""

    def _rows(self) -> Iterator[Mapping[str, object]]:
        """Yield the values of each row."""
        raise NotImplementedError

    def to_polars(self) -> pl.DataFrame:
        """Return a frame, one row per record, as it is shown: without functions; what is neither a number nor a truth value is text."""
        rows = [*self._rows()]
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: _column([row.get(name) for row in rows]) for name in names}
        return pl.DataFrame({name: column for name, column in columns.items() if column.null_count() < len(rows)})

    def _header(self) -> str:
        return text.number(sum(1 for _ in self._rows()), self.noun)

    def __repr__(self) -> str:
        frame = self.to_polars()
        if not frame.width:
            return super().__repr__()
        if frame.columns == [self.noun]:  # single values: whole, to be copied
            lines = ["" if value is None else str(value) for value in frame[self.noun].to_list()]
            head, tail = text.head_and_tail(len(lines), text.MOST_ROWS)
            more = [f"… {len(lines) - head - tail:,} more …"] if tail else []
            return "\n".join([self._header(), *map(visible_line, [*lines[:head], *more, *lines[len(lines) - tail :]])])
        return f"{self._header()}\n{text.table(frame, frame.columns, whole=self._whole)}"

    def _repr_html_(self) -> html.Markup:
        frame = self.to_polars()
        return html.view(html.table(frame, frame.columns, self._header()))


class Records(_Shown, list[T]):
    """A list of records.

    Parameters
    ----------
    records : iterable
        Dataclasses, mappings, or single values.
    noun : str
        What one of them is.
    """

    def __init__(self, records: Iterable[T] = (), noun: str = "record") -> None:
        super().__init__(records)
        self.noun = noun

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> Records[T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> Any:
        """Return a record, or a part of the list."""
        found: Any = super().__getitem__(index)
        return Records(found, self.noun) if isinstance(index, slice) else found

    def copy(self) -> Records[T]:
        """Return another list of the same records."""
        return self[:]

    def _rows(self) -> Iterator[Mapping[str, object]]:
        return (_values(record, self.noun) for record in self)


class RecordTuple(_Shown, tuple[T, ...]):
    """A tuple of records: see `Records`."""

    def __new__(cls, records: Iterable[T] = (), noun: str = "record") -> RecordTuple[T]:
        """Make a tuple."""
        made = super().__new__(cls, records)
        made.noun = noun
        return made

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, index: slice, /) -> RecordTuple[T]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> Any:
        """Return a record, or a part of the tuple."""
        found: Any = super().__getitem__(index)
        return RecordTuple(found, self.noun) if isinstance(index, slice) else found

    def _rows(self) -> Iterator[Mapping[str, object]]:
        return (_values(record, self.noun) for record in self)


class RecordsByName(_Shown, dict[Any, T]):
    """A dictionary of records, or of single values.

    Parameters
    ----------
    records : mapping
    noun : str
        What one of them is.
    key, value : str
        The columns of the keys, and of single values.
    """

    key: str = "name"
    value: str = "value"

    def __init__(
        self, records: Mapping[Any, T] | None = None, noun: str = "record", *, key: str = "name", value: str = "value"
    ) -> None:
        super().__init__(records or {})
        self.noun = noun
        self.key = key
        self.value = value
        self._whole = (value,)

    def copy(self) -> RecordsByName[T]:
        """Return another dictionary of the same records."""
        return RecordsByName(self, self.noun, key=self.key, value=self.value)

    def _rows(self) -> Iterator[Mapping[str, object]]:
        for name, record in self.items():
            values = _values(record, self.value)
            shown = {} if values.get(self.key) == name else {self.key: _cell(name)}
            yield {**shown, **values}


def _values(record: object, noun: str) -> dict[str, object]:
    """Return what a record holds, by name; a single value is called what it is."""
    if is_dataclass(record) and not isinstance(record, type):
        named = {one.name: getattr(record, one.name) for one in fields(record) if one.repr}
    elif isinstance(record, Mapping):
        named = {str(name): value for name, value in record.items()}
    else:
        return {noun: _cell(record)}
    return {name: _cell(value) for name, value in named.items() if not callable(value)}


def _cell(value: object) -> object:
    """Return a value as a table shows it: nothing for what is empty, a list of values on one line."""
    if value is None or isinstance(value, PLAIN):
        return None if value == "" else value
    if isinstance(value, Real):  # numpy's
        return int(value) if isinstance(value, Integral) else float(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(one)}" for name, one in value.items()) or None
    shape: Any = getattr(value, "shape", None)  # numpy's, of no dimension: one value
    if isinstance(value, Collection) and not isinstance(value, bytes) and shape != ():
        return ", ".join(str(_cell(one)) for one in value) or None
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return str(value)


def _column(values: list[object]) -> pl.Series:
    """Return a column of numbers or truth values, if all are such; else of text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool} or kinds <= {int} or kinds <= {int, float}:
        return pl.Series(values, strict=False)
    return pl.Series([None if value is None else _text(value) for value in values], dtype=pl.String)


def _text(value: object) -> str:
    """Return a value as text that a frame can hold: a path of bytes that are no UTF-8 has characters that cannot be encoded."""
    return str(value).encode(errors="backslashreplace").decode()
