"""High-level science products from full frame images: QLP, TASOC, TGLC and eleanor-lite.

Keywords, columns and extensions are those of the real products. SIMDATA and a comment say that the file is simulated, for
ORIGIN must stay what it is to be recognised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample.files import eleanor_header, eras, fits, hlsp_headers, model, spoc, tglc_header
from tess_source_sample.files.fits import TableColumn
from tess_source_sample.known import KNOWN, KnownStars

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name


def columns_named(form: str, names: str, unit: str = "", disp: str = "") -> tuple[TableColumn, ...]:
    """Return columns of one form, by their names with blanks between them."""
    return tuple(TableColumn(name, form, unit, disp) for name in names.split())


def _qlp_columns(sector: int) -> tuple[TableColumn, ...]:
    """Return QLP's columns: the detrended flux changed its name in sector 56 (lightkurve's reader tells both)."""
    word = "DET" if sector >= 56 else "KSPSAP"
    return (
        TableColumn("TIME", "D", "BJD-2457000, days"),
        *columns_named("J", "CADENCENO"),
        *columns_named("E", f"SAP_FLUX {word}_FLUX {word}_FLUX_ERR"),
        *columns_named("J", "QUALITY ORBITID"),
        *columns_named("E", "SAP_X SAP_Y", "pixel"),
        *columns_named("E", f"SAP_BKG SAP_BKG_ERR {word}_FLUX_SML {word}_FLUX_LAG"),
        *(columns_named("E", "SYS_RM_FLUX") if sector >= 56 else ()),
    )


_TASOC_COLUMNS = (
    *(TableColumn("TIME", "D", "BJD - 2457000, days", "D14.7"), TableColumn("TIMECORR", "E", "d", "E13.6")),
    TableColumn("CADENCENO", "J", "", "I10"),
    *columns_named("D", "FLUX_RAW FLUX_RAW_ERR FLUX_BKG", "e-/s", "E26.17"),
    *columns_named("D", "FLUX_CORR FLUX_CORR_ERR", "ppm", "E26.17"),
    *columns_named("J", "QUALITY PIXEL_QUALITY", "", "B16.16"),
    *columns_named("D", "MOM_CENTR1 MOM_CENTR2", "pixels", "F10.5"),
    *columns_named("D", "POS_CORR1 POS_CORR2", "pixels", "F14.7"),
)

_ELEANOR_COLUMNS = (
    *(
        *columns_named("D", "TIME"),
        *columns_named("E", "BARYCORR RAW_FLUX CORR_FLUX FLUX_ERR"),
        *columns_named("J", "QUALITY"),
    ),
    *(
        *columns_named("E", "X_CENTROID Y_CENTROID X_COM Y_COM FLUX_BKG"),
        *columns_named("J", "FFIINDEX"),
        *columns_named("E", "PCA_FLUX"),
    ),
)

_TGLC_COLUMNS = (
    TableColumn("time", "D"),
    *columns_named("E", "psf_flux aperture_flux cal_psf_flux cal_aper_flux background"),
    TableColumn("cadence_num", "J"),
    *columns_named("I", "TESS_flags TGLC_flags"),
)

_ELEANOR_STAMP = (
    TableColumn("rectangle_0", "15D"),
    TableColumn("TPF", "15E"),
    TableColumn("TPF_ERR", "15E"),
)
"""Aperture and a first image: one row of pixels per row."""

_MISSING = 12 * fits.BLOCK
"""Bytes that real files have beyond ours, at most: filled up with blank cards."""

Fill = Callable[["model.SimulatedTarget", model.SimulatedCurve, Any], None]
_More = Callable[["model.SimulatedTarget", dict[str, object]], list[fits.HDU]]


def _no_more(of: model.SimulatedTarget, said: dict[str, object]) -> list[fits.HDU]:
    return []


@dataclass(frozen=True, slots=True)
class Product:
    """The light curves of one pipeline."""

    primary: str
    columns: tuple[TableColumn, ...]
    table: str
    fill: Fill
    more: _More = _no_more
    """Gives the extensions after the table."""
    extensions: int = 1
    """NEXTEND."""
    unknown: float | None = None
    """What stands for a missing number."""

    def hdus(self, name: Name, size: int | None, known: KnownStars = KNOWN) -> list[fits.HDU]:
        """Return the HDUs; rows are chosen for the size. Gaps have no rows, unlike SPOC's."""
        of = spoc.target(name, known)
        natural = of.rows - of.gap[1]
        said = {key: self.unknown if value is None else value for key, value in _values(of, name).items()}
        said |= {"nextend": self.extensions}
        first = fits.HDU(fits.ASTROPY.cards(self.primary, said))

        def write(table: NDArray[Any]) -> None:
            longer = len(table) + 2 * of.gap[1]
            seen = spoc.series(of, longer)
            self.fill(of, seen.take(~seen.missing).take(slice(0, len(table))), table)

        def hdus(rows: int) -> list[fits.HDU]:
            return [first, fits.table(self.columns, rows, self.table, said, write), *self.more(of, said)]

        width = fits.row_bytes(self.columns)
        fixed = fits.file_size(hdus(natural)) - fits.padded(width * natural)
        if size is not None and 0 <= size - fixed - fits.padded(width * natural) <= _MISSING:
            return hdus(natural)
        return hdus(spoc.fitting_rows(natural, width, None if size is None else size - fixed))


