"""Answers of archives are remembered by their question, for a time; never a failure, an empty one, or another archive's."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sky
import toys
from hypothesis import given
from hypothesis import strategies as st
from places import HELPERS
from sky import STARS, Sky, session_of

from tess_source import Query, Session, Target
from tess_source.cache.answers import Answer, Answers
from tess_source.cache.question import Question
from tess_source.clock import this_moment
from tess_source.errors import QueryError
from tess_source.hooks.registry import Registry
from tess_source.search.resolving import question
from tess_source.settings import Settings

DAY = 86400.0


@pytest.fixture
def archive() -> Sky:
    return Sky()


def turn_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    import time

    monkeypatch.setattr("tess_source.clock.now", lambda: time.time() + seconds)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.zip"))


# -- the same question is not asked twice --


def test_a_second_search_asks_nothing_and_says_so(
    archive: Sky, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = session_of(archive, tmp_path).search(STARS[0])
    asked = len(archive.asked)
    with caplog.at_level(logging.INFO):
        second = session_of(archive, tmp_path).search(STARS[0])
    assert len(archive.asked) == asked
    assert (second.observations, second.products) == (first.observations, first.products)
    assert first.record is not None
    assert second.record is not None
    assert second.record["time"] == first.record["time"] == second.from_store
    assert first.from_store is None
    assert f"from the cache folder: answered at {second.from_store}" in caplog.text
    assert f"from the cache folder, answered at {second.from_store}, just now" in second.explain()
    assert "from the cache folder" in second.summary()
    assert "from the cache folder" not in first.summary() + first.explain()


def test_a_selection_of_a_remembered_answer_still_says_that_it_is_one(toy_sky: Session) -> None:
    assert toy_sky.search(STARS[0]).from_store is None
    chosen = toy_sky.search(STARS[0], kind="lc")
    assert chosen.from_store
    assert len(chosen) == 1


@pytest.fixture
def toy_sky(archive: Sky, tmp_path: Path) -> Session:
    session = session_of(archive, tmp_path)
    session.register(toys.Filters())
    return session


def test_a_lock_of_a_remembered_answer_is_that_of_the_answer_itself(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(archive, tmp_path / "cache")
    one = session.search(STARS[0]).plan("data").save(tmp_path / "one.ecsv").read_bytes()
    turn_clock(monkeypatch, DAY / 2)
    assert session.search(STARS[0]).plan("data").save(tmp_path / "two.ecsv").read_bytes() == one


def test_refresh_asks_again_and_keeps_the_new_answer(archive: Sky, tmp_path: Path) -> None:
    session = session_of(archive, tmp_path)
    session.search(STARS[0])
    archive.stars = STARS[1:]
    assert len(session.search(STARS[0]).observations) == 1
    assert len(session.search(STARS[0], refresh=True).observations) == 0
    archive.stars = STARS
    assert session.search(STARS[0], refresh=True).from_store is None
    assert session.search(STARS[0]).from_store


def test_a_name_is_looked_up_once_and_what_it_was_taken_to_mean_is_said_every_time(
    archive: Sky, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session = session_of(archive, tmp_path)
    first = session.search("pi Men")
    caplog.clear()
    second = session.search("pi  Men")
    assert archive.asked == ["resolve pi Men", "query", "list"]
    assert second.query.targets[0].resolver == "SKY"
    assert "resolved to 84.291000 -80.469000 by SKY (from the cache folder, looked up at" in caplog.text
    assert "using TIC 25155310, TIC 261136679, TIC 358108509" in caplog.text
    assert second.products == first.products
    session.search("pi Men", refresh=True)
    assert archive.asked[3:] == ["resolve pi Men", "query", "list"]


def test_an_unknown_name_is_not_remembered(archive: Sky, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(LookupError):
            session_of(archive, tmp_path).search("Nibiru")
    assert archive.asked == ["resolve Nibiru"] * 2


# -- what is never kept --


def test_failures_and_empty_answers_are_never_kept(archive: Sky, tmp_path: Path) -> None:
    session = session_of(archive, tmp_path)
    assert not len(session.search(999))
    archive.failing = True
    with pytest.raises(ConnectionError):
        session.search(STARS[0])
    assert not kept(tmp_path)
    archive.failing = False
    assert len(session.search(STARS[0]).observations) == 1


def test_answers_of_another_server_are_kept_only_in_a_folder_that_was_chosen(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text(f"cache = '{tmp_path / 'configured'}'")
    for _ in range(2):
        session_of(archive, None, server="http://127.0.0.1:1").search(STARS[0])
    assert archive.asked.count("query") == 2
    assert not (tmp_path / "configured").exists()
    session_of(archive, None).search(STARS[0])
    assert len(kept(tmp_path / "configured")) == 1
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "chosen"))
    session_of(archive, None, server="http://127.0.0.1:1").search(STARS[0])
    assert len(kept(tmp_path / "chosen")) == 1


def test_servers_plugins_and_tokens_are_never_mixed(archive: Sky, tmp_path: Path) -> None:
    def both() -> Session:
        session = session_of(archive, tmp_path)
        session.registry.register(toys.Lister(), "another", version="1")
        return session

    sessions = [
        session_of(archive, tmp_path),
        session_of(archive, tmp_path, server="http://127.0.0.1:1"),
        session_of(archive, tmp_path, server="http://127.0.0.1:2"),
        session_of(archive, tmp_path, token="secret"),
        both(),
    ]
    assert [session.search(STARS[0]).from_store for session in sessions] == [None] * len(sessions)
    assert all(session.search(STARS[0]).from_store for session in sessions)
    assert not any(b"secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_plugin_of_another_version_is_asked_again(archive: Sky, tmp_path: Path) -> None:
    session_of(archive, tmp_path, version="1").search("pi Men")
    assert session_of(archive, tmp_path, version="2").search("pi Men").from_store is None
    assert archive.asked == ["resolve pi Men", "query", "list"] * 2


def test_answers_of_a_plugin_without_a_version_are_not_kept_for_its_code_may_change(
    archive: Sky, tmp_path: Path
) -> None:
    session = Session(discover=False, cache=tmp_path, plugins=[archive])
    assert [session.search(STARS[0]).from_store for _ in range(2)] == [None, None]


# -- how long --


@pytest.mark.parametrize(("later", "asked"), [(DAY - 60, 1), (DAY + 60, 2), (-30, 1), (-3600, 2)])
def test_an_answer_is_believed_for_a_day_and_not_if_it_comes_from_the_future(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: float, asked: int
) -> None:
    session = session_of(archive, tmp_path)
    session.search("pi Men")
    turn_clock(monkeypatch, later)
    session.search("pi Men")
    assert archive.asked.count("query") == archive.asked.count("resolve pi Men") == asked


@pytest.mark.parametrize("given", [3600, "1h", "60 min", timedelta(hours=1)])
def test_the_age_limit_is_an_argument(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Any
) -> None:
    session = session_of(archive, tmp_path, max_age=given)
    session.search(STARS[0])
    turn_clock(monkeypatch, 3500)
    assert session.search(STARS[0]).from_store
    turn_clock(monkeypatch, 3700)
    assert session.search(STARS[0]).from_store is None


def test_the_age_limit_is_read_from_the_environment_and_the_config_file_when_it_is_used(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(archive, tmp_path / "cache")
    session.search(STARS[0])
    turn_clock(monkeypatch, 3 * DAY)
    (tmp_path / "config.toml").write_text("max_age = '7d'")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    assert session.search(STARS[0]).from_store
    monkeypatch.setenv("TESS_SOURCE_MAX_AGE", "2d")
    assert session.search(STARS[0]).from_store is None


# -- parts of answers --


def test_one_star_of_a_remembered_list_is_answered_from_it(archive: Sky, tmp_path: Path) -> None:
    expected = {tic: session_of(archive, tmp_path / "other").search(tic) for tic in STARS}
    session = session_of(archive, tmp_path / "cache")
    session.search([*STARS, 999])
    asked = len(archive.asked)
    for tic in STARS:
        found = session.search(tic)
        assert found.from_store
        assert (found.observations, found.products) == (expected[tic].observations, expected[tic].products)
        assert sky.README in found.products["uri"], "a file that stars share belongs to each of them"
    assert session.search(STARS[1:]).from_store
    assert len(archive.asked) == asked
    assert session.search(999).from_store is None, "that a star has nothing is not believed"


def test_a_list_is_put_together_from_answers_about_its_stars(archive: Sky, tmp_path: Path) -> None:
    expected = session_of(archive, tmp_path / "other").search(STARS)
    session = session_of(archive, tmp_path / "cache")
    for tic in STARS:
        session.search(tic)
    asked = len(archive.asked)
    together = session.search(STARS)
    assert len(archive.asked) == asked
    assert (together.observations, together.products) == (expected.observations, expected.products)
    assert session.search([*STARS, 999]).from_store is None


def test_an_answer_that_was_put_together_is_as_old_as_its_oldest_part(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(archive, tmp_path)
    oldest = session.search(STARS[0]).record
    turn_clock(monkeypatch, DAY / 2)
    session.search(STARS[1])
    found = session.search(STARS[:2])
    assert oldest is not None
    assert found.from_store == oldest["time"]
    turn_clock(monkeypatch, DAY + 60)
    assert session.search(STARS[:2]).from_store is None


def test_without_the_archives_own_keys_an_answer_is_not_taken_apart(tmp_path: Path) -> None:
    class Plain(Sky):
        pass

    archive = Plain()
    session = session_of(archive, tmp_path)
    found = session.search(STARS)
    answers = Answers(tmp_path, DAY)
    question = Question.of(Query(tuple(Target(str(tic), tic=tic) for tic in STARS)))
    assert question is not None
    nameless = found.products.to_polars().with_columns(observation=pl.lit(None, pl.String))
    answers.keep(question, Answer(found.observations, type(found.products)(nameless), this_moment()))
    assert answers.find(question) is not None
    assert answers.find(question.about(f"TIC {STARS[0]}")) is None


# -- the question in canonical form --

TICS = st.lists(st.integers(1, 10**10), min_size=1, max_size=6)
SPELLINGS = ("{}", "TIC {}", "tic{}", "TIC-{:011d}", " tic_{} ")
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
CRITERIA = st.dictionaries(
    st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True), st.lists(WORDS, min_size=1, max_size=4), max_size=3
)


def asked(targets: Any, criteria: dict[str, Any], wildcards: bool = False, **whom: Any) -> Question:
    query = question(Registry(), Settings(), targets, criteria=criteria, wildcards=wildcards)
    found = Question.of(query, **{"server": "", **whom})
    assert found is not None
    return found


@given(TICS, CRITERIA, st.data())
def test_the_same_question_in_another_spelling_and_order_is_the_same(
    tics: list[int], criteria: dict[str, list[str]], data: st.DataObject
) -> None:
    spelled = [
        data.draw(st.sampled_from(SPELLINGS)).format(tic) for tic in data.draw(st.permutations([*tics, tics[0]]))
    ]
    other = {
        data.draw(st.sampled_from([name, name.upper()])): data.draw(
            st.sampled_from([values, tuple(values), set(values), values[0] if len(values) == 1 else values[::-1]])
        )
        for name, values in data.draw(st.permutations(list(criteria.items())))
    }
    one, two = asked(tics, criteria), asked(spelled, other)
    assert (one.folder, one.file) == (two.folder, two.file)
    assert one == two


@given(TICS, TICS, CRITERIA, CRITERIA, st.booleans(), st.booleans())
def test_different_questions_are_different(
    tics: list[int], other_tics: list[int], criteria: Any, other: Any, wild: bool, other_wild: bool
) -> None:
    one, two = asked(tics, criteria, wild), asked(other_tics, other, other_wild)
    canonical = [{name: set(values) for name, values in words.items()} for words in (criteria, other)]
    same = set(tics) == set(other_tics) and canonical[0] == canonical[1] and wild == other_wild
    assert (one == two) is same
    assert ((one.folder, one.file) == (two.folder, two.file)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"t_min": [58000, 59000]}, {"t_min": (58000.0, 59000.0)}, True),
        ({"t_min": [58000, 59000]}, {"t_min": [59000, 58000]}, False),
        ({"t_min": [58000, 58000]}, {"t_min": [58000]}, False),
        ({"sequence_number": [1, 2, 3]}, {"sequence_number": [3, 2, 1, 1]}, True),
        ({"sequence_number": 14}, {"sequence_number": [14]}, True),
        ({"sequence_number": 14}, {"sequence_number": "14"}, False),
        ({"mtFlag": True}, {"mtFlag": 1}, False),
        ({"project": None}, {}, False),
        ({"project": None}, {"project": "None"}, False),
    ],
)
def test_values_of_criteria_are_the_same_if_they_mean_the_same(one: Any, other: Any, same: bool) -> None:
    first, second = asked(1, one), asked(1, other)
    assert ((first.folder, first.file) == (second.folder, second.file)) is same


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0.1, 100), st.floats(0.1, 100))
def test_places_are_the_same_only_to_the_last_digit(ra: float, dec: float, radius: float, other: float) -> None:
    def at(ra: float, dec: float, radius: float) -> Question:
        question = Question.of(Query((Target("anywhere", ra=ra, dec=dec, radius=radius),)))
        assert question is not None
        return question

    assert at(ra, dec, radius) == at(ra, dec, radius)
    assert (at(ra, dec, radius) == at(ra, dec, other)) is (radius == other)
    assert at(ra, dec, radius) != at(ra, dec + 1e-3, radius)
    assert at(0.0, -0.0, radius) == at(360.0, 0.0, radius)


def test_what_cannot_be_written_down_is_asked_every_time(archive: Sky, tmp_path: Path) -> None:
    session = session_of(archive, tmp_path)
    found = [session._answer(Query((Target("1", tic=STARS[0]),), {"x": object()})) for _ in range(2)]
    assert [one.from_store for one in found] == [None, None]
    assert not kept(tmp_path)


# -- other processes, broken files, folders that cannot be written --

WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from places import HELPERS
from sky import STARS, Sky, session_of
session = session_of(Sky(), Path(sys.argv[2]))
for _ in range(15):
    assert len(session.search(STARS, refresh=True).observations) == 3
"""


