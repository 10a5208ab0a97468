"""The pipeline that made a light curve, from its headers and columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tess_source.files.exposure import is_of_images

__all__ = ["origin_of"]

BY_ORIGIN = {"mit/qlp": "QLP", "cdips": "CDIPS", "tasoc/aarhus": "TASOC", "ucsb/tglc": "TGLC"}
"""Part of the keyword ORIGIN in lower case → pipeline."""
PATHOS = {"psf_flux_raw", "psf_flux_cor", "ap4_flux_raw", "ap4_flux_cor", "sky_local"}
"""Columns by which lightkurve knows PATHOS."""
ELEANOR = "https://github.com/afeinstein20/eleanor"


def origin_of(header: Mapping[str, Any], columns: Collection[str] = ()) -> str | None:
    """Return the pipeline that made a light curve.

    Parameters
    ----------
    header : mapping
        Keyword → value, of the table's header and the primary header.
    columns : collection of str
        Names of the columns in lower case, by which PATHOS is known.

    Returns
    -------
    str or None
        None if neither header nor columns tell it.
    """
    said = str(header.get("ORIGIN")).lower()
    if found := next((pipeline for word, pipeline in BY_ORIGIN.items() if word in said), None):
        return found
    if all(header.get(key) is not None for key in ("LITE", "PCORIGIN")):
        lite = header.get("TVERSION") is not None and header.get("GITHUB") == ELEANOR
        return "GSFC-ELEANOR-LITE" if lite else "ELEANOR"
    if {*columns} >= PATHOS:
        return "PATHOS"
    if str(header.get("HLSPID")).upper() == "TARS":
        return "TARS"
    if "LightCurveExporter" in str(header.get("CREATOR")):
        is_tess_spoc = "TESS-SPOC" in str(header.get("HLSPID", "")).upper() or is_of_images(header)
        return "TESS-SPOC" if is_tess_spoc else "SPOC"
    return None
