"""Formats of lists of targets as text: lines, tables with a header, JSON and JSON lines."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from tess_source.errors import QueryError
from tess_source.targets.columns import IDS, Columns, is_missing, plain_column
from tess_source.targets.fixed import with_bars
from tess_source.targets.places import places_of
from tess_source.targets.sky import place_of
from tess_source.targets.target import Gap
from tess_source.targets.texts import cleaned

__all__ = ["ListedRow", "rows_of_text"]

DELIMITERS = (",", ";", "\t", "|")
_NUMBER = re.compile(r"[+-]?[\d.]+(?:[eE][+-]?\d+)?")
_TYPE = re.compile(
    r"|deg|degrees?|h|hours?|mag|days?|[hd]+:m+:s+|str\d*|u?int\d*|float\d*|bool\d*|object|char|long|double|\d*[NS]"
)
"""A cell of a line of types or units below the header."""


@dataclass(frozen=True)
class ListedRow:
    """One row of a list: where it is, and its target or a `Gap`."""

    where: str
    """E.g. ``"line 5"``."""
    target: Any


@dataclass(frozen=True)
class ListHeader:
    """The header of a table: its line, what divides its cells (a blank: any number of blanks), and its names."""

    line: int
    delimiter: str
    names: tuple[str, ...]


def rows_of_text(text: str, where: str, *, is_table: bool = False) -> Iterator[ListedRow]:
    """Yield the rows of a list of targets.

    Parameters
    ----------
    text : str
        The whole list, in any of the formats.
    where : str
        Its name, for messages.
    is_table : bool
        Whether it must have a header.

    Yields
    ------
    ListedRow

    Raises
    ------
    QueryError
        If it is a table or JSON without targets, or cannot be understood.
    """
    lines = with_bars(text.splitlines())
    plain = _uncommented(lines)
    first = next((line.strip() for line in lines if line.strip()), "")
    if re.match(r"\{|\[\s*([\[{(\"'\d-]|null|None|NaN|\]|$)", first):
        yield from _rows_of_json(text, lines, where)
    elif (header := _header(lines)) is not None:
        yield from _rows_of_table(lines, header, where)
    elif is_table and len(plain) > 1 and _delimiter(plain[0][1]) != " " and not _is_place(plain[0][1]):
        Columns.of(_cells(plain[0][1], _delimiter(plain[0][1])), where)  # raises: the header has no targets
    else:
        yield from _rows_of_lines(plain, where)


# -- one target per line --


def _uncommented(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Return the lines that hold something, with their numbers from 1, without comments."""
    kept = ((number, line.split("#", 1)[0].strip()) for number, line in enumerate(lines, 1))
    return [(number, line.rstrip(",; \t")) for number, line in kept if line]


def _rows_of_lines(lines: Sequence[tuple[int, str]], where: str) -> Iterator[ListedRow]:
    for number, line in lines:
        targets = _targets_of_line(line)
        is_list = len(lines) == 1 and not all(map(_NUMBER.fullmatch, targets))
        if len(targets) > 1 and not is_list and not _are_ids(targets):
            raise QueryError(
                f"{where} has several values in line {number} and no header that says which is the target: {line[:60]!r}; add one, e.g. "
                "'tic,name', or write one target per line"
            )
        for target in targets:
            yield ListedRow(f"line {number}", Gap() if is_missing(target) else target)


def _targets_of_line(line: str) -> list[str]:
    """Return the targets of a line: one, or several with commas, semicolons or tabs between them."""
    if _is_place(line):
        return [line]
    for delimiter in "\t;,":
        parts = [part.strip().strip("\"'") for part in line.strip("[]()").split(delimiter)]
        if len(parts) > 1:
            return [part for part in parts if part]
    words = line.split()
    return words if len(words) > 1 and all(map(_NUMBER.fullmatch, words)) else [line.strip("\"'")]


def _are_ids(words: Sequence[str]) -> bool:
    return all(re.fullmatch(r"TIC\s*\d+|[1-9]\d{3,15}", word, re.IGNORECASE) for word in words)


