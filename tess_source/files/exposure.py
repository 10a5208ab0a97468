"""The exposure time of one cadence, from the headers of a FITS file.

The keyword ``EXPOSURE`` is none: in a light curve it is the time on the source in days, of all cadences together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tess_source.errors import DamagedFileError
from tess_source.names.vocabulary import FFI_ERAS

__all__ = ["EFFECTIVE", "OF_IMAGES", "TOLERANCE", "exptime_of_file", "exptime_of_headers", "is_of_images"]

OF_IMAGES = tuple(sorted(seconds for _, seconds in FFI_ERAS))
"""Nominal exposure times of full-frame images [s]."""
NOMINAL = (20.0, 120.0, *OF_IMAGES)
"""Exposure times of TESS [s]."""
EFFECTIVE = 0.792
"""Time that light is gathered in, over the nominal: 1.98 of every 2 s, of which cosmic-ray mitigation keeps 8 in 10
(TESS Instrument Handbook, sections 4 and 5). MAST's ``t_exptime`` of full-frame images is this one (1425.6, 475.2, 158.4 s), and so are
those of some pipelines."""
TOLERANCE = 0.01
"""Two exposure times are the same within this part of them: real ones are 475.199786 or 1425.599379."""
SECONDS = ("XPTIME", "EXPTIME", "XPOSURE")
"""Keywords of single pipelines for the exposure time [s]: TGLC; TARS and TICA; CDIPS."""
DAY = 86400.0
LONGEST = 30 * DAY
"""No exposure is longer than a sector [s]: what a header says beyond that is none."""


def exptime_of_headers(headers: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the exposure time of one cadence from the first of some headers that tells it.

    Parameters
    ----------
    headers : iterable of mapping
        Keyword → value, of each HDU. Or one mapping of all of them, e.g. the meta of a light curve, in a list.

    Returns
    -------
    float or None
        Seconds: the frames of a cadence (``NUM_FRM``) times the time of a frame (``FRAMETIM``, or ``INT_TIME`` and ``READTIME``), else a
        pipeline's own keyword, else ``TIMEDEL`` [d] if that is an exposure time of TESS: TGLC's is a mean step, gaps included. None if no
        header tells it.
    """
    return next((time for header in headers if (time := _exptime(header)) is not None), None)


def is_of_images(header: Mapping[str, Any]) -> bool:
    """Return whether a light curve was made from full-frame images, by the exposure time in its header.

    SPOC's files are of targets at 20 or 120 s; those of TESS-SPOC differ from them in this and in their names only.
    """
    return exptime_of_headers([header]) in OF_IMAGES


def exptime_of_file(path: Path) -> float | None:
    """Return the exposure time of one cadence of a FITS file, from its headers; None if they do not tell it, or it is no whole FITS file.

    Parameters
    ----------
    path : Path
        A file, plain or compressed by gzip.

    Returns
    -------
    float or None
        Seconds.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    from tess_source.files.verify import is_fits
    from tess_source.files.whole import headers_of, opened_plain

    if not is_fits(path.name):
        return None
    try:
        with opened_plain(path) as stream:
            return exptime_of_headers(headers_of(stream))
    except DamagedFileError:
        return None


def _exptime(header: Mapping[str, Any]) -> float | None:
    if (frames := _positive(header, "NUM_FRM")) is not None:
        frame = _positive(header, "FRAMETIM")
        if frame is None and (exposed := _positive(header, "INT_TIME")) is not None:
            frame = exposed + (_positive(header, "READTIME") or 0.0)
        if frame is not None and (cadence := frames * frame) <= LONGEST:
            return _nominal(cadence) or cadence
    if (own := next(filter(None, (_positive(header, keyword) for keyword in SECONDS)), None)) is not None:
        return _nominal(own) or own
    step = _positive(header, "TIMEDEL")
    return None if step is None else _nominal(step * DAY)


def _positive(header: Mapping[str, Any], keyword: str) -> float | None:
    value = header.get(keyword)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value <= LONGEST else None


def _nominal(seconds: float) -> float | None:
    """Return the exposure time of TESS that a number stands for, if any."""
    nearest = min(NOMINAL, key=lambda time: min(abs(seconds - time), abs(seconds - time * EFFECTIVE)) / time)
    near = min(abs(seconds / nearest - 1), abs(seconds / (nearest * EFFECTIVE) - 1))
    return nearest if near <= TOLERANCE else None
