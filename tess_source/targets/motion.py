"""Proper motion: where a star that moves was in J2000, the epoch of the positions in the TESS Input Catalog and at the archive."""

from __future__ import annotations

import math
from typing import Any

from tess_source._lazy import np

__all__ = ["EPOCH", "MOVED", "Moved", "at_epoch"]

EPOCH = 2000.0
"""The epoch of positions in the TESS Input Catalog, and so of the archive's observations [Julian year]."""
MOVED = " (moved to J2000)"
"""What is said behind a place that was moved. A text with it means the same place."""
MILLIARCSECOND = math.pi / 180 / 3_600_000
"""[rad]"""


class Moved(tuple[float, float]):
    """A place, right ascension and declination [deg], that was moved to `EPOCH`: it is shown as such."""

    __slots__ = ()


def at_epoch(
    ra: Any, dec: Any, pmra: Any, pmdec: Any, epoch: Any, wanted: float = EPOCH, *, approach: Any = 0.0
) -> tuple[Any, Any]:
    """Return places at another epoch: stars move on straight lines, at a constant speed.

    Parallax is not taken into account: it changes the place of the nearest stars by less than 1 arcsec.

    Parameters
    ----------
    ra, dec : float or array
        Place at `epoch` [deg, ICRS].
    pmra, pmdec : float or array
        Proper motion, `pmra` with the factor cos(dec) [mas/yr]. Where one is NaN, the place stays.
    epoch : float or array
        Epoch of the place [Julian year]. Where it is NaN, the place stays.
    wanted : float
        The epoch to move to [Julian year].
    approach : float or array
        Radial velocity divided by the distance [1/yr]: a star that comes nearer seems to move faster and faster. 0 if it is not known:
        then the places of the nearest stars are wrong by less than 1 arcsec in 25 years.

    Returns
    -------
    ra, dec : float or array
        Place at `wanted` [deg, ICRS].
    """
    alpha, delta = np.radians(ra), np.radians(dec)
    years = wanted - epoch
    known = np.isfinite(years * pmra * pmdec)
    east, north = (np.where(known, years * part * MILLIARCSECOND, 0.0) for part in (pmra, pmdec))
    along = np.where(known, 1.0 + years * approach, 1.0)
    toward_axis = along * np.cos(delta) - north * np.sin(delta)
    x = toward_axis * np.cos(alpha) - east * np.sin(alpha)
    y = toward_axis * np.sin(alpha) + east * np.cos(alpha)
    z = along * np.sin(delta) + north * np.cos(delta)
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))
