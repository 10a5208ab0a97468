"""The target lists of the catalogue: which stars were to be observed, where, and where they lie."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source.tables.rows import with_schema
from tess_source.targets.target import Query

__all__ = ["TargetLists", "absent_lists", "is_catalogue_alone", "sectors_told", "target_lists"]

SOURCE = "targets"
"""The catalogue's name of the lists of 2-min targets."""
TOLD_BY = {"lc": "lc", "tp": "lc", "fast-lc": "fast_lc", "fast-tp": "fast_lc", "dv": "dv"}
"""The catalogue's name of a list of files → the column that it tells."""
EXPTIME = 120.0
COLUMNS = {"tic": "Int64", "sector": "Int32", "camera": "Int32", "ccd": "Int32", "ra": "Float64", "dec": "Float64"}


@dataclass(frozen=True)
class TargetLists:
    """What the lists of 2-min targets say about some stars."""

    rows: pl.DataFrame
    """`tic`, `sector`, `camera`, `ccd`, `ra`, `dec` [deg]."""
    sectors: frozenset[int] = frozenset()
    """The sectors whose list is here. Of others it is not known which stars were targets."""


def sectors_told(settings: Settings, query: Query) -> Mapping[str, Collection[int]] | None:
    """Return the sectors of which an answer tells that there is nothing, too.

    Parameters
    ----------
    settings : Settings
    query : Query
        With the archives that have answered.

    Returns
    -------
    mapping or None
        Column of `tess_source_sectors.holdings.HELD` → sectors whose lists the catalogue has. None if an archive has answered that knows
        all sectors.
    """
    from tess_source_catalogue.declared import sources_of_files
    from tess_source_catalogue.folder import CatalogueFolder

    if not is_catalogue_alone(query):
        return None
    lists = CatalogueFolder.of(settings).lists()
    sources = sources_of_files(lists)
    told: dict[str, set[int]] = {
        "lc": set(),
        "fast_lc": set(range(1, sources["fast-lc"].since)),
        "hlsp": set(),
        "dv": set(),
    }
    for name, first, last in lists:
        if first == last and name in sources:
            column = TOLD_BY.get(name, "hlsp" if sources[name].pipeline != "SPOC" else "")
            told.setdefault(column, set()).add(last)
    return told


def absent_lists(settings: Settings) -> set[int]:
    """Return the sectors of which the archive had no list of targets when it was asked."""
    from tess_source_catalogue.folder import CatalogueFolder

    return {sector for name, sector in CatalogueFolder.of(settings).lists().absent if name == SOURCE}


def is_catalogue_alone(query: Query) -> bool:
    """Return whether nothing but the catalogue has answered."""
    from tess_source_catalogue.archive import ARCHIVE

    return {*query.archives} == {ARCHIVE}


def target_lists(settings: Settings, tics: Collection[int]) -> TargetLists:
    """Return what the target lists of the catalogue say about stars. No connection is opened."""
    from tess_source_catalogue.reading import Catalogue

    catalogue = Catalogue.of(settings)
    here = frozenset(last for source, _, last in catalogue.folder.lists() if source == SOURCE)
    rows = catalogue.targets(exptime=EXPTIME, tics=tics) if here and tics else pl.DataFrame()
    return TargetLists(with_schema(rows, COLUMNS).select(*COLUMNS), here)
