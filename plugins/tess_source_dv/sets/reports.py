"""The TCEs of a search: its reports fetched and read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.errors import LoadError
from tess_source.tables.among import among
from tess_source.tables.reasons import Reasons
from tess_source_dv.candidates.published import published, with_tois
from tess_source_dv.sets.exact_sectors import learn
from tess_source_dv.sets.members import all_products
from tess_source_dv.sets.table import table_of

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source_dv.read.tces import TCEs

__all__ = ["tces_of"]


def tces_of(found: Found, root: str | Path | None = None, which: str = "all", tois: bool = True) -> TCEs:
    """Fetch the DV reports (XML) of all sets of a search, as far as they are not here, and read their TCEs.

    Parameters
    ----------
    found : Found
        A search. All its sets count, whatever was selected among its products since.
    root : str or Path, optional
        The folder for the reports, in the layout ``mast``; the cache folder if None.
    which : str
        See `tess_source_dv.sets.table.Sets.choose`.
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
    """
    learned = learn(found, root=root, reports=True)
    if learned.failed and not len(learned.tces):
        raise LoadError(f"no report could be read: {Reasons(learned.failed)}")
    sets = table_of(all_products(found), learned.sectors, learned.tces).choose(which)
    tces = learned.tces.where(pl.col("set").is_in(among(sets["set"])))
    return with_tois(tces, published(found, tces["tic"].unique().to_list())) if tois else tces
