"""The session, which has all steps from a target to files as methods, and the default session."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.cache.store import Store
from tess_source.display import activity
from tess_source.display.visible import logger, visible_line
from tess_source.download.addresses import preferred
from tess_source.download.urls import first_requests, urls_of
from tess_source.hooks.records import Field
from tess_source.hooks.registry import Registry
from tess_source.keywords import naming_keywords_of_methods
from tess_source.load.by_workers import chosen_executor
from tess_source.load.loading import each_opened, read
from tess_source.load.local import Given, manifest_of
from tess_source.object_store.path import ObjectPath, user_root
from tess_source.search import asking, streaming
from tess_source.search.reasons import with_reasons
from tess_source.search.resolving import question, question_and_choice, question_for_archives, question_of_observations
from tess_source.search.select import select
from tess_source.settings import ExecutorLike, OnProgress, Settings, checked_online
from tess_source.tables.accessors import given
from tess_source.tables.found import ASK_AGAIN, Found
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Group, Loaded, Opened
from tess_source.tables.plan import Manifest, Plan
from tess_source.tables.saved import read_saved
from tess_source.tables.typed import SessionMethods
from tess_source.targets.target import Query
from tess_source.workers import check_executor

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = ["Session", "default_session", "existing_default_session", "in_use", "session_of", "set_default_session"]

log: logging.Logger = logger(__name__)


@naming_keywords_of_methods
@activity.shown_in("search", "count", "fields", "found", "select", "read", "_found_observations")
class Session(SessionMethods):
    """Plugins and settings, and the path from a target to files.

    A session can be pickled and copied; its token is left out. Two sessions are equal if their plugins and settings are.

    Parameters
    ----------
    server : str, optional
        Another base URL than MAST's, e.g. that of a sample archive; else ``TESS_SOURCE_SERVER``, or the config file. Every address
        then becomes *server + path*.
    archive : str or list of str, optional
        Names of the archives that are asked: plugins that implement ``tess_query``. By default all but stand-ins.
    without : iterable of str
        Installed plugins to leave out.
    token : str, optional
        MAST token for exclusive data; else ``MAST_API_TOKEN`` or astroquery's keyring. Sent to MAST's own hosts over https only.
    timeout : float
        Most seconds for one question to an archive in all.
    jobs : int, optional
        Files fetched at the same time; else ``TESS_SOURCE_JOBS``, the config file, or 8.
    processes : int, optional
        Processes that do what is much work, such as to fetch many files; else ``TESS_SOURCE_PROCESSES``, the config file, or 1.
    layout : str, optional
        The layout of plans that do not say one: see `Found.plan`; else ``TESS_SOURCE_LAYOUT``, the config file, or ``"mast"``.
    cache : str or Path, optional
        The cache folder; else ``TESS_SOURCE_CACHE``, the config file, or the system's place for caches. It is looked up when it is used.
    max_age : float or str or timedelta, optional
        Most age of a kept answer: seconds, or e.g. ``"12h"``; else ``TESS_SOURCE_MAX_AGE``, the config file, or a day.
    offline : bool, optional
        Whether to open no connection: answers come from the cache folder, and errors name what is missing; else ``TESS_SOURCE_OFFLINE``.
    insecure_redirects : bool, optional
        Whether to follow redirects from https to http, which anyone on the way may read; else ``TESS_SOURCE_INSECURE_REDIRECTS``.
    prefer : str, optional
        Where files come from first: ``"archive"``, or the name of a copy of it, e.g. ``"cloud"``. The other is then tried second.
        ``"archive-only"`` and ``"cloud-only"`` leave it out. Else ``TESS_SOURCE_PREFER``, the config file, or ``"archive"``.
    progress : bool or callable, optional
        False: show neither bars nor what a long search is doing. Else see `tess_source.settings.Settings`.
    executor : int, str, distributed.Client or Executor, optional
        Who does the work in this process's place, much or little: e.g. ``"tcp://host:8786"`` for a dask cluster. See :doc:`cluster`.
    plugins : iterable of object
        Plugins to register besides the installed ones.
    discover : bool
        Whether to load installed plugins.

    Raises
    ------
    QueryError
        If an argument makes no sense.
    PluginConflictError
        If two plugins claim one name.

    Examples
    --------
    >>> session = tess_source.Session(jobs=4, cache="cache", offline=True)
    >>> session.settings.jobs
    4
    """

    settings: Settings
    registry: Registry

    def __init__(
        self,
        server: str | None = None,
        *,
        archive: str | Iterable[str] | None = None,
        without: Iterable[str] = (),
        token: str | None = None,
        timeout: float = 600.0,
        jobs: int | None = None,
        processes: int | None = None,
        layout: str | None = None,
        cache: str | Path | None = None,
        max_age: float | str | timedelta | None = None,
        offline: bool | None = None,
        insecure_redirects: bool | None = None,
        prefer: str | None = None,
        progress: OnProgress = None,
        executor: ExecutorLike = None,
        plugins: Iterable[object] = (),
        discover: bool = True,
    ) -> None:
        check_executor(executor)
        self.settings = Settings.of(
            server, archive=archive, token=token, timeout=timeout, jobs=jobs, processes=processes, layout=layout, cache=cache,
            max_age=max_age, offline=offline, insecure_redirects=insecure_redirects, prefer=prefer, progress=progress, executor=executor,
        )  # fmt: skip
        without = [without] if isinstance(without, str) else without
        self.registry: Registry = Registry.discover(without) if discover else Registry()
        for plugin in plugins:
            self.register(plugin)
        if prefer is not None:
            preferred(self.registry.copies, self.settings)
        in_use[id(self)] = self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Session):
            return NotImplemented
        same = replace(self.settings, token=None) == replace(other.settings, token=None)
        return same and self.registry == other.registry

    def __hash__(self) -> int:
        return hash((Session, self.settings.server))

    def __reduce__(self) -> tuple[Callable[..., Session], tuple[Settings, Registry]]:
        return _restored, (replace(self.settings, token=None), self.registry)

    def __repr__(self) -> str:
        preferring = f", preferring {self.settings.prefer!r}" if self.settings.prefer else ""
        plugins = ", ".join(self.registry.ready) or "no plugins"
        return visible_line(f"<Session of {self.settings.server_name}{preferring} with {plugins}>")

    def _checked_session(self) -> Session:
        return self

    # -- plugins and places --

    def register(self, plugin: object, name: str | None = None, *, replace: bool = False) -> str:
        """Add a plugin for this session: see `tess_source.register`, whose docstring it gets."""
        return self.registry.register(plugin, name, replace=replace)

    def unregister(self, name: str) -> None:
        """Remove a plugin from this session: see `tess_source.unregister`, whose docstring it gets."""
        self.registry.unregister(name)

    @property
    def store(self) -> Store:
        """The files of the cache folder, at the place that is configured at this moment."""
        return Store.of(self.settings)

    def search(
        self, targets: Any = None, *, radius: float | Quantity | str | None = None, wildcards: bool = False,
        archive: str | Sequence[str] | None = None, refresh: bool = False, missing: str = "raise", large: bool = False, **words: Any,
    ) -> Found:  # fmt: skip
        """Find observations, and list, link and filter their products: see `tess_source.search`."""
        asked = {"radius": radius, "wildcards": wildcards, "archive": archive, "missing": missing, "large": large}
        query, choice = question_and_choice(
            self.registry, self.settings, targets, words=words, refresh=refresh, **asked
        )
        found = self._answer(query, refresh=refresh, words=choice)
        for absent in filter(None, (found.unobserved(), found.unmatched())):
            log.warning("%s%s", absent, f" (from the cache folder; {ASK_AGAIN})" if found.from_store else "")
        return with_reasons(self.registry, self.settings, found)

    def iter_search(
        self, targets: Any = None, *, radius: float | Quantity | str | None = None, wildcards: bool = False,
        archive: str | Sequence[str] | None = None, missing: str = "raise", large: bool = False, **words: Any,
    ) -> Iterator[Found]:  # fmt: skip
        """Search, and yield the answer in parts of whole stars: see `tess_source.iter_search`."""
        asks: Any = {"radius": radius, "wildcards": wildcards, "archive": archive, "missing": missing, "large": large}
        return self._parts(targets, words, **asks)

    def count(
        self, targets: Any = None, *, radius: float | Quantity | str | None = None, wildcards: bool = False,
        archive: str | Sequence[str] | None = None, refresh: bool = False, missing: str = "raise", large: bool = False, **words: Any,
    ) -> int:  # fmt: skip
        """Count the observations that a search would find: see `tess_source.count`."""
        asked: Any = {"radius": radius, "wildcards": wildcards, "archive": archive, "missing": missing, "large": large}
        query = question_for_archives(self.registry, self.settings, targets, words=words, refresh=refresh, **asked)
        if query is None:
            return len(self.search(targets, refresh=refresh, **asked, **words).narrowed().observations)
        return asking.count(self.registry, self.settings, query, refresh=refresh)

    def fields(self, what: str = "observations") -> list[Field]:
        """Return the archives' own description of the columns of a table, ``"observations"`` or ``"products"``."""
        return asking.fields(self.registry, self.settings, what)

    def found(self, products: Any, *, large: bool = False) -> Found:
        """Return products from elsewhere as a `Found`.

        Parameters
        ----------
        products : object
            A table of astroquery, pandas or polars, rows of one, or URIs. Of a table of observations, the products are listed.
        large : bool
            Whether there may be more than 50,000 observations. If not, so many are a `LargeAnswerError`.

        Raises
        ------
        TableError
            If it is none of these.
        """
        if isinstance(inner := getattr(products, "found", products), Found):  # a `SearchTable` has one
            return inner.using(self)
        return asking.found_of(self.registry, self.settings, products, large=large).using(self)

    def select(self, found: Any, /, **filters: Any) -> Found:
        """Select products of an answer, or of what `found` takes. See `Found.select`."""
        return select(self.registry, self.settings, found if isinstance(found, Found) else self.found(found), filters)

    def plan(
        self, products: Any, root: str | Path | ObjectPath | None = None, *, layout: str | None = None, large: bool = False
    ) -> Plan:  # fmt: skip
        """Plan the download of products: an answer, or what `found` takes. See `Found.plan`."""
        return self.found(products, large=large).plan(root, layout=layout, large=large)

    def load_plan(self, path: str | Path | ObjectPath, root: str | Path | ObjectPath | None = None) -> Plan:
        """Read a plan that was saved, a lock: see `tess_source.load_plan`."""
        folder = self.store.root if root is None else user_root(root)
        items, record = read_saved(checked_online(user_root(path), self.settings))
        return Plan(items, folder, record, self)

    def download(
        self, what: Any, /, root: str | Path | ObjectPath | None = None, *, layout: str | None = None, large: bool = False,
        jobs: int | None = None, progress: OnProgress = None, executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Manifest:  # fmt: skip
        """Fetch a plan, an answer, the files of a manifest, or what `found` takes: see `tess_source.download`."""
        from tess_source.download.downloader import download

        plan = self._plan_of(what, root, layout, large=large)
        return download(
            plan, self.registry, self.settings, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry
        )

    def iter_download(
        self, what: Any, /, root: str | Path | ObjectPath | None = None, *, layout: str | None = None, large: bool = False,
        jobs: int | None = None, progress: OnProgress = None, executor: ExecutorLike = None,
        on_entry: Callable[[Entry], object] | None = None,
    ) -> Iterator[Entry]:  # fmt: skip
        """Fetch files that are not here yet, and yield each entry as soon as it is known. The arguments are those of `download`."""
        from tess_source.download.downloader import Download

        plan = self._plan_of(what, root, layout, large=large)
        run: dict[str, Any] = {"jobs": jobs, "progress": progress, "executor": executor, "on_entry": on_entry}
        return iter(Download(plan, self.registry, self.settings, **run))

    def read(self, manifest: Manifest, /, **options: Any) -> Loaded:
        """Open the files of a manifest, and keep the reason for each that cannot be opened: see `Manifest.read`."""
        checked_online(manifest.plan.root, self.settings)
        return read(self.registry, manifest, options)

    def open(self, what: Manifest | Given | Iterable[Given], /, **options: Any) -> Group | Loaded:
        """Open files of this machine or in an object store, or those of a manifest: see `tess_source.open`."""
        manifest = what if isinstance(what, Manifest) else manifest_of(what, self, self.settings)
        return self.read(manifest, **options).collection(len(manifest))

    def load(self, what: Any, /, **options: Any) -> Group | Loaded:
        """Open a few files without keeping them: those of an answer, a plan, or of what `found` takes. See `Found.load`."""
        from tess_source.direct import loaded

        files = what if isinstance(what, Plan | Manifest) else self.found(what)
        return loaded(self._plan_of(files, None, "mast", large=True), self.registry, self.settings, options)

    def urls(self, what: Any, /, *, prefer: str | None = None) -> list[str]:
        """Return the web address of each file of an answer, a plan, or of what `found` takes: see `Found.urls`."""
        files = what if isinstance(what, Plan) else self.found(what)
        return urls_of(first_requests(files, self.registry, self.settings, prefer))

    # -- methods for values and for the modules above --

    def _question(self, targets: Any = None, **asked: Any) -> Query:
        return question(self.registry, self.settings, targets, **asked)

    def _parts(self, targets: Any, words: Mapping[str, Any], *, listing: bool = True, **asked: Any) -> Iterator[Found]:
        query, choice = question_and_choice(self.registry, self.settings, targets, words=words, **asked)
        streaming.check_masks(self.registry, choice)
        parts = streaming.parts(self.registry, self.settings, query, listing=listing)
        return activity.shown_each(self.settings.progress, (self.select(part.using(self), **choice) for part in parts))

    def _answer(self, query: Query, *, refresh: bool = False, words: Mapping[str, Any] | None = None) -> Found:
        return asking.answer(self.registry, self.settings, query, refresh=refresh, words=words).using(self)

    def _found_observations(
        self, targets: Any = None, *, words: Mapping[str, Any], refresh: bool = False, **asked: Any
    ) -> Found:
        query = question_of_observations(self.registry, self.settings, targets, words=words, refresh=refresh, **asked)
        return asking.observed(self.registry, self.settings, query, refresh=refresh).using(self)

    def _expected_status(self, plan: Plan, /) -> list[str]:
        from tess_source.download.existing import expected

        return expected(self._plan_of(plan, None, None, large=True), self.store)

    def _each_opened(
        self, manifest: Manifest, function: Callable[[Any], Any] | None, executor: ExecutorLike, workers: ExecutorLike,
        options: Mapping[str, Any], /,
    ) -> Iterator[Opened]:  # fmt: skip
        chosen = chosen_executor(self.settings, function, executor, workers)
        return each_opened(self.registry, manifest, function, chosen, options)

    def _plan_of(self, what: Any, root: str | Path | ObjectPath | None, layout: str | None, *, large: bool) -> Plan:
        if not isinstance(plan := what.plan if isinstance(what, Manifest) else what, Plan):
            plan, root = self.plan(what, root, layout=layout, large=large), None
        return plan.using(self).to(checked_online(plan.root if root is None else user_root(root), self.settings))


def _restored(settings: Settings, registry: Registry) -> Session:
    session = Session.__new__(Session)
    session.settings, session.registry = settings, registry
    in_use[id(session)] = session
    return session


def session_of(value: Found | Plan | Manifest) -> Session:
    """Return the session that a value works with.

    Raises
    ------
    NoSessionError
        If the value was made by hand, without a session.
    """
    owner = value.plan if isinstance(value, Manifest) else value
    session = given(owner.session, "plan" if isinstance(owner, Plan) else "found")
    assert isinstance(session, Session)
    return session


# -- the sessions of this process --

in_use: weakref.WeakValueDictionary[int, Session] = weakref.WeakValueDictionary()
"""All sessions of this process: tests let them ask another server for a while."""
_default: list[Session] = []
_making = threading.Lock()


def default_session() -> Session:
    """Return the session that `tess_source.search` and its like use. It is made at the first call.

    Examples
    --------
    >>> tess_source.default_session().settings.jobs
    8
    """
    with _making:
        if not _default:
            _default.append(Session())
        return _default[0]


def existing_default_session() -> Session | None:
    """Return the default session, if it has been made."""
    with _making:
        return _default[0] if _default else None


def set_default_session(session: Session | None) -> None:
    """Replace the default session.

    Parameters
    ----------
    session : Session or None
        None: a new session is made at the next use, with settings and plugins read again.

    Examples
    --------
    >>> tess_source.set_default_session(tess_source.Session(jobs=4))
    """
    with _making:
        _default[:] = [] if session is None else [session]
