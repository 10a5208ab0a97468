"""Reads the catalogue: its observations, files, targets and TCEs as tables.

Observations and files are in volumes, which are put together of lists; targets and TCEs are read from their lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_catalogue.answered import Answered, recent, rows_of
from tess_source_catalogue.folder import CatalogueFolder, ListFile
from tess_source_catalogue.found_rows import FoundRows, Place, find_rows
from tess_source_catalogue.listed import strange_rows, target_rows, tce_rows
from tess_source_catalogue.stored import read_list
from tess_source_catalogue.tables import in_order, observation_rows, product_rows, with_sizes
from tess_source_catalogue.volumes import TARGET_LISTS, Volume, volumes

__all__ = ["Catalogue"]

TRIES = 5
"""Times that a question is asked anew if an update replaces a list while it is read."""
T = TypeVar("T")
MOST = 100_000
"""Stars that are looked up one by one; of more, everything is read."""


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
        """Return the catalogue of a session.

        Parameters
        ----------
        settings : Settings
            Of the session.
        """
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
        found = in_order(self._find(tics, sectors, pipelines, place))
        rows = observation_rows(found)
        recent(self.folder.lists())[:] = [Answered(found, rows)]
        return rows

    def observations_by_volume(
        self, *, sectors: Collection[int] | None = None, pipelines: Collection[str] | None = None
    ) -> Iterator[pl.DataFrame]:
        """Yield the observations of all stars, those of one volume after the other.

        Parameters
        ----------
        sectors : collection of int, optional
            Sectors, as for `observations`.
        pipelines : collection of str, optional
            Pipelines, as for `observations`.

        Yields
        ------
        polars.DataFrame
            The columns of `tess_source_catalogue.columns.OBSERVATIONS`.
        """
        wanted, names = _as_asked(sectors, pipelines)
        for family, number in [(volume.family, volume.number) for volume in volumes(self.folder.lists())]:

            def read(one: tuple[str, int] = (family, number)) -> FoundRows:
                present = (volume for volume in volumes(self.folder.lists()) if (volume.family, volume.number) == one)
                found = [volume for volume in present if _may_have(volume, wanted, names)]
                return find_rows(self.folder, found, None, wanted, names, None)

            yield observation_rows(self._again(read))

    def products(self, observations: pl.DataFrame, kinds: Collection[str] | None = None) -> pl.DataFrame:
        """Return the files of observations, one row each, in no particular order.

        Parameters
        ----------
        observations : polars.DataFrame
            Rows of `observations`, with at least ``obs_id``, ``tic``, ``kind``, ``pipeline``, ``first_sector`` and ``last_sector``.
        kinds : collection of str, optional
            Kinds of files, as in the column `kind`. None: all.

        Returns
        -------
        polars.DataFrame
            The columns of `tess_source_catalogue.columns.PRODUCTS`.
        """
        if (aligned := rows_of(observations, recent(self.folder.lists()))) is not None:
            products = product_rows(aligned, observations, kinds, aligned=True)
        else:
            sectors, pipelines = (observations[name].drop_nulls().unique() for name in ("last_sector", "pipeline"))
            found = self._find(_few_stars(observations), sectors, pipelines, None)
            products = product_rows(found, observations, kinds)
        return self._again(lambda: with_sizes(products, self._sizes(observations)))

    def _sizes(self, observations: pl.DataFrame) -> list[pl.DataFrame]:
        """Return the listings with sizes of the files of observations."""
        if not (listings := self._lists({"cloud"}, None)):
            return []
        tics, sectors = _few_stars(observations), set(observations["last_sector"].unique())
        return [read_list(file, tics) for file in listings if file.last in sectors]

    def targets(
        self,
        *,
        sectors: Collection[int] | None = None,
        exptime: float | None = None,
        tics: Collection[int] | None = None,
        place: Place | None = None,
        pipelines: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Return rows of the target lists: the columns of `tess_source_catalogue.columns.TARGETS`.

        Parameters
        ----------
        sectors : collection of int, optional
            None: all.
        exptime : float, optional
            Exposure time, 120 or 20 [s].
        tics : collection of int, optional
            TIC ids.
        place : Place, optional
            A cone on the sky.
        pipelines : collection of str, optional
            SPOC unless you give others: an HLSP's list has no magnitude, camera or CCD, and no exposure time.
        """
        wanted = {name.upper() for name in pipelines or ("SPOC",)}
        sources = {"SPOC": TARGET_LISTS}
        names = {name for pipeline in wanted for name in sources.get(pipeline, (f"{pipeline.lower()}-targets",))}
        return self._again(lambda: target_rows(self._lists(names, sectors), exptime, _column(tics), place))

    def tces(self, *, tics: Collection[int] | None = None, sectors: Collection[int] | None = None) -> pl.DataFrame:
        """Return TCEs: the columns of `tess_source_catalogue.columns.TCES`.

        Parameters
        ----------
        tics : collection of int, optional
            TIC ids.
        sectors : collection of int, optional
            The last sectors of the searches.
        """
        return self._again(lambda: tce_rows(self._lists({"tce", "multi-tce"}, sectors), _column(tics)))

    def strange(self) -> pl.DataFrame:
        """Return what lists name that is not understood, or does not belong there: `source`, `first_sector`, `last_sector`, `uri`.

        Of tables, such as target lists, `uri` is the text of a row, up to 200 characters; the first 1,000 such rows of each list are kept.
        """
        return self._again(lambda: strange_rows(self.folder))

    def has(self, source: str, sector: int) -> bool:
        """Return whether the list of a source for a sector is there (of lists about several sectors: one that ends with it).

        Parameters
        ----------
        source : str
            Name of the source.
        sector : int
            A sector.
        """
        return any(name == source and last == sector for name, _, last in self.folder.lists())

    def pipelines(self, sectors: Collection[int] | None = None) -> set[str]:
        """Return the pipelines of which there are files in these sectors.

        Parameters
        ----------
        sectors : collection of int, optional
            None: all.
        """
        wanted = None if sectors is None else set(sectors)
        found = [volume for volume in volumes(self.folder.lists()) if wanted is None or wanted & volume.sectors]
        return {volume.pipeline for volume in found}

    def _lists(self, sources: Collection[str], sectors: Collection[int] | None) -> list[ListFile]:
        wanted = None if sectors is None else set(sectors)
        return [
            file
            for (source, _, last), file in self.folder.lists().items()
            if source in sources and (wanted is None or last in wanted)
        ]

    def _find(
        self,
        tics: Iterable[int] | None,
        sectors: Iterable[int] | None,
        pipelines: Iterable[str] | None,
        place: Place | None,
    ) -> FoundRows:
        """Return the rows and bundles of observations that are asked for."""
        stars, (wanted, names) = _column(tics), _as_asked(sectors, pipelines)

        def read() -> FoundRows:
            found = [volume for volume in volumes(self.folder.lists()) if _may_have(volume, wanted, names)]
            return find_rows(self.folder, found, stars, wanted, names, place)

        return self._again(read)

    def _again(self, read: Callable[[], T]) -> T:
        """Return what is read; if a list or a volume is gone since it was looked for, look again."""
        for _ in range(TRIES - 1):
            try:
                return read()
            except FileNotFoundError:  # an update has just replaced it
                continue
        return read()


def _as_asked(
    sectors: Iterable[int] | None, pipelines: Iterable[str] | None
) -> tuple[set[int] | None, set[str] | None]:
    wanted = None if sectors is None else {int(sector) for sector in sectors}
    return wanted, None if pipelines is None else {name.upper() for name in pipelines}


def _may_have(volume: Volume, sectors: Collection[int] | None, pipelines: Collection[str] | None) -> bool:
    """Return whether a volume may have rows of these sectors and pipelines."""
    return (sectors is None or not volume.sectors.isdisjoint(sectors)) and (
        pipelines is None or volume.pipeline.upper() in pipelines
    )


def _column(tics: Iterable[int] | None) -> pl.Series | None:
    if tics is None or isinstance(tics, pl.Series):
        return None if tics is None else tics.drop_nulls().unique().sort()
    return pl.Series(sorted({*tics} - {None}), dtype=pl.Int64)


def _few_stars(observations: pl.DataFrame) -> pl.Series | None:
    """Return the stars of observations; None if these are many, or one of them is not known."""
    tics = observations["tic"].unique() if len(observations) <= MOST else None
    return None if tics is None or tics.null_count() else tics
