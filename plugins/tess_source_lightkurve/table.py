"""A search as lightkurve's own ``SearchResult``."""

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
    """Give the products of a search as lightkurve's own result, which lists and downloads them in its own way.

    Parameters
    ----------
    found : Found
        A search; lightkurve opens light curves and pixel files of it.

    Returns
    -------
    lightkurve.SearchResult
        In lightkurve's order. It downloads by astroquery, from wherever that is pointed at.
    """
    whole("astropy")
    from astropy.table import Table

    result = lightkurve().SearchResult
    rows = table_of(found)
    # lightkurve takes every column to be masked, and gives something else than numbers for `ra` where one is not
    return result(Table(rows, masked=True)) if len(rows) else result(None)
