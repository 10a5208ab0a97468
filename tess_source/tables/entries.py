"""The entries of a manifest as tables and in words."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tess_source._lazy import pl
from tess_source.disk import opened
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.files.exposure import exptime_of_file
from tess_source.files.verify import Release, release_of
from tess_source.object_store.copies import BEGINNING, local_copy
from tess_source.object_store.path import ObjectPath
from tess_source.paths import path_text
from tess_source.tables.convert import to_astropy
from tess_source.tables.items import COPIED, FAILED, FETCHED, HERE, INTERRUPTED, Entry, Items
from tess_source.threads import in_order

if TYPE_CHECKING:
    from astropy.table import Table

__all__ = ["as_astroquery", "as_frame", "counted", "expected_in_words", "with_sums"]

log: logging.Logger = logger(__name__)

AT_ONCE = 16
"""Objects that are read at the same time."""

Told = TypeVar("Told")


def counted(entries: Sequence[Entry]) -> str:
    """Return the numbers of files that were fetched, copied, here before, and failed, in words."""
    counts = Counter(entry.status for entry in entries)
    left = sum(entry.status == FAILED and entry.error == INTERRUPTED for entry in entries)
    fetched = sum(entry.bytes for entry in entries if entry.status == FETCHED)
    parts = [
        f"{counts[FETCHED]:,} fetched ({text.size(fetched)})",
        *([f"{counts[COPIED]:,} copied"] if counts[COPIED] else []),
        f"{counts[HERE]:,} here before",
        f"{counts[FAILED] - left:,} failed",
        *([f"{left:,} not begun or broken off"] if left else []),
    ]
    return ", ".join(parts)


def expected_in_words(frame: pl.DataFrame) -> str:
    """Return the numbers of files per status of `Plan.expected`, in words."""

    def part(status: str, words: str) -> str:
        rows = frame.filter(pl.col("status") == status)
        return f"{rows.height:,} {words} ({text.size(float(rows['size'].sum() or 0))})" if rows.height else ""

    words = {HERE: "here", COPIED: "to copy from the cache folder", FETCHED: "to fetch", FAILED: "cannot be written"}
    return ", ".join(filter(None, (part(status, said) for status, said in words.items()))) or "nothing to do"


def as_frame(items: Items, entries: Sequence[Entry]) -> pl.DataFrame:
    """Return a frame with one row per file: the item, and what happened to it.

    An exposure time that is not known is read from the headers of the file.
    """
    schema = {
        "status": pl.String, "local_path": pl.String, "via": pl.String, "bytes": pl.Int64, "error": pl.String,
    }  # fmt: skip
    values = {
        "status": [entry.status for entry in entries],
        "local_path": [path_text(entry.place) if entry.place else None for entry in entries],
        "via": [entry.via for entry in entries],
        "bytes": [entry.bytes for entry in entries],
        "error": [path_text(entry.error) for entry in entries],
    }
    known = _with_what_files_tell(items, entries, [entry.sha256 for entry in entries])
    return pl.concat([known, pl.DataFrame(values, schema=schema)], how="horizontal")


def as_astroquery(items: Items, entries: Sequence[Entry]) -> Table:
    """Return an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
    table = to_astropy(as_frame(items, entries))
    theirs = {
        "Local Path": [path_text(entry.place) if entry.place else "" for entry in entries],
        "Status": ["COMPLETE" if entry.ok else "ERROR" for entry in entries],
        "Message": [path_text(entry.error) for entry in entries],
        "URL": [entry.via for entry in entries],
    }
    table.add_columns([list(values) for values in theirs.values()], indexes=[0] * len(theirs), names=list(theirs))
    return table


def with_sums(items: Items, entries: Sequence[Entry]) -> Items:
    """Return the items of a plan with the sizes, sha256 and processing of the files that are there.

    Files that were here before are read for their sha256. The processing of a FITS file (``DATA_REL``, ``PROCVER``, ``DATE``) is read from
    its first header: most files that SPOC processes again keep their names, and often their sizes. An exposure time that is not known is
    read from the headers, but not of files in an object store.
    """
    in_store = any(entry.object is not None for entry in entries)
    releases = list(in_order(_release_of_entry, entries, AT_ONCE) if in_store else map(_release_of_entry, entries))
    sums = list(in_order(_sha256_of_entry, entries, AT_ONCE) if in_store else map(_sha256_of_entry, entries))
    known = {
        "data_rel": pl.Series([release.data_rel for release in releases], dtype=pl.Int64),
        "procver": pl.Series([release.procver for release in releases], dtype=pl.String),
        "date": pl.Series([release.date for release in releases], dtype=pl.String),
    }
    frame = _with_what_files_tell(items, entries, sums)
    return Items(frame.with_columns(**{name: pl.coalesce(series, name) for name, series in known.items()}))


def _with_what_files_tell(items: Items, entries: Sequence[Entry], sums: Sequence[str | None]) -> pl.DataFrame:
    """Return the items with the sizes, sums and exposure times of their entries, which are in the same order."""
    sizes = pl.Series([entry.bytes if entry.ok else None for entry in entries], dtype=pl.Int64)
    digests = pl.Series(sums, dtype=pl.String)
    etags = pl.Series([entry.etag for entry in entries], dtype=pl.String)
    exptimes = pl.Series(map(_exptime_of_entry, entries), dtype=pl.Float64)
    return items.to_polars().with_columns(
        size=pl.coalesce(sizes, "size"),
        sha256=pl.coalesce(digests, "sha256"),
        etag=pl.coalesce(etags, "etag"),
        exptime=pl.coalesce(exptimes, "exptime"),
    )


def _release_of_entry(entry: Entry) -> Release:
    return _told(entry, release_of, most=BEGINNING) or Release()


def _exptime_of_entry(entry: Entry) -> float | None:
    """Return the exposure time of a file that neither its name nor its observation tells."""
    return _told(entry, exptime_of_file) if entry.item.exptime is None and entry.object is None else None


def _sha256_of_entry(entry: Entry) -> str | None:
    return entry.sha256 or _told(entry, _sha256_of_file)


def _sha256_of_file(path: Path) -> str:
    with opened(path, links=True) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(entry: Entry, tell: Callable[[Path], Told], most: int | None = None) -> Told | None:
    """Return what the file of an entry tells; None if there is none, or it cannot be read (any more): the other files count too.

    Of an object, `most` bytes are enough; None: all of them.
    """
    if entry.place is None or not entry.ok:
        return None
    try:
        if isinstance(place := entry.place, ObjectPath):
            with local_copy(place, most=most) as path:
                return tell(path)
        return tell(place)
    except OSError as error:
        log.warning("%s tells nothing, since it cannot be read: %s", entry.item.path, bare_reason(error))
        return None
