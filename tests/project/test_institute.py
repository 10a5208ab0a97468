"""Two archives at once: an institute's own light curves, of the example, beside MAST."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from places import ROOT
from program_run import Program

import tess_source
from tess_source import Session
from tess_source.errors import QueryError, ServiceError, UnknownNameError
from tess_source.hooks.discovery import from_file
from tess_source.lock import refresh
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive
from tess_source_testing import check_plugin

EXAMPLE = ROOT / "examples" / "institute.py"
KELT9 = "TIC 16740101"
BOTH = ["mast", "institute"]


@pytest.fixture
def curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with light curves of two sectors of KELT-9, of which MAST has one, and a report."""
    folder = tmp_path / "curves"
    folder.mkdir()
    rows = [
        ("kelt9 s14.csv", 16740101, 14, 120),
        ("s16.csv", 16740101, 16, 120),
        ("s16.txt", 16740101, 16, 120),
        ("o.csv", 5, 1, 20),
    ]
    for name, *_ in rows:
        curve = "time,flux,flux_err\n" + "".join(f"{1700 + n / 100},{1 + n / 1e4},0.001\n" for n in range(40))
        (folder / name).write_text("a planet, we think\n" if name.endswith("txt") else curve)
    (folder / "index.csv").write_text(
        "file,tic,sector,exptime\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)
    )
    monkeypatch.setenv("INSTITUTE_CURVES", str(folder))
    return folder


