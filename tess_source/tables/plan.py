"""The plan of a download, which is a lock when saved, and the manifest of its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, overload

from tess_source._lazy import pl
from tess_source.disk import replacing, tidy
from tess_source.display import html
from tess_source.display.records import RecordTuple
from tess_source.display.visible import visible_line
from tess_source.keywords import naming_keywords_of_methods
from tess_source.object_store.copies import write_place
from tess_source.object_store.path import ObjectPath, Root, user_root
from tess_source.settings import ExecutorLike, OnProgress, Settings, checked_online
from tess_source.tables.accessors import HasAccessors, KnowsSchemes, given
from tess_source.tables.addressed import Addressed, Reaches
from tess_source.tables.convert import to_astropy
from tess_source.tables.entries import with_sums
from tess_source.tables.entry_rows import EntryRows, taken
from tess_source.tables.items import FAILED, HERE, Entry, Item, ItemRows, Items
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.manifest import Results
from tess_source.tables.opening import Opens
from tess_source.tables.planning import check_parts, plan_in_words, planned, unfetchable
from tess_source.tables.saved import texts_of

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

__all__ = ["Fetches", "Manifest", "Plan"]


class Fetches(HasAccessors, Opens, Reaches, Protocol):
    """The part of a session that plans and manifests use."""

    @property
    def registry(self) -> KnowsSchemes:
        """The session's plugins."""
        ...

    @property
    def settings(self) -> Settings:
        """What the session was told."""
        ...

    def download(self, what: Plan, /, *args: Any, **words: Any) -> Manifest:
        """Fetch files that are not here yet."""
        ...

    def iter_download(self, what: Plan, /, *args: Any, **words: Any) -> Iterator[Entry]:
        """Fetch files that are not here yet, entry by entry."""
        ...

    def _expected_status(self, plan: Plan, /) -> list[str]:
        """Return the expected status of each file of a plan."""
        ...


