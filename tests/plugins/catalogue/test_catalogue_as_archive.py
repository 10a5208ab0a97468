"""The catalogue gives the same products as the portal from whose archive its lists are; what it lacks it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy import units
from both_archives import SECTORS, both, files, links, with_catalogue
from program_run import Program

from tess_source import Session, clock
from tess_source.errors import OfflineError, QueryError, UnknownNameError
from tess_source.lock import refresh
from tess_source_catalogue.coverage import Coverage
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.reading import Catalogue
from tess_source_sample.server import SampleArchive

HERE = {"sector": list(SECTORS)}
KELT9, TOI3505, L98 = 16740101, 390988385, 307210830


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Session:
    return with_catalogue(shared_archive, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def updated(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session whose catalogue has all of SPOC's lists of sectors 1 to 9 that there are, with which one begins."""
    session = Session(shared_archive.url, cache=tmp_path_factory.mktemp("updated"))
    session.catalogue().update(range(1, 10))
    return session


@pytest.fixture
def offline(session: Session) -> Session:
    return Session(session.settings.server, cache=session.settings.cache, offline=True)


QUESTIONS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a star": ((KELT9,), HERE),
    "two stars": (([KELT9, TOI3505],), HERE),
    "a star nobody saw": ((5,), HERE),
    "a name": (("KELT-9",), HERE),
    "a place": (("308.0 39.9",), {**HERE, "radius": "1 deg"}),
    "what is no summary": ((KELT9,), {**HERE, "kind": "!dvs"}),
    "a sector": ((), {"sector": 14}),
    "reports of a sector": ((), {"sector": 14, "kind": "dvr-xml"}),
    "widest sets": ((KELT9,), {**HERE, "dv": "widest"}),
    "20 s": ((KELT9,), {"sector": 75, "exptime": "fast"}),
    "one per sector": ((TOI3505,), {"sector": 54, "pipeline": ["SPOC", "QLP", "TESS-SPOC"], "one_per_sector": True}),
    "others": ((TOI3505,), {"sector": 54, "pipeline": ["QLP", "TESS-SPOC"], "kind": "lc"}),
    "all pipelines of a sector": ((), {"sector": 1, "pipeline": ["SPOC", "QLP", "TESS-SPOC", "TGLC"]}),
    "all but SPOC": ((TOI3505,), {"sector": 54, "pipeline": "!SPOC"}),
    "a criterion": ((), {"sequence_number": 14, "provenance_name": "spoc", "pipeline": None}),
    "no name of a star": ((), {"sector": 14, "target_name": f"0{KELT9}"}),
    "a range": ((KELT9,), {**HERE, "t_exptime": [100, 130]}),
    "a wildcard": ((), {"obs_id": "tess2019*-s0014-*-s", "wildcards": True, "pipeline": None}),
    "an observation": (("tess2019198215352-s0014-0000000016740101-0150-s",), {"pipeline": None}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_portal_and_catalogue_give_the_same(session: Session, question: str) -> None:
    targets, words = QUESTIONS[question]
    portal, ours = both(session, *targets, **words)
    assert files(ours).equals(files(portal))
    assert links(ours).equals(links(portal))
    assert set(ours.products["archive"]) <= {"catalogue"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"sector": 3}, "the catalogue lacks SPOC .*of sector 3.*`tess-source catalogue update --sector 3 --source lc"),
        ({"sector": [14, 3], "kind": "lc", "pipeline": "SPOC"}, "lacks SPOC lc of sector 3;"),
        ({"sector": ">100"}, "the catalogue ends with sector 82: `tess-source catalogue update`"),
        ({"sector": 14, "pipeline": "!SPOC"}, "lacks QLP lc of sector 14 and"),
        ({"pipeline": "TASOC"}, "no files by TASOC.*archive='mast'"),
        ({"pipeline": "SPOC,TASOC"}, "no files by TASOC"),
        ({"kind": "ffi"}, "no ffi files"),
        ({"dataproduct_type": "image"}, "no files with dataproduct_type=image"),
        ({"project": "Kepler"}, "no files with project=Kepler"),
        (
            {"sector": 14, "proposal_id": "G011183"},
            "column 'proposal_id' is not known of .*SPOC in sectors? 14.* --source portal`",
        ),
    ],
    ids=str,
)
@pytest.mark.parametrize("target", [(), (KELT9,)], ids=["all", "a star"])
def test_what_it_lacks_is_an_error_that_says_what_would_bring_it(
    session: Session, target: tuple[int, ...], words: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        session.search(*target, archive="catalogue", **words)


def test_sectors_of_which_the_archive_has_no_list_are_answered_for_and_named(updated: Session) -> None:
    portal, ours = both(updated, sector=range(1, 10), kind="lc")
    assert files(ours).equals(files(portal))
    assert "the archive had no list of SPOC lc of sectors 6-7" in ours.explain()
    assert updated.search(sector=range(1, 10), kind="lc").query.archives == ("catalogue",)


def test_an_answer_without_files_whose_list_is_missing_says_so(
    session: Session, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Session(session.settings.server, cache=tmp_path)
    other.catalogue().update(15, source=("lc", "dv"))
    found = other.search(KELT9, archive="catalogue")
    assert "lacks SPOC tp of sector 15, so the answer is without these: `tess-source catalogue" in caplog.text
    assert "update --sector 15 --source tp` brings" in caplog.text
    other.search(archive="catalogue", pipeline="SPOC", sector=15)
    assert caplog.text.count("lacks SPOC tp of sector 15") == 1, "the same is said once"
    caplog.clear()
    other.search(KELT9, archive="catalogue", kind="lc")
    assert "lacks" not in caplog.text, "these are asked for alone"
    other.catalogue().folder.note_absent("tp", {15: 1.0}, ())
    assert not Coverage.of(other.catalogue().folder).lacks(found.query), "the archive has none either"


@pytest.mark.parametrize("words", [{"sector": 6}, {"sector": [6, 7]}, {"sector": 27, "kind": "fast-lc"}], ids=str)
def test_if_the_archive_has_none_of_the_lists_that_is_an_error(updated: Session, words: dict[str, Any]) -> None:
    updated.catalogue().update(27, source="fast-lc")
    with pytest.raises(
        QueryError, match=r"on ....-..-.., the archive had no list of SPOC .*`tess-source catalogue update` asks again"
    ):
        updated.search(archive="catalogue", pipeline="SPOC", **{"kind": "lc", **words})


def test_kinds_that_begin_after_the_newest_sector_are_lacking(updated: Session) -> None:
    with pytest.raises(QueryError, match="lacks SPOC fast-lc; `tess-source catalogue update --source fast-lc`"):
        updated.search(archive="catalogue", pipeline="SPOC", kind="fast-lc")


def test_the_search_of_tess_spoc_over_several_sectors_that_has_a_list_is_answered(
    shared_archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(shared_archive.url, cache=tmp_path)
    session.catalogue().update(69, pipeline="TESS-SPOC")
    assert ("tess-spoc-dv", 69) in session.catalogue().folder.lists().absent, "there is no script of sector 69 alone"
    portal, ours = both(session, sector=69, kind="dvt", pipeline="TESS-SPOC")
    assert len(ours) == 1 and files(ours).equals(files(portal))
    assert "TESS-SPOC dv of several sectors that end with sector 69; " in ours.explain()
    assert "no other list has TESS-SPOC dv of several sectors" in ours.explain()
    assert "(answered by catalogue: sector 69 of " in ours.summary()


def test_validation_of_several_sectors_that_no_list_has_is_an_error_or_named(session: Session) -> None:
    with pytest.raises(QueryError, match="no list has TESS-SPOC dv of several sectors"):
        session.search(archive="catalogue", sector=1, kind="dvt", pipeline="TESS-SPOC")
    asked: dict[str, Any] = {"sector": 1, "kind": "dvt", "pipeline": "SPOC,TESS-SPOC"}
    assert "no list has TESS-SPOC dv of several" in session.search(archive="catalogue", **asked).explain()
    assert session.search(**asked).query.archives == ("mast",)


@pytest.mark.parametrize(
    "words",
    [
        {"obs_collection": "HLSP", "pipeline": "SPOC"},
        {"kind": "fast-lc", "pipeline": "QLP"},
        {"provenance_name": "SPOC", "pipeline": "QLP"},
    ],
    ids=str,
)
def test_what_excludes_each_other_finds_nothing_in_both(session: Session, words: dict[str, Any]) -> None:
    assert [len(found) for found in both(session, TOI3505, **{"sector": 54, **words})] == [0, 0]


def test_the_answer_says_of_which_lists_it_is_made_and_so_does_the_lock(session: Session, tmp_path: Path) -> None:
    found = session.search(KELT9, archive="catalogue", sector=14)
    assert "answered by catalogue: it has SPOC" in found.explain()
    assert "by default only provenance_name=['SPOC']" in found.explain()
    file = found.plan(tmp_path).save(tmp_path / "lock.ecsv")
    locked = session.load_plan(file, tmp_path)
    lines = locked.record["provenance"]["catalogue"]["lists"]
    (light_curves,) = (line for line in lines if line.startswith("lc s0014 "))
    known = {
        key: CatalogueFolder.of(session.settings).facts(one)
        for key, one in CatalogueFolder.of(session.settings).lists().items()
    }
    assert light_curves.endswith(f" sha256:{known['lc', 14, 14].sha256}")
    assert not any(line.startswith("lc s0001") for line in lines)


def test_a_lock_is_asked_again_at_the_catalogue_also_offline(
    session: Session, offline: Session, tmp_path: Path
) -> None:
    lock = session.search(KELT9, archive="catalogue", kind="lc").plan(tmp_path)
    today, changes = refresh(lock, offline)
    assert (today.items, len(changes), today.record["archives"]) == (lock.items, 0, ["catalogue"])
    everything = session.search(archive="catalogue", kind="lc").plan(tmp_path)
    assert refresh(everything, offline)[0].items == everything.items


def test_sizes_are_unknown_but_a_plan_says_about_how_large_it_is(session: Session) -> None:
    found = session.search(KELT9, archive="catalogue", sector=14, kind="lc,tp")
    assert found.plan().summary().startswith("Plan: 2 files, 2 of unknown size, about 49.0 MB")
    assert "2 products (unknown, about 49.0 MB)" in found.summary()


@pytest.mark.parametrize("words", [{"size": "<5MB"}, {"where": "size=<5000000"}], ids=str)
def test_choosing_by_sizes_that_are_unknown_is_an_error_that_says_what_brings_them(
    session: Session, words: dict[str, Any]
) -> None:
    with pytest.raises(QueryError, match=r"the size of no file is known here: .*--source cloud"):
        session.search(sector=14, kind="lc", archive="catalogue", **words)


def test_its_files_are_downloaded_without_known_sizes(session: Session, tmp_path: Path) -> None:
    (entry,) = session.search(KELT9, archive="catalogue", sector=14, kind="lc").download(tmp_path)
    assert entry.ok
    assert entry.bytes > 1_000_000


def test_answers_of_the_catalogue_are_not_kept_so_that_they_follow_an_update(
    session: Session, archive: SampleArchive
) -> None:
    assert session.search(KELT9, archive="catalogue", kind="lc").from_store is None
    assert session.search(KELT9, archive="catalogue", kind="lc").from_store is None
    assert not archive.requests


def test_offline_it_answers_by_itself(offline: Session, caplog: pytest.LogCaptureFixture) -> None:
    found = offline.search(L98)
    assert set(found.products["archive"]) == {"catalogue"}
    assert "offline: answered by catalogue" in caplog.text
    assert offline.count(L98) == len(found.observations)
    assert "sequence_number" in {field.name for field in offline.fields()}
    with pytest.raises(
        OfflineError, match=r"catalogue cannot answer it: the catalogue lacks SPOC .* of sector 3"
    ) as problem:
        offline.search(L98, sector=3)
    assert "--archive mast" in problem.value.in_program


def test_a_target_is_asked_of_the_portal_and_refresh_asks_it_always(session: Session) -> None:
    assert session.search(KELT9, kind="lc", sector=14).query.archives == ("mast",)
    assert session.search(sector=14, kind="lc", refresh=True).query.archives == ("mast",)
    assert session.search(sector=14, kind="lc", archive="mast").query.archives == ("mast",)


def test_questions_without_a_target_go_to_the_catalogue_where_it_has_them(session: Session) -> None:
    assert session.search(sector=14, kind="lc").query.archives == ("catalogue",)
    assert session.search(sector=[14, 55], kind="lc", pipeline="SPOC").query.archives == ("catalogue",)
    assert session.search(sector=3, kind="lc").query.archives == ("mast",)
    assert session.search(sector=14, kind="lc", pipeline="TASOC").query.archives == ("mast",)
    assert session.search(sector=14, kind="lc", proposal_id="G022203").query.archives == ("mast",)


def test_everything_may_be_asked_of_it_but_not_of_the_portal(session: Session) -> None:
    found = session.search(archive="catalogue", kind="lc", pipeline="SPOC")
    assert set(found.products["first_sector"]) == {*SECTORS}
    with pytest.raises(QueryError, match="nothing was asked for"):
        session.search(kind="lc")


def test_an_unknown_criterion_is_an_error_that_names_the_nearest(session: Session) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'provenance_name'"):
        session.search(KELT9, archive="catalogue", provenance_nam="SPOC")


@pytest.mark.parametrize("archive", ["catalogue", "mast"])
@pytest.mark.parametrize(
    ("typed", "meant"), [("sectr", "sector"), ("Kind", "kind"), ("teffe", "teff"), ("starz", "stars")]
)
def test_a_misspelt_filter_or_look_up_is_suggested_whichever_archive_is_asked(
    session: Session, archive: str, typed: str, meant: str
) -> None:
    with pytest.raises(UnknownNameError, match=f"did you mean '{meant}'"):
        session.search(KELT9, archive=archive, **{typed: 1})


def test_a_cone_needs_positions(session: Session, tmp_path: Path) -> None:
    other = Session(session.settings.server, cache=tmp_path)
    other.catalogue().update(14, source="lc")
    with pytest.raises(
        QueryError, match=r"the position is not known of SPOC in sector 14: .*--sector 14 --source targets,"
    ):
        other.search("307.86 39.94", radius=60, archive="catalogue", sector=14)


@pytest.mark.parametrize(
    "words", [{"em_min": [500, 700]}, {"instrument_name": "Photometer"}, {"wavelength_region": "*"}], ids=str
)
def test_what_names_do_not_tell_of_a_pipeline_is_an_error_and_drops_nothing(
    session: Session, words: dict[str, Any]
) -> None:
    asked = {"archive": "catalogue", "wildcards": True, **words}
    with pytest.raises(
        QueryError, match="not known of QLP in sector 54 and TESS-SPOC in sector 54: no list has it, so"
    ):
        session.search(TOI3505, sector=54, **asked)
    assert len(session.search(TOI3505, sector=54, pipeline="SPOC", **asked))


def test_an_address_finds_its_observation_although_those_of_other_pipelines_are_not_known(session: Session) -> None:
    uri = "mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
    assert uri in session.search(archive="catalogue", dataURL=uri).products["uri"].to_list()
    (other,) = session.search(TOI3505, archive="catalogue", pipeline="QLP", sector=54).products["uri"]
    with pytest.raises(QueryError, match="'dataURL' is not known of QLP"):
        session.search(archive="catalogue", dataURL=other)


def test_a_pattern_of_names_means_the_pipelines_of_the_catalogue_and_the_answer_names_them(session: Session) -> None:
    asked: dict[str, Any] = {"obs_id": "*s0014*", "wildcards": True, "sector": 14}
    ours = session.search(TOI3505, archive="catalogue", **asked)
    assert ours.query.defaults == {"provenance_name": ["SPOC"]}
    assert files(ours).equals(files(session.search(TOI3505, archive="mast", provenance_name="SPOC", **asked)))


def test_offline_an_archive_that_you_name_is_the_only_one_to_answer(offline: Session) -> None:
    assert offline.search(L98, sector=1).query.archives == ("catalogue",)
    with pytest.raises(OfflineError, match="not in the cache folder"):
        offline.search(L98, sector=1, archive="mast")


def test_files_named_by_gaia_ids_need_the_list_that_tells_their_stars(session: Session, tmp_path: Path) -> None:
    star = session.search(archive="catalogue", sector=1, pipeline="TGLC").products["tic"][0]
    other = Session(session.settings.server, cache=tmp_path)
    other.catalogue().update(1, source="tglc,lc")
    for target, words in [((star,), {}), ((), {"tic": star}), ((), {"target_name": str(star)})]:
        with pytest.raises(
            QueryError, match=r"TIC ids of the files of TGLC in sector 1 .*--sector 1 --source tglc-targets"
        ):
            other.search(*target, archive="catalogue", sector=1, pipeline="TGLC", **words)
    assert len(other.search(archive="catalogue", sector=1, pipeline="TGLC")) == 2
    assert other.search(star, archive="catalogue", sector=1).query.defaults == {"provenance_name": ["SPOC"]}


def test_an_old_catalogue_warns(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tess_source_catalogue import archive

    later = archive.now() + 40 * 86400
    monkeypatch.setattr(archive, "now", lambda: later)
    session.search(KELT9, archive="catalogue", sector=14, kind="lc")
    assert "the catalogue was last compared with the archive 40 days ago" in caplog.text


def test_an_empty_catalogue_says_how_to_make_one(tmp_path: Path) -> None:
    session = Session("http://127.0.0.1:9", cache=tmp_path)
    with pytest.raises(QueryError, match="the catalogue is empty: `tess-source catalogue update`"):
        session.search(KELT9, archive="catalogue")


def test_the_stars_of_a_sector(session: Session, offline: Session) -> None:
    stars = session.targets(sector=14)
    assert KELT9 in set(stars["tic"])
    assert stars.columns == ["tic", "sector", "camera", "ccd", "tmag", "ra", "dec", "exptime"]
    (one,) = session.targets(KELT9, sector=14)
    assert len(session.targets(sector=14, tmag=(None, one["tmag"]))) < len(stars) or len(stars) == 1
    assert [*session.targets(f"{one['ra']} {one['dec']}", radius="1 arcmin", sector=14)] == [one]
    with pytest.raises(OfflineError, match="target lists of sector 3"):
        offline.targets(sector=3)
    table = stars.to_table()
    assert [str(table[name].unit) for name in ("ra", "dec", "tmag", "exptime")] == ["deg", "deg", "mag", "s"]
    assert len(session.targets(KELT9, sector=14, tmag=(7 * units.mag, 8 * units.mag))) == 1
    (other,) = session.targets(TOI3505, sector=54, pipeline="qlp")
    assert (other["tic"], other["tmag"], round(other["ra"])) == (TOI3505, None, 297)


@pytest.mark.parametrize("step", ["observations", "products"])
def test_lists_that_are_removed_while_a_sector_is_searched_are_lacking(
    step: str, shared_archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, read = Session(shared_archive.url, cache=tmp_path), getattr(Catalogue, step)
    session.catalogue().update(14, source="lc", progress=False)

    def read_later(self: Catalogue, *args: Any, **words: Any) -> Any:
        session.catalogue().rm()
        return read(self, *args, **words)

    monkeypatch.setattr(Catalogue, step, read_later)
    with pytest.raises(QueryError, match="the catalogue is empty"):
        session.search(sector=14, kind="lc", archive="catalogue")


def test_a_target_list_that_is_missing_is_fetched(session: Session, tmp_path: Path) -> None:
    other = Session(session.settings.server, cache=tmp_path)
    assert len(other.targets(sector=75, exptime="fast"))
    with pytest.raises(QueryError, match="no list of 2-min targets of sector 300"):
        other.targets(sector=300)


def test_sectors_without_a_target_list_are_named_and_the_stars_of_the_others_given(
    updated: Session, shared_archive: SampleArchive, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = Session(updated.settings.server, cache=updated.settings.cache, offline=True)
    shared_archive.clear()
    for session in (updated, off):
        caplog.clear()
        assert set(session.targets(sector=range(1, 10))["sector"]) == {*range(1, 10)} - {6, 7}
        assert "there is no list of 2-min targets of sectors 6-7 (the archive was asked on 20" in caplog.text
        with pytest.raises(QueryError, match="no list of 2-min targets of sectors 6-7"):
            session.targets(sector=[6, 7])
    assert not shared_archive.requests, "the update has asked for these lists already"
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() - 3600)
    with pytest.raises(QueryError, match="no list of 2-min targets of sector 6"):
        updated.targets(sector=6)
    assert shared_archive.requests, "what was asked in the future was asked before the clock was set back"


@pytest.mark.parametrize(
    "wrong",
    [
        {"exptime": 600},
        {"tmag": "bright"},
        {"sector": "x"},
        {"sector": [0, 1]},
        {"pipeline": "TASOC"},
        {"pipeline": "QLP", "tmag": "<10"},
        {"targets": "tess2019198215352-s0014-0000000016740101-0150-s"},
        {"targets": []},
    ],
    ids=str,
)
def test_wrong_arguments_of_targets_say_what_would_be_right(session: Session, wrong: dict[str, Any]) -> None:
    with pytest.raises((QueryError, UnknownNameError)):
        session.targets(**{"sector": 14, **wrong})


def test_the_program_asks_the_catalogue_and_shows_the_stars_of_a_sector(program: Program, session: Session) -> None:
    cache = str(session.settings.cache)
    done = program(
        "--cache",
        cache,
        "--archive",
        "catalogue",
        "search",
        "16740101",
        "--sector",
        "14",
        "--kind",
        "lc",
        "--format",
        "csv",
    )
    assert "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits" in done.out
    shown = program("--cache", cache, "targets", "16740101", "--sector", "14", "--format", "csv")
    assert shown.out.splitlines()[1].startswith("16740101,14,")
