"""Tables on narrow terminals: what all rows share is said once, texts still differ when cut, and what is left out is counted."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tess_source.display import text

KEYS = [f"SPOC/16740101/s0014-s{last:04d}/{run:05d}" for last, run in ((55, 652), (41, 512), (14, 745))]


def lines(frame: pl.DataFrame, width: int, *whole: str) -> list[str]:
    return text.table(frame, frame.columns, None, width, whole=whole, elsewhere="csv").splitlines()


def test_a_table_that_fits_is_left_as_it_is() -> None:
    frame = pl.DataFrame({"set": KEYS, "tces": [1, 2, 3], "tic": [16740101] * 3})
    assert lines(frame, 80) == lines(frame, 0)


def test_what_all_rows_share_is_said_once_above() -> None:
    frame = pl.DataFrame({"set": KEYS, "superseded_by": [None, KEYS[0], None], "tic": [16740101] * 3})
    assert lines(frame, 70) == [
        "all rows: tic 16740101; set and superseded_by within SPOC/16740101/",
        "set                superseded_by",
        "s0014-s0055/00652",
        "s0014-s0041/00512  s0014-s0055/00652",
        "s0014-s0014/00745",
    ]


def test_headings_are_broken_and_never_cut() -> None:
    frame = pl.DataFrame({"first_sector": [14, 15], "suspected_eclipsing_binary": [True, False], "n": [1, 2]})
    assert lines(frame, 24) == [
        "        suspected_",
        "first_  eclipsing_",
        "sector  binary      n",
        "    14  True        1",
        "    15  False       2",
    ]


def test_texts_that_are_cut_still_differ() -> None:
    begins = [f"hlsp_{name}_tess_s0014-{'0' * 40}_v01_llc.fits" for name in ("qlp", "tasoc", "cdips")]
    (_, *rows) = lines(pl.DataFrame({"n": [1, 2, 3], "filename": begins}), 30)
    assert len({row[3:] for row in rows}) == 3
    said = [f"probably a later run with {what} of all these sectors together" for what in ("some", "none", "many")]
    (_, *rows) = lines(pl.DataFrame({"n": [1, 2, 3], "reason": said}), 40)
    assert rows[0].startswith("1  probably a later run with some of")


def test_columns_that_do_not_fit_go_from_the_right_and_are_counted() -> None:
    frame = pl.DataFrame({f"x{n}": [123456.5 + n, 223456.5 + n] for n in range(8)})
    *table, last = lines(frame, 40)
    assert table[0].split() == ["x0", "x1", "x2", "x3", "x4"]
    assert last == "+3 columns: csv"


def test_the_names_of_rows_stay_when_they_come_last() -> None:
    frame = pl.DataFrame(
        {"tic": [1, 2], "size": [10**9, 10**10], "bytes": [10**9, 10**10], "path": ["a" * 50, "b" * 50]}
    )
    head, *_, last = lines(frame, 40)
    assert head.split() == ["tic", "size", "path"]
    assert last == "+1 column: csv"


def test_what_comes_last_only_when_others_have_gone_goes_as_they_do() -> None:
    frame = pl.DataFrame(
        {"n": [1, 2], "name": ["a" * 20, "b" * 20], "start": ["c" * 20, "d" * 20], "cadence": [1800, 200]}
    )
    head, *_ = lines(frame, 30)
    assert head.split() == ["n", "name"]


def test_what_a_table_is_for_goes_on_below_rather_than_being_cut() -> None:
    life = " ".join(f"{run:05d}:1" for run in range(12))
    frame = pl.DataFrame({"candidate": [1], "depth": [0.5], "runs": [12], "in_latest": [True], "life": [life]})
    table = lines(frame, 60, "life")
    assert all(len(line) <= 60 for line in table)
    words = " ".join(table[1:]).split()
    assert [word for word in words if word.endswith(":1")] == life.split()


@given(
    st.integers(41, 200),  # a number of 19 digits, the gap, and the shortest form of a name
    st.lists(
        st.tuples(st.integers(), st.text("abc/ ", max_size=70), st.floats(-1e9, 1e9), st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_no_line_is_too_wide_and_no_number_is_cut(width: int, made: list[tuple[int, str, float, bool]]) -> None:
    rows = [(number % 2**62, *rest) for number, *rest in made]
    frame = pl.DataFrame(rows, schema=["a_long_number", "name", "x", "yes"], orient="row")
    table = text.table(frame, frame.columns, None, width)
    assert all(len(line) <= width for line in table.splitlines())
    if "x" in table.splitlines()[0].split():
        assert all(text.cell(row[2]) in table for row in rows)
    assert all(str(row[0]) in table for row in rows)


def test_python_says_where_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    frame = pl.DataFrame({f"x{n}": [123456.5 + n, 223456.5 + n] for n in range(8)})
    assert text.table(frame, frame.columns).endswith("+3 columns: to_polars() has all")
