"""Lengths of time and sizes, as users write them."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from tess_source.errors import QueryError
from tess_source.units import count_of_bytes, is_whole, seconds


@pytest.mark.parametrize(
    ("size", "count"),
    [
        ("20GB", 20 * 10**9),
        ("500 MB", 500 * 10**6),
        (" 1000 ", 1000),
        ("1.5 MiB", 3 * 2**19),
        ("1e3 kb", 10**6),
        ("9007199254740993", 9007199254740993),
        (2039040, 2039040),
        (0.5, 0),
    ],
)
def test_sizes_are_numbers_of_bytes_or_have_a_unit(size: float | str, count: int) -> None:
    assert count_of_bytes(size) == count


@pytest.mark.parametrize("size", ["", "much", "5 XB", "-1", -1, True, math.nan, math.inf, "1e999", None])
def test_what_is_no_size_is_refused(size: float | str) -> None:
    with pytest.raises(QueryError, match="is not a size; give bytes"):
        count_of_bytes(size)


@pytest.mark.parametrize(
    ("duration", "length"),
    [(90, 90.0), ("90 s", 90.0), ("15m", 900.0), (".5h", 1800.0), ("2W", 1209600.0), (timedelta(days=1), 86400.0)],
)
def test_times_are_seconds_or_have_a_unit(duration: float | str | timedelta, length: float) -> None:
    assert seconds(duration) == length


@pytest.mark.parametrize("duration", ["", "90", "1 month", -1, "-1s", True, math.nan, 10**400])
def test_what_is_no_time_is_refused(duration: float | str) -> None:
    with pytest.raises(QueryError, match="is not a length of time"):
        seconds(duration)


def test_whole_numbers_are_those_of_python_and_numpy() -> None:
    assert all(map(is_whole, (0, -3, 2**70, np.int64(2), np.uint8(1))))
    assert not any(map(is_whole, (True, np.bool_(True), 2.0, np.float64(2), "2", None, [2])))
    assert is_whole(1, 1)
    assert not is_whole(np.int64(0), 1)
