"""Rows as the program prints them: a table for people; csv, json, jsonl and ecsv for other programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.tables.convert import to_astropy

__all__ = ["FORMATS", "render"]


def render(frame: pl.DataFrame, form: str, columns: Sequence[str] | None = None, whole: Sequence[str] = ()) -> str:
    """Write rows as text.

    Parameters
    ----------
    frame : polars.DataFrame
    form : str
        One of `FORMATS`.
    columns : sequence of str, optional
        What people see in a table; the other formats give all columns.
    whole : sequence of str
        Of these, what a narrow terminal neither leaves out nor cuts.

    Returns
    -------
    str
        With a line feed at the end, unless it is empty.
    """
    return FORMATS[form](frame, columns or frame.columns, whole)


def _table(frame: pl.DataFrame, columns: Sequence[str], whole: Sequence[str]) -> str:
    width = None if sys.stdout.isatty() else 0
    said = "--format csv shows all"
    return (
        text.table(frame, columns, rows=None, width=width, whole=whole, elsewhere=said) + "\n" if frame.height else ""
    )


def _csv(frame: pl.DataFrame, *_of_table: object) -> str:
    return frame.write_csv()


def _json(frame: pl.DataFrame, *_of_table: object) -> str:
    return json.dumps(frame.to_dicts(), indent=1, ensure_ascii=False, default=str) + "\n"


def _jsonl(frame: pl.DataFrame, *_of_table: object) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in frame.iter_rows(named=True))


def _ecsv(frame: pl.DataFrame, *_of_table: object) -> str:
    out = io.StringIO()
    to_astropy(frame).write(out, format="ascii.ecsv")
    return out.getvalue()


FORMATS: dict[str, Callable[[pl.DataFrame, Sequence[str], Sequence[str]], str]] = {
    "table": _table,
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "ecsv": _ecsv,
}
"""Name → writer."""
