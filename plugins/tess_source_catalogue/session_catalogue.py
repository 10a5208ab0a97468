"""The catalogue of a session, ``session.catalogue()``: its tables, and what keeps them current."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display.text import number
from tess_source.errors import QueryError
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.settings import ExecutorLike, OnProgress, checked_online
from tess_source.wording import keyword
from tess_source.workers import check_executor
from tess_source_catalogue import copies, status, update
from tess_source_catalogue.choosing import checked_sectors, matching, sources_of
from tess_source_catalogue.declared import sources_in
from tess_source_catalogue.folder import CatalogueFolder, Key
from tess_source_catalogue.reading import Catalogue

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source_catalogue.by_source import ListStates
    from tess_source_catalogue.updated import Updated

__all__ = ["SessionCatalogue"]

Sectors = int | str | Iterable[int] | None
Words = str | Iterable[str] | None


class SessionCatalogue(Catalogue):
    """The catalogue of a session.

    Parameters
    ----------
    session : Session
    """

    def __init__(self, session: Session) -> None:
        super().__init__(CatalogueFolder.of(session.settings))
        self.session: Session = session

    def __repr__(self) -> str:
        return f"<Catalogue of {self.session.settings.server_name}: {number(len(self.folder.lists()), 'list')}>"

    def update(
        self,
        sector: Sectors = None,
        *,
        pipeline: Words = None,
        kind: Words = None,
        source: Words = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
    ) -> Updated:
        """Fetch the lists that are not here yet, and those that have changed.

        Parameters
        ----------
        sector : int or iterable of int or str, optional
            E.g. ``14``, ``range(1, 27)`` or ``"1-26,56"``. None: all there are.
        pipeline : str or iterable of str, optional
            E.g. ``["SPOC", "QLP"]``; ``"SPOC"`` if neither pipelines nor sources are given.
        kind : str or iterable of str, optional
            Kinds of files whose lists are wanted, such as ``"lc"``; ``"dv"`` stands for all of the data validation. None: all. Target
            lists and tables of TCEs come in any case.
        source : str or iterable of str, optional
            Names of sources, such as ``"portal"``: then only they are updated.
        progress : bool or callable, optional
            See `tess_source.settings.Settings`; that of the session if None.
        executor : int, str, distributed.Client or Executor, optional
            Workers that parse the lists, and keep them. None: as the session says, by default this process. This process fetches the lists
            in any case; those whose files a worker does not see, because it has another cache folder, are parsed by this process too.

        Returns
        -------
        Updated
            What became of each list. A list that fails costs only itself: see `Updated.failed`.

        Raises
        ------
        QueryError
            If an argument makes no sense.
        UnknownNameError
            If there is no such pipeline, kind or source.
        OfflineError
            If no connection may be opened.
        """
        check_executor(executor)
        sectors, registry = checked_sectors(sector), self.session.registry
        sources = sources_of(registry.sources, pipeline, kind, source)
        if not sources:
            raise QueryError("no source has lists of these pipelines and kinds")
        wanted = [one for one in sources if source or (kind and one.gives == "files")]
        if sectors and wanted and sectors[-1] < (since := min(one.since for one in wanted)):
            raise QueryError(
                f"the lists of {', '.join(one.name for one in wanted)} begin with sector {since}: give ",
                keyword("sector", since),
            )
        progress = self.session.settings.progress if progress is None else progress
        return update.Update(self.session, sources, sectors, progress, executor).run()

    def save(
        self, place: str | Path | ObjectPath, sector: Sectors = None, *, pipeline: Words = None, source: Words = None
    ) -> Updated:
        """Copy the lists to another place, for other machines. Older states there are replaced, and newer ones are kept.

        Parameters
        ----------
        place : str, Path or ObjectPath
            A folder, or a place in an object store such as ``"s3://bucket/catalogue"``.
        sector, pipeline, source
            Which lists; all of them if nothing is given. See `rm`.

        Returns
        -------
        Updated
            What became of each list there.

        Raises
        ------
        OSError
            If the place cannot be listed.
        OfflineError
            If it is in an object store, and no connection may be opened.
        """
        return copies.save(self.folder, self._place(place), self._chosen(sector, pipeline, source))

    def load(
        self, place: str | Path | ObjectPath, sector: Sectors = None, *, pipeline: Words = None, source: Words = None
    ) -> Updated:
        """Copy lists from a place to which `save` copied them. No archive is asked.

        Parameters
        ----------
        place : str, Path or ObjectPath
            A folder, or a place in an object store such as ``"s3://bucket/catalogue"``.
        sector, pipeline, source
            Which lists; all of them if nothing is given. See `rm`.

        Returns
        -------
        Updated
            What became of each list here.

        Raises
        ------
        OSError
            If the place cannot be listed.
        FileNotFoundError
            If it has no list.
        OfflineError
            If it is in an object store, and no connection may be opened.
        """
        done = copies.load(self.folder, self._place(place), self._chosen(sector, pipeline, source))
        if not done.outcomes:
            raise FileNotFoundError(errno.ENOENT, "no list of a catalogue is there", str(place))
        return done

    def _place(self, place: str | Path | ObjectPath) -> Root:
        return checked_online(user_root(place), self.session.settings)

    def _chosen(self, sector: Sectors, pipeline: Words, source: Words) -> Callable[[Mapping[Key, str]], Iterable[Key]]:
        """Return what chooses lists: of sectors, and of sources by names and pipelines."""
        sources = self.session.registry.sources
        every = source is None and pipeline is None  # also lists of plugins that are not there any more
        names = None if every else [one.name for one in sources_of(sources, pipeline, None, source or list(sources))]
        sectors = checked_sectors(sector)
        return lambda keys: matching(keys, sectors, names)

    def status(self, *, check: bool = False) -> ListStates:
        """Return the state of each list, and which are missing; `ListStates.to_polars` has a row per list.

        Parameters
        ----------
        check : bool
            Whether to ask the archive which lists have changed, without fetching any.

        Returns
        -------
        ListStates
            `state` is ``"here"``, ``"missing"``, or ``"not yet"`` if the archive had no such list. With `check` it is ``"current"``,
            ``"changed"``, ``"gone"`` or ``"unknown"`` in place of ``"here"``, and `problem` says why it is unknown.

        Raises
        ------
        OfflineError
            If the archive is to be asked, and no connection may be opened.
        """
        return status.status_table(self.session, self.folder, self.session.registry.sources, check=check)

    def latest(self) -> int | None:
        """Return the newest sector of which there are light curves at 120 s; offline, the newest one in the catalogue. None: none.

        Raises
        ------
        DownloadError
            If the archive cannot be asked.
        """
        return status.latest_sector(self.session, self.folder, self.session.registry.sources)[0]

    def verify(self) -> pl.DataFrame:
        """Return the state of all files, which are read through. Damaged ones are fetched again by the next update.

        Returns
        -------
        polars.DataFrame
            One row per file: `state` (``"whole"`` or ``"damaged"``), `source`, `first_sector`, `last_sector`, `path` and `reason`.
        """
        return status.verified(self.folder)

    def rm(self, sector: Sectors = None, *, pipeline: Words = None, source: Words = None) -> int:
        """Remove lists, all of them if nothing is given.

        Parameters
        ----------
        sector : int or iterable of int or str, optional
            Of these sectors; of lists about several sectors, the last one counts.
        pipeline : str or iterable of str, optional
            Of these pipelines.
        source : str or iterable of str, optional
            Of these sources.

        Returns
        -------
        int
            The number of lists that were removed.

        Raises
        ------
        QueryError
            If a sector makes no sense.
        UnknownNameError
            If there is no such pipeline or source.
        OSError
            If a file cannot be removed.
        """
        sources = {**sources_in(self.folder.lists()), **self.session.registry.sources}
        every = source is None and pipeline is None  # also lists of plugins that are not there any more
        names = None if every else [one.name for one in sources_of(sources, pipeline, None, source or list(sources))]
        return len(status.removed(self.folder, checked_sectors(sector), names))
