"""Lists, tuples and dictionaries of records look like tables, and are in all else what they are called."""

from __future__ import annotations

import copy
import json
import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tess_source import Session
from tess_source.display.records import Records, RecordsByName, RecordTuple
from tess_source.errors import LoadError


@dataclass(frozen=True)
class Planet:
    name: str
    period: float | None = None
    moons: tuple[str, ...] = ()
    secret: str = field(default="s3cret", repr=False)
    function: Any = print


PLANETS = [Planet("b", 1.5, ("i", "ii")), Planet("cde", 12.25)]


def pickled(records: Any) -> Any:
    return pickle.loads(pickle.dumps(records))  # noqa: S301


def test_a_list_of_records_is_printed_as_a_table_with_numbers_aligned_right() -> None:
    assert repr(Records(PLANETS, "planet")) == "2 planets\nname  period  moons\nb        1.5  i, ii\ncde    12.25"


def test_a_list_of_records_is_a_list() -> None:
    planets = Records(PLANETS, "planet")
    assert planets == PLANETS
    assert isinstance(planets, list)
    assert planets[1] is PLANETS[1]
    assert repr(planets[:1]).startswith("1 planet\n")
    assert repr(planets.copy()) == repr(planets)
    assert json.dumps(Records(["a", "b"])) == '["a", "b"]'


def test_a_tuple_of_records_is_a_tuple() -> None:
    planets = RecordTuple(PLANETS, "planet")
    assert planets == tuple(PLANETS)
    assert hash(RecordTuple(["a"])) == hash(("a",))
    assert repr(planets[1:]).startswith("1 planet\n")


@pytest.mark.parametrize(
    "records", [Records(["a", "b"], "word"), RecordTuple(["a"], "word"), RecordsByName({"a": "b"}, "word", key="k")]
)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_copies_and_pickles_look_the_same(records: Any, again: Any) -> None:
    made = again(records)
    assert made == records
    assert type(made) is type(records)
    assert repr(made) == repr(records)


def test_single_values_are_shown_whole_one_per_line() -> None:
    urls = [f"https://mast.stsci.edu/{'x' * 300}/{number}" for number in range(50)]
    lines = repr(Records(urls, "URL")).splitlines()
    assert lines[0] == "50 URLs"
    assert lines[1] == urls[0]
    assert lines[-1] == urls[-1]
    assert "… 10 more …" in lines


def test_a_dictionary_has_its_keys_in_the_first_column() -> None:
    errors = RecordsByName({"a.fits": LoadError("cut")}, "file", key="file", value="why")
    assert repr(errors) == "1 file\nfile    why\na.fits  LoadError: cut"
    assert errors == {"a.fits": errors["a.fits"]}
    named = RecordsByName({one.name: one for one in PLANETS}, "planet")
    assert repr(named).splitlines()[1].split() == ["name", "period", "moons"]


@pytest.mark.parametrize(("empty", "shown"), [(Records(), "[]"), (RecordTuple(), "()"), (RecordsByName(), "{}")])
def test_what_is_empty_looks_as_any_other(empty: Any, shown: str) -> None:
    assert repr(empty) == shown
    assert "0 records" in empty._repr_html_()


def test_control_characters_and_markup_do_not_act() -> None:
    evil = Records(["\x1b[31m<script>"], "word")
    assert "\x1b" not in repr(evil)
    assert "<script>" not in evil._repr_html_()


def test_a_path_of_bytes_that_are_no_utf_8_is_shown() -> None:
    path = Path(os.fsdecode(b"caf\xe9.fits"))
    for records in (Records([path], "file"), RecordsByName({path: LoadError(f"{path}: cut")}, "file")):
        assert r"caf\udce9.fits" in repr(records)
        assert r"caf\udce9.fits" in records._repr_html_()


def test_numbers_of_numpy_are_numbers_and_aligned_right() -> None:
    records = Records([{"count": np.int64(7), "share": np.float32(0.5)}, {"count": np.int64(12), "share": 0.25}])
    assert repr(records) == "2 records\ncount  share\n    7    0.5\n   12   0.25"
    assert repr(Records([{"zero": np.array(3)}])).endswith("\n3")
    assert repr(Records([{"some": np.arange(3)}])).endswith("\n0, 1, 2")


def test_single_values_are_shown_as_python_writes_them() -> None:
    assert repr(Records([True, False], "answer")) == "2 answers\nTrue\nFalse"
    assert repr(Records([0.1 + 0.2, None], "number")) == "2 numbers\n0.30000000000000004\n"


@pytest.mark.parametrize(
    ("noun", "said"), [("file", "2 files"), ("entry", "2 entries"), ("survey", "2 surveys"), ("TCE", "2 TCEs")]
)
def test_several_records_are_in_the_plural(noun: str, said: str) -> None:
    assert repr(Records([1, 2], noun)).startswith(f"{said}\n")
    assert repr(Records([1], noun)).startswith(f"1 {noun}\n")


def test_everything_that_a_session_knows_is_shown_as_a_table() -> None:
    registry = Session(discover=True).registry
    for records in (registry.plugins, registry.filters, registry.columns, registry.transports, registry.sources):
        assert len(repr(records).splitlines()) > 2
        assert records._repr_html_().count("<tr>") > 2  # type: ignore[attr-defined]
    assert repr(registry).startswith(f"{len(registry.plugins)} plugins\n")
