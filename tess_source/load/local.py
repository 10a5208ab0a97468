"""Manifests of files on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.files.exposure import exptime_of_file
from tess_source.files.verify import is_fits
from tess_source.paths import path_text, user_path
from tess_source.tables.items import HERE, Entry, Items, completed, item_from
from tess_source.tables.listing import Products
from tess_source.tables.plan import Fetches, Manifest, Plan

__all__ = ["manifest_of"]


def manifest_of(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], session: Fetches) -> Manifest:
    """Return a manifest of local files, each once, in the order in which they are given.

    Their kinds are read from their names, and exposure times that no name tells from their headers.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, folders, and patterns such as ``"data/*_lc.fits"``. A folder stands for the TESS and FITS files in it and in its subfolders,
        sorted; a pattern for the files that fit, sorted, with ``**`` for any subfolders. Hidden files and folders are left out.
    session : Session
        The session that opens them.

    Raises
    ------
    QueryError
        If there is no path, or something is not a path.
    FileNotFoundError
        If no file exists. If only some are missing, these fail like other files that cannot be opened.
    IsADirectoryError
        If a folder has no TESS or FITS file.
    """
    if not isinstance(paths, Iterable | os.PathLike):
        raise QueryError(f"{paths!r} is not a path; give a path, several, or a manifest")
    given = [paths] if isinstance(paths, str | bytes | os.PathLike) else paths
    found = [place for path in given for place in _files_at(user_path(path))]
    if not found:
        raise QueryError("there is no path to open; give one or several")
    if not any(map(os.path.exists, found)):  # unlike Path.exists, it takes every name
        more = f", nor any of {len(found) - 1:,} more" if len(found) > 1 else ""
        raise FileNotFoundError(f"there is no file {str(found[0])!r}{more}")
    places = list(dict.fromkeys(place.absolute() for place in found))
    root = Path(os.path.commonpath([place.parent for place in places]))
    products = Products.of(
        [{"uri": place.as_uri(), "filename": path_text(place.name), "size": _size(place)} for place in places]
    )
    relative = pl.Series("path", [path_text(place.relative_to(root).as_posix()) for place in places])
    known = completed(products.to_polars().with_columns(relative))
    times = [_exptime(place) if time is None else time for place, time in zip(places, known["exptime"], strict=True)]
    items = Items(known.with_columns(exptime=pl.Series(times, dtype=pl.Float64)))
    entries = (
        Entry(item_from(row), HERE, place, bytes=row["size"] or 0) for row, place in zip(items, places, strict=True)
    )
    return Manifest(Plan(items, root, {}, session), tuple(entries))


def _files_at(path: Path) -> Iterator[Path]:
    """Yield a file, the files of a folder, or those that fit a pattern. A path with nothing there is for the reader to report."""
    if os.path.isdir(path):  # noqa: PTH112  as above
        if not (found := sorted(_files_below(path))):
            raise IsADirectoryError(f"{str(path)!r} is a folder without a TESS or FITS file")
        yield from found
    elif has_magic(str(path)) and not os.path.exists(path):  # noqa: PTH110
        if not (found := sorted(place for place in map(Path, glob(str(path), recursive=True)) if place.is_file())):  # noqa: PTH207
            raise FileNotFoundError(f"there is no file that fits {str(path)!r}")
        yield from found
    else:
        yield path


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            known = is_fits(name) or names.parse(name).kind != "other"
            if known and not name.startswith("."):
                yield Path(place, name)


def _exptime(path: Path) -> float | None:
    """Return the exposure time [s] that a file tells. A file that cannot be read is for the reader to report."""
    try:
        return exptime_of_file(path) if os.path.isfile(path) else None  # noqa: PTH113  a pipe would be waited for
    except OSError:
        return None


def _size(path: Path) -> int | None:
    return path.stat().st_size if os.path.isfile(path) else None  # noqa: PTH113
