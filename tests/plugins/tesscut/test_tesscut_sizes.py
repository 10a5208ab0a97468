"""Sizes of cut-outs: rows and columns as in lightkurve, also as angles and as text, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from astropy import units as u

from tess_source.errors import QueryError
from tess_source_tesscut.sizes import checked_size, in_name, of_name


@pytest.mark.parametrize(
    ("given", "rows", "columns"),
    [
        (5, 5, 5),
        (np.int64(7), 7, 7),
        (5.0, 5, 5),
        ((10, 15), 10, 15),
        ([10, 15], 10, 15),
        ([12], 12, 12),
        (np.array([10, 15]), 10, 15),
        ("10", 10, 10),
        ("10,15", 10, 15),
        (["10,15"], 10, 15),
        (" 10 , 15 ", 10, 15),
        (8 * u.pix, 8, 8),
        ([8, 9] * u.pix, 8, 9),
        ((8 * u.pix, 9 * u.pix), 8, 9),
        (21 * u.arcsec, 1, 1),
        (22 * u.arcsec, 2, 2),
        (7 * u.arcmin, 20, 20),
        ([0.1, 0.2] * u.deg, 18, 35),
        ("7 arcmin", 20, 20),
        ("7arcmin,1 deg", 20, 172),
        (2078, 2078, 2078),
    ],
)
def test_a_size_is_rows_and_columns(given: Any, rows: int, columns: int) -> None:
    assert checked_size(given) == (rows, columns)


@pytest.mark.parametrize(
    "given",
    [0, -1, 2.5, True, None, "", "x", "5x7", "5-x-7", "5,", "1,2,3", (1, 2, 3), (), [], {}, b"5", 2137, (2079, 1), "5 s",
     float("nan"), float("inf"), 1e300, 3 * u.s, [1, 2, 3] * u.pix, 0 * u.pix, 2.5 * u.pix, np.nan * u.deg, "9" * 400, ((1, 2), 3)],
    ids=repr,
)  # fmt: skip
def test_what_is_no_size_is_an_error_that_says_what_is(given: Any) -> None:
    with pytest.raises(QueryError, match=r"(rows, columns)|rows|larger than an image|arcsec|angle|unit"):
        checked_size(given)


def test_in_names_columns_come_first_in_all_styles() -> None:
    assert in_name((10, 15)) == "15x10"
    assert of_name("15x10") == of_name("15-x-10") == (10, 15)
    assert of_name("5.0arcmin-x-4.0arcmin") is None
