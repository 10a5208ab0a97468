"""Data validation: which products belong to one run, and which light curves and pixels it was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    from tess_source.tables import Links, Products


@hookimpl
def tess_link(products: Products) -> Links | None:
    """Relate data-validation products to their set, and to the data of the sectors that they may have used."""
    from tess_source_dv.links import link

    return link(products)
