"""Reads the catalogue: its observations, files, targets and TCEs as tables."""

from __future__ import annotations

from collections.abc import Collection

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_catalogue.columns import OBSERVATIONS, PRODUCTS, TARGETS, TCES, polars_types
from tess_source_catalogue.folder import CatalogueFolder

__all__ = ["Catalogue"]

Place = tuple[float, float, float]
"""Right ascension, declination and radius, all in degrees."""


class Catalogue:
    """What the catalogue holds, as tables. It is cheap to make, and can be used by several threads.

    Parameters
    ----------
    folder : CatalogueFolder
        Its files.
    """

    def __init__(self, folder: CatalogueFolder) -> None:
        self.folder: CatalogueFolder = folder

    @classmethod
    def of(cls, settings: Settings) -> Catalogue:
        """Return the catalogue of a session."""
        return cls(CatalogueFolder.of(settings))

    def observations(
        self,
        *,
        tics: Collection[int] | None = None,
        sectors: Collection[int] | None = None,
        pipelines: Collection[str] | None = None,
        place: Place | None = None,
    ) -> pl.DataFrame:
        """Return observations, one row each, in no particular order.

        Parameters
        ----------
        tics : collection of int, optional
            The stars. None: all.
        sectors : collection of int, optional
            Sectors, as in ``sequence_number``: the last one of a search over several.
        pipelines : collection of str, optional
            E.g. ``{"SPOC"}``; case does not matter. None: all.
        place : tuple of float, optional
            Right ascension, declination and radius of a cone [deg]. Stars whose position is not known are not in it.

        Returns
        -------
        polars.DataFrame
            The columns of `tess_source_catalogue.columns.OBSERVATIONS`.
        """
        return pl.DataFrame(schema=polars_types(OBSERVATIONS))

    def products(self, observations: pl.DataFrame, kinds: Collection[str] | None = None) -> pl.DataFrame:
        """Return the files of observations, one row each, in no particular order.

        Parameters
        ----------
        observations : polars.DataFrame
            Rows of `observations`, with at least ``obs_id``, ``tic``, ``last_sector`` and ``pipeline``.
        kinds : collection of str, optional
            Kinds of files, as in the column `kind`. None: all.

        Returns
        -------
        polars.DataFrame
            The columns of `tess_source_catalogue.columns.PRODUCTS`.
        """
        return pl.DataFrame(schema=polars_types(PRODUCTS))

    def targets(
        self,
        *,
        sectors: Collection[int] | None = None,
        exptime: float | None = None,
        tics: Collection[int] | None = None,
        place: Place | None = None,
        pipelines: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Return rows of the target lists: the columns of `tess_source_catalogue.columns.TARGETS`. `exptime` is 120 or 20 [s].

        `pipelines` are SPOC unless you give others: an HLSP's list has no magnitude, camera or CCD.
        """
        return pl.DataFrame(schema=polars_types(TARGETS))

    def tces(self, *, tics: Collection[int] | None = None, sectors: Collection[int] | None = None) -> pl.DataFrame:
        """Return TCEs: the columns of `tess_source_catalogue.columns.TCES`. `sectors` are the last ones of the searches."""
        return pl.DataFrame(schema=polars_types(TCES))

    def has(self, source: str, sector: int) -> bool:
        """Return whether the list of a source for a sector is there (of lists about several sectors: one that ends with it)."""
        return any(name == source and last == sector for name, _, last in self.folder.lists())

    def pipelines(self, sectors: Collection[int] | None = None) -> set[str]:
        """Return the pipelines of which there are files in these sectors."""
        return set()

    def known_columns(self, sectors: Collection[int] | None = None) -> set[str]:
        """Return the columns of observations that are known of these sectors; the others are null in all rows."""
        return set(OBSERVATIONS)
