"""The methods that built-in plugins add, for editors and type checkers.

This is the only file of the core that imports plugins, and only for type checkers. At run time the session's plugins add the methods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.tables.accessors import Extended

if TYPE_CHECKING:
    from tess_source_arrays import arrays, arrow, parquet
    from tess_source_dv import accessors as of_dv
    from tess_source_filters import choices as of_filters
    from tess_source_lightkurve import accessors as of_lightkurve
    from tess_source_pictures import accessors as of_pictures

__all__ = ["FoundMethods", "ManifestMethods"]


class FoundMethods(Extended):
    """Methods that plugins add to `Found`."""

    accessors_of = "found"

    if TYPE_CHECKING:
        dv = of_dv.dv
        tces = of_dv.tces
        plot_coverage = of_dv.plot_coverage
        one_per_sector = of_filters.one_per_sector
        to_lightkurve = of_lightkurve.to_lightkurve
        plot = of_pictures.plot
        show_html = of_pictures.show_html


class ManifestMethods(Extended):
    """Methods that plugins add to `Manifest`."""

    accessors_of = "manifest"

    if TYPE_CHECKING:
        iter_arrays = arrays.iter_arrays
        to_arrow = arrow.to_arrow
        to_parquet = parquet.to_parquet
