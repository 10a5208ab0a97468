"""The filter ``time``: what users may write for a time, and which images it keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy.time import Time
from fuzz import STRANGE, attempts

import tess_source_ffi
from tess_source import Products, Session
from tess_source.errors import QueryError
from tess_source_ffi.times import Times

SEPTEMBER_2, HOUR, DAY = 1662076800.0, 3600.0, 86400.0


@pytest.mark.parametrize(
    "value",
    [
        "2022-09-02T18:00",
        "2022-09-02 18:00:00",
        "2022-09-02T18:00:00Z",
        "2022-09-02T20:00:00+02:00",
        ["2022-09-02T18:00:00"],
        datetime(2022, 9, 2, 18),
        datetime(2022, 9, 2, 18, tzinfo=UTC),
        datetime(2022, 9, 2, 20, tzinfo=timezone(timedelta(hours=2))),
        np.datetime64("2022-09-02T18:00"),
        np.datetime64("2022-09-02T18:00:00.000000000"),
        np.array(["2022-09-02T18:00"], "datetime64[s]"),
        pl.Series([datetime(2022, 9, 2, 18)]),
        Time("2022-09-02T18:00:00"),
        Time(["2022-09-02T18:00:00"]),
        [Time("2022-09-02T18:00:00"), "2022-09-02T18:00"],
        Time("2022-09-02T18:00:00").tdb,
    ],
)
def test_a_time_is_text_in_utc_or_any_librarys_time(value: Any) -> None:
    (time,) = Times.of(value).instants
    assert time == pytest.approx(SEPTEMBER_2 + 18 * HOUR, abs=1e-5)


@pytest.mark.parametrize("value", ["2022-09-02", date(2022, 9, 2), ["2022-09-02"]])
def test_a_date_is_its_whole_day(value: Any) -> None:
    (day,) = Times.of(value).ranges
    assert (day.least, day.greatest, day.below) == (SEPTEMBER_2, SEPTEMBER_2 + DAY, True)
    assert str(Times.of(value)) == "2022-09-02"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (("2022-09-02", "2022-09-03T12:00"), "2022-09-02T00:00:00..2022-09-03T12:00:00"),
        ("2022-09-02..2022-09-03", "2022-09-02T00:00:00..2022-09-03T00:00:00"),
        ((Time(59824, format="mjd"), datetime(2022, 9, 3)), "2022-09-02T00:00:00..2022-09-03T00:00:00"),
        (slice("2022-09-02", None), ">=2022-09-02T00:00:00"),
        ((None, np.datetime64("2022-09-02")), "<=2022-09-02T00:00:00"),
        (">2022-09-02T18:00", ">2022-09-02T18:00:00"),
        ("<2022-09-02", "<2022-09-02T00:00:00"),
        ("2022-09-02T18:00,2022-09-04", "2022-09-02T18:00:00,2022-09-04"),
    ],
)
def test_ranges_are_written_as_for_other_filters_and_read_back_the_same(value: Any, text: str) -> None:
    assert str(Times.of(value)) == text
    assert Times.of(text) == Times.of(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (59824.5, "MJD, JD or BTJD"),
        ("59824.5", "no time in UTC: a number could be MJD"),
        ("yesterday", "no time in UTC"),
        (("2022-09-03", "2022-09-02"), r"the range 2022-09-03T00:00:00\.\.2022-09-02T00:00:00 runs backwards"),
        ("2022-09-03..2022-09-02", r"the range 2022-09-03T00:00:00\.\.2022-09-02T00:00:00 runs backwards"),
        ("2459825.25", "MJD, JD or BTJD"),
        ((None, None), "at least one end"),
        (("2022-09-02",), r"\(least, greatest\)"),
        ([], "empty list"),
        (True, "no value to choose by"),
        (range(3), "no range of times"),
        (np.datetime64("NaT"), "no value|no time"),
        ("9999-99-99", "no time in UTC"),
    ],
)
def test_what_is_no_time_is_an_error_that_shows_how_to_write_one(value: Any, said: str) -> None:
    with pytest.raises(QueryError, match=said) as error:
        Times.of(value)
    assert "2022-09-02" in str(error.value)


def test_strange_values_are_errors_of_ours() -> None:
    raw: list[tuple[int, object, str]] = []
    for number, chance in attempts(40):
        parts = [
            chance.choice([*STRANGE, "2022-09-02", "2022-09-02T18", "..", ">", ">=2022", SEPTEMBER_2]) for _ in "ab"
        ]
        value: Any = chance.choice([parts[0], parts, tuple(parts), slice(*parts), f"{parts[0]}..{parts[1]}"])
        try:
            str(Times.of(value))
        except QueryError:
            continue
        except Exception as error:  # noqa: BLE001  all that is not ours is a failure
            raw.append((number, value, repr(error)))
    assert raw == []


STARTS = {
    "2022245180205": "2022-09-02T18:02:05",
    "2022245180525": "2022-09-02T18:05:25",
    "2022246000005": "2022-09-03T00:00:05",
}
IMAGES = pl.DataFrame(
    {
        "uri": [f"mast:TESS/product/tess{stamp}-s0056-2-3-0243-s_ffic.fits" for stamp in STARTS],
        "start": [*STARTS.values()],
    }
)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("2022-09-02", [0, 1]),
        ("2022-09-02T18:02:05", [0]),
        ("2022-09-02T18:05:24.9", [0]),
        ("2022-09-02T18:05:25", [1]),
        ("2022-09-02T18:02:04", []),
        (("2022-09-02T18:02:05", "2022-09-02T18:05:25"), [0, 1]),
        (("2022-09-02T18:02:06", None), [1, 2]),
        ("<2022-09-02T18:05:25", [0]),
        (["2022-09-03T00:00:10", "2022-09-02T18:03"], [0, 2]),
    ],
)
def test_a_time_keeps_the_image_that_was_exposed_then_and_a_range_those_that_start_in_it(
    session: Session, value: Any, kept: list[int]
) -> None:
    session.register(tess_source_ffi)
    found = session.select(IMAGES, time=value)
    assert found.products["start"].to_list() == [IMAGES["start"][row] for row in kept]


def test_products_without_a_time_are_an_error_that_says_which_have_one(session: Session) -> None:
    session.register(tess_source_ffi)
    curves = Products.of(
        pl.DataFrame({"uri": ["mast:TESS/product/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits"]})
    )
    with pytest.raises(QueryError, match=r"'start' is not known for 1 product of SPOC .*full-frame images have a time"):
        session.select(curves, time="2018-07-25")
