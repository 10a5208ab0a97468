"""Train a tiny model to tell windows with a transit from windows without, on stars that it never sees in training.

Light curves go into a Parquet data set whose column ``split`` keeps every star on one side; ephemerides, which give the labels, come from
the data-validation reports. Run it against MAST, or against the sample archive (``tess-source sample serve``):

    python examples/tiny_model.py
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

import tess_source

if TYPE_CHECKING:
    from numpy.typing import NDArray

STARS = [16740101, 390988385, 12862099]
"""KELT-9, TOI-3505, WASP-44."""
FRACTIONS, SEED = (0.5, 0.25, 0.25), 7
"""Of three stars, this puts one on each side."""
BINS = 24


def collect(folder: Path) -> tuple[Path, pl.DataFrame]:
    """Fetch light curves and reports; give the data set, and one ephemeris a star."""
    found = tess_source.search(STARS)
    curves = found.select(kind="lc", pipeline="SPOC", exptime=120).plan(folder / "fits").download()
    path = folder / "curves.parquet"
    written = curves.to_parquet(
        path, columns=("time", "pdcsap_flux"), quality_bitmask="default", fractions=FRACTIONS, seed=SEED
    )
    print(written)
    events = found.tces(folder / "fits").to_polars().filter(pl.col("tce") == 1).sort("mes")
    return path, events.unique("tic", keep="last").select("tic", "period", "epoch", "duration")


def windows(row: Mapping[str, Any], rng: np.random.Generator) -> tuple[list[NDArray[np.float64]], list[bool]]:
    """Cut windows of three durations: one on each transit, one far from it."""
    time, flux = np.array(row["time"]), np.array(row["pdcsap_flux"], float)
    flux = flux / np.nanmedian(flux) - 1
    half = 1.5 * row["duration"] / 24
    first, last = np.ceil((time[0] - row["epoch"]) / row["period"]), np.floor((time[-1] - row["epoch"]) / row["period"])
    found: list[NDArray[np.float64]] = []
    labels: list[bool] = []
    for number in np.arange(first, last + 1):
        for phase, label in ((0.0, True), (rng.uniform(0.3, 0.7), False)):
            middle = row["epoch"] + (number + phase) * row["period"]
            start, stop = np.searchsorted(time, [middle - half, middle + half])
            binned = bins((time[start:stop] - middle) / half, flux[start:stop])
            if np.isfinite(binned).all():
                found.append((binned - np.median(binned)) / np.std(binned))
                labels.append(label)
    return found, labels


def bins(where: NDArray[np.float64], flux: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average what lies at -1 to 1 in bins; NaN where there is nothing."""
    good = np.isfinite(flux)
    edges = np.linspace(-1, 1, BINS + 1)
    count, _ = np.histogram(where[good], edges)
    total, _ = np.histogram(where[good], edges, weights=flux[good])
    return np.divide(total, count, out=np.full(BINS, np.nan), where=count > 0)


def examples(path: Path, events: pl.DataFrame, side: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give windows and labels of the stars on one side."""
    rows = (
        pl.scan_parquet(path).filter(pl.col("split") == side).select("tic", "sector", "time", "pdcsap_flux").collect()
    )
    rng = np.random.default_rng(SEED)
    cut = [windows(row, rng) for row in rows.join(events, on="tic").iter_rows(named=True)]
    return np.array([one for found, _ in cut for one in found]), np.array([one for _, labels in cut for one in labels])


def main(folder: Path = Path("tiny-model")) -> dict[str, float]:
    """Train, and give the part of the windows that are told right, by side."""
    from sklearn.linear_model import LogisticRegression

    path, events = collect(folder)
    sides = {side: examples(path, events, side) for side in ("train", "validation", "test")}
    model = LogisticRegression(max_iter=1000).fit(*sides["train"])
    scores = {side: float(model.score(*data)) for side, data in sides.items()}
    for side, score in scores.items():
        print(f"{side}: {score:.0%} of {len(sides[side][1])} windows told right")
    return scores


if __name__ == "__main__":
    main()
