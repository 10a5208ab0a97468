"""The methods of a session as functions, each with the session that you give it or with the default session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.errors import QueryError
from tess_source.hooks.records import Field
from tess_source.keywords import naming_keywords
from tess_source.search.asking import products as listed
from tess_source.session import Session, default_session
from tess_source.settings import OnProgress
from tess_source.tables.found import Found
from tess_source.tables.items import Entry
from tess_source.tables.listing import Observations, Products
from tess_source.tables.loaded import Group, Loaded
from tess_source.tables.plan import Manifest, Plan

if TYPE_CHECKING:
    from astropy.units import Quantity

__all__ = [
    "count",
    "download",
    "fields",
    "iter_search",
    "load_plan",
    "observations",
    "open",
    "products",
    "register",
    "search",
    "unregister",
]


def search(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Found:
    """Find observations, and list, link and filter their products.

    Parameters
    ----------
    targets : object, optional
        A TIC id, a name, coordinates, an obs_id, a table or row with one of these, or any iterable of them: see
        `tess_source.targets.parse_targets`. None: everything that meets the filters and criteria.
    radius : float or Quantity or str, optional
        Radius of cones around names and coordinates [arcsec]. Without it, a name means its nearest star alone.
    wildcards : bool
        Whether ``*`` and ``%`` in criteria stand for any text.
    archive : str or list of str, optional
        Names of the archives that are asked, e.g. ``"mast"``; by default those of the session.
    refresh : bool
        Ask the archive, even if a recent answer to this question is remembered.
    missing : str
        ``"raise"``: rows of the targets that have none (None, NaN, masked, empty) are an error, which says which. ``"skip"``: they are
        passed over, and the answer says how many there were.
    large : bool
        Whether MAST's answer may have more than 50,000 observations. If not, such a question is an error before anything is fetched.
    session : Session, optional
        The default session if not given.
    **words
        Filters (``sector=14``, ``kind="lc"``), look-ups (``stars=True``), and columns of the archive's observation table as criteria
        (``proposal_id="G06062"``).

    Returns
    -------
    Found
        If the archive has nothing, it is empty, and its `explain` says why.

    Raises
    ------
    QueryError
        If an argument does not exist or makes no sense.
    ResolverError
        If no resolver knows a name.
    ServiceError
        If the archive fails; a failure is never shown as an empty answer.
    OfflineError
        If no connection may be opened, and the cache folder has no answer.
    """
    return _chosen(session).search(
        targets,
        radius=radius,
        wildcards=wildcards,
        archive=archive,
        refresh=refresh,
        missing=missing,
        large=large,
        **words,
    )


def iter_search(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Iterator[Found]:
    """Search, and yield the answer in parts, for answers that are larger than memory. Nothing is remembered.

    Each part holds all observations of some stars, a few thousand, in the order of `search`. Observations are first written to temporary
    files; then products are listed, linked and filtered part by part.

    Parameters
    ----------
    targets, radius, wildcards, archive, missing, large, session
        See `search`.
    **words
        See `search`. Filters that choose among all products, such as ``limit``, are refused.

    Yields
    ------
    Found
        At least one, which may be empty.

    Raises
    ------
    QueryError, ResolverError, ServiceError, OfflineError
        As `search`.
    """
    return _chosen(session).iter_search(
        targets, radius=radius, wildcards=wildcards, archive=archive, missing=missing, large=large, **words
    )


def count(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> int:
    """Count the observations that a search would find.

    Parameters are those of `search`. The archive counts, if it can choose by all filters; it is asked in any case, and ``refresh=True``
    looks up names again, too. Filters of products, such as ``kind="lc"``, need a `search`: those observations are counted of which a
    product is left.
    """
    return _chosen(session).count(
        targets,
        radius=radius,
        wildcards=wildcards,
        archive=archive,
        refresh=refresh,
        missing=missing,
        large=large,
        **words,
    )


@naming_keywords
def fields(what: str = "observations", *, session: Session | None = None) -> list[Field]:
    """Return the archives' own description of the columns of a table, ``"observations"`` or ``"products"``."""
    return _chosen(session).fields(what)


def observations(
    targets: Any = None,
    *,
    radius: float | Quantity | str | None = None,
    wildcards: bool = False,
    archive: str | Sequence[str] | None = None,
    refresh: bool = False,
    missing: str = "raise",
    large: bool = False,
    session: Session | None = None,
    **words: Any,
) -> Observations:
    """Find observations, without listing their products. It is the first of three steps: `products` and `download` follow.

    Parameters
    ----------
    targets, radius, wildcards, archive, missing, large
        See `search`.
    refresh : bool
        Look up names, even if it is remembered what they mean. The archive is asked in any case.
    session : Session, optional
        The default session if not given.
    **words
        Columns of the archive's observation table as criteria, and those filters that the archive can be asked for, e.g. ``sector=14``.

    Returns
    -------
    Observations
        The archive's own columns with ours beside them.

    Raises
    ------
    QueryError, ResolverError, ServiceError, OfflineError
        As `search`.
    """
    here = _chosen(session)
    asked = {"radius": radius, "wildcards": wildcards, "archive": archive, "missing": missing, "large": large}
    return here._found_observations(targets, words=words, refresh=refresh, **asked).observations


