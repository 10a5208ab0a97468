"""Entries of the TESS Input Catalog: the stars of the sample archive, and what lies near them."""

from __future__ import annotations

from functools import cache, lru_cache
from math import cos, log10, radians
from typing import Any, NamedTuple

from tess_source_sample import sky
from tess_source_sample.facts import Star

VERSION = "20190415"


class Neighbour(NamedTuple):
    """An entry that no observation is of."""

    id: int
    ra: float
    dec: float
    tmag: float
    e_tmag: float = 0.1
    gaia: int | None = None
    plx: float | None = None
    d: float | None = None
    pmra: float | None = None
    pmdec: float | None = None
    disposition: str | None = None
    duplicate_id: int | None = None
    extended: bool = False


NEIGHBOURS: tuple[Neighbour, ...] = (
    # Around TOI-3505, from a real answer.
    Neighbour(
        1845606917,
        297.041951559033,
        18.6982800902179,
        20.1042,
        0.0415,
        1824561382199495680,
        -2.81652,
        3716.27,
        -1.82657,
        -3.57969,
    ),
    Neighbour(1845606910, 297.043938044743, 18.700436264738, 19.5623, 0.6, 1824561382199063936),
    Neighbour(
        1845606912,
        297.044633903187,
        18.700524852659,
        17.6657,
        0.0131,
        1824561382199064192,
        -0.0565081,
        4795.04,
        -3.87437,
        -7.81539,
    ),
    # Far from all, from a real answer: a galaxy whose number is beyond 32 bits.
    Neighbour(10000732589, 254.378937, -4.09411, 16.328, 0.17, extended=True),
    # Made up: what must be left out, and what a dip may come from.
    Neighbour(2053590001, 307.8599, 39.9391, 7.58, disposition="DUPLICATE", duplicate_id=16740101),
    Neighbour(2053590002, 307.8631, 39.9402, 11.92, 0.008, 2053590000000000002, 1.91, 513.2, 3.1, -4.4),
    Neighbour(10053590003, 307.8552, 39.9371, 15.41, 0.03, None, disposition="ARTIFACT"),
    Neighbour(307210831, 124.5391, -68.3121, 13.87, 0.007, 5271055000000000831, 0.87, 1121.0, -6.2, 8.9),
    Neighbour(307210832, 124.5244, -68.3152, 12.05, 0.007, None, disposition="SPLIT", duplicate_id=307210831),
    Neighbour(25133000, 62.0391, -71.4481, 12.31, 0.007, 4667368899326729900, 2.2, 448.1, 10.0, 3.0),
    Neighbour(1400000001, 84.2899, -80.4702, 14.02, 0.02, 4623036865373793000, 0.4, 2300.0, 1.0, 2.0),
)

_KNOWN: dict[int, dict[str, Any]] = {
    390988385: {
        "e_Tmag": 0.0067,
        "GAIA": "1824561377891719424",
        "GAIAmag": 11.3355,
        "gaiabp": 11.6108,
        "gaiarp": 10.8545,
        "plx": None,
        "d": 373.477,
        "numcont": 4233,
        "contratio": 0.5471626,
    },
    408084461: {"GAIA": "2475555794352572672"},
    16740101: {"GAIA": None, "HIP": 101476, "disposition": None},
    # Too cool a dwarf for a temperature: most columns are null for faint stars.
    118004432: dict.fromkeys(("Teff", "e_Teff", "rad", "e_rad", "mass", "e_mass", "logg", "e_logg", "lum", "rho")),
}
"""Values that a real answer tells, and some that are null."""


def star_entry(star: Star) -> dict[str, Any]:
    """Return the entry of a star. Mass, luminosity, density, distance and errors are made up from what is known."""
    return _star_entry(star.plain)


