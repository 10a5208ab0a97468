"""lightkurve's own functions are answered by tess-source for a while: same results, fewer questions, and no trace afterwards."""

from __future__ import annotations

import inspect
import logging
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightkurve_packages
import numpy as np
import pytest
from peers import OLD_WORD
from sizes import STRESS, size

import tess_source
from tess_source import Session, use_in_lightkurve
from tess_source.errors import LargeAnswerError, MissingExtraError, PluginError, QueryError, ServiceError
from tess_source.like_lightkurve import opening
from tess_source.session import set_default_session
from tess_source_lightkurve.same import differences
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_tesscut import service

KELT9, TOI3505, HD29980, SMALL, CUT = (
    "TIC 16740101", "TIC 390988385", "TIC 141914082", "TIC 118004375", "TIC 96704587",
)  # fmt: skip

# lightkurve says so at every first import; its pixel files stay open, until Python collects them.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    OLD_WORD,
]


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr(service, "PER_SECOND", 0.0)
    return Session(archive.url, cache=tmp_path / "cache")


@pytest.fixture
def lk(archive: SampleArchive, tmp_path: Path) -> Iterator[Any]:
    """Give lightkurve itself, at the sample archive, with a cache folder of its own and nothing remembered."""
    with lightkurve_packages.lightkurve_at(archive, tmp_path / "lightkurve"):
        import lightkurve

        yield lightkurve


def asked(archive: SampleArchive) -> Counter[str]:
    return Counter(request.path.split("?")[0] for request in archive.requests)


def outcome(search: Any, *args: Any, **words: Any) -> Any:
    """Return all of a result in plain values, or the type of the error."""
    try:
        found = search(*args, **words)
    except Exception as error:  # noqa: BLE001  whatever lightkurve raises
        return type(error)
    if found is None:
        return None
    table = found.table
    columns = {
        name: (type(table[name]), table[name].unit, table[name].format, plain(table[name])) for name in table.colnames
    }
    return type(found), repr(found), columns


def plain(column: Any) -> list[Any]:
    values = np.ma.asarray(column.data).tolist()
    return [None if isinstance(value, float) and np.isnan(value) else value for value in values]


# -- the same results ----------------------------------------------------------------------------------------------


def places() -> list[Any]:
    from astropy.coordinates import SkyCoord

    return ["322.493171 12.166862", SkyCoord(307.859805849403, 39.9388236538888, unit="deg")]


TARGETS: list[Any] = [
    KELT9, "tic16740101", 390988385, HD29980, "KELT-9", "pi Men", *places(), "TIC 999", "TIC 0016740101", "Nibiru", "KIC 11904151",
    "Kepler-10", 11904151, 210000000, -5, np.int64(16740101), None, "",
]  # fmt: skip
WORDS: list[dict[str, Any]] = [
    {}, {"author": "SPOC"}, {"author": "any"}, {"author": ["SPOC", "QLP"]}, {"author": "spoc"}, {"author": "SPOK"}, {"author": "*SPOC"},
    {"author": "Kepler"}, {"mission": "tess"}, {"mission": ["Kepler", "TESS"]}, {"mission": "Kepler"}, {"mission": None},
    {"sector": 75}, {"sector": (14, 75)}, {"sector": np.array([75, 82])}, {"sector": 999}, {"sector": range(70, 83)}, {"sector": "75"},
    {"exptime": 20}, {"exptime": "fast"}, {"exptime": "SHORT"}, {"exptime": "long"}, {"exptime": (100, 700)}, {"exptime": [20]},
    {"exptime": (700, 100)}, {"exptime": "odd"}, {"cadence": "short"}, {"cadence": 120, "exptime": 20}, {"limit": 2}, {"limit": -1},
    {"quarter": 4}, {"campaign": 3}, {"month": 2}, {"quarter": 4, "sector": 75}, {"radius": 1}, {"radius": 700},
    {"radius": 700, "author": "SPOC", "limit": 1}, {"radius": -1}, {"radius": "wide"}, {"sector": 75, "exptime": "short", "author": "SPOC"},
]  # fmt: skip


