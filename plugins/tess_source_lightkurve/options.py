"""What the arguments of lightkurve's readers may be, checked before a file is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tess_source._lazy import whole
from tess_source.errors import QueryError, did_you_mean
from tess_source.files.quality import BITMASKS
from tess_source.units import is_whole
from tess_source.wording import keyword

__all__ = ["check_values"]

LARGEST = 2**31
"""Flags are bits of columns of 32 bits (FITS type J)."""

Check = Callable[[Any], str]
"""Returns what would be right, if a value is not; else an empty text."""


def check_values(options: Mapping[str, Any]) -> None:
    """Check the values of arguments.

    Parameters
    ----------
    options : mapping
        Argument of a reader → value. Arguments that are not known here are not checked.

    Raises
    ------
    QueryError
        If a value makes no sense for any file; the message says what would be right.
    """
    for name, value in options.items():
        check = CHECKS.get(name)
        right = _bitmask(value) if name == "quality_bitmask" else check(value) if check else ""
        if right:
            raise QueryError(keyword(name, value), f": give {right}")


def _bitmask(value: Any) -> str:
    if value is None or (isinstance(value, str) and value in BITMASKS):
        return ""
    if is_whole(value, 0) and int(value) < LARGEST:
        return ""
    hint = did_you_mean(value, BITMASKS) if isinstance(value, str) else ""
    number = "a number" if isinstance(value, str) else f"a whole number from 0 to {LARGEST - 1} (its bits), None"
    return f"{number}, or {', '.join(map(repr, BITMASKS))}{hint}"


def _column(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "the name of a column, e.g. 'sap_flux'"


def _column_or_none(value: Any) -> str:
    return "" if value is None else _column(value)


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "True or False"


def _extension(value: Any) -> str:
    return (
        "" if is_whole(value, 0) or (isinstance(value, str) and value) else "the number or name of an extension, e.g. 1"
    )


def _target_id(value: Any) -> str:
    return "" if value is None or is_whole(value) or isinstance(value, str) else "a TIC id"


def _time_format(value: Any) -> str:
    whole("astropy")
    from astropy.time import Time

    if value is None or (isinstance(value, str) and value in Time.FORMATS):
        return ""
    hint = did_you_mean(value, Time.FORMATS) if isinstance(value, str) else ""
    return f"a format of astropy's Time, e.g. 'btjd', 'jd'{hint}"


CHECKS: Mapping[str, Check] = {
    "flux_column": _column,
    "time_column": _column,
    "quality_column": _column,
    "cadenceno_column": _column,
    "centroid_col_column": _column,
    "centroid_row_column": _column,
    "flux_err_column": _column_or_none,
    "include_inst_errs": _flag,
    "ext": _extension,
    "targetid": _target_id,
    "time_format": _time_format,
}
