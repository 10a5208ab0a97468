"""Observations given by one of their keys: the name (obs_id) or the archive's number (obsid)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.tables.convert import to_frame
from tess_source.tables.found import Found
from tess_source.tables.listing import Observations
from tess_source.targets.columns import is_missing
from tess_source.targets.tabular import fields_of, python_value

__all__ = ["known_observations"]

KEYS = ("obsid", "obs_id")


def known_observations(given: Any, ask: Callable[[str, list[str]], Observations]) -> Observations:
    """Return observations that are given in any form, with all that is needed to list their products.

    Parameters
    ----------
    given : object
        Observations, an answer, a table or row of observations, or their keys: rows with obs_id or obsid alone, names, or numbers.
    ask : callable
        Asks the archives for the observations with some values of a key column. It is called only for rows with one key alone.

    Returns
    -------
    Observations

    Raises
    ------
    QueryError
        If the archive does not have one of them; a failure is never an empty answer.
    TableError
        If it is none of these.
    """
    if isinstance(given, Observations | Found):
        return given if isinstance(given, Observations) else given.observations
    frame = to_frame(_rows_of_keys(given))
    frame = frame.rename(
        {name: "obsid" for name in frame.columns if name.lower() == "obsid" and "obsid" not in frame.columns}
    )
    whole = {name for name in (*KEYS, "observation") if name in frame.columns and not frame[name].null_count()}
    there = [name for name in KEYS if name in frame.columns]
    if ("obs_id" in whole and len(whole) > 1) or not there:
        return Observations.of(frame)
    if len(there) > 1 and not whole and not (frame["obsid"].is_null() & frame["obs_id"].is_null()).any():
        raise QueryError("some observations are given by obs_id, and others by obsid: give the same for all")
    column = next((name for name in there if name in whole), there[0])
    values = _texts(frame[column], column)
    found = ask(column, values)
    known = set(found[column].cast(pl.String)) if column in found.columns else set()
    if absent := [value for value in values if value not in known]:
        others = f", nor with {len(absent) - 1:,} others" if len(absent) > 1 else ""
        raise QueryError(f"the archive has no observation with {column}={absent[0]!r}{others}")
    return found


def _rows_of_keys(given: Any) -> Any:
    """Return names, numbers and rows of observations as rows with the names of their fields; anything else as it is."""
    given = python_value(given)
    if (key := _key(given)) is not None:
        return [key]
    if (row := _row(given)) is not given:
        return [row]
    if (
        hasattr(given, "columns")
        or hasattr(given, "colnames")
        or not isinstance(given, Iterable)
        or isinstance(given, Mapping | bytes)
    ):
        return given
    rows = list(given)  # of a structured array, too
    keys = [_key(python_value(row)) for row in rows]
    if any(keys) and all(key or is_missing(row) for key, row in zip(keys, rows, strict=True)):
        return [key or {} for key in keys]
    return given if hasattr(given, "iloc") else list(map(_row, rows))


def _row(value: Any) -> Any:
    """Return a named tuple, a row of pandas or a record as a mapping; anything else, which tables are made of, as it is."""
    if isinstance(value, Mapping) or hasattr(value, "colnames"):
        return value
    fields = fields_of(value)
    return value if fields is None else fields


def _key(value: Any) -> dict[str, str] | None:
    """Return a name or a number of an observation as a row; None if it is neither."""
    if isinstance(value, bool) or not isinstance(value, str | Real | Decimal) or is_missing(value):
        return None
    text = str(value).strip()
    number = re.fullmatch(r"(\d+)(?:\.0*)?", text)
    return {"obsid": number[1]} if number else {"obs_id": text}


def _texts(column: pl.Series, name: str) -> list[str]:
    """Return the values of a key column as text, each once.

    Raises
    ------
    QueryError
        If a row has none.
    """
    column = column.cast(pl.Int64, strict=False) if column.dtype.is_float() else column
    values = column.cast(pl.String).str.strip_chars()
    if values.null_count():
        row = int(values.is_null().arg_max() or 0) + 1
        raise QueryError(f"row {row} of {len(values)} has no {name}, so it is unknown which observation is meant")
    return values.unique(maintain_order=True).to_list()