def cases() -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield searches: in stress all, else every star and every argument a few times."""
    every = size(131, 5)
    for number, (function, target, words) in enumerate(
        (function, target, words)
        for function in ("search_lightcurve", "search_targetpixelfile")
        for target in TARGETS
        for words in WORDS
    ):
        if number % every == 0:
            yield function, target, words
    for target in (CUT, 96704587, *places(), "TIC 999", "Nibiru", None)[:: size(3, 1)]:
        for words in ({"sector": np.array([1, 55])}, {}, {"sector": 55}, {"sector": "55"})[: size(1, 4)]:
            yield "search_tesscut", target, words


def test_it_finds_what_lightkurve_finds_whatever_is_asked(lk: Any, session: Session) -> None:
    logging.getLogger("lightkurve").disabled = True  # it logs names that it does not know, and so do we
    differing = []
    for function, target, words in cases():
        search = getattr(lk, function)
        own = outcome(search, target, **words)
        with use_in_lightkurve(session):
            ours = outcome(search, target, **words)
        if own != ours:
            differing.append((function, target, words, own, ours))
    logging.getLogger("lightkurve").disabled = False
    assert not differing


def test_what_it_downloads_is_equal_and_lies_where_lightkurve_looks(
    lk: Any, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    def run(folder: Path) -> list[Any]:
        folder.mkdir()
        curves = lk.search_lightcurve(HD29980, limit=2).download_all(download_dir=str(folder), quality_bitmask="hard")
        raw = lk.search_lightcurve(SMALL, author="SPOC").download(download_dir=str(folder), flux_column="sap_flux")
        pixels = lk.search_targetpixelfile(SMALL, author="SPOC").download_all(download_dir=str(folder))
        cut = lk.search_tesscut(CUT).download(cutout_size=(3, 4), download_dir=str(folder))
        return [*curves, raw, *pixels, cut, type(curves), type(pixels)]

    own, ours = tmp_path / "own", tmp_path / "ours"
    theirs = run(own)
    archive.clear()
    with use_in_lightkurve(session):
        found = run(ours)
    requests = asked(archive)
    assert requests["/api/v0.1/Download/file"] == 4
    assert not [request for request in archive.requests if request.method == "HEAD"]
    assert sorted(path.relative_to(own) for path in own.rglob("*")) == sorted(
        path.relative_to(ours) for path in ours.rglob("*")
    )
    for one, other in zip(theirs, found, strict=True):
        assert type(one) is type(other)
        if isinstance(one, lk.LightCurve):
            del one.meta["FILENAME"], other.meta["FILENAME"]  # the folders differ
            assert differences(one, other) == []
        elif not isinstance(one, type):
            assert one.targetid == other.targetid
            assert np.array_equal(one.flux.value, other.flux.value, equal_nan=True)
            one.hdu.close()
            other.hdu.close()


def test_results_are_lightkurves_own_and_can_be_chosen_from_pickled_and_rebuilt(lk: Any, session: Session) -> None:
    with use_in_lightkurve(session):
        found = lk.search_lightcurve(KELT9, author="SPOC")
        assert type(found) is lk.SearchResult
        chosen = found[found.exptime.value == 20]
        assert len(chosen) == 2
        assert type(chosen[0]) is lk.SearchResult
        again = pickle.loads(pickle.dumps(chosen))  # noqa: S301  our own
        assert repr(again) == repr(chosen)
        assert {*found.author} == {"SPOC"}
        rebuilt = lk.SearchResult(found.table[found.table["sequence_number"] == 75][:1])
        assert rebuilt.download().sector == 75


def test_an_empty_result_is_lightkurves(lk: Any, session: Session) -> None:
    with use_in_lightkurve(session):
        found = lk.search_lightcurve(KELT9, sector=999)
        assert (len(found), repr(found)) == (0, "SearchResult containing 0 data products.")
        for download in (found.download, found.download_all):
            with pytest.warns(lk.LightkurveWarning, match="empty search result"):
                assert download() is None


# -- who is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["module", "name", "default argument", "attribute", "table"])
def test_every_way_in_which_packages_bind_the_functions_is_reached(
    way: str, lk: Any, session: Session, archive: SampleArchive
) -> None:
    import searching_package

    with use_in_lightkurve(session):
        found = searching_package.WAYS[way](SMALL)
        curve = found.download()
        archive.clear()
        assert len(searching_package.WAYS[way](SMALL)) == len(found)
        assert differences(curve, searching_package.read_again(curve.meta["FILENAME"])) == []
    assert not archive.requests
    assert not any(request.method == "HEAD" for request in archive.requests)


@pytest.mark.parametrize(
    "words",
    [
        {"target": "KIC 11904151"}, {"target": "EPIC 201367065"}, {"target": "ktwo201367065"}, {"target": 11904151},
        {"target": KELT9, "mission": "Kepler"}, {"target": KELT9, "mission": ("K2", "Kepler")}, {"target": "Kepler-10", "author": "Kepler"},
        {"target": "Kepler-10", "author": ["K2SFF", "EVEREST"]}, {"target": KELT9, "quarter": 3}, {"target": KELT9, "campaign": [1]},
    ],
    ids=str,
)  # fmt: skip
def test_kepler_and_k2_go_on_to_lightkurve(
    words: dict[str, Any], lk: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Any, ...]] = []

    def query(target: Any, **criteria: Any) -> list[Any]:
        given.append((target, criteria["project"]))
        return []

    monkeypatch.setattr(lk.search, "_query_mast", query)
    with use_in_lightkurve(session):
        assert len(lk.search_lightcurve(**words)) == 0
        assert len(given) == 1
        assert len(lk.search_lightcurve(KELT9, author="SPOC", mission=("Kepler", "K2", "TESS"))) == 8
        assert len(given) == 1


def test_one_question_asks_for_all_missions_as_lightkurve_does(
    lk: Any, session: Session, archive: SampleArchive
) -> None:
    with use_in_lightkurve(session):
        lk.search_lightcurve(KELT9)
    [filters] = [
        request.body["request"]["params"]["filters"] for request in archive.requests if "Filtered" in str(request.body)
    ]
    assert {one["paramName"]: one["values"] for one in filters} == {
        "target_name": ["16740101"],
        "project": ["Kepler", "K2", "TESS"],
        "dataproduct_type": ["cube", "timeseries"],
    }


def test_files_of_kepler_are_beside_those_of_tess_and_are_lightkurves(
    lk: Any, session: Session, archive: SampleArchive
) -> None:
    for row in archive.catalogue.observations:
        if row["target_name"] == "118004375":
            row["project"] = "Kepler"
    try:
        own = outcome(lk.search_targetpixelfile, "TIC 118004375", author=["SPOC", "Kepler"])
        with use_in_lightkurve(session):
            assert outcome(lk.search_targetpixelfile, "TIC 118004375", author=["SPOC", "Kepler"]) == own
            archive.clear()
            lk.search_targetpixelfile("TIC 118004375", author=["SPOC", "Kepler"])[0].download().hdu.close()
            assert "HEAD" in {request.method for request in archive.requests}  # astroquery's habit
    finally:
        for row in archive.catalogue.observations:
            if row["target_name"] == "118004375":
                row["project"] = "TESS"


# -- what it is for --------------------------------------------------------------------------------------------------


def test_a_second_process_asks_nothing_again(lk: Any, session: Session, archive: SampleArchive, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    for run in ("first", "second"):
        archive.clear()
        for function in (lk.search_lightcurve, lk.search_targetpixelfile):
            function.cache_clear()  # what only this process remembers
        with use_in_lightkurve(Session(archive.url, cache=session.settings.cache)):
            lk.search_lightcurve(TOI3505, author="QLP").download_all(download_dir=str(folder))
        assert bool(archive.requests) is (run == "first")


def test_a_truncated_file_is_fetched_again(lk: Any, session: Session, tmp_path: Path) -> None:
    with use_in_lightkurve(session):
        found = lk.search_lightcurve(SMALL, author="SPOC")
        curve = found.download(download_dir=str(tmp_path / "files"))
        path = Path(curve.meta["FILENAME"])
        path.write_bytes(path.read_bytes()[:100_000])
        assert differences(found.download(download_dir=str(tmp_path / "files")), curve) == []


def test_a_busy_archive_is_asked_again(lk: Any, session: Session, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", status=503, match="Mast.Caom.Filtered", retry_after=0.05))
    with use_in_lightkurve(session):
        assert len(lk.search_lightcurve(SMALL, author="SPOC")) == 1


def test_a_file_that_cannot_be_fetched_is_lightkurves_error_and_the_others_are_here(
    lk: Any, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    with use_in_lightkurve(session):
        found = lk.search_lightcurve(TOI3505, author="QLP")
        archive.faults.add(Fault("status", status=404, match=str(found.table["productFilename"][0]), times=9))
        with pytest.raises(lk.LightkurveError, match=r"Download of mast:HLSP/qlp/.* failed"):
            found.download_all(download_dir=str(tmp_path / "files"))
        assert len(list((tmp_path / "files").rglob("*_llc.fits"))) == len(found) - 1
        with pytest.raises(lk.LightkurveError, match="failed"):
            found[0].download(download_dir=str(tmp_path / "files"))


def test_a_cut_out_that_cannot_be_made_is_lightkurves_error(lk: Any, session: Session, archive: SampleArchive) -> None:
    with use_in_lightkurve(session):
        found = lk.search_tesscut(CUT)
        archive.faults.add(Fault("status", status=404, match="astrocut", times=99))
        with pytest.raises(lk.search.SearchError, match="Unable to download FFI cutout"):
            found.download(cutout_size=7)


def test_a_failure_of_the_archive_is_no_empty_result(lk: Any, archive: SampleArchive, tmp_path: Path) -> None:
    archive.faults.add(Fault("status", status=400, match="Mast.Caom.Filtered", times=99))
    with use_in_lightkurve(Session(archive.url, cache=tmp_path / "cache")), pytest.raises(ServiceError):
        lk.search_lightcurve(SMALL)


# -- reading ---------------------------------------------------------------------------------------------------------


def test_a_cone_of_too_many_observations_is_refused_before_a_row_is_fetched(
    lk: Any, session: Session, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_mast.guard.MOST_ROWS", 5)
    with tess_source.use_in_lightkurve(session):
        archive.clear()
        with pytest.raises(LargeAnswerError, match="more than 5 are fetched only") as caught:
            lk.search_lightcurve("KELT-9", radius=3600)
    assert any("end the use" in note for note in caught.value.__notes__)
    asked = [one.body["request"]["params"]["columns"] for one in archive.requests if one.path == "/api/v0/invoke"]
    assert asked == ["COUNT_BIG(*)"]


@pytest.mark.parametrize("author", ["SPOC", "QLP", "TASOC"])
def test_read_is_equal_to_lightkurves_for_all_pipelines(
    author: str, lk: Any, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours: list[bool] = []
    true = opening._light_curve

    def told(*args: Any) -> Any:
        opened = true(*args)
        ours.append(opened is not None)
        return opened

    monkeypatch.setattr(opening, "_light_curve", told)
    manifest = tess_source.search(HD29980, kind="lc", pipeline=author, session=session).plan(tmp_path).download()
    path = str(manifest[0].path)
    for options in ({}, {"quality_bitmask": "hard"}, {"flux_column": "sap_flux"}, {"flux_column": "no_such"}):
        try:
            own = lk.read(path, **options)
        except lk.LightkurveError:
            with use_in_lightkurve(session), pytest.raises(lk.LightkurveError):
                lk.read(path, **options)
            continue
        with use_in_lightkurve(session):
            assert differences(lk.read(path, **options), own) == []
            assert ours[-1] is (author != "TASOC")


def test_read_leaves_everything_else_to_lightkurve(lk: Any, session: Session, tmp_path: Path) -> None:
    (tmp_path / "tess-broken_lc.fits").write_bytes(b"no FITS")
    bad = [str(tmp_path / "tess-broken_lc.fits"), str(tmp_path / "missing.fits"), tmp_path, 5]
    own = [outcome(lk.read, path) for path in bad]
    with use_in_lightkurve(session):
        assert [outcome(lk.read, path) for path in bad] == own
    assert all(issubclass(error, Exception) for error in own)


# -- undoing ---------------------------------------------------------------------------------------------------------


def state(lk: Any) -> list[Any]:
    """Return all that could be changed: the very objects, which are compared by identity."""
    functions = (lk.search_lightcurve, lk.search_targetpixelfile, lk.search_tesscut)
    cells = [cell.cell_contents for function in functions for cell in function.__closure__]
    held = [*vars(lk).values(), *vars(lk.search).values(), *vars(lk.SearchResult).values(), *vars(lk.io).values()]
    return [lk.read.__code__, *(cell for cell in cells if callable(cell)), *held]


def is_same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def test_it_is_undone_exactly(lk: Any, session: Session) -> None:
    before = state(lk)
    with use_in_lightkurve(session):
        assert not is_same(state(lk), before)
        for name in ("search_lightcurve", "search_targetpixelfile", "search_tesscut", "read", "SearchResult"):
            assert getattr(lk, name) in before  # packages compare them
        assert [*inspect.signature(lk.read).parameters] == ["path_or_url", "kwargs"]
        assert lk.search._search_products.__doc__
        lk.search_lightcurve(SMALL)
    assert is_same(state(lk), before)


def test_it_is_undone_after_an_error_too(lk: Any, session: Session) -> None:
    before = state(lk)
    with pytest.raises(ZeroDivisionError), use_in_lightkurve(session):
        _ = 1 / 0
    assert is_same(state(lk), before)


def test_uses_may_be_nested_repeated_and_ended_in_any_order(
    lk: Any, session: Session, archive: SampleArchive, tmp_path: Path
) -> None:
    before = state(lk)
    other = Session(archive.url, cache=tmp_path / "other", offline=True)
    first, second = use_in_lightkurve(session), use_in_lightkurve(other)
    with pytest.raises(tess_source.TessSourceError, match="offline"):
        lk.search_lightcurve(SMALL)
    first.undo()
    first.undo()
    assert not is_same(state(lk), before)
    with use_in_lightkurve(session):
        assert len(lk.search_lightcurve(SMALL))
    second.undo()
    assert is_same(state(lk), before)
    for _ in range(3):
        last = use_in_lightkurve(session)
    last.undo(all=True)
    assert is_same(state(lk), before)


def test_a_use_that_was_undone_can_be_entered_again(lk: Any, session: Session) -> None:
    before, use = state(lk), use_in_lightkurve(session)
    use.undo()
    for _ in range(2):
        with use as entered:
            assert entered is use
            assert not is_same(state(lk), before)
        assert is_same(state(lk), before)


def test_what_is_no_session_is_refused_at_once(lk: Any) -> None:
    before = state(lk)
    with pytest.raises(QueryError, match=r"session='TIC 1': give a Session"):
        use_in_lightkurve("TIC 1")  # type: ignore[arg-type]
    assert is_same(state(lk), before)


def test_what_each_remembers_is_apart(lk: Any, session: Session, archive: SampleArchive, tmp_path: Path) -> None:
    own = lk.search_lightcurve(SMALL)
    with use_in_lightkurve(session):
        ours = lk.search_lightcurve(SMALL)
        assert ours is not own
        assert lk.search_lightcurve(SMALL) is ours
    with use_in_lightkurve(Session(archive.url, cache=tmp_path / "other")):
        assert lk.search_lightcurve(SMALL) is not ours
    assert lk.search_lightcurve(SMALL) is own


def test_the_default_session_of_the_moment_is_asked(lk: Any, session: Session, tmp_path: Path) -> None:
    try:
        with use_in_lightkurve():
            set_default_session(Session(cache=tmp_path / "empty", offline=True))
            with pytest.raises(tess_source.TessSourceError, match="offline"):
                lk.search_lightcurve(SMALL)
            set_default_session(session)
            assert len(lk.search_lightcurve(SMALL))
    finally:
        set_default_session(None)


def test_threads_may_use_it_at_the_same_time(lk: Any, session: Session, archive: SampleArchive) -> None:
    before, wrong = state(lk), []

    def work(star: str, count: int) -> None:
        for _ in range(3):
            with use_in_lightkurve(session):
                if len(lk.search_lightcurve(star, author="SPOC")) != count:
                    wrong.append(star)

    threads = [
        threading.Thread(target=work, args=args)
        for args in ((KELT9, 8), (TOI3505, 2), (SMALL, 1), (HD29980, 1), (KELT9, 8))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert is_same(state(lk), before)


def test_without_lightkurve_it_says_what_to_install(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightkurve", None)
    with pytest.raises(
        MissingExtraError, match=r"use_in_lightkurve\(\) needs lightkurve: pip install 'tess-source\[lightkurve\]'"
    ):
        use_in_lightkurve(session)


def test_a_lightkurve_that_is_made_otherwise_is_refused_and_left_as_it_is(
    lk: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(lk.SearchResult, "_fetch_tesscut_path")
    before = state(lk)
    with pytest.raises(PluginError, match=r"has no SearchResult\._fetch_tesscut_path"):
        use_in_lightkurve(session)
    assert is_same(state(lk), before)


def test_nothing_is_replaced_by_an_import() -> None:
    code = "import tess_source, sys; tess_source.use_in_lightkurve; assert 'lightkurve' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- packages from the index, where they are installed -----------------------------------------------------------------


@pytest.mark.skipif(not STRESS, reason="other packages, only under TESS_SOURCE_STRESS=1")
@pytest.mark.parametrize("name", [*lightkurve_packages.PACKAGES])
@pytest.mark.filterwarnings("ignore")
def test_a_package_from_the_index_finds_the_same_with_fewer_questions(
    name: str, archive: SampleArchive, session: Session, tmp_path: Path
) -> None:
    pytest.importorskip(lightkurve_packages.PACKAGES[name][0])
    own = lightkurve_packages.measured(name, archive, tmp_path / "own", None)
    ours = lightkurve_packages.measured(name, archive, tmp_path / "ours", session)
    np.testing.assert_equal(ours.found, own.found)
    assert ours.requests < own.requests
