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
    """Return the TCEs of a search, of reports that are fetched where they are not here: see `tess_source_dv.accessors.tces`."""
    learned = learn(found, root=root, reports=True)
    if learned.failed and not len(learned.tces):
        raise LoadError(f"no report could be read: {Reasons(learned.failed)}")
    sets = table_of(all_products(found), learned.sectors, learned.tces).choose(which)
    tces = learned.tces.where(pl.col("set").is_in(among(sets["set"])))
    return with_tois(tces, published(found, tces["tic"].unique().to_list())) if tois else tces
