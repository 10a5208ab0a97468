"""Full-frame images and other files of a CCD, found and fetched from the sample archive."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest
from astropy.time import Time
from program_run import Program

from tess_source import Session
from tess_source.errors import OfflineError, QueryError, ServiceError, UnknownNameError
from tess_source.lock import refresh
from tess_source.settings import Patience
from tess_source_sample.faults import Fault
from tess_source_sample.images import image_files, stamps
from tess_source_sample.server import SampleArchive

PI_MEN = "TIC 261136679"
LISTING, SCRIPT = "list-type", "tesscurl"
DAY = "2022-09-02"


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path) -> Session:
    """A session with all plugins, that loses no time over failures."""
    found = Session(archive.url, cache=tmp_path / "cache")
    object.__setattr__(found.settings, "patience", Patience(tries=1, first=0.0))
    return found


def paths(archive: SampleArchive) -> list[str]:
    return [request.path for request in archive.requests]


def test_images_of_a_ccd_are_found_by_the_buckets_folders_and_the_portal_is_never_asked(
    session: Session, archive: SampleArchive
) -> None:
    found = session.search(kind="ffi", sector=56, camera=2, ccd=3)
    names = [f"tess{stamp}-s0056-2-3-{scid}-s_ffic.fits" for scid, stamp in stamps(56)]
    assert found.products["filename"].to_list() == names
    sizes = {file.filename: file.size for file in image_files().values()}
    assert found.products["size"].to_list() == [sizes[name] for name in names]
    assert found.products.to_polars().select("camera", "ccd", "exptime", "pipeline", "tic").unique().rows() == [
        (2, 3, 200.0, "SPOC", None)
    ]
    assert found.products["start"][0] == "2022-09-02T18:02:05"
    assert {request.path for request in archive.requests} == {"/"}
    assert len(found.observations) == 1 and "not listed" not in found.explain()


@pytest.mark.parametrize(("kind", "count"), [("ffi", 10), ("ffir", 10), ("cbv", 1), ("fast-cbv", 1), ("cube", 1)])
def test_every_kind_of_file_of_a_ccd_is_found_fetched_and_verified(
    session: Session, tmp_path: Path, kind: str, count: int
) -> None:
    found = session.search(kind=kind, sector=56, camera=1, ccd=4)
    assert len(found) == count and set(found.products["kind"]) == {kind}
    manifest = found.download(tmp_path / "data")
    assert manifest.ok and all(entry.item.size == entry.path.stat().st_size for entry in manifest if entry.path)
    assert [entry.status for entry in found.download(tmp_path / "data")] == ["here"] * count


def test_a_kept_answer_about_one_kind_or_camera_does_not_answer_for_another(session: Session) -> None:
    for kind in ("ffi", "ffir", "cube", "ffi"):
        found = session.search(PI_MEN, kind=kind, sector=1)
        assert len(found) and set(found.products["kind"]) == {kind}
    assert found.from_store
    for camera in (1, 2):
        assert set(session.search(kind="ffi", sector=1, camera=camera, time="2018-07-25").products["camera"]) == {
            camera
        }
    assert len(session.search(kind="ffi", sector=1, camera=2, time="2018-08-09")) == 8


def test_a_star_has_the_images_of_the_ccds_that_saw_it(session: Session) -> None:
    found = session.search(PI_MEN, kind="ffi", sector="1-4")
    assert found.observations.to_polars().select("obs_id", "tic").rows() == [
        ("tess-s0001-4-2", 261136679), ("tess-s0004-4-3", 261136679)
    ]  # fmt: skip
    assert found.products.to_polars().select("last_sector", "camera", "ccd").unique(maintain_order=True).rows() == [
        (1, 4, 2), (4, 4, 3)
    ]  # fmt: skip
    place = session.search("84.2912 -80.4691", kind="ffi", sector="1-4")
    named = session.search("pi Men", kind="ffi", sector="1-4")
    assert [*place.products["uri"]] == [*named.products["uri"]] == [*found.products["uri"]]
    assert not place.unmatched() and not found.unobserved()


def test_a_star_on_the_unexposed_edge_was_not_seen(session: Session) -> None:
    found = session.search(PI_MEN, kind="ffi", sector=35)
    assert not len(found) and "on the unexposed edge of S35 camera 4 CCD 4" in found.explain()


def test_an_empty_answer_about_images_says_where_the_star_lay_and_nothing_of_light_curves(session: Session) -> None:
    said = session.search(PI_MEN, kind="ffi", sector=1, camera=1).explain()
    assert f"{PI_MEN}: on silicon in sector 1\n" in said


def test_a_sector_that_the_bucket_lacks_is_read_from_the_script_without_sizes(
    session: Session, archive: SampleArchive
) -> None:
    found = session.search(kind="ffi", sector=88, camera=1, ccd=2)
    assert len(found) == 2 and found.products["size"].null_count() == 2
    assert paths(archive) == ["/", "/missions/tess/download_scripts/sector/tesscurl_sector_88_ffic.sh"]


def test_without_the_bucket_the_script_answers_and_without_both_there_is_an_error_that_names_them(
    session: Session, archive: SampleArchive
) -> None:
    archive.faults.add(Fault("status", match=LISTING, times=None))
    assert len(session.search(kind="ffir", sector=56, camera=1, ccd=2)) == 10
    archive.faults.add(Fault("status", match=SCRIPT, times=None))
    with pytest.raises(ServiceError, match=r"neither .* nor the bucket.*tesscurl_sector_57_ffic\.sh.*listing of s3://"):
        session.search(kind="ffi", sector=57)
    archive.faults.clear()
    archive.faults.add(Fault("status", match=LISTING, times=None))
    with pytest.raises(ServiceError, match=r"no script of them, and .*listing of s3://stpubdata"):
        session.search(kind="ffi", sector=7)


def test_a_page_in_place_of_a_script_is_no_empty_answer(session: Session, archive: SampleArchive) -> None:
    archive.faults.add(Fault("html", match=SCRIPT, times=None))
    with pytest.raises(ServiceError):
        session.search(kind="ffi", sector=88)


def test_the_298_pairs_are_recognised_in_the_answer(session: Session) -> None:
    found = session.search(kind="ffi", sector=2, camera=1, ccd=1).products
    twice = dict(found.where(pl.col("same_as").is_not_null()).to_polars().select("filename", "same_as").iter_rows())
    assert len(found) == 8 and len(twice) == 4 and all(twice[twice[name]] == name for name in twice)


def test_ticas_images_are_found_if_they_are_named_by_scripts_per_orbit_or_part_of_one(session: Session) -> None:
    assert set(session.search(kind="ffi", sector=27, camera=1, ccd=1).products["pipeline"]) == {"SPOC"}
    found = session.search(kind="ffi", pipeline="TICA", sector=[27, 56], camera=3, ccd=1)
    orbits = found.products["filename"].str.extract(r"-(o\d[a-z]?)-").unique(maintain_order=True).to_list()
    assert orbits == ["o1", "o2", "o1a", "o1b", "o2a"] and found.products["cadence"].null_count() == 0
    both = session.search(kind="ffi", pipeline=["SPOC", "tica"], sector=27, camera=3, ccd=1)
    assert set(both.products["pipeline"]) == {"SPOC", "TICA"}
    with pytest.raises(QueryError, match=r"of TICA in sector 27; only SPOC's .*cadence"):
        session.search(kind="ffi", pipeline="TICA", sector=27, time="2020-07-05")


def test_a_default_is_named(session: Session) -> None:
    assert "by default only provenance_name=['SPOC', 'TESScut']" in session.search(kind="cube", sector=1).explain()


def test_a_time_alone_finds_its_sector(session: Session, archive: SampleArchive) -> None:
    found = session.search(kind="ffi", camera=2, ccd=1, time=Time("2022-09-02T18:05:30"))
    assert found.products["start"].to_list() == ["2022-09-02T18:05:25"]
    assert len(session.search(kind="ffi", camera=2, ccd=1, time=("2022-09-02", "2022-09-10"))) == 4
    assert not [path for path in paths(archive) if "tesscurl" in path]


def test_images_and_light_curves_are_found_together(session: Session) -> None:
    found = session.search(PI_MEN, kind=["lc", "ffi"], sector=1, pipeline="SPOC")
    assert found.products.to_polars().group_by("archive", "kind").len().sort("archive").rows() == [
        ("ffi", "ffi", 6), ("mast", "lc", 1)
    ]  # fmt: skip


def test_an_observation_of_images_is_found_by_its_name(session: Session) -> None:
    assert len(session.search("tess-s0056-2-3", kind="ffi")) == 10
    assert len(session.search("hlsp_tica_s0056-cam2-ccd3", kind="ffi")) == 6
    assert len(session.search("tess-s0056-2-3", kind="ffi", sector=55)) == 0


def test_too_wide_questions_are_errors_that_say_what_to_give(session: Session, archive: SampleArchive) -> None:
    with pytest.raises(QueryError, match=r"give sector=56 or time='2022-09-02', or a target"):
        session.search(kind="ffi")
    with pytest.raises(QueryError, match=r"some [\d,]+ images of 1,728 CCDs: .*camera.*large=True"):
        session.search(kind="ffi", sector="1-108")
    with pytest.raises(QueryError, match="not known where the CCDs of sector 900 lay"):
        session.search(PI_MEN, kind="ffi", sector=900)
    with pytest.raises(UnknownNameError, match="proposal_id"):
        session.search(kind="ffi", sector=56, proposal_id="G05057")
    assert not [path for path in paths(archive) if path == "/"]


def test_a_wide_time_is_as_much_too_wide_as_no_time(session: Session, archive: SampleArchive) -> None:
    for time in [("2018-09-01", "2026-09-01"), ">=2018-09-01"]:
        with pytest.raises(QueryError, match=r"some [\d,]+ images of 1,\d+ CCDs"):
            session.search(kind="ffi", time=time)
    assert not [path for path in paths(archive) if path == "/"]
    assert len(session.search(kind="ffi", time=["2022-09-02T18:03", "2022-09-02T18:07"])) == 32


@pytest.mark.parametrize("sector", [0, "0", 10_000, 10**12])
def test_a_sector_that_cannot_be_is_an_error(sector: object, session: Session) -> None:
    with pytest.raises(QueryError, match="there are sectors from 1"):
        session.search(kind="ffi", sector=sector, camera=1, ccd=1)


def test_a_radius_finds_the_ccds_that_the_circle_touches(session: Session) -> None:
    def seen(**words: object) -> list[str]:
        found = session.search("84.291188 -80.469120", kind="cube", sector=[1, 35], **words)
        return found.observations["obs_id"].to_list()

    assert seen() == ["tess-s0001-4-2"], "the place is on the unexposed edge of sector 35"
    assert seen(radius="10 arcmin") == ["tess-s0001-4-2", "tess-s0035-4-4"]
    assert set(seen(radius="5 deg")) == {"tess-s0001-3-3", "tess-s0001-4-2", "tess-s0035-4-4"}
    assert len(seen(radius="180 deg")) == 32


def test_ccds_are_counted_without_listing_their_files(session: Session, archive: SampleArchive) -> None:
    assert session.count(kind="ffi", sector=[56, 57]) == 32
    assert session.count(PI_MEN, kind="ffi", sector=[1, 2]) == 1
    assert not [path for path in paths(archive) if path == "/"]


def test_a_bundle_of_tica_that_the_sample_archive_lacks_is_absent(session: Session) -> None:
    assert len(session.search(kind="ffi", pipeline="TICA", sector=[7, 56, 200], camera=2, ccd=3)) == 6


def test_a_star_on_no_image_is_not_told_that_it_was_no_target(session: Session) -> None:
    said = session.search("TIC 16740101", kind="ffi", sector=1).explain()
    assert "the archive has no such images" in said and "not on silicon in sector 1" in said
    assert "target with a light curve" not in said


def test_the_special_pointing_counts_only_if_it_is_named(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    ranges = session.search(kind="cube", sector=["80", "1700-1800"], camera=1)
    assert set(ranges.observations["last_sector"]) == {80}
    with caplog.at_level(logging.WARNING):
        found = session.search(kind="ffi", sector=[1, 1751], camera=1, ccd=1)
    assert set(found.observations["last_sector"]) == {1, 1751}
    assert "no such files of sector 1751" in caplog.text


def test_a_lock_of_images_is_refreshed_with_its_time(session: Session, tmp_path: Path) -> None:
    plan = session.search(kind="ffi", sector=56, camera=2, ccd=3, time=(Time(f"{DAY}T18:00"), None)).plan(tmp_path)
    _, changes = refresh(session.load_plan(plan.save(tmp_path / "images.lock"), tmp_path), session)
    assert len(plan) == 10 and len(changes) == 0


def test_offline_a_kept_answer_answers_and_another_question_names_what_is_missing(
    session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    session.search(kind="ffi", sector=56, camera=2, ccd=3)
    offline = Session(archive.url, cache=tmp_path / "cache", offline=True)
    assert len(offline.search(kind="ffi", sector=56, camera=2, ccd=3)) == 10
    with pytest.raises(OfflineError):
        offline.search(kind="ffi", sector=56, camera=2, ccd=4)


def test_the_program_finds_images(program: Program) -> None:
    ran = program(
        "search", "--kind", "ffi", "--sector", "56", "--camera", "2", "--ccd", "3", "--time", f"{DAY}..2022-09-03"
    )
    assert ran.code == 0 and "tess2022245180205-s0056-2-3-0243-s_ffic.fits" in ran.out
    ran = program("search", "--kind", "ffi")
    assert ran.code and "give --sector 56 or --time 2022-09-02, or a target" in ran.err


def test_the_table_shows_when_and_by_which_ccd_each_image_was_taken(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = repr(session.search(kind="ffi", sector=56, camera=2, ccd=3).products)
    assert "camera 2, ccd 3" in shown
    assert "\n2022-09-02T18:02:05  tess2022245180205-s0056-2-3-0243-s_ffic.fits\n" in shown
    assert "start" not in repr(session.search("TIC 16740101", kind="lc").products)
