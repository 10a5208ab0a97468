"""The target lists of the catalogue: which stars were to be observed, where, and where they lie."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source.tables.rows import with_schema

__all__ = ["TargetLists", "target_lists"]

SOURCE = "targets"
"""The catalogue's name of the lists of 2-min targets."""
EXPTIME = 120.0
COLUMNS = {"tic": "Int64", "sector": "Int32", "camera": "Int32", "ccd": "Int32", "ra": "Float64", "dec": "Float64"}


@dataclass(frozen=True)
class TargetLists:
    """What the lists of 2-min targets say about some stars."""

    rows: pl.DataFrame
    """`tic`, `sector`, `camera`, `ccd`, `ra`, `dec` [deg]."""
    sectors: frozenset[int] = frozenset()
    """The sectors whose list is here. Of others it is not known which stars were targets."""


def target_lists(settings: Settings, tics: Collection[int]) -> TargetLists:
    """Return what the target lists of the catalogue say about stars. No connection is opened."""
    from tess_source_catalogue.reading import Catalogue

    catalogue = Catalogue.of(settings)
    here = frozenset(last for source, _, last in catalogue.folder.lists() if source == SOURCE)
    rows = catalogue.targets(exptime=EXPTIME, tics=tics) if here and tics else pl.DataFrame()
    return TargetLists(with_schema(rows, COLUMNS).select(*COLUMNS), here)
