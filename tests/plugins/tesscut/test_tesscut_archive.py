"""Cut-outs as products of a search: one per target, sector, camera and CCD, of the size that is asked for."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from astropy.coordinates import SkyCoord

import tess_source
from tess_source import Session
from tess_source.errors import OfflineError, QueryError, ServiceError, UnknownNameError
from tess_source.lock.refresh import refresh
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

PIMEN, SMALL = 261136679, "TIC 257486953"
EMPTY = "27.418340 11.207583"
BOTH = "19.9 -24.2"
"""A place that two cameras of sector 3 saw."""


def asked(archive: SampleArchive, word: str) -> list[dict[str, str]]:
    """Return the queries of the requests to an endpoint of TESScut."""
    there = [request for request in archive.requests if request.path == f"/tesscut/api/v0.1/{word}"]
    return [{name: values[0] for name, values in request.query.items()} for request in there]


def filenames(found: tess_source.Found) -> list[str]:
    return found.products["filename"].to_list()


# -- what is found --


def test_a_star_has_one_cut_out_per_sector_on_the_ccd_that_its_light_curves_name(session: Session) -> None:
    found = session.search(PIMEN, kind="cutout")
    chips = found.products.to_polars().select("first_sector", "camera", "ccd").rows()
    assert chips == [
        *((1, 4, 2), (4, 4, 3), (8, 4, 4), (11, 4, 1), (12, 3, 4), (27, 3, 3), (68, 4, 2), (88, 4, 4)),
    ]
    first = found.products.to_polars().row(0, named=True)
    assert first["uri"] == "tesscut:tess-s0001-4-2_84.291188_-80.469120_5x5_astrocut.fits"
    assert (first["kind"], first["tic"], first["pipeline"], first["exptime"]) == ("cutout", PIMEN, "TESScut", 1800)
    assert found.products["size"].null_count() == 8
    assert (found.products["exptime"].to_list()[-1], set(found.observations["archive"])) == (200, {"tesscut"})


def test_a_place_that_two_cameras_saw_has_two_cut_outs_in_one_sector(session: Session, tmp_path: Path) -> None:
    found = session.search(BOTH, kind="cutout", sector=3, size=3)
    assert found.products.to_polars().select("camera", "ccd").rows() == [(1, 1), (2, 4)]
    pixels = found.plan(tmp_path).download().load()
    assert [(one.camera, one.ccd) for one in pixels] == [(1, 1), (2, 4)]


def test_the_portal_is_not_asked_for_cut_outs_and_one_question_is_enough(
    session: Session, archive: SampleArchive
) -> None:
    session.search(EMPTY, kind="cutout")
    assert [request.path for request in archive.requests] == ["/tesscut/api/v0.1/sector"]
    assert asked(archive, "sector") == [{"ra": "27.418340", "dec": "11.207583", "radius": "0.0"}]


def test_cut_outs_and_light_curves_come_together(session: Session) -> None:
    found = session.search(SMALL, kind=["lc", "cutout"], cutout_size=(3, 4))
    assert filenames(found) == [
        "tess-s0042-3-3_27.418340_11.207583_4x3_astrocut.fits", "tess2021232031932-s0042-0000000257486953-0213-s_lc.fits",
    ]  # fmt: skip
    assert len(session.search(SMALL)) == 2, "without the kind there are none"


def test_targets_may_be_names_and_places_and_coordinates_of_astropy(session: Session) -> None:
    for target in (
        "KELT-9",
        "307.859806 +39.938824",
        SkyCoord(307.859806, 39.938824, unit="deg"),
        (307.859806, 39.938824),
    ):
        found = session.search(target, kind="cutout", sector=14)
        assert filenames(found) == ["tess-s0014-1-1_307.859806_39.938824_5x5_astrocut.fits"], target
    several = session.search(["KELT-9", PIMEN], kind="cutout", sector=[1, 14])
    assert sorted(several.products["first_sector"]) == [1, 14]


def test_names_that_have_cut_outs_are_not_said_to_have_nothing(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.search(["KELT-9", "pi Men"], kind="cutout", sector=14)
    assert "no star with observations" not in caplog.text


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("359.99999999 -71", "0.000000_-71.000000"),
        ("10 -0.0000001", "10.000000_0.000000"),
        ("-10 -71.12345678", "350.000000_-71.123457"),
    ],
)
def test_coordinates_stand_in_names_with_six_digits(
    place: str, written: str, session: Session, archive: SampleArchive
) -> None:
    found = session.search(place, kind="cutout")
    assert all(f"_{written}_" in name for name in filenames(found))
    assert "_".join([asked(archive, "sector")[0]["ra"], asked(archive, "sector")[0]["dec"]]) == written


def test_a_place_that_no_ccd_saw_has_nothing_and_nobody_else_is_asked(session: Session, archive: SampleArchive) -> None:
    found = session.search("0 80", kind="cutout")
    assert len(found) == 0
    assert len(archive.requests) == 1


def test_cut_outs_are_chosen_by_sector_camera_ccd_and_exposure_time(session: Session) -> None:
    def sectors(**words: object) -> list[int]:
        return session.search(PIMEN, kind="cutout", **words).products["first_sector"].to_list()

    assert sectors(sector="1-11") == [1, 4, 8, 11]
    assert sectors(camera=3) == [12, 27]
    assert sectors(ccd=2) == [1, 68]
    assert sectors(exptime=200) == [68, 88]
    assert sectors(sequence_number=[4, 8]) == [4, 8]


def test_unexposed_pixels_are_told_and_can_be_left_out(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    place = "47.9 -36.3"
    found = session.search(place, kind="cutout")
    dark = found.products.to_polars().filter(found.products["margin"] < 0)
    assert dark.height == 1
    assert f"only noise is there: {place} in sector {dark['first_sector'][0]}" in caplog.text
    assert len(session.search(place, kind="cutout", where="margin=>0")) == len(found) - 1


def test_only_sectors_that_are_asked_for_are_said_to_be_unexposed(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        session.search("47.9 -36.3", kind="cutout", sector=4)
    assert "not exposed" not in caplog.text


def test_a_radius_is_said_to_mean_nothing_unless_it_is_the_usual_one(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        session.search("47.9 -36.3", kind="cutout", sector=4)
        assert "radius" not in caplog.text
        assert len(session.search("47.9 -36.3", kind="cutout", sector=4, radius=60)) == 1
    assert "no cut-out depends on the radius" in caplog.text
    with pytest.raises(TypeError, match="takes no 'radius'"):
        tess_source.search_tesscut("47.9 -36.3", radius=60, session=session)


def test_cut_outs_are_counted(session: Session) -> None:
    assert session.count("TIC 12862099", kind="cutout") == len(session.search("TIC 12862099", kind="cutout"))
    assert session.count("47.9 -36.3", kind="cutout", sector=4) == 1


def test_a_special_pointing_counts_only_if_it_is_named(
    session: Session, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tess_source_tesscut import archive as tesscut

    monkeypatch.setattr(tesscut, "chips_that_saw", lambda places, settings: [[(42, 3, 3), (1751, 1, 1)]])
    for words, wanted in (
        ({}, [42]),
        ({"sector": ">40"}, [42]),
        ({"sector": range(1, 1800)}, [42]),
        ({"sector": 1751}, [1751]),
    ):
        found = session.search(EMPTY, kind="cutout", refresh=True, **words)
        assert found.products["first_sector"].to_list() == wanted


# -- sizes, and what is kept --


def test_size_means_pixels_of_cut_outs_and_bytes_of_other_files(session: Session) -> None:
    assert filenames(session.search(SMALL, kind="cutout", size=(10, 15)))[0].endswith("_15x10_astrocut.fits")
    assert len(session.search(SMALL, kind=["lc", "cutout"], size="<1GB")) == 1
    with pytest.raises(QueryError, match="size and cutout_size mean the same here"):
        session.search(SMALL, kind="cutout", size=3, cutout_size=3)
    with pytest.raises(QueryError, match="there are none here: ask for them by kind='cutout'"):
        session.search(SMALL, cutout_size=3)


def test_a_kept_answer_serves_its_own_size_alone(session: Session, archive: SampleArchive) -> None:
    for size, requests in ((3, 1), (3, 1), (4, 2), ((4, 4), 2), (None, 3), (3, 3)):
        found = session.search(EMPTY, kind="cutout", size=size)
        side = 5 if size is None else 3 if size == 3 else 4
        assert filenames(found) == [f"tess-s0042-3-3_27.418340_11.207583_{side}x{side}_astrocut.fits"]
        assert len(archive.requests) == requests


def test_more_of_a_kept_answer_keeps_its_size(session: Session) -> None:
    assert len(session.search(PIMEN, kind="cutout", size=3, sector=1)) == 1
    found = session.search(PIMEN, kind="cutout", size=3)
    assert len(found) == 8
    assert all(name.endswith("_3x3_astrocut.fits") for name in filenames(found))


@pytest.mark.parametrize("kind", ["cutout", ["lc", "cutout"]])
def test_a_lock_asks_for_the_same_size_again(kind: object, session: Session, tmp_path: Path) -> None:
    found = session.search(SMALL, kind=kind, cutout_size=(3, 4))
    plan = found.plan(tmp_path)
    plan.save(tmp_path / "cuts.lock")
    again, changes = refresh(tess_source.load_plan(tmp_path / "cuts.lock", tmp_path), session)
    assert len(changes) == 0
    assert again.items["uri"].to_list() == plan.items["uri"].to_list()


# -- what cannot be asked --


def test_what_makes_no_sense_for_cut_outs_is_an_error(session: Session) -> None:
    with pytest.raises(QueryError, match="cut-outs are made around targets"):
        session.search(kind="cutout", sector=14)
    with pytest.raises(UnknownNameError, match="proposal_id"):
        session.search(SMALL, kind="cutout", proposal_id="G011183")
    with pytest.raises(QueryError, match="give sectors"):
        session.search(SMALL, kind="cutout", sequence_number="one")
    with pytest.raises(UnknownNameError, match="did you mean 'cutout'"):
        session.search(SMALL, kind="cut-out")


def test_a_star_that_the_tic_does_not_have_has_no_cut_outs(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    assert len(session.search("TIC 999", kind="cutout")) == 0
    assert "not in the TIC: TIC 999" in caplog.text


def test_a_busy_service_is_asked_again_and_a_broken_one_is_an_error(session: Session, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", status=503, match="/sector", times=1, retry_after=0))
    assert len(session.search(EMPTY, kind="cutout")) == 1
    archive.faults.add(Fault("status", status=404, match="/sector", times=None))
    with pytest.raises(ServiceError, match=r"TESScut: .*404"):
        session.search("30.1 -70", kind="cutout")


def test_a_size_of_the_files_that_none_has_tells_how_to_give_that_of_cut_outs(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    for kind in (None, ["lc", "cutout"]):
        caplog.clear()
        assert not len(session.search("TIC 12862099", kind=kind, size=11))
        assert "no file has 11 bytes; for the size of cut-outs in pixels, give kind='cutout'" in caplog.text
    caplog.clear()
    session.search("TIC 12862099", size="<1MB")
    session.search("TIC 12862099", size=[1_000_000, 5])
    assert len(caplog.messages) == 1


# -- offline --


def test_offline_kept_answers_serve_and_else_where_the_ccds_lay(
    session: Session, archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    online = session.search(SMALL, kind="cutout", size=3)
    offline = Session(archive.url, cache=tmp_path / "cache", offline=True)
    archive.clear()
    assert filenames(offline.search(SMALL, kind="cutout", size=3)) == filenames(online)
    caplog.clear()
    found = offline.search(SMALL, kind="cutout", size=4)
    assert (42, 3, 3) in found.products.to_polars().select("first_sector", "camera", "ccd").rows()
    assert "it is not known which sectors TESScut has" in caplog.text
    with pytest.raises(OfflineError, match="TIC 12862099"):
        offline.search("TIC 12862099", kind="cutout")
    assert archive.requests == []


def test_offline_questions_for_all_files_are_not_answered_by_cut_outs(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    offline = Session(archive.url, cache=tmp_path / "cache", offline=True)
    with pytest.raises(OfflineError, match="catalogue cannot answer"):
        offline.search(EMPTY)
