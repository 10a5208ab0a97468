"""Cut-outs as TESScut makes them of full-frame images, with the stars of the sample archive on their pixels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.files import cutout_header, eras, fits, model, spoc
from tess_source_sectors.chips import Chips, bundled
from tess_source_sectors.geometry import unit_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source_sample.facts import Sector, Star

CORNERS = ((43.5, -0.5), (2091.5, -0.5), (2091.5, 2047.5), (43.5, 2047.5))
"""Columns and rows from 0 of the corners of the science pixels, in the order of the polygons' corners."""
STEP = 1e-3
"""How far a place is moved to see how its pixel moves [deg]."""
STRAYLIGHT = 2048 | 16384
"""Bits of QUALITY of an image with stray light: one by an instrument scattering light, one by the Earth or the Moon."""
FAINTEST = 20.0


@lru_cache(maxsize=16)
def chips(more: frozenset[int] = frozenset()) -> Chips:
    """Return the CCDs of the sectors that the sample archive has, and of more."""
    return bundled().of_sectors([*more, *(sector.sector for sector in facts.SECTORS)])


@dataclass(frozen=True)
class Plane:
    """A CCD on the sky: the pixel of each place, by a gnomonic projection without distortion."""

    middle: NDArray[np.float64]
    """Unit vector."""
    matrix: NDArray[np.float64]
    """From east, north and 1 in the plane that touches the middle to column and row; shape (2, 3)."""

    def pixel(self, ra: float, dec: float) -> NDArray[np.float64]:
        """Return column and row from 0, whose whole numbers are the middles of pixels."""
        flat: NDArray[np.float64] = self.matrix @ [*_flat(self.middle, unit_vectors([ra], [dec]))[0], 1.0]
        return flat


