"""Data validation: which products belong to one run, which light curves and pixels it was made from, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source import hookimpl

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Column, Filter
    from tess_source.settings import Settings
    from tess_source.tables.items import Entry
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.rows import Mask


@hookimpl
def tess_link(products: Products, settings: Settings) -> Links | None:
    """Return links: from data-validation products to their sets, and from sets to their data and to the sets that they supersede."""
    from tess_source_dv.sets.links import link

    return link(products)


@hookimpl
def tess_relates(observations: Observations) -> Mask:
    """Tell that runs, and the light curves and pixels that they used, are needed together."""
    from tess_source_dv.sets.links import needed

    return needed(observations)


@hookimpl
def tess_columns() -> Sequence[Column]:
    """Declare dv_set, dv_sectors, dv_state, superseded_by, supersedes."""
    from tess_source_dv.sets.columns import COLUMNS

    return COLUMNS


@hookimpl
def tess_filters() -> Sequence[Filter]:
    """Declare dv: current, widest, all."""
    from tess_source_dv.filter import FILTERS

    return FILTERS


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Declare found.dv, found.tces, found.plot_coverage."""
    from tess_source_dv.accessors import ACCESSORS

    return ACCESSORS


@hookimpl
def tess_commands() -> Sequence[click.Command]:
    """Declare ``tess-source dv``."""
    from tess_source_dv.commands import dv

    return (dv,)


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a data-validation time series: one lightkurve light curve per TCE."""
    from tess_source_dv.read.read_dvt import load

    return load(entry, options)


@hookimpl
def tess_collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Return the light curves of all opened DV time series in one collection."""
    from tess_source_dv.read.read_dvt import collect

    return collect(objects)
