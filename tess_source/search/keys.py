"""Observations given by one of their keys: the name (obs_id) or the archive's number (obsid)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.tables.convert import to_frame
from tess_source.tables.found import Found
from tess_source.tables.listing import Observations

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
    frame = frame.rename({name: "obsid" for name in frame.columns if name == "obsID" and "obsid" not in frame.columns})
    whole = {name for name in (*KEYS, "observation") if name in frame.columns and not frame[name].null_count()}
    there = [name for name in KEYS if name in frame.columns]
    if ("obs_id" in whole and len(whole) > 1) or not there:
        return Observations.of(frame)
    column = next((name for name in there if name in whole), there[0])
    values = _texts(frame[column], column)
    found = ask(column, values)
    known = set(found[column].cast(pl.String)) if column in found.columns else set()
    if absent := [value for value in values if value not in known]:
        others = f", nor with {len(absent) - 1:,} others" if len(absent) > 1 else ""
        raise QueryError(f"the archive has no observation with {column}={absent[0]!r}{others}")
    return found


def _rows_of_keys(given: Any) -> Any:
    """Return names and numbers of observations as rows; anything else as it is."""
    if isinstance(given, str | Integral) and not isinstance(given, bool):
        text = str(given).strip()
        return [{"obsid" if text.isdecimal() else "obs_id": text}]
    if (
        isinstance(given, Iterable)
        and not isinstance(given, Mapping | bytes)
        and not hasattr(given, "columns")
        and not hasattr(given, "colnames")
    ):
        rows = list(given)
        if rows and all(isinstance(row, str | Integral) and not isinstance(row, bool) for row in rows):
            return [row for one in rows for row in _rows_of_keys(one)]
        return given if hasattr(given, "iloc") else rows
    return given


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
