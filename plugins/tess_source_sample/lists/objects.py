"""Tables of planet candidates as ExoFOP gives them: TESS Objects of Interest and those of the community."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tess_source_sample import contributed, facts, holdings
from tess_source_sample.contents import Contents
from tess_source_sample.facts import Planet
from tess_source_sample.lists.document import Document

BJD_OF_BTJD_0 = 2457000
_MODIFIED = 60618.0

_TOI_COLUMNS = """
TIC ID|TOI|CTOI|Master priority|SG1A priority|SG1B priority|SG2 priority|SG3 priority|SG4 priority|SG5 priority|ESM|TSM
Predicted Mass (M_Earth)|Time Series Observations|Spectroscopy Observations|Imaging Observations|TESS Disposition
TFOPWG Disposition|TESS mag|TESS mag error|Pipeline Signal ID|Source|Detection|RA (deg)|Dec (deg)|PM RA (mas/yr)|PM RA error
PM Dec (mas/yr)|PM Dec error|Transit Epoch (BJD)|Transit Epoch error|Period (days)|Period error|Duration (hours)
Duration error|Depth (mmag)|Depth (mmag) error|Depth (ppm)|Depth (ppm) error|Planet Radius (R_Earth)|Planet Radius error
Planet Insolation (Earth flux)|Planet Eq Temp (K)|Planet SNR|Stellar Distance (pc)|Stellar Distance error|Stellar Teff (K)
Stellar Teff error|Stellar log(g) (cm/s2)|Stellar log(g) error|Stellar Radius (R_Sun)|Stellar Radius error
Stellar Metallicity|Stellar Metallicity error|Stellar Mass (M_Sun)|Stellar Mass error|Sectors|Comments
Date TOI Alerted (by TESS Project)|Date TOI Updated (by TESS Project)|Date Modified (by ExoFOP-TESS)
"""
TOI_COLUMNS = _TOI_COLUMNS.strip().replace("\n", "|").split("|")
"""Columns of the file of 2024, in their order."""

_CTOI_COLUMNS = """
TIC ID|CTOI|Promoted to TOI|MASTER|SG1A|SG1B|SG2|SG3|SG4|SG5|User Disposition|TFOPWG Disposition|TESS Mag|TESS Mag err|RA|Dec
PM RA (mas/yr)|PM RA err (mas/yr)|PM Dec (mas/yr)|PM RA (mas/yr).1|Transit Epoch (BJD)|Transit Epoch (BJD) err|Period (days)
Period (days) Error|Depth mmag|Depth mmag Error|Depth ppm|Depth ppm Error|Duration (hrs)|Duration (hrs) Error
Inclination (deg)|Inclination (deg) Error|Impact Param|Impact Param Error|Rad_p/Rad_s|Rad_p/Rad_s Error|a/Rad_s
a/Rad_s Error|Planet Radius (R_Earth)|Planet Radius (R_Earth) Error|Mass (M_Earth)|Mass (M_Earth) Error
Insolation (Earth Flux)|Insolation (Earth Flux) Error|Equilibrium Temp (K)|Equilibrium Temp (K) Error
Fitted Stellar Density (g/cm^3)|Fitted Stellar Density (g/cm^3) Error|Semi-Major Axis (AU)|Semi-Major Axis (AU) Error
Eccentricity|Eccentricity (Error)|Arg of Periastron|Arg of Periastron Error|Time of Periastron (BJD)
Time of Periastron (BJD) Error|Velocity Semi-amp (m/s)|Velocity Semi-amp (m/s) Error|Stellar Distance (pc)
Stellar Distance (pc) err|Stellar Eff Temp (K)|Stellar Eff Temp (K) err|Stellar log(g) (cm/s^2)|Stellar log(g) (cm/s^2) err
Stellar Radius (R_Sun)|Stellar Radius (R_Sun) err|CTOI lastmod|User|Group|Tag|Notes
"""
CTOI_COLUMNS = _CTOI_COLUMNS.strip().replace("\n", "|").split("|")


class Candidate(NamedTuple):
    """One candidate: whose it is, what it is thought to be, and its ephemeris."""

    name: str
    """TOI, as ``"175.01"``."""
    star: facts.Star
    planet: Planet
    tess: str
    """Disposition by the mission: PC, KP, …"""
    tfopwg: str
    """Disposition by the working group; empty where there is none."""
    comments: str = ""


def _of_archive(tic: int, toi: int, tess: str, tfopwg: str, comments: str) -> list[Candidate]:
    star = facts.star(tic)
    return [
        Candidate(f"{toi}.{n:02d}", star, planet, tess, tfopwg, comments) for n, planet in enumerate(star.planets, 1)
    ]


# From the literature, rounded: Gilbert et al. 2020 and 2023. The archive has no observation of it.
_TOI700 = facts.Star(150428135, ("TOI-700",), 97.0968, -65.5787, -102.75, 161.805, 10.91, 3480.0, 4.8, None, 0.42)
_TOI700_PLANETS = (
    Planet(37.4242, 1742.1471, 3.21, 810.0, "TOI-700 d"),
    Planet(16.0511, 1821.6223, 1.41, 3280.0, "TOI-700 c"),
    Planet(9.9772, 1880.0846, 2.15, 470.0, "TOI-700 b"),
    Planet(27.8098, 1857.7035, 3.21, 430.0, "TOI-700 e"),
)


def candidates() -> list[Candidate]:
    """Return all candidates, in the order of their TOI.

    Those above TOI 9000 are made up.
    """
    blend, single = facts.star(141914082), facts.star(25132999)
    return [
        *_of_archive(261136679, 144, "KP", "KP", "pi Men c"),
        *_of_archive(307210830, 175, "PC", "CP", "L 98-59; radii from TICv8"),
        *(
            Candidate(f"700.{n:02d}", _TOI700, planet, "PC", "CP", planet.name)
            for n, planet in enumerate(_TOI700_PLANETS, 1)
        ),
        *_of_archive(16740101, 1150, "KP", "KP", 'KELT-9 b; "hot", and a gravity-darkened star'),
        *_of_archive(390988385, 3505, "PC", "", ""),
        Candidate("9001.01", blend, Planet(2.71828, 1327.1, 2.1, 5400.0, ""), "EB", "FP", "NEB, made up"),
        # One transit only: no period.
        Candidate("9002.01", single, Planet(math.nan, 1338.9, 6.4, 1250.0, ""), "PC", "APC", "single transit, made up"),
    ]


def toi_table(contents: Contents) -> Document:
    """Return ``download_toi.php``: a BOM, two lines above the header, every cell quoted, CRLF."""
    del contents
    rows = [[_toi_cells(entry).get(name, "") for name in TOI_COLUMNS] for entry in candidates()]
    preamble = (
        "\ufeffThis file was produced by the Exoplanet Follow-up Observing Program website (exofop.ipac.caltech.edu) "
        "on Mon Nov 04 10:00:00 2024\r\n\r\n"
    )
    return Document(preamble + _written(TOI_COLUMNS, rows, csv.QUOTE_ALL, "\r\n"), _MODIFIED, "text/csv; charset=UTF-8")


def ctoi_table(contents: Contents) -> Document:
    """Return ``download_ctoi.php``: the header in the first line, cells quoted where they must be."""
    del contents
    chosen = [(entry, promoted) for entry in candidates() for name, promoted in _PROMOTED.items() if entry.name == name]
    rows = [[_ctoi_cells(*pair).get(name, "") for name in CTOI_COLUMNS] for pair in chosen]
    return Document(_written(CTOI_COLUMNS, rows, csv.QUOTE_MINIMAL, "\n"), _MODIFIED, "text/csv; charset=UTF-8")


_PROMOTED = {"3505.01": "3505.01", "9002.01": ""}
"""Candidates that the community found first: made up."""


def _written(header: Sequence[str], rows: Iterable[Sequence[str]], quoting: int, ending: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting, lineterminator=ending)  # type: ignore[arg-type]
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def _sectors(tic: int) -> str:
    seen = {entry.sector for entry in holdings.TARGETS if isinstance(entry, holdings.Seen) and entry.tic == tic}
    seen |= {entry.sector for entry in contributed.CONTRIBUTED if entry.tic == tic}
    return ",".join(map(str, sorted(seen))) or "1,3,4,5,6,7,8,9,10,11,13,27,28"


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.10g}"


def _shared(entry: Candidate) -> dict[str, str]:
    star, planet = entry.star, entry.planet
    depth = -2500 * math.log10(1 - planet.depth * 1e-6)
    return {
        "TIC ID": str(star.tic),
        "PM RA (mas/yr)": _number(star.pmra),
        "PM Dec (mas/yr)": _number(star.pmdec),
        "TFOPWG Disposition": entry.tfopwg,
        "Transit Epoch (BJD)": f"{planet.epoch + BJD_OF_BTJD_0:.6f}",
        "Period (days)": _number(planet.period) or "0",
        "Depth (mmag)": _number(depth),
        "Planet Radius (R_Earth)": _number(109.2 * (star.radius or 1) * math.sqrt(planet.depth * 1e-6)),
        "Stellar Radius (R_Sun)": _number(star.radius),
    }


def _toi_cells(entry: Candidate) -> Mapping[str, str]:
    star, planet = entry.star, entry.planet
    return _shared(entry) | {
        "TOI": entry.name,
        **{f"{name} priority": "5" for name in ("Master", "SG1A", "SG1B", "SG2", "SG3", "SG4", "SG5")},
        "TESS Disposition": entry.tess,
        "TESS mag": _number(star.tmag),
        "TESS mag error": "0.006",
        "Pipeline Signal ID": str(int(entry.name.partition(".")[2])),
        "Source": "spoc-sample",
        "Detection": "SPOC",
        "RA (deg)": f"{star.ra:.6f}",
        "Dec (deg)": f"{star.dec:.6f}",
        "Transit Epoch error": "0.0005",
        "Period error": "" if math.isnan(planet.period) else "0.00001",
        "Duration (hours)": _number(planet.duration),
        "Duration error": "0.05",
        "Depth (ppm)": _number(planet.depth),
        "Depth (ppm) error": "60",
        "Stellar Teff (K)": _number(star.teff),
        "Stellar log(g) (cm/s2)": _number(star.logg),
        "Stellar Metallicity": _number(star.mh),
        "Sectors": _sectors(star.tic),
        "Comments": entry.comments,
        "Date TOI Alerted (by TESS Project)": "2019-05-07",
        "Date TOI Updated (by TESS Project)": "2023-11-16",
        "Date Modified (by ExoFOP-TESS)": "2024-09-06",
    }


def _ctoi_cells(entry: Candidate, promoted: str) -> Mapping[str, str]:
    star, planet = entry.star, entry.planet
    return _shared(entry) | {
        "CTOI": f"{star.tic}.01",
        "Promoted to TOI": promoted,
        "User Disposition": "PC",
        "TESS Mag": _number(star.tmag),
        "RA": f"{star.ra:.6f}",
        "Dec": f"{star.dec:.6f}",
        "Depth ppm": _number(planet.depth),
        "Duration (hrs)": _number(planet.duration),
        "Stellar Eff Temp (K)": _number(star.teff),
        "Stellar log(g) (cm/s^2)": _number(star.logg),
        "CTOI lastmod": "2022-03-01 12:00:00",
        "User": "sample",
        "Notes": "made up, as the archive's other entries of its kind",
    }