def test_two_processes_may_write_the_same_answer_at_once(archive: Sky, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(HELPERS), str(tmp_path)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    session = session_of(archive, tmp_path)
    expected = session.search(STARS).products
    while any(writer.poll() is None for writer in writers):
        assert session.search(STARS).products == expected
        time.sleep(0.01)  # time for the others
    for writer in writers:
        assert writer.communicate()[1] == ""
        assert writer.returncode == 0
    assert archive.asked == ["query", "list"]
    assert len(kept(tmp_path)) == 1
    assert not list(tmp_path.rglob("*.part"))


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    middle = data.index(b"PAR1") + 200
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def record(**changes: Any) -> Any:
    def change(name: str, content: bytes) -> bytes:
        return json.dumps({**json.loads(content), **changes}).encode() if name == "record.json" else content

    return lambda data: zipped({name: change(name, content) for name, content in unzipped(data).items()})


def tables(content: bytes | None) -> Any:
    def change(data: bytes) -> bytes:
        files = {"record.json": unzipped(data)["record.json"]}
        return zipped(
            files if content is None else {**files, "observations.parquet": content, "products.parquet": content}
        )

    return change


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return out.getvalue()


def parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"x": [1]}).write_parquet(out)
    return out.getvalue()


BREAKS = {
    "empty": lambda data: b"",
    "cut": cut,
    "a flipped byte": flip,
    "a page": lambda data: b"<html>not here</html>",
    "another question": record(asked={"format": 1}),
    "no time": record(time="yesterday"),
    "a time without zone": record(time="2020-01-01T00:00:00"),
    "a number as targets": record(targets=3),
    "a list as record": lambda data: zipped({"record.json": b"[]"}),
    "no tables": tables(None),
    "no parquet": tables(b"x"),
    "other columns": tables(parquet()),
}


