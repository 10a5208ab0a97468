"""One request from target to files; the only caller of hooks."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source import settings as config
from tess_source._lazy import pl
from tess_source.errors import QueryError, ResolverError, TessSourceError, UnknownNameError
from tess_source.hooks.records import Field, Filter
from tess_source.hooks.registry import Registry
from tess_source.settings import Settings, check_server, checked_jobs, checked_seconds
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.recorded import plain, question
from tess_source.targets.target import Query, Target

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from astropy.units import Quantity

    from tess_source.cache.memory import Memory
    from tess_source.cache.store import Store
    from tess_source.tables.found import Drop, Found
    from tess_source.tables.listing import Links, Observations, Products
    from tess_source.tables.manifest import Entry, Loaded, Manifest
    from tess_source.tables.plan import Plan

__all__ = ["Session", "default_session"]

log = logging.getLogger(__name__)


class Session:
    """Plugins and settings, and the path from a target to files.

    Parameters
    ----------
    server : str, optional
        Another base URL than MAST's, e.g. that of a sample archive; ``TESS_SOURCE_SERVER`` if not given.
    without : iterable of str
        Installed plugins to leave out.
    token : str, optional
        MAST token for exclusive data; else ``MAST_API_TOKEN`` or astroquery's keyring. Sent to MAST's own hosts over https only.
    timeout : float
        Seconds that one question to an archive may take in all.
    jobs : int
        Files fetched at the same time.
    cache : str or Path, optional
        The cache folder; else ``TESS_SOURCE_CACHE``, the config file, or the system's place for caches. Read when it is used.
    max_age : float or str or timedelta, optional
        How old a remembered answer may be: seconds, or e.g. ``"12h"``; else ``TESS_SOURCE_MAX_AGE``, the config file, or a day.
    offline : bool, optional
        Open no connection: answer from the store, and name what is missing; else ``TESS_SOURCE_OFFLINE``.
    plugins : iterable of object
        Plugins to register besides the installed ones.
    discover : bool
        Whether to look for installed plugins at all.

    Raises
    ------
    PluginConflictError
        If two plugins claim one name.
    """

    def __init__(
        self,
        server: str | None = None,
        *,
        without: Iterable[str] = (),
        token: str | None = None,
        timeout: float = 600.0,
        jobs: int = 8,
        cache: str | Path | None = None,
        max_age: float | str | timedelta | None = None,
        offline: bool | None = None,
        plugins: Iterable[object] = (),
        discover: bool = True,
    ) -> None:
        self.settings = Settings(token=token, timeout=checked_seconds("timeout", timeout), jobs=checked_jobs(jobs))
        if not isinstance(offline, bool | None):
            raise QueryError(f"offline={offline!r}: give True, False, or None")
        age = None if max_age is None else config.seconds(max_age)
        self.settings = replace(self.settings, cache=cache, max_age=age, offline=offline)
        if server:
            self.settings = replace(self.settings, server=server.rstrip("/"))
        check_server(self.settings.server)
        without = [without] if isinstance(without, str) else without
        self.registry = Registry.discover(without) if discover else Registry()
        for plugin in plugins:
            self.register(plugin)

    def register(self, plugin: object, name: str | None = None) -> str:
        """Add a plugin for this session: a module, or any object with hook implementations.

        Returns
        -------
        str
            Its name.

        Raises
        ------
        PluginError
            If it is no plugin, or claims a name that is taken.
        """
        return self.registry.register(plugin, name)

    @property
    def store(self) -> Store:
        """The files of the cache folder, wherever it is configured to be at this moment."""
        from tess_source.cache.store import Store

        return Store.of(self.settings)

    @property
    def memory(self) -> Memory:
        """What is remembered of archives, and whether they may be asked."""
        from tess_source.cache.memory import Memory

        return Memory(self.settings, self.registry)

    # -- the stages --

    def search(
        self,
        targets: Any = None,
        *,
        radius: float | Quantity | str | None = None,
        wildcards: bool = False,
        refresh: bool = False,
        **words: Any,
    ) -> Found:
        """Find observations and list, link and filter their products.

        Parameters
        ----------
        targets : object, optional
            A TIC id, a name, coordinates, or any iterable of them: see `tess_source.targets.parse.parse_targets`. None: whatever meets the
            criteria.
        radius : float or Quantity or str, optional
            Radius of cones around names and coordinates [arcsec]. Without it, a name means its nearest star alone.
        wildcards : bool
            Whether ``*`` and ``%`` in criteria stand for any text.
        refresh : bool
            Ask the archive, even if a recent answer to this question is remembered.
        **words
            Filters (``sector=14``, ``kind="lc"``), and columns of the archive's observation table as criteria
            (``proposal_id="G06062"``).

        Returns
        -------
        Found
            A confirmed zero is an empty answer that can `explain` itself.

        Raises
        ------
        QueryError
            If something asked for does not exist or makes no sense.
        ResolverError
            If no resolver knows a name.
        ServiceError
            If the archive fails; a failure is never shown as an empty answer.
        OfflineError
            If nothing may be asked, and the store does not know.
        """
        filters, criteria = self._split(words)
        checked = self._checked(filters)
        query = self.query(
            targets, radius=radius, wildcards=wildcards, criteria=criteria, filters=checked, refresh=refresh
        )
        found = self.ask(query, refresh=refresh)
        if missing := found.unobserved():
            log.warning("%s", missing)
        return self.select(found, **filters)

    def ask(self, query: Query, *, refresh: bool = False) -> Found:
        """Put a question to the archives, and list and link the products; nothing is chosen among them yet.

        A recent answer to the same question is taken from the store, unless `refresh` is set.
        """
        from tess_source.tables.found import Found
        from tess_source.tables.listing import Links

        recalled = self.memory.ask(query, lambda: self._asked(query), refresh=refresh)
        products, observations = recalled.answer.products.unique(), recalled.answer.observations
        record = {**self._record(query), "time": recalled.answer.time}
        found = Found(products, observations, Links.empty(), query, record=record, session=self)
        return self._linked(found.replace(from_store=recalled.from_store))

    def _asked(self, query: Query) -> tuple[Observations, Products]:
        observations = self.observations(query)
        return observations, self._listed(observations)

    def query(
        self,
        targets: Any = None,
        *,
        radius: float | Quantity | str | None = None,
        wildcards: bool = False,
        criteria: Mapping[str, Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        refresh: bool = False,
    ) -> Query:
        """Understand a question: resolve names, and let filters speak to the archive where no target narrows it down."""
        criteria = dict(criteria or {})
        resolved = tuple(self.resolve(targets, radius=radius, refresh=refresh)) if targets is not None else ()
        if targets is not None and not resolved:
            raise QueryError("the list of targets is empty; an empty list is not taken to mean everything")
        if radius is not None and resolved and all(target.radius is None for target in resolved):
            raise QueryError(
                f"a radius is for names and coordinates: {resolved[0]} is one star; give its coordinates for a cone"
            )
        if not resolved:
            for name, value in (filters or {}).items():
                record = self.registry.filters[name]
                criteria = {**(dict(record.criteria(value)) if record.criteria else {}), **criteria}
            if all(value is None for value in criteria.values()):
                raise QueryError(
                    "nothing was asked for: give a target, or e.g. sector=14, or a criterion such as proposal_id='G06062'"
                )
        return Query(resolved, criteria, wildcards)

    def resolve(
        self, targets: Any, *, radius: float | Quantity | str | None = None, refresh: bool = False
    ) -> list[Target]:
        """Turn whatever was given into targets; names are looked up, each once, unless the store knows them.

        Raises
        ------
        ResolverError
            If no resolver knows a name.
        """
        cone = None if radius is None else arcseconds(radius)
        found: dict[Target, None] = {}
        for target in parse_targets(targets, cone):
            found[target if isinstance(target, Target) else self._by_name(target, cone, refresh)] = None
        return list(found)

    def _by_name(self, name: str, radius: float | None, refresh: bool) -> Target:
        def look_up() -> Target | None:
            found: Target | None = self.registry.call("tess_resolve", target=name, settings=self.settings)
            return found

        target, from_store = self.memory.resolve(name, look_up, refresh=refresh)
        if target is None:
            raise ResolverError(f"no resolver knows {name!r}; give a TIC id, or coordinates as 'ra dec' in degrees")
        target = replace(target, text=name, radius=radius)
        log.warning(
            "%s: resolved to %s%s",
            name,
            target if target.tic else f"{target.ra:.6f} {target.dec:+.6f} by {target.resolver}",
            f" (from the store, looked up at {from_store})" if from_store else "",
        )
        return target

    def observations(self, query: Query) -> Observations:
        """Ask all archives; their answers are stacked and sorted."""
        from tess_source.tables.listing import Observations

        self.memory.need_network("observations, but as part of a search")
        with self._filters_are_words_too():
            answers = self.registry.call("tess_query", query=query, settings=self.settings)
        self._somebody(answers, "query")
        return Observations.stack(map(Observations.of, answers)).sort()

    def count(
        self,
        targets: Any = None,
        *,
        radius: float | Quantity | str | None = None,
        wildcards: bool = False,
        **words: Any,
    ) -> int:
        """Count the observations that a search would find, without fetching them.

        Parameters are those of `search`; only filters that the archive can be asked for are allowed.
        """
        filters, criteria = self._split(words)
        checked = {name: self._check(name, value) for name, value in filters.items() if value is not None}
        if deaf := [name for name, value in checked.items() if not self._criteria(name, value)]:
            raise QueryError(f"the archive cannot count by {deaf[0]!r}: it applies to products, after they are listed")
        pushed = {k: v for name in checked for k, v in self._criteria(name, checked[name]).items()}
        query = self.query(targets, radius=radius, wildcards=wildcards, criteria={**pushed, **criteria})
        memory = self.memory
        if memory.offline:
            return len(memory.ask(query, lambda: self._asked(query)).answer.observations)
        with self._filters_are_words_too():
            answers = self.registry.call("tess_count", query=query, settings=self.settings)
        self._somebody(answers, "count")
        return int(sum(answers))

    @contextmanager
    def _filters_are_words_too(self) -> Iterator[None]:
        """Let an archive that does not know a criterion suggest filters too: the user need not know which is which."""
        try:
            yield
        except UnknownNameError as error:
            raise UnknownNameError(error.what, error.name, [*self.registry.filters, *error.choices]) from error

    def _criteria(self, name: str, value: Any) -> Mapping[str, Any]:
        make = self.registry.filters[name].criteria
        return make(value) if make else {}

    def products(self, observations: Any) -> Products:
        """List the products of observations: ours, or an astroquery, pandas or polars table, or one row of it."""
        from tess_source.tables.listing import Observations

        return self._listed(Observations.of(observations)).unique()

    def _listed(self, observations: Observations) -> Products:
        """List products; a file that belongs to two observations stands there twice."""
        from tess_source.tables.listing import Products

        if not len(observations):
            return Products.empty()
        self.memory.need_network("products, but as part of a search")
        answers = self.registry.call("tess_list", observations=observations, settings=self.settings)
        return Products.stack(map(Products.of, answers)).sort()

    def links(self, products: Any) -> Links:
        """Relate products by URI: ours, or a table from elsewhere."""
        from tess_source.tables.listing import Links, Products

        products = Products.of(products)
        if not len(products):
            return Links.empty()
        return Links.stack(map(Links.of, self.registry.call("tess_link", products=products, settings=self.settings)))

    def found(self, products: Any) -> Found:
        """Take a product table from elsewhere (astroquery, pandas, polars) as if it had been searched for here."""
        from tess_source.tables.found import Found
        from tess_source.tables.listing import Links, Observations, Products

        query = Query()
        given = Products.of(products).unique()
        return self._linked(
            Found(given, Observations.empty(), Links.empty(), query, record=self._record(query), session=self)
        )

    def _linked(self, found: Found) -> Found:
        links = self.links(found.products)
        products = found.products
        for name, column in self.registry.columns.items():
            products = products.with_columns(**{name: self._blamed("column", name, column.compute, products, links)})
        return found.replace(products=products, links=links)

    def select(self, found: Any, **filters: Any) -> Found:
        """Choose among products: masks first (their order does not matter), then choices among what is left.

        Parameters
        ----------
        found : Found or table
            An answer, or products from elsewhere.
        **filters
            See `Found.select`.
        """
        from tess_source.tables.found import Found

        answer: Found = found if isinstance(found, Found) else self.found(found)
        for name in filters:
            if name not in self.registry.filters:
                raise UnknownNameError("filter", name, self.registry.filters)
        given = self._wanted(filters, applied={drop.filter for drop in answer.drops})
        checked = {name: self._check(name, value) for name, value in given.items()}
        masks = sorted(name for name in checked if not self.registry.filters[name].last)
        before = len(answer.drops)
        answer = self._masked(answer, {name: checked[name] for name in masks})
        for name in sorted(set(checked) - set(masks), key=lambda name: (self.registry.filters[name].last, name)):
            answer = self._masked(answer, {name: checked[name]})
        return answer.replace(drops=_asked(answer.drops, before, given))

    def _masked(self, found: Found, filters: Mapping[str, Any]) -> Found:
        """Apply masks, each of them made from the whole table: that is why their order cannot matter."""
        from tess_source.tables.found import Drop

        products, drops = found.products, list(found.drops)
        masks = {name: self._mask(name, products, value) for name, value in filters.items()}
        keep = products.mask(pl.lit(True))
        for name, mask in masks.items():
            before, keep = int(keep.sum()), keep & mask
            kept = int(keep.sum())
            drop: Drop = Drop(name, show(filters[name]), self.registry.owner("filter", name), kept, before - kept)
            log.info("%s", drop)
            drops.append(drop)
        return found.replace(products=products.where(keep) if masks else products, drops=tuple(drops))

    def _mask(self, name: str, products: Products, value: Any) -> pl.Series:
        mask = self._blamed("filter", name, self.registry.filters[name].keep, products, value)
        series: pl.Series = self._blamed("filter", name, products.mask, mask)
        return series

    def plan(self, products: Any, root: str | Path | None = None, *, layout: str = "mast") -> Plan:
        """Plan the download of products: an answer, or a table from elsewhere."""
        return self.select(products).plan(root, layout=layout)

    def download(
        self,
        plan: Plan,
        *,
        jobs: int | None = None,
        progress: Any = None,
        executor: Executor | None = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:
        """Fetch a plan: see `Plan.download`."""
        from tess_source.download.executor import check_executor
        from tess_source.download.run import download

        check_executor(executor)
        if not (on_entry is None or callable(on_entry)):
            raise QueryError(f"on_entry={on_entry!r}: give something that can be called with an entry")
        settings = replace(
            self.settings, jobs=self.settings.jobs if jobs is None else checked_jobs(jobs), progress=progress
        )
        transports = self.registry.transports
        told: set[int] = set()

        def tell(entry: Entry) -> None:
            told.add(id(entry))
            if on_entry is not None:
                on_entry(entry)

        def fetch(plan: Plan) -> Manifest:
            answer = self.registry.call("tess_download", plan=plan, transports=transports, settings=settings)
            if answer is None:
                return download(plan, transports, settings, executor=executor, on_entry=tell)
            manifest: Manifest = answer
            return manifest

        manifest = self.store.through(replace(plan, session=self), fetch, offline=self.memory.offline)
        for entry in manifest:
            if id(entry) not in told:  # here before, or fetched by a plugin
                tell(entry)
        return manifest

    def iter_download(
        self, plan: Plan, *, jobs: int | None = None, progress: Any = None, executor: Executor | None = None
    ) -> Iterator[Entry]:
        """Fetch a plan, and give each entry as soon as it is known: see `Plan.iter_download`."""
        from tess_source.cache.store import note
        from tess_source.download.executor import check_executor
        from tess_source.download.run import iter_download

        check_executor(executor)
        settings = replace(
            self.settings, jobs=self.settings.jobs if jobs is None else checked_jobs(jobs), progress=progress
        )
        if self.memory.offline:
            yield from self.download(plan)
            return
        entries: list[Entry] = []
        index = self.store.look_around(plan)
        try:
            for entry in iter_download(plan, self.registry.transports, settings, executor=executor, known=index):
                entries.append(entry)
                yield entry
        finally:
            note(entries, index)

    def read(self, manifest: Manifest, **options: Any) -> Loaded:
        """Open the files of a manifest: see `Manifest.read`."""
        from tess_source.load.loading import open_entry
        from tess_source.tables.manifest import Loaded

        objects: list[object] = []
        failed: dict[str, Exception] = {}
        for entry in manifest:
            try:
                objects.append(open_entry(self, entry, options))
            except QueryError:  # an argument that is wrong for every file
                raise
            except (TessSourceError, OSError, ValueError) as error:
                failed[str(entry.path or entry.item.uri)] = error
        return Loaded(self._collected(objects), failed)

    def _collected(self, objects: Sequence[object]) -> dict[str, Any]:
        if not objects:
            return {}
        groups: dict[str, Any] = {}
        for answer in self.registry.call("tess_collect", objects=tuple(objects)):
            groups = {**answer, **groups}
        held = {id(item) for group in groups.values() for item in group}
        for item in objects:
            if id(item) not in held and not _all_in(item, held):
                groups.setdefault(type(item).__name__, []).append(item)
        return groups

    def fields(self, what: str = "observations") -> list[Field]:
        """Give the archives' own description of the columns of a table.

        Parameters
        ----------
        what : str
            ``"observations"`` or ``"products"``.
        """
        if what not in FIELD_TABLES:
            raise UnknownNameError("table", what, FIELD_TABLES)
        self.memory.need_network(f"the description of the columns of {what}")
        answers = self.registry.call("tess_fields", what=what, settings=self.settings)
        self._somebody(answers, "describe tables")
        return [field for answer in answers for field in answer]

    # -- helpers --

    def _split(self, words: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Tell filters from the archive's own columns."""
        filters = {name: value for name, value in words.items() if name in self.registry.filters}
        return filters, {name: value for name, value in words.items() if name not in filters}

    def _checked(self, filters: Mapping[str, Any], applied: Iterable[str] = ()) -> dict[str, Any]:
        """Check the values of filters, and of the defaults that have not been applied yet."""
        return {name: self._check(name, value) for name, value in self._wanted(filters, applied).items()}

    def _wanted(self, filters: Mapping[str, Any], applied: Iterable[str] = ()) -> dict[str, Any]:
        """Add the defaults that have not been applied yet, and leave out what is switched off."""
        defaults = {name: f.default for name, f in self.registry.filters.items() if f.default is not None}
        wanted = {**{name: value for name, value in defaults.items() if name not in set(applied)}, **filters}
        return {name: value for name, value in wanted.items() if value is not None}

    def _check(self, name: str, value: Any) -> Any:
        record: Filter = self.registry.filters[name]
        try:
            return record.check(value)
        except QueryError:
            raise
        except (ValueError, TypeError) as error:
            raise QueryError(f"filter {name!r} cannot take {value!r}: {error}") from error

    def _blamed(self, what: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call what a plugin declared; an exception carries a note that names the plugin."""
        try:
            return function(*arguments)
        except Exception as error:
            error.add_note(f"raised by plugin {self.registry.owner(what, name)!r} in its {what} {name!r}")
            raise

    @staticmethod
    def _somebody(answers: Sequence[Any], verb: str) -> None:
        if not answers:
            raise QueryError(
                f"no plugin can {verb}: see `tess-source plugins` for what is installed, broken or left out"
            )

    @property
    def archive(self) -> str:
        """What is asked: ``MAST``, or the address of another server."""
        return (self.settings.server or "MAST").rstrip("/")

    def _record(self, query: Query) -> dict[str, Any]:
        """Write down how an answer came to be, in plain values."""
        plugins = {p.name: p.version for p in self.registry.plugins.values() if p.state == "ready"}
        return {
            "question": question(query),
            "archive": self.archive,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": {name: _version(name) for name in ("tess-source", "astroquery", "astropy", "lightkurve")},
            "plugins": plugins,
        }


FIELD_TABLES = ("observations", "products")


def _asked(drops: Sequence[Drop], before: int, given: Mapping[str, Any]) -> tuple[Drop, ...]:
    """Keep with each new line of the ledger what was given, and that these were chosen together: so it can be asked again."""
    step = 1 + max((drop.step for drop in drops[:before]), default=0)
    new = (replace(drop, asked=plain(given[drop.filter]), step=step) for drop in drops[before:])
    return (*drops[:before], *new)


def _all_in(item: object, held: Container[int]) -> bool:
    """Tell whether an object is a sequence, e.g. the light curves of one file, of which each is held by a group."""
    return isinstance(item, Sequence) and not isinstance(item, str) and all(id(part) in held for part in item)


def show(value: Any) -> str:
    """Write a filter's value as it would stand on a command line."""
    if isinstance(value, range):
        value = list(value)
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    if isinstance(value, list | tuple):
        return ",".join(map(show, value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@functools.cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


@functools.cache
def default_session() -> Session:
    """Give the session that `tess_source.search` and its like use; it is made at the first call."""
    return Session()
