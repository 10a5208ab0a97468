"""The guard against questions whose answers are too large: they are counted before a row is fetched.

Nothing more is asked where the answer cannot be large: few TIC ids, small cones, observations by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil, pi
from typing import Any

from tess_source.display import text
from tess_source.errors import LargeAnswerError
from tess_source.targets.target import Query
from tess_source.wording import keyword

__all__ = ["MOST_ROWS", "check_rows", "may_be_large"]

MOST_ROWS = 50_000
"""Observations that are fetched, or whose products are listed, without being told that so many are meant: one page of the portal."""
FEW_STARS = 250
"""TIC ids of which the observations are not counted: 200 of each would be a page. A star near a pole of the ecliptic has about as many, in
some 40 sectors by four or five pipelines."""
SMALL_AREA = 0.1
"""Area of cones [square degrees] in which observations are not counted. Where the most stars were observed most often, by all pipelines,
a square degree may have 500,000 observations (an estimate: 10,000 stars in each of 50 sectors)."""
FEW = ("obs_id", "obsid", "objid", "dataurl", "jpegurl")
"""Columns whose value is of one observation."""

PAGE_SECONDS, LIST_SECONDS = 20.0, 2.0
"""How long a page of observations, and a request for products of `LISTED` observations, takes at least. Of a page, some 53 MB are sent."""
LISTED, AT_A_TIME = 500, 4
"""Observations per request for products, and requests at the same time."""
BASE_BYTES, ROW_BYTES = 130e6, 7.5e3
"""Memory of a process, and of each observation with its products, once all is one table: 427 MB were measured for 40,000."""


def may_be_large(query: Query, criteria: Mapping[str, Any]) -> bool:
    """Return whether the answer to a query may have more than `MOST_ROWS` observations, as far as the question tells.

    Parameters
    ----------
    query : Query
    criteria : mapping
        Criteria in any case of column names.
    """
    if not query.targets:
        given = {name.lower(): _exact_values(value) for name, value in criteria.items()}
        few = any(0 < given.get(name, 0) <= MOST_ROWS for name in FEW)
        return not (few or 0 < given.get("target_name", 0) <= FEW_STARS)
    radii = [one.search_radius for one in query.targets if one.tic is None]
    area = sum(pi * (radius / 3600) ** 2 for radius in radii)
    return len(query.targets) - len(radii) > FEW_STARS or area > SMALL_AREA


def _exact_values(value: Any) -> int:
    """Return the number of values of a criterion; 0 if one of them stands for many."""
    values = [*value] if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping) else [value]
    return 0 if any(value is None or {"*", "%"} & {*str(value)} for value in values) else len(values)


def check_rows(rows: int, *, listing: bool = False) -> None:
    """Raise an error if there are more than `MOST_ROWS` observations: it says what they would take, and what to do in their place.

    Parameters
    ----------
    rows : int
        Number of observations.
    listing : bool
        Whether they are there, and only their products are to be listed.

    Raises
    ------
    LargeAnswerError
    """
    if rows <= MOST_ROWS:
        return
    pages = 0 if listing else ceil(rows / MOST_ROWS)
    lists = ceil(rows / LISTED)
    seconds = pages * PAGE_SECONDS + lists * LIST_SECONDS / AT_A_TIME
    what = f"the products of {text.number(rows, 'observation')}" if listing else text.number(rows, "observation")
    cost = f"{f'{pages:,} pages, and ' if pages else ''}{lists:,} requests for their products"
    raise LargeAnswerError(
        f"this would bring {what}, and more than {MOST_ROWS:,} are fetched only if you say so: some {_minutes(seconds)} or more ({cost}), ",
        f"and some {text.size(BASE_BYTES + rows * ROW_BYTES)} of memory. Ask for less, e.g. one sector, ",
        keyword("sector", 14),
        "; or ask the catalogue on this machine, ",
        keyword("archive", "catalogue"),
        ", which `tess-source catalogue update` fills; or go on with ",
        keyword("large", True, option="--yes"),
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds > 2 * 3600 else text.number(max(1, round(seconds / 60)), "minute")
