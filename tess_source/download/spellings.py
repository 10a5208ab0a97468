"""Cut-outs that are here under another spelling of their name: TESScut's of 2018 or today, astrocut's, or in lightkurve's folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tess_source import names
from tess_source.files.folder import Folder
from tess_source.tables.items import Item

__all__ = ["spelt_otherwise"]

LIGHTKURVES = "tesscut"
"""Folder of lightkurve's cache with cut-outs."""
DECIMALS = 6
"""Decimals of coordinates [deg] in names today; older names have fewer, and astrocut's have more."""

Meaning = tuple[int | None, int | None, int | None, float, float, str]


def spelt_otherwise(folder: Folder, missing: Mapping[int, Item]) -> dict[int, Item]:
    """Return items of cut-outs at the places of files whose names mean the same: sector, camera, CCD, coordinates and size in pixels.

    Only the folder of the file itself, and lightkurve's, are looked at.

    Parameters
    ----------
    folder : Folder
    missing : mapping
        Number → item, whose file is not in its place.
    """
    listed: dict[str, dict[Meaning, str]] = {}

    def there(inner: str) -> dict[Meaning, str]:
        if inner not in listed:
            listed[inner] = {meaning: path for path in _paths(folder, inner) if (meaning := _meaning(path))}
        return listed[inner]

    found: dict[int, Item] = {}
    for number, item in missing.items():
        if item.kind == "cutout" and item.problem is None and (meaning := _meaning(item.path)):
            places = (there(inner).get(meaning) for inner in (item.path.rpartition("/")[0], LIGHTKURVES))
            if path := next((place for place in places if place and place != item.path), None):
                found[number] = replace(item, path=path)
    return found


def _paths(folder: Folder, inner: str) -> Iterator[str]:
    try:
        within = sorted(path.name for path in (folder.root / inner).iterdir())
    except (OSError, ValueError):
        return
    yield from (f"{inner}/{name}" if inner else name for name in within)


def _meaning(path: str) -> Meaning | None:
    """Return what the name of a cut-out says; None for other names."""
    name = names.parse(path.rpartition("/")[2])
    if name.kind != "cutout" or name.ra is None or name.dec is None or name.cutout_size is None:
        return None
    ra, dec = (round(float(one), DECIMALS) for one in (name.ra, name.dec))
    return name.first_sector, name.camera, name.ccd, ra, dec, name.cutout_size.replace("-x-", "x")
