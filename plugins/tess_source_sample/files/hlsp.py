"""High-level science products from full frame images: QLP, TASOC and eleanor-lite.

Columns and the keywords by which readers know them are those of the real products. A first comment says that the
file is simulated, for their ORIGIN must stay what it is to be recognised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample.files import fits, model, spoc
from tess_source_sample.files.fits import TableColumn
from tess_source_sample.files.headers import TIMING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name

_NOTE = """COMMENT SIMULATED by tess-source's sample archive; not a product of this pipeline
"""

_START = """
SIMPLE  = T / conforms to FITS standard
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T
NEXTEND = {nextend} / number of standard extensions
EXTNAME = 'PRIMARY' / name of extension
SIMDATA = T / file is based on simulated data
"""

_WHO = """DATE    = '{date}' / date the file was created
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
FILTER  = 'TESS' / Photometric bandpass filter
OBJECT  = 'TIC {tic}' / string version of TICID
TICID   = {tic} / unique TESS target identifier
SECTOR  = {sector} / Observing sector
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD number
RADESYS = 'ICRS' / reference frame of celestial coordinates
EQUINOX = 2000.0 / equinox of celestial coordinate system
RA_OBJ  = {ra!r} / [deg] Right ascension
DEC_OBJ = {dec!r} / [deg] Declination
"""

_QLP = (
    _START
    + "ORIGIN  = 'MIT/QLP' / institution responsible for creating this file\n"
    + _WHO
    + """PMRA    = {pmra} / [mas/yr] RA proper motion
PMDEC   = {pmdec} / [mas/yr] Dec proper motion
TESSMAG = {tmag!r} / [mag] TESS magnitude
TEFF    = {teff} / [K] Effective temperature
LOGG    = {logg} / [cm/s2] log10 surface gravity
MH      = {mh} / [log10([M/H])] metallicity
RADIUS  = {radius} / [solar radii] stellar radius
TICVER  = '8.2' / TIC version
"""
    + _NOTE
)

_TASOC = (
    _START
    + "ORIGIN  = 'TASOC/Aarhus' / institution responsible for creating this file\n"
    + _WHO
    + """PROCVER = 'tess-source-sample' / Version of photometry pipeline
