"""Pipelines whose light curves are built without lightkurve's reader, with what that reader does for each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tess_source_lightkurve.cards import Cards, Unsupported
from tess_source_lightkurve.readers import lightkurve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source._lazy import np

__all__ = ["Maker", "maker_of"]

NEW_QLP = 56
"""First sector in which QLP has other names for columns, and another bit for low precision."""
LOW_PRECISION = (1 << 12, 1 << 30)
"""QLP's bit for cadences of low precision, up to sector 55 and from 56 on."""
STRICT = ("hard", "hardest")
"""Words of `quality_bitmask` with which QLP's cadences of low precision are left out."""


@dataclass(frozen=True)
class Maker:
    """A pipeline, as lightkurve reads its files."""

    filetype: str
    """lightkurve's word for its files."""
    flux_column: str
    """Column that is the flux if you name none."""
    error_column: Callable[[str, Cards], str]
    """Gives the column of the error, by that of the flux and the primary header."""
    good: Callable[[NDArray[np.int_], Any, Cards], NDArray[np.bool_]]
    """Gives the mask of good cadences, by flags, bitmask and primary header."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Entries of the meta that are the same for all its files."""


def maker_of(primary: Cards) -> Maker:
    """Return the pipeline that made a file.

    Raises
    ------
    Unsupported
        If it is not one of those whose light curves are built here.
    """
    values = primary.values
    if values.get("TELESCOP") != "TESS" or values.get("NAXIS") != 0:
        raise Unsupported("not a light curve of TESS")
    if "mit/qlp" in str(values.get("ORIGIN")).lower():
        return QLP
    if "LightCurveExporterPipelineModule" in str(values.get("CREATOR")):
        return SPOC
    raise Unsupported("neither by SPOC nor by QLP")


def _error_of_spoc(flux_column: str, _: Cards) -> str:
    return f"{flux_column}_err"


def _error_of_qlp(_: str, primary: Cards) -> str:
    """Return the one column of errors: those of the detrended flux, also if the flux is another."""
    return "det_flux_err" if _sector(primary) >= NEW_QLP else "kspsap_flux_err"


def _good_for_spoc(flags: NDArray[np.int_], bitmask: Any, _: Cards) -> NDArray[np.bool_]:
    """Return lightkurve's mask of good cadences; it logs a warning if many are left out."""
    good: NDArray[np.bool_] = lightkurve().utils.TessQualityFlags.create_quality_mask(flags, bitmask)
    return good


def _good_for_qlp(flags: NDArray[np.int_], bitmask: Any, primary: Cards) -> NDArray[np.bool_]:
    good = _good_for_spoc(flags, bitmask, primary)
    if isinstance(bitmask, str) and bitmask in STRICT:
        good &= _good_for_spoc(flags, LOW_PRECISION[_sector(primary) >= NEW_QLP], primary)
    return good


def _sector(primary: Cards) -> int:
    sector = primary.values.get("SECTOR", 0)
    if type(sector) is not int:
        raise Unsupported(f"sector {sector!r}")
    return sector


SPOC = Maker("TessLightCurve", "pdcsap_flux", _error_of_spoc, _good_for_spoc)
QLP = Maker("QLP", "sap_flux", _error_of_qlp, _good_for_qlp, {"NORMALIZED": True})
