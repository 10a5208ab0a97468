"""A plugin in one file: a filter by year of the mission.

    tess-source --plugin my_filters.py search "TIC 16740101" --cycle 2

Put one function with @hookimpl into a file of your own; nothing has to be installed.
"""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

from tess_source import Filter, hookimpl

if TYPE_CHECKING:
    import polars as pl

    from tess_source import Products

CYCLES = {
    1: (1, 13), 2: (14, 26), 3: (27, 39), 4: (40, 55), 5: (56, 69), 6: (70, 83), 7: (84, 96), 8: (97, 107),
}  # fmt: skip
"""Cycle → first and last sector (https://heasarc.gsfc.nasa.gov/docs/tess/sector.html)."""


def check(cycle: object) -> int:
    """Refuse what is no cycle; what ValueError says is shown to the user."""
    if isinstance(cycle, bool) or not isinstance(cycle, Integral) or cycle not in CYCLES:
        raise ValueError(f"cycles are whole numbers from {min(CYCLES)} to {max(CYCLES)}")
    return int(cycle)


def keep(products: Products, cycle: int) -> pl.Expr:
    """Tell which products lie within the cycle; a search over several cycles does not."""
    import polars as pl

    first, last = CYCLES[cycle]
    return (pl.col("first_sector") >= first) & (pl.col("last_sector") <= last)


@hookimpl
def tess_filters() -> tuple[Filter, ...]:
    """Declare ``cycle=``, which is also ``--cycle``."""
    return (Filter("cycle", keep, "year of the mission", check=check, parse=int, metavar="N"),)
