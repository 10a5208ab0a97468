"""What "equal to lightkurve's" means, said by the tests: nothing of the plugin's own comparison is used here."""

from __future__ import annotations

import pickle
from typing import Any

import astropy
import numpy as np
from astropy.io.fits import Undefined
from astropy.time import TimeBase
from astropy.utils.masked import Masked

INFO = ("name", "unit", "format", "description", "meta", "dtype")


def assert_equal_curves(one: Any, other: Any) -> None:
    """Compare two light curves in all that can be seen, column by column and entry by entry."""
    assert type(one) is type(other)
    assert one.colnames == other.colnames
    for name in one.colnames:
        assert_equal_columns(one[name], other[name], name)
        assert one[name].info.parent_table is one
    assert_equal_meta(one.meta, other.meta)
    assert one.primary_key == other.primary_key
    assert one.masked == other.masked
    assert_equal_indices(one, other)
    assert set(vars(one)) == set(vars(other))
    for name, value in vars(other).items():
        if isinstance(value, bool | str | list | tuple | type | None):
            assert vars(one)[name] == value, name
    with astropy.conf.set_temp("max_lines", 9):  # a few rows of each column: to format them takes most of the time
        assert repr(one) == repr(other)


def assert_equal_columns(one: Any, other: Any, name: str) -> None:
    assert type(one) is type(other), name
    for what in INFO:
        a, b = getattr(one.info, what), getattr(other.info, what)
        assert (type(a), a) == (type(b), b), (name, what)
    if isinstance(one, TimeBase):
        for what in (
            "scale",
            "format",
            "precision",
            "in_subfmt",
            "out_subfmt",
            "location",
            "masked",
            "writeable",
        ):
            assert getattr(one, what, None) == getattr(other, what, None), (name, what)
        assert_equal_arrays(one.jd1, other.jd1, name)
        assert_equal_arrays(one.jd2, other.jd2, name)
        return
    assert one.flags.c_contiguous == other.flags.c_contiguous, name
    assert one.flags.writeable == other.flags.writeable, name
    if isinstance(one, Masked):
        assert_equal_arrays(np.asarray(one.mask), np.asarray(other.mask), name)
        one, other = one.unmasked, other.unmasked
    assert_equal_arrays(np.asarray(one), np.asarray(other), name)


def assert_equal_arrays(one: Any, other: Any, name: str) -> None:
    assert type(one) is type(other), name
    assert one.dtype.str == other.dtype.str, name  # the byte order is part of it
    assert one.shape == other.shape, name
    assert one.tobytes() == other.tobytes(), name  # so are the bits of NaN and of -0.0


def assert_equal_meta(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    assert list(one) == list(other)
    for key, value in one.items():
        assert type(value) is type(other[key]), key
        if isinstance(value, np.ndarray):
            assert_equal_arrays(np.asarray(value), np.asarray(other[key]), key)
        elif not isinstance(value, Undefined):  # one is as undefined as the other
            assert value == other[key], key


def assert_equal_indices(one: Any, other: Any) -> None:
    assert len(one.indices) == len(other.indices)
    for a, b in zip(one.indices, other.indices, strict=True):
        assert (a.columns[0] is one.columns["time"]) == (b.columns[0] is other.columns["time"])
        assert type(a) is type(b)
        assert repr(a) == repr(b)
        assert np.array_equal(a.sorted_data(), b.sorted_data())
        assert type(a.data) is type(b.data)
        assert [column.info.name for column in a.columns] == [column.info.name for column in b.columns]


def assert_equal_values(one: Any, other: Any) -> None:
    """Compare whatever a method of a light curve gave: another light curve, a frame, a number."""
    if hasattr(one, "colnames"):
        assert_equal_curves(one, other)
    elif hasattr(one, "to_numpy"):
        assert one.equals(other)
        assert list(one.dtypes) == list(other.dtypes)
    elif hasattr(one, "unit"):
        assert type(one) is type(other)
        assert (float(one.value), one.unit) == (float(other.value), other.unit)
    else:
        assert type(one) is type(other)
        assert pickle.dumps(one) == pickle.dumps(other)
