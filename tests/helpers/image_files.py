"""Full-frame images and basis vectors in the forms that the sample archive does not make, by what is known of the real ones."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from sample_files import content

FFI = "tess2018206192942-s0001-1-1-0120-s_ffic.fits"
RAW = "tess2018206192942-s0001-1-1-0120-s_ffir.fits"
TICA = "hlsp_tica_tess_ffi_s0036-o1-00152470-cam1-ccd1_tess_v01_img.fits"
CUBE = "tess-s0001-1-1-cube.fits"
CBV = "tess2019085135100-s0010-2-4-0140-s_cbv.fits"


def written(*hdus: Any) -> bytes:
    """Return the bytes of a FITS file."""
    file = io.BytesIO()
    fits.HDUList([*hdus]).writeto(file)
    return file.getvalue()


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def hdus_of(data: bytes) -> fits.HDUList:
    """Return the HDUs of a file, in memory."""
    hdus = fits.open(io.BytesIO(data), memmap=False)
    _ = [hdu.data for hdu in hdus]
    return hdus


def changed(cards: Mapping[str, Any], hdu: int = 1, **pixels: float) -> bytes:
    """Return a calibrated image with other cards, and pixels of other values, given as ``r3c50=nan``."""
    hdus = hdus_of(content(FFI))
    hdus[hdu].header.update(cards)
    for place, value in pixels.items():
        row, column = map(int, place[1:].split("c"))
        hdus[1].data[row, column] = value
    return written(*hdus)


def raw_image() -> bytes:
    """Return a raw image: whole numbers, no uncertainty, no place on the sky."""
    primary, image, _ = hdus_of(content(FFI))
    header = fits.Header(
        [card for card in image.header.cards if not card.keyword.startswith(("CTYPE", "CRVAL", "CRPIX", "CD", "A_", "B_", "AP_", "BP_"))]
    )  # fmt: skip
    header["BUNIT"] = "count"
    return written(primary, fits.ImageHDU(image.data.astype(np.int32), header))


def tica_image(width: int = 64, **cards: Any) -> bytes:
    """Return an image as TICA writes them: in the primary HDU, with its own keywords."""
    source = hdus_of(content(FFI))[1].header
    header = fits.Header(
        [card for card in source.cards if card.keyword in {"CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2"}]
    )
    for name in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        header[name] = source[name]
    header.update(
        {"STARTTJD": 2280.0, "MIDTJD": 2280.25, "ENDTJD": 2280.5, "CAMNUM": 1, "CCDNUM": 1, "CADENCE": 152470, **cards}
    )
    return written(fits.PrimaryHDU(np.ones((64, width), np.float32), header))
