"""Data validation as MAST lists and serves it, played from recordings: only what is true of the real archive too is asserted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from dv_case import key

import tess_source_dv
from tess_source import Session

KELT9, L98, TOI3505, WASP44 = 16740101, 307210830, 390988385, 12862099
pytestmark = pytest.mark.vcr


@pytest.fixture
def session(recorded: Session) -> Session:
    """The recorded archive, with data validation."""
    recorded.register(tess_source_dv)
    return recorded


def test_runs_of_one_search_lie_side_by_side_and_the_highest_is_current(session: Session, tmp_path: Path) -> None:
    sets = session.search(KELT9, sequence_number=14).dv(root=tmp_path)
    again = sets.where((pl.col("first_sector") == 14) & (pl.col("last_sector") == 14))
    assert {240, 290, 745} <= set(again["run"])
    assert again["run"].to_list() == sorted(again["run"], reverse=True)
    assert set(again["superseded_by"][1:]) == {again["set"][0]}
    assert set(again["missing"]) == {None}


def test_ranges_are_bounded_by_what_was_observed_and_nested_ones_are_superseded(
    session: Session, tmp_path: Path
) -> None:
    found = session.search(L98, provenance_name="SPOC")
    sets = {row["set"]: row for row in found.dv(root=tmp_path)}
    nested = [key(*run, L98) for run in ((1, 6, 196), (1, 9, 205), (1, 13, 226))]
    assert [(sets[one]["sectors"], sets[one]["state"]) for one in nested] == [
        ("2,5", "bounded"), ("2,5,8-9", "bounded"), ("2,5,8-12", "bounded"),
    ]  # fmt: skip
    assert {sets[one]["superseded_by"] for one in nested[:2]} == {nested[2]}
    assert sets[key(9, 9, 198, L98)]["lost"] == "at least 1 of 3 TCEs"


def test_the_search_over_several_sectors_is_an_observation_without_light_curves(
    session: Session, tmp_path: Path
) -> None:
    found = session.search(TOI3505, sequence_number=86)
    (row,) = found.dv(root=tmp_path)
    assert (row["set"], row["state"], row["members"]) == (
        key(14, 86, 971, TOI3505),
        "unknown",
        "dvt dvr-xml dvr-pdf dvm dvs:1",
    )


def test_tces_are_read_from_the_report_that_is_fetched(session: Session, tmp_path: Path) -> None:
    found = session.search(TOI3505, sequence_number=54, provenance_name="SPOC", dataproduct_type="timeseries")
    (tce,) = found.tces(root=tmp_path)
    assert (tce["set"], tce["tce"], tce["sectors"]) == (key(54, 54, 645, TOI3505), 1, "54")
    assert tce["period"] == pytest.approx(2.915, abs=0.001)