def _flat(middle: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places in the plane that touches the sphere at its middle: east and north, shape (n, 2)."""
    east = np.cross([0.0, 0.0, 1.0], middle)
    east /= np.linalg.norm(east)
    north = np.cross(middle, east)
    return np.stack([places @ east, places @ north], axis=-1) / (places @ middle)[:, None]


@cache
def plane(sector: int, camera: int, ccd: int) -> Plane:
    """Return where a CCD lay."""
    known = bundled()
    (number,) = np.flatnonzero((known.sector == sector) & (known.camera == camera) & (known.ccd == ccd))
    corners = known.corners[number][::4]
    middle = corners.sum(axis=0) / np.linalg.norm(corners.sum(axis=0))
    places = np.column_stack([_flat(middle, corners), np.ones(4)])
    matrix, *_ = np.linalg.lstsq(places, np.array(CORNERS), rcond=None)
    return Plane(middle, np.asarray(matrix.T, dtype=np.float64))


@dataclass(frozen=True)
class Cut:
    """One cut-out."""

    ra: float
    """[deg]"""
    dec: float
    """[deg]"""
    columns: int
    rows: int
    sector: Sector
    camera: int
    ccd: int
    stars: tuple[Star, ...] = facts.STARS
    """Those whose light is on the images."""

    @property
    def filename(self) -> str:
        """Its name, in the service's present style."""
        chip = f"tess-s{self.sector.sector:04d}-{self.camera}-{self.ccd}"
        return f"{chip}_{self.ra:.6f}_{self.dec:.6f}_{self.columns}x{self.rows}_astrocut.fits"

    @property
    def seconds(self) -> int:
        """Exposure time of the images."""
        return int(names.ffi_exptime(self.sector.sector))

    @cached_property
    def plane(self) -> Plane:
        """Where the CCD lay."""
        return plane(self.sector.sector, self.camera, self.ccd)

    @cached_property
    def corner(self) -> tuple[int, int]:
        """Column and row from 0 of the first pixel; the place lies in the middle one."""
        column, row = self.plane.pixel(self.ra, self.dec)
        return round(column) - self.columns // 2, round(row) - self.rows // 2

    def within(self, ra: float, dec: float) -> tuple[float, float]:
        """Return column and row from 0 of a place, counted from the first pixel of the cut-out."""
        column, row = self.plane.pixel(ra, dec) - np.array(self.corner)
        return float(column), float(row)

    @property
    def scale(self) -> NDArray[np.float64]:
        """Degrees to the east and to the north per column and row, shape (2, 2)."""
        here = self.plane.pixel(self.ra, self.dec)
        east = self.plane.pixel(self.ra + STEP / math.cos(math.radians(self.dec)), self.dec) - here
        north = self.plane.pixel(self.ra, self.dec + STEP) - here
        return np.asarray(np.linalg.inv(np.column_stack([east, north]) / STEP), dtype=np.float64)

    @cached_property
    def target(self) -> model.SimulatedTarget:
        """The sky in the middle of the CCD, for times, flags and background."""
        x, y, z = self.plane.middle
        ra, dec = math.degrees(math.atan2(y, x)) % 360, math.degrees(math.asin(z))
        nothing = facts.Star(0, (), ra, dec, None, None, FAINTEST, None, None, None, None)
        return model.SimulatedTarget(nothing, self.sector, self.seconds)

    @cached_property
    def _whole_sky(self) -> model.SimulatedCurve:
        return model.simulate(self.target)

    @property
    def there(self) -> NDArray[np.bool_]:
        """Of which cadences of the sector there is an image: there are none in the gap."""
        return ~self._whole_sky.missing

    @cached_property
    def sky(self) -> model.SimulatedCurve:
        """What is simulated of the sky, in each image."""
        return self._whole_sky.take(self.there)


def hdus(cut: Cut) -> list[fits.HDU]:
    """Return the HDUs of a cut-out."""
    said = _values(cut)
    return [
        fits.HDU(fits.ASTROPY.cards(cutout_header.PRIMARY, said)),
        fits.table(
            *(cutout_header.columns((cut.rows, cut.columns)), len(cut.sky.time), cutout_header.PIXELS, said),
            lambda table: _fill(cut, table),
        ),
        fits.image(
            (cut.rows, cut.columns),
            32,
            cutout_header.APERTURE,
            said,
            lambda: np.ones((cut.rows, cut.columns), np.int32),
        ),
    ]


def _values(cut: Cut) -> Mapping[str, object]:
    """Return what the headers say."""
    processed = eras.of_name(_image_name(cut))
    first, last = (cut.target.spacecraft_time(float(row)) for row in (0, cut.target.rows - 1))
    column, row = cut.within(cut.ra, cut.dec)
    (pc11, pc12), (pc21, pc22) = cut.scale
    times = spoc.time_values(first, last, cut.seconds, cut.target.live, processed)
    return {
        **times, **spoc.program_values(processed, "astrocut"), "ra": cut.ra, "dec": cut.dec, "scid": cut.sector.scid,
        "sector": cut.sector.sector, "camera": cut.camera, "ccd": cut.ccd, "crpix1": column + 1, "crpix2": row + 1,
        "column": cut.corner[0] + 1, "row": cut.corner[1] + 1, "pc11": pc11, "pc12": pc12, "pc21": pc21, "pc22": pc22,
    }  # fmt: skip


def _image_name(cut: Cut) -> names.Name:
    """Return the name of the first image, whose processing the cut-out's headers repeat."""
    return names.parse(f"{_image(cut, 0.0)}c.fits")


def _image(cut: Cut, row: float) -> str:
    """Return the name of an image, without its ending, by its number."""
    begin = cut.sector.start + row * cut.seconds / model.DAY
    moment = datetime(2014, 12, 8, 12) + timedelta(days=begin, seconds=-model.TDB_MINUS_UTC)
    chip = f"s{cut.sector.sector:04d}-{cut.camera}-{cut.ccd}-{cut.sector.scid}-s_ffi"
    return f"tess{moment:%Y%j%H%M%S}-{chip}"


def _fill(cut: Cut, table: NDArray[Any]) -> None:
    """Write the table: one row per image."""
    sky = cut.sky
    table["TIME"], table["TIMECORR"] = sky.time, sky.timecorr
    flags = sky.quality & (model.SAFE | model.DUMP | model.COARSE | model.ARGABRIGHT)
    table["QUALITY"] = np.where(sky.quality & model.SCATTERED > 0, flags | STRAYLIGHT, flags)
    table["RAW_CNTS"] = -1
    images = [_image(cut, float(number)) for number in sky.cadenceno - cut.target.first_cadenceno]
    table["FFI_FILE"] = np.array(images, "S38").view("S1").reshape(len(images), 38)
    time = cut.seconds * cut.target.live
    flux = np.repeat(sky.background[:, None], cut.rows * cut.columns, axis=1)
    for star in cut.stars:
        light = _light(cut, star)
        if light is not None:
            flux += _flux(cut, star)[:, None] * light
    error = np.sqrt(np.maximum(flux, 0) / time + 100.0 / 1.98 / time)
    noise = np.column_stack([_noise(cut, x, y) for y in range(cut.rows) for x in range(cut.columns)])
    table["FLUX"], table["FLUX_ERR"] = flux + error * noise, error


def _noise(cut: Cut, x: int, y: int) -> NDArray[np.float32]:
    """Return the noise of one pixel in each image, which is the same in every cut-out that holds it."""
    pixel = cut.sector.sector, cut.camera, cut.ccd, cut.corner[0] + x, cut.corner[1] + y
    random = np.random.default_rng(model.seed("pixel", *pixel))
    return random.standard_normal(len(cut.sky.time), dtype=np.float32)


def _flux(cut: Cut, star: Star) -> NDArray[np.float64]:
    """Return the light of a star in each image, as in its light curves from full-frame images [e-/s]."""
    of = model.SimulatedTarget(star, cut.sector, cut.seconds)
    seen = model.simulate(of)
    flux: NDArray[np.float64] = np.where(np.isnan(seen.sap), of.sap, seen.sap)[cut.there] / of.flfrcsap
    return flux


def _light(cut: Cut, star: Star) -> NDArray[np.float64] | None:
    """Return which part of a star's light falls on each pixel, shape (pixels,); None if it is too far away."""
    if abs(star.dec - cut.dec) > (max(cut.rows, cut.columns) + 6) * 21 / 3600:
        return None
    x0, y0 = cut.within(star.ra, star.dec)
    if not (-3 < x0 < cut.columns + 2 and -3 < y0 < cut.rows + 2):
        return None
    y, x = np.indices((cut.rows, cut.columns))
    tall = 0.75 + 0.2 * max(0, round((8.0 - star.tmag) * 1.72))  # charge of bright stars bleeds along columns
    light = np.exp(-0.5 * (((x - x0) / 0.75) ** 2 + ((y - y0) / tall) ** 2)) / (2 * math.pi * 0.75 * tall)
    return np.asarray(light).ravel()
