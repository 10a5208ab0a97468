"""Narrower layouts of tables that are too wide for the terminal.

A table gets narrower in these steps:

1. Values that all rows share are printed once, above the table: columns with one value, and folders that all texts of a column begin with.
2. Headings that are wider than the texts below them are broken at ``_``.
3. Long texts are cut where most of them stay different.
4. Columns are left out, from the right, but not the first one, nor the last one of the table if each of its rows has a text of its own,
   such as a file name. Numbers and headings are never cut.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tess_source._lazy import pl
from tess_source.display.visible import visible_line

__all__ = ["GAP", "LaidColumn", "narrowed", "room"]

GAP = "  "
SHORTEST = 20
"""Characters that a text keeps however narrow the terminal is."""
LINE = 40
"""Characters of a line of words, for columns whose texts are wrapped rather than cut."""


@dataclass(frozen=True)
class LaidColumn:
    """A column in a printed table."""

    name: str
    texts: tuple[str, ...]
    """The texts as they are shown, one per row."""
    right: bool = False
    """Whether it is aligned to the right, as numbers are."""
    whole: bool = False
    """Whether it must not be left out or cut."""
    unit: str = ""
    """Its unit, which follows its name."""
    stays: bool = False
    """Whether it may be cut, but not left out."""
    broken: bool = False
    """Whether its heading is broken into lines."""
    most: int | None = None
    """Characters to which its texts are cut or wrapped; None for no limit."""

    @property
    def inner(self) -> int:
        """Characters of its longest text."""
        longest = max(map(len, self.texts), default=0)
        return longest if self.most is None else min(longest, self.most)

    @property
    def heading(self) -> list[str]:
        """The lines of its heading, which together are its name and unit."""
        name, unit = visible_line(self.name), [f"[{self.unit}]"] if self.unit else []
        if not self.broken or len(" ".join([name, *unit])) <= self.inner:
            return [" ".join([name, *unit])]
        parts = [f"{part}_" for part in name.split("_")]
        parts[-1] = parts[-1].removesuffix("_")
        most, lines = max(self.inner, *map(len, parts)), [""]
        for part in parts:
            if lines[-1] and len(lines[-1]) + len(part) > most:
                lines.append("")
            lines[-1] += part
        return [*lines, *unit]

    @property
    def width(self) -> int:
        """Characters of the column's width."""
        return max(self.inner, *map(len, self.heading))

    @property
    def least(self) -> int:
        """Least characters to which it can be narrowed."""
        if self.right:
            return self.width
        shortest = LINE if self.whole and any(" " in text for text in self.texts) else SHORTEST
        return (
            self.width if self.whole and shortest == SHORTEST else min(self.width, max(shortest, self._heading_width))
        )

    @property
    def _heading_width(self) -> int:
        return max(map(len, self.heading))

    def cells(self) -> list[list[str]]:
        """Return the lines of each text: one line, unless it is wrapped."""
        if self.most is None or self.right:
            return [[text] for text in self.texts]
        if self.whole:
            return [
                textwrap.wrap(text, self.most, break_long_words=False, break_on_hyphens=False) or [""]
                for text in self.texts
            ]
        return [[text] for text in _shortened(self.texts, self.most)]


def room(columns: Sequence[LaidColumn]) -> int:
    """Return the width of a table [characters]."""
    return sum(column.width for column in columns) + len(GAP) * (len(columns) - 1)


def narrowed(columns: Sequence[LaidColumn], frame: pl.DataFrame, width: int) -> tuple[list[LaidColumn], list[str], int]:
    """Return the columns of a table narrowed to a width, as far as possible.

    Parameters
    ----------
    columns : sequence of LaidColumn
    frame : polars.DataFrame
        The table, with all its rows.
    width : int
        Characters of a line.

    Returns
    -------
    columns : list of LaidColumn
        The columns that are left.
    above : list of str
        Lines above the table, with the values that all rows share.
    gone : int
        Number of columns that are left out.
    """
    laid, shared = list(columns), ""
    if room(laid) > width and frame.height > 1:
        laid, shared = _without_shared(laid, frame)
    if room(laid) > width:
        laid = [replace(column, broken=True) for column in laid]
    count = len(laid)
    if _names_rows(laid[-1]):
        laid[-1] = replace(laid[-1], stays=True)
    while _least_width(laid) > width and (place := _column_to_drop(laid)) is not None:
        del laid[place]
    above = textwrap.wrap(f"all rows: {shared}", width, break_on_hyphens=False) if shared else []
    return _fitted(laid, width), above, count - len(laid)