def _values(of: model.SimulatedTarget, name: Name) -> dict[str, object]:
    """Return what the headers say: made from the first release of early sectors, as these products were."""
    processed = eras.of_sector(of.sector.sector, first=True)
    first, last = (of.barycentric(of.spacecraft_time(row)) for row in (0, of.rows - 1))
    said = spoc.values(of, of.rows, processed) | spoc.time_values(first, last, of.seconds, of.live, processed)
    return said | {
        "camera": name.camera or of.camera,
        "ccd": name.ccd or of.ccd,
        "data_rel": processed.data_rel,
        "stamp": str(said["stamp"]).removesuffix("Z"),
        "date_obs": spoc.utc(float(str(said["tstart"]))),
        "date_end": spoc.utc(float(str(said["tstop"]))),
        "mjd_begin": float(str(said["tstart"])) + MJD_OF_BTJD_0,
        "mjd_end": float(str(said["tstop"])) + MJD_OF_BTJD_0,
        "xposure": of.seconds * of.live,
        "contamination": 1 - of.crowdsap,
        "gaia": name.gaia,
        "seconds": of.seconds,
        "flux_error": of.sap_error,
        "noise": of.noise,
    }


MJD_OF_BTJD_0 = 56999.5
"""BTJD is BJD - 2457000 and MJD is JD - 2400000.5."""


def light_curve(name: Name, size: int | None, known: KnownStars = KNOWN) -> list[fits.HDU]:
    """Return the HDUs of an HLSP light curve.

    Raises
    ------
    KeyError
        If the sample archive makes none of that pipeline, or does not know star or sector.
    """
    if name.pipeline not in _PRODUCTS:
        raise KeyError(f"the sample archive makes no light curves of {name.pipeline}")
    return _PRODUCTS[name.pipeline](int(name.first_sector or 0)).hdus(name, size, known)


def _qlp(sector: int) -> Product:
    return Product(hlsp_headers.QLP, _qlp_columns(sector), hlsp_headers.QLP_TABLE, _fill_qlp, unknown=-1.0)


def _tasoc(sector: int) -> Product:
    texts = hlsp_headers.TASOC, hlsp_headers.TASOC_TABLE
    return Product(texts[0], _TASOC_COLUMNS, texts[1], _fill_tasoc, _tasoc_images, extensions=3)


def _eleanor(sector: int) -> Product:
    return Product(eleanor_header.PRIMARY, _ELEANOR_COLUMNS, hlsp_headers.SUMS, _fill_eleanor, _eleanor_stamp)


def _tglc(sector: int) -> Product:
    return Product(tglc_header.PRIMARY, _TGLC_COLUMNS, tglc_header.TABLE, _fill_tglc)


_PRODUCTS: dict[str, Callable[[int], Product]] = {
    "QLP": _qlp,
    "TASOC": _tasoc,
    "TGLC": _tglc,
    "GSFC-ELEANOR-LITE": _eleanor,
}
"""Pipeline to its product in a sector."""

_TASOC_SHAPE = (25, 25)


def _tasoc_images(of: model.SimulatedTarget, said: dict[str, object]) -> list[fits.HDU]:
    def light() -> NDArray[Any]:
        return of.background + of.sap * spoc.spread(of, _TASOC_SHAPE)

    def aperture() -> NDArray[Any]:
        share = spoc.spread(of, _TASOC_SHAPE)
        return np.where(share >= np.sort(share, axis=None)[-of.pixels], 3, 1)

    images = (("SUMIMAGE", -64, light), ("APERTURE", 32, aperture))
    return [
        fits.image(_TASOC_SHAPE, bits, hlsp_headers.TASOC_IMAGE, said | {"extname": extname}, data)
        for extname, bits, data in images
    ]


