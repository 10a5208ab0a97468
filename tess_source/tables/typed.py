"""The methods that built-in plugins add, for editors and type checkers.

This is the one file of the core that knows plugins, and only while types are checked: at run time methods come from the session's plugins.
They are written out, and not taken over from the plugins' functions, because type checkers of those who use this package trust what
is declared, and infer nothing. A test compares each with the function that it stands for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.tables.accessors import Extended

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from os import PathLike
    from pathlib import Path
    from typing import Any, Self

    import pyarrow as pa
    from astropy.units import Quantity
    from lightkurve import SearchResult
    from matplotlib.figure import Figure
    from numpy.typing import DTypeLike

    from tess_source.object_store.path import ObjectPath
    from tess_source_arrays.arrays import Arrays
    from tess_source_arrays.parquet import Written
    from tess_source_catalogue.session_catalogue import SessionCatalogue
    from tess_source_catalogue.targets import TargetList
    from tess_source_dataset.data_set import DataSet
    from tess_source_dv.read.tces import TCEs
    from tess_source_dv.sets.table import Sets
    from tess_source_sectors.table import SeenSectors
    from tess_source_stars.stars import Stars
    from tess_source_stars.toi.table import Tois

__all__ = ["FoundMethods", "ManifestMethods", "SessionMethods"]


class FoundMethods(Extended):
    """Methods that plugins add to `Found`."""

    accessors_of = "found"

    if TYPE_CHECKING:

        def dv(
            self,
            exact: bool = False,
            root: str | Path | None = None,
            files: Iterable[str | Path] = (),
            which: str = "all",
        ) -> Sets:
            """Return the data-validation sets, newest first: see `tess_source_dv.accessors.dv`."""
            ...

        def tces(self, root: str | Path | None = None, which: str = "all", tois: bool = True) -> TCEs:
            """Fetch the reports and return their TCEs, one row per TCE: see `tess_source_dv.accessors.tces`."""
            ...

        def tois(self) -> Tois:
            """Return the TOIs of the stars of a search: see `tess_source_stars.toi.accessors.found_tois`."""
            ...

        def plot_coverage(
            self, path: str | Path | None = None, tic: int | None = None, root: str | Path | None = None
        ) -> Figure:
            """Draw which sectors were observed, and used by each run: see `tess_source_dv.accessors.plot_coverage`."""
            ...

        def one_per_sector(self, prefer: Any = True) -> Self:
            """Keep one light curve, and one pixel file, of each star and sector: see `tess_source_filters.choices.one_per_sector`."""
            ...

        def to_lightkurve(self) -> SearchResult:
            """Return the products as lightkurve's own search result: see `tess_source_lightkurve.accessors.to_lightkurve`."""
            ...

        def plot(self, path: str | Path | None = None, root: str | Path | None = None, **options: Any) -> Figure:
            """Draw the light curves by sector: see `tess_source_pictures.accessors.plot`."""
            ...

        def show_html(self, path: str | Path, root: str | Path | None = None, **options: Any) -> Path:
            """Write a page about the target: see `tess_source_pictures.accessors.show_html`."""
            ...

        def stars(self, neighbours: float | Quantity | str | None = None, refresh: bool = False) -> Stars:
            """Return what the TESS Input Catalog knows of the stars: see `tess_source_stars.accessors.stars`."""
            ...


class ManifestMethods(Extended):
    """Methods that plugins add to `Manifest`."""

    accessors_of = "manifest"

    if TYPE_CHECKING:

        def iter_arrays(
            self,
            columns: Sequence[str] = ("time", "pdcsap_flux", "quality"),
            *,
            quality_bitmask: int | str | None = None,
            dtypes: Mapping[str, DTypeLike] | None = None,
            verify: bool = False,
            errors: str = "give",
        ) -> Iterator[Arrays]:
            """Read columns of the files, one file after the other: see `tess_source_arrays.accessors.iter_arrays`."""
            ...

        def to_arrow(
            self,
            columns: Sequence[str] | None = None,
            *,
            quality_bitmask: int | str | None = None,
            dtypes: Mapping[str, DTypeLike] | None = None,
            verify: bool = False,
        ) -> pa.Table:
            """Read the files into a table with one row per light curve: see `tess_source_arrays.accessors.to_arrow`."""
            ...

        def to_parquet(
            self,
            path: str | Path | ObjectPath,
            *,
            shards: int | None = None,
            columns: Sequence[str] | None = None,
            quality_bitmask: int | str | None = None,
            dtypes: Mapping[str, DTypeLike] | None = None,
            fractions: Sequence[float] = (0.8, 0.1, 0.1),
            seed: int = 0,
            verify: bool = True,
            executor: Any = None,
        ) -> Written:
            """Write the files as a Parquet data set, one row per light curve: see `tess_source_arrays.accessors.to_parquet`."""
            ...


class SessionMethods(Extended):
    """Methods that plugins add to `Session`."""

    accessors_of = "session"

    if TYPE_CHECKING:

        def tois(
            self,
            targets: Any = None,
            *,
            toi: Any = None,
            radius: float | Quantity | str | None = None,
            refresh: bool = False,
            missing: str = "raise",
        ) -> Tois:
            """Return TESS objects of interest: see `tess_source_stars.toi.accessors.session_tois`."""
            ...

        def sectors(
            self,
            targets: Any,
            *,
            sector: int | str | Iterable[int] | None = None,
            radius: float | Quantity | str | None = None,
            products: bool | None = None,
            pixels: bool | None = None,
            refresh: bool = False,
            missing: str = "raise",
            large: bool = False,
        ) -> SeenSectors:
            """Return the sectors that saw stars, and why one is missing: see `tess_source_sectors.accessors.sectors`."""
            ...

        def targets(
            self,
            targets: Any = None,
            *,
            sector: Any = None,
            exptime: float | str = 120,
            radius: float | Quantity | str | None = None,
            tmag: Any = None,
            pipeline: str = "SPOC",
        ) -> TargetList:
            """Return stars of the target lists: see `tess_source_catalogue.targets.targets_of`."""
            ...

        def refresh_sectors(self) -> list[int]:
            """Fetch where the CCDs of new sectors lie: see `tess_source_sectors.accessors.refresh_sectors`."""
            ...

        def catalogue(self) -> SessionCatalogue:
            """Return the catalogue, to update and to read: see `tess_source_catalogue.accessors.catalogue`."""
            ...

        def dataset(self, place: str | PathLike[str] | ObjectPath) -> DataSet:
            """Return a data set of light curves, to build, verify and describe: see `tess_source_dataset.accessors.dataset`."""
            ...

        def stars(
            self,
            targets: Any,
            neighbours: float | Quantity | str | None = None,
            radius: float | Quantity | str | None = None,
            refresh: bool = False,
            missing: str = "raise",
        ) -> Stars:
            """Return what the TESS Input Catalog knows of targets: see `tess_source_stars.accessors.session_stars`."""
            ...
