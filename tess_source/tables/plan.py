"""What will be fetched and where to, and what became of it: a plan and its manifest. Saved, a plan is the lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from tess_source._lazy import pl
from tess_source.disk import write_whole
from tess_source.display import text
from tess_source.tables.accessors import KnowsAccessors, given
from tess_source.tables.convert import to_astropy
from tess_source.tables.entries import as_astroquery, as_frame, counted, with_sums
from tess_source.tables.items import HERE, Entry, Item, Items, item_from
from tess_source.tables.listing import Links, Observations, Products
from tess_source.tables.loaded import Loaded, Opened, opened_values
from tess_source.tables.planning import other_schemes, planned
from tess_source.tables.saved import as_text
from tess_source.tables.typed import ManifestMethods

if TYPE_CHECKING:
    from astropy.table import Table as AstropyTable

__all__ = ["Fetches", "Interrupted", "Manifest", "Plan"]


class KnowsSchemes(KnowsAccessors, Protocol):
    """What a plan needs of a registry."""

    @property
    def transports(self) -> Collection[str]:
        """URI schemes that plugins fetch."""

    def implements(self, hook: str) -> bool:
        """Whether a plugin implements a hook."""


class Fetches(Protocol):
    """What plans and manifests need of a session."""

    @property
    def registry(self) -> KnowsSchemes:
        """The session's plugins."""

    def download(self, what: Plan, /, *args: Any, **words: Any) -> Manifest:
        """Fetch what is not here yet."""

    def iter_download(self, what: Plan, /, *args: Any, **words: Any) -> Iterator[Entry]:
        """Fetch what is not here yet, entry by entry."""

    def read(self, manifest: Manifest, /, **options: Any) -> Loaded:
        """Open files, and keep the reason for each that cannot be opened."""

    def open(self, what: Manifest, /, **options: Any) -> Any:
        """Open files into one collection."""

    def _expected(self, plan: Plan, /) -> list[str]:
        """Tell what would happen to each file of a plan."""

    def _each(
        self,
        manifest: Manifest,
        function: Callable[[Any], Any] | None,
        workers: int | Executor | None,
        options: Mapping[str, Any],
        /,
    ) -> Iterator[Opened]:
        """Open files one by one."""


