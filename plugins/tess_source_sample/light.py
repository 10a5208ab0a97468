"""What a star gives, where that is said cadence by cadence instead of simulated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tess_source._lazy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Light:
    """Relative flux of a star by sector and exposure time [s], one value per cadence from the start of the sector on."""

    curves: Mapping[tuple[int, int], NDArray[np.float64]]

    def rows(self, sector: int, seconds: int) -> int | None:
        """Return how many cadences were given, None if none were."""
        curve = self.curves.get((sector, seconds))
        return None if curve is None else len(curve)

    def flux(self, sector: int, seconds: int, rows: int) -> NDArray[np.float64] | None:
        """Return the relative flux of the first `rows` cadences of an exposure time, NaN where nothing was given.

        Where it was given at another exposure time, each value is the mean over the cadence. None if nothing is known of the sector.
        """
        given = self.curves.get((sector, seconds))
        own = seconds if given is not None else min((s for n, s in self.curves if n == sector), default=None)
        if own is None:
            return None
        curve = np.append(self.curves[sector, own], np.nan)
        steps = max(1, math.ceil(seconds / own))
        at = ((np.arange(rows * steps) + 0.5) * (seconds / steps / own)).astype(np.int64)
        flux: NDArray[np.float64] = curve[np.minimum(at, len(curve) - 1)].reshape(rows, steps).mean(axis=1)
        return flux
