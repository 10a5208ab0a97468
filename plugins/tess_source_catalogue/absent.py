"""Lists that an archive did not have when it was asked. Questions about their sectors are answered without them.

They are noted beside the lists of a source, in ``<source>/absent.json``: sector → when the archive was asked. If that is lost, or two
updates write it at once, the catalogue only knows less: it says that it lacks those lists, until the next update.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tess_source import disk
from tess_source.names.sectors import LAST_SECTOR

__all__ = ["NAME", "absent_in", "note_absent", "notes_in", "written"]

NAME = "absent.json"
_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def absent_in(folder: Path) -> dict[int, float]:
    """Return the sectors of which the archive had no list: sector → when it was asked [s since 1970, UTC].

    Parameters
    ----------
    folder : Path
        The folder of a source.

    Returns
    -------
    dict
        Empty if nothing is noted, or it is damaged.
    """
    try:
        return notes_in((folder / NAME).read_bytes())
    except OSError:
        return {}


def notes_in(data: bytes) -> dict[int, float]:
    """Return what is noted, from the bytes of the file: see `absent_in`."""
    try:
        known = {int(sector): float(time) for sector, time in json.loads(data).items()}
    except (ValueError, OverflowError, AttributeError, TypeError, RecursionError):
        return {}
    sound = all(0 < sector <= LAST_SECTOR and 0 <= time < _LAST for sector, time in known.items())
    return known if sound else {}


def written(notes: Mapping[int, float]) -> bytes:
    """Return the bytes of the file: the inverse of `notes_in`."""
    return json.dumps({str(sector): notes[sector] for sector in sorted(notes)}).encode("ascii")


def note_absent(folder: Path, absent: Mapping[int, float], present: Collection[int]) -> None:
    """Note of which sectors the archive had no list, and of which it has one now.

    Parameters
    ----------
    folder : Path
        The folder of a source. It is made if something is to be noted.
    absent : mapping
        Sector → when the archive was asked [s since 1970, UTC].
    present : collection of int
        Sectors of which it has one.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    known = absent_in(folder)
    now = {sector: time for sector, time in {**known, **absent}.items() if sector not in present}
    if now != known:
        disk.write_whole(folder / NAME, written(now))
