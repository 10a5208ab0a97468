"""What all services of the portal share: the envelope of an answer, its errors, filters and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Any

from tess_source_sample.columns import AnswerColumn
from tess_source_sample.rows import Row

Json = dict[str, Any]

DEFAULT_PAGESIZE = 1000
"""Rows in a page when a request names no ``pagesize`` (MAST's API documentation)."""


class RequestError(ValueError):
    """A request that the portal answers with status ERROR; its text becomes the ``msg``."""


def error(message: str) -> Json:
    """Return an answer of status ERROR."""
    return {"status": "ERROR", "msg": message, "data": [], "fields": [], "paging": None}


def executing() -> Json:
    """Return the answer of a job that still runs: the same request is to be posted again."""
    return {"status": "EXECUTING", "msg": "", "data": [], "fields": [], "paging": None}


def envelope(rows: Sequence[Row], fields: Sequence[Json], request: Json) -> Json:
    """Return one page of rows as the portal wraps it."""
    page, size = (whole_number(request.get(key) or default) for key, default in (("page", 1), ("pagesize", 0)))
    size = size or DEFAULT_PAGESIZE
    if page < 1 or size < 1:
        raise RequestError(f"No such page: {page} of {size} rows")
    shown = list(rows[(page - 1) * size : page * size])
    if request.get("removenullcolumns"):
        fields = [field for field in fields if any(row.get(field["name"]) is not None for row in shown)]
        names = {field["name"] for field in fields}
        shown = [{key: value for key, value in row.items() if key in names} for row in shown]
    paging = {
        "page": page,
        "pageSize": size,
        "pagesFiltered": ceil(len(rows) / size),
        "rows": len(shown),
        "rowsFiltered": len(rows),
        "rowsTotal": len(rows),
    }
    return {"status": "COMPLETE", "msg": "", "data": shown, "fields": list(fields), "paging": paging}


def whole_number(value: object) -> int:
    """Return a whole number of a request."""
    try:
        return int(str(value))
    except ValueError:
        raise RequestError(f"Not a whole number: {value!r}") from None


def real_number(value: object) -> float:
    """Return a number of a request."""
    try:
        return float(str(value))
    except ValueError:
        raise RequestError(f"Not a number: {value!r}") from None


def fields_of(wanted: Iterable[AnswerColumn]) -> list[Json]:
    """Return what an answer says of its columns."""
    return [{"name": column.name, "type": column.field_type} for column in wanted]


def selected_columns(rows: Sequence[Row], known: Sequence[AnswerColumn], params: Json, request: Json) -> Json:
    """Return the columns that are asked for: ``*``, names, or the number of rows."""
    wanted = str(params.get("columns", "*")).strip()
    if wanted.upper() == "COUNT_BIG(*)":
        return envelope([{"Column1": len(rows)}], [{"name": "Column1", "type": "string"}], request)
    if wanted == "*":
        return envelope(rows, fields_of(known), request)
    chosen = [_column_of_name(name.strip(), known) for name in wanted.split(",")]
    shown = [{column.name: row[column.name] for column in chosen} for row in rows]
    return envelope(shown, fields_of(chosen), request)


def _column_of_name(name: str, known: Iterable[AnswerColumn]) -> AnswerColumn:
    for column in known:
        if column.name.lower() == name.lower():
            return column
    raise RequestError(f"Invalid column name '{name}'.")


def matching(rows: Iterable[Row], filters: object, known: Sequence[AnswerColumn]) -> list[Row]:
    """Return the rows that pass every filter on the known columns."""
    if not isinstance(filters, list):
        raise RequestError("filters is not a list")
    tests = [_row_test(entry, known) for entry in filters]
    return [row for row in rows if all(test(row) for test in tests)]


def _row_test(entry: Json, known: Sequence[AnswerColumn]) -> Callable[[Row], bool]:
    """Return a test for one filter: ``values`` and ``freeText`` are alternatives, text is compared without case."""
    name = _column_of_name(str(entry.get("paramName")), known).name
    values, free = entry.get("values", []), entry.get("freeText")
    ranges = [
        (real_number(value["min"]), real_number(value["max"]))
        for value in values
        if isinstance(value, dict) and "min" in value
    ]
    exact = {str(value).lower() for value in values if not isinstance(value, dict)}
    pattern = _wildcard_pattern(str(free)) if free else None
    separator = entry.get("separator")
    if not (ranges or exact or pattern):
        raise RequestError(f"A filter on '{name}' needs a value")

    def passes(row: Row) -> bool:
        value = row[name]
        if value is None:
            return False
        if ranges and not isinstance(value, str):
            return any(low <= value <= high for low, high in ranges)
        text = str(value).lower()
        parts = {text} | ({part.strip() for part in text.split(separator)} if separator else set())
        return not exact.isdisjoint(parts) or (pattern is not None and any(map(pattern.fullmatch, parts)))

    return passes


def _wildcard_pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.lower().split("%")), re.DOTALL)
