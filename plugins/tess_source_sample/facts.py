"""Stars, sectors and data validation runs of the sample archive: plain facts, shared by catalogue and files.

Numbers of sectors, runs and most stars are those of real TESS products: light curve headers, DV reports (XML),
DV time series, and the names and sizes of the files themselves. What no product at hand tells is from the
literature or, where a comment says so, made up to be plausible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from tess_source_sample import sectors

if TYPE_CHECKING:
    from tess_source_sample.light import Light

SYNTHETIC_TIC = 9_000_000_000
"""TIC numbers from here on are made-up targets: no star that TESS observed at 120 s has such a number."""


@dataclass(frozen=True, slots=True)
class Planet:
    """Ephemeris of one transiting planet, as a transit search would fit it."""

    period: float
    """Orbital period in days."""
    epoch: float
    """Mid-transit time in BTJD (BJD - 2457000, TDB)."""
    duration: float
    """Transit duration in hours, first to last contact."""
    depth: float
    """Transit depth in parts per million."""
    name: str
    """Name in the literature, ``"L 98-59 c"``."""


@dataclass(frozen=True, slots=True)
class Star:
    """One target. Parameters are as in the TESS Input Catalog; ``None`` where unknown."""

    tic: int
    """TESS Input Catalog number."""
    names: tuple[str, ...]
    """Names that the resolver knows, beside ``TIC n``."""
    ra: float
    """Right ascension in degrees, ICRS."""
    dec: float
    """Declination in degrees, ICRS."""
    pmra: float | None
    """Proper motion in right ascension in mas/yr."""
    pmdec: float | None
    """Proper motion in declination in mas/yr."""
    tmag: float
    """Magnitude in the TESS band."""
    teff: float | None
    """Effective temperature in K."""
    logg: float | None
    """log10 of the surface gravity in cm/s2."""
    mh: float | None
    """log10 of the metallicity, relative to the Sun."""
    radius: float | None
    """Radius in solar radii."""
    planets: tuple[Planet, ...] = ()
    """Strongest signal first, which is the order in which DV numbers its TCEs."""
    tces: int = 0
    """Most TCEs that a run found, where `RUNS` does not tell."""
    chips: tuple[tuple[int, int, int], ...] = ()
    """Sector, camera and CCD of a star that was added to an archive."""
    light: Light | None = None
    """What it gives in some sectors; where nothing is said, it is simulated."""

    @property
    def plain(self) -> Star:
        """The star without light that was given, for caches: such light is large, and may be another for each test."""
        return self if self.light is None else replace(self, light=None)


@dataclass(frozen=True, slots=True)
class Sector:
    """One sector of the mission."""

    sector: int
    """Number."""
    prefix: str
    """13-digit time stamp in the names of its light curves: ``"2019198215352"``."""
    scid: str
    """Spacecraft configuration in the names of its light curves: ``"0150"``."""
    dv_timestamp: str
    """13-digit time stamp in the names of its DV files; the UTC of its first 120-s cadence."""
    start: float
    """Start of the first 120-s cadence in BTJD (TDB), at the spacecraft: without barycentric correction."""
    cadences: int
    """Number of 120-s cadences, which is the number of rows of a light curve."""
    first_cadenceno: int
    """CADENCENO of the first row."""


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """One data validation run for one target: one DVR, DVM, DVT, and one DVS per TCE."""

    tic: int
    """Target."""
    first: int
    """First sector of the search."""
    last: int
    """Last sector of the search; equal to `first` for a single-sector search."""
    run: int
    """Pipeline run ("pin"): the five digits before the suffix; 0 for TESS-SPOC, which numbers none."""
    timestamp: str
    """13-digit time stamp in the names of DVR, DVS and DVT."""
    dvm_timestamp: str
    """13-digit time stamp in the name of DVM; it differs in some runs of 2019."""
    tces: int
    """Number of threshold crossing events, which is the number of DVS files."""
    sectors: tuple[int, ...]
    """Sectors in which the target was really observed, out of `first` to `last`."""
    first_cadenceno: int
    """First 120-s cadence number of the searched stretch."""
    cadences: int
    """Length of the searched stretch in 120-s cadences, gaps between sectors included."""
    step: int
    """120-s cadences in one row of the DVT: 1, or 5 (600 s) in later multi-sector searches; 15 (1800 s) for TESS-SPOC."""
    added: Star | None = None
    """The star, if it was added to an archive."""

    @property
    def star(self) -> Star:
        """The star that was searched."""
        return self.added or star(self.tic)


STARS: tuple[Star, ...] = (
    # KELT-9: Gaudi et al. 2017, Nature 546, 514 (star, planet; its epoch is BJD 2457095.68572).
    Star(
        *(16740101, ("KELT-9", "KELT-9 b", "HD 195689", "TOI-1150"), 307.859805849403, 39.9388236538888),
        *(16.9, 21.8, 7.579, 10170.0, 4.093, -0.03, 2.362),
        (Planet(1.4811235, 95.68572, 3.9158, 6770.0, "KELT-9 b"),),
    ),
    # L 98-59: parameters and ephemerides of the DV report of s0001-s0013, run 00226.
    Star(
        *(307210830, ("L 98-59", "TOI-175"), 124.531756290083, -68.3129998725044),
        *(96.4716, -340.083, 9.393, 3469.0, 4.9401, None, 0.313),
        (
            Planet(3.690637959626437, 1356.2030905695776, 1.2521855746930526, 1797.37, "L 98-59 c"),
            Planet(7.4508043108572934, 1355.287426269693, 0.845833734783858, 1667.8, "L 98-59 d"),
            Planet(2.2531003149873814, 1354.9063398223902, 0.9954330104113993, 677.38, "L 98-59 b"),
        ),
    ),
    # TOI-3505: DV report of s0014-s0086, run 00971.
    Star(
        *(390988385, ("TOI-3505",), 297.04346734277, 18.6989063168931),
        *(2.0, 1.7, 10.9372, 6220.0, None, None, 1.33515),
        (Planet(2.915145579641331, 2770.2097513330114, 2.7111916374936995, 3291.89, "TOI-3505.01"),),
    ),
    # pi Men: light curve header of sector 1; ephemeris of Huang et al. 2018, ApJL 868, L39.
    Star(
        *(261136679, ("pi Men", "HD 39091", "TOI-144"), 84.2911879979852, -80.4691197969941),
        *(311.187, 1048.84, 5.1054, 5992.1, 4.3589, 0.0887839, 1.14889),
        (Planet(6.26790, 1325.50400, 2.953, 295.0, "pi Men c"),),
    ),
    # WASP-44: light curve and DVT headers of sector 3, run 00405.
    Star(
        *(12862099, ("WASP-44",), 3.90320605286539, -11.9381351164507),
        *(15.2812, -30.0474, 12.3993, 5480.0, 4.45226, None, 0.963912),
        (Planet(2.4237865032784383, 1384.1544085663452, 2.2454971682149596, 15698.4, "WASP-44 b"),),
    ),
    # Light curve headers of sectors 6 to 88.
    Star(
        *(38846515, (), 68.9597092399964, -64.0270368810381),
        *(10.8454, -0.49937, 10.3157, 6733.0, 4.09825, None, 1.77457),
    ),
    # Position and magnitude of the 2-min target list of sector 1; the rest is made up.
    Star(25132999, (), 62.0296, -71.4497, None, None, 10.77, 5850.0, 4.4, None, 1.02),
    # No DV of these is at hand. Magnitudes and temperatures below are made up.
    Star(141914082, (), 94.6175354047675, -72.0448462219924, None, None, 10.2, 5700.0, 4.4, None, 1.05),
    Star(96703881, (), 322.493171, 12.166862, None, None, 10.8, 6000.0, 4.3, None, 1.15),
    Star(96704587, (), 322.535183231291, 12.2706892440286, None, None, 11.1, 5600.0, 4.45, None, 0.95),
    # Positions made up too: somewhere in the field of their sector.
    Star(257486953, (), 27.4183402, 11.2075831, None, None, 10.4, 5900.0, 4.35, None, 1.1),
    Star(118004375, (), 339.2104117, 45.8120365, None, None, 9.9, 6400.0, 4.2, None, 1.4),
    Star(118004415, (), 339.2871549, 45.7421904, None, None, 10.6, 5300.0, 4.5, None, 0.85),
    Star(118004432, (), 339.3120486, 45.7689311, None, None, 12.3, 3800.0, 4.7, None, 0.55),
    Star(118004458, (), 339.3519023, 45.8307742, None, None, 11.4, 5100.0, 4.55, None, 0.8),
    # WASP-126: light curve header of sector 1.
    Star(
        *(25155310, ("WASP-126",), 63.37389, -69.226789, 63.0735, 53.6783),
        *(10.55500031, 5800.0, 4.28003979, -0.06, 1.26999998),
    ),
    # Position of TGLC's observation. What there is of it else is made up.
    Star(408084461, (), 18.85365901920825, -6.941643227687541, None, None, 11.2, 5700.0, 4.4, None, 1.0),
)

GAIA: dict[int, int] = {4667368899326729856: 25132999, 4667368903622383104: 25132999, 2475555794352572672: 408084461}
"""Numbers of Gaia to the star that the TIC has for them; made up, but for the last."""

SECTORS: tuple[Sector, ...] = tuple(
    Sector(*row)
    for row in (
        (1, "2018206045859", "0120", "2018206190142", 1325.293656, 20076, 70444),
        (2, "2018234235059", "0121", "2018235142541", 1354.101979, 19737, 91186),
        (3, "2018263035959", "0123", "2018263124740", 1382.033903, 19692, 111297),
        (4, "2018292075959", "0124", "2018292093539", 1410.900558, 18683, 132081),
        (5, "2018319095959", "0125", "2018319112538", 1437.976935, 18944, 151576),
        (6, "2018349182500", "0126", "2018349182737", 1468.269976, 15678, 173387),  # 182459 before 2020
        (8, "2019032160000", "0136", "2019033200935", 1517.340789, 17755, 208718),
        (9, "2019058134432", "0139", "2019059170935", 1543.215789, 18187, 227348),
        (10, "2019085135100", "0140", "2019085221934", 1569.431055, 18900, 246223),
        (11, "2019112060037", "0143", "2019113062933", 1596.771322, 19527, 265908),
        (12, "2019140104343", "0144", "2019141104532", 1624.949088, 20119, 286196),
        (14, "2019198215352", "0150", "2019199201929", 1683.347664, 19336, 328243),
        (15, "2019226182529", "0151", "2019227203528", 1711.358764, 18757, 348411),
        (27, "2020186164531", "0189", "2020187183116", 2036.272514, 17545, 582349),
        (41, "2021204101404", "0212", "2021205113501", 2419.983451, 19149, 858621),
        (42, "2021232031932", "0213", "2021233042500", 2447.684829, 18342, 878566),
        (54, "2022190063128", "0227", "2022190092448", 2769.893023, 18890, 1110556),
        (55, "2022217014003", "0242", "2022217141447", 2797.094400, 19562, 1130141),
        (56, "2022244194134", "0243", "2022245180045", 2825.251322, 20079, 1150414),
        (57, "2022273165103", "0245", "2022273202044", 2853.348532, 20712, 1170644),
        (68, "2023209231226", "0262", "2023210023032", 3154.605338, 19824, 1387548),
        (72, "2023315124025", "0267", "2023315161428", 3260.177514, 18292, 1463560),
        (75, "2024030031500", "0270", "2024030064025", 3339.778868, 19947, 1520874),
        (81, "2024196212429", "0276", "2024197010539", 3506.546391, 19174, 1640946),
        (82, "2024223182411", "0278", "2024223211538", 3533.386657, 18619, 1660271),
        (88, "2025014115807", "0285", "2025014152932", 3690.146300, 20000, 1773138),
    )
)


@cache
def sector(number: int) -> Sector:
    """Return one sector: of `SECTORS` or, from its dates, another of the mission.

    Raises
    ------
    KeyError
        If the mission has no such sector.
    """
    for entry in SECTORS:
        if entry.sector == number:
            return entry
    cadences = sectors.cadences(number)
    stamps, first = sectors.stamps(number), SECTORS[0]
    # Cadences are counted on between sectors too.
    before = round((stamps.start - first.start) * 720)
    return Sector(*stamps, stamps.start, cadences, first.first_cadenceno + before)


def _single_sector_run(tic: int, number: int, run: int, tces: int, timestamp: str = "", dvm: str = "") -> ValidationRun:
    entry = sector(number)
    stamp = timestamp or entry.dv_timestamp
    span = (entry.first_cadenceno, entry.cadences)
    return ValidationRun(tic, number, number, run, stamp, dvm or stamp, tces, (number,), *span, 1)


def _multi_sector_run(
    tic: int,
    ends: tuple[int, int],
    run: int,
    tces: int,
    sectors: tuple[int, ...],
    step: int = 1,
    dvm: str = "",
) -> ValidationRun:
    # The name carries the start of the range's first sector, whether or not the target was seen in it.
    stamp = sector(ends[0]).dv_timestamp
    begin, end = sector(sectors[0]), sector(sectors[-1])
    length = end.first_cadenceno + end.cadences - begin.first_cadenceno
    return ValidationRun(tic, *ends, run, stamp, dvm or stamp, tces, sectors, begin.first_cadenceno, length, step)


_LATEST = ((1, 366), (13, 446), (14, 290), (41, 511), (55, 651), (75, 848), (82, 919), (95, 1040))
"""Sector, and the latest run of its own search."""


def searched(star: Star, sectors: tuple[int, ...], tces: int) -> ValidationRun:
    """Return a search of a star that was added to an archive: of one sector or, from the first to the last, of several."""
    first, last = sectors[0], sectors[-1]
    (low, run), (high, end) = next((pair for pair in pairwise(_LATEST) if last <= pair[1][0]), _LATEST[-2:])
    run = round(run + (end - run) * (last - low) / (high - low))
    if first == last:
        return replace(_single_sector_run(star.tic, first, run, tces), added=star)
    # It comes after that of its last sector. Long ones have rows of 600 s.
    several = _multi_sector_run(star.tic, (first, last), run + 1, tces, sectors, step=1 if last - first <= 13 else 5)
    return replace(several, added=star)


_KELT9, _L98, _TOI3505, _PIMEN, _WASP44 = 16740101, 307210830, 390988385, 261136679, 12862099

RUNS: tuple[ValidationRun, ...] = (
    # The TCE counts of KELT-9 in S14, S15, S75, S82 and s0014-s0019 follow from the sizes of their DVT; its 96
    # products leave 12 more DVS, whose spread over S41, S55 and three multi-sector searches is a guess.
    *(_single_sector_run(_KELT9, 14, run, 2) for run in (240, 290, 745)),
    *(_single_sector_run(_KELT9, 15, run, 2) for run in (245, 297)),
    _single_sector_run(_KELT9, 41, 511, 2),
    _single_sector_run(_KELT9, 55, 651, 2),
    _single_sector_run(_KELT9, 75, 848, 2),
    _single_sector_run(_KELT9, 82, 919, 2),
    # The size of its DVT tells that s0014-s0019 ends with sector 19 and not with 15: 113,616 cadences.
    ValidationRun(_KELT9, 14, 16, 253, "2019199201929", "2019199201929", 2, (14, 15), 328243, 57579, 1),
    ValidationRun(_KELT9, 14, 19, 323, "2019199201929", "2019199201929", 2, (14, 15), 328243, 113616, 1),
    _multi_sector_run(_KELT9, (14, 41), 512, 3, (14, 15, 41), step=5),
    _multi_sector_run(_KELT9, (14, 55), 652, 3, (14, 15, 41, 55), step=5),
    # L 98-59: names and TCE counts of its product list; cadences as in its DV reports.
    _single_sector_run(_L98, 2, 109, 3),
    _single_sector_run(_L98, 2, 372, 3),
    _single_sector_run(_L98, 5, 140, 2, "2018319112539", "2019043094057"),
    _single_sector_run(_L98, 5, 413, 2),
    _single_sector_run(_L98, 8, 182, 2),
    _single_sector_run(_L98, 8, 401, 3),
    _single_sector_run(_L98, 9, 198, 3, dvm="2019121093502"),
    _single_sector_run(_L98, 9, 403, 2),
    _single_sector_run(_L98, 10, 212, 3, dvm="2019149095427"),
    _single_sector_run(_L98, 10, 446, 4),
    _single_sector_run(_L98, 11, 214, 3, dvm="2019162095717"),
    _single_sector_run(_L98, 11, 442, 2),
    _single_sector_run(_L98, 12, 219, 3),
    _single_sector_run(_L98, 12, 437, 3),
    _multi_sector_run(_L98, (1, 6), 196, 3, (2, 5), dvm="2019114105919"),
    _multi_sector_run(_L98, (1, 9), 205, 3, (2, 5, 8, 9), dvm="2019135213217"),
    _multi_sector_run(_L98, (1, 13), 226, 3, (2, 5, 8, 9, 10, 11, 12)),
    _single_sector_run(_TOI3505, 54, 645, 1),
    _single_sector_run(_TOI3505, 81, 910, 1),
    _multi_sector_run(_TOI3505, (14, 86), 971, 1, (54, 81), step=5),
    _single_sector_run(_PIMEN, 1, 106, 1),
    _single_sector_run(_PIMEN, 1, 366, 1),
    # The first run of sector 3 left out both ends of it, and its name sorts after that of the second.
    ValidationRun(_WASP44, 3, 3, 126, "2018267104341", "2018267104341", 1, (3,), 114115, 14592, 1),
    _single_sector_run(_WASP44, 3, 405, 1),
)


RUNS_OF_IMAGES: tuple[ValidationRun, ...] = (
    _multi_sector_run(25132999, (1, 2), 0, 1, (1, 2), step=15),
    _multi_sector_run(118004432, (56, 69), 0, 1, (56, 57), step=5),
)
"""Runs of TESS-SPOC; made up."""


def _made_up_star(tic: int) -> Star:
    """Return a made-up star for the benchmark's bulk: scattered in the north, quiet, without planets."""
    n = tic - SYNTHETIC_TIC
    ra, dec = (n * 137.50776405) % 360.0, 35.0 + (n * 7.31) % 40.0
    return Star(tic, (), round(ra, 8), round(dec, 8), None, None, 9.0 + n % 50 / 10, 5600.0, 4.4, None, 1.0)


@cache
def star(tic: int) -> Star:
    """Return one star; any number from `SYNTHETIC_TIC` on is a made-up one.

    Raises
    ------
    KeyError
        If the sample archive does not know it.
    """
    for entry in STARS:
        if entry.tic == tic:
            return entry
    if tic >= SYNTHETIC_TIC:
        return _made_up_star(tic)
    raise KeyError(f"the sample archive does not know TIC {tic}")


def runs(tic: int) -> tuple[ValidationRun, ...]:
    """Return every data validation run of SPOC of one star, in the order of `RUNS`; empty for a star without TCE."""
    return tuple(entry for entry in RUNS if entry.tic == tic)


def run(tic: int, first: int, last: int, run: int) -> ValidationRun:
    """Return one data validation run.

    Raises
    ------
    KeyError
        If the sample archive does not have it.
    """
    for entry in (*RUNS, *RUNS_OF_IMAGES):
        if (entry.tic, entry.first, entry.last, entry.run) == (tic, first, last, run):
            return entry
    raise KeyError(f"the sample archive has no DV run {run:05d} of s{first:04d}-s{last:04d} for TIC {tic}")
