"""Light curves of CDIPS, PATHOS, DIAMANTE, T16 and TARS, from documents: no real file of these was at hand.

Columns and keywords are those of the pipelines' descriptions and of lightkurve's readers. No description of T16's columns was at hand: they
are made up. A comment in each header says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample import chips
from tess_source_sample.files import fits, hlsp, hlsp_headers, model
from tess_source_sample.files.fits import TableColumn
from tess_source_sample.files.hlsp import Product, columns_named, relative_flux
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name

__all__ = ["completed", "light_curve"]

BJD_OF_BTJD_0 = 2457000.0

_EXPTIMES = {"DIAMANTE": 1800.0, "TESS-DATA-ALERTS": 120.0}
"""Exposure time [s] of pipelines whose names do not say it."""

_PLACE = """OBJECT  = 'TIC {tic}' / string version of TICID
TICID   = {tic} / unique TESS target identifier
SECTOR  = {sector} / observing sector
CAMERA  = {camera} / camera
CCD     = {ccd} / ccd
RA_OBJ  = {ra!r} / [deg] right ascension, J2000
DEC_OBJ = {dec!r} / [deg] declination, J2000
TESSMAG = {tmag!r} / [mag] TESS magnitude
"""

_NOTE = hlsp_headers.NOTE + "COMMENT Columns and keywords from documents, not from a real file\n"

_TELESCOPE = """TELESCOP= 'TESS' / telescope
INSTRUME= 'TESS Photometer' / detector type
"""

_TABLE = """COLUMNS
EXTNAME = 'LIGHTCURVE' / name of extension
"""

_CDIPS_PRIMARY = (
    hlsp_headers.START
    + "ORIGIN  = 'CDIPS' / who made this file\n"
    + _TELESCOPE
    + _PLACE
    + "XPOSURE = {seconds} / [s]\n"
    + _NOTE
)
_PATHOS_PRIMARY = hlsp_headers.START + _TELESCOPE + _PLACE + _NOTE
_DIAMANTE_PRIMARY = hlsp_headers.START + _TELESCOPE + "TICID   = {tic} / unique TESS target identifier\n" + _NOTE
_T16_PRIMARY = hlsp_headers.START + "HLSPID  = 'T16'\n" + _TELESCOPE + "GAIAID  = {gaia}\n" + _NOTE
_TARS_PRIMARY = (
    hlsp_headers.START
    + "HLSPID  = 'TARS'\nHLSPTARG= 'TIC {tic}'\n"
    + _TELESCOPE
    + """TICID   = {tic}
