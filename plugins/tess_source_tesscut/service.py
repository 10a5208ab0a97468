"""The TESScut service: where cut-outs are made, and which CCDs saw a place."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from tess_source import names
from tess_source.display import text
from tess_source.display.visible import logger, visible_line
from tess_source.errors import QueryError, ServiceError
from tess_source.hooks.records import Request
from tess_source.names.sectors import LAST_SECTOR
from tess_source.settings import Settings
from tess_source.threads import in_order
from tess_source_tesscut.sizes import of_name

__all__ = ["AT_ONCE", "BASE", "PER_SECOND", "Chip", "chips_that_saw", "locate"]

log: logging.Logger = logger(__name__)

BASE = "https://mast.stsci.edu/tesscut/api/v0.1"
PER_SECOND, AT_ONCE = 5.0, 10
"""Most requests per second, and at the same time, that the service allows to one user: beyond, it answers 503."""
WAIT = 600.0
"""Longest wait for a cut-out [s], as in astroquery: it is made first, and large ones of 200-s sectors take minutes."""
LARGEST = 1 << 20
"""Most bytes of an answer about one place: one CCD takes 80 bytes, and there is at most a few per sector."""
NOTHING = re.compile(r"\b(no|not|none)\b", re.IGNORECASE)
"""What a message says if there is nothing, and nothing is wrong."""

Chip = tuple[int, int, int]
"""Sector, camera, CCD."""


def locate(uri: str, settings: Settings) -> Request:
    """Return the request for a cut-out, of which the name says everything.

    Parameters
    ----------
    uri : str
        E.g. ``"tesscut:tess-s0001-4-2_84.291188_-80.469120_10x15_astrocut.fits"``, in any of the styles in which such files are named.
    settings : Settings

    Raises
    ------
    QueryError
        If it is not the name of a cut-out with a size in pixels.
    """
    name = names.parse(uri.partition(":")[2])
    size = of_name(name.cutout_size or "")
    if name.kind != "cutout" or size is None:
        raise QueryError(f"{uri!r} is not the name of a cut-out with a size in pixels")
    rows, columns = size
    # one sector per request: all of them at once are more than its gateway waits for
    words = {"ra": name.ra, "dec": name.dec, "x": columns, "y": rows, "units": "px", "sector": name.first_sector}
    member = f"tess-s{name.first_sector:04d}-{name.camera}-{name.ccd}_"
    return _request("astrocut", words, unpack="zip", member=member, wait=WAIT)


def _request(endpoint: str, words: dict[str, Any], **more: Any) -> Request:
    return Request(f"{BASE}/{endpoint}?{urlencode(words)}", per_second=PER_SECOND, at_once=AT_ONCE, **more)


def chips_that_saw(places: Sequence[tuple[str, str]], settings: Settings) -> list[list[Chip]]:
    """Ask which CCDs saw places: one question per place.

    Parameters
    ----------
    places : sequence of (str, str)
        Right ascension and declination [deg], as they stand in names.
    settings : Settings

    Returns
    -------
    list of list of Chip
        Per place, each CCD of each sector once, sorted.

    Raises
    ------
    OfflineError
        If no connection may be opened.
    ServiceError
        If the service fails, or gives no such answer.
    """
    from tess_source.download.lists import Lists

    if len(places) > text.FEW:
        log.info("TESScut is asked for %s, %g per second", text.number(len(places), "place"), PER_SECOND)

    def ask(place: tuple[str, str]) -> list[Chip]:
        from tess_source.download.lists import NEW

        answer = lists.fetch(_request("sector", {"ra": place[0], "dec": place[1], "radius": "0.0"}), ending=".json")
        if answer.state != NEW or answer.size > LARGEST:
            raise ServiceError("TESScut", answer.problem or f"its answer has {answer.size:,} bytes")
        return chips_of(answer.path.read_bytes())

    with Lists(settings) as lists:
        if settings.jobs == 1 or len(places) == 1:
            return [ask(place) for place in places]
        return list(in_order(ask, places, min(AT_ONCE, settings.jobs)))


def chips_of(answer: bytes) -> list[Chip]:
    """Return the CCDs that an answer names, each once, sorted.

    Raises
    ------
    ServiceError
        If it is no such answer.
    """
    try:
        told = json.loads(answer)
        if isinstance(told, dict) and "results" not in told and NOTHING.search(str(told.get("msg") or "")):
            log.info("TESScut: %s", visible_line(told["msg"]))
            return []
        return sorted({_chip(row) for row in told["results"]})
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        shown = visible_line(answer[:200].decode(errors="replace"))
        raise ServiceError("TESScut", f"this is no list of the CCDs that saw a place: {shown}") from error


def _chip(row: Any) -> Chip:
    """Return one CCD: numbers come as text, with or without leading zeros."""
    sector, camera, ccd = (int(str(row[name])) for name in ("sector", "camera", "ccd"))
    if not (1 <= sector <= LAST_SECTOR and 1 <= camera <= 4 and 1 <= ccd <= 4):
        raise ValueError(f"there is no CCD {ccd} of camera {camera} in sector {sector}")
    return sector, camera, ccd
