"""Tables as plain text and as HTML, for a terminal, a notebook and a mail."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["cell", "counts", "escape", "html", "number", "size", "table"]

MOST_ROWS = 40
_GAP = "  "


def cell(value: Any) -> str:
    """Write one value as people read it: nothing for null, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"
    if isinstance(value, list):
        return ",".join(map(cell, value))
    return str(value)


def number(count: int, noun: str) -> str:
    """Write a number of things, e.g. ``1 file``, ``2,000 files``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(count: float) -> str:
    """Write a number of bytes with a decimal unit, e.g. ``2.0 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def table(frame: pl.DataFrame, columns: Sequence[str], rows: int | None = MOST_ROWS, width: int | None = None) -> str:
    """Lay out columns of a frame as text; numbers stand right, and what does not fit is said, not hidden.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
        Which to show, in this order.
    rows : int, optional
        Most rows to show: half from the head, half from the tail; None for all.
    width : int, optional
        Most characters a line; the terminal's if None, 0 for no limit.

    Returns
    -------
    str
        Lines without a line feed at the end.
    """
    width = shutil.get_terminal_size((140, 24)).columns if width is None else width
    head, tail = _split(frame.height, rows)
    columns = [name for name in columns if frame[name].null_count() < frame.height] or columns if width else columns
    shown = frame.select(columns)
    lines = [[cell(value) for value in row] for row in [*shown.head(head).iter_rows(), *shown.tail(tail).iter_rows()]]
    right = [frame.schema[name].is_numeric() for name in columns]
    values = [max([0, *(len(line[i]) for line in lines)]) for i in range(len(columns))]
    least = [max(number, SHORTEST_NUMBER) if r else SHORTEST for number, r in zip(values, right, strict=True)]
    widths = _fitted([max(len(n), v) for n, v in zip(columns, values, strict=True)], least, width)
    lines = [[_middle(text, w) for text, w in zip(line, widths, strict=True)] for line in lines]
    out = [_line([_middle(n, w) for n, w in zip(columns, widths, strict=True)], widths, right)]
    out += [_line(line, widths, right) for line in lines]
    if hidden := frame.height - head - tail:
        out.insert(head + 1, f"… {hidden:,} more …")
    return "\n".join(_cut(line, width) for line in out)


def _split(height: int, rows: int | None) -> tuple[int, int]:
    if rows is None or height <= rows:
        return height, 0
    return rows - rows // 2, rows // 2


SHORTEST, SHORTEST_NUMBER = 14, 6
"""Characters that a column of text, or the heading of a column of numbers, keeps however narrow the terminal is."""


def _fitted(widths: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Make the widest columns narrower until the line fits, if that can be; numbers are never cut, only their headings."""
    fitted = list(widths)
    too_much = sum(fitted) + len(_GAP) * (len(fitted) - 1) - width if width else 0
    while too_much > 0 and (wide := [i for i in range(len(fitted)) if fitted[i] > least[i]]):
        widest = max(wide, key=lambda i: fitted[i])
        fitted[widest] -= 1
        too_much -= 1
    return fitted


def _middle(text: str, width: int) -> str:
    """Shorten a text in its middle: names of one kind begin and end alike, but it is the ends that tell them apart."""
    if len(text) <= width:
        return text
    tail = width * 2 // 3
    return f"{text[: width - tail - 1]}…{text[len(text) - tail :]}"


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True))
    return _GAP.join(padded).rstrip()


def _cut(line: str, width: int) -> str:
    return line if not width or len(line) <= width else line[: width - 1] + "…"


def html(frame: pl.DataFrame, columns: Sequence[str], title: str, rows: int = MOST_ROWS) -> str:
    """Lay out columns of a frame as an HTML table; every text is escaped.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
    title : str
        The caption.
    rows : int
        Most rows to show.
    """
    head, tail = _split(frame.height, rows)
    shown = frame.select(columns)
    align = ["right" if frame.schema[name].is_numeric() else "left" for name in columns]
    body = [_html_row(row, align) for row in [*shown.head(head).iter_rows(), *shown.tail(tail).iter_rows()]]
    if hidden := frame.height - head - tail:
        body.insert(head, f'<tr><td colspan="{len(columns)}">… {hidden:,} more …</td></tr>')
    names = "".join(f"<th>{escape(name)}</th>" for name in columns)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{names}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _html_row(row: Sequence[Any], align: Sequence[str]) -> str:
    cells = (f'<td style="text-align:{a}">{escape(cell(value))}</td>' for value, a in zip(row, align, strict=True))
    return f"<tr>{''.join(cells)}</tr>"


def counts(series: pl.Series) -> str:
    """Say how often each value stands in a column, most frequent first, e.g. ``6 target, 4 dv``."""
    import polars as pl

    table_ = series.value_counts(sort=False).sort(pl.col("count"), pl.nth(0), descending=[True, False])
    return ", ".join(f"{count:,} {cell(value) or 'unknown'}" for value, count in table_.iter_rows())