@naming_keywords_of_methods
@dataclass(frozen=True, repr=False)
class Plan(Addressed):
    """A table of files to fetch, the folder for them, and a record of how they were found."""

    items: Items
    root: Root
    record: Mapping[str, Any]
    """The question, filters with their drops, server, time of the answer, versions: plain dicts, lists, texts and numbers."""
    session: Fetches | None = None
    """The session that fetches the plan. It is not saved."""

    def __post_init__(self) -> None:
        check_parts(self.items, self.record, self.session)
        object.__setattr__(self, "root", user_root(self.root))

    @classmethod
    def of(
        cls,
        products: Products,
        root: str | Path | ObjectPath,
        layout: str = "mast",
        *,
        links: Links | None = None,
        observations: Observations | None = None,
        record: Mapping[str, Any] | None = None,
        session: Fetches | None = None,
    ) -> Self:
        """Return the plan of products.

        Parameters
        ----------
        products : Products
            The files to fetch.
        root : str, Path or ObjectPath
            The folder, or a place in an object store such as ``"s3://bucket/prefix"``; it need not exist.
        layout : str
            ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``.
        links : Links, optional
            Relations of these files; those of same bytes elsewhere become further addresses.
        observations : Observations, optional
            Observations of these files, which tell when they were released.
        record : mapping, optional
            How the files were found: see `record`.
        session : Session, optional
            Fetches the plan.

        Raises
        ------
        QueryError
            If there is no such layout.
        """
        items = planned(products, layout, links=links, observations=observations)
        return cls(items, user_root(root), {**(record or {}), "layout": layout}, session)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(ItemRows(self.items))

    @property
    def bytes(self) -> int:
        """Size of all files together, as far as the archive has their sizes [byte]."""
        return int(self.items["size"].sum() or 0)

    def using(self, session: Fetches) -> Self:
        """Return the same plan with another session.

        Parameters
        ----------
        session : Session
            Its methods are used from then on.
        """
        return replace(self, session=session)

    def to(self, root: str | Path | ObjectPath) -> Self:
        """Return the same plan for another folder.

        Parameters
        ----------
        root : str, Path or ObjectPath
            The folder, or a place in an object store such as ``"s3://bucket/prefix"``; it need not exist.
        """
        return replace(self, root=user_root(root))

    def expected(self) -> pl.DataFrame:
        """Return the expected status of each file without fetching anything: the dry run. Files that were never verified are read.

        Returns
        -------
        polars.DataFrame
            The items with a column `status` in front: ``here``, ``copied`` (from the cache folder), ``fetched``, or ``failed`` (it cannot
            be written; `problem` says why).

        Examples
        --------
        >>> plan.expected()["status"].to_list()
        ['here', 'here']
        """
        status = pl.Series("status", given(self.session, "plan")._expected_status(self), dtype=pl.String)
        return self.items.to_polars().select(status, pl.all())

    def here(self) -> pl.Series:
        """Return whether each file lies whole in the folder already: one boolean per file. See `expected`."""
        return (self.expected()["status"] == HERE).alias("here")

    def download(
        self,
        *,
        jobs: int | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:
        """Fetch files that are not here yet.

        Parameters
        ----------
        jobs : int, optional
            Files fetched at the same time; the session's setting (8) if None.
        progress : bool or callable, optional
            True: a bar. False: none. A function is called with (files done, bytes done). None: as the session says.
        executor : int, str, distributed.Client or Executor, optional
            Workers that fetch the files: see `Session`. They must share the folder. All together open at most `jobs` connections
            to archives, and twice as many each to object stores.
        on_entry : callable, optional
            Called with each `Entry` as soon as it is known, in the calling thread.

        Returns
        -------
        Manifest
            What happened to every file; one failure never stops the rest.

        Raises
        ------
        Interrupted
            On Ctrl-C, with the manifest so far.

        Examples
        --------
        >>> manifest = plan.download(progress=False)
        >>> manifest.errors
        {}
        """
        session = given(self.session, "plan")
        return session.download(self, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    def iter_download(
        self,
        *,
        jobs: int | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Iterator[Entry]:
        """Fetch files that are not here yet, and yield each entry as soon as it is known. You may stop early.

        Parameters
        ----------
        jobs : int, optional
            Files fetched at the same time; the session's setting (8) if None.
        progress : bool or callable, optional
            True: a bar. False: none. A function is called with (files done, bytes done). None: as the session says.
        executor : int, str, distributed.Client or Executor, optional
            Workers that fetch the files: see `Session`. They must share the folder. All together open at most `jobs` connections
            to archives, and twice as many each to object stores.
        on_entry : callable, optional
            Called with each `Entry` as soon as it is known, in the calling thread.

        Yields
        ------
        Entry
            One per file, in the order in which they are done.

        Raises
        ------
        Interrupted
            On Ctrl-C, with the manifest so far.

        Examples
        --------
        >>> for entry in plan.iter_download():
        ...     print(entry.status, entry.item.filename)
        here tess2019198215352-s0014-0000000016740101-0150-s_lc.fits
        here tess2019226182529-s0015-0000000016740101-0151-s_lc.fits
        """
        session = given(self.session, "plan")
        return session.iter_download(self, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    @overload
    def save(self, path: Path) -> Path: ...
    @overload
    def save(self, path: ObjectPath) -> ObjectPath: ...
    @overload
    def save(self, path: str) -> Root: ...
    def save(self, path: str | Path | ObjectPath) -> Root:
        """Write the plan as ECSV, astropy's text table: one line per file, sorted. The file is replaced as a whole or not at all.

        Parameters
        ----------
        path : str, Path or ObjectPath
            The file, or an object such as ``"s3://bucket/kelt9.ecsv"``.

        Returns
        -------
        Path or ObjectPath
            The file.

        Raises
        ------
        OfflineError
            If it is in an object store, and no connection may be opened.
        OSError
            If it cannot be written.

        Examples
        --------
        >>> manifest.lock().save("kelt9.ecsv").name
        'kelt9.ecsv'
        """
        place = user_root(path)
        if isinstance(place, ObjectPath):
            if self.session is not None:
                checked_online(place, self.session.settings)
            write_place(place, self.to_text().encode())
            return place
        with replacing(place) as out:
            out.writelines(map(str.encode, texts_of(self.items, self.record)))
        tidy(place.parent)
        return place

    def to_text(self) -> str:
        """Return the text that `save` writes."""
        return "".join(texts_of(self.items, self.record))

    def to_table(self) -> AstropyTable:
        """Return an astropy table."""
        return to_astropy(self.items.to_polars())

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.items!r}"

    def _repr_html_(self) -> html.Markup:
        return html.view(html.element("p", self.summary()), self.items._repr_html_())

    def summary(self) -> str:
        """Return one line about the plan. It does not look on disk: see `expected` for that."""
        lacking = unfetchable(self.items, self.session.registry if self.session else None)
        return visible_line(f"Plan: {', '.join(plan_in_words(self.items, lacking))} -> {self.root}")

    def _checked_session(self) -> Fetches:
        return given(self.session, "plan")


@naming_keywords_of_methods
@dataclass(frozen=True, repr=False)
class Manifest(Results):
    """The results of a download, one entry per file of the plan."""

    accessors_of: ClassVar[str] = "manifest"
    plan: Plan
    entries: Sequence[Entry]
    """In the plan's order."""
    seconds: float = field(default=0.0, compare=False)
    """Duration of the download."""

    def __post_init__(self) -> None:
        if not isinstance(self.entries, EntryRows):
            object.__setattr__(self, "entries", RecordTuple(self.entries, "entry"))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out `ok` and `failed`, which are made of the rest."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @cached_property
    def ok(self) -> Manifest:
        """The manifest of the files that are there."""
        return self._manifest_of(self._outcomes["status"] != FAILED)

    @cached_property
    def failed(self) -> Plan:
        """The plan of the files that are still missing, to download again later."""
        return self._manifest_of(self._outcomes["status"] == FAILED).plan

    def _manifest_of(self, mask: pl.Series) -> Manifest:
        kept = taken(self.entries, mask)
        return Manifest(replace(self.plan, items=self._items_of(kept)), kept, self.seconds)

    def _items_of(self, entries: Sequence[Entry]) -> Items:
        """Return the files of the plan that entries are about: all of them after a download, fewer in a manifest made by hand."""
        items = self.plan.items
        if len(entries) == len(items):
            return items
        if isinstance(entries, EntryRows):
            return entries.items
        return Items(items.to_polars().filter(pl.col("uri").is_in([entry.item.uri for entry in entries])))

    def _files(self) -> Items:
        return self._items_of(self.entries)

    def _root(self) -> Root:
        return self.plan.root

    def using(self, session: Fetches) -> Self:
        """Return the same manifest with another session.

        Parameters
        ----------
        session : Session
            Its methods are used from then on.
        """
        return replace(self, plan=self.plan.using(session))

    def lock(self) -> Plan:
        """Return the plan with what is known of its files now that they are here.

        Returns
        -------
        Plan
            With the size [byte], the SHA-256 and the processing (DATA_REL, PROCVER, DATE) of each file. Files that were here
            before are read for it. `Plan.save` writes it.

        Examples
        --------
        >>> lock = manifest.lock()
        >>> [len(item.sha256) for item in lock]
        [64, 64]
        """
        return replace(self.plan, items=with_sums(self._files(), self.entries))

    def _checked_session(self) -> Fetches:
        return given(self.plan.session, "manifest")
