"""Comparison of two light curves in every respect that users can see, and some that only astropy uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, whole

if TYPE_CHECKING:
    from lightkurve import LightCurve

__all__ = ["differences"]


def differences(one: LightCurve, other: LightCurve) -> list[str]:
    """Return what differs: classes, columns with types, units, masks, formats and values, meta, indices.

    NaN equals NaN. Bytes of values are compared, so 0.0 and -0.0 differ.
    """
    if type(one) is not type(other) or one.colnames != other.colnames or len(one) != len(other):
        return ["class, columns or length"]
    found = [f"column {name}: {what}" for name in one.colnames for what in _column_differences(one[name], other[name])]
    return [*found, *_meta_differences(one.meta, other.meta), *_table_differences(one, other)]


def _column_differences(one: Any, other: Any) -> Iterator[str]:
    whole("astropy")
    from astropy.time import Time
    from astropy.utils.masked import Masked

    if type(one) is not type(other):
        yield "class"
        return
    for what in ("name", "unit", "format", "description", "meta", "dtype"):
        a, b = getattr(one.info, what), getattr(other.info, what)
        if type(a) is not type(b) or a != b:
            yield what
    if isinstance(one, Time):
        pairs = [(getattr(one, what), getattr(other, what)) for what in ("scale", "format", "precision", "location")]
        if any(a != b for a, b in pairs):
            yield "scale or format"
        yield from _array_differences(one.jd1, other.jd1)
        yield from _array_differences(one.jd2, other.jd2)
    elif isinstance(one, Masked):
        yield from _array_differences(np.asarray(one.unmasked), np.asarray(other.unmasked))
        yield from _array_differences(np.asarray(one.mask), np.asarray(other.mask))
    else:
        yield from _array_differences(np.asarray(np.ma.getdata(one)), np.asarray(np.ma.getdata(other)))
        yield from _array_differences(np.ma.getmaskarray(one), np.ma.getmaskarray(other))


def _array_differences(one: Any, other: Any) -> Iterator[str]:
    if type(one) is not type(other) or one.dtype.str != other.dtype.str or one.shape != other.shape:
        yield "type of values"
    elif one.tobytes() != other.tobytes():
        yield "values"
    if (one.flags.contiguous, one.flags.writeable) != (other.flags.contiguous, other.flags.writeable):
        yield "layout in memory"


def _meta_differences(one: Any, other: Any) -> Iterator[str]:
    whole("astropy")
    from astropy.io.fits import Undefined

    if type(one) is not type(other) or list(one) != list(other):
        yield "names in meta"
        return
    for key in one:
        a, b = one[key], other[key]
        if type(a) is not type(b):
            yield f"type of meta {key}"
        elif isinstance(a, np.ndarray):
            yield from (f"meta {key}: {what}" for what in _array_differences(a, b))
        elif isinstance(a, Undefined) or (a != a and b != b):  # noqa: PLR0124  NaN
            continue  # all that are undefined are the same, though Python compares them by identity
        elif a != b:
            yield f"meta {key}"


def _table_differences(one: Any, other: Any) -> Iterator[str]:
    if set(vars(one)) != set(vars(other)) or one.primary_key != other.primary_key or one.masked != other.masked:
        yield "attributes"
    for table in (one, other):
        if any(
            column.info.name != name or column.info.parent_table is not table for name, column in table.columns.items()
        ):
            yield "columns that do not know their table"
    if len(one.indices) != len(other.indices):
        yield "number of indices"
        return
    for a, b in zip(one.indices, other.indices, strict=True):
        same = [column.info.name for column in a.columns] == [column.info.name for column in b.columns]
        if not same or not np.array_equal(a.sorted_data(), b.sorted_data()) or repr(a) != repr(b):
            yield "index"