@pytest.mark.parametrize("break_", BREAKS.values(), ids=BREAKS)
def test_a_broken_or_foreign_file_among_the_answers_counts_as_none(
    archive: Sky, tmp_path: Path, break_: Any, caplog: pytest.LogCaptureFixture
) -> None:
    session = session_of(archive, tmp_path)
    expected = session.search(STARS[0]).products
    (path,) = kept(tmp_path)
    path.write_bytes(break_(path.read_bytes()))
    with caplog.at_level(logging.INFO):
        again = session.search(STARS[0])
    assert again.from_store is None
    assert again.products == expected
    assert "is not used" in caplog.text
    assert session.search(STARS[0]).from_store, "a good one stands in its place"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"target": 3}', b"\xff\xfe"])
def test_a_broken_file_among_the_names_counts_as_none(archive: Sky, tmp_path: Path, content: bytes) -> None:
    session = session_of(archive, tmp_path)
    session.search("pi Men")
    (path,) = tmp_path.rglob("names/*.json")
    path.write_bytes(content)
    session.search("pi Men")
    assert archive.asked.count("resolve pi Men") == 2


def test_folders_in_the_place_of_answers_are_no_answers(archive: Sky, tmp_path: Path) -> None:
    session = session_of(archive, tmp_path)
    session.search(STARS)
    (path,) = kept(tmp_path)
    path.unlink()
    (path / "inside").mkdir(parents=True)
    (path.parent / "foreign.zip").write_bytes(b"PK")
    assert session.search(STARS[0]).from_store is None