@lru_cache(maxsize=50_000)
def _star_entry(star: Star) -> dict[str, Any]:
    mass = None if star.radius is None or star.logg is None else 10 ** (star.logg - 4.438) * star.radius**2
    distance = round(10 * 10 ** ((star.tmag - 4.0) / 5), 3)
    row = {
        "ID": star.tic,
        "version": VERSION,
        "objType": "STAR",
        "typeSrc": "tmgaia2",
        "ra": star.ra,
        "dec": star.dec,
        "POSflag": "tmgaia2",
        "pmRA": star.pmra,
        "pmDEC": star.pmdec,
        "PMflag": None if star.pmra is None else "gaia2",
        "e_pmRA": _error(star.pmra, 0.05),
        "e_pmDEC": _error(star.pmdec, 0.05),
        "GAIA": str(4_000_000_000_000_000_000 + star.tic),
        "GAIAmag": star.tmag + 0.45,
        "e_GAIAmag": 0.0003,
        "Tmag": star.tmag,
        "e_Tmag": 0.006,
        "TESSflag": "gbprp",
        "SPFlag": "gaia2",
        "Teff": star.teff,
        "e_Teff": _error(star.teff, 122.0),
        "logg": star.logg,
        "e_logg": _error(star.logg, 0.08),
        "MH": star.mh,
        "e_MH": _error(star.mh, 0.04),
        "rad": star.radius,
        "e_rad": _error(star.radius, 0.05),
        "mass": mass,
        "e_mass": _error(mass, 0.12),
        "rho": _ratio(mass, star.radius),
        "e_rho": _error(mass, 0.2),
        "lumclass": "DWARF",
        "lum": _luminosity(star),
        "e_lum": _error(star.teff, 0.02),
        "d": distance,
        "e_d": round(distance / 100, 3),
        "plx": 1000 / distance,
        "e_plx": 0.04,
        "numcont": star.tic % 400,
        "contratio": star.tic % 97 / 1000,
        "priority": 0.001,
        "objID": star.tic + 10_000_000,
        "wdflag": 0,
        "raddflag": 1,
        "gaiaqflag": 1,
        "RA_orig": _moved(star)[0],
        "Dec_orig": _moved(star)[1],
    }
    return _rounded(row | _KNOWN.get(star.tic, {}))


@cache
def neighbour_entry(entry: Neighbour) -> dict[str, Any]:
    """Return the entry of a neighbour: most of it is null."""
    row = {
        "ID": entry.id,
        "version": VERSION,
        "objType": "EXTENDED" if entry.extended else "STAR",
        "ra": entry.ra,
        "dec": entry.dec,
        "Tmag": entry.tmag,
        "e_Tmag": entry.e_tmag,
        "pmRA": entry.pmra,
        "pmDEC": entry.pmdec,
        "GAIA": None if entry.gaia is None else str(entry.gaia),
        "plx": entry.plx,
        "d": entry.d,
        "disposition": entry.disposition,
        "duplicate_id": entry.duplicate_id,
        "objID": entry.id + 10_000_000,
    }
    return _rounded(row)


def _error(value: float | None, error: float) -> float | None:
    return None if value is None else error


def _ratio(mass: float | None, radius: float | None) -> float | None:
    return None if mass is None or radius is None else mass / radius**3


def _luminosity(star: Star) -> float | None:
    return None if star.teff is None or star.radius is None else star.radius**2 * (star.teff / 5772) ** 4


def _moved(star: Star) -> tuple[float, float]:
    """Return the position at 2015.5, the epoch of Gaia's second release; `ra` and `dec` are those of J2000."""
    years = 15.5 / 3.6e6
    return (
        star.ra + (star.pmra or 0.0) * years / cos(radians(star.dec)),
        star.dec + (star.pmdec or 0.0) * years,
    )


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Return the values with seven digits and whole numbers as integers, as they come; positions as they are."""
    return {name: value if name in {"ra", "dec"} else _rounded_value(value) for name, value in row.items()}


def _rounded_value(value: Any) -> Any:
    if not isinstance(value, float) or not value:
        return value
    value = round(value, 6 - int(log10(abs(value)) // 1)) if abs(value) < 1e6 else value
    return int(value) if value.is_integer() else value


def separation(row: dict[str, Any], ra: float, dec: float) -> float:
    """Return the distance of an entry from a place in degrees in arc seconds."""
    return sky.angle(sky.unit(ra, dec), sky.unit(row["ra"], row["dec"])) * 3600.0
