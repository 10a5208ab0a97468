"""Published signals beside the TCEs of runs: which TCE is which TESS object of interest (TOI), by its ephemeris.

The table of TOIs is another plugin's, and is asked for by the name of its method, ``session.tois``. Period and phase must agree as between
two runs (`tess_source_dv.candidates.ephemeris`): the epoch of the TOI is carried over the years between with the errors of both periods.
Of multiples, only whole ones are taken: a search finds every second transit, but 3:2 is more often the planet next to it, in resonance.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import OfflineError, ServiceError
from tess_source.session import session_of
from tess_source.tables.among import among
from tess_source_dv.candidates.ephemeris import Agreement, Ephemeris, compare
from tess_source_dv.candidates.matching import ephemeris, text_of_ratio
from tess_source_dv.read.tce_columns import PUBLISHED

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source.tables.rows import Rows
    from tess_source_dv.read.tces import TCEs

__all__ = ["published", "with_tois"]

log: logging.Logger = logger(__name__)

ACCESSOR = "session.tois"
Row = Mapping[str, Any]


def published(found: Found, tics: Sequence[int]) -> Rows | None:
    """Return the TOIs of stars; None if no plugin has such a table, or if it cannot be had, of which a warning tells."""
    session = session_of(found)
    if (accessor := session.registry.accessors.get(ACCESSOR)) is None or not len(tics):
        return None
    try:
        tois: Rows = session.registry.blame("accessor", ACCESSOR, accessor.function, session, list(tics))
    except (OfflineError, ServiceError) as error:
        log.warning("TOIs are not shown: %s", error)
        return None
    return tois


def with_tois(tces: TCEs, tois: Rows | None) -> TCEs:
    """Return TCEs with the columns of `tess_source_dv.read.tce_columns.PUBLISHED`, null where a TCE is no TOI.

    Within one run, a TOI is at most one TCE, and a TCE at most one TOI: the best agreement first.

    Parameters
    ----------
    tces : TCEs
    tois : Rows or None
        With columns `toi`, `tic`, `disposition`, `tess_disposition`, and period and epoch [d], duration [h] and their errors ``…_err``.
        None: the TCEs stay as they are.
    """
    if tois is None:
        return tces
    ours: dict[int, list[Row]] = {}
    for toi in tois.where(pl.col("tic").is_in(among(tces["tic"]))):
        ours.setdefault(toi["tic"], []).append(toi)
    found: dict[int, dict[str, Any]] = {}
    rows = sorted(enumerate(tces), key=lambda one: (_run_of(one[1]), one[0]))
    for (tic, *_), run in groupby(rows, key=lambda one: _run_of(one[1])):
        if tic in ours:
            found |= {number: _values(toi, agreement) for number, toi, agreement in _matched(list(run), ours[tic])}
    columns = {
        column.name: pl.Series([found.get(number, {}).get(column.name) for number in range(len(tces))], dtype=getattr(pl, column.dtype))
        for column in PUBLISHED
    }  # fmt: skip
    return tces.with_columns(**columns)


def _run_of(tce: Row) -> tuple[int, str, str]:
    return tce["tic"], tce["set"] or "", tce["filename"] or ""


def _matched(run: Sequence[tuple[int, Row]], tois: Sequence[Row]) -> Iterator[tuple[int, Row, Agreement]]:
    """Yield the TCEs of a run that are TOIs, one to one."""
    pairs = []
    known = [(toi, ephemeris_of_toi(toi)) for toi in tois]
    for number, tce in run:
        if (seen := ephemeris(tce)) is None:
            continue
        agreements = ((toi, compare(one, seen, whole=True)) for toi, one in known if one is not None)
        pairs += [(agreement.rank, toi["toi"], number, toi, agreement) for toi, agreement in agreements if agreement]
    taken: set[str | int] = set()
    for _, name, number, toi, agreement in sorted(pairs, key=lambda pair: pair[:3]):
        if not taken & {name, number}:
            taken |= {name, number}
            yield number, toi, agreement


def ephemeris_of_toi(toi: Row) -> Ephemeris | None:
    """Return the ephemeris of a TOI; None if it has none, such as a single transit."""
    if toi["period"] is None or toi["epoch"] is None or toi["period"] <= 0:
        return None
    duration = (toi["duration"] or 0.0) / 24
    return Ephemeris(toi["period"], toi["epoch"], duration, 0.0, toi["period_err"], toi["epoch_err"])


def _values(toi: Row, agreement: Agreement) -> dict[str, Any]:
    return {
        "exofop_toi": toi["toi"],
        "disposition": toi["disposition"] or toi["tess_disposition"],
        "toi_period": toi["period"],
        "toi_epoch": toi["epoch"],
        "toi_ratio": text_of_ratio(agreement.ratio),
    }