@dataclass(frozen=True, repr=False)
class Plan:
    """A table of files to fetch, the folder they go to, and the record of how the plan came to be."""

    items: Items
    root: Path
    record: Mapping[str, Any]
    """Question, filters with their drops, server, time of the answer, versions: plain dicts, lists, texts and numbers."""
    session: Fetches | None = None
    """Fetches the plan. It is not saved."""

    @classmethod
    def of(
        cls,
        products: Products,
        root: str | Path,
        layout: str = "mast",
        *,
        links: Links | None = None,
        observations: Observations | None = None,
        record: Mapping[str, Any] | None = None,
        session: Fetches | None = None,
    ) -> Self:
        """Plan where each product goes: see `tess_source.tables.planning.planned`.

        Parameters
        ----------
        products : Products
        root : str or Path
            The folder; it need not exist.
        layout, links, observations
            See `planned`.
        record : mapping, optional
            How the products were found.
        session : Session, optional
            Fetches the plan.
        """
        items = planned(products, layout, links=links, observations=observations)
        return cls(items, Path(root), {**(record or {}), "layout": layout}, session)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return map(item_from, self.items)

    @property
    def bytes(self) -> int:
        """Size of all files together, as far as the archive says [byte]."""
        return int(self.items["size"].sum() or 0)

    def using(self, session: Fetches) -> Self:
        """Return the same plan with another session."""
        return replace(self, session=session)

    def to(self, root: str | Path) -> Self:
        """Return the same plan for another folder."""
        return replace(self, root=Path(root))

    def expected(self) -> pl.DataFrame:
        """Look on disk what a download would find, without fetching anything: the dry run.

        Files that were never verified are read.

        Returns
        -------
        polars.DataFrame
            The items with a column `status` in front: ``here``, ``copied`` (the cache folder has it), ``fetched`` (it has to be), or
            ``failed`` (it cannot be written; `problem` says why).
        """
        status = pl.Series("status", given(self.session, "plan")._expected(self), dtype=pl.String)
        return self.items.to_polars().select(status, pl.all())

    def here(self) -> pl.Series:
        """Look which files lie whole in the folder already: one boolean per file. See `expected`."""
        return (self.expected()["status"] == HERE).alias("here")

    def download(
        self,
        *,
        jobs: int | None = None,
        progress: Any = None,
        executor: Executor | None = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:
        """Fetch what is not here yet.

        Parameters
        ----------
        jobs : int, optional
            Files fetched at the same time; the session's setting (8) if None.
        progress : bool or callable, optional
            See `tess_source.settings.Settings`.
        executor : concurrent.futures.Executor, optional
            Whose workers fetch the files, e.g. a ``ProcessPoolExecutor`` or dask's ``client.get_executor(pure=False)``; they must see
            the same folder. All together open `jobs` connections at most.
        on_entry : callable, optional
            Is called with each `Entry` as soon as it is known, in the calling thread.

        Returns
        -------
        Manifest
            What happened to every file; one failure never stops the rest.

        Raises
        ------
        Interrupted
            On Ctrl-C, with the manifest of what was done.
        """
        session = given(self.session, "plan")
        return session.download(self, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    def iter_download(
        self,
        *,
        jobs: int | None = None,
        progress: Any = None,
        executor: Executor | None = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Iterator[Entry]:
        """Fetch what is not here yet, and yield each entry as soon as it is known. The arguments are those of `download`.

        If you stop early, the download stops, and what is done is kept.
        """
        session = given(self.session, "plan")
        return session.iter_download(self, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry)

    def save(self, path: str | Path) -> Path:
        """Write the plan as ECSV, astropy's text table: one line per file, sorted; ``Table.read`` alone reads it.

        Parameters
        ----------
        path : str or Path
            The file; it is replaced as a whole or not at all.
        """
        file = Path(path)
        write_whole(file, self.to_text().encode())
        return file

    def to_text(self) -> str:
        """Return what `save` writes."""
        return as_text(self.items, self.record)

    def to_table(self) -> AstropyTable:
        """Return an astropy table."""
        return to_astropy(self.items.to_polars())

    def __repr__(self) -> str:
        return f"{self.summary()}\n{self.items!r}"

    def _repr_html_(self) -> str:
        return f"<p>{text.escape(self.summary())}</p>{self.items._repr_html_()}"

    def summary(self) -> str:
        """Return in one line what the plan holds. No disk is touched: `expected` looks what is here."""
        unknown = int(self.items["size"].is_null().sum())
        refused = int(self.items["problem"].is_not_null().sum())
        strange = self._unfetchable()
        parts = [f"{text.number(len(self), 'file')}, {text.size(self.bytes)}"]
        parts += [f"{unknown:,} of unknown size"] if unknown else []
        parts += [f"{refused:,} cannot be written"] if refused else []
        parts += [f"{len(strange):,} that no plugin fetches ({', '.join(sorted(set(strange)))})"] if strange else []
        return f"Plan: {', '.join(parts)} -> {self.root}"

    def _unfetchable(self) -> list[str]:
        """Return the scheme of each file that no plugin of the session fetches: better told now than when all else was fetched."""
        if self.session is None or self.session.registry.implements("tess_download"):
            return []  # a plugin that fetches on its own may know what to do
        return other_schemes(self.items, self.session.registry.transports)


@dataclass(frozen=True, repr=False)
class Manifest(ManifestMethods):
    """A table of what happened to every file of a plan."""

    accessors_of: ClassVar[str] = "manifest"
    plan: Plan
    entries: tuple[Entry, ...]
    """In the plan's order."""
    seconds: float = field(default=0.0, compare=False)
    """How long it took."""

    def __getstate__(self) -> dict[str, Any]:
        """Leave out `ok` and `failed`, which are made of the rest."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    @cached_property
    def ok(self) -> Manifest:
        """The part whose files are there."""
        return self._part(entry for entry in self.entries if entry.ok)

    @cached_property
    def failed(self) -> Plan:
        """The plan of what is still missing: download it again when the reason is gone."""
        return self._part(entry for entry in self.entries if not entry.ok).plan

    def _part(self, entries: Iterable[Entry]) -> Manifest:
        kept = tuple(entries)
        uris = pl.Series([entry.item.uri for entry in kept], dtype=pl.String)
        items = Items(self.plan.items.to_polars().filter(pl.col("uri").is_in(uris.implode())))
        return Manifest(replace(self.plan, items=items), kept, self.seconds)

    @property
    def errors(self) -> dict[str, str]:
        """URI → why it failed, for those that did."""
        return {entry.item.uri: entry.error for entry in self.entries if not entry.ok}

    def using(self, session: Fetches) -> Self:
        """Return the same manifest with another session."""
        return replace(self, plan=self.plan.using(session))

    def lock(self) -> Plan:
        """Return the plan with what is known since the files are there: sizes, sha256 sums, and which processing each is of.

        Files that were here before are read for their sums. Which processing a FITS file comes from (``DATA_REL``, ``PROCVER``,
        ``DATE``) is read from its first header: SPOC keeps name and size of a file that it processes again.
        """
        return replace(self.plan, items=with_sums(self.plan.items, self.entries))

    def _plugins_of(self) -> Fetches:
        return given(self.plan.session, "manifest")

    def read(self, **options: Any) -> Loaded:
        """Open every file that is there; one that cannot be opened is reported, the others are returned.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        Loaded
            Groups of like objects, and the failures with their reasons.

        Raises
        ------
        QueryError
            If an argument makes no sense, whatever the file.
        """
        return self._plugins_of().read(self, **options)

    def load(self, **options: Any) -> Any:
        """Open every file that is there.

        Parameters
        ----------
        **options
            Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

        Returns
        -------
        lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
            The collection, if all that could be opened is of one kind; else a `Loaded`, with one collection per kind.
            What could not be opened is logged, a warning for each reason; `read` gives it as data.

        Raises
        ------
        LoadError
            If none could be opened; the message gives each reason once, with the files.
        QueryError
            If an argument makes no sense, whatever the file.
        """
        return self._plugins_of().open(self, **options)

    def iter_load(self, *, workers: int | Executor | None = None, **options: Any) -> Iterator[Any]:
        """Open one file at a time, so that memory does not grow.

        A file that cannot be opened is logged as a warning and passed over. Files that share a reason are logged twice at most: the
        first when it comes, and at the end how many more there were.

        Parameters
        ----------
        workers : int or Executor, optional
            Open the files in so many other processes: see `map`, which is faster where you want a small result per file.
        **options
            Passed to the readers.

        Yields
        ------
        object
            E.g. a lightkurve.LightCurve, in the order of the manifest.
        """
        return opened_values(self._plugins_of()._each(self, None, workers, options))

    def iter_read(self, *, workers: int | Executor | None = None, **options: Any) -> Iterator[Opened]:
        """Open one file at a time, and yield each with its object or the reason why there is none. See `iter_load` and `map`."""
        return self._plugins_of()._each(self, None, workers, options)

    def map(
        self, function: Callable[[Any], Any], *, workers: int | Executor | None = None, **options: Any
    ) -> Iterator[Opened]:
        """Open every file and yield what a function makes of it, in the order of the manifest.

        Parameters
        ----------
        function : callable
            Takes an opened file. What it returns is all that comes back from another process, so let it be small.
        workers : int or Executor, optional
            In how many other processes to do it; None: in this one. Each of them starts a new Python, imports the plugins' libraries
            again (for lightkurve some seconds), and finds the function by its name: it must be defined in a module, and a script
            needs its ``if __name__ == "__main__":``. An executor of `concurrent.futures` is used as it is, and left open.
        **options
            Passed to the readers.

        Yields
        ------
        Opened
            One per file, with what the function returned, or the reason why the file could not be opened. At most four files per
            worker are under way, however many there are.

        Raises
        ------
        LoadError
            If a process dies, or a plugin cannot be sent to the others.
        Exception
            What the function raises, with a note that names the file.
        """
        return self._plugins_of()._each(self, function, workers, options)

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame: one row per file."""
        return as_frame(self.plan.items, self.entries)

    def to_table(self) -> AstropyTable:
        """Return an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
        return as_astroquery(self.plan.items, self.entries)

    def summary(self) -> str:
        """Return in one line what happened."""
        return f"Manifest: {counted(self.entries)} in {self.seconds:.1f} s -> {self.plan.root}"

    def __repr__(self) -> str:
        return f"{self.summary()}\n{text.table(self.to_polars(), ['status', 'bytes', 'path', 'error'])}"

    def _repr_html_(self) -> str:
        return text.html(self.to_polars(), ["status", "bytes", "path", "error"], self.summary())


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a download.

    Attributes
    ----------
    manifest : Manifest
        What was done until then; ``manifest.failed`` is the plan of the rest.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        super().__init__("interrupted; what was fetched is kept")