FILEVER = '1.4' / File format version
DATA_REL= {data_rel} / Data release number
VERSION = 5 / Version of the processing
PHOTMET = 'aperture' / Photometric method used
PMRA    = {pmra} / [mas/yr] RA proper motion
PMDEC   = {pmdec} / [mas/yr] Dec proper motion
PMTOTAL = {pmtotal} / [mas/yr] total proper motion
TESSMAG = {tmag!r} / [mag] TESS magnitude
TEFF    = {teff} / [K] Effective temperature
TICVER  = 8 / TESS Input Catalog version
DATAVAL = 0 / Data validation flags
"""
    + _NOTE
)

_ELEANOR = """
SIMPLE  = T / conforms to FITS standard
BITPIX  = 8 / array data type
NAXIS   = 0 / number of array dimensions
EXTEND  = T
SIMDATA = T / file is based on simulated data
TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
TIMEREF = 'SOLARSYSTEM' / barycentric correction applied to times
TIMESYS = 'TDB' / time system is Barycentric Dynamical Time (TDB)
BJDREFI = 2457000 / integer part of BTJD reference date
BJDREFF = 0.0 / fraction of the day in BTJD reference date
TIMEUNIT= 'd' / time unit for TIME, TSTART and TSTOP
TSTART  = {tstart!r} / observation start time in BTJD
TSTOP   = {tstop!r} / observation stop time in BTJD
DATE-OBS= '{date_obs}' / TSTART as UTC calendar date
DATE-END= '{date_end}' / TSTOP as UTC calendar date
TIMEDEL = {timedel!r} / [d] time resolution of data
AUTHOR  = 'Adina D. Feinstein'
TVERSION= '0.0.1.dev0'
GITHUB  = 'https://github.com/afeinstein20/eleanor'
CREATED = '{date}'
FILTER  = 'TESS' / Filter keyword
VERSION = '2.0.3' / eleanor version used for light curve production
LITE    = T / eleanor-lite keyword for saving light curves
TIC_ID  = {tic} / TESS Input Catalog ID
TMAG    = {tmag!r} / TESS mag
BUNIT   = 'e-/s' / Brightness unit
GAIA_ID = 0 / Associated Gaia ID
SECTOR  = {sector} / Sector
RA_OBJ  = {ra!r} / RA of source
DEC_OBJ = {dec!r} / DEC of source
TPF_H   = 15 / Height of the TPF in pixels
TPF_W   = 15 / Width of the TPF in pixels
TESSCUT = F / If TessCut was used to make this TPF
PCORIGIN= 'Local_Postcard' / Provenance of eleanor Postcard
APERTURE= 'rectangle_0' / Best aperture used for lightcurves in extension
"""

_EXTENSION = "\nINHERIT = T / inherit the primary header\nEXTNAME = 'LIGHTCURVE' / extension name\n"


def _columns_named(form: str, names: str, unit: str = "") -> tuple[TableColumn, ...]:
    return tuple(TableColumn(name, form, unit) for name in names.split())


def _qlp_columns(sector: int) -> tuple[TableColumn, ...]:
    """Return QLP's columns: the detrended flux changed its name in sector 56 (lightkurve's reader tells both)."""
    word = "DET" if sector >= 56 else "KSPSAP"
    return (
        TableColumn("TIME", "D", "BJD-2457000, d"),
        *_columns_named("J", "CADENCENO"),
        *_columns_named("E", f"SAP_FLUX {word}_FLUX {word}_FLUX_ERR"),
        *_columns_named("J", "QUALITY ORBITID"),
        *_columns_named("E", f"SAP_X SAP_Y SAP_BKG SAP_BKG_ERR {word}_FLUX_SML {word}_FLUX_LAG"),
        *(_columns_named("E", "SYS_RM_FLUX") if sector >= 56 else ()),
    )


_TASOC_COLUMNS = (
    *(TableColumn("TIME", "D", "BJD - 2457000, days", "D14.7"), TableColumn("TIMECORR", "E", "d", "E13.6")),
    *(TableColumn("CADENCENO", "J", "", "I10"), *_columns_named("D", "FLUX_RAW FLUX_RAW_ERR FLUX_BKG", "e-/s")),
    *(*_columns_named("D", "FLUX_CORR FLUX_CORR_ERR", "ppm"), *_columns_named("J", "QUALITY PIXEL_QUALITY")),
    *_columns_named("D", "MOM_CENTR1 MOM_CENTR2 POS_CORR1 POS_CORR2", "pixels"),
)

_ELEANOR_COLUMNS = (
    *(
        *_columns_named("D", "TIME"),
        *_columns_named("E", "BARYCORR RAW_FLUX CORR_FLUX FLUX_ERR"),
        *_columns_named("J", "QUALITY"),
    ),
    *(
        *_columns_named("E", "X_CENTROID Y_CENTROID X_COM Y_COM FLUX_BKG"),
        *_columns_named("J", "FFIINDEX"),
        *_columns_named("E", "PCA_FLUX"),
    ),
)

_ELEANOR_APERTURE = (TableColumn("rectangle_0", "15D"), *_columns_named("15E", "TPF TPF_ERR"))

_MISSING = 12 * fits.BLOCK
"""Bytes of header and small extensions that real files have beyond ours, at most: filled up with blank cards."""

_Fill = Callable[["model.SimulatedTarget", model.SimulatedCurve, Any], None]


def _hdus_of_table(
    name: Name,
    size: int | None,
    template: str,
    columns: tuple[TableColumn, ...],
    extension: str,
    fill: _Fill,
    more: tuple[fits.HDU, ...] = (),
) -> list[fits.HDU]:
    """Return a primary header, one table, and what lies behind it; rows are chosen for the size. Gaps have no rows, unlike SPOC's."""
    of = spoc.target(name)
    natural = of.rows - of.gap[1]
    said = spoc.values(of, of.rows) | {
        "nextend": 1,
        "camera": name.camera or of.camera,
        "ccd": name.ccd or of.ccd,
    }

    def write(table: NDArray[Any]) -> None:
        longer = len(table) + 2 * of.gap[1]
        seen = spoc.series(of, longer)
        fill(of, seen.take(~seen.missing).take(slice(0, len(table))), table)

    def hdus(rows: int) -> list[fits.HDU]:
        return [fits.HDU(fits.cards(template, said)), fits.table(columns, rows, extension, said, write), *more]

    width = fits.row_bytes(columns)
    fixed = fits.file_size(hdus(natural)) - fits.padded(width * natural)
    if size is not None and 0 <= size - fixed - fits.padded(width * natural) <= _MISSING:
        return hdus(natural)
    return hdus(spoc.fitting_rows(natural, width, None if size is None else size - fixed))


def light_curve(name: Name, size: int | None) -> list[fits.HDU]:
    """Return the HDUs of an HLSP light curve.

    Raises
    ------
    KeyError
        If the sample archive makes none of that pipeline, or does not know star or sector.
    """
    if name.pipeline == "QLP":
        return _hdus_of_table(
            name, size, _QLP, _qlp_columns(int(name.first_sector or 0)), _EXTENSION + TIMING, _fill_qlp
        )
    if name.pipeline == "TASOC":
        return _hdus_of_table(name, size, _TASOC, _TASOC_COLUMNS, _EXTENSION + TIMING, _fill_tasoc)
    if name.pipeline == "GSFC-ELEANOR-LITE":
        aperture = fits.table(_ELEANOR_APERTURE, 15, "", {}, lambda table: table["rectangle_0"].__setitem__(7, 1.0))
        return _hdus_of_table(name, size, _ELEANOR + _NOTE, _ELEANOR_COLUMNS, "", _fill_eleanor, (aperture,))
    raise KeyError(f"the sample archive makes no light curves of {name.pipeline}")


