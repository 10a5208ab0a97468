"""Opens DV time series (``_dvt.fits``) as lightkurve light curves: all TCEs of a file, one of them, or many files for a manifest.

Importing this module imports nothing heavy; lightkurve is imported when a file is opened.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source.display.visible import logger
from tess_source.errors import LoadError, NoColumnError, UnknownNameError, nearest
from tess_source_dv.read.dvt_file import opened
from tess_source_dv.read.series import curve_of_tce, curves_of
from tess_source_lightkurve.readers import check

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

    from tess_source.tables.items import Entry
    from tess_source_dv.read.curves import DVLightCurve, DVTimeSeries

__all__ = ["GROUP", "collect", "load", "read_dvt", "read_tce"]

log: logging.Logger = logger(__name__)

CURVES = "tess_source_dv.read.curves"
"""The module of our light curves, which imports lightkurve."""
GROUP = "dv time series"
"""What the opened light curves are called in an answer of `Manifest.read`."""


def read_dvt(
    path: str | Path | HDUList, *, flux_column: str = "lc_detrend", quality_bitmask: str | int = "none"
) -> DVTimeSeries:
    """Read the time series of all TCEs of a DV file.

    Parameters
    ----------
    path : str or Path or astropy.io.fits.HDUList
        A ``_dvt.fits`` file.
    flux_column : str
        Which column becomes the flux, in either case: ``lc_detrend`` (default), ``lc_init``, ``lc_white``, ``model_init``, ``model_white``,
        or one of the extension ``Statistics``: ``pdcsap_flux``, ``residual_lc``.
    quality_bitmask : str or int
        As for lightkurve's light curves. By default no flag is looked at: the run itself left out what it found bad.

    Returns
    -------
    DVTimeSeries
        A lightkurve collection: one `DVLightCurve` per TCE, by number; empty if the file has none (a warning says so). Times are BTJD
        (BJD - 2457000) in TDB; rows without time and gaps are left out; columns are named as in the file, in lower case, with their units:
        relative flux is dimensionless and around zero. `quality` comes from the extension ``Statistics``.

    Raises
    ------
    DamagedFileError
        If bytes or tables are missing.
    NoReaderError
        If the file is not a DV time series.
    UnknownNameError
        If there is no such column.
    QueryError
        If an argument makes no sense for any file.
    OSError
        If there is no such file, or it cannot be read.
    """
    from tess_source_dv.read.curves import DVLightCurve, DVTimeSeries

    check({"flux_column": flux_column, "quality_bitmask": quality_bitmask})
    with opened(path) as dvt:
        curves = curves_of(dvt, DVLightCurve, range(1, dvt.tces + 1), flux_column, quality_bitmask)
    if not curves:
        log.warning("%s holds no TCE", dvt.filename)
    return DVTimeSeries(curves)  # pyright: ignore[reportAbstractUsage]  lightkurve, which is untyped, has what it misses


def read_tce(
    path: str | Path | HDUList,
    tce: int | None = None,
    *,
    flux_column: str = "lc_detrend",
    quality_bitmask: str | int = "none",
) -> DVLightCurve:
    """Read the time series of one TCE of a DV file.

    Parameters
    ----------
    path : str or Path or astropy.io.fits.HDUList
        A ``_dvt.fits`` file.
    tce : int, optional
        Its number; may be left out if the file has one only.
    flux_column : str
        Which column becomes the flux: see `read_dvt`.
    quality_bitmask : str or int
        As for lightkurve's light curves. By default no flag is looked at: the run itself left out what it found bad.

    Returns
    -------
    DVLightCurve
        Times are BTJD (BJD - 2457000) in TDB [d]; relative flux is dimensionless and around zero.

    Raises
    ------
    LoadError
        If there is no such TCE, or there are several and none was named. And as `read_dvt`.
    """
    from tess_source_dv.read.curves import DVLightCurve

    return curve_of_tce(DVLightCurve, path, tce, flux_column=flux_column, quality_bitmask=quality_bitmask)


def load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a DV time series; None for anything else.

    Parameters
    ----------
    entry : Entry
        A file that is there.
    options : mapping
        Keywords of `read_dvt`.

    Returns
    -------
    DVTimeSeries or None

    Raises
    ------
    QueryError
        If a keyword, or its value, makes no sense for any file.
    NoColumnError
        If the file has no such column for the flux.
    LoadError
        If a keyword is for other files only. And as `read_dvt`.
    """
    if entry.path is None or entry.item.kind != "dvt":
        return None
    check(options)
    known = ("flux_column", "quality_bitmask")
    for name in options:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close[0]!r}?" if close else f"it takes {', '.join(known)}"
            raise LoadError(f"the reader of DV time series takes no argument {name!r}; {hint}")
    try:
        return read_dvt(entry.path, **options)
    except UnknownNameError as error:  # of a column, which other files may have
        raise NoColumnError(error.name, error.choices, "the flux") from error


def collect(objects: Sequence[object]) -> Mapping[str, object] | None:
    """Put the light curves of all opened DV files into one lightkurve collection.

    Parameters
    ----------
    objects : sequence of object
        Whatever was opened, in order.

    Returns
    -------
    mapping or None
        ``"dv time series"`` → LightCurveCollection of DVLightCurve, file after file; None if there are none.
    """
    if CURVES not in sys.modules:  # then nobody can have opened one
        return None
    curves = import_module(CURVES)  # waits, if another thread is importing it
    files: list[Any] = [item for item in objects if isinstance(item, curves.DVTimeSeries)]
    if not files:
        return None
    return {GROUP: curves.LightCurveCollection([curve for file in files for curve in file])}
