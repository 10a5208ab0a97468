"""The method ``found.to_lightkurve()`` of every answer to a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from lightkurve import SearchResult

    from tess_source.tables.found import Found

__all__ = ["ACCESSORS"]


def to_lightkurve(found: Found) -> SearchResult:
    """Return the products of a search as lightkurve's own result, with which lightkurve lists and downloads them.

    Returns
    -------
    lightkurve.SearchResult
        In lightkurve's order. It downloads with astroquery, from the server that astroquery is set to.

    Examples
    --------
    >>> len(found.to_lightkurve())
    2
    """
    from tess_source_lightkurve.table import to_lightkurve as convert

    return convert(found)


ACCESSORS = (Accessor("to_lightkurve", to_lightkurve, "the products as lightkurve's own SearchResult"),)
