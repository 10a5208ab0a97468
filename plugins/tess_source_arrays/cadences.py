"""The cadences that `load` keeps: each pipeline has its own columns of quality flags, and its own meaning of the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.errors import LoadError
from tess_source.files.fits_headers import Headers
from tess_source.files.quality import BITMASKS
from tess_source_arrays.derived import time_of
from tess_source_arrays.origin import origin_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.files.fits_table import FitsTable

__all__ = ["kept"]

LOW_PRECISION = (1 << 12, 1 << 30)
"""QLP's bit for cadences of low precision, up to sector 55 and from 56 on."""
OF_ELEANOR = 1 << 17 | 1 << 18
"""Bits that eleanor adds to TESS's own."""
TASOC_BAD = 1 | 2
"""TASOC's flags of cadences that it calls bad: by pixel flags, and by hand."""
FLAGS_OF_TESS = {"TASOC": "pixel_quality", "TGLC": "tess_flags", "PATHOS": "dquality"}
"""Pipeline → its column of TESS's flags, if it has another name than ``quality``."""
GOOD_IN_CDIPS = (b"G", b"0")


def kept(table: FitsTable, bitmask: int | str) -> NDArray[np.bool_]:
    """Return which cadences ``load(quality_bitmask=bitmask)`` keeps.

    Parameters
    ----------
    table : FitsTable
        Light curve or target pixels.
    bitmask : int or str
        Bits, or one of the words in `BITMASKS`.

    Returns
    -------
    array of bool, shape (rows,)

    Raises
    ------
    NoColumnError
        If the table lacks the time or the quality flags.
    LoadError
        If these are not one number per cadence.
    """
    origin = origin_of(Headers(table.header, table.primary), table.fields)  # type: ignore[arg-type]
    good = ~np.isnan(_one_per_cadence("time", time_of(table)))
    if origin == "CDIPS":  # letters instead of bits, one column per aperture
        return np.asarray(good & np.isin(table.column("irq1"), GOOD_IN_CDIPS))
    if origin == "TARS":  # which has no flags
        return np.asarray(good)
    bits = _bits(table, origin, bitmask)
    unflagged, flags = np.ones_like(good), FLAGS_OF_TESS.get(origin or "", "quality")
    if flags in table.fields or origin != "TASOC":
        unflagged = (_flags(table, flags) & bits) == 0
    if (
        isinstance(bitmask, str) and bitmask != "none"
    ):  # a word stands for all that is bad, also in the pipeline's own column
        if origin == "TGLC":
            unflagged &= _flags(table, "tglc_flags") == 0
        elif origin == "TASOC":
            unflagged &= (_flags(table, "quality") & (-1 if bitmask == "hardest" else TASOC_BAD)) == 0
    if table.header.get("EXTNAME") == "PIXELS":  # lightkurve keeps pixels without a time if no flag is asked for
        good = good & np.isfinite(time_of(table)) if bits else np.ones_like(good)
    return np.asarray(good & unflagged)


def _flags(table: FitsTable, name: str) -> NDArray[np.int64]:
    flags: NDArray[np.int64] = _one_per_cadence(name, table.column(name)).astype(np.int64)
    return flags


def _one_per_cadence(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return a column after a check that it has one number per cadence."""
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise LoadError(f"its column {name!r} does not hold one number per cadence")
    return values


def _bits(table: FitsTable, origin: str | None, bitmask: int | str) -> int:
    """Return the bits that a cadence must not have."""
    bits = BITMASKS[bitmask] if isinstance(bitmask, str) else bitmask
    if origin == "QLP" and bitmask in {"hard", "hardest"}:
        sector = table.primary.get("SECTOR", 0)
        return bits | LOW_PRECISION[isinstance(sector, int) and sector >= 56]
    return bits | OF_ELEANOR if origin in {"ELEANOR", "GSFC-ELEANOR-LITE"} and bitmask == "hardest" else bits
