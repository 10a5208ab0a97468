"""The columns of a TCE table: what each is, its unit, and where the DV report (XML) and the DV time series (FITS) say it.

One table that all the rest is made from: the schema, the units of the astropy table, the readers of both files, the documentation.
Names of elements and keywords, and their units, are those of real files; units of the XML's parameters stand in their names
(``transitDurationHours``), those of the stellar parameters in the headers of the DVT.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tess_source.display.text import NumberLook

__all__ = ["COLUMNS", "FIT", "LOOKS", "PUBLISHED", "STAR", "TceColumn"]


@dataclass(frozen=True, slots=True)
class TceColumn:
    """One column."""

    name: str
    doc: str
    dtype: str = "Float64"
    """Name of the polars type."""
    unit: str = ""
    """In astropy's generic format; "" for a plain number. "1e-06" is ppm, in the only spelling that astropy reads by itself."""
    xml: tuple[str, str] = ("", "")
    """Where the report says it: (``key``, ``planet``, ``fit``, ``parameter``, ``candidate`` or ``star``; name there)."""
    dvt: str = ""
    """Keyword of the time series."""


def _key_column(name: str, doc: str, dtype: str = "String") -> tuple[TceColumn, ...]:
    return (TceColumn(name, doc, dtype, xml=("key", name)),)


def _fit_columns(
    name: str, doc: str, unit: str, parameter: str, dvt: str = "", error: bool = True
) -> tuple[TceColumn, ...]:
    value = TceColumn(name, doc, unit=unit, xml=("parameter", parameter), dvt=dvt)
    return (value, TceColumn(f"{name}_err", f"its uncertainty; {ERROR}", unit=unit)) if error else (value,)


def _star_columns(name: str, doc: str, unit: str, dvt: str = "") -> tuple[TceColumn, ...]:
    return (
        TceColumn(name, doc, unit=unit, xml=("star", name), dvt=dvt),
        TceColumn(f"{name}_err", "its uncertainty; 0 where the report has 0", unit=unit),
        TceColumn(f"{name}_provenance", 'where it comes from, e.g. "TIC8.2", "Solar"', "String"),
    )


ERROR = "in reports only"

FIT: tuple[TceColumn, ...] = (
    *_fit_columns("period", "orbital period", "d", "orbitalPeriodDays", "TPERIOD"),
    *_fit_columns(
        "epoch", "mid-time of the first transit, BTJD (BJD - 2457000, TDB)", "d", "transitEpochBtjd", "TEPOCH"
    ),
    *_fit_columns("duration", "first to fourth contact", "h", "transitDurationHours", "TDUR"),
    *_fit_columns("ingress", "first to second contact", "h", "transitIngressTimeHours", "INDUR"),
    *_fit_columns("depth", "depth in ppm", "1e-06", "transitDepthPpm", "TDEPTH"),
    *_fit_columns("planet_radius", "radius of the planet", "earthRad", "planetRadiusEarthRadii", "PRADIUS"),
    *_fit_columns(
        "radius_ratio",
        "radius of the planet in radii of the star",
        "",
        "ratioPlanetRadiusToStarRadius",
        "RADRATIO",
    ),
    *_fit_columns(
        "distance_ratio",
        "semi-major axis in radii of the star",
        "",
        "ratioSemiMajorAxisToStarRadius",
        "DRRATIO",
    ),
    *_fit_columns("impact", "impact parameter, in radii of the star", "", "minImpactParameter", "IMPACT"),
    *_fit_columns("inclination", "inclination", "deg", "inclinationDegrees", "INCLIN"),
    *_fit_columns("semi_major_axis", "semi-major axis", "AU", "semiMajorAxisAu"),
    *_fit_columns("equilibrium_temperature", "equilibrium temperature", "K", "equilibriumTempKelvin"),
    *_fit_columns("insolation", "flux received, in that of the Earth", "", "effectiveStellarFlux"),
)
"""Parameters of the fit to all transits."""

STAR: tuple[TceColumn, ...] = (
    *_star_columns("teff", "effective temperature", "K", "TEFF"),
    *_star_columns("logg", "log10 of the surface gravity in cm/s2", "", "LOGG"),
    *_star_columns("metallicity", "log10 of the metallicity in that of the Sun", "", "MH"),
    *_star_columns("star_radius", "radius of the star", "solRad", "RADIUS"),
    *_star_columns("star_density", "mean density in that of the Sun", ""),
    *_star_columns("tessmag", "TESS magnitude", "mag", "TESSMAG"),
    *_star_columns("ra", "right ascension, ICRS, equinox J2000", "deg", "RA_OBJ"),
    *_star_columns("dec", "declination, ICRS, equinox J2000", "deg", "DEC_OBJ"),
    *_star_columns("pmra", "proper motion in right ascension", "mas / yr", "PMRA"),
    *_star_columns("pmdec", "proper motion in declination", "mas / yr", "PMDEC"),
)
"""Parameters of the star that the run used."""

