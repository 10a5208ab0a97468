"""The number of extensions that a FITS file certainly has, by what its own headers say.

A file that is cut exactly between two HDUs is valid FITS. Only its headers can tell that something is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from tess_source.errors import DamagedFileError
from tess_source.files.cards import Header, whole_number

__all__ = ["check_extensions", "least_extensions"]

COUNTED = ("LightCurveExporter", "TargetPixelExporter", "CbvExporter")
"""SPOC's writers (CREATOR) whose NEXTEND is right. In data-validation time series it is one too large."""
COUNTED_ORIGINS = ("TASOC/Aarhus", "UCSB/TGLC", "MIT/QLP")
"""Origins (ORIGIN) of high-level products with no fewer extensions than NEXTEND says."""


def least_extensions(headers: Sequence[Header]) -> int:
    """Return how many extensions a whole file has at least.

    Parameters
    ----------
    headers : sequence of Header
        The primary header, and that of the first extension if there is one. Further ones are not used.

    Returns
    -------
    int
        0 if nothing is known about such files.
    """
    primary, first = headers[0], headers[1] if len(headers) > 1 else {}
    creator, origin = str(primary.get("CREATOR")), primary.get("ORIGIN")
    counted = whole_number(primary.get("NEXTEND")) or 0
    least = counted if origin in COUNTED_ORIGINS or any(name in creator for name in COUNTED) else 0
    if primary.get("PCORIGIN") is not None and type(primary.get("LITE")) is bool:
        least = 2 if primary["LITE"] else 3  # eleanor: light curve, apertures; in full files those of all apertures
    elif origin == "STScI/MAST" and first.get("EXTNAME") == "PIXELS":
        least = 2  # a cut-out: the pixels and the aperture
    elif "DvTimeSeriesExporter" in creator and "NUMTCES" in primary:
        least = (whole_number(primary["NUMTCES"]) or 0) + 1  # one table per TCE, and the statistics
    elif "FfiExporter" in creator and first.get("BITPIX") == -32:
        least = 2  # a calibrated image and its uncertainty; raw images are integers, and have one extension
    elif origin == "UCSB/TGLC" and "TGLCVER" in primary:
        least = 2  # from version 0.7 on, a stack of images lies behind the table; NEXTEND still says 1
    elif (
        origin == "TASOC/Aarhus"
        and first.get("CORRMET") == "Ensemble"
        and (whole_number(primary.get("VERSION")) or 0) >= 5
    ):
        least = counted + 1  # NEXTEND does not count the list of the ensemble
    return least


def check_extensions(headers: Sequence[Header], found: int) -> None:
    """Check that no whole extensions are missing at the end.

    Parameters
    ----------
    headers : sequence of Header
        As for `least_extensions`.
    found : int
        Number of extensions that are there.

    Raises
    ------
    DamagedFileError
        If some are missing.
    """
    if (wanted := least_extensions(headers)) > found:
        raise DamagedFileError(f"{wanted - found} of its {wanted} extensions are missing at the end")
