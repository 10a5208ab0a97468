"""Full-frame images as astropy's CCDData. It imports astropy, so import it where an image is opened."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astropy import units
from astropy.io import fits
from astropy.nddata import CCDData, StdDevUncertainty
from astropy.time import Time
from astropy.wcs import WCS, FITSFixedWarning

from tess_source._lazy import FILTERS, np
from tess_source.errors import LoadError
from tess_source.files.whole import opened_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FullFrameImage", "read_image"]

WIDTH = 2136
"""Columns of an image with its collateral pixels."""
SCIENCE_COLUMNS, SCIENCE_ROWS = (45, 2092), (1, 2048)
"""First and last column and row, from 1, that see the sky, where the header does not say them."""
OUTPUTS = "ABCD"
ENDS = (("TSTART", "TSTOP"), ("STARTTJD", "ENDTJD"))
"""Keywords of the start and end of an exposure [d]: of SPOC, and of TICA."""
TJD_ZERO = 2_457_000
"""The Julian date from which TESS counts days."""
IMAGE_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)


class FullFrameImage(CCDData):  # type: ignore[misc]  # astropy has no types
    """One exposure of one CCD: astropy's `CCDData` with the time of the exposure.

    ``data`` has the shape (rows, columns), ``mask`` is True for pixels that hold no measurement of the sky, ``uncertainty`` is a standard
    deviation (None in raw images and TICA's), ``wcs`` tells the coordinates on the sky (None in raw images), and ``meta`` has all header
    cards, e.g. ``FFIINDEX`` and ``DQUALITY``.
    """

    @property
    def start(self) -> Time | None:
        """Start of the exposure, in TDB; None if the header does not tell it, or was lost in a calculation.

        SPOC's times are barycentric (BTJD), by a correction for the centre of the CCD. TICA's are those of the spacecraft (TJD).
        """
        return self._time(0)

    @property
    def stop(self) -> Time | None:
        """End of the exposure, as `start`."""
        return self._time(1)

    @property
    def time(self) -> Time | None:
        """Middle of the exposure, as `start`."""
        start, stop = self.start, self.stop
        return None if start is None or stop is None else start + (stop - start) / 2

    def _time(self, end: int) -> Time | None:
        zero = self.meta.get("BJDREFI", TJD_ZERO) + self.meta.get("BJDREFF", 0.0)
        days = next((value for keys in ENDS if (value := self.meta.get(keys[end])) is not None), None)
        return None if days is None else Time(zero, days, format="jd", scale="tdb")


def read_image(path: Path, bits: int = 0) -> FullFrameImage:
    """Read a whole file.

    Parameters
    ----------
    path : Path
    bits : int
        All pixels are masked if the image has one of these flags (DQUALITY).

    Raises
    ------
    LoadError
        If it does not hold one image, or one and its uncertainty.
    """
    with opened_plain(path) as file, fits.open(file, memmap=False) as hdus:
        images = [hdu for hdu in hdus if isinstance(hdu, IMAGE_HDUS) and hdu.header.get("NAXIS")]
        pixels = [_native(hdu.data) for hdu in images]
        if len(pixels) not in {1, 2} or any(part.ndim != 2 or part.shape != pixels[0].shape for part in pixels):
            shapes = ", ".join(str(part.shape) for part in pixels) or "no image"
            raise LoadError(
                f"{path.name} is no full-frame image: it should hold one image, and perhaps its uncertainty, not {shapes}"
            )
        header = images[0].header
        header.extend(hdus[0].header, unique=True)  # as CCDData.read does
        _ = [*header.values()]  # a damaged card fails here, and not when you use it; likewise the time below
    mask = _mask(pixels[0], header)
    if _number(header.get("DQUALITY"), 0) & bits:
        mask[:] = True
    uncertainty = StdDevUncertainty(pixels[1]) if len(pixels) > 1 else None
    image = FullFrameImage(
        pixels[0], uncertainty=uncertainty, mask=mask, unit=_unit(header), wcs=_coordinates(header), meta=header
    )
    _ = image.time
    return image


def _native(data: NDArray[Any]) -> NDArray[Any]:
    """Return pixels in the byte order of this machine, which other libraries need."""
    return data.astype(data.dtype.newbyteorder("="), copy=False)


def _mask(data: NDArray[Any], header: fits.Header) -> NDArray[np.bool_]:
    """Return True for pixels that are no numbers, and for columns and rows that are not exposed to the sky."""
    mask: NDArray[np.bool_] = ~np.isfinite(data)
    known = f"SCCS{OUTPUTS[0]}" in header
    if not known and data.shape[1] != WIDTH:
        return mask
    columns, rows = SCIENCE_COLUMNS, SCIENCE_ROWS
    if known:
        columns = (
            min(_number(header[f"SCCS{output}"], columns[0]) for output in OUTPUTS),
            max(_number(header[f"SCCE{output}"], columns[1]) for output in OUTPUTS),
        )
        rows = _number(header.get("SCIROWS"), rows[0]), _number(header.get("SCIROWE"), rows[1])
    for axis, (first, last) in ((mask, rows), (mask.T, columns)):
        axis[: max(first - 1, 0)] = True
        axis[max(last, 0) :] = True
    return mask


def _number(value: Any, default: int) -> int:
    """Return a whole number from a header; a default where it has none."""
    return int(value) if isinstance(value, int | float) and float(value).is_integer() else default


def _unit(header: fits.Header) -> units.UnitBase:
    """Return the unit of the pixels, none where the header has none; FITS knows an electron, and SPOC writes electrons/s."""
    text = str(header.get("BUNIT") or "").replace("electrons", "electron").replace("counts", "count")
    return units.Unit(text, parse_strict="silent") if text else units.dimensionless_unscaled


def _coordinates(header: fits.Header) -> WCS | None:
    """Return the coordinates on the sky; None if the header has none."""
    if "CTYPE1" not in header:
        return None
    with FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)  # dates that astropy adds
        wcs = WCS(header)
    return wcs if wcs.has_celestial else None