SECTOR  = {sector}
CAMERA  = {camera}
CCD     = {ccd}
EXPTIME = {seconds}
TESSMAG = {tmag!r}
RA_TARG = {ra!r}
DEC_TARG= {dec!r}
"""
    + _NOTE
)

_APERTURES = (1, 2, 3)
_CDIPS_COLUMNS = (
    *columns_named("D", "TMID_UTC TMID_BJD BJDCORR"),
    *columns_named("48A", "RSTFC"),
    *columns_named("19A", "STARID"),
    *columns_named("D", "XCC YCC XIC YIC", "pixels"),
    *columns_named("D", "FSV FDV FKV"),
    *columns_named("D", "BGV BGE", "ADU"),
    *(
        column
        for n in _APERTURES
        for column in (
            *columns_named("D", f"IFL{n} IFE{n}", "ADU"),
            *columns_named("D", f"IRM{n} IRE{n}"),
            *columns_named("A", f"IRQ{n}"),
        )
    ),
    *columns_named("D", "TFA1 TFA2 TFA3 PCA1 PCA2 PCA3"),
    *columns_named("D", "CCDTEMP", "degcelcius"),
    *columns_named("J", "NTEMPS", "unitless"),
)
_PATHOS_COLUMNS = (
    *columns_named("D", "TIME"),
    *columns_named("D", "PSF_FLUX_RAW PSF_FLUX_COR"),
    *columns_named("D", " ".join(f"AP{n}_FLUX_RAW AP{n}_FLUX_COR" for n in (1, 2, 3, 4))),
    *columns_named("D", "SKY_LOCAL"),
    *columns_named("J", "DQUALITY"),
)
_DIAMANTE_CURVES = tuple((n, r) for n in (0, 1, 2) for r in (1, 2, 3, 4))
"""Curve and aperture radius; how many there are of each is a guess."""
_DIAMANTE_COLUMNS = (
    *columns_named("D", "BTJD"),
    *columns_named("D", " ".join(f"LC{n}_AP{r} ELC{n}_AP{r}" for n, r in _DIAMANTE_CURVES)),
    *columns_named("J", "FLAG_AP1 FLAG_AP2 FLAG_AP3 FLAG_AP4"),
)
_T16_COLUMNS = (TableColumn("BJD", "D"), *columns_named("D", "MAG MAG_ERR", "mag"))
_TARS_COLUMNS = columns_named("D", "TIME FLUX")


def _magnitude(of: model.SimulatedTarget, flux: Any) -> Any:
    return of.star.tmag - 2.5 * np.log10(flux)


def _fill_cdips(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux = relative_flux(of, seen)
    table["TMID_UTC"], table["BJDCORR"] = seen.time - seen.timecorr + BJD_OF_BTJD_0, seen.timecorr
    table["TMID_BJD"] = seen.time + BJD_OF_BTJD_0
    table["XCC"], table["YCC"] = of.corner[0] + 5.5, of.corner[1] + 5.5
    table["XIC"], table["YIC"] = of.corner[0] + 5.5 + seen.move[0], of.corner[1] + 5.5 + seen.move[1]
    table["BGV"], table["BGE"] = seen.background, np.sqrt(seen.background / of.seconds)
    for n in _APERTURES:
        table[f"IFL{n}"], table[f"IFE{n}"] = flux * of.sap / 5.2, of.sap_error / 5.2
        table[f"IRM{n}"], table[f"IRE{n}"] = _magnitude(of, flux), 1.0857 * of.noise
        table[f"IRQ{n}"] = np.where(seen.quality > 0, b"X", b"G")
        table[f"TFA{n}"] = table[f"PCA{n}"] = _magnitude(of, flux)
    table["CCDTEMP"], table["NTEMPS"] = -85.0, 1


def _fill_pathos(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux, raw = relative_flux(of, seen), np.where(np.isnan(seen.sap), of.sap, seen.sap)
    table["TIME"], table["DQUALITY"], table["SKY_LOCAL"] = seen.time, seen.quality, seen.background
    for name in ("PSF", "AP1", "AP2", "AP3", "AP4"):
        table[f"{name}_FLUX_RAW"], table[f"{name}_FLUX_COR"] = raw, flux


def _fill_diamante(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    table["BTJD"] = seen.time
    for n, r in _DIAMANTE_CURVES:
        table[f"LC{n}_AP{r}"], table[f"ELC{n}_AP{r}"] = relative_flux(of, seen), of.noise
        table[f"FLAG_AP{r}"] = seen.quality > 0


def _fill_t16(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    table["BJD"] = seen.time + BJD_OF_BTJD_0
    table["MAG"], table["MAG_ERR"] = _magnitude(of, relative_flux(of, seen)), 1.0857 * of.noise


def _fill_tars(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    table["TIME"], table["FLUX"] = seen.time, relative_flux(of, seen)


_PRODUCTS: Mapping[str, Callable[[], Product]] = {
    "CDIPS": lambda: Product(_CDIPS_PRIMARY, _CDIPS_COLUMNS, "COLUMNS\n", _fill_cdips),
    "PATHOS": lambda: Product(_PATHOS_PRIMARY, _PATHOS_COLUMNS, _TABLE, _fill_pathos),
    "DIAMANTE": lambda: Product(_DIAMANTE_PRIMARY, _DIAMANTE_COLUMNS, _TABLE, _fill_diamante),
    "T16": lambda: Product(_T16_PRIMARY, _T16_COLUMNS, _TABLE, _fill_t16),
    "TARS": lambda: Product(_TARS_PRIMARY, _TARS_COLUMNS, _TABLE, _fill_tars),
}
"""Pipeline to its product."""


def completed(name: Name) -> Name:
    """Return a name with what it does not say, but the archive's observation does: exposure time, and a first sector.

    A light curve of all sectors of a star (DIAMANTE) holds the first one here.
    """
    exptime = name.exptime or _EXPTIMES.get(name.pipeline or "")
    sector = name.first_sector
    if name.pipeline == "DIAMANTE" and name.tic:
        sector = chips.first_sector(name.tic)
    return replace(name, exptime=exptime, first_sector=sector, last_sector=name.last_sector or sector)


def light_curve(name: Name, size: int | None, known: KnownStars = KNOWN) -> list[fits.HDU]:
    """Return the HDUs of a light curve of any pipeline but SPOC's; see `tess_source_sample.files.hlsp.light_curve`."""
    product = _PRODUCTS.get(name.pipeline or "")
    return product().hdus(name, size, known) if product else hlsp.light_curve(name, size, known)
