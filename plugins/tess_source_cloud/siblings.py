"""What lies in the bucket beside some files: all that it has of their sectors."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_cloud.held import SECTOR
from tess_source_cloud.keys import CONTRIBUTED, MISSION, key_of
from tess_source_cloud.listing import list_objects

__all__ = ["objects_of_places", "siblings"]


def siblings(uris: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return all that the bucket has in the folders of the sectors of some files: some 80 requests per sector of 20,000 stars.

    Parameters
    ----------
    uris : sequence of str
        Those that do not tell their key are passed over.
    settings : Settings

    Returns
    -------
    polars.DataFrame
        `uri`, `size` [byte], `etag`, `modified` (UTC): one row per file.

    Raises
    ------
    ServiceError, OfflineError
        As by `tess_source_cloud.listing.list_objects`.
    """
    return objects_of_places(list(dict.fromkeys(map(_place, filter(None, map(key_of, uris))))), settings)


def _place(key: str) -> str:
    """Return the folder of a sector, e.g. ``tess/public/tid/s0001/``; of a file in none, its own folder."""
    sector = SECTOR.match(key)
    return sector[1] if sector else key.rpartition("/")[0] + "/"


def objects_of_places(prefixes: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return what the bucket has below some prefixes, with the URI of each file: see `siblings`."""
    mission = MISSION + pl.col("key").str.extract(r"([^/]*)$")
    contributed = pl.col("key").str.replace("^mast/hlsp/", CONTRIBUTED)
    uri = pl.when(pl.col("key").str.starts_with("mast/hlsp/")).then(contributed).otherwise(mission).alias("uri")
    return list_objects(list(prefixes), settings).select(uri, "size", "etag", "modified")
