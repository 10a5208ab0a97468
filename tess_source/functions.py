"""The methods of a session as functions, each with the session that you give it or with the default session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from inspect import cleandoc
from os import PathLike
from pathlib import Path
from typing import Any

from tess_source.hooks.records import Field
from tess_source.keywords import naming_keywords
from tess_source.object_store.path import ObjectPath
from tess_source.queries import chosen_session, count, iter_search, observations, products, search
from tess_source.session import Session, default_session
from tess_source.settings import ExecutorLike, OnProgress
from tess_source.tables.found import Found
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Group, Loaded
from tess_source.tables.plan import Manifest, Plan

__all__ = [
    "Session", "count", "download", "fields", "iter_search", "load_plan", "observations", "open", "products", "register", "search",
    "unregister",
]  # fmt: skip


@naming_keywords
def fields(what: str = "observations", *, session: Session | None = None) -> list[Field]:
    """Return the archives' own description of the columns of a table.

    Parameters
    ----------
    what : str
        ``"observations"``, whose columns are criteria for searches, or ``"products"``.
    session : Session, optional
        The default session if not given.

    Returns
    -------
    list of Field
        Name, label, type, unit, description and examples of each column.

    Raises
    ------
    QueryError
        If no archive has such a table.
    ServiceError
        If the archive fails.
    OfflineError
        If no connection may be opened.

    Examples
    --------
    >>> [field.unit for field in tess_source.fields() if field.name == "t_exptime"]
    ['sec']
    """
    return chosen_session(session).fields(what)


@naming_keywords
def download(
    products: Any,
    root: str | Path | ObjectPath | None = None,
    *,
    layout: str | None = None,
    large: bool = False,
    jobs: int | None = None,
    progress: OnProgress = None,
    executor: ExecutorLike = None,
    on_entry: Callable[[Entry], object] | None = None,
    session: Session | None = None,
) -> Manifest:
    """Fetch products that are not here yet. It is the third of three steps.

    Parameters
    ----------
    products : Products, Found, Plan, Manifest, table or URIs
        What to fetch: an answer, a plan, a product table of astroquery, pandas or polars, rows of one, or URIs of files. Of observations,
        all products are listed and fetched.
    root : str, Path or ObjectPath, optional
        The folder, or a place in an object store such as ``"s3://bucket/prefix"``; the cache folder if not given.
    layout : str, optional
        ``"mast"`` (shared with astroquery and lightkurve), ``"flat"``, or a template such as ``"{tic}/{filename}"``; that of the session
        if None.
    large : bool
        Whether products that are not a plan yet may be larger than 1 TB together. If not, they are an error that says how large they are.
    jobs : int, optional
        Files fetched at the same time; the session's setting (8) if None.
    progress : bool or callable, optional
        True: a bar. False: none. A function is called with (files done, bytes done). None: as the session says, by default a bar in a
        notebook or terminal.
    executor : int, str, distributed.Client or Executor, optional
        Workers that fetch the files: see `Session`. They must share the folder. All together open at most `jobs` connections
        to archives, and twice as many each to object stores.
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

    Examples
    --------
    >>> manifest = tess_source.download(found, "data")
    >>> manifest.ok.plan.bytes == manifest.plan.bytes
    True
    >>> rest = manifest.failed.download()     # tries again what failed
    """
    value = products.plan if isinstance(products, Manifest) else getattr(products, "found", products)
    own = value.session if isinstance(value, Plan | Found) else None
    here = own if session is None and isinstance(own, Session) else chosen_session(session)
    return here.download(
        products, root, layout=layout, large=large, jobs=jobs, progress=progress, executor=executor, on_entry=on_entry
    )


@naming_keywords
def load_plan(
    path: str | Path | ObjectPath, root: str | Path | ObjectPath | None = None, *, session: Session | None = None
) -> Plan:
    """Read a plan that was saved: a lock.

    Parameters
    ----------
    path : str, Path or ObjectPath
        The lock, an ECSV file, as `Plan.save` and ``tess-source get --lock`` write it.
    root : str, Path or ObjectPath, optional
        The folder, or the place in an object store, that the files go to; the cache folder if None.
    session : Session, optional
        Fetches the plan; the default session if not given.

    Returns
    -------
    Plan
        With the sizes and sums of the lock, against which files are checked when they are fetched.

    Raises
    ------
    LockError
        If it is not a plan; the message names the file.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> lock = manifest.lock().save("kelt9.ecsv")
    >>> tess_source.load_plan("kelt9.ecsv", "data").download().summary()
    'Manifest: 0 fetched (0 B), 2 here before, 0 failed in ... s -> data'
    """
    return chosen_session(session).load_plan(path, root)


def open(
    what: Manifest | str | PathLike[str] | ObjectPath | Iterable[str | PathLike[str] | ObjectPath],
    *,
    session: Session | None = None,
    **options: Any,
) -> Group | Loaded:
    """Open files of this machine or in an object store, or the files of a manifest.

    Parameters
    ----------
    what : path, iterable of paths, or Manifest
        A path may be that of a file; of a folder, for the TESS and FITS files in it and in its subfolders; or a pattern such as
        ``"data/*_lc.fits"``. So may a URL such as ``"s3://bucket/data"``; all files are then of one bucket. Each file is opened once, in
        the order given; those of a folder or pattern are sorted.
    session : Session, optional
        The default session if not given.
    **options
        Passed to the readers, e.g. ``flux_column="sap_flux"``, ``quality_bitmask="hard"``.

    Returns
    -------
    lightkurve.LightCurveCollection or lightkurve.TargetPixelFileCollection or Loaded
        The collection, if all opened files are of one kind; else a `Loaded`, with one collection per kind. Times are BTJD (TDB), fluxes
        have the unit of the file. Files that could not be opened are logged, one warning per reason.

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

    Examples
    --------
    >>> tess_source.open("data", flux_column="sap_flux")
    LightCurveCollection of 2 objects:
        0: <TessLightCurve LABEL="TIC 16740101" SECTOR=14 AUTHOR=SPOC FLUX_ORIGIN=sap_flux>
        1: <TessLightCurve LABEL="TIC 16740101" SECTOR=15 AUTHOR=SPOC FLUX_ORIGIN=sap_flux>
    """
    return chosen_session(session).open(what, **options)


@naming_keywords
def register(plugin: object, name: str | None = None, *, replace: bool = False) -> str:
    """Add a plugin to the default session.

    Parameters
    ----------
    plugin : object
        A module, or any object with hook implementations.
    name : str, optional
        Its name; the module's or class's if not given.
    replace : bool
        Whether to remove a plugin of the same name first, so that you can run a notebook cell twice.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    PluginError
        If it is not a plugin, or claims a name that is taken.

    Examples
    --------
    >>> class Even:
    ...     @tess_source.hookimpl
    ...     def tess_filters(self):
    ...         keep = lambda products, wanted: products["last_sector"] % 2 == 0
    ...         return [tess_source.Filter("even_sectors", keep, "products of even sectors")]
    >>> tess_source.register(Even())
    'Even'
    >>> found.select(even_sectors=True).products["last_sector"].to_list()
    [14]
    >>> tess_source.unregister("Even")
    """
    return default_session().register(plugin, name, replace=replace)


@naming_keywords
def unregister(name: str) -> None:
    """Remove a plugin from the default session, with all that it declared.

    Parameters
    ----------
    name : str
        The name that `register` returned.

    Raises
    ------
    UnknownNameError
        If there is no plugin of that name.

    Examples
    --------
    >>> tess_source.register(plugin, "mine")
    'mine'
    >>> tess_source.unregister("mine")
    """
    default_session().unregister(name)


WHAT = "what : Found, Plan, table or URIs\n    An answer, a plan, or what `Session.found` takes.\n"
"""The parameter that methods of a session have, and those of an answer have not."""
PLACE = "".join(re.findall(r"(?m)^(?:root|layout|large) : .*\n(?:    .*\n)+", cleandoc(Found.download.__doc__ or "")))


def _document(name: str, like: Callable[..., object], first: str = "") -> None:
    """Give a method of a session the docstring of a function or method that does the same, as far as its parameters are the same."""
    said = re.sub(r"(?m)^session : .*\n(?:    .*\n)*", "", cleandoc(like.__doc__ or ""))
    said = said.replace("Parameters\n----------\n", f"Parameters\n----------\n{first}", 1).replace(
        "products : Products, Found", "what : Products, Found"
    )
    said = said.replace(f"tess_source.{name}(", f"session.{name}(")
    said = re.sub(rf"\b(found|plan|manifest)\.{name}\((\))?", lambda at: f"session.{name}({at[1]}{at[2] or ', '}", said)
    vars(Session)[name].__doc__ = said or None


for _function in (search, iter_search, count, fields, download, load_plan, open, register, unregister):
    _document(_function.__name__, _function)
_document("plan", Found.plan, WHAT.replace("what", "products"))
_document("iter_download", Plan.iter_download, WHAT + PLACE)
_document("read", Manifest.read, "manifest : Manifest\n    The files.\n")
_document("select", Found.select, "found : Found or table\n    An answer, or products from elsewhere.\n")
_document("load", Found.load, WHAT)
_document("urls", Found.urls, WHAT)
