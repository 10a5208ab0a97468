"""Criteria on the catalogue's observations, with the portal's meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

from tess_source._lazy import pl
from tess_source.targets.target import Query
from tess_source_catalogue.fields import CONFIGURATION, OBSERVED
from tess_source_mast.criteria import checked

__all__ = ["Criteria", "criteria_of", "exact_values", "meets"]

Criteria = Mapping[str, Sequence[Any]]
"""Column → values, of which one must be met; [least, greatest] for a number with a fraction."""


def criteria_of(query: Query) -> Criteria:
    """Return the criteria of a question, with its defaults, checked as for the portal.

    Raises
    ------
    UnknownNameError
        For a column that the portal does not have.
    QueryError
        For a value that the column cannot take.
    """
    return checked(query.criteria, CONFIGURATION, query.wildcards, query.defaults or {})


def meets(frame: pl.DataFrame, criteria: Criteria) -> pl.Expr:
    """Return the mask of the rows that meet all criteria on columns that the frame has. Null meets none.

    As at the portal, the case of text does not count, and ``*`` and ``%`` stand for any text.
    """
    masks = [_mask(name, values, frame.schema[name]) for name, values in criteria.items() if name in frame.columns]
    return reduce(and_, masks, pl.lit(True)).fill_null(value=False)


def exact_values(criteria: Criteria, column: str) -> list[str] | None:
    """Return the values of a criterion as text; None without one, or if it has wildcards."""
    values = [str(value) for value in criteria.get(column, ())]
    return None if not values or any(map(_is_wild, values)) else values


def _mask(name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if OBSERVED[name].type == "double":
        return column.is_between(values[0], values[1])
    texts = [str(value).lower() for value in values]
    wild = [text for text in texts if _is_wild(text)]
    if dtype.is_integer() and not wild:
        return column.is_in([int(text) for text in texts])
    lower = column.cast(pl.String).str.to_lowercase()
    exact = lower.is_in([text for text in texts if not _is_wild(text)])
    return reduce(lambda mask, text: mask | lower.str.contains(_regex(text)), wild, exact)


def _is_wild(text: str) -> bool:
    return "*" in text or "%" in text


def _regex(text: str) -> str:
    return "(?s)^" + ".*".join(map(re.escape, re.split("[*%]", text))) + "$"
