"""The CCDs and dates that are known: those of this package, and of newer sectors those that were fetched."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tess_source._lazy import np, pl
from tess_source.settings import Settings
from tess_source_sectors.chips import Chips, bundled, bundled_dates
from tess_source_sectors.footprints import chips_of, dates_of, kept_file, kept_footprints

__all__ = ["known_chips", "known_dates", "known_sectors"]

SPECIAL = 1000
"""Sectors from here on, such as 1751, are special pointings. They count only if they are asked for by number."""


def known_chips(settings: Settings) -> Chips:
    """Return the CCDs that are known, special pointings included."""
    return _merged(*_state(settings))[0]


def known_dates(settings: Settings) -> pl.DataFrame:
    """Return `sector`, `start`, `end` (UTC, ISO) and `cadence` of full-frame images [s]: null where they are not known."""
    return _merged(*_state(settings))[1]


def known_sectors(settings: Settings) -> list[int]:
    """Return the sectors whose CCDs are known, ascending, without special pointings."""
    sectors = np.unique(known_chips(settings).sector)
    return [int(sector) for sector in sectors if sector < SPECIAL]


def _state(settings: Settings) -> tuple[Path, int, int]:
    """Return the file of the footprints that were fetched, with what changes when it is replaced."""
    file = kept_file(settings)
    try:
        known = file.stat()
    except OSError:
        return file, 0, 0
    return file, known.st_mtime_ns, known.st_size


@lru_cache(maxsize=4)
def _merged(file: Path, _changed: int, size: int) -> tuple[Chips, pl.DataFrame]:
    footprints = kept_footprints(file) if size else None
    if footprints is None:
        return bundled(), bundled_dates()
    ours, theirs = bundled_dates(), dates_of(footprints)
    both = ours.join(theirs, on="sector", how="full", coalesce=True, suffix="_fetched").sort("sector")
    dates = both.select("sector", *(pl.coalesce(name, f"{name}_fetched") for name in ("start", "end", "cadence")))
    return bundled().and_others(chips_of(footprints)), dates
