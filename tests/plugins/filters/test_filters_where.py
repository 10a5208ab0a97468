"""`where`: the same language, and the same rows, as astroquery's `filter_products`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

import tess_source_filters
from tess_source import Products, Session
from tess_source.errors import QueryError, TableError, UnknownNameError
from tess_source_filters.where import Where

SESSION = Session(discover=False, plugins=[tess_source_filters])
PATIENT = settings(deadline=None, max_examples=size(10, 600))


def theirs(table: Table, conditions: dict[str, Any]) -> list[str]:
    """Ask astroquery."""
    from astroquery.mast import Observations

    return [str(uri) for uri in Observations.filter_products(table, **conditions)["dataURI"]]


def ours(table: Table, conditions: Any) -> list[str]:
    found = SESSION.select(Products.of(table), where=conditions)
    return [str(uri) for uri in found.products["uri"].to_list()]


WORDS = ("SCIENCE", "INFO", "PREVIEW", "LC", "100..200", ">=5")
NUMBERS = st.one_of(st.integers(-20, 400), st.floats(-20, 400, allow_nan=False).map(lambda x: round(x, 2)))
RANGES = st.tuples(NUMBERS, NUMBERS).map(sorted).map(lambda ends: f"{ends[0]}..{ends[1]}")
COMPARISONS = st.tuples(st.sampled_from([">", "<", ">=", "<="]), NUMBERS).map(lambda pair: f"{pair[0]}{pair[1]}")
NUMERIC = st.one_of(NUMBERS, NUMBERS.map(str), RANGES, COMPARISONS)


def one_or_many(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    signed = one | one.map(lambda value: f"!{value}")
    return signed | st.lists(signed, min_size=1, max_size=4)


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "productType": one_or_many(st.sampled_from(WORDS)),
        "obsID": one_or_many(st.sampled_from(["1", "22", "333"])),
        "size": one_or_many(NUMERIC),
        "t_exptime": one_or_many(NUMERIC),
    },
).filter(bool)

ROWS = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(["1", "22", "333"]),
        st.integers(-20, 400),
        st.sampled_from([20.0, 120.5, np.nan]),
    ),
    min_size=1,
    max_size=12,
)


def table_of(rows: list[tuple[Any, ...]]) -> Table:
    product_type, obsid, size, exptime = zip(*rows, strict=True)
    return Table({
        "dataURI": [f"mast:TESS/product/{n}" for n in range(len(rows))],
        "productType": np.array(product_type, dtype=str),
        "obsID": np.array(obsid, dtype=str),
        "size": np.array(size, dtype=np.int64),
        "t_exptime": np.array(exptime, dtype=float),
    })  # fmt: skip


@PATIENT
@given(rows=ROWS, conditions=CONDITIONS)
def test_the_same_question_keeps_the_same_rows_as_astroquery(
    rows: list[tuple[Any, ...]], conditions: dict[str, Any]
) -> None:
    table = table_of(rows)
    assert ours(table, conditions) == theirs(table, conditions)


@PATIENT
@given(conditions=CONDITIONS)
def test_what_is_written_is_read_back(conditions: dict[str, Any]) -> None:
    texts = [
        f"{column}={value}"
        for column, many in conditions.items()
        for value in (many if isinstance(many, list) else [many])
    ]
    assert str(Where.of(texts)) == str(Where.of(conditions)) == " ".join(texts)
    rows = [(word, "22", size, 120.5) for size, word in enumerate(WORDS)]
    assert ours(table_of(rows), texts) == ours(table_of(rows), conditions)


def mast_table(path: Path) -> Table:
    """Read a real product list; its second line holds types, and a cut in the middle is written as dots."""
    from astropy.io import ascii as text

    table = text.read(path, format="csv", data_start=2, fast_reader=False)
    return table[[str(uri).startswith("mast:") for uri in table["dataURI"]]]


@pytest.mark.real
@pytest.mark.parametrize(
    "name", ["kelt9_tic16740101_products_first20of96_20cols.csv", "kelt9_tic16740101_science_products_20of29.csv"]
)
@pytest.mark.parametrize(
    "conditions",
    [
        {"productType": "SCIENCE"},
        {"productType": ["SCIENCE", "INFO"], "productSubGroupDescription": "!DVR"},
        {"productSubGroupDescription": ["LC", "DVT", "!DVT"]},
        {"size": ">=1000000"},
        {"size": ["1000..300000", ">=50000000", "!265611"]},
        {"size": 265611, "calib_level": "3"},
        {"calib_level": ["!2"]},
        {"proposal_id": "G022197_G022053"},
    ],
    ids=str,
)
def test_real_product_lists_are_filtered_as_by_astroquery(real: Path, name: str, conditions: dict[str, Any]) -> None:
    table = mast_table(real / "tables" / name)
    for column in ("size", "calib_level"):
        table[column] = np.asarray(table[column]).astype(np.int64)
    assert ours(table, conditions) == theirs(table, conditions)


# -- the program's way of writing --


def test_conditions_may_be_texts() -> None:
    table = table_of([("SCIENCE", "1", 10, 20.0), ("INFO", "1", 1000, 20.0), ("SCIENCE", "1", 5000, 20.0)])
    assert ours(table, ["size=>=1000", "productType=SCIENCE"]) == ours(
        table, {"size": ">=1000", "productType": "SCIENCE"}
    )
    assert ours(table, "size>=1000") == ours(table, "size=>=1000") == ours(table, {"size": ">=1000"})
    assert ours(table, "size!=10") == ours(table, "size=!10") == ours(table, {"size": "!10"})
    assert ours(table, ["size=10", "size=1000"]) == ours(table, {"size": [10, 1000]})
    assert ours(table, " productType = SCIENCE ") == ours(table, {"productType": "SCIENCE"})


def test_a_comma_is_part_of_a_value() -> None:
    rows = [{"uri": "a", "proposal_pi": "Ricker, George"}, {"uri": "b", "proposal_pi": "Ricker"}]
    assert SESSION.select(rows, where="proposal_pi=Ricker, George").products["uri"].to_list() == ["a"]


def test_it_works_on_our_own_columns_and_on_switches() -> None:
    rows = [{"uri": "a", "first_sector": 14, "mtFlag": False}, {"uri": "b", "first_sector": 40, "mtFlag": True}]
    for conditions in (
        {"first_sector": "<20"},
        {"mtFlag": False},
        {"mtFlag": [np.False_]},
        {"mtFlag": "False"},
        "mtFlag=false",
    ):
        assert SESSION.select(rows, where=conditions).products["uri"].to_list() == ["a"], conditions


def test_long_ids_keep_all_their_digits() -> None:
    """As floats, which astroquery compares, these two are the same."""
    rows = [{"uri": "a", "gaia": 4660204269046390401}, {"uri": "b", "gaia": 4660204269046390402}]
    assert SESSION.select(rows, where={"gaia": "4660204269046390402"}).products["uri"].to_list() == ["b"]


# -- where we differ, on purpose --


def test_what_is_missing_has_no_value_whereas_astroquery_often_compares_the_filler() -> None:
    table = Table({
        "dataURI": ["a", "b"],
        "size": MaskedColumn([7, 7], mask=[False, True]),
        "prvversion": MaskedColumn(["X", "X"], mask=[False, True]),
    })  # fmt: skip
    for column, value, other in (("size", 7, 8), ("prvversion", "X", "Y")):
        assert ours(table, {column: value}) == ["a"]
        assert ours(table, {column: f"!{value}"}) == ["b"]
        assert ours(table, {column: f"!{other}"}) == ["a", "b"]
    assert ours(table, {"size": ">=0"}) == ["a"]
    assert ours(table, {"size": "!>=0"}) == ["b"]
    assert theirs(table, {"size": 7}) == ["a"]
    assert theirs(table, {"size": ">=0"}) == theirs(table, {"prvversion": "X"}) == ["a", "b"]


def test_a_range_that_runs_backwards_is_a_mistake_not_an_empty_answer() -> None:
    table = table_of([("INFO", "1", 150, 20.0)])
    assert theirs(table, {"size": "200..100"}) == []
    with pytest.raises(QueryError, match=r"'size' holds numbers: the range 200\.\.100 runs backwards"):
        ours(table, {"size": "200..100"})


# -- refused --


def test_an_unknown_column_is_refused_with_the_nearest() -> None:
    table = table_of([("INFO", "1", 150, 20.0)])
    with pytest.raises(UnknownNameError, match="unknown column 'producttype'; did you mean 'productType'"):
        ours(table, {"producttype": "INFO"})


def test_on_an_empty_table_a_column_of_the_archive_is_known_but_a_slip_is_not() -> None:
    assert len(SESSION.select(Products.empty(), where="productType=SCIENCE").products) == 0
    with pytest.raises(UnknownNameError, match="did you mean 'productType'"):
        SESSION.select(Products.empty(), where="productTyp=SCIENCE")


def test_a_column_of_which_the_catalogue_knows_no_value_is_a_mistake_not_an_empty_answer() -> None:
    row = {"uri": "a", "archive": "catalogue", "size": None, "tmag": None, "run": None}
    products = Products.of([row])
    for words in ({"size": ">3"}, {"where": "size=!3"}, {"where": "tmag<8"}):
        with pytest.raises(QueryError, match=r"is not known of any of 1 product|the size of no file is known here"):
            SESSION.select(products, **words)
    assert len(SESSION.select(products, where="run=1").products) == 0  # a light curve has none
    assert len(SESSION.select([{**row, "archive": "mast"}], size=">3").products) == 0
    assert len(SESSION.select(Products.empty(), where="tmag<8").products) == 0


@pytest.mark.parametrize("value", ["abc", True, "1..", ">x", "nan", "", "!"], ids=repr)
def test_a_word_for_a_column_of_numbers_is_refused(value: Any) -> None:
    with pytest.raises(QueryError, match="column 'size' holds numbers"):
        ours(table_of([("INFO", "1", 150, 20.0)]), {"size": value})


@pytest.mark.parametrize(
    "value",
    ["productType", "", {}, [], 5, True, {"size": []}, {"size": None}, {"size": (1, 2)}, {"size": {}}, {3: 4}, ["=5"]],
    ids=repr,
)
def test_what_is_no_condition_is_refused(value: Any) -> None:
    with pytest.raises(QueryError, match="filter 'where' cannot take"):
        ours(table_of([("INFO", "1", 150, 20.0)]), value)


def test_code_is_never_run() -> None:
    table = table_of([("INFO", "1", 150, 20.0)])
    assert ours(table, {"productType": "__import__('os').getcwd()"}) == []
    with pytest.raises((QueryError, TableError)):
        ours(table, "size=__import__('os').getpid()")


def test_a_column_of_lists_cannot_be_compared() -> None:
    with pytest.raises(QueryError, match="cannot be compared"):
        SESSION.select([{"uri": "a", "sectors": [1, 2]}], where={"sectors": 1})


def test_one_equals_sign_too_many_is_told() -> None:
    with pytest.raises(ValueError, match=re.escape("'kind==dvt' has an = too many; write 'kind=dvt'")):
        Where.of("kind==dvt")
    with pytest.raises(ValueError, match=re.escape("write 'kind!=dvt'")):
        Where.of("kind!==dvt")
    assert Where.of({"description": "=a"}).columns == (("description", ("=a",)),)


@pytest.mark.parametrize("value", [3, 2.5, True, [3, "SCIENCE"]], ids=str)
def test_a_number_for_a_column_of_words_is_told(value: object) -> None:
    table = table_of([("SCIENCE", "1", 10, 20.0), ("INFO", "22", 1000, 20.0)])
    with pytest.raises(QueryError, match=re.escape("column 'productType' holds text ('INFO', 'SCIENCE')")):
        ours(table, {"productType": value})
    assert len(ours(table, {"obsID": 22})) == 1, "some columns hold numbers as text"
