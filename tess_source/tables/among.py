"""Values that a column is compared with, in the form that each release of polars takes."""

from __future__ import annotations

from functools import cache

from tess_source._lazy import pl

__all__ = ["among"]


def among(values: pl.Series) -> pl.Series:
    """Return values for ``is_in``: as one list, which newer releases ask for, or as they are, where a list is not taken.

    Parameters
    ----------
    values : polars.Series
        Values of the column's own type.

    Examples
    --------
    ``pl.col("uri").is_in(among(uris))``
    """
    return values.implode() if _takes_one_list() else values


@cache
def _takes_one_list() -> bool:
    """Return whether ``is_in`` compares each row with one list: polars 1.20 wants as many lists as rows."""
    try:
        pl.Series([1, 2]).is_in(pl.Series([1]).implode())
    except pl.exceptions.PolarsError:
        return False
    return True
