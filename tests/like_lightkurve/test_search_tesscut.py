"""search_tesscut has lightkurve's words and habits, and gives both cut-outs of a star that two cameras saw."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from lightkurve_packages import lightkurve_at
from peers import OLD_WORD

import tess_source
from tess_source import Session
from tess_source.errors import DownloadError, QueryError
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_tesscut import service

# lightkurve says so at every first import.
pytestmark = [pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*"), OLD_WORD]

STAR, TWO = "TIC 96704587", "19.9 -24.2"


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(service, "PER_SECOND", 0.0)
    return Session(archive.url, cache=tmp_path / "cache")


@pytest.fixture
def lightkurve(archive: SampleArchive, tmp_path: Path) -> Iterator[Any]:
    """Give lightkurve itself, at the sample archive, with a cache of its own."""
    import lightkurve

    with lightkurve_at(archive, tmp_path / "lightkurve"):
        yield lightkurve


def test_it_shows_letter_by_letter_what_lightkurve_shows(session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_tesscut(STAR, sector=55, session=session)
    theirs = lightkurve.search_tesscut(STAR, sector=55)
    assert repr(ours) == repr(theirs)
    for name in (
        "description",
        "mission",
        "target_name",
        "author",
        "distance",
        "sequence_number",
        "project",
        "provenance_name",
    ):
        assert list(ours.table[name]) == list(theirs.table[name]), name
    assert {*inspect.signature(lightkurve.search_tesscut).parameters} == {"target", "sector"}
    assert [*inspect.signature(tess_source.search_tesscut).parameters][:2] == ["target", "sector"]


@pytest.mark.parametrize("size", [None, (3, 4)], ids=str)
def test_downloads_are_those_of_lightkurve(size: Any, session: Session, lightkurve: Any) -> None:
    ours = tess_source.search_tesscut(STAR, sector=55, session=session).download(cutout_size=size)
    theirs = lightkurve.search_tesscut(STAR, sector=55).download(cutout_size=size)
    assert type(ours) is type(theirs)
    assert (ours.targetid, ours.sector, ours.camera, ours.ccd) == (
        theirs.targetid,
        theirs.sector,
        theirs.camera,
        theirs.ccd,
    )
    assert np.array_equal(ours.flux.value, theirs.flux.value)
    assert (ours.time == theirs.time).all()
    theirs.hdu.close()


def test_both_cut_outs_of_a_place_that_two_cameras_saw_come(session: Session) -> None:
    table = tess_source.search_tesscut(TWO, sector=3, session=session)
    assert list(table.mission) == ["TESS Sector 03", "TESS Sector 03"]
    pixels = table.download_all(cutout_size=3)
    assert pixels is not None
    assert [(one.camera, one.ccd, one.targetid) for one in pixels] == [(1, 1, TWO), (2, 4, TWO)]


def test_each_of_several_targets_keeps_its_name(session: Session) -> None:
    table = tess_source.search_tesscut([TWO, 12862099], sector=3, size=3, session=session)
    pixels = table.download_all()
    assert pixels is not None
    assert {one.targetid for one in pixels} == {TWO, "TIC 12862099"}
    assert [one.targetid for one in pixels] == list(table.target_name)


def test_sizes_may_be_given_to_the_search_and_changed_by_the_download(session: Session, archive: SampleArchive) -> None:
    table = tess_source.search_tesscut("TIC 12862099", 3, size=(3, 4), session=session)
    assert table.download().shape[1:] == (3, 4)
    assert table.download(cutout_size=1.5 * u.arcmin).shape[1:] == (5, 5)
    assert table[0].download_all(cutout_size=np.int64(3))[0].shape[1:] == (3, 3)
    archive.clear()
    assert table.download(cutout_size=3).shape[1:] == (3, 3)
    assert archive.requests == [], "it is here"
    with pytest.raises(QueryError, match="rows, columns"):
        table.download(cutout_size="large")


def test_targets_are_as_in_other_searches(session: Session) -> None:
    place = SkyCoord(3.903206, -11.938135, unit="deg")
    for target in (12862099, "TIC 12862099", "WASP-44", place, "00:15:36.77 -11:56:17.3"):
        assert len(tess_source.search_tesscut(target, sector=3, session=session)) == 1, target
    with pytest.raises(QueryError, match="there is no target"):
        tess_source.search_tesscut(None, session=session)
    assert len(tess_source.search_tesscut(261136679, sector=(1, 4), session=session)) == 2
    assert len(tess_source.search_tesscut(261136679, limit=3, session=session)) == 3


def test_what_is_for_other_searches_is_refused(session: Session) -> None:
    with pytest.raises(TypeError, match="chooses the kind"):
        tess_source.search_tesscut(STAR, kind="lc", session=session)
    with pytest.raises(TypeError, match="did you mean 'sector'"):
        tess_source.search_tesscut(STAR, sectors=3, session=session)


def test_nothing_says_why(session: Session) -> None:
    table = tess_source.search_tesscut("0 80", session=session)
    assert len(table) == 0
    assert "SearchResult containing 0 data products." in repr(table)


def test_the_services_own_words_reach_the_user(session: Session, archive: SampleArchive) -> None:
    archive.faults.add(Fault("json-error", match="astrocut", message="No FFIs found for this sector"))
    with pytest.raises(DownloadError, match="No FFIs found for this sector"):
        tess_source.search_tesscut("TIC 12862099", 3, session=session).download()


def test_other_files_have_no_such_size(session: Session) -> None:
    table = tess_source.search_lightcurve(12862099, session=session)
    with pytest.warns(UserWarning, match="it changes nothing here") as told:
        table.download(cutout_size=3)
    assert told[0].filename == __file__
