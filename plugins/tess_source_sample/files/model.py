"""What a simulated star does on a simulated detector: times, gaps, flags, noise, transits. Same at every run.

Everything is drawn from seeds that are made of TIC, sector and exposure time, so a star's light curve, its pixels and its
data validation time series tell the same story. Amounts are chosen by eye after real SPOC light curves.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample import facts
from tess_source_sample.chips import chip_of
from tess_source_sample.facts import Planet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source_sample.facts import Sector, Star

DAY = 86400.0
"""Seconds of a day."""

CADENCE = 120.0
"""Seconds of the cadence that sectors are counted in."""

TDB_MINUS_UTC = 69.184
"""Seconds: 37 leap seconds since 2017 and TT - TAI = 32.184 s."""

SAFE, DUMP, COARSE, ARGABRIGHT, EXCLUDE, OUTLIER, SCATTERED = 8, 32, 4, 16, 128, 512, 4096
"""Bits of QUALITY: Earth point, momentum dump, coarse point, Argabrightening, manual exclude, impulsive outlier,
scattered light (TESS Science Data Products Description Document, table 28)."""


def seed(*parts: object) -> int:
    """Return a number that depends on these words only; the same on every machine and at every run."""
    words = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest())


def ecliptic(ra: float, dec: float) -> tuple[float, float]:
    """Return ecliptic longitude and latitude in radians of an ICRS position in degrees."""
    obliquity, a, d = math.radians(23.43928), math.radians(ra), math.radians(dec)
    latitude = math.asin(math.sin(d) * math.cos(obliquity) - math.cos(d) * math.sin(obliquity) * math.sin(a))
    y = math.sin(a) * math.cos(d) * math.cos(obliquity) + math.sin(d) * math.sin(obliquity)
    return math.atan2(y, math.cos(a) * math.cos(d)), latitude


def timecorr(time: Any, ra: float, dec: float) -> Any:
    """Return the light travel time to the barycentre in days, for times in TJD (a number or an array).

    The Sun stands for the barycentre (wrong by up to 5 s) and the Earth for the spacecraft (2 s). Position of the Sun:
    the low-precision formula of the Astronomical Almanac, good to 0.01 degree.
    """
    longitude, latitude = ecliptic(ra, dec)
    since = time + 2457000.0 - 2451545.0
    anomaly = np.radians(357.528 + 0.9856003 * since)
    sun = np.radians(280.460 + 0.9856474 * since + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    distance = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2 * anomaly)
    return -499.004784 / DAY * distance * math.cos(latitude) * np.cos(sun - longitude)


def signals(star: Star) -> tuple[Planet, ...]:
    """Return all that dims the star regularly, in the order in which DV numbers its TCEs.

    First come its planets. Where a run found more TCEs, weak signals that are made up follow: one transit of these is lost in the noise.
    """
    return _signals(star.plain)


@lru_cache(maxsize=50_000)
def _signals(star: Star) -> tuple[Planet, ...]:
    runs = [run for run in (*facts.RUNS, *facts.RUNS_OF_IMAGES) if run.tic == star.tic]
    weak = range(len(star.planets), max(star.tces, *(run.tces for run in runs), 0))
    sector = facts.sector(runs[0].sectors[0] if runs else 1)
    return (*star.planets, *(_weak_signal(SimulatedTarget(star, sector, int(CADENCE)), n) for n in weak))


def _weak_signal(target: SimulatedTarget, n: int) -> Planet:
    draw = Random(seed("tce", target.star.tic, n))
    period = 1.1 + 9 * draw.random()
    depth = 4e6 * target.noise / math.sqrt(period * 20)
    return Planet(period, 1330.0 + period * draw.random(), 2.5, depth, "")


def transits(time: NDArray[np.float64], planets: tuple[Planet, ...], seconds: float) -> NDArray[np.float64]:
    """Return what the planets take away from the star's light: shape of `time` (BTJD), 0 outside transit.

    A trapezoid with a slightly round floor; its deepest point is the planet's depth. Long exposures are averaged.
    """
    steps = max(1, round(seconds / 300))
    lost = np.zeros_like(time)
    for planet in planets:
        half = planet.duration / 48
        ingress = 2 * half * min(0.4, math.sqrt(planet.depth * 1e-6) * 1.5 + 0.02)
        for step in range(steps):
            shifted = time + ((step + 0.5) / steps - 0.5) * seconds / DAY - planet.epoch
            away = np.abs(shifted - planet.period * np.round(shifted / planet.period))
            slope = np.clip((half - away) / ingress, 0.0, 1.0)
            lost += planet.depth * 1e-6 / steps * slope * (1 - 0.08 * np.clip(away / half, 0, 1) ** 2)
    return lost


@dataclass(frozen=True)
class SimulatedTarget:
    """One star in one sector at one exposure time."""

    star: Star
    sector: Sector
    seconds: int
    """Exposure time: 20, 120, 200, 600 or 1800."""

    @cached_property
    def luck(self) -> dict[str, float]:
        """What differs from target to target without reason: numbers between 0 and 1 by name."""
        draw = Random(seed("target", self.star.tic, self.sector.sector))
        return {name: draw.random() for name in ("crowd", "part", "column", "row", "roll", "bkg", "ccd", "pdc")}

    @property
    def rows(self) -> int:
        """Number of cadences: of the sector at this exposure time, or as many as were given of the star."""
        light = self.star.light
        given = light.rows(self.sector.sector, self.seconds) if light else None
        return int(self.sector.cadences * CADENCE // self.seconds) if given is None else given

    @property
    def gap(self) -> tuple[int, int]:
        """First cadence and number of cadences of the gap in the middle of the sector, for the data downlink."""
        cadences, per = self.sector.cadences, CADENCE / self.seconds
        return int(int(0.474 * cadences) * per), max(1, int(int(0.041 * cadences) * per))

    @property
    def first_cadenceno(self) -> int:
        """Number of the first cadence; 20-s cadences are counted six times as fast."""
        return int(self.sector.first_cadenceno * CADENCE // self.seconds)

    @property
    def live(self) -> float:
        """Share of the time in which light is collected (DEADC); on-board cosmic ray rejection drops a fifth."""
        return 0.99 if self.seconds == 20 else 0.792

    @property
    def flux(self) -> float:
        """Flux of the star alone in e-/s; a star of magnitude 10 gives 15,000 (TESS Instrument Handbook)."""
        return float(15000.0 * 10 ** (-0.4 * (self.star.tmag - 10.0)))

    @property
    def crowdsap(self) -> float:
        """Part of the light in the aperture that is the target's."""
        return float(1.0 - 0.03 * self.luck["crowd"] * min(6.0, 10 ** (0.2 * (self.star.tmag - 10.0))))

    @property
    def flfrcsap(self) -> float:
        """Part of the target's light that is in the aperture."""
        return 0.83 + 0.1 * self.luck["part"]

    @property
    def stamp(self) -> tuple[int, int]:
        """Rows and columns of the pixel stamp: 11 by 11, and higher for a star that bleeds."""
        return 11 + 2 * max(0, round((8.0 - self.star.tmag) * 1.72)), 11

    @property
    def pixels(self) -> int:
        """Number of pixels in the optimal aperture."""
        return max(5, round(4 + max(0.0, 15 - self.star.tmag) ** 2 / 3))

    @property
    def background(self) -> float:
        """Background in e-/s per pixel."""
        return 70.0 + 60.0 * self.luck["bkg"]

    @property
    def sap(self) -> float:
        """Flux in the aperture in e-/s."""
        return self.flux * self.flfrcsap / self.crowdsap

    @property
    def sap_error(self) -> float:
        """Error of the flux in the aperture in e-/s: photons of star and background, and read noise of 10 e-."""
        time = self.seconds * self.live
        return math.sqrt((self.sap + self.pixels * self.background) * time + self.pixels * time / 1.98 * 100.0) / time

    @property
    def noise(self) -> float:
        """Relative noise of one cadence of the corrected light curve."""
        return 1.2 * self.sap_error / self.sap

    def cdpp(self, hours: float) -> float | None:
        """Return the noise on a time scale in ppm, or None where SPOC gives none: below 2 hours for long exposures."""
        cadences = hours * 3600 / self.seconds
        return None if self.seconds >= 600 and hours < 2 else 1.35e6 * self.noise / math.sqrt(cadences)

    @property
    def camera(self) -> int:
        """Camera."""
        return chip_of(self.star, self.sector.sector)[0]

    @property
    def ccd(self) -> int:
        """Number of the CCD."""
        return chip_of(self.star, self.sector.sector)[1]

    @property
    def corner(self) -> tuple[int, int]:
        """CCD column and row of the stamp's first pixel."""
        return 50 + int(1980 * self.luck["column"]), 5 + int(2020 * self.luck["row"])

    def spacecraft_time(self, row: float) -> float:
        """Return the middle of a cadence in TJD (TDB), not corrected to the barycentre."""
        return self.sector.start + (row + 0.5) * self.seconds / DAY

    def barycentric(self, time: float) -> float:
        """Return a spacecraft time in BTJD."""
        return time + float(timecorr(time, self.star.ra, self.star.dec))


