"""Time series of a DV run (``_dvt.fits``) as lightkurve light curves, one per TCE.

Layout: TESS Science Data Products Description Document (EXP-TESS-ARC-ICD-0014 Rev D), section on Data Validation time series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tess_source._lazy import np, whole
from tess_source.errors import DamagedFileError, LoadError, UnknownNameError
from tess_source_dv.read.dvt_file import OpenedDVT, Table, opened
from tess_source_lightkurve.readers import check, lightkurve

if TYPE_CHECKING:
    from astropy.io.fits import HDUList
    from lightkurve import LightCurve, TessLightCurve
    from numpy.typing import NDArray

__all__ = ["curve_of_tce", "curves_of", "read_statistics"]

Curve = TypeVar("Curve", bound="TessLightCurve")

LAUNCH = 1226.0
"""BTJD; TESS was launched on 2018-04-18 (BTJD 1227). An earlier time in a table, 0 among them, stands for none."""
SEARCHED = ("LC_INIT", "LC_WHITE", "LC_DETREND")
"""A row without a value in all of these is a gap: the run did not use that cadence. The models go on through gaps."""
ERRORS = {"lc_init": "lc_init_err", "lc_detrend": "lc_init_err", "pdcsap_flux": "pdcsap_flux_err"}
"""Flux → its uncertainty. LC_DETREND has none of its own; that of LC_INIT, equally relative to the star's flux, serves."""
FLUXES = ("lc_", "model_", "pdcsap_flux", "residual_lc")
"""How the names of columns begin that are offered as flux."""


def curve_of_tce(
    kind: type[Curve],
    path: str | Path | HDUList,
    tce: int | None = None,
    *,
    flux_column: str = "lc_detrend",
    quality_bitmask: str | int = "none",
) -> Curve:
    """Return the light curve of one TCE of a DV file, as an object of a class.

    Parameters
    ----------
    kind : type
        lightkurve's `TessLightCurve`, or a class derived from it.
    path, tce, flux_column, quality_bitmask
        As for `tess_source_dv.read.read_dvt.read_tce`, which also tells what is raised.
    """
    check({"flux_column": flux_column, "quality_bitmask": quality_bitmask})
    with opened(path) as dvt:
        if tce is None and dvt.tces == 1:
            tce = 1
        if tce is None or tce not in range(1, dvt.tces + 1):
            asked = "say which" if tce is None else f"there is no {tce}"
            raise LoadError(f"{dvt.filename} has {dvt.tces} TCEs, numbered from 1: {asked}")
        return curves_of(dvt, kind, [tce], flux_column, quality_bitmask)[0]


def curves_of(
    dvt: OpenedDVT, kind: type[Curve], numbers: Sequence[int], flux_column: str, quality_bitmask: str | int
) -> list[Curve]:
    """Return the light curves of TCEs of an opened DV file, as objects of a class.

    Parameters
    ----------
    dvt : OpenedDVT
        The file.
    kind : type
        lightkurve's `TessLightCurve`, or a class derived from it.
    numbers : sequence of int
        Numbers of the TCEs.
    flux_column, quality_bitmask
        As for `tess_source_dv.read.read_dvt.read_dvt`, which also tells what is raised.
    """
    flux, statistics = flux_column.lower(), dvt.statistics()
    good = _has_time(statistics) & _is_unflagged(statistics, quality_bitmask)
    found = []
    for number in numbers:
        table = dvt.tce(number)
        if len(table) != len(statistics):
            raise DamagedFileError(f"{dvt.filename} is damaged: its tables are of different lengths; fetch it again")
        table.take(statistics, "QUALITY")
        if flux not in table.columns and flux in statistics.columns:
            table.take(statistics, flux, ERRORS.get(flux))
        if flux not in table.columns or flux in {"time", "cadenceno"}:
            choices = [name for name in (*table.columns, "pdcsap_flux", "residual_lc") if name.startswith(FLUXES)]
            raise UnknownNameError("column for the flux", flux, choices)
        meta = {**dvt.meta(table), **_ephemeris(table.header), "TCE": number}
        meta |= {"TIME_BIN": _time_bin(table), "FLUX_ORIGIN": flux, "QUALITY_BITMASK": quality_bitmask}
        found.append(_light_curve(kind, table, good & _has_time(table) & _is_used(table), flux, meta))
    return found


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
        As `tess_source_dv.read.read_dvt.read_dvt`.
    """
    with opened(path) as dvt:
        table = dvt.statistics()
        meta = {**dvt.meta(table), "FLUX_ORIGIN": "pdcsap_flux"}
        curve: TessLightCurve = _light_curve(lightkurve().TessLightCurve, table, _has_time(table), "pdcsap_flux", meta)
        return curve


# -- from tables to light curves --


def _light_curve(kind: type[LightCurve], table: Table, rows: NDArray[Any], flux: str, meta: dict[str, Any]) -> Any:
    whole("astropy")
    from astropy.time import Time

    columns = {name: values[rows] for name, values in table.values().items()}
    time = Time(columns.pop("time"), format="btjd", scale="tdb")
    error = columns.get(ERRORS.get(flux, ""))
    if error is None:
        error = np.full(len(time), np.nan, dtype=np.float32) * columns[flux].unit
    return kind(data={"time": time, "flux": columns[flux], "flux_err": error, **columns}, meta=meta)


def _has_time(table: Table) -> NDArray[Any]:
    """Return a mask of the rows that have a time."""
    timed: NDArray[Any] = table.raw("TIME") > LAUNCH  # False for NaN
    return timed


def _is_used(table: Table) -> NDArray[Any]:
    """Return a mask of the rows that the search used."""
    known = [np.isfinite(table.raw(name)) for name in SEARCHED if name.lower() in table.columns]
    return np.asarray(np.any(known, axis=0))


def _is_unflagged(statistics: Table, bitmask: str | int) -> NDArray[Any]:
    if bitmask in {"none", None, 0}:
        return np.ones(len(statistics), dtype=bool)
    mask = lightkurve().utils.TessQualityFlags.create_quality_mask(
        quality_array=statistics.raw("QUALITY"), bitmask=bitmask
    )
    return np.asarray(mask)


def _time_bin(table: Table) -> Any:
    """Return the time between two rows [s], measured from the times; TIMEDEL is only a plan."""
    whole("astropy")
    from astropy import units

    rows = np.flatnonzero(_has_time(table))
    if len(rows) < 2:
        return round(float(table.header.get("TIMEDEL") or np.nan) * 86400, 3) * units.s
    steps = np.diff(table.raw("TIME")[rows])[np.diff(rows) == 1]
    return float(np.round(np.median(steps) * 86400)) * units.s  # whole: the barycentric correction stretches by 1e-4


def _ephemeris(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return the TCE's ephemeris with units; None for values that a failed fit left at 0 or -1."""
    whole("astropy")
    from astropy import units
    from astropy.time import Time

    def positive(card: str) -> float | None:
        value = header.get(card)
        return float(value) if isinstance(value, int | float) and value > 0 else None

    given = {
        "PERIOD": ("TPERIOD", units.day),
        "DURATION": ("TDUR", units.hour),
        "DEPTH": ("TDEPTH", lightkurve().units.ppm),
    }
    found: dict[str, Any] = {}
    for name, (card, unit) in given.items():
        value = positive(card)
        found[name] = None if value is None else value * unit
    epoch = positive("TEPOCH")
    return {**found, "EPOCH_TIME": None if epoch is None else Time(epoch, format="btjd", scale="tdb")}
