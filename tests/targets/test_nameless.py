"""Rows without names give no second star, and pairs of numbers, angles or text are places."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import astropy.units as u
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from astropy.coordinates import ICRS, AltAz, Longitude, SkyCoord
from astropy.table import Column, Table

from tess_source.errors import QueryError
from tess_source.targets.parse import parse_targets, targets_and_gaps
from tess_source.targets.target import Target

KELT9, L98 = 16740101, 307210830
DATABASE = sqlite3.connect(":memory:")
FRAME = pd.DataFrame({"tic": [KELT9, L98], "sector": [14, 15], "name": ["KELT-9", "L 98-59"]})


def tics(targets: Any) -> list[int | None]:
    return [target.tic for target in parse_targets(targets) if isinstance(target, Target)]


def places(targets: Any) -> list[tuple[Any, Any]]:
    return [(target.ra, target.dec) for target in parse_targets(targets) if isinstance(target, Target)]


@pytest.mark.parametrize(
    "row",
    [
        (KELT9, 14),
        (1, KELT9),
        (KELT9, "KELT-9"),
        (KELT9, L98, 14),
        (float(KELT9), 14.0),
        next(FRAME.itertuples(index=True, name=None)),
        next(FRAME.iterrows()),
        next(iter(FRAME.groupby("tic"))),
        pl.DataFrame(FRAME).row(0),
        tuple(Table.from_pandas(FRAME)[0]),
        DATABASE.execute("select 16740101, 14").fetchone(),
        np.array((KELT9, 14), dtype=[("a", "i8"), ("b", "i8")])[()].item(),
    ],
    ids=str,
)
def test_a_tuple_that_may_be_a_row_is_refused(row: Any) -> None:
    with pytest.raises(QueryError, match="may be a row of a table: give the value that is the target"):
        tics(row)


@pytest.mark.parametrize(
    "make",
    [
        lambda: FRAME.itertuples(index=False, name=None),
        FRAME.iterrows,
        lambda: FRAME.groupby("sector"),
        lambda: pl.DataFrame(FRAME).rows(),
        lambda: Table.from_pandas(FRAME).iterrows(),
        lambda: zip([KELT9, L98], [14, 15], strict=True),
        {KELT9: 14, L98: 15}.items,
        lambda: enumerate([KELT9, L98]),
        lambda: csv.reader(io.StringIO("16740101,14\n307210830,15\n")),
        lambda: DATABASE.execute("select 16740101, 14"),
        lambda: list(np.array([[KELT9, 14.0], [L98, 15.0]])),
    ],
)
def test_rows_without_names_are_refused_instead_of_taking_all_their_values(make: Any) -> None:
    with pytest.raises(QueryError, match="does not say which of its values is the target"):
        tics(make())


def test_tuples_and_rows_of_ids_alone_are_stars() -> None:
    assert tics((KELT9, L98)) == tics((float(KELT9), float(L98))) == tics([(KELT9,), [L98]]) == [KELT9, L98]
    assert targets_and_gaps((float(KELT9), np.nan), missing="skip") == ([Target("16740101.0", tic=KELT9)], ("row 2",))


@pytest.mark.parametrize(
    "indexed",
    [
        FRAME.set_index("tic")["sector"],
        FRAME["tic"].value_counts(),
        FRAME.groupby("tic").size(),
        pd.MultiIndex.from_frame(FRAME[["tic", "sector"]]),
        FRAME.set_index(["tic", "sector"])["name"].rename("note"),
    ],
)
def test_ids_in_the_index_of_a_series_are_the_targets(indexed: Any) -> None:
    assert sorted(map(int, filter(None, tics(indexed)))) == [KELT9, L98]


@pytest.mark.parametrize(
    "place",
    [
        [307.86, 39.94],
        np.array([307.86, 39.94]),
        np.loadtxt(io.StringIO("307.86 39.94")),
        ("307.86", "39.94"),
        ["20:31:26.4", "+39:56:24"],
        (Decimal("307.86"), Decimal("39.94")),
        [307.86 * u.deg, 39.94 * u.deg],
        [307.86, 39.94] * u.deg,
        [[307.86, 39.94]] * u.deg,
        [[307.86, 39.94]],
        csv.reader(io.StringIO("307.86,39.94")),
        ICRS(307.86 * u.deg, 39.94 * u.deg),
        {"coord": SkyCoord(307.86, 39.94, unit="deg"), "x": 1},
        Table({"coord": SkyCoord([307.86], [39.94], unit="deg"), "x": [1]})[0],
        SkyCoord(ICRS(307.86 * u.deg, 39.94 * u.deg).cartesian),
        Table({"ra": Column([20.524], unit="hourangle"), "dec": Column([39.94], unit="deg")})[0],
        Table({"ra": Column(np.radians([307.86]), unit="rad"), "dec": Column(np.radians([39.94]), unit="rad")})[0],
        {"ra": "307,86", "dec": "39,94"},
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_pair_that_can_only_be_a_place_is_one(place: Any) -> None:
    assert places(place) == [(pytest.approx(307.86), pytest.approx(39.94))]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ((307.86 * u.deg, 39.94), "one angle and one number"),
        (Longitude([1, 2], unit="deg"), "give right ascension and declination, as two angles"),
        (SkyCoord(1 * u.deg, 2 * u.deg, frame=AltAz()), "frame 'altaz' cannot be turned into ICRS"),
        (Table({"ra": Column([20.5], unit="h"), "dec": [1.0]}), "column 'ra' is in h, which is no unit of angles"),
        (np.array([[KELT9, 14.0]]), "give its column of TIC ids"),
        ({"tic": [KELT9], "name": ["a", "b"]}, "differ in length: 'tic' has 1, 'name' has 2"),
        (np.timedelta64(5), "is not a target"),
        (bytearray(b"16740101"), "is not a target"),
        ("16,740,101", "may be one TIC id or several"),
        ("307,86; 39,94", "cannot be read as coordinates"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_read_says_why(wrong: Any, why: str) -> None:
    with pytest.raises(QueryError, match=why):
        places(wrong)


@pytest.mark.parametrize(
    "row",
    [
        {"tic": KELT9, "sectors": [14, 15]},
        {"tic": KELT9, "also": {"a": 1}},
        pl.DataFrame({"tic": [KELT9], "sectors": [[14, 15]]}).row(0, named=True),
        np.ma.array([(KELT9, 14)], mask=[(False, True)], dtype=[("tic", "i8"), ("sector", "i8")])[0],
        pa.scalar(KELT9),
        u.Quantity(KELT9),
        Table({"tic": Column([KELT9], unit="")}),
        "TIC 16740101,",
        "[16740101]",
        "TIC=16740101",
        "'TIC 16740101'",
        '="16740101"',
    ],
    ids=str,
)
def test_one_star_is_read_whatever_is_beside_it(row: Any) -> None:
    assert tics(row) == [KELT9]


def test_every_librarys_empty_value_is_a_gap() -> None:
    empty: Iterable[Any] = [
        None,
        np.nan,
        pd.NA,
        pd.NaT,
        np.datetime64("NaT"),
        Decimal("NaN"),
        pa.scalar(None),
        np.ma.masked,
        "",
    ]
    assert targets_and_gaps([KELT9, *empty], missing="skip")[1] == tuple(f"row {row}" for row in range(2, 11))
