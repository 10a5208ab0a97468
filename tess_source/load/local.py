"""Manifests of files that are there: on this machine, or in an object store."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial
from glob import glob, has_magic
from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.files.exposure import exptime_of_file
from tess_source.files.folder import Lying
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath, is_object_url
from tess_source.paths import path_text, user_path
from tess_source.settings import Settings, checked_online
from tess_source.tables.items import HERE, Entry, Items, completed, item_from
from tess_source.tables.listing import Products
from tess_source.tables.plan import Fetches, Manifest, Plan

__all__ = ["Given", "manifest_of"]


Given = str | os.PathLike[str] | ObjectPath
"""A file, folder or pattern; or the URL of one in an object store."""


def manifest_of(paths: Given | Iterable[Given], session: Fetches, settings: Settings | None = None) -> Manifest:
    """Return a manifest of files, each once, in the order in which they are given.

    Their kinds are read from their names, and exposure times that no name tells from their headers.

    Parameters
    ----------
    paths : path or iterable of paths
        Files, folders, and patterns such as ``"data/*_lc.fits"``; or URLs of these, all in one bucket, e.g. ``"s3://bucket/data"``. A
        folder stands for the TESS and FITS files in it and in its subfolders, sorted; a pattern for the files that fit, sorted, with
        ``**`` for any subfolders. Hidden files and folders are left out.
    session : Session
        The session that opens them.
    settings : Settings, optional
        Those of the session, which may open no connection.

    Raises
    ------
    QueryError
        If there is no path, something is not a path, or they are in several places: on this machine and in an object store, or in two
        buckets.
    FileNotFoundError
        If no file exists. If only some are missing, these fail like other files that cannot be opened.
    OfflineError
        If they are in an object store, and no connection may be opened.
    IsADirectoryError
        If a folder has no TESS or FITS file.
    """
    if not isinstance(paths, Iterable | os.PathLike | ObjectPath):
        raise QueryError(f"{paths!r} is not a path; give a path, several, or a manifest")
    given = [paths] if isinstance(paths, str | bytes | os.PathLike | ObjectPath) else [*paths]
    if any(map(is_object_url, given)):
        return _of_objects(given, session, settings or Settings())
    found = [place for path in given if not isinstance(path, ObjectPath) for place in _files_at(user_path(path))]
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


def _of_objects(given: Sequence[Given], session: Fetches, settings: Settings) -> Manifest:
    """Return a manifest of objects of one bucket."""
    split = [_place_and_pattern(place) for place in given]
    if len({(place.scheme, place.bucket) for place, _ in split}) > 1:
        raise QueryError("these files are in several buckets: open those of each in a call of its own")
    checked_online(split[0][0], settings)
    found = dict(pair for place, pattern in split for pair in _objects_at(place, pattern))
    bucket = ObjectPath(split[0][0].scheme, split[0][0].bucket)
    products = Products.of(
        [{"uri": str(bucket / key), "filename": key.rpartition("/")[2], "size": found[key].size} for key in found]
    )
    items = Items(completed(products.to_polars().with_columns(path=pl.Series([*found], dtype=pl.String))))
    entries = (
        Entry(item_from(row), HERE, bytes=lying.size, object=bucket / key, object_etag=lying.etag or None)
        for row, (key, lying) in zip(items, found.items(), strict=True)
    )
    return Manifest(Plan(items, bucket, {}, session), tuple(entries))


def _place_and_pattern(given: Given) -> tuple[ObjectPath, Sequence[str]]:
    """Return a place in an object store, and the parts of the pattern that follows it, if any."""
    if isinstance(given, ObjectPath):
        return given, ()
    if not is_object_url(given):
        raise QueryError("some of these files are on this machine, others in an object store: open them in two calls")
    plain, *pattern = re.split(r"/(?=[^/]*[*[])", str(given), maxsplit=1)
    return ObjectPath.of(plain), "".join(pattern).split("/") if pattern else ()


def _objects_at(place: ObjectPath, pattern: Sequence[str]) -> Iterator[tuple[str, Lying]]:
    """Yield an object, those below a prefix, or those that fit a pattern there, with their keys, sorted."""
    if place.key and not pattern and (own := ObjectFolder(place.parent).exists(place.name)):
        yield place.key, own
        return
    chosen = partial(_fits, pattern=pattern) if pattern else _is_shown
    if not (found := sorted((path, lying) for path, lying in ObjectFolder(place).listed() if chosen(path))):
        what = f"that fits {'/'.join(pattern)!r}" if pattern else "of this key, nor a TESS or FITS file below it"
        raise FileNotFoundError(errno.ENOENT, f"there is no object {what}", str(place))
    yield from ((f"{place.key}/{path}".lstrip("/"), lying) for path, lying in found)


def _fits(path: str, pattern: Sequence[str]) -> bool:
    """Return whether a path fits a pattern, as for `glob.glob`: ``**`` stands for any folders, and nothing hidden is found."""
    name, _, rest = path.partition("/")
    hidden = name.startswith(".") and not pattern[0].startswith(".")
    if pattern[0] == "**":
        if len(pattern) == 1:
            return not hidden and (not rest or _fits(rest, pattern))
        return _fits(path, pattern[1:]) or (not hidden and bool(rest) and _fits(rest, pattern))
    if hidden or not fnmatchcase(name, pattern[0]):
        return False
    return _fits(rest, pattern[1:]) if rest and len(pattern) > 1 else not rest and len(pattern) == 1


def _is_shown(path: str) -> bool:
    """Return whether a file of a folder is opened with it: a TESS or FITS file that is not hidden."""
    from tess_source.files.verify import is_fits

    name = path.rpartition("/")[2]
    known = is_fits(name) or names.parse(name).kind != "other"
    return known and not path.startswith(".") and "/." not in path


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
            if _is_shown(name):
                yield Path(place, name)


def _exptime(path: Path) -> float | None:
    """Return the exposure time [s] that a file tells. A file that cannot be read is for the reader to report."""
    try:
        return exptime_of_file(path) if os.path.isfile(path) else None  # noqa: PTH113  a pipe would be waited for
    except OSError:
        return None


def _size(path: Path) -> int | None:
    return path.stat().st_size if os.path.isfile(path) else None  # noqa: PTH113
