"""Tables as plain text, and numbers in words."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display.narrow import GAP, LaidColumn, narrowed
from tess_source.display.visible import visible_line
from tess_source.names.sectors import text_of_sectors

if TYPE_CHECKING:
    from tess_source.display.narrow import LaidColumn

__all__ = [
    "FEW",
    "MOST_ROWS",
    "PLAIN",
    "NumberLook",
    "cell",
    "counts",
    "criteria",
    "first",
    "head_and_tail",
    "number",
    "size",
    "table",
]

FEW = 3
"""Things that a message names one by one, if each takes many words; the others are counted."""
MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class NumberLook:
    """How a column of numbers is shown."""

    unit: str = ""
    """Its unit, which stands beside its name."""
    decimals: int | None = None
    """Digits after the point; None: six digits in all, and whole numbers without a fraction."""

    def heading(self, name: str) -> str:
        """Return the heading of a column, e.g. ``period [d]``."""
        return f"{name} [{self.unit}]" if self.unit else name


PLAIN = NumberLook()


def cell(value: Any, look: NumberLook = PLAIN) -> str:
    """Return one value as text on one line: nothing for null, control characters as escapes; numbers as `look` says."""
    if value is None:
        return ""
    if isinstance(value, float):
        if look.decimals is not None:
            return f"{value:.{look.decimals}f}"
        return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
    if isinstance(value, list):
        return ",".join(map(cell, value))
    return visible_line(value)


def number(count: int, noun: str) -> str:
    """Return a number of things in words, e.g. ``1 file``, ``2,000 files``, ``3 entries``."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else several}"


def first(items: Iterable[object], most: int = 10, separator: str = ", ") -> str:
    """Return the first items of a list and the number of the others, e.g. ``1, 2, 3 and 997 more``."""
    listed = list(items)
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return separator.join(map(str, listed[:most])) + more


def criteria(asked: Mapping[str, Any], most: int = 5) -> str:
    """Return criteria in words. Of a long list, whole numbers are shown as ranges, as ``sequence_number=1-107``, or the first values."""
    return ", ".join(f"{name}={_value(value, most)}" for name, value in asked.items())


def _value(value: Any, most: int) -> str:
    if not isinstance(value, list | tuple) or len(value) <= most:
        return repr(value)
    if all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in value):
        ranges = text_of_sectors(value).split(",")
        return first(ranges, most, ",")
    return f"[{first(map(repr, value), most)}]"


def size(count: float) -> str:
    """Return a number of bytes with a decimal unit, e.g. ``2.0 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def table(
    frame: pl.DataFrame, columns: Sequence[str], rows: int | None = MOST_ROWS, width: int | None = None, *,
    whole: Sequence[str] = (), elsewhere: str = "to_polars() has all", looks: Mapping[str, NumberLook] = MappingProxyType({}),
) -> str:  # fmt: skip
    """Return columns of a frame as a text table. Numbers are aligned right. The table says how much is left out.

    Numbers and headings are never cut. `tess_source.display.narrow` describes how a table that is too wide gets narrower.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
        Which to show, in this order.
    rows : int, optional
        Most rows to show: half from the head, half from the tail; None for all.
    width : int, optional
        Most characters per line: the terminal's width if None, 0 for no limit.
    whole : sequence of str
        Columns that are neither left out nor cut; their long texts are wrapped.
    elsewhere : str
        Where to find columns that are left out, in words.
    looks : mapping
        Column → how its numbers are shown.

    Returns
    -------
    str
        Lines without a line feed at the end.
    """
    width = shutil.get_terminal_size((140, 24)).columns if width is None else width
    head, tail = head_and_tail(frame.height, rows)
    columns = [name for name in columns if frame[name].null_count() < frame.height] or columns if width else columns
    shown = frame.select(columns)
    look = [looks.get(name, PLAIN) for name in columns]
    rows_shown = [*shown.head(head).iter_rows(), *shown.tail(tail).iter_rows()]
    lines = [[*map(cell, row, look)] for row in rows_shown]
    laid = [
        LaidColumn(name, tuple(line[i] for line in lines), frame.schema[name].is_numeric(), name in whole, look[i].unit)
        for i, name in enumerate(columns)
    ]
    laid, out, gone = narrowed(laid, frame, width) if width else (laid, [], 0)
    headings, texts = [column.heading for column in laid], zip(*(column.cells() for column in laid), strict=True)
    deepest = max(map(len, headings), default=1)
    out += _lines_of_row([[""] * (deepest - len(heading)) + heading for heading in headings], laid)
    for place, row in enumerate(texts):
        if tail and place == head:
            out.append(f"… {frame.height - head - tail:,} more …")
        out += _lines_of_row(row, laid)
    if gone:
        out.append(f"+{number(gone, 'column')}: {elsewhere}")
    return "\n".join(out)


def head_and_tail(height: int, rows: int | None) -> tuple[int, int]:
    """Return how many rows to show from the head and from the tail of a table, at most `rows` in all; None for all."""
    if rows is None or height <= rows:
        return height, 0
    return rows - rows // 2, rows // 2


def _lines_of_row(cells: Sequence[Sequence[str]], columns: Sequence[LaidColumn]) -> list[str]:
    """Return the lines of a row, whose cells may have several lines each."""
    out = []
    for parts in zip_longest(*cells, fillvalue=""):
        padded = (p.rjust(c.width) if c.right else p.ljust(c.width) for p, c in zip(parts, columns, strict=True))
        out.append(GAP.join(padded).rstrip())
    return out


def counts(series: pl.Series) -> str:
    """Return the number of rows per value of a column, most frequent first, e.g. ``6 target, 4 dv``."""
    table_ = series.value_counts(sort=False).sort(pl.col("count"), pl.nth(0), descending=[True, False])
    return ", ".join(f"{count:,} {cell(value) or 'unknown'}" for value, count in table_.iter_rows())
