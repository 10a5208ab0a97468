"""The portal's JSON to polars: the declared types decide, names and values stay the archive's, null stays null."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from tess_source._lazy import pl
from tess_source_mast.mashup import type_of
from tess_source_mast.shapes import shown, unlike

__all__ = ["frame"]


def frame(service: str, pages: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return the pages of an answer as one table.

    Identifiers are declared as text and come as integers, whole floats come as integers: both become what is declared,
    as in astroquery. A value that a row lacks is null; a column that is not declared is left out.

    Parameters
    ----------
    service : str
        For error messages.
    pages : sequence of dict
        Each with ``fields`` and ``data``.

    Returns
    -------
    polars.DataFrame
        Without columns if none were declared.

    Raises
    ------
    ServiceError
        If a value is not of the declared type.
    """
    return pl.concat([_frame_of_page(service, page) for page in pages], how="diagonal_relaxed")


def _frame_of_page(service: str, page: dict[str, Any]) -> pl.DataFrame:
    types = _declared_types(page)
    values = _values_of_columns(service, page["data"], [*types])
    return pl.DataFrame([_column(service, name, types[name], part) for name, part in zip(types, values, strict=True)])


def _values_of_columns(service: str, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[list[Any]]:
    try:
        return [list(map(itemgetter(name), rows)) for name in names]
    except KeyError as error:
        if any(row.keys() - {"_selected_", *names} for row in rows if row.keys() < {*row.keys(), *names}):
            raise unlike(service, f"a row has another column in place of {shown(error.args[0])}") from error
        return [[row.get(name) for row in rows] for name in names]


def _declared_types(page: dict[str, Any]) -> dict[str, str]:
    """Return the declared type of each column; the first counts if a name comes twice."""
    types: dict[str, str] = {}
    for field in page["fields"]:
        if field["name"] != "_selected_":
            types.setdefault(field["name"], field["type"])
    return types


def _column(service: str, name: str, declared: str, values: list[Any]) -> pl.Series:
    """Return a column of the declared type. Types are compared a column at a time: values are looked at only if that is not enough."""
    kind, allowed, make = _form_of_type(declared)
    types = set(map(type, values)) - {type(None)}
    try:
        if strange := types - allowed if allowed else ():
            raise TypeError(shown(next(value for value in values if type(value) in strange)))
        if types - {_READY.get(kind)}:
            values = [None if value is None else make(value) for value in values]
        column = pl.Series(name, values, dtype=getattr(pl, kind))
        if kind == "Float64":
            column = column.fill_nan(None)  # as JSON's null: a database has no other word for "unknown"
            if column.is_infinite().any():
                raise ValueError("an infinite number")
    except (ValueError, TypeError, OverflowError, RecursionError, pl.exceptions.PolarsError) as error:
        what = f"column {shown(name)} is declared {declared[:40]}, and holds something else: {error}"
        raise unlike(service, what) from error
    return column


def _form_of_type(declared: str) -> tuple[str, frozenset[type], Callable[[Any], Any]]:
    """Return the polars type of a declared one, by the portal's list; what is on no list is kept as text."""
    return _FORMS.get(type_of(declared), ("String", frozenset(), str))


def _word(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(shown(value))
    return str(value)


def _truth_value(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in {"true", "false", "1", "0"}:
        raise ValueError(shown(value))
    return word in {"true", "1"}


_READY: dict[str, type] = {"String": str, "Float64": float, "Int64": int, "Boolean": bool}
"""polars type → the type of values that it takes as they are."""
_WHOLE: tuple[str, frozenset[type], Callable[[Any], Any]] = ("Int64", frozenset({int}), int)
_FORMS: dict[str, tuple[str, frozenset[type], Callable[[Any], Any]]] = {
    "string": ("String", frozenset({str, int, float}), _word),
    "float": ("Float64", frozenset({int, float}), float),
    "integer": _WHOLE,
    "byte": _WHOLE,
    "boolean": ("Boolean", frozenset({bool, int, str}), _truth_value),
}
"""Declared type → polars type, the types of JSON values that it may have, and what makes a value of one."""
