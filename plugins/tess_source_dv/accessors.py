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
    """Return the data-validation (DV) sets of a search, newest first, whatever was selected among its products since.

    Parameters
    ----------
    exact : bool
        Fetch the reports (XML, 0.1 to 2 MB each) of searches over several sectors whose sectors are not known exactly yet, nothing else.
    root : str or Path, optional
        The folder for them, in the layout ``mast``; the cache folder if None. Reports and time series that lie there already are read
        without being asked for.
    files : iterable of str or Path
        More files to learn sectors from: DV reports (``.xml``), time series (``.fits``), the archive's target lists (text).
    which : str
        ``"all"``; ``"current"``: not superseded; ``"widest"``: of each target (and pipeline) the set with most sectors.

    Returns
    -------
    Sets
        A report that could not be fetched, or that lies in `root` and is damaged, leaves its set bounded; a warning says why.

    Raises
    ------
    UnknownNameError
        If there is no such choice.
    LoadError, OSError
        If one of `files` cannot be read.

    Examples
    --------
    >>> sets = found.dv()
    >>> len(sets), len(sets.current)
    (13, 4)
    """
    from tess_source_dv.sets.table import sets_of

    return sets_of(found, exact, root, files, which)


def tces(found: Found, root: str | Path | None = None, which: str = "all", tois: bool = True) -> TCEs:
    """Fetch the DV reports (XML) of all sets of a search, as far as they are not here, and read their TCEs.

    Parameters
    ----------
    root : str or Path, optional
        The folder for the reports, in the layout ``mast``; the cache folder if None.
    which : str
        ``"all"``; ``"current"``: not superseded; ``"widest"``: of each target (and pipeline) the set with most sectors.
    tois : bool
        Whether to add the TOI that each TCE is, by ExoFOP's table: see `tess_source_dv.candidates.published`. If there is no such table,
        a warning says so, and the columns are missing.

    Returns
    -------
    TCEs
        By target, run and number. A set whose report cannot be had or read is not among them; a warning says why.

    Raises
    ------
    LoadError
        If there are reports and none could be had.
    UnknownNameError
        If there is no such choice.

    Examples
    --------
    >>> tces = found.tces(root="data", tois=False)
    >>> len(tces)
    28
    """
    from tess_source_dv.sets.reports import tces_of

    return tces_of(found, root, which, tois)


def plot_coverage(
    found: Found, path: str | Path | None = None, tic: int | None = None, root: str | Path | None = None
) -> Figure:
    """Draw which sectors of a target were observed, and what each data-validation run searched and used.

    One faint row for the sectors in which the star lies on a CCD, whether it was a target or not; one for SPOC's data at each exposure
    time and one for each other pipeline; one per DV set, newest first: a line over the range that was searched, a filled square for each
    sector that was used, an open one where it is only known that it may have been. Superseded sets are faded, and say by which.

    Parameters
    ----------
    path : str or Path, optional
        Where to write the picture: ``.svg``, ``.png`` or ``.pdf``.
    tic : int, optional
        Which target; may be left out if there is one only.
    root : str or Path, optional
        Where reports may lie, the cache folder if None; those that do make sectors exact.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot, so that nothing need be closed.

    Raises
    ------
    QueryError
        If there is nothing to draw, several targets and none named, or another kind of file wanted.
    OSError
        If the file cannot be written.
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    >>> figure = found.plot_coverage("runs.png")
    """
    from tess_source_dv.draw.coverage import plot_coverage as draw

    return draw(found, path, tic, root)


ACCESSORS = (
    Accessor("dv", dv, "the data-validation sets: sectors, members, what supersedes what"),
    Accessor("tces", tces, "the threshold crossing events, from the reports, which are fetched"),
    Accessor("plot_coverage", plot_coverage, "a picture of the sectors observed, and used by each run"),
)
