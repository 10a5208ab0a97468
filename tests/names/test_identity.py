"""Names of one product: a reprocessing moved the stamp in the name by a second."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tess_source import names

OLD = "tess2018349182459-s0006-0000000038846515-0126-s_lc.fits"
NEW = "tess2018349182500-s0006-0000000038846515-0126-s_lc.fits"
IMAGE = "tess2018256195940-s0002-1-1-0121-s_ffic.fits"

SAME = [
    (OLD, OLD),
    (OLD, NEW),
    (f"mast:TESS/product/{OLD}", f"data/{NEW}"),
    (OLD.replace("_lc", "_tp"), NEW.replace("_lc", "_tp")),
    (OLD.removesuffix("_lc.fits"), NEW.removesuffix("_lc.fits")),  # obs_ids
    (IMAGE, IMAGE.replace("195940", "195941")),
    ("tess2018319112539-s0005-s0005-0000000307210830-00140_dvt.fits",) * 2,
    (
        "tess2020366235959-s0033-0000000038846515-0203-s_lc.fits",
        "tess2021001000000-s0033-0000000038846515-0203-s_lc.fits",
    ),
    ("notes.txt", "notes.txt"),
]
OTHERS = [
    (OLD, NEW.replace("_lc", "_tp")),
    (OLD, NEW.replace("38846515", "38846516")),
    (OLD, NEW.replace("s0006", "s0007")),
    (OLD, NEW.replace("-s_lc.fits", "-a_fast-lc.fits")),
    (OLD, NEW.replace("182500", "192500")),
    (IMAGE, IMAGE.replace("195940", "202940")),  # the next image of this CCD
    (IMAGE, IMAGE.replace("195940", "195941").replace("-1-1-", "-1-2-")),
    # a later run of data validation, whose stamp moved too: both are at the archive
    (
        "tess2018319112539-s0005-s0005-0000000307210830-00140_dvt.fits",
        "tess2018319112538-s0005-s0005-0000000307210830-00413_dvt.fits",
    ),
    ("tess2018349182459-notes.txt", "tess2018349182500-notes.txt"),
    ("a.fits", "b.fits"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_differ_by_a_moved_stamp_are_of_one_product(one: str, other: str) -> None:
    assert names.same_product(one, other)
    assert names.same_product(other, one)
    assert names.product_numbers(pl.Series([one, other])).n_unique() == 1


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_names_that_differ_in_more_are_of_two_products(one: str, other: str) -> None:
    assert not names.same_product(one, other)
    assert not names.same_product(other, one)
    assert names.product_numbers(pl.Series([one, other])).n_unique() == 2


def test_a_column_keeps_its_order_and_its_gaps() -> None:
    numbers = names.product_numbers(pl.Series([NEW, None, IMAGE, "notes.txt", OLD, None, "notes.txt"]))
    assert numbers.dtype == pl.UInt32
    first, image, notes = numbers[0], numbers[2], numbers[3]
    assert numbers.to_list() == [first, None, image, notes, first, None, notes]
    assert len({first, image, notes}) == 3
    assert names.product_numbers(pl.Series([], dtype=pl.String)).to_list() == []
    assert names.product_numbers(pl.Series([None, None])).to_list() == [None, None]


def test_the_latest_of_several_names_of_a_product_is_known() -> None:
    column = pl.Series([NEW, OLD, None, OLD.replace("_lc", "_tp"), "notes.txt", "notes.txt"])
    assert names.latest_names(column).to_list() == [True, False, True, True, True, True]
    assert names.latest_names(pl.Series([], dtype=pl.String)).to_list() == []


@given(st.sampled_from([f"{stamp}{rest}" for stamp in ("tess2018349182459", "tess2018349182500", "tess2018349182507", "x")
                        for rest in ("-s0006-1-s_lc.fits", "-s0006-1-s_tp.fits", "")]).flatmap(
    lambda one: st.tuples(st.just(one), st.sampled_from([OLD, NEW, IMAGE, one]))))  # fmt: skip
def test_pairs_and_columns_agree(pair: tuple[str, str]) -> None:
    assert (names.product_numbers(pl.Series(pair)).n_unique() == 1) is names.same_product(*pair)


@pytest.mark.real
def test_the_double_images_of_sector_2_are_one_product_each_and_no_neighbours_are(real: Path) -> None:
    with (real / "ffi-lists" / "ffi_segments_s0001-s0060.csv").open(encoding="utf-8", newline="") as lines:
        series = [row for row in csv.DictReader(lines) if row["sector"] == "2"]
    stamps = [stamp for row in series for stamp in _stamps(row["first_stamp"], int(row["step_s"]), int(row["count"]))]
    assert len(stamps) == 1543
    images = pl.Series([f"tess{stamp}-s0002-1-1-0121-s_ffic.fits" for stamp in stamps])
    assert names.product_numbers(images).n_unique() == 1245
    for file in ("s0001-spoc-1-1", "s0026-spoc-4-4", "s0056-spoc-2-3"):
        listed = pl.read_csv(gzip.decompress((real / "ffi-lists" / f"{file}.csv.gz").read_bytes()))["path"]
        assert names.product_numbers(listed).n_unique() == len(listed)


def _stamps(first: str, step: int, count: int) -> list[str]:
    from datetime import UTC, datetime, timedelta

    start = datetime.strptime(first, "%Y%j%H%M%S").replace(tzinfo=UTC)
    return [(start + timedelta(seconds=step * number)).strftime("%Y%j%H%M%S") for number in range(count)]


@pytest.mark.real
def test_the_two_real_light_curves_of_sector_6_have_names_of_one_form(real: Path) -> None:
    old, new = (next((real / "lc").glob(f"tess2018349182{second}-s0006-*")).name for second in ("459", "500"))
    assert names.same_product(old.replace("0404768847", "0038846515"), new)
