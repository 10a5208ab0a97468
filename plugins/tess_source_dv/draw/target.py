"""Which target a picture shows, if none is named: the only one there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tess_source.display import text
from tess_source.errors import QueryError
from tess_source.wording import Wording

if TYPE_CHECKING:
    from tess_source.tables.found import Found

__all__ = ["only_target", "tics_asked_for"]


def tics_asked_for(found: Found, tics: Iterable[int]) -> list[int]:
    """Return those TIC ids that the search asked for by number; all of them if it asked for none of them.

    Parameters
    ----------
    found : Found
        A search.
    tics : iterable of int
        TIC ids with something to draw.
    """
    tics, asked = list(tics), {target.tic for target in found.query.targets if target.tic is not None}
    return [tic for tic in tics if tic in asked] or tics


def only_target(tics: Sequence[int]) -> int:
    """Return the TIC id of the only target.

    Raises
    ------
    QueryError
        If there is none, or several.
    """
    if len(tics) == 1:
        return tics[0]
    shown = f": {text.first(tics, 5)}" if tics else ""
    one = Wording("tic=…", "--tic …")
    raise QueryError("a picture shows one target; say ", one, f": there are {len(tics):,}{shown}")
