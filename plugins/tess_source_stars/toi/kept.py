"""ExoFOP's table of TOIs, as it was when it was last asked for: fetched once a day, kept in the cache folder, used from there offline."""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tess_source._lazy import pl
from tess_source.cache.keep import as_line, keep, kept_bytes, record_in
from tess_source.clock import SKEW, age_of, ago, now, this_moment
from tess_source.display.visible import logger
from tess_source.errors import LoadError, OfflineError, ServiceError, TableError, bare_reason
from tess_source.settings import OWN_FOLDER, Settings, is_explicit, is_offline, max_age, store_root
from tess_source_stars.services import TOIS as ADDRESS
from tess_source_stars.toi.reading import date_of, tois_of_bytes
from tess_source_stars.toi.table import Tois

__all__ = ["ADDRESS", "KnownTois", "kept_tois", "known_tois"]

log: logging.Logger = logger(__name__)

SERVICE = "ExoFOP"
FORMAT = 1
"""Number of the format of the kept table; it grows when the columns, or how they are read, change."""
AGAIN = 600.0
"""Seconds after a failure before ExoFOP is asked again, as long as there is a kept table."""
LEAST = 0.9
"""A new table with fewer TOIs than this share of the kept one is a failure, e.g. one that was cut: TOIs are retired, never removed."""


@dataclass(frozen=True)
class KnownTois:
    """A table of TOIs, and of when it is."""

    tois: Tois
    time: str
    """When ExoFOP was last asked (ISO, with zone)."""
    date: str
    """The day of the table (ISO), as it says itself; else the day on which it was fetched."""
    etag: str = ""
    modified: str = ""
    sha256: str = ""
    """Sum of the bytes that ExoFOP sent; empty: not known, of tables that an earlier version kept."""

    @property
    def said(self) -> str:
        """Where it is from, for people, e.g. ``"ExoFOP of 2026-11-27"``."""
        return f"{SERVICE} of {self.date}"


_known: dict[tuple[Path, str], KnownTois] = {}
"""Tables that this process has: (file, its state) → table. The state is empty for tables that are not kept in a file."""
_failed: dict[Path, float] = {}
_asking = threading.Lock()


def known_tois(settings: Settings, *, refresh: bool = False) -> KnownTois:
    """Return the table of TOIs: the kept one if it is young enough, or offline; else that of ExoFOP.

    Parameters
    ----------
    settings : Settings
    refresh : bool
        Whether to ask ExoFOP even if the kept table is young.

    Raises
    ------
    OfflineError
        If there is no kept table, and no connection may be opened.
    ServiceError
        If there is no kept table, and ExoFOP fails. With a kept table, a warning says so.
    """
    with _asking:
        file, kept = _file(settings), _kept(settings)
        if is_offline(settings.offline):
            if kept is None:
                raise OfflineError("the table of TOIs")
            if age_of(kept.time) > max_age(settings.max_age):
                log.warning("offline: TOIs are those of %s (asked for %s)", kept.said, ago(age_of(kept.time)))
            return kept
        if kept and not refresh and (_is_young(kept, settings) or abs(now() - _failed.get(file, 0.0)) < AGAIN):
            return kept
        try:
            known = _fetched(settings, kept)
        except ServiceError as error:
            if kept is None:
                raise
            _failed[file] = now()
            log.warning("TOIs are those of %s (asked for %s): %s", kept.said, ago(age_of(kept.time)), error)
            return kept
        _failed.pop(file, None)
        _keep(settings, known)
        return known


def kept_tois(settings: Settings) -> KnownTois | None:
    """Return the kept table of TOIs, whatever its age, without a connection; None if there is none."""
    with _asking:
        return _kept(settings)


def _is_young(kept: KnownTois, settings: Settings) -> bool:
    return -SKEW <= age_of(kept.time) <= max_age(settings.max_age)


def _fetched(settings: Settings, kept: KnownTois | None) -> KnownTois:
    """Return the table of ExoFOP of this moment.

    Raises
    ------
    ServiceError
        If it cannot be fetched or read, or lacks most of what the kept one has.
    """
    from tess_source.download.lists import NEW, UNCHANGED, Lists

    with Lists(settings) as lists:
        answer = lists.fetch(ADDRESS, etag=kept.etag if kept else "", modified=kept.modified if kept else "")
        if kept and answer.state == UNCHANGED:
            return replace(kept, time=this_moment())
        if answer.state != NEW:
            raise ServiceError(SERVICE, f"the table of TOIs could not be fetched: {answer.problem}")
        data = answer.path.read_bytes()
    try:
        tois = tois_of_bytes(data, SERVICE)
    except LoadError as error:
        raise ServiceError(SERVICE, str(error)) from error
    if not (count := tois["toi"].count()):
        raise ServiceError(SERVICE, "its table has no TOI")
    if kept and count < LEAST * (before := kept.tois["toi"].count()):
        raise ServiceError(SERVICE, f"its table has {count:,} TOIs only, and had {before:,} on {kept.date}")
    time = this_moment()
    date, sha256 = date_of(data) or time[:10], hashlib.sha256(data).hexdigest()
    known = KnownTois(tois, time, date, answer.etag, answer.modified, sha256)
    return replace(known, tois=tois.with_columns(source=pl.lit(known.said)))


# -- the file: a line that says what it is, and the table as Parquet behind it --


def _file(settings: Settings) -> Path:
    return store_root(settings) / OWN_FOLDER / "tois" / "exofop"


def _keep(settings: Settings, known: KnownTois) -> None:
    """Keep a table: in the cache folder, and in this process. Of a server at hand, such as a sample archive, only in this process."""
    file = _file(settings)
    state = ""
    if not settings.server or is_explicit(settings.cache):
        table = io.BytesIO()
        known.tois.to_polars().write_parquet(table)
        said = {name: getattr(known, name) for name in ("time", "date", "etag", "modified")}
        line = as_line(
            {
                "format": FORMAT,
                **said,
                "sent_sha256": known.sha256,
                "sha256": hashlib.sha256(table.getvalue()).hexdigest(),
            }
        )
        if keep(file, line.encode() + b"\n" + table.getvalue(), store_root(settings)):
            state = _state(file)
    _remember(file, state, known)


def _remember(file: Path, state: str, known: KnownTois) -> None:
    for old in [key for key in _known if key[0] == file]:
        del _known[old]
    _known[file, state] = known


def _state(file: Path) -> str:
    """Return what tells one state of a file from another; empty if there is none."""
    try:
        found = file.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns} {found.st_size} {found.st_ino}"


def _kept(settings: Settings) -> KnownTois | None:
    file = _file(settings)
    state = _state(file)
    if (file, state) in _known:
        return _known[file, state]
    if not state:
        return None
    try:
        line, _, table = kept_bytes(file).partition(b"\n")
        record: dict[str, Any] = record_in(line)
        if record["format"] != FORMAT:
            return None
        if hashlib.sha256(table).hexdigest() != record["sha256"]:
            raise ValueError("its bytes are not those that were written")
        texts = {name: str(record[name]) for name in ("time", "date", "etag", "modified")}
        age_of(texts["time"])
        sent = str(record.get("sent_sha256", ""))
        known = KnownTois(Tois(pl.read_parquet(io.BytesIO(table))), **texts, sha256=sent)
    except (OSError, ValueError, TypeError, KeyError, TableError, pl.exceptions.PolarsError) as error:
        log.info("the kept table of TOIs %s is not used: %s", file, bare_reason(error))
        return None
    _remember(file, state, known)
    return known
