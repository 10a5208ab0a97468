"""The view: the volumes of the catalogue, stored as they are read.

It is derived from the lists, and can be removed at any time. A volume's name says of which lists it was made, so an outdated one is never
taken for the present one.
"""

from __future__ import annotations

import io
import logging
from functools import lru_cache
from pathlib import Path

from tess_source import disk
from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import DamagedFileError
from tess_source_catalogue.compose import composed
from tess_source_catalogue.folder import ROW_GROUP, CatalogueFolder
from tess_source_catalogue.volumes import Volume, volumes

__all__ = ["bundles_of", "refresh", "rows_path", "scanned"]

log: logging.Logger = logger(__name__)

_BUNDLES = "-bundles"


def refresh(folder: CatalogueFolder) -> None:
    """Make the volumes whose lists have changed, and remove the older ones. One with a damaged list is left out: whoever reads it is told.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    present = volumes(folder.lists())
    for volume in present:
        if not rows_path(folder, volume).exists():
            try:
                _write(folder, volume)
            except FileNotFoundError:  # another update has just replaced a list: it makes the volume itself
                continue
            except DamagedFileError as error:
                log.warning("%s", error)
    kept = {f"{volume.name}{ending}.parquet" for volume in present for ending in ("", _BUNDLES)}
    for path in _folder(folder).glob("*.parquet"):
        if path.name not in kept:
            disk.remove(path)
    disk.tidy(_folder(folder))


def rows_path(folder: CatalogueFolder, volume: Volume) -> Path:
    """Return where the rows of a volume are, if they were made."""
    return _folder(folder) / f"{volume.name}.parquet"


def scanned(path: Path) -> pl.LazyFrame:
    """Return the rows of a volume, still to be read. What its file says of its parts is read once, as long as it is the same file.

    Raises
    ------
    FileNotFoundError
        If they were not made.
    """
    state = path.stat()
    return _scanned(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=1000)
def _scanned(path: Path, state: tuple[int, int, int]) -> pl.LazyFrame:
    del state
    return pl.scan_parquet(path)


@lru_cache(maxsize=1000)
def bundles_of(path: Path) -> pl.DataFrame:
    """Return the bundles that belong to the rows of a volume."""
    return pl.read_parquet(path.with_name(f"{path.stem}{_BUNDLES}.parquet"), memory_map=False)


def _folder(folder: CatalogueFolder) -> Path:
    return folder.root / "view"


def _write(folder: CatalogueFolder, volume: Volume) -> None:
    """Write the bundles of a volume, then its rows, so that whoever finds the rows finds the bundles too."""
    pages, path = composed(volume), rows_path(folder, volume)
    for frame, name in ((pages.bundles, f"{path.stem}{_BUNDLES}.parquet"), (pages.rows, path.name)):
        written = io.BytesIO()
        frame.write_parquet(written, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
        disk.write_whole(path.with_name(name), written.getvalue())
