"""Full frame images of SPOC: a primary header, the image and, of a calibrated one, its uncertainty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source_sample.files import eras, ffi_header, fits, headers, model, spoc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.names import Name

WIDTH = 2136
"""Columns of a real image: four outputs of 512, and 88 of overscan."""

FIRST_INDEX = 1227.46
"""Time of the image of number 0 [BTJD], by the numbers of real images, which depend on the exposure time."""

SMALL = 64
"""Rows and columns of the image where no size is asked for."""

_PRIMARY = (
    headers.FILE
    + """SCCONFIG= {scid} / spacecraft configuration ID
CAMERA  = {camera} / Camera number
CCD     = {ccd} / CCD chip number
SECTOR  = {sector} / Observing sector
FFIINDEX= {index} / number of FFI cadence interval
"""
    + headers.CHECKSUM
)

_IMAGE = (
    headers.EXTENSION
    + ffi_header.IMAGE
    + """BUNIT   = '{unit}' / physical units of image data
IMAGTYPE= '{imagtype}' /  FFI image type: raw, cal, uncert
"""
    + headers.CHECKSUM
)

_PLACE, _FLAGS = "RADESYS", "DQUALITY"
_RAW = _IMAGE[: _IMAGE.index(_PLACE)] + _IMAGE[_IMAGE.index(_FLAGS) :]
"""A raw image does not say where it lies on the sky."""


def image(name: Name, size: int | None, processed: eras.Processing) -> list[fits.HDU]:
    """Return the HDUs of an image; a small one, or of full width and as many rows as the size allows."""
    time = tjd(str(name.timestamp)) + model.TDB_MINUS_UTC / model.DAY
    seconds = int(name.exptime or 0)
    middle = time + seconds / 2 / model.DAY
    said = spoc.time_values(middle, middle, seconds, 0.792, processed) | spoc.program_values(processed, "FfiExporter")
    said |= {"nextend": 2, "scale": "TJD", "scid": name.scid, "fxdoff": spoc.FIXED_OFFSETS[seconds]}
    said |= {"camera": name.camera, "ccd": name.ccd, "sector": name.first_sector}
    said |= {"index": round((time - FIRST_INDEX) * model.DAY / seconds)}

    writer, is_raw = processed.era.writer, name.kind == "ffir"

    def hdus(shape: tuple[int, int]) -> list[fits.HDU]:
        pixels = pixels_of(name, shape)
        place = f"CAMERA.CCD {name.camera}.{name.ccd}"
        if is_raw:
            counts = said | {"imagtype": "raw", "extname": place, "unit": "count", "nextend": 1}
            raw = fits.image(shape, 32, _RAW, counts, lambda: np.asarray(6500 + 100 * pixels(), dtype=int), writer)
            return [fits.HDU(writer.cards(_PRIMARY, counts)), raw]
        parts = (
            ("cal", f"{place} cal", pixels),
            ("uncert", f"{place} uncert", lambda: (pixels() / 1e3) ** 0.5),
        )
        extensions = (
            fits.image(
                *(shape, -32, _IMAGE, said | {"imagtype": kind, "extname": extname, "unit": "electrons/s"}),
                data,
                writer,
            )
            for kind, extname, data in parts
        )
        return [fits.HDU(writer.cards(_PRIMARY, said)), *extensions]

    if size is None:
        return hdus((SMALL, SMALL))
    fixed, count = fits.file_size(hdus((0, WIDTH))), 1 if is_raw else 2
    rows = (size - fixed) // count // (4 * WIDTH)
    while rows > 1 and fixed + count * fits.padded(4 * WIDTH * rows) > size:
        rows -= 1
    if rows < SMALL:
        return hdus((SMALL, SMALL))
    return hdus((rows, WIDTH))


def tjd(timestamp: str) -> float:
    """Return the start of an exposure, given as yyyydddhhmmss in UTC, in days since JD 2457000."""
    from datetime import datetime

    since = datetime.strptime(timestamp, "%Y%j%H%M%S") - datetime(2014, 12, 8, 12)
    return since.total_seconds() / model.DAY


def pixels_of(name: Name, shape: tuple[int, int]) -> Any:
    """Return a function that makes the pixels of an image: sky and some stars [electrons/s]."""

    def make() -> NDArray[Any]:
        random = np.random.default_rng(model.seed("ffi", name.timestamp or name.cadence, name.camera, name.ccd))
        sky = 100 + 2 * random.standard_normal(shape, dtype=np.float32)
        for _ in range(math.prod(shape) // 400):
            y, x = int(random.integers(shape[0])), int(random.integers(shape[1]))
            sky[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2] += 10 ** random.uniform(1, 4)
        return np.asarray(sky)

    return make