COLUMNS: tuple[TceColumn, ...] = (
    *_key_column("set", 'key of the DV set, e.g. "SPOC/307210830/s0001-s0013/00226"; null if the file name does not say it'),
    *_key_column("tce", "number of the TCE in its set, from 1, in order of discovery", "Int32"),
    *_key_column("source", '"dvr-xml" or "dvt"'),
    *_key_column("filename", "file that it was read from"),
    *_key_column("pipeline", '"SPOC" or "TESS-SPOC"'),
    *_key_column("tic", "TIC number", "Int64"),
    *_key_column("first_sector", "first sector of the search", "Int32"),
    *_key_column("last_sector", "last sector of the search", "Int32"),
    *_key_column("run", "SPOC's pipeline run", "Int32"),
    *_key_column("sectors", 'sectors really used, e.g. "2,5,8-12"; null if the file does not say'),
    *FIT,
    TceColumn("snr", "signal-to-noise ratio of the fit", xml=("fit", "modelFitSnr"), dvt="TSNR"),
    TceColumn("chi_square", "chi-square of the fit", xml=("fit", "modelChiSquare")),
    TceColumn("degrees_of_freedom", "degrees of freedom of the fit", xml=("fit", "modelDegreesOfFreedom")),
    TceColumn("converged", "whether the fit converged", "Boolean", xml=("fit", "fullConvergence"), dvt="CONVRGE"),
    TceColumn("mes", "multiple event statistic (sigma): what made it a TCE", xml=("candidate", "maxMultipleEventSigma"), dvt="MAXMES"),
    TceColumn("ses", "largest single event statistic (sigma)", xml=("candidate", "maxSingleEventSigma"), dvt="MAXSES"),
    TceColumn("robust_statistic", "robust statistic (sigma)", xml=("candidate", "robustStatistic")),
    TceColumn("transits", "transits with data", "Int32", xml=("candidate", "observedTransitCount"), dvt="NTRANS"),
    TceColumn("transits_expected", "transits, gaps included", "Int32", xml=("candidate", "expectedTransitCount")),
    TceColumn("suspected_eclipsing_binary", "taken for an eclipsing binary", "Boolean", xml=("candidate", "suspectedEclipsingBinary")),
    TceColumn("pulse_duration", "duration of the search's pulse", unit="h", xml=("candidate", "trialTransitPulseDurationInHours")),
    TceColumn("search_period", "period as the search found it", unit="d", xml=("candidate", "orbitalPeriodInDays")),
    TceColumn("search_epoch", "epoch as the search found it: TJD, not barycentric", unit="d", xml=("candidate", "epochTjd")),
    TceColumn("toi", "TOI that the run took it for", "String", xml=("planet", "toiId")),
    TceColumn("data_start", "begin of the data, BTJD; in time series only", unit="d", dvt="TSTART"),
    TceColumn("data_stop", "end of the data, BTJD; in time series only", unit="d", dvt="TSTOP"),
    *_key_column("first_cadence", "first 120-s cadence of the data; in reports only", "Int64"),
    *_key_column("last_cadence", "last 120-s cadence of the data; in reports only", "Int64"),
    *STAR,
)  # fmt: skip
"""All columns, in order."""

PUBLISHED: tuple[TceColumn, ...] = (
    TceColumn("exofop_toi", "TOI of ExoFOP's table with this ephemeris; null if there is none", "String"),
    TceColumn("disposition", 'its disposition, e.g. "CP", "PC", "FP": that of TFOPWG, else that of the TESS project', "String"),
    TceColumn("toi_period", "its period", unit="d"),
    TceColumn("toi_epoch", "its epoch, BTJD", unit="d"),
    TceColumn("toi_ratio", 'period of the TCE in those of the TOI: "1:1", or e.g. "2:1" if it is twice as long', "String"),
)  # fmt: skip
"""Columns that a table of TOIs adds: see `tess_source_dv.candidates.published`."""

LOOKS: Mapping[str, NumberLook] = {
    "period": NumberLook("d", 6), "epoch": NumberLook("BTJD", 5), "duration": NumberLook("h", 3),
    "depth": NumberLook("ppm", 1), "planet_radius": NumberLook("R⊕", 2),
    "mes": NumberLook(decimals=1), "snr": NumberLook(decimals=1),
}  # fmt: skip
"""How numbers are shown: a period of 3 d with 6 digits after the point is right within a minute after a thousand transits."""
