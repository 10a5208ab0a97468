"""Time series of a DV run (``_dvt.fits``) as lightkurve light curves, one per TCE.

Layout: TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014 Rev D), section on Data Validation time series.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.errors import DamagedFileError, LoadError, UnknownNameError, nearest
from tess_source_dv.read.dvt_file import Table, Whole, opened

if TYPE_CHECKING:
    from astropy.io.fits import HDUList
    from lightkurve import LightCurve, TessLightCurve
    from numpy.typing import NDArray

    from tess_source.tables.items import Entry
    from tess_source_dv.read.curves import DVLightCurve, DVTimeSeries

__all__ = ["GROUP", "collect", "load", "read_dvt", "read_statistics", "read_tce"]

log = logging.getLogger(__name__)

GROUP = "dv time series"
"""What the opened light curves are called in an answer of `Manifest.read`."""
LAUNCH = 1226.0
"""BTJD; TESS was launched on 2018-04-18 (BTJD 1227). An earlier time in a table, 0 among them, stands for none."""
SEARCHED = ("LC_INIT", "LC_WHITE", "LC_DETREND")
"""A row without a value in all of these is a gap: the run did not use that cadence. The models go on through gaps."""
ERRORS = {"lc_init": "lc_init_err", "lc_detrend": "lc_init_err", "pdcsap_flux": "pdcsap_flux_err"}
"""Flux → its uncertainty. LC_DETREND has none of its own; that of LC_INIT, equally relative to the star's flux, serves."""


def read_dvt(
    path: str | Path | HDUList, *, flux_column: str = "lc_detrend", quality_bitmask: str | int = "none"
) -> DVTimeSeries:
    """Read the time series of all TCEs of a DV file.

    Parameters
    ----------
    path : str or Path or astropy.io.fits.HDUList
        A ``_dvt.fits`` file.
    flux_column : str
        Which column becomes the flux, in either case: ``lc_detrend`` (default), ``lc_init``, ``lc_white``, ``model_init``, ``model_white``,
        or one of the extension ``Statistics``: ``pdcsap_flux``, ``residual_lc``.
    quality_bitmask : str or int
        As for lightkurve's light curves. By default no flag is looked at: the run itself left out what it found bad.

    Returns
    -------
    DVTimeSeries
        A lightkurve collection: one `DVLightCurve` per TCE, by number; empty if the file has none (a warning says so). Times are BTJD
        (BJD - 2457000) in TDB; rows without time and gaps are left out; columns are named as in the file, in lower case, with their units:
        relative flux is dimensionless and around zero. `quality` comes from the extension ``Statistics``.

    Raises
    ------
    DamagedFileError
        If bytes or tables are missing.
    NoReaderError
        If the file is not a DV time series.
    UnknownNameError
        If there is no such column.
    OSError
        If there is no such file, or it cannot be read.
    """
    with opened(path) as whole:
        curves = _curves(whole, range(1, whole.tces + 1), flux_column, quality_bitmask)
    if not curves:
        log.warning("%s holds no TCE", whole.filename)
    from tess_source_dv.read.curves import DVTimeSeries

    return DVTimeSeries(curves)


def read_tce(
    path: str | Path | HDUList,
    tce: int | None = None,
    *,
    flux_column: str = "lc_detrend",
    quality_bitmask: str | int = "none",
) -> DVLightCurve:
    """Read the time series of one TCE of a DV file.

    Parameters
    ----------
    path, flux_column, quality_bitmask
        As for `read_dvt`.
    tce : int, optional
        Its number; may be left out if the file has one only.

    Raises
    ------
    LoadError
        If there is no such TCE, or there are several and none was named. And as `read_dvt`.
    """
    with opened(path) as whole:
        if tce is None and whole.tces == 1:
            tce = 1
        if tce is None or tce not in range(1, whole.tces + 1):
            asked = "say which" if tce is None else f"there is no {tce}"
            raise LoadError(f"{whole.filename} has {whole.tces} TCEs, numbered from 1: {asked}")
        return _curves(whole, [tce], flux_column, quality_bitmask)[0]


def read_statistics(path: str | Path | HDUList) -> TessLightCurve:
    """Read the extension ``Statistics`` of a DV file: what the search itself saw and computed.

    Parameters
    ----------
    path : str or Path or astropy.io.fits.HDUList
        A ``_dvt.fits`` file.

    Returns
    -------
    lightkurve.TessLightCurve
        All rows that have a time (BTJD, TDB); flux is ``pdcsap_flux`` [electron/s]. Further columns: ``residual_lc`` (relative flux
        without the transits of all TCEs), ``deweights`` (0 to 1), ``quality``, and the single event statistics, ``ses_corr_``
        (correlation) and ``ses_norm_`` (normalization), for trial durations of ``0_5`` to ``15_0`` hours. ``cadenceno`` relates rows to
        those of the TCEs.

    Raises
    ------
    DamagedFileError, NoReaderError, OSError
        As `read_dvt`.
    """
    from tess_source_lightkurve.readers import lightkurve

    with opened(path) as whole:
        table = whole.statistics()
        meta = {**whole.meta(table), "FLUX_ORIGIN": "pdcsap_flux"}
        curve: TessLightCurve = _curve(lightkurve().TessLightCurve, table, _timed(table), "pdcsap_flux", meta)
        return curve


