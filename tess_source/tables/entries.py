"""The entries of a manifest as tables and in words."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tess_source._lazy import pl
from tess_source.disk import opened
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import bare_reason
from tess_source.object_store.copies import BEGINNING, local_copy
from tess_source.object_store.path import ObjectPath
from tess_source.tables.convert import to_astropy
from tess_source.tables.entry_rows import outcomes_of, places_of
from tess_source.tables.items import COPIED, FAILED, FETCHED, HERE, INTERRUPTED, Entry, Items
from tess_source.tables.typical_sizes import in_words
from tess_source.threads import in_order

if TYPE_CHECKING:
    from astropy.table import Table

    from tess_source.files.verify import Release

__all__ = ["as_astroquery", "as_frame", "counted", "expected_in_words", "with_sums"]

log: logging.Logger = logger(__name__)

AT_ONCE = 16
"""Objects that are read at the same time."""

Told = TypeVar("Told")


def counted(outcomes: pl.DataFrame) -> str:
    """Return the numbers of files that were fetched, copied, here before, and failed, in words.

    Parameters
    ----------
    outcomes : polars.DataFrame
        See `tess_source.tables.entry_rows.outcomes_of`.
    """
    counts = Counter(dict(outcomes["status"].value_counts().iter_rows()))
    left = outcomes.filter(status=FAILED, error=INTERRUPTED).height
    fetched = int(outcomes.filter(status=FETCHED)["bytes"].sum())
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
        return f"{rows.height:,} {words} ({in_words(rows)})" if rows.height else ""

    words = {HERE: "here", COPIED: "to copy from the cache folder", FETCHED: "to fetch", FAILED: "cannot be written"}
    return ", ".join(filter(None, (part(status, said) for status, said in words.items()))) or "nothing to do"


def as_frame(items: Items, entries: Sequence[Entry]) -> pl.DataFrame:
    """Return a frame with one row per file: the item, and what happened to it.

    An exposure time that is not known is read from the headers of the file.
    """
    outcomes = outcomes_of(entries)
    known = _with_what_files_tell(items, entries, outcomes["sha256"])
    own = outcomes.select("status", places_of(entries).alias("local_path"), "via", "bytes", "error")
    return pl.concat([known, own], how="horizontal")


def as_astroquery(items: Items, entries: Sequence[Entry]) -> Table:
    """Return an astropy table with astroquery's columns (Local Path, Status, Message, URL) first and ours behind them."""
    frame = as_frame(items, entries)
    table = to_astropy(frame)
    theirs = {
        "Local Path": frame["local_path"].fill_null(""),
        "Status": frame.select(
            pl.when(pl.col("status") == FAILED).then(pl.lit("ERROR")).otherwise(pl.lit("COMPLETE"))
        ).to_series(),
        "Message": frame["error"],
        "URL": frame["via"],
    }
    table.add_columns([values.to_list() for values in theirs.values()], indexes=[0] * len(theirs), names=list(theirs))
    return table


def with_sums(items: Items, entries: Sequence[Entry]) -> Items:
    """Return the items of a plan with the sizes, sha256 and processing of the files that are there.

    Files that were here before are read for their sha256. The processing of a FITS file (``DATA_REL``, ``PROCVER``, ``DATE``) is read from
    its first header: most files that SPOC processes again keep their names, and often their sizes. An exposure time that is not known is
    read from the headers, but not of files in an object store.
    """
    in_store = any(entry.object is not None for entry in entries)
    releases = in_order(_release_of_entry, entries, AT_ONCE) if in_store else map(_release_of_entry, entries)
    told = [(release.data_rel, release.procver, release.date) for release in releases]
    schema: Any = {"data_rel": pl.Int64, "procver": pl.String, "date": pl.String}
    known = pl.DataFrame(told, schema=schema, orient="row")
    sums = outcomes_of(entries)["sha256"]
    unknown = sums.is_null().arg_true()
    without = [entries[number] for number in unknown]
    read = list(in_order(_sha256_of_entry, without, AT_ONCE) if in_store else map(_sha256_of_entry, without))
    frame = _with_what_files_tell(items, entries, sums.clone().scatter(unknown, pl.Series(read, dtype=pl.String)))
    return Items(frame.with_columns(pl.coalesce(series, series.name) for series in known))


def _with_what_files_tell(items: Items, entries: Sequence[Entry], sums: pl.Series) -> pl.DataFrame:
    """Return the items with the sizes, sums and exposure times of their entries, which are in the same order."""
    outcomes, frame = outcomes_of(entries), items.to_polars()
    unknown = frame["exptime"].is_null().arg_true()
    exptimes = pl.Series([_exptime_of_entry(entries[number]) for number in unknown], dtype=pl.Float64)
    return frame.with_columns(
        size=pl.coalesce(outcomes.select(pl.when(pl.col("status") != FAILED).then("bytes")).to_series(), "size"),
        sha256=pl.coalesce(sums, "sha256"),
        etag=pl.coalesce(outcomes["etag"], "etag"),
        exptime=frame["exptime"].clone().scatter(unknown, exptimes),
    )


def _release_of_entry(entry: Entry) -> Release:
    from tess_source.files.verify import Release, release_of

    return _told(entry, release_of, most=BEGINNING) or Release()


def _exptime_of_entry(entry: Entry) -> float | None:
    """Return the exposure time of a file that neither its name nor its observation tells."""
    from tess_source.files.exposure import exptime_of_file

    return _told(entry, exptime_of_file) if entry.object is None else None


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
