"""Tables keep what the archive said, add what names say, and go to other libraries and back."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import toys
from astropy.table import Table

from tess_source import Links, Observations, Products
from tess_source.errors import TableError, UnknownNameError
from tess_source.tables import convert, listing, rows


@pytest.fixture
def products() -> Products:
    return Products.of(toys.product_rows()).sort()


def test_our_columns_come_from_the_names(products: Products) -> None:
    row = products.where(pl.col("filename") == toys.DVT_MULTI)[0]
    said = {
        key: row[key] for key in ("kind", "tic", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce")
    }
    assert said == {
        "kind": "dvt", "tic": 16740101, "first_sector": 14, "last_sector": 55, "exptime": 120.0, "pipeline": "SPOC", "run": 652,
        "tce": None,
    }  # fmt: skip


def test_the_archives_columns_are_left_as_they_are(products: Products) -> None:
    assert products["dataURI"].to_list() == products["uri"].to_list()
    assert products["obsID"].dtype == pl.String


def test_where_the_name_says_nothing_the_archives_own_words_stand_in() -> None:
    rows = [
        {
            "obs_id": "strange",
            "target_name": "0042",
            "sequence_number": 7,
            "t_exptime": 600,
            "provenance_name": "NEW",
            "obsid": "1",
        }
    ]
    row = Observations.of(rows)[0]
    assert (row["kind"], row["tic"], row["first_sector"], row["exptime"], row["pipeline"]) == (
        "other",
        42,
        7,
        600.0,
        "NEW",
    )


def test_a_sector_below_1_is_no_sector() -> None:
    rows = [
        {"obs_id": "strange", "target_name": "1", "sequence_number": number} for number in (-999, -1, 0, 1, 104, None)
    ]
    table = Observations.of(rows)
    assert table["first_sector"].to_list() == table["last_sector"].to_list() == [None, None, None, 1, 104, None]
    assert table["sequence_number"].to_list()[:4] == [-999, -1, 0, 1], "the archive's own columns stay as they are"


@pytest.mark.parametrize(
    ("name", "tic"),
    [
        ("00408084461", 408084461),
        ("TIC 408084461", 408084461),
        ("tic-0408084461", 408084461),
        ("TIC10000732589", 10000732589),
        ("2475555794352572672", None),
        (408084461, 408084461),
        (408084461.0, 408084461),
        (2475555794352572672, None),
        (None, None),
        ("TESS FFI", None),
        ("TOI-1150", None),
        ("", None),
    ],
)
def test_a_target_name_is_a_tic_id_where_it_can_be_one(name: object, tic: int | None) -> None:
    assert Observations.of([{"obs_id": "strange", "target_name": name}])["tic"].to_list() == [tic]


@pytest.mark.parametrize("make", [Table, pd.DataFrame, pl.DataFrame, list])
def test_a_table_from_elsewhere_gives_the_same_products(products: Products, make: Any) -> None:
    assert Products.of(make(toys.product_rows())).sort() == products


def test_a_single_astropy_row_is_a_table_of_one(products: Products) -> None:
    assert Products.of(Table(toys.product_rows())[0])["filename"].to_list() == [toys.LC]


def test_masked_values_and_missing_values_are_null() -> None:
    rows = Table(
        {"obs_id": ["a", "b"], "dataURI": ["mast:x/a", "mast:x/b"], "size": [1, 2], "note": ["x", "y"]}, masked=True
    )
    rows["size"].mask = [True, False]
    rows["note"].mask = [False, True]
    table = Products.of(rows)
    assert table["size"].to_list() == [None, 2]
    assert table["note"].to_list() == ["x", None]
    frame = pd.DataFrame({"obs_id": ["a", None], "dataURI": ["mast:x/a", "mast:x/b"], "size": [np.nan, 2]})
    assert Products.of(frame)["size"].to_list() == [None, 2]
    assert Products.of(frame)["obs_id"].to_list() == ["a", None]


def test_the_way_to_astropy_and_back_loses_nothing(products: Products) -> None:
    assert (
        Products(Products.complete(Products.of(products.to_table()).to_polars().select(products.columns))) == products
    )
    assert products.to_table()["run"].mask.tolist() == [run is None for run in products["run"]]


def test_the_way_to_pandas_and_back_loses_nothing(products: Products) -> None:
    back = Products.of(products.to_pandas())
    assert back.to_polars().select(products.columns).equals(products.to_polars())


def test_columns_of_astropy_are_made_once_and_are_their_own() -> None:
    uris = [f"mast:TESS/product/tess2018206045859-s0001-{tic:016}-0120-s_lc.fits" for tic in range(1000)]
    products = Products.of(pl.DataFrame({"uri": uris, "dataURI": uris, "size": range(1000), "twin": [None, *uris[1:]]}))
    products.to_table()  # imports
    tracemalloc.start()
    try:
        table = products.to_table()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * sum(table[name].nbytes for name in table.colnames)
    table["dataURI"][0], table["size"][0], table["tic"][1] = "mine", 5, 7
    assert table.colnames == products.columns
    assert table["uri"].tolist() == uris
    assert table["twin"].mask.tolist() == [True] + [False] * 999
    assert [products["dataURI"][0], products["size"][0], products["tic"][1]] == [uris[0], 0, 1]


def test_texts_of_twin_columns_are_made_once_for_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(rows, "texts", lambda series, kind: made.append(series.name) or convert.texts(series, kind))
    frame = Products.of([{"uri": name, "dataURI": name, "filename": "b"} for name in "abc"]).to_pandas()
    frame.loc[0, "dataURI"] = "mine"
    assert frame["uri"].tolist() == ["a", "b", "c"]
    assert "uri" in made
    assert "dataURI" not in made


def test_rows_and_columns_are_got_by_name_number_slice_and_mask(products: Products) -> None:
    assert products["size"].len() == len(products) == 5
    assert products[0]["filename"] == toys.LC
    assert products[-1] == list(products)[-1]
    assert products[np.int64(1)] == products[1]
    assert len(products[1:3]) == 2
    assert products[[0, 2]] == products[np.array([0, 2])]
    assert products[np.array([True, False, False, False, True])] == products[[0, 4]]
    assert products[pl.col("kind") == "lc"] == products[[0]]
    assert len(products[[]]) == 0
    assert products.where(mask=True) is products
    assert len(products.where(mask=False)) == 0
    assert Products.empty().mask(True).to_list() == []
    with pytest.raises(UnknownNameError, match="unknown column 'siez'; did you mean 'size'"):
        products["siez"]


@pytest.mark.parametrize("mask", [np.array([True]), pl.Series([1, 2, 3, 4, 5]), np.array([0.5] * 5)])
def test_a_mask_that_does_not_fit_is_refused(products: Products, mask: Any) -> None:
    with pytest.raises(TableError, match="a mask for 5 rows needs as many booleans"):
        products.where(mask)


@pytest.mark.parametrize(
    "mask", [[], np.array([]), pl.Series([]), pl.lit(value=True), pl.col("tic").max() > 5, pl.col("size") > 1]
)
def test_a_table_without_rows_takes_the_masks_that_others_take(products: Products, mask: Any) -> None:
    assert len(products[:0].where(mask)) == 0


def test_a_mask_of_nulls_keeps_nothing(products: Products) -> None:
    assert len(products.where(pl.Series([None] * 5))) == 0


def test_null_in_a_mask_counts_as_false(products: Products) -> None:
    assert len(products.where(pl.col("run") > 0)) == 2


def test_stacking_keeps_columns_that_only_one_part_has() -> None:
    one = Links.of([{"subject": "a", "kind": "mirror", "object": "b"}])
    assert Links.stack([one, Links.empty(), one]).columns == list(Links.schema)
    assert len(Links.stack([])) == 0


def test_tables_cannot_be_changed(products: Products) -> None:
    with pytest.raises(TypeError):
        products["size"] = 1  # type: ignore[index]
    with pytest.raises(TypeError):
        hash(products)


@pytest.mark.parametrize("thing", [3, "text", b"x", object()])
def test_what_is_no_table_is_refused(thing: Any) -> None:
    with pytest.raises(TableError, match="is not a table"):
        Products.of(thing)


def test_a_value_that_does_not_fit_its_column_is_refused() -> None:
    with pytest.raises(TableError, match="size"):
        Products.of([{"dataURI": "mast:x", "obs_id": "a", "size": "large"}])


def test_results_print_well(products: Products, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = repr(products).splitlines()
    assert lines[0] == "5 products"
    assert lines[1].split() == [
        "tic",
        "kind",
        "first_sector",
        "last_sector",
        "exptime",
        "pipeline",
        "run",
        "size",
        "filename",
    ]
    assert lines[2].split() == ["16740101", "lc", "14", "14", "120", "SPOC", "2880", toys.LC]
    assert repr(products[[0]]).startswith("1 product\n")


def test_a_narrow_terminal_cuts_names_in_their_middle_and_never_numbers(
    products: Products, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = repr(products).splitlines()[1:]
    assert all(len(line) <= 80 for line in lines)
    assert lines[0] == "all rows: tic 16740101, pipeline SPOC"
    rows = lines[3:]
    assert [line.split()[1] for line in rows] == [str(sector) for sector in products["first_sector"]]
    assert rows[0].endswith("_lc.fits")


def test_whole_numbers_are_nullable_integers_in_pandas(products: Products) -> None:
    frame = products.to_pandas()
    assert [str(frame[name].dtype) for name in ("tic", "run", "tce", "size")] == ["Int64", "Int32", "Int32", "Int64"]


def test_html_is_escaped() -> None:
    html = Links.of([{"subject": "<script>", "kind": "a&b", "object": "c"}])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_long_table_says_what_it_does_not_show() -> None:
    links = Links.of([{"subject": str(n), "kind": "mirror", "object": "b"} for n in range(100)])
    assert "… 60 more …" in repr(links)
    assert "… 60 more …" in links._repr_html_()


def test_many_rows_are_sorted_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"archive": "mast", "obs_id": obs_id, "tic": tic, "first_sector": first, "last_sector": 14, "exptime": exptime}
        for obs_id in ("b", "a", None)
        for tic in (2, 1, None)
        for first in (14, 1)
        for exptime in (20.0, 120.0, None)
    ]
    frame = pl.DataFrame(rows).with_columns(observation="obs_id", kind=pl.lit("lc"), pipeline=pl.lit("SPOC"))
    few = Observations.of(frame).sort()
    monkeypatch.setattr(listing, "FEW_ROWS", 0)
    assert Observations.of(frame).sort() == few


def test_names_are_not_read_where_all_columns_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Products.of([{"uri": "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"}])

    def read(_names: pl.Series) -> pl.DataFrame:
        raise AssertionError("names were read again")

    monkeypatch.setattr(listing.names, "columns", read)
    assert Products.of(known.to_polars()) == known
