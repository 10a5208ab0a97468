"""What MAST answers, played from recordings: only what is true of the real archive too is asserted."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tess_source import Session
from tess_source.errors import ResolverError
from tess_source.functions import observations

KELT9, L98_59, NO_SUCH_STAR = 16740101, 307210830, 9_999_999_999_999
ONE_LINE_STAR = 257486953
pytestmark = pytest.mark.vcr


def test_a_tic_id_finds_its_observations_and_nothing_else(recorded: Session) -> None:
    found = recorded.search(ONE_LINE_STAR)
    assert set(found.observations["tic"]) == {ONE_LINE_STAR}
    assert "tess2021232031932-s0042-0000000257486953-0213-s_lc.fits" in found.products["filename"].to_list()
    assert set(found.products["parent_obsid"]) <= set(found.observations["obsid"])


def test_products_of_a_multi_sector_search_are_listed_with_their_run(recorded: Session) -> None:
    found = recorded.search(KELT9, sequence_number=16)
    rows = {row["kind"]: row for row in found.products if row["last_sector"] == 16 and row["first_sector"] == 14}
    assert rows["dvt"]["filename"] == "tess2019199201929-s0014-s0016-0000000016740101-00253_dvt.fits"
    assert {row["run"] for row in rows.values()} == {253}


def test_several_stars_are_asked_for_in_one_question(recorded: Session) -> None:
    found = observations([ONE_LINE_STAR, 118004375], session=recorded)
    assert set(found["tic"]) == {ONE_LINE_STAR, 118004375}


def test_a_name_is_the_star_that_the_resolver_means(recorded: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = observations("KELT-9", session=recorded)
    assert set(found["tic"].drop_nulls()) == {KELT9}
    assert "KELT-9: resolved to 307.8598" in caplog.text


def test_a_name_that_nobody_knows_is_an_error(recorded: Session) -> None:
    with pytest.raises(ResolverError, match="no resolver knows 'no such star at all'"):
        recorded.search("no such star at all")


def test_a_confirmed_zero_is_an_empty_answer(recorded: Session) -> None:
    found = recorded.search(NO_SUCH_STAR)
    assert len(found.observations) == 0
    assert "the archive answered and has none" in found.explain()


def test_the_archive_counts_without_listing(recorded: Session) -> None:
    assert recorded.count(KELT9) >= 12


def test_the_archive_describes_its_columns(recorded: Session) -> None:
    described = {field.name: field for field in recorded.fields("observations")}
    assert described["t_min"].unit == "d" or "MJD" in described["t_min"].examples
    assert {"obs_id", "target_name", "sequence_number", "t_exptime", "provenance_name"} <= set(described)


def test_a_file_is_fetched_whole_and_checked_against_the_list(recorded: Session, tmp_path: Path) -> None:
    found = recorded.search(390988385, sequence_number=54, provenance_name="SPOC", dataproduct_type="timeseries")
    small = found.products.where(found.products["kind"] == "dvr-xml")
    manifest = recorded.found(small).plan(tmp_path, layout="flat").download(jobs=1)
    (entry,) = manifest
    assert entry.ok, entry.error
    assert entry.path is not None
    assert entry.path.stat().st_size == small[0]["size"]
    assert entry.path.read_bytes().startswith(b"<?xml")
