"""Teach lightkurve itself to open DV time series.

`lightkurve.TessLightCurve.read(path, format="dvt")` goes by astropy's public registry. `lightkurve.read(path)` does not: which file is
what is decided by a function of lightkurve's that cannot be extended, so it is wrapped where `lightkurve.read` looks it up, for files
that lightkurve itself does not know. That is a back door. It is opened by `register` alone, tried at once, and closed again with a clear
error if this version of lightkurve works otherwise.

No identifier is registered, though astropy offers that too: with one for `LightCurve`, astropy would look at no other of its formats
when a light curve is read or written without naming one, and ``lc.write("lc.ecsv")`` would fail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tess_source._lazy import whole
from tess_source.errors import PluginError
from tess_source_dv.read.dvt_file import is_dvt
from tess_source_dv.read.read_dvt import read_dvt, read_tce
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

__all__ = ["FORMAT", "register", "unregister"]

FORMAT = "dvt"
"""Name of the format in astropy's registry."""
FILETYPE = "TessDVTimeSeries"
"""lightkurve's word for the file, and the name under which it finds the reader in its own namespace."""
DETECT = "detect_filetype"
"""Name of the function that `lightkurve.read` asks what a file is."""

_changing = threading.Lock()
"""Is held while lightkurve is changed: two threads would each wrap what the other has wrapped."""


def register() -> None:
    """Make `lightkurve.read` and `lightkurve.LightCurve.read` open DV time series; repeated calls change nothing.

    ``lightkurve.read(path)`` gives a `DVTimeSeries`, one light curve per TCE; its keywords are those of `read_dvt`.
    ``lightkurve.TessLightCurve.read(path, format="dvt", tce=1)`` gives one, its keywords are those of `read_tce`; astropy makes it of
    the very class that was asked for, so that only `DVLightCurve.read` gives one that folds by itself.

    Raises
    ------
    PluginError
        If this version of lightkurve cannot be taught so. Nothing is changed then; `read_dvt` works without.
    """
    whole("astropy")
    from astropy.io import registry

    with _changing:
        _register(lightkurve(), registry)


def _register(lk: Any, registry: Any) -> None:
    names = _namespace(lk.read)
    if isinstance(names.get(DETECT), _Detect):
        return
    if not callable(names.get(DETECT)) or hasattr(lk, FILETYPE):
        raise _unknown_version_error(lk)
    registry.register_reader(FORMAT, lk.LightCurve, read_tce, force=True)
    names[DETECT] = _Detect(names[DETECT])
    setattr(lk, FILETYPE, read_dvt)
    try:
        tried = lk.read(_smallest_dvt())
    except Exception as error:
        _unregister(lk, registry)
        raise _unknown_version_error(lk) from error
    if not _is_dv_series(tried):
        _unregister(lk, registry)
        raise _unknown_version_error(lk)


def unregister() -> None:
    """Undo `register`."""
    whole("astropy")
    from astropy.io import registry

    lk = lightkurve()
    with _changing:
        _unregister(lk, registry)


def _unregister(lk: Any, registry: Any) -> None:
    names = _namespace(lk.read)
    if isinstance(detect := names.get(DETECT), _Detect):
        names[DETECT] = detect.theirs
        delattr(lk, FILETYPE)
        registry.unregister_reader(FORMAT, lk.LightCurve)


class _Detect:
    """lightkurve's function that names the type of a file, extended by DV time series."""

    def __init__(self, theirs: Callable[..., str | None]) -> None:
        self.theirs = theirs
        self.__doc__ = theirs.__doc__

    def __call__(self, hdulist: HDUList) -> str | None:
        """Return lightkurve's answer or, if it has none, ours."""
        answer = self.theirs(hdulist)
        return FILETYPE if answer is None and is_dvt(hdulist[0].header) else answer


def _namespace(function: Any) -> dict[str, Any]:
    """Return the namespace in which a function looks up names."""
    return getattr(function, "__globals__", {})


def _smallest_dvt() -> HDUList:
    """Make the smallest DV time series, without a TCE, to see whether `lightkurve.read` opens it."""
    whole("astropy")
    from astropy.io import fits

    primary = fits.PrimaryHDU()
    for key, value in (
        ("TELESCOP", "TESS"),
        ("ORIGIN", "NASA/Ames"),
        ("CREATOR", "DvTimeSeriesExporter"),
        ("NUMTCES", 1),
    ):
        primary.header[key] = value
    columns = [fits.Column(name, "D", array=[]) for name in ("TIME", "LC_DETREND", "QUALITY")]
    tables = [fits.BinTableHDU.from_columns(columns, name=name) for name in ("TCE_1", "Statistics")]
    return fits.HDUList([primary, *tables])


def _is_dv_series(opened: object) -> bool:
    from tess_source_dv.read.curves import DVTimeSeries

    return isinstance(opened, DVTimeSeries)


def _unknown_version_error(lk: Any) -> PluginError:
    return PluginError(
        f"lightkurve {lk.__version__} finds its readers in another way than the versions known to this plugin (2.5, 2.6): "
        "lightkurve.read cannot open DV time series; tess_source_dv.read.read_dvt.read_dvt can"
    )
