"""Data validation: which products belong to one run, which light curves and pixels it was made from, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl

if TYPE_CHECKING:
    from tess_source.manifest import Entry
    from tess_source.records import Settings
    from tess_source.tables import Links, Products


@hookimpl
def tess_link(products: Products, settings: Settings) -> Links | None:
    """Relate data-validation products to their set, and to the data of the sectors that they may have used."""
    from tess_source_dv.links import link

    return link(products)


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a data-validation time series: one lightkurve light curve per TCE."""
    from tess_source_dv.series import load

    return load(entry, options)


@hookimpl
def tess_collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Hold the light curves of all TCEs together."""
    from tess_source_dv.series import collect

    return collect(objects)
