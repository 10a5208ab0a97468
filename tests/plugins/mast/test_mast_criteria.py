"""Criteria are taken as they are meant, or refused: nothing is skipped in silence."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import QueryError, UnknownNameError
from tess_source_mast.criteria import DEFAULTS, checked
from tess_source_mast.mashup import filter_set

CONFIG: dict[str, Any] = json.loads(
    files("astroquery.mast").joinpath("tests/data/columnsconfig.json").read_text(encoding="utf-8")
)
"""A description of columns that MAST gave; astroquery's wheel holds it."""
CONFIG["sequence_number"] = {"vot.datatype": "int"}


def one(name: str, value: Any, wildcards: bool = False) -> list[Any]:
    return checked({name: value}, CONFIG, wildcards)[name]


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("proposal_id", "G06062", ["G06062"]),
        ("proposal_id", ["A", "B", "A"], ["A", "B"]),
        ("proposal_id", {"B", "A"}, ["A", "B"]),
        ("proposal_id", np.array(["A", "B"]), ["A", "B"]),
        ("sequence_number", 14, [14]),
        ("sequence_number", np.int32(14), [14]),
        ("sequence_number", 14.0, [14]),
        ("sequence_number", "14", ["14"]),
        ("sequence_number", range(14, 17), [14, 15, 16]),
        ("obsid", np.array([27503032, 64265088]), [27503032, 64265088]),
        ("mtFlag", True, [True]),
        ("mtFlag", np.bool_(False), [False]),
        ("t_min", [59000, 59100.5], [59000, 59100.5]),
        ("t_min", (59000, 59100), [59000, 59100]),
        ("t_min", slice(59000, 59100), [59000, 59100]),
        ("t_min", np.array([1.5, 2.5]), [1.5, 2.5]),
        ("t_min", "59000..59100.5", [59000.0, 59100.5]),
        ("t_exptime", ".5 .. 20", [0.5, 20.0]),
        ("t_exptime", ["20", "20"], [20.0, 20.0]),
    ],
)
def test_values_in_many_forms_mean_the_same(name: str, value: Any, meant: list[Any]) -> None:
    taken = one(name, value)
    assert taken == meant
    assert [type(item) for item in taken] == [type(item) for item in meant]
    json.dumps(taken)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("proposal_id", [], "empty list"),
        ("proposal_id", "", "empty text"),
        ("proposal_id", [None], "cannot take None"),
        ("proposal_id", {"a": 1}, "no list"),
        ("proposal_id", 1.5, "cannot take 1.5"),
        ("sequence_number", "S14", "whole number"),
        ("sequence_number", True, "whole number"),
        ("t_exptime", 20, r"\[20, 20\] for exactly one"),
        ("t_exptime", [20], r"\[20, 20\] for exactly one"),
        ("t_exptime", [1, 2, 3], "least, greatest"),
        ("t_exptime", [3, 1], "least value comes first"),
        ("t_exptime", [0, math.inf], "finite"),
        ("t_exptime", [0, math.nan], "finite"),
        ("t_exptime", [True, 2], "finite"),
        ("t_exptime", slice(None, 3), "finite"),
        ("t_exptime", ["a", "b"], "finite"),
        ("t_exptime", "fast", "least, greatest"),
        ("t_exptime", "<10", r"\[x, x\] for exactly one"),
        ("obs_id", "tess*", "wildcards=True"),
        ("obs_id", ["100%"], "wildcards=True"),
    ],
)
def test_values_that_a_column_cannot_take_are_refused(name: str, value: Any, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        one(name, value)


def test_two_wildcards_for_one_column_are_refused_where_astroquery_drops_one() -> None:
    with pytest.raises(QueryError, match="one a column"):
        one("obs_id", ["tess*", "hlsp*"], wildcards=True)
    assert one("obs_id", ["tess*", "hlsp_x"], wildcards=True) == ["tess*", "hlsp_x"]


@pytest.mark.parametrize("name", ["sector", "_selected_", "s_fov", "coordinates", "radius", "pagesize", "service_name"])
def test_what_is_no_column_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError):
        checked({name: "1"}, CONFIG, wildcards=False)


def test_defaults_apply_unless_the_column_is_asked_for() -> None:
    plain = {name: [value] for name, value in DEFAULTS.items()}
    assert checked({}, CONFIG, wildcards=False) == plain
    assert checked({"PROJECT": ["TESS", "Kepler"]}, CONFIG, wildcards=False)["project"] == ["TESS", "Kepler"]
    assert checked({"project": None}, CONFIG, wildcards=False) == {"dataproduct_type": ["timeseries"]}


texts = st.text(st.characters(exclude_characters="*%", exclude_categories=["Cs"]), min_size=1)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
values = st.dictionaries(
    st.sampled_from(["proposal_id", "obs_id", "target_name", "proposal_pi"]), texts | st.lists(texts, min_size=1)
) | st.dictionaries(st.sampled_from(["t_min", "s_ra", "em_max"]), st.lists(numbers, min_size=2, max_size=2).map(sorted))


@given(criteria=values)
def test_whatever_is_taken_is_asked_for_whole(criteria: dict[str, Any]) -> None:
    taken = checked(criteria, CONFIG, wildcards=False)
    filters = filter_set(CONFIG, taken)
    assert [entry["paramName"] for entry in filters] == list(taken)
    for entry in filters:
        meant = taken[entry["paramName"]]
        if entry["paramName"] in {"t_min", "s_ra", "em_max"}:
            assert entry["values"] == [{"min": meant[0], "max": meant[1]}]
        else:
            assert entry["values"] == [str(value) for value in meant]
        assert "freeText" not in entry


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=5,
)


@given(
    name=st.sampled_from(["proposal_id", "sequence_number", "t_min", "mtFlag"]), value=anything, wildcards=st.booleans()
)
def test_anything_else_is_refused_in_words(name: str, value: Any, wildcards: bool) -> None:
    try:
        taken = checked({name: value}, CONFIG, wildcards)
    except QueryError as error:
        assert name in str(error) or "no list" in str(error)
    else:
        assert taken.get(name) or value is None
        json.dumps(taken, allow_nan=False)
