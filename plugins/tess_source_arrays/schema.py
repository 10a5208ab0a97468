"""The columns of Arrow tables and Parquet data sets, whose rows are light curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tess_source_arrays.others import OF_OTHERS
from tess_source_arrays.series import Series

if TYPE_CHECKING:
    from tess_source_arrays.arrays import Arrays

__all__ = ["ABOUT", "COLUMNS", "SPLIT", "About", "Series", "described", "fitting", "markdown"]


UNKNOWN = {
    "QLP": dict.fromkeys(("TEFF", "LOGG", "RADIUS", "MH"), -1),
    "GSFC-ELEANOR-LITE": {"TMAG": 999, "GAIA_ID": 0},
    "ELEANOR": {"TMAG": 999, "GAIA_ID": 0},
}
"""Pipeline → keywords, and the numbers that it writes if a value is not known."""


@dataclass(frozen=True, slots=True)
class About:
    """A column with one value per light curve."""

    name: str
    type: str
    unit: str
    text: str
    of: Callable[[Arrays], Any]


LIMITS = {"float32": 3.4028234663852886e38, "float64": 1.7976931348623157e308}
"""Largest numbers of a type."""
LIMITS_OF_INTEGERS = {f"int{bits}": 2 ** (bits - 1) - 1 for bits in (8, 32, 64)}


def fitting(value: Any, type_: str) -> Any:
    """Return a value as a column of a type can hold it; None if it cannot, as a damaged header may have any number."""
    if value is None or type_ == "string":
        return value
    if type_ in LIMITS_OF_INTEGERS:
        return value if abs(value) <= LIMITS_OF_INTEGERS[type_] else None
    return float(value) if abs(value) <= LIMITS[type_] else None  # false for NaN


def _card_column(name: str, type_: str, unit: str, text: str, *keywords: str) -> About:
    """Return a column with the value of the first keyword that is there and of the right type; null if there is none."""
    kinds: tuple[type, ...] = {"string": (str,), "float64": (float, int), "float32": (float, int)}.get(type_, (int,))

    def value(arrays: Arrays) -> Any:
        for keyword in keywords:
            found = arrays.header.get(keyword)
            if isinstance(found, kinds) and not isinstance(found, bool):
                return None if found == UNKNOWN.get(arrays.pipeline or "", {}).get(keyword) else found
        return None

    return About(name, type_, unit, f"{text} (`{keywords[0]}`)", value)


def _item_column(name: str, type_: str, unit: str, text: str) -> About:
    return About(name, type_, unit, text, lambda arrays: getattr(arrays.entry.item, name))


def _filename(arrays: Arrays) -> str:
    item, path = arrays.entry.item, arrays.entry.path
    return item.filename or (path.name if path else "")


def _sha256_of(arrays: Arrays) -> str | None:
    return arrays.sha256 or arrays.entry.sha256 or arrays.entry.item.sha256


ABOUT = (
    About("tic", "int64", "", "TIC id of the star", lambda arrays: arrays.tic),
    About("sector", "int32", "", "sector", lambda arrays: arrays.sector),
    _card_column("gaia", "int64", "", "number of the star in Gaia, of which TGLC may have several per TIC id", "GAIADR3", "GAIA_ID"),
    _card_column("camera", "int8", "", "camera, 1 to 4", "CAMERA"),
    _card_column("ccd", "int8", "", "CCD of the camera, 1 to 4", "CCD"),
    About("exptime", "float64", "s", "exposure time of one cadence", lambda arrays: arrays.exptime),
    About("pipeline", "string", "", "pipeline that made the light curve, e.g. `SPOC`", lambda arrays: arrays.pipeline),
    _card_column("object", "string", "", "name of the target", "OBJECT"),
    _card_column("ra", "float64", "deg", "right ascension, ICRS, J2000", "RA_OBJ", "RA_TARG"),
    _card_column("dec", "float64", "deg", "declination, ICRS, J2000", "DEC_OBJ", "DEC_TARG"),
    _card_column("pmra", "float32", "mas/yr", "proper motion in right ascension", "PMRA"),
    _card_column("pmdec", "float32", "mas/yr", "proper motion in declination", "PMDEC"),
    _card_column("tmag", "float32", "mag", "TESS magnitude", "TESSMAG", "TMAG"),
    _card_column("teff", "float32", "K", "effective temperature", "TEFF"),
    _card_column("logg", "float32", "log10(cm/s2)", "surface gravity", "LOGG"),
    _card_column("radius", "float32", "solar radii", "radius of the star", "RADIUS"),
    _card_column("mh", "float32", "log10([M/H])", "metallicity", "MH"),
    _card_column("tstart", "float64", "BTJD", "start of the observation, TDB", "TSTART"),
    _card_column("tstop", "float64", "BTJD", "end of the observation, TDB", "TSTOP"),
    _card_column("crowdsap", "float32", "", "part of the flux in the aperture that is the target's", "CROWDSAP"),
    _card_column("flfrcsap", "float32", "", "part of the target's flux that is in the aperture", "FLFRCSAP"),
    _card_column("cdpp0_5", "float32", "ppm", "noise over 0.5 h (CDPP)", "CDPP0_5"),
    _card_column("cdpp1_0", "float32", "ppm", "noise over 1 h", "CDPP1_0"),
    _card_column("cdpp2_0", "float32", "ppm", "noise over 2 h", "CDPP2_0"),
    About("cadences", "int32", "", "length of the lists of this row", len),
    _item_column("obs_id", "string", "", "MAST's name of the observation"),
    _item_column("uri", "string", "", "address of the file at the archive"),
    About("filename", "string", "", "name of the file", _filename),
    About("sha256", "string", "", "of the file", _sha256_of),
    _card_column("data_rel", "int64", "", "number of the data release", "DATA_REL"),
    _card_column("procver", "string", "", "version of the pipeline", "PROCVER"),
    _card_column("date", "string", "", "day on which the file was written, UTC", "DATE"),
)  # fmt: skip
"""Columns with one value per light curve, from the header of the file or from the manifest."""

SPLIT = About("split", "string", "", "`train`, `validation` or `test`: by the star alone", lambda arrays: None)
"""The column that the writer of a Parquet data set adds."""

COLUMNS = (
    Series("time", "float64", "BTJD", "middle of the cadence at the barycentre: BJD - 2457000, TDB"),
    Series("timecorr", "float32", "d", "light travel time correction that `time` has in it"),
    Series("cadenceno", "int32", "", "number of the cadence"),
    Series("sap_flux", "float32", "electron/s", "flux in the aperture"),
    Series("sap_flux_err", "float32", "electron/s", "its uncertainty"),
    Series("sap_bkg", "float32", "electron/s", "background in the aperture"),
    Series("sap_bkg_err", "float32", "electron/s", "its uncertainty"),
    Series("pdcsap_flux", "float32", "electron/s", "flux corrected for systematics and crowding"),
    Series("pdcsap_flux_err", "float32", "electron/s", "its uncertainty"),
    Series("quality", "int32", "", "quality flags, as bits"),
    Series("psf_centr1", "float64", "pixel", "column of the centroid by a fit of the PSF"),
    Series("psf_centr1_err", "float32", "pixel", "its uncertainty"),
    Series("psf_centr2", "float64", "pixel", "row of the centroid by a fit of the PSF"),
    Series("psf_centr2_err", "float32", "pixel", "its uncertainty"),
    Series("mom_centr1", "float64", "pixel", "column of the centroid by moments"),
    Series("mom_centr1_err", "float32", "pixel", "its uncertainty"),
    Series("mom_centr2", "float64", "pixel", "row of the centroid by moments"),
    Series("mom_centr2_err", "float32", "pixel", "its uncertainty"),
    Series("pos_corr1", "float32", "pixel", "motion of the target along columns"),
    Series("pos_corr2", "float32", "pixel", "motion of the target along rows"),
)
"""The columns of SPOC's light curves, as in the Science Data Products Description Document (EXP-TESS-ARC-ICD-0014)."""


