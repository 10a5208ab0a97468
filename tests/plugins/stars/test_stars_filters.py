"""Products chosen by what their star is: columns that are looked up, and filters that need them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import astropy.units as u
import pytest
from tic_case import DWARF, FAR, TicService, dwarf, row, session_at

from tess_source import Found, Products
from tess_source.errors import OfflineError, QueryError
from tess_source.search.select import checked_value
from tess_source_stars.lookup import COLUMN_NAMES

COOL, WARM, UNKNOWN = 1, 2, 3


@pytest.fixture
def found(service: TicService) -> Found:
    """Light curves of a cool star, a warm one, one of which the TIC knows the magnitude only, and a file of no star."""
    service.sky = {
        COOL: dwarf(COOL),
        WARM: dwarf(WARM, Teff=5600, rad=1, mass=1, logg=4.4, d=100, contratio=0.5, pmRA=3, pmDEC=-4),
        UNKNOWN: row(UNKNOWN, ra=1.0, dec=1.0, Tmag=15),
    }
    names = [f"tess2019226182529-s0015-{tic:016d}-0151-s_lc.fits" for tic in (COOL, WARM, UNKNOWN)]
    return session_at(service).found([f"mast:TESS/product/{name}" for name in [*names, "tess-s0015-1-1-ffi.txt"]])


def kept(found: Found, **filters: Any) -> list[int | None]:
    return found.select(**filters).products["tic"].to_list()


def test_the_columns_of_a_search_are_those_of_the_tic(service: TicService) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    products = session_at(service).search(16740101, stars=True, kind="lc").products
    assert {*COLUMN_NAMES} <= {*products.columns}
    assert products["teff"].unique().to_list() == [3500.0]
    assert products["radius"].unique().to_list() == [0.4]
    assert {"tmag", "teff", "radius", "mass", "distance"} <= {*products.visible}
    assert "teff" not in session_at(service).search(16740101).products.columns


def test_a_comma_between_other_numbers_divides_a_list(found: Found) -> None:
    assert kept(found, teff="3500,5600") == kept(found, teff="3500, 5600") == [COOL, WARM]


def test_the_record_says_when_the_remembered_values_were_asked_for(
    found: Found, service: TicService, tmp_path: Path
) -> None:
    record = session_at(service, cache=tmp_path).found(found.products).select(teff="<4000").record
    assert record is not None
    assert record["lookups"]["stars"]["source"].startswith("TIC of MAST, asked 20")


def test_a_product_of_no_star_has_nulls(found: Found) -> None:
    assert found.select(stars=True).products["tmag"].to_list() == [10.0, 10.0, 15.0, None]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("teff", (3000, 4000)),
        ("teff", "3000..4000"),
        ("teff", "<4000"),
        ("teff", "< 4 kK"),
        ("teff", "3..4 kK"),
        ("teff", "3000 K..4000 K"),
        ("teff", "3000-4000"),
        ("teff", "3000-4000 K"),
        ("teff", "3 – 4 kK"),
        ("teff", "3000 K - 4 kK"),
        ("teff", "3e3-4e3K"),
        ("teff", "3.5e+3"),
        ("teff", 3500),
        ("teff", "3500 K"),
        ("teff", 3500 * u.K),
        ("teff", [3000, 4000] * u.K),
        ("teff", (3000 * u.K, 4000 * u.K)),
        ("teff", [3500, "10000..20000"]),
        ("teff", slice(3000, 4000)),
        ("teff", (None, 4000)),
        ("logg", "4.7..4.9 dex"),
        ("star_radius", "<0.6"),
        ("star_radius", "<300000 km"),
        ("star_radius", 0.4 * u.R_sun),
        ("star_radius", "<6 R_jup"),
        ("star_radius", "<0.6 Rsun"),
        ("mass", (0.1, 0.5)),
        ("mass", "0.1..0.5 M☉"),
        ("logg", ">=4.6"),
        ("distance", "<30"),
        ("distance", "0.01..0.03 kpc"),
        ("distance", "<100 lyr"),
        ("contamination", "<0.1"),
        ("contamination", "1e-3-2e-2"),
        ("contamination", "1-2 %"),
        ("pm", ">200"),
        ("pm", ">0.2 arcsec/yr"),
        ("pm", (499, 501)),
    ],
    ids=str,
)
def test_filters_keep_the_stars_in_a_range_with_or_without_units(found: Found, name: str, value: Any) -> None:
    assert kept(found, **{name: value}) == [COOL]


def test_stars_without_a_value_are_dropped_and_counted(found: Found, caplog: pytest.LogCaptureFixture) -> None:
    assert kept(found, teff=">0") == [COOL, WARM]
    said = [one for one in caplog.messages if "teff" in one]
    assert said == ["filter 'teff' drops 2 of 4 products (1 of 3 stars): teff is not known"]
    assert found.select(teff="<4000").drops[-1].dropped == 3


def test_a_value_that_is_known_of_no_star_is_an_error_and_no_empty_answer(
    found: Found, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(QueryError, match="filter 'mass': the mass of the star is not known of any star of this answer"):
        found.select(tic=UNKNOWN).select(mass="<1")
    assert not [one for one in caplog.messages if "drops" in one]


def test_an_empty_answer_says_what_the_tic_says_of_the_star(service: TicService, tmp_path: Path) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    session = session_at(service, cache=tmp_path)
    found = session.search(16740101, kind="lc", teff=">4 kK", logg=">4", pm="<20")
    assert "TIC 16740101: the TIC says: teff 3500 K, pm 500 mas/yr" in found.explain()


def test_an_answer_without_products_stays_empty(found: Found, service: TicService) -> None:
    none = found.select(kind="tp")
    assert kept(none, teff="<4000") == []
    assert service.asked_of_tic == []


def test_values_that_the_products_have_are_not_looked_up(service: TicService) -> None:
    rows = [
        {"uri": f"mast:TESS/product/tess2019226182529-s0015-{tic:016d}-0151-s_lc.fits", "teff": 3000.0 * tic}
        for tic in (1, 2)
    ]
    found = session_at(service).found(Products.of(rows))
    assert kept(found, teff="<4000") == [1]
    assert service.asked_of_tic == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("teff", "cool", r"'cool' is not a number; give numbers in K, or e.g. '3000..4000'"),
        ("teff", "3000 kg", r"give numbers in K"),
        ("teff", "3000 parrots", r"'parrots' is not a unit; give e.g. 3000 K"),
        ("teff", "3,000..4,000", r"no comma between thousands; give 3000, or '3, 000'"),
        ("teff", "<4,500", r"'<4,500': numbers have no comma between thousands; give 4500, or '4, 500' for several numbers"),
        ("distance", ["5", "1,000,000 lyr"], r"give 1000000, or '1, 000, 000'"),
        ("logg", "4 mag(AB)", r"give numbers in log10 of cm/s², or e\.g\. '>=4'"),
        ("teff", (4000, 3000), r"runs backwards"),
        ("teff", "4..3 kK", r"runs backwards"),
        ("teff", "4000-3000 K", r"runs backwards"),
        ("teff", "3000 K*4", r"'K.4' is not a unit"),
        ("teff", "3000-", r"is not a number"),
        ("teff", [], r"an empty list would keep nothing"),
        ("teff", True, r"is no value to choose by"),
        ("teff", 3 * u.m, r"give numbers in K"),
        ("teff", float("nan"), r"not a finite number"),
        ("contamination", "0.1 pc", r"give e.g. '<0.1'"),
        ("logg", "", r"empty word"),
        ("distance", "10 mas", r"give numbers in pc"),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_says_what_would(service: TicService, name: str, value: Any, told: str) -> None:
    with pytest.raises(QueryError, match=told):
        checked_value(session_at(service).registry, name, value)


def test_what_a_ledger_shows_is_read_as_the_same(service: TicService) -> None:
    registry = session_at(service).registry
    for value in ("3000..4000", ">3000", "<=4 kK", 3500, [3500, (1, 2)]):
        read = checked_value(registry, "teff", value)
        assert checked_value(registry, "teff", str(read).split(",")) == read


def test_offline_filters_work_where_the_values_are_remembered(service: TicService, tmp_path: Path) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    session_at(service, cache=tmp_path).search(16740101, kind="lc", teff="<4000")
    offline = session_at(service, cache=tmp_path, offline=True)
    assert len(offline.search(16740101, kind="lc", teff="<4000")) > 0
    files = offline.found([f"mast:TESS/product/tess2019226182529-s0015-{FAR:016d}-0151-s_lc.fits"])
    with pytest.raises(OfflineError, match=f"the TIC's values of TIC {FAR}"):
        files.select(teff="<4000")


def test_a_lock_repeats_the_choice(service: TicService, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    session = session_at(service, cache=tmp_path)
    with caplog.at_level(logging.ERROR):
        plan = session.search(16740101, kind="lc", teff=(3000 * u.K, 4000 * u.K)).plan(tmp_path)
        plan.save(tmp_path / "plan.ecsv")
        again = session.load_plan(tmp_path / "plan.ecsv", tmp_path)
    assert again.record is not None
    assert "teff" in str(again.record)