def load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a DV time series; None for anything else.

    Parameters
    ----------
    entry : Entry
        A file that is there.
    options : mapping
        Keywords of `read_dvt`.

    Returns
    -------
    DVTimeSeries or None

    Raises
    ------
    LoadError
        If a keyword is not known. And as `read_dvt`.
    """
    if entry.path is None or entry.item.kind != "dvt":
        return None
    known = ("flux_column", "quality_bitmask")
    for name in options:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(known)}"
            raise LoadError(f"the reader of DV time series takes no argument {name!r}; {hint}")
    return read_dvt(entry.path, **options)


def collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Put the light curves of all opened DV files into one lightkurve collection.

    Parameters
    ----------
    objects : sequence of object
        Whatever was opened, in order.

    Returns
    -------
    mapping or None
        ``"dv time series"`` → LightCurveCollection of DVLightCurve, file after file; None if there are none.
    """
    curves = sys.modules.get("tess_source_dv.read.curves")
    if curves is None:  # then nobody can have opened one
        return None
    files = [item for item in objects if isinstance(item, curves.DVTimeSeries)]
    if not files:
        return None
    return {GROUP: curves.LightCurveCollection([curve for file in files for curve in file])}


# -- from tables to light curves --


def _curves(whole: Whole, numbers: Sequence[int], flux: str, bitmask: str | int) -> list[DVLightCurve]:
    from tess_source_dv.read.curves import DVLightCurve

    flux, statistics = flux.lower(), whole.statistics()
    good = _timed(statistics) & _unflagged(statistics, bitmask)
    found = []
    for number in numbers:
        table = whole.tce(number)
        if len(table) != len(statistics):
            raise DamagedFileError(f"{whole.filename} is damaged: its tables are of different lengths; fetch it again")
        table.take(statistics, "QUALITY")
        if flux not in table.columns and flux in statistics.columns:
            table.take(statistics, flux, ERRORS.get(flux))
        if flux not in table.columns or flux in {"time", "cadenceno"}:
            choices = [name for name in (*table.columns, "pdcsap_flux", "residual_lc") if name.startswith(FLUXES)]
            raise UnknownNameError("column for the flux", flux, choices)
        meta = {**whole.meta(table), **_ephemeris(table.header), "TCE": number}
        meta |= {"TIME_BIN": _time_bin(table), "FLUX_ORIGIN": flux, "QUALITY_BITMASK": bitmask}
        found.append(_curve(DVLightCurve, table, good & _timed(table) & _used(table), flux, meta))
    return found


FLUXES = ("lc_", "model_", "pdcsap_flux", "residual_lc")
"""How the names of columns begin that are offered as flux."""


def _curve(kind: type[LightCurve], table: Table, rows: NDArray[Any], flux: str, meta: dict[str, Any]) -> Any:
    from astropy.time import Time

    columns = {name: values[rows] for name, values in table.values().items()}
    time = Time(columns.pop("time"), format="btjd", scale="tdb")
    error = columns.get(ERRORS.get(flux, ""))
    if error is None:
        error = np.full(len(time), np.nan, dtype=np.float32) * columns[flux].unit
    return kind(data={"time": time, "flux": columns[flux], "flux_err": error, **columns}, meta=meta)


def _timed(table: Table) -> NDArray[Any]:
    """Rows that have a time: neither NaN nor 0."""
    timed: NDArray[Any] = table.raw("TIME") > LAUNCH  # False for NaN
    return timed


def _used(table: Table) -> NDArray[Any]:
    """Rows that the search used."""
    known = [np.isfinite(table.raw(name)) for name in SEARCHED if name.lower() in table.columns]
    return np.asarray(np.any(known, axis=0))


def _unflagged(statistics: Table, bitmask: str | int) -> NDArray[Any]:

    if bitmask in {"none", None, 0}:
        return np.ones(len(statistics), dtype=bool)
    from lightkurve.utils import TessQualityFlags

    mask = TessQualityFlags.create_quality_mask(quality_array=statistics.raw("QUALITY"), bitmask=bitmask)
    return np.asarray(mask)


def _time_bin(table: Table) -> Any:
    """Distance of two rows in seconds: what the times say, not TIMEDEL, which is a plan."""
    from astropy import units

    rows = np.flatnonzero(_timed(table))
    if len(rows) < 2:
        return round(float(table.header.get("TIMEDEL") or np.nan) * 86400, 3) * units.s
    steps = np.diff(table.raw("TIME")[rows])[np.diff(rows) == 1]
    return float(np.round(np.median(steps) * 86400)) * units.s  # whole: the barycentric correction stretches by 1e-4


def _ephemeris(header: Mapping[str, Any]) -> dict[str, Any]:
    """Give the TCE's ephemeris with units; what a failed fit left at 0 or -1 is None."""
    from astropy import units
    from astropy.time import Time
    from lightkurve.units import ppm

    def positive(card: str) -> float | None:
        value = header.get(card)
        return float(value) if isinstance(value, int | float) and value > 0 else None

    given = {"PERIOD": ("TPERIOD", units.day), "DURATION": ("TDUR", units.hour), "DEPTH": ("TDEPTH", ppm)}
    found: dict[str, Any] = {}
    for name, (card, unit) in given.items():
        value = positive(card)
        found[name] = None if value is None else value * unit
    epoch = positive("TEPOCH")
    return {**found, "EPOCH_TIME": None if epoch is None else Time(epoch, format="btjd", scale="tdb")}
