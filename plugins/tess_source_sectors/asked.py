"""The sectors that a question is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tess_source.errors import QueryError
from tess_source.names.sectors import LAST_SECTOR
from tess_source_filters.whole import Wholes

__all__ = ["sectors_asked", "sectors_in"]


def sectors_asked(value: Any, known: Sequence[int]) -> list[int]:
    """Return sectors as a user gives them: whatever the filter `sector` of a search takes, and any iterable of numbers.

    Parameters
    ----------
    value : object
        E.g. ``14``, ``"1-13,40"``, ``">=90"``, ``range(1, 14)``.
    known : sequence of int
        The sectors that are known: an open range ends with the last of them.

    Raises
    ------
    QueryError
        If they are none.
    """
    given = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
    try:
        found = sectors_in(Wholes.of(given), known)
    except QueryError as error:
        raise QueryError(f"{value!r} are no sectors: {error}") from error
    if not found or found[0] < 1 or found[-1] > LAST_SECTOR:
        raise QueryError(
            f"{value!r} are no sectors, which go from 1 to {LAST_SECTOR} at most: give e.g. 14 or '1-13,40'"
        )
    return found


def sectors_in(wholes: Wholes, known: Sequence[int]) -> list[int]:
    """Return the sectors of the filter `sector`, ascending; an open range ends with the last one that is known. Numbers have no limit."""
    closed = [
        (int(part.least or 0), known[-1] if part.greatest is None else int(part.greatest)) for part in wholes.spans
    ]
    return [sector for first, last in closed for sector in range(first, min(last, LAST_SECTOR + 1) + 1)]
