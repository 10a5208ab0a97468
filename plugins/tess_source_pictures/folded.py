"""Folding on the ephemeris of a TCE: of the run's own time series if it is there, else of the light curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.tables.file_errors import errors_of_file
from tess_source_dv.read.read_dvt import read_dvt
from tess_source_pictures.gather import Curve, plain_numbers
from tess_source_pictures.transits import TransitTimes, in_transit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Folded", "fold_curves", "fold_series"]

REACH = 2.5
"""What is shown on each side of a transit, in durations."""
BASELINE = 0.75
"""Width of the bins whose medians, outside of transits, make the baseline [d]; a few transit durations at least."""
LEAST = 0.1
"""Of the cadences in transit, so many must be free of other TCEs for those in transit of others to be left out."""


@dataclass(frozen=True)
class Folded:
    """One TCE, folded."""

    event: TransitTimes
    phase: NDArray[np.float64]
    """Time from mid-transit [h], shape (n,)."""
    flux: NDArray[np.float64]
    """Relative to the baseline [ppm], shape (n,)."""
    reach: float
    """Largest phase that is shown [h]."""
    source: str
    """Which data were folded, for the caption."""
    model: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """Phase and flux of the fitted model, by phase."""
    simulated: bool = False


def fold_curves(curves: Sequence[Curve], event: TransitTimes, events: Sequence[TransitTimes]) -> Folded:
    """Fold light curves: each less its baseline, without the cadences in transits of other TCEs (unless hardly any were left).

    Parameters
    ----------
    curves : sequence of Curve
    event : TransitTimes
        Whose transits.
    events : sequence of TransitTimes
        Of all TCEs: their transits do not count for the baseline.
    """
    others = [other for other in events if other.tce != event.tce]
    reach, phases, fluxes, clean = _reach(event), [], [], []
    for curve in curves:
        flat = curve.flux - _baseline(curve, events, max(BASELINE, 4 * event.duration / 24))
        phase = event.offset(curve.time)
        ours = np.abs(phase) <= reach
        phases.append(phase[ours])
        fluxes.append(flat[ours])
        clean.append(~in_transit(curve.time[ours], others, wide=1.2))
    made = any(curve.simulated for curve in curves)
    said = f"light curves of {len(curves)} sector{'s' if len(curves) != 1 else ''}, less a baseline"
    phase, flux, alone = np.concatenate(phases), np.concatenate(fluxes), np.concatenate(clean)
    inside = np.abs(phase) < event.duration / 2
    if (alone & inside).sum() >= LEAST * inside.sum():  # else they always coincide, like two TCEs of one binary
        phase, flux = phase[alone], flux[alone]
    return Folded(event, phase, flux, reach, said, simulated=made)


def _reach(event: TransitTimes) -> float:
    return min(REACH * event.duration, event.period * 12)


def _baseline(curve: Curve, events: Sequence[TransitTimes], width: float) -> NDArray[np.float64]:
    """Return the baseline: interpolated between medians of the flux outside of all transits."""
    outside = ~in_transit(curve.time, events, wide=1.2)
    if not outside.any():
        return np.zeros(len(curve.time))
    index = np.floor((curve.time[outside] - curve.time[0]) / width).astype(np.int64)
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    parts = zip(np.split(curve.time[outside], starts[1:]), np.split(curve.flux[outside], starts[1:]), strict=True)
    knots = [(float(np.mean(time)), float(np.median(flux))) for time, flux in parts]
    times, medians = np.array(knots).T
    return np.asarray(np.interp(curve.time, times, medians), dtype=np.float64)


def fold_series(path: Path, events: Sequence[TransitTimes]) -> dict[int, Folded]:
    """Fold the time series of a run: detrended flux and model, as the run left them.

    Parameters
    ----------
    path : Path
        A ``_dvt.fits`` file.
    events : sequence of TransitTimes

    Returns
    -------
    dict
        Number of the TCE → what was folded; those of `events` that the file has.

    Raises
    ------
    LoadError, OSError
        If the file cannot be read.
    """
    wanted = {event.tce: event for event in events}
    series = {curve.meta["TCE"]: curve for curve in read_dvt(path)}
    with errors_of_file(path):
        return {tce: _folded_tce(series[tce], event) for tce, event in wanted.items() if tce in series}


def _folded_tce(curve: Any, event: TransitTimes) -> Folded:
    phase, reach = event.offset(plain_numbers(curve.time.btjd)), _reach(event)
    flux, model = (plain_numbers(curve[name]) * 1e6 for name in ("flux", "model_init"))
    near = np.abs(phase) <= reach
    good, modelled = near & np.isfinite(flux), near & np.isfinite(model)
    order = np.argsort(phase[modelled])
    line = (phase[modelled][order], model[modelled][order])
    made = curve.meta.get("SIMDATA") is True
    return Folded(event, phase[good], flux[good], reach, "the run's time series, with its fit", line, made)
