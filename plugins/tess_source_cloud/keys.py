"""Where a file lies in the bucket, from its URI."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from tess_source import names
from tess_source.hooks.records import Request
from tess_source.names import Name
from tess_source.settings import Settings

__all__ = ["BUCKET", "at", "key_of", "locate"]

BUCKET = "https://stpubdata.s3.amazonaws.com"
"""Address of the bucket, which anybody may read and list."""
MISSION, CONTRIBUTED = "mast:TESS/product/", "mast:HLSP/"
"""How the URIs begin: of the mission's own products, all in one folder, and of high-level science products, each in its own."""
MISSION_ROOT, CONTRIBUTED_ROOT = "tess/public/", "mast/hlsp/"
"""How the keys begin."""
TARGETS = ("lc", "tp", "fast-lc", "fast-tp", "dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Kinds of files of one target."""
CHIPS = ("ffi", "ffir", "cbv", "fast-cbv")
"""Kinds of files of one CCD that lie in a folder of the day in their time stamp."""
CUBES = {"TESScut": "tess/public/mast", "TICA": "tess/public/mast/tica"}
"""Pipeline → folder of its cubes."""
SAFE = re.compile(r"(?:[\w+=,@~-][\w.+=,@~-]*/)+[\w+=,@~-][\w.+=,@~-]*", re.ASCII)
"""A path of plain names, none of which begins with a dot."""


def key_of(uri: str) -> str | None:
    """Return the key of a URI's file in the bucket.

    Parameters
    ----------
    uri : str
        E.g. ``"mast:TESS/product/tess2018206045859-s0001-0000000150428135-0120-s_lc.fits"``.

    Returns
    -------
    str or None
        E.g. ``"tess/public/tid/s0001/0000/0001/5042/8135/tess2018206045859-s0001-0000000150428135-0120-s_lc.fits"``. None if the URI does
        not tell it, as for data validation of several sectors. A key does not mean that there is such a file.
    """
    if uri.startswith(CONTRIBUTED):  # the folders are the same
        key = CONTRIBUTED_ROOT + uri.removeprefix(CONTRIBUTED)
        return key if SAFE.fullmatch(key) and key.count("/") > 2 else None
    filename = uri.removeprefix(MISSION)
    if filename == uri or "/" in filename or "\\" in filename:
        return None
    folder = _folder(names.parse(filename))
    return folder and f"{folder}/{filename}"


def _folder(name: Name) -> str | None:
    """Return the folder of one of the mission's products; None if its name does not tell it."""
    if name.kind == "cube":
        return CUBES[name.pipeline or ""]
    if name.pipeline != "SPOC" or name.compression is not None or name.first_sector != name.last_sector:
        return None
    if name.kind in TARGETS:
        tic = f"{name.tic:016d}"
        return f"tess/public/tid/s{name.first_sector:04d}/{tic[:4]}/{tic[4:8]}/{tic[8:12]}/{tic[12:]}"
    if name.kind in CHIPS and name.timestamp is not None:
        year, day = name.timestamp[:4], name.timestamp[4:7]
        return f"tess/public/ffi/s{name.first_sector:04d}/{year}/{day}/{name.camera}-{name.ccd}"
    return None


def at(key: str) -> Request:
    """Return the address of a key. Its ETag is the MD5 of the file, if the file was stored in one part."""
    return Request(f"{BUCKET}/{quote(key)}", etag_is_md5=True)


def locate(uri: str, settings: Settings) -> Sequence[Request]:
    """Return the address of a URI in the bucket; none if the URI does not tell it."""
    key = key_of(uri)
    return () if key is None else (at(key),)
