"""Lengths of time and sizes as text, such as ``"12h"`` and ``"20 GB"``, and whole numbers of any library."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

from tess_source.errors import QueryError
from tess_source.wording import keyword

__all__ = ["check_flags", "count_of_bytes", "is_whole", "plain_list", "plain_number", "seconds"]

_TIMES = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
"""Unit, in lower case → seconds."""
_SIZES = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
"""Unit, in lower case → bytes."""
_DOUBLE = 8
"""Bytes of a Python float."""
_QUANTITY = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)\s*")


def plain_number(value: Any) -> Any:
    """Return a number of numpy, also in an array of no dimensions, or a decimal of a database as Python's; anything else as it is.

    A number of lower precision becomes the one that it was written as: ``np.float32(9.39)`` is 9.39, not 9.390000343.
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item") and not hasattr(value, "unit"):
        size = _bytes_of_floats(value)
        # the item of a long double is a long double
        value = value.item() if size in {0, _DOUBLE} else float(str(value) if size < _DOUBLE else value)
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    return value


def check_flags(*, optional: bool = False, **flags: Any) -> None:
    """Raise an error if an option is neither True nor False: ``"no"`` would count as True.

    Parameters
    ----------
    optional : bool
        Whether they may be None.
    **flags
        Option → its value.

    Raises
    ------
    QueryError
    """
    for name, value in flags.items():
        if not isinstance(plain_number(value), bool) and not (optional and value is None):
            raise QueryError(keyword(name, value), f": give True or False{', or None' if optional else ''}")


def plain_list(column: Any) -> Any:
    """Return what a column or array of numpy, pandas, astropy or polars holds, in lists, its numbers as `plain_number` gives them."""
    if not hasattr(column, "tolist"):  # polars
        return (column.cast(str).cast(float) if str(column.dtype) == "Float32" else column).to_list()
    values = column.tolist()
    if _bytes_of_floats(column) in {0, _DOUBLE}:
        return values
    return _each(values, lambda value: plain_number(column.dtype.type(value)))


def _bytes_of_floats(array: Any) -> int:
    """Return the size of the floating-point numbers in an array, or a number, of numpy or pandas; 0 if there are none."""
    dtype = getattr(array, "dtype", None)
    return int(dtype.itemsize) if dtype is not None and getattr(dtype, "kind", "") == "f" else 0


def _each(values: Any, plain: Callable[[Any], Any]) -> Any:
    if isinstance(values, list):
        return [_each(value, plain) for value in values]
    return values if values is None else plain(values)


def seconds(duration: float | str | timedelta) -> float:
    """Return a length of time in seconds.

    Parameters
    ----------
    duration : float or str or timedelta
        A number means seconds; text has a unit: ``"90 s"``, ``"15m"``, ``"24h"``, ``"30d"``, ``"2w"``.

    Returns
    -------
    float
        Seconds, not negative; infinity is allowed.

    Raises
    ------
    QueryError
        If it is not a length of time.
    """
    value = duration.total_seconds() if isinstance(duration, timedelta) else plain_number(duration)
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        unit = _TIMES.get(match[2].lower()) if match else None
        value = float(match[1]) * unit if match and unit else value
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:  # a whole number of some hundred digits
        number = math.nan
    if not number >= 0:
        raise QueryError(f"{duration!r} is not a length of time; give it with its unit, e.g. '90s', '12h', '30d'")
    return number


def count_of_bytes(size: float | str) -> int:
    """Return a size in bytes.

    Parameters
    ----------
    size : float or str
        A number means bytes; text may have a unit: B, kB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024). Case does
        not count.

    Returns
    -------
    int
        Bytes, not negative; a fraction of a byte is cut off.

    Raises
    ------
    QueryError
        If it is not a size.
    """
    value = plain_number(size)
    if isinstance(size, str) and (match := _QUANTITY.fullmatch(size)) and match[2].lower() in _SIZES:
        count = int(match[1]) if match[1].isdecimal() else float(match[1])
        value = count * _SIZES[match[2].lower()]
    if not _is_count(value):
        raise QueryError(f"{size!r} is not a size; give bytes, or e.g. '20GB', '1.5 MiB'")
    return int(value)


def is_whole(value: Any, least: int | None = None) -> bool:
    """Return whether a value is a whole number, of Python or numpy, and at least `least`; True and False are none."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and (least is None or int(value) >= least)


def _is_count(value: Any) -> bool:
    """Return whether a value is a finite number, not negative."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value) and float(value) >= 0
