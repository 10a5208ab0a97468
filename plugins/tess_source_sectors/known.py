"""The CCDs and dates that are known: those of this package, and of newer sectors those that were fetched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tess_source._lazy import np, pl
from tess_source.names.sectors import SPECIAL, text_of_sectors
from tess_source.settings import Settings
from tess_source_sectors.chips import Chips, bundled, bundled_dates
from tess_source_sectors.footprints import chips_of, dates_of, kept_file, kept_footprints

__all__ = ["KnownSectors", "known_sectors"]

CCDS = 16
"""CCDs of a sector."""


@dataclass(frozen=True)
class KnownSectors:
    """Where the CCDs of sectors lie, and when the sectors were observed."""

    chips: Chips
    """Of all sectors but special pointings."""
    special: Chips
    """Of special pointings. They count only if they are asked for by number."""
    dates: pl.DataFrame
    """`sector`, `start`, `end` (UTC, ISO) and `cadence` of full-frame images [s]: null where they are not known."""
    sectors: tuple[int, ...]
    """Those whose CCDs are all known, ascending, without special pointings."""
    text: str
    """These sectors in words."""

    def of(self, sectors: Collection[int]) -> Chips:
        """Return the CCDs of some sectors, which may be special pointings."""
        named = self.special.of_sectors(sectors)
        chosen = self.chips.of_sectors(sectors)
        return chosen.and_others(named) if len(named) else chosen

    def has(self, sectors: Collection[int]) -> list[int]:
        """Return the sectors that are known: all but special pointings, and those of some sectors."""
        if not len(self.special):
            return [*self.sectors]
        return [*self.sectors, *(int(sector) for sector in np.unique(self.special.of_sectors(sectors).sector))]

    def __str__(self) -> str:
        return self.text


def known_sectors(settings: Settings) -> KnownSectors:
    """Return what is known of sectors. No connection is opened."""
    file = kept_file(settings)
    try:
        state = file.stat()
    except OSError:
        return _merged(file, 0, 0)
    return _merged(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _merged(file: Path, _changed: int, size: int) -> KnownSectors:
    """Return what is known with a file of footprints, which is read again when it is replaced."""
    footprints = kept_footprints(file) if size else None
    chips, dates = bundled(), bundled_dates()
    if footprints is not None:
        chips = chips.and_others(chips_of(footprints))
        both = dates.join(dates_of(footprints), on="sector", how="full", coalesce=True, suffix="_fetched")
        names = ("start", "end", "cadence")
        dates = both.sort("sector").select("sector", *(pl.coalesce(name, f"{name}_fetched") for name in names))
    regular = chips.where(chips.sector < SPECIAL)
    numbers, counts = np.unique(regular.sector, return_counts=True)
    sectors = tuple(
        int(sector) for sector in numbers[counts == CCDS]
    )  # of others, a star may be on a CCD that is not known
    special = chips.where(chips.sector >= SPECIAL)
    return KnownSectors(regular, special, dates, sectors, text_of_sectors(sectors))
