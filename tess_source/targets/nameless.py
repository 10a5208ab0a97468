"""Rows without names of their fields, such as a database and ``csv.reader`` give: none of their values is taken for a target."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

from tess_source.errors import QueryError
from tess_source.targets.columns import is_missing
from tess_source.targets.places import places_of

__all__ = ["check_item", "check_tuple", "shown"]

SMALL = 10_000
"""Whole numbers below are indices, sectors or cameras more often than TIC ids."""
MOST_LETTERS = 80
ADVICE = "give the value that is the target, or rows with names, e.g. {'tic': 16740101}"


def check_item(item: Any) -> None:
    """Check that an item of a list of targets is not a row of several values.

    Raises
    ------
    QueryError
        If it is a tuple, list or array of several values that are no place.
    """
    if _is_nameless(item) and len(item) > 1 and places_of(item) is None:
        raise QueryError(f"{_shown(item)} does not say which of its values is the target: {ADVICE}")


def check_tuple(values: tuple[Any, ...]) -> None:
    """Check that a tuple is several targets, and not a row of a table, such as an index and an id.

    Raises
    ------
    QueryError
        If its values are of several kinds, or small whole numbers beside TIC ids.
    """
    known = [value for value in values if not is_missing(value)]
    numbers: list[Any] = [value for value in known if isinstance(value, Real) and not isinstance(value, bool)]
    is_mixed = 0 < len(numbers) < len(known)
    has_index = any(value < SMALL for value in numbers) and any(value >= SMALL for value in numbers)
    if is_mixed or (has_index and all(isinstance(value, Integral) or value == value // 1 for value in numbers)):
        raise QueryError(f"{_shown(values)} may be a row of a table: {ADVICE}; several targets are a list, in []")


def _is_nameless(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return not hasattr(value, "_fields")
    return getattr(value, "ndim", 0) == 1 and type(value).__name__ == "ndarray"


def _shown(values: Any) -> str:
    plain = [
        value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value for value in values
    ]
    return shown(tuple(plain) if isinstance(values, tuple) else plain)


def shown(value: Any) -> str:
    """Return a value for a message: in one line, and cut if it is long."""
    words = " ".join(repr(value).split())
    return words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 3]}..."
