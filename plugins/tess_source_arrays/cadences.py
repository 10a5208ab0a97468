"""The cadences that lightkurve's readers keep: each pipeline has its own column of quality flags, and its own meaning of the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source._lazy import np
from tess_source.errors import LoadError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tess_source.files.fits_table import FitsTable

__all__ = ["BITMASKS", "kept"]

BITMASKS = {"none": 0, "default": 17087, "hard": 24319, "hardest": 65535}
"""Words for `quality_bitmask` → bits, as in lightkurve's TessQualityFlags; a test compares them."""
LOW_PRECISION = (1 << 12, 1 << 30)
"""QLP's bit for cadences of low precision, up to sector 55 and from 56 on."""
OF_ELEANOR = 1 << 17 | 1 << 18
"""Bits that eleanor adds to TESS's own."""
PATHOS = {"psf_flux_raw", "psf_flux_cor", "ap4_flux_raw", "ap4_flux_cor", "sky_local"}
"""Columns by which lightkurve knows PATHOS."""
GOOD_IN_CDIPS = (b"G", b"0")


def kept(table: FitsTable, bitmask: int | str) -> NDArray[np.bool_]:
    """Return which cadences ``lightkurve.read(path, quality_bitmask=bitmask)`` keeps.

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
    good: NDArray[np.bool_]
    origin = str(table.primary.get("ORIGIN"))
    if "cdips" in origin.lower():  # letters instead of bits, one column per aperture
        good = np.isin(table.column("irq1"), GOOD_IN_CDIPS)
        good &= ~np.isnan(_numbers(table, "tmid_bjd"))
        return good
    time = _numbers(table, "time")
    if origin == "TASOC/Aarhus":  # its own bits, which lightkurve ignores
        good = ~np.isnan(time)
        return good
    quality, bits = _quality_and_bits(table, origin, bitmask)
    good = (_numbers(table, quality).astype(np.int64) & bits) == 0
    if table.header.get("EXTNAME") != "PIXELS":
        good &= ~np.isnan(time)
    elif bits:  # lightkurve keeps pixels without a time if no flag is asked for
        good &= np.isfinite(time)
    return good


def _numbers(table: FitsTable, name: str) -> NDArray[Any]:
    """Return a column with one number per cadence."""
    values = table.column(name)
    if values.ndim != 1 or values.dtype.kind not in "fiu":
        raise LoadError(f"its column {name!r} does not hold one number per cadence")
    return values


def _quality_and_bits(table: FitsTable, origin: str, bitmask: int | str) -> tuple[str, int]:
    """Return the column of the flags, and the bits that a cadence must not have."""
    bits = BITMASKS[bitmask] if isinstance(bitmask, str) else bitmask
    if "mit/qlp" in origin.lower():
        sector = table.primary.get("SECTOR", 0)
        low_precision = LOW_PRECISION[isinstance(sector, int) and sector >= 56]
        return "quality", bits | (low_precision if bitmask in {"hard", "hardest"} else 0)
    if all(table.primary.get(key) is not None for key in ("LITE", "PCORIGIN")):
        return "quality", bits | (OF_ELEANOR if bitmask == "hardest" else 0)
    if table.fields.keys() >= PATHOS:
        return "dquality", bits
    return "tess_flags" if origin == "UCSB/TGLC" else "quality", bits
