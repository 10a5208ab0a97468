"""What lies in the bucket beside some files: all that it has of their sectors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tess_source._lazy import pl
from tess_source.settings import Settings
from tess_source_cloud.held import place_of
from tess_source_cloud.keys import CONTRIBUTED, CONTRIBUTED_ROOT, MISSION
from tess_source_cloud.listing import list_objects
from tess_source_cloud.lookup import keys_of

__all__ = ["objects_of_places", "siblings"]

STAR = re.compile(r".*?/((?:\d{4}/){4})", re.ASCII)
"""The folder of a star, whose number is in four groups of four digits."""


def siblings(uris: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return all that the bucket has in the folders of the sectors of some files: some 80 requests per sector of 20,000 stars.

    If all files lie in the folders of one star, only these are listed: one request per sector.

    Parameters
    ----------
    uris : sequence of str
        MAST is asked where those are that do not tell their key. Those that it does not know are passed over.
    settings : Settings

    Returns
    -------
    polars.DataFrame
        `uri`, `size` [byte], `etag`, `modified` (UTC): one row per file.

    Raises
    ------
    ServiceError, OfflineError
        As by `tess_source_cloud.held.listing`.
    """
    folders = dict.fromkeys(key.rpartition("/")[0] + "/" for key in keys_of(uris, settings).values())
    stars = {star and star[1] for star in map(STAR.fullmatch, folders)}
    places = folders if len(stars) == 1 and None not in stars else dict.fromkeys(map(place_of, folders))
    return objects_of_places(list(places), settings)


def objects_of_places(prefixes: Sequence[str], settings: Settings) -> pl.DataFrame:
    """Return what the bucket has below some prefixes, with the URI of each file: see `siblings`."""
    mission = MISSION + pl.col("key").str.extract(r"([^/]*)$")
    contributed = pl.col("key").str.replace(f"^{CONTRIBUTED_ROOT}", CONTRIBUTED)
    uri = pl.when(pl.col("key").str.starts_with(CONTRIBUTED_ROOT)).then(contributed).otherwise(mission).alias("uri")
    return list_objects(list(prefixes), settings).select(uri, "size", "etag", "modified")
