"""The portal's JSON to polars: the declared types decide, names and values stay the archive's, null stays null."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tess_source._lazy import pl
from tess_source.errors import ServiceError

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
    columns = []
    for name, declared in types.items():
        kind, make = _polars_type(declared)
        values = [row.get(name) for row in page["data"]]
        try:
            made = [None if value is None else make(value) for value in values]
            columns.append(pl.Series(name, made, dtype=getattr(pl, kind)))
        except (ValueError, TypeError, OverflowError) as error:
            raise ServiceError(
                service, f"column {name!r} is declared {declared}, and holds something else: {error}"
            ) from error
    return pl.DataFrame(columns)


def _declared_types(page: dict[str, Any]) -> dict[str, str]:
    """Return the declared type of each column; the first counts if a name comes twice."""
    types: dict[str, str] = {}
    for field in page["fields"]:
        name = str(field.get("name"))
        if name != "_selected_":
            types.setdefault(name, str(field.get("type")))
    return types


def _polars_type(declared: str) -> tuple[str, Callable[[Any], Any]]:
    """Return the polars type of a declared one, by astroquery's own list; what is on no list is kept as text."""
    from astroquery.mast.utils import parse_type

    word = parse_type(declared)[0]
    return _KINDS.get(word, ("String", str))


def _truth_value(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in {"true", "1"}
    return bool(value)


_KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "string": ("String", str),
    "float": ("Float64", float),
    "integer": ("Int64", int),
    "byte": ("Int64", int),
    "boolean": ("Boolean", _truth_value),
}