def _least_width(columns: Sequence[LaidColumn]) -> int:
    return sum(column.least for column in columns) + len(GAP) * (len(columns) - 1)


def _names_rows(column: LaidColumn) -> bool:
    """Return whether each row has a text of its own."""
    return not column.right and len(set(column.texts)) == len(column.texts) and all(column.texts)


def _column_to_drop(columns: Sequence[LaidColumn]) -> int | None:
    """Return the number of the column to leave out: the last one that may go. The first stays."""
    return next((i for i in range(len(columns) - 1, 0, -1) if not (columns[i].whole or columns[i].stays)), None)


def _fitted(columns: Sequence[LaidColumn], width: int) -> list[LaidColumn]:
    """Return columns with the widest texts narrowed until the line fits."""
    widths = [column.width for column in columns]
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        wide = [i for i, column in enumerate(columns) if widths[i] > column.least]
        if not wide:
            break
        widths[max(wide, key=lambda i: widths[i])] -= 1
    return [
        column if to == column.width else replace(column, most=to) for column, to in zip(columns, widths, strict=True)
    ]


# -- what all rows share --


def _without_shared(columns: Sequence[LaidColumn], frame: pl.DataFrame) -> tuple[list[LaidColumn], str]:
    """Return columns without those of one value and without common folders of their texts, and both in words."""
    same = [column for column in columns if not column.whole and _has_one_value(column, frame)]
    same = same if len(same) < len(columns) else []
    laid, begins = [], dict[str, list[str]]()
    known = _common_folders(columns, frame)
    for column in columns:
        if column in same:
            continue
        folder = "" if column.right else next((one for one in known if _all_begin_with(frame[column.name], one)), "")
        if folder:
            begins.setdefault(folder, []).append(column.heading[0])
            column = replace(column, texts=tuple(text.removeprefix(folder) for text in column.texts))  # noqa: PLW2901
        laid.append(column)
    said = [", ".join(f"{column.heading[0]} {column.texts[0]}" for column in same)] if same else []
    said += [f"{' and '.join(names)} within {folder}" for folder, names in begins.items()]
    return laid, "; ".join(said)


def _has_one_value(column: LaidColumn, frame: pl.DataFrame) -> bool:
    return len(set(column.texts)) == 1 and bool(column.texts[0]) and frame[column.name].n_unique() == 1


def _common_folders(columns: Iterable[LaidColumn], frame: pl.DataFrame) -> list[str]:
    """Return the common folders of columns whose texts all begin with one, the longest first."""
    found = set()
    for column in columns:
        there = {text for text in column.texts if text}
        if not column.right and len(there) > 1:
            first, last = min(there), max(there)
            same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
            folder = first[: first.rfind("/", 0, same) + 1]
            if folder and _all_begin_with(frame[column.name], folder):
                found.add(folder)
    return sorted(found, key=len, reverse=True)


def _all_begin_with(series: pl.Series, folder: str) -> bool:
    if series.dtype != pl.String:
        return False
    there = series.drop_nulls()
    return len(there) > 0 and bool((there.str.starts_with(folder) & (there.str.len_chars() > len(folder))).all())


# -- cutting --


def _shortened(texts: Sequence[str], width: int) -> list[str]:
    """Shorten texts where most of them stay different: names mostly differ at their ends, sentences at their beginnings."""
    long = {text for text in texts if len(text) > width}
    tails = (width * 2 // 3, width // 2, width // 3, width - 2, 0)
    if any(" " in text for text in long):
        tails = tails[::-1]
    tail = max(tails, key=lambda tail: len({_shortened_to(text, width, tail) for text in long}))
    return [_shortened_to(text, width, tail) for text in texts]


def _shortened_to(text: str, width: int, tail: int) -> str:
    """Shorten a text in the middle, with `tail` characters of its end."""
    return text if len(text) <= width else f"{text[: width - tail - 1]}…{text[len(text) - tail :]}"
