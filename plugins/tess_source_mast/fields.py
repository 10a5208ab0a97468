"""The archive's own help on its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tess_source.hooks.records import Field
from tess_source.settings import Settings
from tess_source_mast.criteria import columns_of
from tess_source_mast.deadline import Deadline
from tess_source_mast.mashup import type_of

__all__ = ["describe"]

TABLES = {"observations": "Mast.Caom.Cone", "products": "Mast.Caom.Products"}
"""Our tables → column configurations; the same that astroquery's ``get_metadata`` shows."""


def describe(what: str, settings: Settings) -> tuple[Field, ...] | None:
    """Return the columns of a table, as the archive describes them.

    Parameters
    ----------
    what : str
        ``"observations"`` or ``"products"``.
    settings : Settings

    Returns
    -------
    tuple of Field or None
        None for another table.

    Raises
    ------
    ServiceError
        If the archive fails.
    """
    if what not in TABLES:
        return None
    from tess_source_mast.portal import portal

    columns = portal(settings).columns(TABLES[what], settings, Deadline(settings.timeout))
    return tuple(_field(name, column) for name, column in columns_of(columns).items())


def _field(name: str, column: Mapping[str, Any]) -> Field:
    return Field(
        name,
        label=str(column.get("text", name)),
        type=str(type_of(column.get("type", "")) or type_of(column.get("vot.datatype", ""))),
        unit=str(column.get("unit") or column.get("vot.unit", "")),
        description=str(column.get("vot.description", "")),
        examples=str(column.get("example", "")),
    )
