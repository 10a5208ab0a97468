"""Whatever a user may mean by a target is understood, or refused in words that help."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import QueryError
from tess_source.targets.parse import arcseconds, parse_targets
from tess_source.targets.target import DEFAULT_RADIUS, Target

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


@pytest.mark.parametrize("wrong", [16740101.5, "16740101.5", np.float64(0.5), [1.0, 2.5], float("inf")])
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