@dataclass(frozen=True, slots=True)
class SimulatedCurve:
    """A simulated light curve: arrays of shape (cadences,)."""

    time: NDArray[np.float64]
    """BTJD; finite in gaps too."""
    timecorr: NDArray[np.float64]
    """Barycentric correction in days."""
    cadenceno: NDArray[np.int64]
    quality: NDArray[np.int32]
    missing: NDArray[np.bool_]
    """Where there was no data at all."""
    sap: NDArray[np.float64]
    """e-/s; NaN where there is no photometry."""
    sap_error: NDArray[np.float64]
    background: NDArray[np.float64]
    """e-/s per pixel."""
    pdc: NDArray[np.float64]
    """e-/s; NaN where flagged."""
    pdc_error: NDArray[np.float64]
    move: NDArray[np.float64]
    """Shape (2, cadences): shift of the star in columns and rows, in pixels."""

    def take(self, rows: Any) -> SimulatedCurve:
        """Return the cadences of a slice or mask."""
        names = self.__slots__
        return SimulatedCurve(*(getattr(self, name)[..., rows] for name in names))


def flags(target: SimulatedTarget) -> NDArray[np.int32]:
    """Return QUALITY of a whole sector: gap, momentum dumps, scattered light, and single bad cadences."""
    sector, per = target.sector, target.seconds / CADENCE
    quality = np.zeros(target.rows, dtype=np.int32)
    gap, length = target.gap
    quality[0] = quality[gap : gap + length] = SAFE
    every = 1800 if sector.sector <= 4 else 2160 if sector.sector <= 13 else 3240
    for dump in range(every + 31, sector.cadences - 20, every):
        first = int(dump / per)
        if not gap - 10 / per <= first <= gap + length:
            quality[first : first + max(1, round(7 / per))] |= DUMP
            quality[first + 1 : first + 1 + round(2 / per)] |= COARSE
            quality[first : first + max(1, round(4 / per))] |= EXCLUDE
    random = np.random.default_rng(seed("flags", sector.sector))
    bad = np.minimum(random.random(60) * sector.cadences / per, target.rows - 1).astype(
        int
    )  # the last cadence may not be whole
    quality[bad[:45]] |= EXCLUDE
    quality[bad[45:]] |= ARGABRIGHT
    glow = max(1, int(250 / per))
    quality[max(0, gap - glow) : gap] |= SCATTERED  # the Earth rises towards the end of an orbit
    own = np.random.default_rng(seed("outliers", target.star.tic, sector.sector, target.seconds))
    quality[(own.random(8) * target.rows).astype(int)] |= OUTLIER
    quality[gap : gap + length] = SAFE
    return quality