@naming_keywords
def products(
    observations: Any,
    *,
    archive: str | Sequence[str] | None = None,
    large: bool = False,
    session: Session | None = None,
) -> Products:
    """List the products of observations. It is the second of three steps.

    Parameters
    ----------
    observations : Observations or table
        Ours, or an astroquery, pandas or polars table, or one row of it. Rows may have ``obs_id`` or ``obsid`` alone, and an obs_id or
        obsid, or a list of them, will do too: the archive is then asked for the rest.
    archive : str or list of str, optional
        Names of the archives that are asked; by default those of the session, and those that the column `archive` names.
    large : bool
        Whether there may be more than 50,000 observations.
    session : Session, optional
        The default session if not given.

    Returns
    -------
    Products
        One row per file.

    Raises
    ------
    QueryError
        If the archive has no observation with such a key.
    ServiceError
        If the archive fails.
    OfflineError
        If no connection may be opened.
    """
    here = _chosen(session)
    return listed(here.registry, here.settings, observations, archive, large=large)


@naming_keywords
def download(
    products: Any,
    root: str | Path | None = None,
    *,
    layout: str | None = None,
    large: bool = False,
    jobs: int | None = None,
    progress: OnProgress = None,
    executor: Executor | None = None,
    on_entry: Callable[[Entry], object] | None = None,
    session: Session | None = None,
) -> Manifest:
    """Fetch products that are not here yet. It is the third of three steps.

    Parameters
    ----------
    products : Products, Found, Plan, Manifest, table or URIs
        What to fetch: an answer, a plan, a product table of astroquery, pandas or polars, rows of one, or URIs of files. Of observations,
        all products are listed and fetched.
    root : str or Path, optional
        The folder; the cache folder if not given.
    layout : str, optional
        ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``; that of the session
        if None.
    large : bool
        Whether products that are not a plan yet may be larger than 1 TB together. If not, they are an error that says how large they are.
    jobs : int, optional
        Files fetched at the same time; the session's setting (8) if None.
    progress : bool or callable, optional
        See `tess_source.settings.Settings`.
    executor : concurrent.futures.Executor, optional
        Its workers fetch the files.
    on_entry : callable, optional
        Called with each `Entry` as soon as it is known.
    session : Session, optional
        The session of the plan or answer, or the default session, if not given.

    Returns
    -------
    Manifest
        What happened to every file; one failure never stops the rest.

    Raises
    ------
    QueryError
        If there is more than 1 TB to fetch, and not ``large=True``.
    Interrupted
        On Ctrl-C, with the manifest so far.
    """
    value = products.plan if isinstance(products, Manifest) else getattr(products, "found", products)
    own = value.session if isinstance(value, Plan | Found) else None
    here = own if session is None and isinstance(own, Session) else _chosen(session)
    return here.download(
        products, root, layout=layout, large=large, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry
    )


@naming_keywords
def load_plan(path: str | Path, root: str | Path | None = None, *, session: Session | None = None) -> Plan:
    """Read a plan that was saved: a lock.

    Parameters
    ----------
    path : str or Path
    root : str or Path, optional
        The folder the files go to; the cache folder if None.
    session : Session, optional
        Fetches the plan; the default session if not given.

    Raises
    ------
    LockError
        If it is not a plan; the message names the file.
    """
    return _chosen(session).load_plan(path, root)


def open(
    what: Manifest | str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    session: Session | None = None,
    **options: Any,
) -> Group | Loaded:
    """Open files of this machine, or the files of a manifest: see `Manifest.load`, which also tells what is returned.

    Parameters
    ----------
    what : path, iterable of paths, or Manifest
        A path may be that of a file; of a folder, for the TESS and FITS files in it and in its subfolders; or a pattern such as
        ``"data/*_lc.fits"``. Each file is opened once, in the order given; those of a folder or pattern are sorted.
    session : Session, optional
        The default session if not given.
    **options
        Passed to the readers, e.g. ``flux_column="sap_flux"``.

    Raises
    ------
    FileNotFoundError
        If there is no such file. Of several, those that are missing are logged, and the others opened.
    IsADirectoryError
        If it is a folder without such files.
    LoadError
        If no file could be opened.
    QueryError
        If there is no path, or an argument makes no sense.
    """
    return _chosen(session).open(what, **options)


@naming_keywords
def register(plugin: object, name: str | None = None, *, replace: bool = False) -> str:
    """Add a plugin to the default session: see `Session.register`."""
    return default_session().register(plugin, name, replace=replace)


@naming_keywords
def unregister(name: str) -> None:
    """Take a plugin out of the default session: see `Session.unregister`."""
    default_session().unregister(name)


def _chosen(session: Session | None) -> Session:
    """Return the session to work with: the default one if none is given."""
    if session is None:
        return default_session()
    if not isinstance(session, Session):
        raise QueryError(
            f"session={session!r}: give a Session, e.g. tess_source.Session(), or None for the default one"
        )
    return session
