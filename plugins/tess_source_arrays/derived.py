"""Columns that a pipeline's tables do not have, but that follow from them: times in BTJD, and errors that are one number per file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from tess_source.files.fits_table import FitsTable

__all__ = ["columns_of", "names_of", "time_of"]

BJD_OF_BTJD_0 = 2457000.0
LAST_BTJD = 100_000.0
"""Later times than this are no BTJD, but BJD: the year 2288."""
TIMES = ("time", "btjd", "tmid_bjd", "bjd")
"""Columns of times, of which each table has one: those of DIAMANTE, CDIPS and T16 have other names."""
NUMBERS = "DEJIKB"
"""Letters of FITS types of numbers."""
TGLC_ERRORS = {
    "psf_flux_err": "PSF_ERR",
    "aperture_flux_err": "APER_ERR",
    "cal_psf_flux_err": "CPSF_ERR",
    "cal_aper_flux_err": "CAPE_ERR",
}
"""Error of one of TGLC's fluxes → keyword of its value, which is one for all cadences."""


def columns_of(
    table: FitsTable,
    names: Sequence[str],
    keep: NDArray[np.bool_] | None = None,
    allocate: Callable[[tuple[int, ...], DTypeLike], NDArray[Any]] | None = None,
) -> dict[str, NDArray[Any]]:
    """Return copies of some columns, as `FitsTable.columns` does, and columns that follow from the table.

    Parameters
    ----------
    table : FitsTable
    names : sequence of str
        Names of columns in lower case.
    keep : array of bool, shape (rows,), optional
        Which rows to take; else all.
    allocate : callable, optional
        As for `FitsTable.columns`.

    Returns
    -------
    dict of str to numpy.ndarray
        ``time`` is in BTJD also where the table has it under another name or in BJD (CDIPS, DIAMANTE, T16). Errors of TGLC's fluxes are the
        constants of its header.

    Raises
    ------
    NoColumnError
        If there is no such column.
    LoadError
        If numpy cannot represent its type.
    """
    fields = table.fields
    errors = {name: _constant(table, name) for name in names if name in TGLC_ERRORS and name not in fields}
    time = _time_column(table) if "time" in names else "time"
    sources = {name: time if name == "time" else name for name in names if errors.get(name) is None}
    read = table.columns([*dict.fromkeys(sources.values())], keep, allocate)
    found = {name: read[source] for name, source in sources.items()}
    if time != "time":
        found["time"] = _as_btjd(read[time])
    rows = len(table.table) if keep is None else int(np.count_nonzero(keep))
    for name, value in errors.items():
        if value is not None:
            found[name] = (allocate or np.empty)((rows,), np.float32)
            found[name][:] = value
    return found


def names_of(table: FitsTable) -> list[str]:
    """Return the names of all columns with one number per cadence that `columns_of` gives, the time first."""
    times = {name for name in TIMES if name in table.fields}
    numbers = [name for name, field in table.fields.items() if field.repeat == 1 and field.code in NUMBERS]
    errors = [name for name in TGLC_ERRORS if name not in table.fields and _constant(table, name) is not None]
    return [*(["time"] if times else []), *(name for name in numbers if name not in times), *errors]


def time_of(table: FitsTable) -> NDArray[Any]:
    """Return the times in BTJD."""
    return columns_of(table, ["time"])["time"]


def _time_column(table: FitsTable) -> str:
    return next((name for name in TIMES if name in table.fields), "time")


def _as_btjd(times: NDArray[Any]) -> NDArray[Any]:
    """Return times in BTJD; whether they are full BJD is seen from their values."""
    if times.dtype.kind != "f" or not (times > LAST_BTJD).any():
        return times
    return times - BJD_OF_BTJD_0


def _constant(table: FitsTable, name: str) -> float | None:
    value = table.header.get(TGLC_ERRORS[name])
    return float(value) if isinstance(value, int | float) else None
