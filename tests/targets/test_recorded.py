"""A question that was written down can be asked again exactly."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy import units
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import LockError
from tess_source.targets.recorded import plain, query_from, question, restored
from tess_source.targets.target import Query, Target

VALUES = [
    None,
    True,
    3,
    2.5,
    "lc",
    [1, [2, "a"]],
    (1, 2.5),
    range(14, 17),
    slice(None, 5),
    {"a": (1, 2)},
    20 * units.s,
    [3 * units.min],
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_value_comes_back_as_it_was_given(value: Any) -> None:
    written = json.loads(json.dumps(plain(value)))
    assert restored(written) == value
    assert type(restored(written)) is type(value)


@pytest.mark.parametrize(
    ("value", "alike"),
    [({3, 1}, [1, 3]), (frozenset("ba"), ["a", "b"]), (np.int32(4), 4), (np.array([1.5, 2]), [1.5, 2.0]), (pl.Series([1, 2]), [1, 2]),
     (np.bool_(True), True), (np.str_("x"), "x")],
)  # fmt: skip
def test_sets_and_arrays_come_back_as_lists_and_numbers_of_numpy_as_numbers(value: Any, alike: Any) -> None:
    assert restored(plain(value)) == alike


def test_what_cannot_be_written_is_recorded_as_such_and_refused_later() -> None:
    written = plain(pl.col("size") > 3)
    assert written.keys() == {"unwritable"}
    for wrong in (written, {"tuple": [1], "range": [2]}, {"rm": ["-rf"]}):
        with pytest.raises(LockError):
            restored(wrong)


text = st.text(st.characters(codec="ascii"), min_size=1, max_size=10)
number = st.none() | st.floats(-90, 90)
targets = st.builds(
    Target, text, st.none() | st.integers(1, 2**40), number, number, st.none() | st.floats(0, 100), st.none() | text
)


@given(st.lists(targets, max_size=4), st.dictionaries(text, st.sampled_from(VALUES[1:9]), max_size=3), st.booleans())
def test_a_question_comes_back_the_same(given: list[Target], criteria: dict[str, Any], wildcards: bool) -> None:
    query = Query(tuple(given), criteria, wildcards)
    again = query_from(json.loads(json.dumps(question(query))))
    assert (again.criteria, again.wildcards) == (query.criteria, query.wildcards)
    for target, other in zip(query.targets, again.targets, strict=True):
        assert target == other or (str(target) == str(other) == other.text and target.tic == other.tic)


def test_a_star_known_by_its_id_is_written_as_such() -> None:
    assert question(Query((Target("tic 16740101", 16740101),)))["targets"] == ["TIC 16740101"]


@pytest.mark.parametrize(
    "wrong", [{"targets": ["KELT-9"]}, {"targets": [{"tik": 1}]}, {"targets": [3]}, {"criteria": ["a"]}, {"targets": 7}]
)
def test_a_question_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(LockError):
        query_from(wrong)
