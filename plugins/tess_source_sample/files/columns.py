"""Columns of SPOC's tables: names, formats, units and comments, as in real files."""

from __future__ import annotations

from tess_source_sample.files.fits import TableColumn

_DAYS = "BJD - 2457000, days"
_TIME = (
    TableColumn("TIME", "D", _DAYS, "D14.7", "data time stamps", "Barycenter corrected TESS Julian Date (BTJD)"),
    TableColumn("TIMECORR", "E", "d", "E14.7", "barycentric correction", "Days"),
    TableColumn("CADENCENO", "J", "", "I10", "unique cadence number"),
)


def _flux(name: str, title: str) -> tuple[TableColumn, TableColumn]:
    """Return a flux column and that of its error; `title` is the pair of titles, divided by a bar."""
    first, second = title.split("|")
    return (
        TableColumn(name, "E", "e-/s", "E14.7", first, "electrons per second"),
        TableColumn(f"{name}_ERR", "E", "e-/s", "E14.7", second, "electrons per second (1-sigma)"),
    )


def _centroid(kind: str, axis: int, title: str) -> tuple[TableColumn, TableColumn]:
    name = f"{kind}_CENTR{axis}"
    return (
        TableColumn(name, "D", "pixel", "F10.5", f"{title} centroid", "pixel"),
        TableColumn(f"{name}_ERR", "E", "pixel", "E14.7", f"{title} error", "pixel (1-sigma)"),
    )


LIGHTCURVE = (
    *_TIME,
    *_flux("SAP_FLUX", "aperture photometry flux|aperture phot. flux error"),
    *_flux("SAP_BKG", "aperture phot. background flux|ap. phot. background flux error"),
    *_flux("PDCSAP_FLUX", "aperture phot. PDC flux|ap. phot. PDC flux error"),
    TableColumn("QUALITY", "J", "", "B16.16", "aperture photometry quality flag"),
    *_centroid("PSF", 1, "PSF-fitted column"),
    *_centroid("PSF", 2, "PSF-fitted row"),
    *_centroid("MOM", 1, "moment-derived column"),
    *_centroid("MOM", 2, "moment-derived row"),
    TableColumn("POS_CORR1", "E", "pixels", "E14.7", "column position correction", "pixel"),
    TableColumn("POS_CORR2", "E", "pixels", "E14.7", "row position correction", "pixel"),
)


def pixels(shape: tuple[int, int]) -> tuple[TableColumn, ...]:
    """Return the columns of a target pixel file with stamps of `shape` (rows, columns)."""
    many, dim = shape[0] * shape[1], f"({shape[1]},{shape[0]})"
    names = ("FLUX", "FLUX_ERR", "FLUX_BKG", "FLUX_BKG_ERR")
    return (
        TableColumn("TIME", "D", _DAYS, "D14.7"),
        TableColumn("TIMECORR", "E", "d", "E14.7"),
        TableColumn("CADENCENO", "J", "", "I10"),
        TableColumn("RAW_CNTS", f"{many}J", "count", "I8", null="-1", dim=dim),
        *(TableColumn(name, f"{many}E", "e-/s", "E14.7", dim=dim) for name in names),
        TableColumn("QUALITY", "J", "", "B16.16"),
        TableColumn("POS_CORR1", "E", "pixel", "E14.7"),
        TableColumn("POS_CORR2", "E", "pixel", "E14.7"),
    )


COSMIC_RAYS = (
    TableColumn("CADENCENO", "J", "", "I10", "unique cadence number"),
    TableColumn("RAWX", "I", "pixel", "I4", "CCD column", "null"),
    TableColumn("RAWY", "I", "pixel", "I4", "CCD row", "null"),
    TableColumn("COSMIC_RAY", "E", "e-/s", "E14.7", "cosmic ray correction", "electrons per second"),
)


def _relative(name: str, title: str) -> TableColumn:
    return TableColumn(name, "E", "dimensionless", "E14.7", title, "null")


TCE = (
    *_TIME,
    TableColumn("PHASE", "E", "days", "E14.7", "Phase using period and epoch", "[-0.25*period, 0.75*period]"),
    _relative("LC_INIT", "Detrended initial light curve (gapped)"),
    _relative("LC_INIT_ERR", "Error in the detrended initial light curve"),
    _relative("LC_WHITE", "Initial whitened time series fit"),
    _relative("LC_DETREND", "Initial median detrended time series"),
    _relative("MODEL_INIT", "Model light curve"),
    _relative("MODEL_WHITE", "Whitened model light curve"),
)

PULSES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.5, 5.0, 6.0, 7.5, 9.0, 10.5, 12.5, 15.0)
"""Transit durations in hours that the search tries."""


def pulse(hours: float) -> str:
    """Return the ending of the columns of one duration: "0_5" for half an hour."""
    return str(hours).replace(".", "_")


STATISTICS = (
    *_TIME,
    TableColumn("PDCSAP_FLUX", "E", "e-/s", "E14.7", "PDC light curve (e/s)", "electrons per second"),
    TableColumn("PDCSAP_FLUX_ERR", "E", "sigma", "E14.7", "uncertainty in  PCDSAP_FLUX", "null"),
    _relative("RESIDUAL_LC", "residual light curve"),
    TableColumn("DEWEIGHTS", "E", "proportion", "E14.7", "initial de-emphasis weights", "[0.0, 1.0]"),
    TableColumn("QUALITY", "J", "", "B16.16", "pixel quality flags"),
    *(
        TableColumn(f"SES_{kind}_{pulse(hours)}", "E", "", "E14.7", f"SES {word} for pulse {n}")
        for kind, word in (("CORR", "correlation"), ("NORM", "normalization"))
        for n, hours in enumerate(PULSES, start=1)
    ),
)
