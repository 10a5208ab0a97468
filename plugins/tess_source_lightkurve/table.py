"""Conversion of a search to lightkurve's own ``SearchResult``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import whole
from tess_source.like_lightkurve.layout import table_of
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from lightkurve import SearchResult

    from tess_source.tables.found import Found

__all__ = ["to_lightkurve"]


def to_lightkurve(found: Found) -> SearchResult:
    """Return the products of a search as lightkurve's own result: see `tess_source_lightkurve.accessors.to_lightkurve`."""
    whole("astropy")
    from astropy.table import Table

    result = lightkurve().SearchResult
    rows = table_of(found)
    # lightkurve expects masked columns only, and returns something else than numbers for `ra` otherwise
    return result(Table(rows, masked=True)) if len(rows) else result(None)
