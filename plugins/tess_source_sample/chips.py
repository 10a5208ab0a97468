"""On which camera and CCD each star of the sample archive lies."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cache

from tess_source._lazy import np
from tess_source_sample.facts import SYNTHETIC_TIC, Star
from tess_source_sectors.chips import bundled

_CHIPS: dict[int, str] = {
    16740101: "14:11 15:12 41:11 55:32 75:44 82:31",
    307210830: "2:43 5:44 8:41 9:41 10:34 11:33 12:42 88:41",
    390988385: "14:13 41:13 54:24 81:23",
    261136679: "1:42 4:43 8:44 11:41 12:34 27:33 68:42 88:44",
    12862099: "3:14",
    38846515: "1:41 2:41 3:42 4:42 5:42 6:42 8:43 9:43 10:44 11:44 12:44 27:41 68:41 88:43",
    141914082: "1:42 3:43 4:43 5:43 6:44 8:44 9:41 10:41 11:41 27:42 68:42 88:44",
    96703881: "55:11 82:12",
    96704587: "55:11 82:12",
    257486953: "42:33",
    118004375: "56:21 57:22",
    118004415: "56:21 57:22",
    118004432: "56:21 57:22",
    118004458: "56:21 57:22",
    25132999: "1:41 2:42 3:42 4:42 5:43 6:43 8:44 9:44 10:44 11:44 12:41 27:41 68:33 88:43",
    25155310: "1:41 2:42 3:42 4:42 5:43 6:43 8:43 9:44 10:44 11:44 12:41 27:41 68:41 88:43",
    408084461: "3:13",
}
"""Per star, sectors with camera and CCD, for all sectors of `facts.SECTORS` in which the star lies on the science pixels.

Computed from the measured pointings of the sectors. Where a real header, DV report, file name or target list tells, it says the same.
"""


@cache
def _chips(tic: int) -> dict[int, tuple[int, int]]:
    pairs = (entry.split(":") for entry in _CHIPS.get(tic, "").split())
    return {int(sector): (int(chip[0]), int(chip[1])) for sector, chip in pairs}


def chip(tic: int, sector: int) -> tuple[int, int]:
    """Return camera and CCD of a star in a sector.

    Those of made-up targets are made up. So are those of a star in a sector that did not see it: a file that is made to order
    may ask for one.
    """
    made_up = (1 + tic % 4, 1 + (tic // 4 + sector) % 4)
    return made_up if tic >= SYNTHETIC_TIC else _chips(tic).get(sector, made_up)


def chip_of(star: Star, sector: int) -> tuple[int, int]:
    """Return camera and CCD of a star, which may have been added to an archive, in a sector."""
    known = {number: (camera, ccd) for number, camera, ccd in star.chips}
    return known.get(sector) or chip(star.tic, sector)


def seeing(ra: float, dec: float, sectors: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return camera and CCD of a place in degrees, of each sector on whose science pixels it lies."""
    seen = bundled().of_sectors(sectors).seeing([ra], [dec]).sort("margin")
    rows = seen.filter(seen["margin"] >= 0).select("sector", "camera", "ccd").iter_rows()
    return {sector: (camera, ccd) for sector, camera, ccd in rows}


def place(tic: int, sectors: Sequence[int]) -> tuple[float, float]:
    """Return a place in degrees that as many of the sectors see as is possible for one in the first; always the same for a star."""
    first, seen = bundled().of_sectors(sectors[:1]), bundled().of_sectors(sectors)
    draw = np.random.default_rng(tic)
    shares = draw.dirichlet(np.ones(4), size=(len(first), 5))  # of the four corners: places within the CCD
    places = np.einsum("pnk,pkx->pnx", shares, first.corners[:, ::4]).reshape(-1, 3)
    places /= np.linalg.norm(places, axis=1)[:, None]
    ra, dec = np.degrees(np.arctan2(places[:, 1], places[:, 0])) % 360, np.degrees(np.arcsin(places[:, 2]))
    found = seen.seeing(ra, dec)
    counts = np.bincount(found.filter(found["margin"] > 5)["place"].to_numpy(), minlength=len(places))
    best = int(draw.choice(np.flatnonzero(counts == counts.max())))
    return round(float(ra[best]), 6), round(float(dec[best]), 6)


def footprint(sector: int, camera: int, ccd: int) -> dict[str, object]:
    """Return what an observation of full-frame images says of where a CCD lay; nothing of one that is not known."""
    known = bundled()
    found = np.flatnonzero((known.sector == sector) & (known.camera == camera) & (known.ccd == ccd))
    if not len(found):
        return {}
    around, middle = known.corners[found[0]][::4], known.middle[found[0]]
    ra, dec = np.degrees(np.arctan2(around[:, 1], around[:, 0])) % 360, np.degrees(np.arcsin(around[:, 2]))
    corners = [f"{a:.6f} {d:.6f}" for a, d in zip(ra, dec, strict=True)]
    place = math.degrees(math.atan2(middle[1], middle[0])) % 360, math.degrees(math.asin(middle[2]))
    return {"s_ra": place[0], "s_dec": place[1], "s_region": " ".join(("POLYGON", *corners, corners[0]))}


def first_sector(tic: int) -> int:
    """Return the first sector of `facts.SECTORS` that saw a star.

    Raises
    ------
    KeyError
        If none did, or it is a made-up target.
    """
    if not _chips(tic):
        raise KeyError(f"the sample archive does not know which sectors saw TIC {tic}")
    return min(_chips(tic))