def _is_place(text: str) -> bool:
    try:
        place = place_of(cleaned(text))
    except QueryError:
        return True
    return place is not None and abs(place[0]) <= 360


# -- tables --


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count) if any(delimiter in line for delimiter in DELIMITERS) else " "


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return next(csv.reader([" ".join(line.split())], delimiter=" "))
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def _header(lines: Sequence[str]) -> ListHeader | None:
    """Return the header: the first line without ``#``, a later one after shorter lines, or the last comment before the rows."""
    plain = [(number, line) for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    widest = 0
    for number, line in plain[:50]:
        header = _header_of_line(number, line)
        if header is not None and (not widest or len(header.names) > max(widest, 2)):
            return header
        widest = max(widest, len(_cells(line, _delimiter(line))) if _delimiter(line) != " " else 1)
    first = plain[0][0] if plain else 0
    above = [number for number in range(first) if lines[number].strip("# \t")]
    header = _header_of_line(above[-1], lines[above[-1]].lstrip("# \t")) if above else None
    return header if header and len(_cells(plain[0][1], header.delimiter)) == len(header.names) else None


def _header_of_line(number: int, line: str) -> ListHeader | None:
    delimiter = _delimiter(line)
    for cells in ([line.strip().strip('"')],) if delimiter == " " else ():
        if Columns.among(cells) is not None:
            return ListHeader(number, ",", tuple(cells))
    cells = _cells(line, delimiter)
    if any(map(_NUMBER.fullmatch, cells)) or Columns.among(cells) is None:
        return None
    return ListHeader(number, delimiter, tuple(cells))


def _rows_of_table(lines: Sequence[str], header: ListHeader, where: str) -> Iterator[ListedRow]:
    columns = Columns.of(header.names, where)
    rows = [(number, _first_of_each(header.names, cells)) for number, cells in _records(lines, header, where)]
    filled = [(number, {name: row.get(name, "") for name in columns.used}) for number, row in rows]
    columns.check_ids([row for _, row in filled])
    for number, row in filled:
        yield ListedRow(f"line {number}", columns.target(row))


def _first_of_each(names: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return cells by column; of columns with the same name, the first that is filled."""
    row: dict[str, str] = {}
    for name, cell in zip(names, cells, strict=False):
        row[name] = row.get(name) or cell
    return row


def _records(lines: Sequence[str], header: ListHeader, where: str) -> list[tuple[int, list[str]]]:
    """Return the lines below the header, with their numbers from 1, as cells; without comments and lines of units above a rule."""
    below = list(lines[header.line + 1 :])
    kept = ["" if line.lstrip().startswith("#") else line for line in below]
    if header.delimiter == " ":
        found = [(number, _cells(line, " ")) for number, line in enumerate(kept, 1) if line.strip()]
    else:
        reader = csv.reader((line + "\n" for line in kept), delimiter=header.delimiter, skipinitialspace=True)
        found = [
            (reader.line_num, [cell.strip() for cell in cells])
            for cells in reader
            if any(map(str.strip, cells)) or len(cells) > 1
        ]
    rule = next(
        (
            at
            for at, (_, cells) in enumerate(found[:3])
            if any(len(cell) > 1 for cell in cells) and all(re.fullmatch(r"|:?-+:?|=+", cell) for cell in cells)
        ),
        -1,
    )
    found = found[rule + 1 :]
    if found and any(found[0][1]) and all(map(_TYPE.fullmatch, found[0][1])):
        del found[0]
    records = [(number + header.line + 1, cells) for number, cells in found]
    return records if header.delimiter != " " else _without_index(records, header, where)


def _without_index(records: list[tuple[int, list[str]]], header: ListHeader, where: str) -> list[tuple[int, list[str]]]:
    """Return the rows of a table that blanks divide, without the numbers that pandas writes before them.

    Empty cells of such a table cannot be seen. They do no harm where TIC ids stand in the first column.

    Raises
    ------
    QueryError
        If a row does not have as many words as the header.
    """
    width, has_ids = len(header.names), plain_column(header.names[0]) in IDS
    if all(len(cells) == width + 1 and cells[0].isdecimal() for _, cells in records):
        return [(number, cells[1:]) for number, cells in records]
    for number, cells in records:
        if len(cells) > width or (len(cells) < width and not (has_ids and cells[0].isdecimal())):
            raise QueryError(
                f"{where} has {len(cells)} words for {width} columns in line {number}: divide the columns by commas or tabs"
            )
    return records


# -- JSON --


def _rows_of_json(text: str, lines: Sequence[str], where: str) -> Iterator[ListedRow]:
    try:
        value = _value_of(text)
    except ValueError:
        yield from _rows_of_json_lines(lines, where)
        return
    for number, target in enumerate(_targets_of_json(value, where), 1):
        yield ListedRow(f"row {number}", target)


def _value_of(text: str) -> Any:
    """Return the value that JSON, or a list as Python prints it, holds.

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(text.strip())
        except (SyntaxError, MemoryError, RecursionError, TypeError) as error:
            raise ValueError(str(error)) from error
        return list(value) if isinstance(value, set | tuple) else value


def _rows_of_json_lines(lines: Sequence[str], where: str) -> Iterator[ListedRow]:
    numbers, values = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            raise QueryError(f"{where} has a line that is no JSON: line {number}, {line[:60]}") from error
        numbers.append(number)
    for number, target in zip(numbers, _targets_of_json(values, where), strict=True):
        yield ListedRow(f"line {number}", target)


def _targets_of_json(value: Any, where: str) -> list[Any]:
    """Return the targets of a JSON value: rows, columns, or a list in an object such as the archive's ``{"data": […]}``."""
    if isinstance(value, Mapping):
        rows = _rows_of_object(value)
        return _targets_of_json(rows, where)
    if isinstance(value, list) and _are_numbers(value) and places_of(value):
        value = [value]
    if not isinstance(value, list):
        raise QueryError(f"{where} is JSON, but neither an array nor an object with targets")
    names = dict.fromkeys(name for row in value if isinstance(row, Mapping) for name in row)
    columns = Columns.of(names, where) if names else None
    filled = (
        [{name: row.get(name) for name in columns.used} for row in value if isinstance(row, Mapping)] if columns else []
    )
    if columns:
        columns.check_ids(filled)
    left = iter(filled)
    return [
        columns.target(next(left)) if columns and isinstance(row, Mapping) else _target_of_item(row) for row in value
    ]


def _target_of_item(item: Any) -> Any:
    if isinstance(item, list | tuple) and _are_numbers(item) and places_of(list(item)):
        return tuple(item)
    if isinstance(item, list | tuple) and len(item) == 1:
        return _target_of_item(item[0])
    if isinstance(item, list | tuple):
        raise QueryError(
            f'{item!r} in an array does not say which of its values is the target: give objects, e.g. {{"tic": 16740101}}'
        )
    return Gap() if is_missing(item) else item


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in values)


def _rows_of_object(value: Mapping[str, Any]) -> list[Any]:
    """Return the rows of an object: of columns, of names and rows (pandas, TAP), of the one list in it, or itself as a row."""
    for key in ("columns", "metadata", "fields", "info"):
        names, rows = value.get(key), value.get("data")
        if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
            plain = [str(name.get("name") if isinstance(name, Mapping) else name) for name in names]
            return [dict(zip(plain, row, strict=False)) for row in rows]
    if (columns := Columns.among(value)) is not None:
        cells = {name: value[name] for name in columns.used}
        cells = {name: list(cell.values()) if isinstance(cell, Mapping) else cell for name, cell in cells.items()}
        if all(isinstance(cell, list) for cell in cells.values()):
            return [dict(zip(cells, row, strict=False)) for row in zip(*cells.values(), strict=False)]
        return [value]
    if value and all(isinstance(item, Mapping) for item in value.values()):
        return list(value.values())
    if isinstance(rows := value.get("data"), list):
        return rows
    lists = [
        item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], Mapping | list | str)
    ]
    return lists[0] if len(lists) == 1 else [value]
