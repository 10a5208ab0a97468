"""The portal's own rows, asked sector by sector, fill in what no list knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tess_source import Session, clock
from tess_source.errors import QueryError
from tess_source_catalogue import portal
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

ONLY_THE_PORTAL = ["obsid", "t_min", "t_max", "proposal_id", "t_obs_release", "s_region"]


@pytest.fixture
def session(fresh_archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(portal, "PAUSE", 0.0)
    return Session(fresh_archive.url, cache=tmp_path)


def sectors_asked(archive: SampleArchive) -> set[str]:
    asked = " ".join(str(dict(request.body)) for request in archive.requests if request.service)
    return {sector for sector in ("14", "15") if f"'values': ['{sector}']" in asked}


def rows(session: Session, archive: str) -> list[tuple[object, ...]]:
    found = session.search(sector=[14, 15], pipeline="SPOC", archive=archive).observations.to_polars()
    return sorted(found.select("obs_id", *ONLY_THE_PORTAL).rows(), key=str)


def test_they_are_those_of_the_portal_and_can_be_asked_for(session: Session) -> None:
    session.catalogue().update([14, 15], progress=False)
    with pytest.raises(QueryError, match=r"proposal_id.*--source portal"):
        session.search(sector=14, proposal_id="G022062", archive="catalogue")
    session.catalogue().update([14, 15], source="portal", progress=False)
    assert rows(session, "catalogue") == rows(session, "mast")
    proposal = next(str(row[4]) for row in rows(session, "mast"))
    here = session.search(sector=[14, 15], proposal_id=proposal, archive="catalogue")
    assert len(here) == len(session.search(sector=[14, 15], proposal_id=proposal, pipeline="SPOC", archive="mast")) > 0


def test_a_sector_that_fails_costs_itself_and_a_later_run_asks_for_it_alone(
    session: Session, fresh_archive: SampleArchive
) -> None:
    fresh_archive.faults.add(Fault("status", match='"values": ["15"]', times=None, status=404))
    first = session.catalogue().update([14, 15], source="portal", progress=False)
    assert [outcome.last for outcome in first.failed] == [15]
    assert session.catalogue().has("portal", 14)
    fresh_archive.faults.clear()
    fresh_archive.requests.clear()
    second = session.catalogue().update([14, 15], source="portal", progress=False)
    assert {one.last: one.state for one in second.outcomes} == {14: "unchanged", 15: "new"}
    assert sectors_asked(fresh_archive) == {"15"}


def test_a_sector_is_asked_for_again_after_a_day_and_if_the_clock_was_set_back(
    session: Session, fresh_archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.catalogue().update(14, source="portal", progress=False)
    now = clock.now
    for later in (portal.FRESH, -portal.FRESH):
        fresh_archive.requests.clear()
        monkeypatch.setattr(clock, "now", lambda later=later: now() + later)
        session.catalogue().update(14, source="portal", progress=False)
        assert sectors_asked(fresh_archive) == {"14"}
