"""Printing an answer that may be larger than memory: row by row, part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from tess_source._lazy import pl
from tess_source.cli.asking import QUESTION
from tess_source.cli.printing import NOTHING, note, render, show
from tess_source.display.text import first as first_of
from tess_source.display.text import number
from tess_source.errors import TableError
from tess_source.session import Session
from tess_source.tables.found import Drop, Found

__all__ = ["ROW_BY_ROW", "print_parts"]

ROW_BY_ROW = ("csv", "json", "jsonl", "ecsv")
"""Forms in which rows can be written one after the other."""
WITH_COLUMNS = ("csv", "ecsv")
"""Those in which columns are named once, above all rows."""


def print_parts(
    session: Session, asked: Mapping[str, Any], filters: Mapping[str, Any], form: str, what: str, explain: bool
) -> None:
    """Print the answer to a search on stdout as it comes, in the order of `Session.search`, and a summary on stderr.

    Parameters
    ----------
    session : Session
    asked, filters : mapping
        As commands get them: see `tess_source.cli.asking.Asking`.
    form : str
        One of `ROW_BY_ROW`.
    what : str
        ``"products"``, ``"observations"`` or ``"links"``.
    explain : bool
        Whether the summary tells how the result was obtained.

    Raises
    ------
    click.exceptions.Exit
        If nothing was found.
    """
    total = _Total()
    own = {name: value for name, value in asked.items() if name in QUESTION and name not in {"targets", "refresh"}}
    words = {**{name: value for name, value in asked.items() if name not in QUESTION}, **filters}
    for part in session._parts(asked["targets"], words, listing=what != "observations" or bool(filters), **own):
        rows = getattr(part.narrowed() if part.drops else part, what).to_polars()
        total.add(part, rows.height)
        if rows.height:
            show(total.text_of(rows, form))
    if form == "json":
        show("\n]\n" if total.rows else "[]\n")
    note(total.in_words(explain))
    if not total.rows:
        raise click.exceptions.Exit(NOTHING)


class _Total:
    """What the parts of an answer hold together."""

    def __init__(self) -> None:
        self.observations, self.products, self.rows = 0, 0, 0
        self.drops: dict[str, Drop] = {}
        self.unobserved: set[int] | None = None
        self.last: Found | None = None
        self.columns: list[str] = []
        self.head = ""

    def add(self, part: Found, rows: int) -> None:
        """Count one part, of which so many rows are shown."""
        if self.unobserved is None:
            self.unobserved = {one.tic for one in part.query.targets if one.tic is not None}
        self.unobserved -= {*part.observations["tic"].to_list()}
        self.observations += len(part.observations)
        self.products += len(part)
        self.rows += rows
        for drop in part.drops:
            old = self.drops.get(drop.filter, replace(drop, kept=0, dropped=0))
            self.drops[drop.filter] = replace(drop, kept=old.kept + drop.kept, dropped=old.dropped + drop.dropped)
        self.last = part

    def text_of(self, rows: pl.DataFrame, form: str) -> str:
        """Return the rows of the next part as text: what stands once above all rows comes with the first.

        Raises
        ------
        TableError
            If the columns cannot be those of the parts before.
        """
        first = not self.columns
        self.columns = self.columns or rows.columns
        if form in WITH_COLUMNS and (strange := sorted({*rows.columns} ^ {*self.columns})):
            raise _other_columns(first_of(strange))
        head, text = _head_and_rows(render(rows.select(self.columns) if form in WITH_COLUMNS else rows, form), form)
        if first:
            self.head = head
            return head + text
        if head != self.head:
            raise _other_columns("their types")
        return f",\n{text}" if form == "json" else text

    def in_words(self, explain: bool) -> str:
        """Return a summary; with what each filter dropped, if it is to explain or nothing is left."""
        if self.last is not None and not self.observations:
            return self.last.explain()
        lines = [f"Found {number(self.observations, 'observation')}, {number(self.products, 'product')}, part by part"]
        if self.unobserved:
            gone = number(len(self.unobserved), "TIC id")
            lines.append(f"{gone} without observations: {first_of(sorted(self.unobserved))}")
        return "\n".join([*lines, *(map(str, self.drops.values()) if explain or not self.rows else ())])


def _head_and_rows(text: str, form: str) -> tuple[str, str]:
    """Return what stands once above the rows of a text, and the rows, without what ends them."""
    if form == "json":
        return "[\n", text.removeprefix("[\n").removesuffix("\n]\n")
    lines = text.split("\n")
    above = next(n for n, line in enumerate(lines, 1) if line[:1] != "#") if form in WITH_COLUMNS else 0
    return "".join(f"{line}\n" for line in lines[:above]), "\n".join(lines[above:])


def _other_columns(what: str) -> TableError:
    return TableError(f"a part of the answer differs in its columns: {what}; --format jsonl writes it")