def _relative_flux(of: model.SimulatedTarget, seen: model.SimulatedCurve) -> Any:
    """Return the corrected light curve as a fraction; where SPOC gives none, the raw one around 1."""
    rough = seen.sap / of.sap
    return np.where(np.isnan(seen.pdc), np.where(np.isnan(rough), 1.0, rough), seen.pdc / of.flux)


def _fill_qlp(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux, word = _relative_flux(of, seen), "DET" if of.sector.sector >= 56 else "KSPSAP"
    table["TIME"], table["CADENCENO"], table["QUALITY"] = seen.time, seen.cadenceno, seen.quality
    raw = np.where(np.isnan(seen.sap), 1.0, seen.sap / of.sap)
    for name, values in (("SAP_FLUX", raw), (f"{word}_FLUX", flux), (f"{word}_FLUX_ERR", of.noise)):
        table[name] = values
    table[f"{word}_FLUX_SML"], table[f"{word}_FLUX_LAG"] = flux, flux
    if word == "DET":
        table["SYS_RM_FLUX"] = flux
    table["ORBITID"] = 2 * of.sector.sector + 7 + (np.arange(len(table)) >= of.gap[0])
    table["SAP_X"], table["SAP_Y"] = of.corner[0] + 5.5 + seen.move[0], of.corner[1] + 5.5 + seen.move[1]
    table["SAP_BKG"], table["SAP_BKG_ERR"] = seen.background, np.sqrt(seen.background / of.seconds)


def _fill_tasoc(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux = _relative_flux(of, seen)
    table["TIME"], table["TIMECORR"], table["CADENCENO"] = seen.time, seen.timecorr, seen.cadenceno
    table["FLUX_RAW"], table["FLUX_RAW_ERR"], table["FLUX_BKG"] = seen.sap, seen.sap_error, seen.background
    table["FLUX_CORR"], table["FLUX_CORR_ERR"] = (flux - 1) * 1e6, of.noise * 1e6
    table["QUALITY"] = seen.quality & model.SCATTERED // model.SCATTERED  # TASOC's own flags: 1 is "bad"
    table["PIXEL_QUALITY"] = seen.quality
    for axis in (1, 2):
        table[f"MOM_CENTR{axis}"] = of.corner[axis - 1] + 5.5 + seen.move[axis - 1]
        table[f"POS_CORR{axis}"] = seen.move[axis - 1]


def _fill_eleanor(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux = _relative_flux(of, seen) * of.sap
    table["TIME"], table["BARYCORR"], table["QUALITY"] = seen.time, seen.timecorr, seen.quality
    table["RAW_FLUX"], table["CORR_FLUX"], table["PCA_FLUX"] = seen.sap, flux, flux
    table["FLUX_ERR"], table["FLUX_BKG"] = of.sap_error, seen.background
    for axis, (place, mass) in enumerate((("X_CENTROID", "X_COM"), ("Y_CENTROID", "Y_COM"))):
        table[place], table[mass] = of.corner[axis] + 5.5 + seen.move[axis], 7.0 + seen.move[axis]
    table["FFIINDEX"] = np.arange(len(table))


def text(name: Name, size: int | None) -> bytes:
    """Return a QLP light curve as text: BTJD, cadence number and flux, one cadence a line; spaces fill it up.

    Raises
    ------
    ValueError
        If the size asked for is too small; the message tells the least.
    """
    of = spoc.target(name)
    seen = model.simulate(of)
    seen = seen.take(~seen.missing)
    flux = _relative_flux(of, seen)
    head = "# SIMULATED by tess-source's sample archive\n# TIME (BJD-2457000) CADENCENO SAP_FLUX DET_FLUX\n"
    rows = zip(seen.time, seen.cadenceno, seen.sap / of.sap, flux, strict=True)
    lines = [f"{time:14.7f} {number:9d} {raw:9.6f} {corrected:9.6f}" for time, number, raw, corrected in rows]
    wanted = text_size(name) if size is None else size
    lines = lines[: max(1, (wanted - len(head)) // TEXT_LINE)]
    content = (head + "\n".join(lines) + "\n").encode("ascii")
    if len(content) > wanted:
        raise ValueError(
            f"the light curve of TIC {name.tic} as text cannot have {wanted} bytes: it needs {len(content)}"
        )
    return content[:-1] + b" " * (wanted - len(content)) + b"\n"


TEXT_LINE = 45
"""Bytes of a line of `text`."""


def text_size(name: Name) -> int:
    """Return the size in bytes of `text` where none is asked for."""
    of = spoc.target(name)
    return 128 + TEXT_LINE * (of.rows - of.gap[1])