@pytest.fixture
def on_web(curves: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The same folder on a web server of the institute's own; yields what is asked for."""
    asked: list[str] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(curves)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("INSTITUTE_CURVES", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def session(archive: SampleArchive, curves: Path) -> Session:
    return Session(archive.url, plugins=[from_file(EXAMPLE)])


def files(found: Any) -> list[str]:
    return [row["filename"] for row in found.products]


def test_the_example_keeps_to_the_contract(curves: Path) -> None:
    assert check_plugin(from_file(EXAMPLE)) == []


def test_each_search_says_which_archives_are_asked(session: Session) -> None:
    ours, theirs = ["kelt9 s14.csv", "s16.csv"], session.search(KELT9, kind="lc", archive="mast")
    assert len(theirs) == 6 and set(theirs.products["archive"]) == {"mast"}
    assert files(session.search(KELT9, kind="lc", archive="institute")) == ours
    for both in (session.search(KELT9, kind="lc"), session.search(KELT9, kind="lc", archive=BOTH)):
        assert len(both) == 8 and {*files(both)} == {*ours, *files(theirs)}
        assert both.record is not None and {*both.record["archives"]} == {*BOTH}
    assert files(tess_source.search(KELT9, kind="vetting", session=session)) == ["s16.txt"]


def test_a_session_asks_the_archives_that_it_was_given(archive: SampleArchive, curves: Path) -> None:
    session = Session(archive.url, plugins=[from_file(EXAMPLE)], archive=["institute"])
    assert len(session.search(KELT9, kind="lc")) == 2
    assert len(session.search(KELT9, kind="lc", archive=BOTH)) == 8


def test_counts_add_up_also_of_an_archive_that_cannot_count(session: Session) -> None:
    theirs = session.count(KELT9, archive="mast")
    assert session.count(KELT9, archive="institute") == 2
    assert session.count(KELT9, archive=BOTH) == session.count(KELT9) == theirs + 2


def test_questions_without_a_target_go_to_both(session: Session) -> None:
    assert files(session.search(sector=16, pipeline="INSTITUTE", kind="lc")) == ["s16.csv"]
    assert "o.csv" in files(session.search(sector=1, kind="lc", archive=BOTH))
    parts = list(session.iter_search(KELT9, kind="lc", archive=BOTH))
    assert sum(map(len, parts)) == 8


def test_one_per_sector_chooses_among_both(session: Session) -> None:
    found = session.search(KELT9, kind="lc", archive=BOTH)
    assert "kelt9 s14.csv" not in files(found.select(one_per_sector=True))
    chosen = files(found.select(one_per_sector="INSTITUTE"))
    assert len(chosen) == 7 and {"kelt9 s14.csv", "s16.csv"} <= {*chosen}


def test_one_plan_fetches_from_both_and_loads_into_one_collection(session: Session, tmp_path: Path) -> None:
    manifest = (
        session.search(KELT9, sector="14,16", name=["*s14.csv", "s16.*", "*_lc.fits"])
        .plan(tmp_path / "data")
        .download()
    )
    assert [entry.status for entry in manifest] == ["fetched"] * 4
    loaded = manifest.read()
    curves = loaded["light curves"]
    assert sorted((curve.meta["SECTOR"], curve.meta["AUTHOR"]) for curve in curves) == [
        (14, "INSTITUTE"),
        (14, "SPOC"),
        (16, "INSTITUTE"),
    ]
    assert loaded["str"] == ["a planet, we think\n"] and not loaded.failed


def test_a_lock_asks_the_same_archives_again(session: Session, tmp_path: Path, curves: Path) -> None:
    plan = session.search(KELT9, kind="lc", sector="14-16", archive=BOTH).plan(tmp_path / "data")
    lock = plan.download().lock()
    saved = lock.save(tmp_path / "lock.ecsv")
    again = session.load_plan(saved, tmp_path / "again").download()
    assert [entry.status for entry in again] == ["fetched"] * len(plan) and len(plan) == 4
    assert len(refresh(session.load_plan(saved, tmp_path), session)[1]) == 0
    (curves / "index.csv").write_text("file,tic,sector,exptime\ns16.csv,16740101,16,120\n")
    changes = refresh(session.load_plan(saved, tmp_path), session)[1]
    assert len(changes) == 1 and "kelt9" in repr(changes)


def test_files_on_a_web_server_come_from_there_whatever_answers_in_place_of_mast(
    session: Session, on_web: list[str], tmp_path: Path, archive: SampleArchive
) -> None:
    manifest = session.search(KELT9, kind="lc", sector=14, archive=BOTH).plan(tmp_path / "data").download()
    assert [entry.status for entry in manifest] == ["fetched"] * 2
    assert on_web.count("/kelt9%20s14.csv") == 1
    assert not [request for request in archive.requests if "kelt9" in request.path]


@pytest.mark.parametrize("named", [BOTH, None])
def test_if_one_fails_the_whole_search_fails_and_says_which(session: Session, curves: Path, named: Any) -> None:
    (curves / "index.csv").unlink()
    for ask in (session.search, session.count, lambda *a, **k: list(session.iter_search(*a, **k))):
        with pytest.raises(ServiceError, match=r"institute: its index.csv cannot be read") as caught:
            ask(KELT9, archive=named)
        assert "archive 'institute' failed; to do without it, ask with archive='mast'" in caught.value.__notes__
    assert len(session.search(KELT9, kind="lc", archive="mast")) == 6


def test_if_mast_fails_it_is_said_too(session: Session, archive: SampleArchive) -> None:
    archive.faults.add(Fault("status", match="invoke", status=400, times=100))
    with pytest.raises((ServiceError, OSError)) as caught:
        session.search(KELT9, archive=BOTH)
    assert any("archive 'mast' failed" in note and "archive='institute'" in note for note in caught.value.__notes__)


def test_an_archive_that_cannot_answer_a_question_is_an_error_if_it_was_named_and_else_said(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    place = "307.8598 39.9388"
    with pytest.raises(
        QueryError, match=r"archive 'institute' has no answer to such a question; ask for it with archive='mast'"
    ):
        session.search(place, radius=5, archive=BOTH)
    with pytest.raises(QueryError, match="'institute' has no answer to such a question"):
        session.search(place, radius=5, archive="institute")
    with pytest.raises(QueryError, match="ask for it with archive='mast'"):
        session.count(place, radius=5, archive=BOTH)
    assert len(session.search(place, radius=5, kind="lc")) == 6
    assert "archive 'institute' has no answer to such a question: the answer is without it" in caplog.text
    assert sum(map(len, session.iter_search(place, radius=5, kind="lc"))) == 6


def test_an_unknown_column_is_an_error_that_names_it(session: Session) -> None:
    with pytest.raises(UnknownNameError, match="weather"):
        session.search(KELT9, weather="fine", archive=BOTH)


def test_the_program_takes_several_archives_by_comma_and_by_repetition(program: Program, curves: Path) -> None:
    for words in (["--archive", "mast,institute"], ["--archive", "mast", "--archive", "institute"], []):
        said = program("--plugin", EXAMPLE, *words, "search", KELT9, "--kind", "lc", "--sector", "14-16")
        assert said.code == 0, said.err
        assert "4 products" in said.err and "answered by mast, institute just now" in said.err
    said = program("--plugin", EXAMPLE, "search", KELT9, "--archive", "institute", "--kind", "lc")
    assert "2 products" in said.err
    said = program("--plugin", EXAMPLE, "count", KELT9, "--archive", "institute")
    assert said.out.split()[0] == "2"
    said = program("--plugin", EXAMPLE, "search", KELT9, "--archive", "mast,instute")
    assert said.code == 2 and "did you mean 'institute'?" in said.err
    said = program("--plugin", EXAMPLE, "search", KELT9, "--archive", "mast,")
    assert said.code == 2


def test_the_program_fetches_from_both(program: Program, curves: Path, tmp_path: Path) -> None:
    words = ("--kind", "lc", "--sector", "14", "--to", tmp_path / "data")
    said = program("--plugin", EXAMPLE, "--archive", "mast,institute", "get", KELT9, *words)
    assert said.code == 0, said.err
    assert "2 fetched" in said.err


def test_a_plugin_that_only_wraps_questions_is_no_archive(session: Session) -> None:
    class Watch:
        @tess_source.hookimpl(wrapper=True)
        def tess_query(self, query: Any) -> Any:
            asked.append(query.archives)
            return (yield)

    asked: list[Any] = []
    session.register(Watch())
    assert "Watch" not in session.registry.archives()
    session.search(KELT9, archive="institute")
    assert asked == [("institute",)]
