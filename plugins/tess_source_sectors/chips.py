"""The CCDs of every sector on the sky, and which of them see a place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from tess_source._lazy import np, pl
from tess_source_sectors.geometry import (
    bent_sides,
    edge_normals,
    image_around,
    middles,
    sines_of_margins,
    sines_of_margins_of_polygon,
    unit_vectors,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from tess_source_sectors.geometry import Floats

    Ints = npt.NDArray[np.int32]
    Numbers = npt.NDArray[np.int64]

__all__ = ["Chips", "bundled", "bundled_dates"]

AT_ONCE = 50_000
"""Places that are looked for at the same time, so that memory does not grow with their number."""
FEW = 2000
"""So many places are compared with all CCDs together; of more, those of its declinations with each CCD, in a third of the time."""
SLACK = 1e-5
"""What the distance from the middle of a CCD, up to which places are looked at, is larger by, as a cosine: more than float32 rounds."""


@dataclass(frozen=True, eq=False)
class Chips:
    """CCDs on the sky: one per sector, camera and CCD, in this order."""

    sector: Ints
    camera: Ints
    ccd: Ints
    corners: Floats
    """Unit vectors of the corners of the science pixels; shape (n, 16, 3)."""
    science: Floats
    """Normals of the edges of the science pixels; shape (n, 16, 3)."""
    image: Floats
    """Normals of the edges of the whole image; shape (n, 16, 3)."""
    bent: npt.NDArray[np.bool_]
    """Which sides bend inwards; shape (n, 4)."""
    middle: npt.NDArray[np.float32]
    """Unit vectors of the middles; shape (n, 3)."""
    reach: npt.NDArray[np.float32]
    """Cosine of the distance of the farthest corner of the image from the middle."""

    @classmethod
    def of(cls, sector: Ints, camera: Ints, ccd: Ints, corners: Floats) -> Chips:
        """Return CCDs with these corners of their science pixels, which run as `tess_source_sectors.geometry.science_within` says."""
        around, middle = image_around(corners), middles(corners)
        reach = np.einsum("pij,pj->pi", around, middle).min(axis=1) - SLACK
        science, image = edge_normals(corners), edge_normals(around)
        bent = bent_sides(science, corners)
        return cls(
            sector, camera, ccd, corners, science, image, bent, middle.astype(np.float32), reach.astype(np.float32)
        )

    def __len__(self) -> int:
        return len(self.sector)

    def where(self, which: npt.NDArray[np.bool_ | np.int64]) -> Chips:
        """Return some of the CCDs, by a mask or by their numbers."""
        return Chips(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})

    def of_sectors(self, sectors: Collection[int]) -> Chips:
        """Return the CCDs of some sectors."""
        return self.where(np.isin(self.sector, list(sectors)))

    def and_others(self, others: Chips) -> Chips:
        """Return these CCDs, and those of others whose sectors these lack."""
        more = others.where(~np.isin(others.sector, self.sector))
        pairs = ((getattr(self, name), getattr(more, name)) for name in self.__dataclass_fields__)
        both = Chips(*map(np.concatenate, pairs))
        return both.where(np.lexsort((both.ccd, both.camera, both.sector)))

    def seeing(self, ra: npt.ArrayLike, dec: npt.ArrayLike, radius: npt.ArrayLike = 0.0) -> pl.DataFrame:
        """Return which CCDs see places, or a part of circles around them.

        Parameters
        ----------
        ra, dec : array_like of float
            Right ascension and declination [deg, ICRS], of shape (n,). Where one is NaN, no CCD sees the place.
        radius : array_like of float
            Radius of circles [deg], one or one per place. At the corner of a CCD, a circle may be counted that passes it by closely.

        Returns
        -------
        polars.DataFrame
            One row per place and CCD on whose image it lies, or whose science pixels are no farther away than the radius: `place` (its
            number, from 0), `sector`, `camera`, `ccd`, `margin` (distance from the edge of the science pixels [arcmin], negative outside
            them), sorted by place and sector.
        """
        stars = unit_vectors(ra, dec)
        around = np.broadcast_to(np.radians(np.asarray(radius, dtype=float)), len(stars))
        slices = [slice(start, start + AT_ONCE) for start in range(0, len(stars), AT_ONCE)]
        near = self._near if len(stars) <= FEW else self._near_by_chip
        parts = [near(stars[part], around[part]) for part in slices]
        numbers = [number + part * AT_ONCE for part, (number, _, _) in enumerate(parts)]
        number = np.concatenate([np.zeros(0, np.int64), *numbers])
        chip = np.concatenate([np.zeros(0, np.int64), *(part[1] for part in parts)])
        sine = np.concatenate([np.zeros(0), *(part[2] for part in parts)])
        found = {"place": number, "sector": self.sector[chip], "camera": self.camera[chip], "ccd": self.ccd[chip]}
        return pl.DataFrame({**found, "margin": np.degrees(np.arcsin(sine)) * 60})

    def _near(self, stars: Floats, around: Floats) -> tuple[Numbers, Numbers, Floats]:
        """Return the numbers of stars and CCDs that meet, and the sine of the distance from the edge of the science pixels."""
        reach = self.reach
        if around.any():
            reach = np.cos(np.minimum(np.arccos(reach) + around[:, None], np.pi))
        number, chip = np.nonzero(stars.astype(np.float32) @ self.middle.T >= reach)
        margin = sines_of_margins(self.science[chip], self.bent[chip], stars[number])
        seen = margin >= -np.sin(np.minimum(around, np.pi / 2))[number]
        out = np.flatnonzero(~seen)
        seen[out] = sines_of_margins(self.image[chip[out]], self.bent[chip[out]], stars[number[out]]) >= 0
        return number[seen], chip[seen], margin[seen]

    def _near_by_chip(self, stars: Floats, around: Floats) -> tuple[Numbers, Numbers, Floats]:
        """Return what `_near` returns, CCD by CCD: of each, only places of its declinations are compared."""
        order = np.argsort(stars[:, 2])
        places, radii = np.ascontiguousarray(stars[order].T), around[order]
        reach, north = np.arccos(self.reach), np.arcsin(self.middle[:, 2])
        far = reach + radii.max()
        begins = np.searchsorted(places[2], np.sin(np.maximum(north - far, -np.pi / 2)) - SLACK)
        ends = np.searchsorted(places[2], np.sin(np.minimum(north + far, np.pi / 2)) + SLACK)
        numbers, chips, margins = [], [], []
        for chip, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            nearest = np.cos(np.minimum(reach[chip] + radii[begin:end], np.pi)) if radii.any() else self.reach[chip]
            here = begin + np.flatnonzero(self.middle[chip] @ places[:, begin:end] >= nearest)
            there = places[:, here]
            margin = sines_of_margins_of_polygon(self.science[chip], self.bent[chip], there)
            seen = margin >= -np.sin(np.minimum(radii[here], np.pi / 2))
            out = np.flatnonzero(~seen)
            seen[out] = sines_of_margins_of_polygon(self.image[chip], self.bent[chip], there[:, out]) >= 0
            numbers.append(order[here[seen]])
            chips.append(np.full(len(numbers[-1]), chip))
            margins.append(margin[seen])
        number, chip_, margin_ = map(np.concatenate, (numbers, chips, margins))
        by_place = np.lexsort((chip_, number))
        return number[by_place], chip_[by_place], margin_[by_place]


def read_chips(frame: pl.DataFrame) -> Chips:
    """Return the CCDs of a table with columns `sector`, `camera`, `ccd`, and then `ra0`, `dec0`, `ra1`, … [deg] of the corners."""
    frame = frame.sort("sector", "camera", "ccd")
    sector, camera, ccd = (frame[name].cast(pl.Int32).to_numpy() for name in ("sector", "camera", "ccd"))
    corners = frame.drop("sector", "camera", "ccd").to_numpy().reshape(len(frame), -1, 2)
    return Chips.of(sector, camera, ccd, unit_vectors(corners[..., 0], corners[..., 1]))


@cache
def bundled() -> Chips:
    """Return the CCDs that come with this package: those of the sectors that were measured when it was made."""
    return read_chips(pl.read_csv(BytesIO(_data("science_polygons.csv.gz"))))


@cache
def bundled_dates() -> pl.DataFrame:
    """Return `sector`, `start`, `end` (UTC, ISO) and `cadence` of full-frame images [s] of the sectors that come with this package."""
    types = {"sector": pl.Int32, "start": pl.String, "end": pl.String, "cadence": pl.Int32}
    return pl.read_csv(BytesIO(_data("sectors.csv")), schema_overrides=types)


def _data(name: str) -> bytes:
    return (files("tess_source_sectors") / "data" / name).read_bytes()
