"""Downloads in place of lightkurve's: all files of TESS at once, verified, in the folders where lightkurve looks for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source.errors import QueryError, ResolverError
from tess_source.like_lightkurve.detours import Uses
from tess_source.object_store.path import is_object_url
from tess_source.session import Session
from tess_source.units import is_whole

if TYPE_CHECKING:
    from astropy.table import Table

    from tess_source.tables.plan import Manifest

__all__ = ["cutout_path", "download_all", "download_one"]

NEEDED = frozenset({"project", "dataURI", "obs_collection", "obs_id", "productFilename"})
"""Columns of a table whose files can be fetched."""
SIZE = 5
"""Side of a cut-out if none is given [pixel]."""

Cutout = tuple[str, int]
"""Target and sector."""

_problems: ContextVar[Mapping[Any, str]] = ContextVar("tess_source_problems")
"""URI, or target and sector, of the files that `download_all` has asked for → why one is not here; empty if it is."""
_cutouts: ContextVar[Mapping[Cutout, str]] = ContextVar("tess_source_cutouts")


def download_all(own: Callable[..., Any], lightkurve: ModuleType, uses: Uses) -> Callable[..., Any]:
    """Return a method in place of `SearchResult.download_all`: it fetches all files, and lightkurve then finds them on disk."""

    def download(
        self: Any, quality_bitmask: Any = "default", download_dir: Any = None, cutout_size: Any = None, **options: Any
    ) -> Any:
        session = uses.session()
        if session is None or not len(self.table):
            return own(self, quality_bitmask, download_dir, cutout_size, **options)
        folder = self._default_download_dir() if download_dir is None else download_dir
        files = _problems.set(_fetched(session, self.table, folder))
        cutouts = _cutouts.set(_cut_out(session, _rows_of_cutouts(self.table), folder, cutout_size))
        try:
            return own(self, quality_bitmask, download_dir, cutout_size, **options)
        finally:
            _cutouts.reset(cutouts)
            _problems.reset(files)

    return download


def download_one(own: Callable[..., Any], lightkurve: ModuleType, uses: Uses) -> Callable[..., Any]:
    """Return a method in place of `SearchResult._download_one`."""

    def download(
        self: Any, table: Any, quality_bitmask: Any, download_dir: Any, cutout_size: Any, **options: Any
    ) -> Any:
        if (session := uses.session()) is not None and _files(table):
            folder = self._default_download_dir() if download_dir is None else download_dir
            uri = str(table["dataURI"][0])
            problems = _problems.get({})
            problem = problems[uri] if uri in problems else _fetched(session, table, folder)[uri]
            if problem:
                raise lightkurve.LightkurveError(f"Download of {uri} failed. {problem}")
        return own(self, table, quality_bitmask, download_dir, cutout_size, **options)

    return download


def cutout_path(own: Callable[..., Any], lightkurve: ModuleType, uses: Uses) -> Callable[..., Any]:
    """Return a method in place of `SearchResult._fetch_tesscut_path`."""

    def path(self: Any, target: Any, sector: Any, download_dir: Any, cutout_size: Any) -> Any:
        if (session := uses.session()) is None:
            return own(self, target, sector, download_dir, cutout_size)
        wanted = (str(target), int(sector))
        paths = _cutouts.get({})
        found = paths if wanted in paths else _cut_out(session, [wanted], download_dir, cutout_size)
        return found.get(wanted) or own(self, target, sector, download_dir, cutout_size)

    return path


# -- files of an archive --


def _files(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table that are files of TESS, as products."""
    if not NEEDED.issubset(table.colnames):
        return []
    columns = [table[name] for name in NEEDED]
    rows = (dict(zip(NEEDED, map(str, values), strict=True)) for values in zip(*columns, strict=True))
    return [row for row in rows if row.pop("project") == "TESS" and row["dataURI"].startswith("mast:")]


def _fetched(session: Session, table: Table, folder: str | os.PathLike[str]) -> dict[Any, str]:
    """Fetch the files of TESS in a table that are not here; return URI → why it could not be fetched, or no text."""
    if not (files := _files(table)):
        return {}
    if "size" in table.colnames:
        sizes = dict(zip(map(str, table["dataURI"]), table["size"].tolist(), strict=True))
        files = [{**file, "size": sizes[file["dataURI"]]} for file in files]
    manifest = session.plan(files, _local(folder), large=True).download(progress=False)
    return {file["dataURI"]: "" for file in files} | dict(manifest.errors)


def _local(folder: str | os.PathLike[str]) -> Path:
    """Return the folder in which lightkurve will look. It expands no ``~``.

    Raises
    ------
    QueryError
        If it is a URL, of which lightkurve would make folders.
    """
    if is_object_url(folder):
        raise QueryError(
            f"lightkurve opens files of this machine only, not those of {str(folder)!r}: give the URL to "
            "tess_source.search_lightcurve(…).download_all(), or to download(root=)"
        )
    return Path.cwd() / folder


# -- cut-outs --


def _rows_of_cutouts(table: Table) -> list[Cutout]:
    if not {"description", "target_name", "sequence_number"}.issubset(table.colnames):
        return []
    columns = (table[name] for name in ("description", "target_name", "sequence_number"))
    return [
        (str(target), int(sector))
        for description, target, sector in zip(*columns, strict=True)
        if "FFI Cutout" in str(description)
    ]


def _cut_out(
    session: Session, wanted: Iterable[Cutout], folder: str | os.PathLike[str], size: Any
) -> dict[Cutout, str]:
    """Fetch cut-outs that are not here; return target and sector → path, without those that are left to lightkurve."""
    if not (wanted := list(dict.fromkeys(wanted))) or (shape := _shape(size)) is None:
        return {}
    sectors: dict[str, list[int]] = {}
    for target, sector in wanted:
        sectors.setdefault(target, []).append(sector)
    found: dict[Cutout, str] = {}
    for target, numbers in sectors.items():
        try:
            answer = session.search(target, kind="cutout", sector=numbers, size=shape)
        except (QueryError, ResolverError):  # lightkurve has its own words for what is wrong
            continue
        place = _local(folder) / "tesscut"
        found |= _paths(target, answer.plan(place, layout="flat", large=True).download(progress=False))
    return found


def _paths(target: str, manifest: Manifest) -> dict[Cutout, str]:
    """Return the path of each cut-out; of a sector in which two cameras saw the target, the first one, as in lightkurve."""
    paths: dict[Cutout, str] = {}
    for entry in manifest:
        if entry.ok and entry.item.first_sector is not None:
            paths.setdefault((target, entry.item.first_sector), str(entry.path))
    return paths


def _shape(size: Any) -> tuple[int, int] | None:
    """Return rows and columns of a cut-out [pixel]; None for what lightkurve understands otherwise."""
    sides = [SIZE, SIZE] if size is None else [size, size] if is_whole(size, 1) else size
    if not (isinstance(sides, list | tuple) and len(sides) == 2 and all(is_whole(side, 1) for side in sides)):
        return None
    return int(sides[0]), int(sides[1])