def _eleanor_stamp(of: model.SimulatedTarget, said: dict[str, object]) -> list[fits.HDU]:
    def fill(table: NDArray[Any]) -> None:
        share = spoc.spread(of, (15, 15))
        table["rectangle_0"][6:9, 6:9] = 1.0
        table["TPF"] = of.background + of.sap * share
        table["TPF_ERR"] = np.sqrt(table["TPF"] / of.seconds)

    return [fits.table(_ELEANOR_STAMP, 15, hlsp_headers.SUMS, said, fill)]


def relative_flux(of: model.SimulatedTarget, seen: model.SimulatedCurve) -> Any:
    """Return the corrected light curve as a fraction; where SPOC gives none, the raw one around 1."""
    rough = seen.sap / of.sap
    return np.where(np.isnan(seen.pdc), np.where(np.isnan(rough), 1.0, rough), seen.pdc / of.flux)


def _fill_qlp(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux, word = relative_flux(of, seen), "DET" if of.sector.sector >= 56 else "KSPSAP"
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
    flux = relative_flux(of, seen)
    table["TIME"], table["TIMECORR"], table["CADENCENO"] = seen.time, seen.timecorr, seen.cadenceno
    table["FLUX_RAW"], table["FLUX_RAW_ERR"], table["FLUX_BKG"] = seen.sap, seen.sap_error, seen.background
    table["FLUX_CORR"], table["FLUX_CORR_ERR"] = (flux - 1) * 1e6, of.noise * 1e6
    table["QUALITY"] = seen.quality & model.SCATTERED // model.SCATTERED  # TASOC's own flags: 1 is "bad"
    table["PIXEL_QUALITY"] = seen.quality
    for axis in (1, 2):
        table[f"MOM_CENTR{axis}"] = of.corner[axis - 1] + 5.5 + seen.move[axis - 1]
        table[f"POS_CORR{axis}"] = seen.move[axis - 1]


def _fill_eleanor(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    flux = relative_flux(of, seen) * of.sap
    table["TIME"], table["BARYCORR"], table["QUALITY"] = seen.time, seen.timecorr, seen.quality
    table["RAW_FLUX"], table["CORR_FLUX"], table["PCA_FLUX"] = seen.sap, flux, flux
    table["FLUX_ERR"], table["FLUX_BKG"] = of.sap_error, seen.background
    for axis, (place, mass) in enumerate((("X_CENTROID", "X_COM"), ("Y_CENTROID", "Y_COM"))):
        table[place], table[mass] = of.corner[axis] + 5.5 + seen.move[axis], 7.0 + seen.move[axis]
    table["FFIINDEX"] = np.arange(len(table))


def _fill_tglc(of: model.SimulatedTarget, seen: model.SimulatedCurve, table: NDArray[Any]) -> None:
    raw = np.where(np.isnan(seen.sap), of.sap, seen.sap)
    table["time"], table["cadence_num"], table["TESS_flags"] = seen.time, seen.cadenceno, seen.quality
    table["psf_flux"], table["aperture_flux"], table["background"] = raw, raw, seen.background
    table["cal_psf_flux"] = table["cal_aper_flux"] = relative_flux(of, seen)


def text(name: Name, size: int | None, known: KnownStars = KNOWN) -> bytes:
    """Return a QLP light curve as text: BTJD, cadence number and flux, one cadence a line; spaces fill it up.

    Raises
    ------
    ValueError
        If the size asked for is too small; the message tells the least.
    """
    of = spoc.target(name, known)
    seen = model.simulate(of)
    seen = seen.take(~seen.missing)
    flux = relative_flux(of, seen)
    head = "# SIMULATED by tess-source's sample archive\n# TIME (BJD-2457000) CADENCENO SAP_FLUX DET_FLUX\n"
    rows = zip(seen.time, seen.cadenceno, seen.sap / of.sap, flux, strict=True)
    lines = [f"{time:14.7f} {number:9d} {raw:9.6f} {corrected:9.6f}" for time, number, raw, corrected in rows]
    wanted = text_size(name, known) if size is None else size
    lines = lines[: max(1, (wanted - len(head)) // TEXT_LINE)]
    content = (head + "\n".join(lines) + "\n").encode("ascii")
    if len(content) > wanted:
        raise ValueError(
            f"the light curve of TIC {name.tic} as text cannot have {wanted} bytes: it needs {len(content)}"
        )
    return content[:-1] + b" " * (wanted - len(content)) + b"\n"


TEXT_LINE = 45
"""Bytes of a line of `text`."""


def text_size(name: Name, known: KnownStars = KNOWN) -> int:
    """Return the size in bytes of `text` where none is asked for."""
    of = spoc.target(name, known)
    return 128 + TEXT_LINE * (of.rows - of.gap[1])
