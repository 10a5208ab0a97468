"""Methods that every answer of a search has: ``found.dv()``, ``found.tces()``, ``found.plot_coverage()``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source.hooks.records import Accessor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tess_source.tables.found import Found
    from tess_source_dv.read.tces import TCEs
    from tess_source_dv.sets.table import Sets

__all__ = ["ACCESSORS"]


def dv(
    found: Found,
    exact: bool = False,
    root: str | Path | None = None,
    files: Iterable[str | Path] = (),
    which: str = "all",
) -> Sets:
    """Return the data-validation sets, newest first: see `tess_source_dv.sets.table.sets_of`."""
    from tess_source_dv.sets.table import sets_of

    return sets_of(found, exact, root, files, which)


def tces(found: Found, root: str | Path | None = None, which: str = "all", tois: bool = True) -> TCEs:
    """Fetch the reports and return their TCEs, one row per TCE: see `tess_source_dv.sets.reports.tces_of`."""
    from tess_source_dv.sets.reports import tces_of

    return tces_of(found, root, which, tois)


def plot_coverage(
    found: Found, path: str | Path | None = None, tic: int | None = None, root: str | Path | None = None
) -> Figure:
    """Draw which sectors were observed, and which of them each run used: see `tess_source_dv.draw.coverage.plot_coverage`."""
    from tess_source_dv.draw.coverage import plot_coverage as draw

    return draw(found, path, tic, root)


ACCESSORS = (
    Accessor("dv", dv, "the data-validation sets: sectors, members, what supersedes what"),
    Accessor("tces", tces, "the threshold crossing events, from the reports, which are fetched"),
    Accessor("plot_coverage", plot_coverage, "a picture of the sectors observed, and used by each run"),
)
