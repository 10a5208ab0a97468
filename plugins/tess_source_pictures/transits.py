"""Times of transits: ephemerides from the report of the current set with most sectors."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, pl
from tess_source.display.visible import logger
from tess_source.names.sectors import sectors_of_text
from tess_source.tables.reasons import Reasons
from tess_source_dv.read.tces import TCEs, read_tces
from tess_source_dv.sets.exact_sectors import fetch_reports
from tess_source_dv.sets.members import all_products, members
from tess_source_dv.sets.table import Sets, sets_of
from tess_source_pictures.gather import LAST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.tables.found import Found

__all__ = ["TransitTimes", "Validated", "ephemerides", "validated"]

log: logging.Logger = logger(__name__)

SHORTEST = 0.01
"""No planet has a shorter period [d]; the transits of one that is damaged would fill the memory."""


@dataclass(frozen=True)
class TransitTimes:
    """Times of the transits of one TCE."""

    tce: int
    period: float
    """[d]"""
    epoch: float
    """Middle of the first transit [BTJD]."""
    duration: float
    """First to last contact [h]."""
    sectors: frozenset[int] = frozenset()
    """Sectors that its run used, as far as they are known."""

    def times(self, first: float, last: float) -> NDArray[np.float64]:
        """Return the middles of the transits between two times [BTJD]."""
        start = math.ceil((first - self.epoch) / self.period)
        stop = math.floor((last - self.epoch) / self.period)
        return np.asarray(self.epoch + self.period * np.arange(start, stop + 1), dtype=np.float64)

    def offset(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time since the middle of the nearest transit [h], between minus and plus half a period."""
        half = self.period / 2
        return np.asarray((np.mod(time - self.epoch + half, self.period) - half) * 24)


@dataclass(frozen=True)
class Validated:
    """The data-validation sets of a target, and the TCEs of the best of them."""

    sets: Sets
    """All sets, newest first."""
    best: Mapping[str, Any] | None = None
    """The row of the current set with most sectors, from which the TCEs are."""
    tces: TCEs = field(default_factory=TCEs.empty)
    failed: Mapping[str, str] = field(default_factory=dict)
    """URI → why its report could not be had or read."""


def validated(found: Found, tic: int, root: Path, *, exact: bool = False) -> Validated:
    """Return the sets of a target, and the TCEs of the current one with most sectors, whose report (XML, 0.1 to 2 MB) is fetched.

    Parameters
    ----------
    found : Found
    tic : int
    root : Path
        The folder for reports, in the layout ``mast``.
    exact : bool
        Fetch the reports of all searches over several sectors as well, to know which sectors each used.
    """
    whole = found.replace(products=all_products(found))
    sets = sets_of(found, exact=exact, root=root).where(pl.col("tic") == tic)
    best = _best_set(sets)
    if best is None:
        return Validated(sets)
    reports = members(whole.products).filter(set=best["set"], kind="dvr-xml")["uri"].to_list()
    paths, failed = fetch_reports(found, reports, root)
    tces = TCEs.empty()
    for path in paths:
        try:
            tces = TCEs.stack([tces, read_tces([path])])
        except (ValueError, OSError) as error:  # a LoadError is a ValueError
            failed[path.name] = str(error)
    for line in Reasons(failed).said("tells nothing of transits", "files tell nothing of transits"):
        log.warning("%s", line)
    if paths and not exact:  # a report may tell which sectors were used
        sets = sets_of(found, root=root).where(pl.col("tic") == tic)
    return Validated(sets, best, tces.sort(), failed)


def _best_set(sets: Sets) -> Mapping[str, Any] | None:
    rows = list(sets.current.choose("widest")) or list(sets.choose("widest"))
    rows.sort(key=lambda row: row["pipeline"] != "SPOC")
    return rows[0] if rows else None


def ephemerides(known: Validated) -> list[TransitTimes]:
    """Return an ephemeris for each TCE that has possible period, epoch and duration, by number."""
    told = next((row["sectors"] for row in known.sets if known.best and row["set"] == known.best["set"]), None)
    used = frozenset(sectors_of_text(told or ""))
    wanted = ("period", "epoch", "duration")
    return [
        TransitTimes(row["tce"], row["period"], row["epoch"], row["duration"], used)
        for row in known.tces
        if all(row[name] is not None for name in wanted)
        and row["period"] >= SHORTEST
        and row["duration"] > 0
        and abs(row["epoch"]) < LAST
    ]


def in_transit(time: NDArray[np.float64], events: Sequence[TransitTimes], wide: float = 1.0) -> NDArray[np.bool_]:
    """Return a mask of the times [BTJD] that lie within `wide` durations around the middle of a transit."""
    inside = np.zeros(len(time), dtype=bool)
    for event in events:
        inside |= np.abs(event.offset(time)) < wide * event.duration / 2
    return inside