SPOC = frozenset({"SPOC", "TESS-SPOC"})
"""Pipelines whose columns are `COLUMNS`."""


def described(pipelines: Iterable[str | None]) -> Mapping[str, Series]:
    """Return what is known about columns, by name, if they come from files of some pipelines.

    Columns of several pipelines may have the same names, and fluxes in other units: QLP's ``sap_flux`` is relative. They have no unit then.
    """
    tables = [_columns_of(pipeline) for pipeline in sorted({*pipelines}, key=str) or ["SPOC"]]
    found: dict[str, Series] = {}
    for one in (one for table in tables for one in table.values()):
        first = found.setdefault(one.name, one)
        if first.unit != one.unit:
            found[one.name] = replace(first, unit="")
    return found


def _columns_of(pipeline: str | None) -> Mapping[str, Series]:
    ours = {one.name: one for one in COLUMNS}
    if pipeline in SPOC:
        return ours
    unitless = {name: replace(one, unit="") if one.unit == "electron/s" else one for name, one in ours.items()}
    return {**unitless, **OF_OTHERS.get(pipeline or "", {})}


def markdown() -> str:
    """Return the schema as a table in Markdown."""
    lines = ["| column | type | unit | what it is |", "|---|---|---|---|"]
    lines += [f"| `{one.name}` | {one.type} | {one.unit} | {one.text} |" for one in (*ABOUT, SPLIT)]
    lines += [one.line() for one in COLUMNS]
    return "\n".join(lines)
