"""Manifests of files on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.files.exposure import exptime_of_file
from tess_source.tables.items import HERE, Entry, item_from
from tess_source.tables.listing import Products
from tess_source.tables.plan import Fetches, Manifest, Plan

__all__ = ["manifest_of"]


def manifest_of(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], session: Fetches) -> Manifest:
    """Return a manifest of local files. Their kinds are read from their names, and exposure times that no name tells from their headers.

    Parameters
    ----------
    paths : path or iterable of paths
    session : Session
        The session that opens them.

    Raises
    ------
    QueryError
        If there is no path, or something is not a path.
    FileNotFoundError
        If a file does not exist.
    """
    if not isinstance(paths, str | os.PathLike | Iterable):
        raise QueryError(f"{paths!r} is not a path; give a path, several, or a manifest")
    files = [_checked_path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    if not files:
        raise QueryError("there is no path to open; give one or several")
    for file in files:
        if file.is_dir():
            raise IsADirectoryError(f"{str(file)!r} is a folder; give the files in it")
        if not file.is_file():
            raise FileNotFoundError(f"there is no file {str(file)!r}")
    places = dict.fromkeys(file.expanduser().absolute() for file in files)
    products = Products.of(
        [{"uri": place.as_uri(), "filename": place.name, "size": place.stat().st_size} for place in places]
    )
    times = [
        exptime_of_file(place) if time is None else time
        for place, time in zip(places, products["exptime"], strict=True)
    ]
    products = products.with_columns(exptime=pl.Series(times, dtype=pl.Float64))
    by_uri = {place.as_uri(): place for place in places}
    plan = Plan.of(
        products, Path(os.path.commonpath([place.parent for place in places])), "{filename}", session=session
    )
    rows = {row["uri"]: item_from(row) for row in plan.items}
    entries = (Entry(rows[uri], HERE, place, bytes=rows[uri].size or 0) for uri, place in by_uri.items())
    return Manifest(plan, tuple(entries))


def _checked_path(path: object) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise QueryError(f"{path!r} is not a path")
    return Path(path).expanduser()
