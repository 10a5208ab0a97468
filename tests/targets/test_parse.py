"""Whatever a user may mean by a target is understood, or refused in words that help."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Column, MaskedColumn, QTable, Table
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import QueryError
from tess_source.targets.parse import arcseconds, parse_targets, targets_and_gaps
from tess_source.targets.target import DEFAULT_RADIUS, ObservationKey, Target

TICS = st.integers(1, 10**16 - 1)


def tics(targets: Any) -> list[int | None]:
    return [target.tic for target in parse_targets(targets) if isinstance(target, Target)]


@given(TICS, st.sampled_from(["{}", "TIC {}", "tic{}", "Tic-{}", "TIC_{}", " TIC  {} ", "{:016d}", "TIC {:016d}"]))
def test_a_tic_id_is_the_same_star_however_it_is_written(tic: int, form: str) -> None:
    assert tics(form.format(tic)) == [tic]


@pytest.mark.parametrize(
    "make",
    [
        int,
        np.int64,
        np.uint32,
        np.int32,
        float,
        np.float64,
        np.float32,
        np.array,
        Decimal,
        lambda n: np.array(float(n)),
        Fraction,
    ],
)
def test_any_number_that_is_whole_is_a_tic_id(make: Any) -> None:
    assert tics(make(16740101)) == tics([make(16740101)]) == [16740101]


@given(st.integers(1, 2**53 - 1).filter(lambda tic: tic < 10**16))
def test_whole_floats_below_2_to_the_53_are_tic_ids_in_any_spelling(tic: int) -> None:
    assert (
        tics(float(tic))
        == tics(repr(float(tic)))
        == tics(f"{tic}.0")
        == tics(f"{tic}.")
        == tics(f"{tic:.15E}")
        == [tic]
    )


@pytest.mark.parametrize(
    "wrong",
    [2.0**53, 1.8245613778917194e18, np.float32(257486953), np.float16(4096), pd.Series([257486953], dtype="float32"),
     pl.Series([257486953.0], dtype=pl.Float32), "1.8245613778917194e18", "9007199254740992.0e0"],
)  # fmt: skip
def test_floats_that_have_lost_digits_are_no_tic_ids(wrong: Any) -> None:
    with pytest.raises(QueryError, match="digits"):
        tics(wrong)


def test_a_number_that_a_spreadsheet_may_have_rounded_is_refused() -> None:
    assert tics(["1.6740101E+07", "2.5155310e7", "2.515531e+07"]) == [16740101, 25155310, 25155310]
    with pytest.raises(QueryError, match="may have been rounded to 3 digits"):
        tics("1.67E+07")


@pytest.mark.parametrize(("number", "is_toi"), [(700.01, True), (0.01, False), (16740101.01, False), (700.015, False)])
def test_a_number_that_may_be_a_toi_is_answered_with_how_tois_are_written(number: float, is_toi: bool) -> None:
    with pytest.raises(QueryError, match="is no TIC id") as caught:
        tics(number)
    assert (f"a TOI is written as 'TOI {number}'" in str(caught.value)) is is_toi


@pytest.mark.parametrize("wrong", [16740101.5, "16740101.5", np.float64(0.5), [5.0, 6.0, 2.5], float("inf")])
def test_a_number_with_a_fraction_is_no_tic_id(wrong: Any) -> None:
    with pytest.raises(QueryError, match=r"not a whole number|one number with a fraction"):
        tics(wrong)


@pytest.mark.parametrize(
    "gaia", [1824561377891719424, "1824561377891719424", "TIC 1824561377891719424", np.int64(6399196263939178880)]
)
def test_a_gaia_id_is_told_from_a_tic_id(gaia: Any) -> None:
    with pytest.raises(QueryError, match=r"19 digits.*Gaia source id.*'Gaia DR3 \d{19}'"):
        tics(gaia)


def test_a_tic_id_is_an_identity_without_a_cone() -> None:
    (target,) = parse_targets("TIC 16740101", radius=20.0)
    assert target == Target("TIC 16740101", tic=16740101)


@pytest.mark.parametrize("wrong", [0, -3, "TIC 0", 10**30])
def test_numbers_that_are_no_tic_id_are_refused(wrong: Any) -> None:
    with pytest.raises(QueryError, match="not a TIC id"):
        list(parse_targets(wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        True,
        np.True_,
        b"TIC 1",
        "",
        "  ",
        float("nan"),
        np.nan,
        pd.NA,
        pd.NaT,
        np.ma.masked,
        "NaN",
        object(),
        5 * u.deg,
    ],
)
def test_what_is_no_target_is_refused_with_examples(wrong: Any) -> None:
    with pytest.raises(QueryError, match="TIC id"):
        list(parse_targets(wrong))


@pytest.mark.parametrize(
    "place",
    [
        "307.859806 39.938824",
        "307.859806,+39.938824",
        (307.859806, 39.938824),
        SkyCoord(307.859806, 39.938824, unit="deg"),
    ],
)
def test_coordinates_become_a_cone(place: Any) -> None:
    (target,) = parse_targets(place)
    assert isinstance(target, Target)
    assert (target.ra, target.dec, target.radius) == (
        pytest.approx(307.859806),
        pytest.approx(39.938824),
        DEFAULT_RADIUS,
    )


def test_coordinates_in_another_frame_are_turned_into_icrs() -> None:
    (target,) = parse_targets(SkyCoord(ra=307.86, dec=39.94, unit="deg").galactic)
    assert isinstance(target, Target)
    assert (target.ra, target.dec) == (pytest.approx(307.86), pytest.approx(39.94))


def test_two_whole_numbers_in_a_tuple_are_two_stars_unless_they_may_be_a_place() -> None:
    assert tics((16740101, 257486953)) == tics([16740101, 257486953]) == [16740101, 257486953]
    with pytest.raises(QueryError, match=r"may be a place or two TIC ids: write \(307.0, 39.0\), or \[307, 39\]"):
        tics((307, 39))


@pytest.mark.parametrize(
    "place",
    [
        (307.859806 * u.deg, 39.938824 * u.deg),
        np.array([[307.859806, 39.938824]]),
        "20:31:26.35 +39:56:19.8",
        "20h31m26.35s +39d56m19.8s",
    ],
)
def test_a_place_may_be_written_in_many_ways(place: Any) -> None:
    (target,) = parse_targets(place)
    assert isinstance(target, Target)
    assert (target.ra, target.dec) == (pytest.approx(307.859806, abs=1e-4), pytest.approx(39.938824, abs=1e-4))


@pytest.mark.parametrize("wrong", ["TIC -1", "TIC 1.5", "TIC 12 34", "tic", "TIC +3"])
def test_what_looks_like_a_tic_id_and_is_none_is_not_looked_up_as_a_name(wrong: str) -> None:
    with pytest.raises(QueryError, match="not a TIC id"):
        list(parse_targets(wrong))


def test_a_row_of_a_table_is_one_target() -> None:
    assert tics(Table({"tic": [5, 6]})[1]) == [6]


@pytest.mark.parametrize(
    "place", ["400.0 10.0", (10.0, -91.0), (-181.0, 0.0), "39.94 307.86", "25:00:00 +10:00:00", "10 -91"]
)
def test_a_place_that_is_not_on_the_sky_is_refused(place: Any) -> None:
    with pytest.raises(QueryError, match="not a place on the sky"):
        list(parse_targets(place))


def test_a_name_is_left_for_the_resolver() -> None:
    assert list(parse_targets(["KELT-9", "TIC 1"])) == ["KELT-9", Target("TIC 1", tic=1)]


@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame({"TIC ID": [1, 2], "x": [0, 0]}),
        pd.DataFrame({"ticid": [1, 2]}),
        Table({"target": ["TIC 1", "2"]}),
        pl.DataFrame({"name": ["no", "no"], "tic": [1, 2]}),
        pl.Series([1, 2]),
        np.array([1, 2]),
        (n for n in (1, 2)),
        {1: "a", 2: "b"}.keys(),
    ],
)
def test_any_iterable_or_table_of_targets_will_do(table: Any) -> None:
    assert tics(table) == [1, 2]


def test_a_table_without_targets_is_refused_and_its_columns_are_named() -> None:
    with pytest.raises(QueryError, match="it has star, sector"):
        list(parse_targets(pl.DataFrame({"star": [1], "sector": [2]})))


@pytest.mark.parametrize(
    ("radius", "arcsec"), [(3, 3.0), (np.float32(1.5), 1.5), (1 * u.arcmin, 60.0), ("2 arcmin", 120.0), (0, 0.0)]
)
def test_a_radius_is_arcsec_or_a_quantity(radius: Any, arcsec: float) -> None:
    assert arcseconds(radius) == pytest.approx(arcsec)


@pytest.mark.parametrize("radius", ["2 m", "wide", -1, float("nan"), float("inf"), True, 1 * u.m])
def test_a_radius_that_is_no_angle_is_refused(radius: Any) -> None:
    with pytest.raises(QueryError, match="radius"):
        arcseconds(radius)


# -- gaps --

GAPS: list[Any] = [
    [1, None], [1.0, float("nan")], [1, pd.NA], [1, pd.NaT], [1, np.ma.masked], ["TIC 1", ""], ["1", "nan"], ["1", "N/A"], ["1", "--"],
    np.array([1.0, np.nan]), np.array(["1", "nan"]), np.ma.array([1, 2], mask=[0, 1]), np.ma.array([1.0, 2], mask=[0, 1]),
    pd.Series([1.0, None]), pd.Series([1, None], dtype="Int64"), pd.DataFrame({"tic": [1.0, None]}), pl.Series([1.0, None]),
    pl.DataFrame({"tic": [1, None]}), pl.DataFrame({"tic": [1, None]}).lazy(), pl.DataFrame({"tic": [1, None], "name": ["a", None]}),
    MaskedColumn([1, 2], mask=[False, True]), Table({"tic": MaskedColumn([1, 2], mask=[False, True])}), Table({"tic": ["1", ""]}),
    QTable({"tic": MaskedColumn([1.0, 2.0], mask=[False, True])}), [{"tic": 1}, {"tic": None}], [{"tic": 1}, {"tic": float("nan")}],
    {"tic": [1, None]}, (number for number in (1, None)), np.array([1, None], dtype=object),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(GAPS)))
def test_a_gap_is_an_error_that_says_which_row_or_is_passed_over(number: int) -> None:
    targets = list(GAPS[number]) if isinstance(GAPS[number], Iterator) else GAPS[number]
    with pytest.raises(QueryError, match=r"1 of 2 rows has no target \(row 2\); missing='skip'"):
        tics(targets)
    found, gaps = targets_and_gaps(targets, missing="skip")
    assert ([getattr(target, "tic", None) for target in found], gaps) == ([1], ("row 2",))


@pytest.mark.parametrize(
    "places",
    [
        np.array([[1.5, 2.5], [np.nan, 1.0]]),
        np.ma.array([[1.5, 2.5], [1.0, 1.0]], mask=[[0, 0], [0, 1]]),
        SkyCoord([1.5, np.nan], [2.5, 1.0], unit="deg"),
        pd.DataFrame({"ra": [1.5, 3.0], "dec": [2.5, None]}),
    ],
)
def test_a_place_with_a_gap_is_a_gap(places: Any) -> None:
    found, gaps = targets_and_gaps(places, missing="skip")
    assert ([(target.ra, target.dec) for target in found if isinstance(target, Target)], gaps) == (
        [(1.5, 2.5)],
        ("row 2",),
    )


def test_many_gaps_are_counted_and_the_first_ten_named() -> None:
    with pytest.raises(QueryError, match=r"12 of 13 rows have no target \(row 2, row 3, .*row 11 and 2 more\)"):
        tics([1, *[None] * 12])


def test_what_to_do_with_gaps_is_one_of_two_words() -> None:
    with pytest.raises(QueryError, match="give 'raise' or 'skip'"):
        list(parse_targets(1, missing="drop"))


# -- rows and tables --


class Star(NamedTuple):
    tic: int
    sector: int


@dataclass
class Host:
    name: str
    tic: int | None = None


def database_row(select: str) -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(select).fetchone()


FRAME = pd.DataFrame({"sector": [14], "tic": [16740101]})
ROWS: list[Any] = [
    {"tic": 16740101, "sector": 14}, {"TIC ID": "16740101"}, Star(16740101, 14), [Star(16740101, 14)], Host("a", 16740101),
    next(FRAME.itertuples()), next(FRAME.itertuples(index=False)), next(FRAME.iterrows())[1], FRAME.iloc[0], FRAME.to_dict("records")[0],
    FRAME.to_dict("list"), FRAME.to_records()[0], FRAME.to_records(), FRAME.to_records().view(np.ndarray), FRAME.set_index("tic"),
    FRAME["tic"], FRAME.set_index("sector")["tic"], pl.DataFrame(FRAME.to_dict("list")).row(0, named=True),
    Table(FRAME.to_dict("list"))[0], database_row("select 14 as sector, 16740101 as tic"), np.array((14, 16740101), dtype="i8,i8").view(
        np.dtype([("sector", "i8"), ("tic", "i8")])), Table({"ID": [16740101], "ra": [1.0], "dec": [2.0]}),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_a_row_is_the_star_of_its_named_field_and_never_its_other_numbers(number: int) -> None:
    assert tics(ROWS[number]) == [16740101]


class Point(NamedTuple):
    x: float
    y: float


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (Point(1.0, 2.0), "x, y"),
        ({"star": 1, "sector": 2}, "star, sector"),
        (pd.DataFrame({"star": [1], "sector": [2]}).iloc[0], "star, sector"),
        (next(pd.DataFrame({"star": [1]}).itertuples()), "Index, star"),
        (np.array((1, 2), dtype=[("star", "i8"), ("sector", "i8")])[()], "star, sector"),
        (Table({"star": [1]})[0], "star"),
    ],
)
def test_a_row_without_such_a_field_is_refused_and_its_fields_are_named(row: Any, fields: str) -> None:
    with pytest.raises(QueryError, match=f"has no column of targets .*it has {fields}"):
        tics(row)


def test_columns_with_blanks_that_pandas_renamed_are_told() -> None:
    with pytest.raises(QueryError, match="itertuples renames columns with blanks"):
        tics(next(pd.DataFrame({"TIC ID": [1]}).itertuples()))


def test_a_row_without_an_id_is_used_by_its_name_its_observation_or_its_place() -> None:
    rows = [
        {"tic": None, "name": "KELT-9"},
        {"tic": float("nan"), "name": "", "ra": 307.86, "dec": 39.94},
        {"tic": "", "target_name": "TESS FFI", "obs_id": "tess-s0055-1-1"},
    ]
    name, place, observation = parse_targets(rows)
    assert name == "KELT-9"
    assert isinstance(place, Target)
    assert (place.ra, place.dec) == (307.86, 39.94)
    assert observation == ObservationKey("obs_id", "tess-s0055-1-1")


@pytest.mark.parametrize(
    "table",
    [
        QTable({"ra": [307.86] * u.deg, "dec": [39.94] * u.deg}),
        QTable({"ra": [307.86] * u.deg, "dec": [39.94] * u.deg})[0],
        QTable({"coord": SkyCoord([307.86], [39.94], unit="deg"), "x": [1]}),
        Table({"RA": Column([20.524], unit=u.hourangle), "Dec": Column([39.94], unit=u.deg)}),
        Table({"RAJ2000": ["20:31:26.4"], "DEJ2000": ["+39:56:24"]}),
        pd.DataFrame({"RA (deg)": [307.86], "Dec. (deg)": [39.94]}),
        {"s_ra": 307.86, "s_dec": 39.94},
    ],
)
def test_right_ascension_and_declination_in_two_columns_are_places(table: Any) -> None:
    (target,) = parse_targets(table)
    assert isinstance(target, Target)
    assert (target.ra, target.dec) == (pytest.approx(307.86), pytest.approx(39.94))


def test_an_array_of_several_columns_is_not_a_list_of_stars() -> None:
    with pytest.raises(QueryError, match=r"shape \(2, 3\).*array\[:, 0\]"):
        tics(np.array([[16740101, 14, 1], [257486953, 15, 1]]))
    assert tics(np.array([[1], [2]])) == [1, 2]


def test_coordinates_of_any_shape_are_places() -> None:
    grid = SkyCoord([[1, 2], [3, 4]], [[5, 6], [7, 8]], unit="deg")
    expected = [(1, 5), (2, 6), (3, 7), (4, 8)]
    for targets in (grid, (grid.ra, grid.dec), [grid[0], grid[1]]):
        assert [(round(t.ra), round(t.dec)) for t in parse_targets(targets) if isinstance(t, Target)] == expected  # type: ignore[arg-type]


def test_numpys_texts_are_texts() -> None:
    assert list(parse_targets(np.array([b"KELT-9", b"pi Men"]))) == ["KELT-9", "pi Men"]
    assert tics(np.bytes_(b"TIC 1")) == tics(np.str_("TIC 1")) == [1]


# -- observations and files --


@pytest.mark.parametrize(
    "obs_id",
    ["tess2018206045859-s0001-0000000025155310-0120-s", "tess2024030031500-s0075-0000000016740101-0270-a_fast", "tess-s0055-1-1",
     "tess2018206190142-s0001-s0009-0000000307210830", "tess2018206192942-s0001-1-2-0120-s",
     "hlsp_qlp_tess_ffi_s0002-0000000038846515_tess_v01_llc", "hlsp_someone_tess_ffi_s0002_tess_v01_cube"],
)  # fmt: skip
def test_an_obs_id_of_any_kind_is_an_observation(obs_id: str) -> None:
    assert list(parse_targets(f" {obs_id} ")) == [ObservationKey("obs_id", obs_id)]


def test_a_path_is_told_how_to_be_read() -> None:
    with pytest.raises(QueryError, match="read_targets reads a file of targets"):
        list(parse_targets(Path("stars.csv")))


@pytest.mark.parametrize("start", ["", "mast:TESS/product/", "/data/"])
def test_the_name_of_a_file_is_no_target(start: str) -> None:
    with pytest.raises(QueryError, match="is a file, not a target"):
        list(parse_targets(f"{start}tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"))


def test_a_list_in_a_file_is_read_by_another_function() -> None:
    with pytest.raises(
        QueryError, match=r"'@~/list.txt' is no target: a list in a file is read by .*read_targets\('~/list.txt'\)"
    ):
        list(parse_targets("@~/list.txt"))


@pytest.mark.parametrize("value", [np.array([5, 6]), pd.DataFrame({"tic": [5, 6]}), pd.Series([5, 6]), [5, 6]])
def test_arrays_and_frames_of_dask_are_computed(value: Any) -> None:
    class Lazy:
        index = pd.Series  # of a frame of dask, it has no names

        def __dask_graph__(self) -> dict[str, Any]:
            return {"value": value}

        def compute(self) -> Any:
            return value

    assert tics(Lazy()) == [5, 6]
