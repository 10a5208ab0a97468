"""Axes: a light curve of one sector, and one that is folded. No state of matplotlib's own is touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_dv.draw.figure import drawn_text
from tess_source_pictures.gather import Curve
from tess_source_pictures.transits import TransitTimes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tess_source_pictures.folded import Folded

__all__ = ["COLOURS", "Scale", "colour", "draw_fold", "draw_sector", "scale_of"]

RAW, BINNED, INK = "#aebccb", "#1f3f66", "#3c4650"
COLOURS = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5c00")
"""Of TCEs by number; told apart with any kind of colour vision (Okabe and Ito 2008), the last one darkened."""
BIN = 0.5 / 24
"""Width of the bins that are drawn over the light curve [d]."""
HELD = (0.0002, 0.9998)
"""Between these quantiles of all fluxes the frame holds everything."""
ROWS = 4
"""Rows of transit marks at most; further TCEs share them."""


@dataclass(frozen=True)
class Scale:
    """What all sectors share, so that they can be compared."""

    low: float
    high: float
    """Limits of the flux [ppm]."""
    days: float
    """What each panel spans [d]."""
    beyond: int
    """Cadences outside of the limits."""
    per_unit: float = 1.0
    unit: str = "ppm"


def colour(tce: int) -> str:
    """Return the colour of a TCE."""
    return COLOURS[(tce - 1) % len(COLOURS)]


def scale_of(curves: Sequence[Curve]) -> Scale:
    """Return limits that hold all but single outliers; they hold every binned point, so no transit is cut off."""
    flux = np.concatenate([curve.flux for curve in curves])
    bins = np.concatenate([binned(curve.time, curve.flux, BIN)[1] for curve in curves])
    low, high = np.quantile(flux, HELD)
    low, high = min(low, bins.min()), max(high, bins.max())
    room = 0.06 * max(high - low, 10.0)
    low, high = low - room, high + room
    days = max(curve.time[-1] - curve.time[0] for curve in curves)
    beyond = int(((flux < low) | (flux > high)).sum())
    per_unit, unit = (1e4, "%") if high - low > 3e4 else (1.0, "ppm")
    return Scale(float(low), float(high), max(float(days), 1.0), beyond, per_unit, unit)


def binned(x: NDArray[np.float64], y: NDArray[np.float64], width: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the means of bins that hold anything: position and value."""
    index = np.floor((x - x.min()) / width).astype(np.int64)
    _, index, counts = np.unique(index, return_inverse=True, return_counts=True)
    return np.bincount(index, x) / counts, np.bincount(index, y) / counts


def draw_sector(axes: Axes, curve: Curve, scale: Scale, events: Sequence[TransitTimes] = (), size: float = 8.0) -> None:
    """Draw one sector: cadences pale, half-hour means dark, a mark below each transit."""
    rows = min(len(events), ROWS)
    band = 0.075 * (scale.high - scale.low) * (rows + 0.4 if rows else 0)
    axes.plot(curve.time, curve.flux / scale.per_unit, ".", color=RAW, markersize=1.2, rasterized=True)
    x, y = binned(curve.time, curve.flux, BIN)
    axes.plot(x, y / scale.per_unit, ".", color=BINNED, markersize=1.9, rasterized=True)
    for place, event in enumerate(events):
        times = event.times(curve.time[0], curve.time[-1])
        height = scale.low - band * (place % ROWS + 0.55) / (rows + 0.4)
        seen = not event.sectors or curve.sector in event.sectors
        axes.plot(
            times, [height / scale.per_unit] * len(times), "^", markersize=4.2, color=colour(event.tce), markeredgewidth=0.8,
            markerfacecolor=colour(event.tce) if seen else "white", zorder=4,
        )  # fmt: skip
    middle = (curve.time[0] + curve.time[-1]) / 2
    axes.set_xlim(middle - 0.515 * scale.days, middle + 0.515 * scale.days)
    axes.set_ylim((scale.low - band) / scale.per_unit, scale.high / scale.per_unit)
    axes.set_title(f"Sector {curve.sector}", loc="left", fontsize=size + 1, fontweight="bold", pad=3, color="black")
    axes.set_title(drawn_text(_curve_label(curve)), loc="right", fontsize=size - 0.5, color=INK, pad=3)
    _style_axes(axes, size)


def _curve_label(curve: Curve) -> str:
    words = [curve.pipeline, f"{round(curve.exptime)} s" if curve.exptime else ""]
    return " · ".join(word for word in (*words, "simulated" if curve.simulated else "") if word)


def draw_fold(axes: Axes, folded: Folded, size: float = 8.0) -> None:
    """Draw a folded light curve: cadences pale, means dark, the model of the fit if it is known."""
    axes.plot(folded.phase, folded.flux, ".", color=RAW, markersize=1.4, rasterized=True)
    if len(folded.phase):
        x, y = binned(folded.phase, folded.flux, folded.event.duration / 10)
        axes.plot(x, y, "o", color=BINNED, markersize=3, zorder=4)
        room = 0.9 * max(float(np.ptp(y)), 1.0)
        axes.set_ylim(
            min(y.min() - room, np.quantile(folded.flux, 0.02)),
            max(y.max() + room, np.quantile(folded.flux, 0.98)),
        )
    if folded.model is not None:
        axes.plot(*folded.model, "-", color=colour(folded.event.tce), linewidth=1.6, zorder=5)
    for edge in (-0.5, 0.5):
        axes.axvline(edge * folded.event.duration, color=colour(folded.event.tce), linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlim(-folded.reach, folded.reach)
    axes.set_xlabel("time from mid-transit [h]", fontsize=size)
    axes.set_ylabel("flux [ppm]", fontsize=size)
    axes.set_title(f"TCE {folded.event.tce}", loc="left", fontsize=size + 1, fontweight="bold", pad=3)
    axes.set_title(f"P = {folded.event.period:.5f} d", loc="right", fontsize=size, color=INK, pad=3)
    _style_axes(axes, size)


def _style_axes(axes: Axes, size: float) -> None:
    from matplotlib.ticker import MaxNLocator, ScalarFormatter

    axes.tick_params(labelsize=size - 0.5, length=3, color="#9aa5b1")
    axes.grid(color="#e3e7ec", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(ScalarFormatter(useOffset=False))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