def times(target: SimulatedTarget) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of each cadence in BTJD, and its barycentric correction in days; both of shape (cadences,)."""
    craft = target.sector.start + (np.arange(target.rows) + 0.5) * target.seconds / DAY
    correction = timecorr(craft, target.star.ra, target.star.dec)
    return craft + correction, correction


def simulate(target: SimulatedTarget) -> SimulatedCurve:
    """Return the light curve of a sector: what was given of the star or, where nothing was, a simulation."""
    light, rows = target.star.light, target.rows
    flux = light.flux(target.sector.sector, target.seconds, rows) if light else None
    if flux is None:
        return _simulated(target)
    return _given(target, flux, _simulated(replace(target, star=target.star.plain)).take(slice(0, rows)))


def _given(target: SimulatedTarget, flux: NDArray[np.float64], seen: SimulatedCurve) -> SimulatedCurve:
    """Return a light curve of exactly this relative flux, without gaps and flags; all else is as in a simulated one."""
    nothing = np.isnan(flux)
    error = np.where(nothing, np.nan, target.sap_error)
    return replace(
        seen,
        quality=np.zeros_like(seen.quality),
        missing=np.zeros_like(seen.missing),
        sap=target.sap * (1 + (flux - 1) * target.crowdsap),
        sap_error=error,
        pdc=target.flux * flux,
        pdc_error=error * (target.crowdsap / target.flfrcsap),
    )


def _simulated(target: SimulatedTarget) -> SimulatedCurve:
    rows = target.rows
    random = np.random.default_rng(seed("noise", target.star.tic, target.sector.sector, target.seconds))
    time, correction = times(target)
    quality = flags(target)
    gap, length = target.gap
    missing = np.zeros(rows, dtype=np.bool_)
    missing[gap : gap + length] = True
    lost = transits(time, signals(target.star), target.seconds)
    white = random.standard_normal(rows) * target.noise
    phase = np.arange(rows) / rows * 2 * np.pi
    slow = 0.12 * target.noise * np.sin(random.uniform(5, 9) * phase + random.uniform(0, 6))
    jitter = random.standard_normal((2, rows)) * 0.002
    move = random.uniform(-0.06, 0.06, (2, 1)) * np.sin(random.uniform(0.6, 1.4, (2, 1)) * phase) + jitter
    into = np.where(np.arange(rows) < gap, np.arange(rows), np.arange(rows) - gap - length) / rows
    settle = -0.002 * random.uniform(0.3, 1.5) * np.exp(-np.abs(into) * 40)  # warm after each downlink
    drift = settle + 0.004 * random.uniform(-1, 1) * (phase / 6.2832 - 0.5) + 0.01 * random.uniform(-1, 1) * move[1]
    hump = np.exp(-(((np.arange(rows) - gap) / (0.02 * rows)) ** 2))  # scattered light before the gap
    background = target.background * (1 + 0.1 * np.cos(phase * 2 + 1) + 1.5 * hump)
    photometry = ~missing & (quality & (ARGABRIGHT | COARSE) == 0)
    good = photometry & (quality & (SAFE | DUMP | EXCLUDE | SCATTERED) == 0)
    error = target.sap_error * (1 + 0.004 * random.standard_normal(rows) + 0.2 * hump)
    scale = target.crowdsap / target.flfrcsap
    sap = target.sap * (1 - lost * target.crowdsap + white * target.crowdsap) * (1 + drift)
    pdc = target.flux * (1 - lost + white + slow)
    return SimulatedCurve(
        time=time,
        timecorr=correction,
        cadenceno=target.first_cadenceno + np.arange(rows),
        quality=quality,
        missing=missing,
        sap=np.where(photometry, sap, np.nan),
        sap_error=np.where(photometry, error, np.nan),
        background=background,
        pdc=np.where(good, pdc, np.nan),
        pdc_error=np.where(good, error * scale, np.nan),
        move=move,
    )
