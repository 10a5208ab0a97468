"""The language of MAST's portal, which it calls Mashup: the forms that are posted, filters, and types of columns.

It is worded exactly as astroquery's `PortalAPI` words it, and the tests compare the two. astroquery itself is not imported: that takes
twice as long as everything else in the first search of a process.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from tess_source.errors import UnknownNameError

__all__ = [
    "HEADERS",
    "NUMBERS",
    "ROWS_OF_PAGE",
    "description_form",
    "filter_set",
    "is_interval",
    "page_form",
    "portal_form",
    "type_of",
]

HEADERS: Mapping[str, str] = MappingProxyType(
    {"Content-type": "application/x-www-form-urlencoded", "Accept": "text/plain"}
)
"""Headers of every question."""
ROWS_OF_PAGE = 50_000
"""Most rows per page of an answer, unless a question says otherwise."""
NUMBERS = frozenset({"double", "float", "numeric"})
"""Types of columns that are asked for by an interval."""
TYPES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("char", "string", "datetime", "date"), "string"),
        **dict.fromkeys(("double", "float", "decimal"), "float"),
        **dict.fromkeys(("int", "short", "long", "number"), "integer"),
        **dict.fromkeys(("boolean", "binary"), "boolean"),
        "unsignedbyte": "byte",
    }
)
"""Type of a column as the portal declares it → in plain words."""


def portal_form(service: str, params: Mapping[str, Any], **more: Any) -> str:
    """Return what is posted to the portal for one of its services.

    Parameters
    ----------
    service : str
        E.g. ``"Mast.Caom.Filtered"``.
    params : mapping
        As in the portal's API.
    **more
        Further properties of the request, e.g. ``page``.
    """
    question = {"service": service, "params": params, "format": "json", **more}
    return f"request={quote(json.dumps(question))}"


def page_form(service: str, params: Mapping[str, Any], rows: int, page: int) -> str:
    """Return what is posted for one page of an answer. No two such forms are the same, so that no cache on the way answers."""
    return portal_form(service, dict(params), pagesize=rows, page=page, cacheBreaker=str(uuid.uuid4()))


def description_form(name: str) -> str:
    """Return what is posted for the description of the columns of a table."""
    return f"colConfigId={name}"


def is_interval(column: Mapping[str, Any]) -> bool:
    """Return whether a column is asked for by an interval, by its description; else it is by one or more values."""
    return column.get("vot.datatype", column.get("type")) in NUMBERS or bool(column.get("treatNumeric"))


def filter_set(columns: Mapping[str, Mapping[str, Any]], criteria: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return criteria as the portal's filters.

    Parameters
    ----------
    columns : dict
        The description of the columns.
    criteria : dict
        Column → list of values, as `criteria.checked` gives them: at most one with ``*`` or ``%``, and two ends for an interval.

    Raises
    ------
    UnknownNameError
        If a column is not described.
    """
    return [_filter(name, columns, values) for name, values in criteria.items()]


def _filter(name: str, columns: Mapping[str, Mapping[str, Any]], values: Sequence[Any]) -> dict[str, Any]:
    column = columns.get(name)
    if not column:
        raise UnknownNameError("criterion", name, columns)
    made: dict[str, Any] = {"paramName": name}
    if separator := column.get("separator"):
        made["separator"] = separator
    if is_interval(column):
        least, greatest = values
        return {**made, "values": [{"min": least, "max": greatest}]}
    texts = [str(value) for value in values]
    wild = [text for text in texts if "*" in text or "%" in text]
    made["values"] = [text for text in texts if text not in wild]
    return {**made, "freeText": wild[0].replace("*", "%")} if wild else made


def type_of(declared: str) -> str:
    """Return the type of a column in plain words, e.g. ``"integer"``; a type on no list as it is declared, in small letters."""
    return TYPES.get(declared.lower(), declared.lower())