def refuse(*args: Any) -> None:
    raise OSError(30, os.strerror(30))


def test_a_read_only_folder_is_used_and_said_once(
    archive: Sky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session_of(archive, tmp_path).search(STARS[0])
    monkeypatch.setattr("tess_source.cache.keep.write_whole", refuse)
    with caplog.at_level(logging.INFO, "tess_source"):
        session = session_of(archive, tmp_path)
        assert session.search(STARS[0]).from_store
        for tic in STARS[1:]:
            assert len(session.search(tic).observations) == 1
    assert caplog.text.count("cannot be written") == 1
    assert [record.levelname for record in caplog.records if "cannot be written" in record.message] == ["INFO"]


def test_a_folder_that_cannot_be_made_does_not_matter(archive: Sky, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    session = session_of(archive, tmp_path / "file" / "cache")
    for _ in range(2):
        assert len(session.search("pi Men").observations) == 3
    assert archive.asked.count("query") == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_does_not_matter(archive: Sky, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert len(session_of(archive, tmp_path).search(STARS).observations) == 3
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("wrong", ["soon", "5 parsecs", "-1h", "nan", "", True, -1, float("nan")])
def test_an_age_that_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(QueryError, match="not a length of time"):
        Session(discover=False, max_age=wrong)


def test_a_lock_is_refreshed_by_the_archive_not_from_memory(archive: Sky, tmp_path: Path) -> None:
    from tess_source.lock.refresh import refresh

    session = session_of(archive, tmp_path)
    plan = session.search(STARS[:2]).plan(tmp_path)
    archive.stars = STARS[:1]
    _, changes = refresh(plan, session)
    assert set(changes["change"]) == {"gone"}
