"""What the bucket has of some URIs: exact sizes, ETags and dates, by as few listings as that takes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_cloud.listing import list_objects, list_wanted
from tess_source_cloud.lookup import keys_of

__all__ = ["listing", "place_of"]

FEW = 50
"""Folders of a sector up to which each is listed; a sector has about as many pages."""
SECTOR = re.compile(r"(.*?/s\d{4}(?:-s\d{4})?/)", re.ASCII)
"""The beginning of all keys of one sector and pipeline."""


def listing(uris: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return what the bucket has of some URIs.

    Parameters
    ----------
    uris : sequence of str, shape (n,)
    settings : Settings

    Returns
    -------
    polars.DataFrame, shape (n, 4)
        `uri`, `size` [bytes], `etag` (without quotation marks), `modified` (UTC): one row per URI in the same order, null where the bucket
        has no such file.

    Raises
    ------
    ServiceError
        If a listing, or MAST's path look-up for URIs that do not tell their key, fails.
    OfflineError
        If no connection may be opened.
    """
    known = keys_of(uris, settings)
    wanted = pl.DataFrame(
        {"uri": uris, "key": [known.get(uri) for uri in uris]}, schema={"uri": pl.String(), "key": pl.String()}
    )
    return wanted.join(_objects(set(known.values()), settings), on="key", how="left", maintain_order="left").drop("key")


def _objects(keys: Iterable[str], settings: Settings) -> pl.DataFrame:
    """Return at least those objects that have these keys."""
    sectors: dict[str, set[str]] = defaultdict(set)
    for key in keys:
        sectors[place_of(key.rpartition("/")[0] + "/")].add(key)
    folders: list[str] = []
    many: list[tuple[str, list[str]]] = []
    for sector_folder, names in sectors.items():
        below = {name.rpartition("/")[0] + "/" for name in names}
        if len(below) > FEW:
            many.append((sector_folder, sorted(names)))
        else:
            folders += below
    return pl.concat([list_objects(sorted(folders), settings), list_wanted(many, settings)])


def place_of(folder: str) -> str:
    """Return the folder of a sector, e.g. ``tess/public/tid/s0001/``; of a folder in none, itself."""
    sector = SECTOR.match(folder)
    return sector[1] if sector else folder
