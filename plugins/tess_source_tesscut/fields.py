"""The columns of cut-outs that the portal does not have."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source.hooks.records import Field

__all__ = ["describe"]

OBSERVED = (
    Field("target_name", "target", "string", "", "The target as it was given; a TIC id as e.g. TIC 261136679"),
    Field("s_ra", "RA", "float", "deg", "Right ascension of the middle, ICRS"),
    Field("s_dec", "Dec", "float", "deg", "Declination of the middle, ICRS"),
    Field("camera", "camera", "integer", "", "1 to 4"),
    Field("ccd", "CCD", "integer", "", "1 to 4"),
    Field(
        "margin",
        "margin",
        "float",
        "arcmin",
        "Distance of the target from the edge of the exposed pixels; negative outside",
    ),
    Field("t_min", "start", "float", "d", "Start of the sector (MJD, UTC)"),
    Field("t_exptime", "exposure", "float", "s", "Exposure time of an image less all losses"),
    Field("sequence_number", "sector", "integer", "", "Sector"),
)
PRODUCTS = tuple(field for field in OBSERVED if field.name in {"camera", "ccd", "margin", "sequence_number"})


def describe(what: str) -> Sequence[Field]:
    """Return the columns of observations, or of products."""
    return OBSERVED if what == "observations" else PRODUCTS
