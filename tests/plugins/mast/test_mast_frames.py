"""The portal's JSON becomes tables without loss: the declared types decide, null stays null."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mast_case import envelope, plain

from tess_source import Products, Target
from tess_source.errors import ServiceError
from tess_source.tables.nearest import around
from tess_source_mast.frames import frame


def recorded(name: str) -> dict[str, Any]:
    """Give an answer that MAST gave; astroquery's wheel holds it."""
    answer: dict[str, Any] = json.loads(
        files("astroquery.mast").joinpath(f"tests/data/{name}.json").read_text(encoding="utf-8")
    )
    return answer


@pytest.mark.parametrize("name", ["caom", "products", "advSearch", "advSearchPos"])
def test_recorded_answers_equal_what_astroquery_makes_of_them(name: str) -> None:
    from astroquery.mast.discovery_portal import _json_to_table

    answer = recorded(name)
    theirs = plain(_json_to_table(answer))
    ours = frame("test", [answer])
    assert ours.columns == list(theirs)
    for column, values in theirs.items():
        assert [None if value == "" else value for value in ours[column]] == values, column


def test_declared_types_decide() -> None:
    types = {"obsid": "string", "t_exptime": "float", "size": "int", "mtFlag": "boolean", "new": "quaternion"}
    rows = [
        {"obsid": 27503032, "t_exptime": 120, "size": 5, "mtFlag": False, "new": [1]},
        {"obsid": None, "t_exptime": None, "size": None, "mtFlag": None, "new": None, "undeclared": 1},
        {},
    ]
    found = frame("test", [envelope(rows, types)])
    assert dict(found.schema) == {
        "obsid": pl.String, "t_exptime": pl.Float64, "size": pl.Int64, "mtFlag": pl.Boolean, "new": pl.String,
    }  # fmt: skip
    assert found.row(0) == ("27503032", 120.0, 5, False, "[1]")
    assert found.row(1) == found.row(2) == (None,) * 5


def test_a_mark_for_selected_rows_is_no_column_and_a_name_counts_once() -> None:
    answer = envelope([{"a": 1, "_selected_": None}], {"a": "int", "_selected_": "boolean"})
    answer["fields"].append({"name": "a", "type": "string"})
    assert frame("test", [answer]).to_dict(as_series=False) == {"a": [1]}


def test_pages_may_differ_in_their_columns() -> None:
    pages = [envelope([{"a": 1}], {"a": "int"}), envelope([{"a": 2, "b": "x"}], {"a": "int", "b": "string"})]
    assert frame("test", pages).rows() == [(1, None), (2, "x")]


def test_a_value_of_another_type_is_a_failure_and_not_a_null() -> None:
    with pytest.raises(ServiceError, match="'size' is declared int"):
        frame("test", [envelope([{"size": "large"}], {"size": "int"})])


@pytest.mark.real
def test_real_product_rows_are_understood(real: Path) -> None:
    rows = json.loads((real / "mast-json/toi3505_s0014-s0086_vetting_products.json").read_text(encoding="utf-8"))
    texts = {name for row in rows for name, value in row.items() if isinstance(value, str) or value is None}
    numbers = {"obsID": "string", "parent_obsid": "string", "size": "int", "calib_level": "int"}
    products = Products.of(frame("test", [envelope(rows, {**dict.fromkeys(sorted(texts), "string"), **numbers})]))
    assert sorted(products["kind"]) == ["dvm", "dvr-pdf", "dvr-xml", "dvs", "dvt"]
    assert set(products["tic"]) == {390988385}
    assert set(products["parent_obsid"]) == {"262995968"}
    assert products["size"].sum() == sum(row["size"] for row in rows)


@given(
    place=st.tuples(st.floats(0, 360), st.floats(-90, 90)),
    other=st.tuples(st.floats(0, 360), st.floats(-90, 90)),
)
def test_separation_is_that_of_astropy(place: tuple[float, float], other: tuple[float, float]) -> None:
    from astropy.coordinates import SkyCoord

    rows = pl.DataFrame({"s_ra": [other[0]], "s_dec": [other[1]]})
    ours = around(rows, Target("here", ra=place[0], dec=place[1])).rows["separation"][0]
    theirs = SkyCoord(*place, unit="deg").separation(SkyCoord(*other, unit="deg")).arcsec
    assert ours == pytest.approx(theirs, rel=1e-9, abs=0.02 if theirs > 600000 else 1e-6)
