"""TOIs as targets: spelled as people spell them, looked up in ExoFOP's table, which is asked for once a day and serves offline too."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import serving
import toi_case
from serving import Server
from toi_case import PATH, ROWS, table, toi

import tess_source_stars
from tess_source import Session, clock
from tess_source.errors import OfflineError, QueryError, ResolverError, ServiceError
from tess_source.hooks.specs import hookimpl
from tess_source.settings import Patience
from tess_source.targets.lists import read_targets
from tess_source.targets.target import Target
from tess_source.targets.words import joined
from tess_source_stars.toi import kept
from tess_source_stars.toi.resolving import ToiName

IMPATIENT = Patience(tries=1, first=0.01)


@pytest.fixture
def exofop() -> Iterator[Server]:
    be_another_process()
    for server in serving.serving():
        yield toi_case.serve(server)


@pytest.fixture
def session(exofop: Server, tmp_path: Path) -> Session:
    return session_at(exofop, tmp_path)


def session_at(server: Server, cache: Path | None, **more: object) -> Session:
    made = Session(server.url, discover=False, plugins=[tess_source_stars], cache=cache, **more)  # type: ignore[arg-type]
    made.settings = replace(made.settings, patience=IMPATIENT)
    return made


def star(session: Session, name: str) -> int | None:
    (target,) = session._question(name).targets
    return target.tic


def be_another_process() -> None:
    """Forget what this process has in memory: the cache folder is left."""
    kept._known.clear()
    kept._failed.clear()


def test_a_toi_is_a_star_however_it_is_spelled(session: Session) -> None:
    names = [
        "TOI 700", "TOI-700", "toi700", "TOI_700", "TOI 0700", "Toi 700.01", "TOI-700.02", "TOI700.03", "TOI 700 b", "TOI-700d",
        "toi-700 e", "TOI-700 A", "TOI 700.01 c", "TOI\u2013700", " TOI  700 ", "(TOI 700)", "'TOI-700'",
        "TOI-700-b", "TOI-700 Ab", "TOI-700 A b",
        "TOI 700.0", "TOI 700.00", "TOI 700.", "TOI\u2011700", "TOI\u2212700 \u2013 d", "TOI\u00a0700", "TOI-700\u200b",
    ]  # fmt: skip
    assert {name: star(session, name) for name in names} == dict.fromkeys(names, 150428135)


@pytest.mark.parametrize(
    "name",
    ["TOI", "TOI 0", "TOI-700 B", "TOI 700.001", "TOI 700-701", "TOIs 700", "KOI 700", "TOI-12345678", "TOI 700 k"],
)
def test_what_is_no_toi_is_left_to_other_resolvers(name: str) -> None:
    assert ToiName.of(name) is None


def test_the_answer_says_which_table_it_is_from(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert star(session, "TOI 3505.01") == 390988385
    assert "TOI 3505.01: resolved to TIC 390988385 by ExoFOP of 2024-09-30" in caplog.text


def test_a_community_toi_has_the_number_of_its_star(exofop: Server, session: Session) -> None:
    for name in ("CTOI 17361.01", "ctoi-17361.1", "CTOI 17361", "CTOI TIC 17361.01"):
        assert star(session, name) == 17361
    assert not exofop.requests


@pytest.mark.parametrize(
    "table",
    [
        {"toi": [700.01, 3505.01]}, {"TOI": ["TOI-700", "3505.01"]}, {"Full TOI ID": [700, 3505]}, [{"TOI": 700.02}, {"TOI": 3505}],
        {"TOI": [1.01, 2.01], "tic": [150428135, 390988385]},
    ],
)  # fmt: skip
def test_a_column_of_tois_is_one_of_targets_if_there_is_no_other(session: Session, table: object) -> None:
    assert [target.tic for target in session._question(table).targets] == [150428135, 390988385]


def test_a_list_may_be_a_table_with_a_column_of_tois(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "tois.csv"
    file.write_text("TOI,period\n700.01,3\n3505.01,4\n")
    assert [target.tic for target in session._question(read_targets(file)).targets] == [150428135, 390988385]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TIC 17361.01", "the star of this candidate is 'TIC 17361'"), ("700.01", "a TOI is written as 'TOI 700.01'"),
        ("TOI 700/701", "TOIs are written as 'TOI 700'"), ("TOI-700 D", "TOIs are written as 'TOI 700'"),
        ("TOI 700.1", "TOI 700.10 is not in"),
    ],
)  # fmt: skip
def test_what_is_nearly_a_toi_is_an_error_that_says_what_would_be_right(session: Session, name: str, said: str) -> None:
    with pytest.raises((QueryError, ResolverError), match=said):
        star(session, name)


def test_the_table_is_asked_for_once(exofop: Server, session: Session) -> None:
    for name in ("TOI 700", "TOI 701", "TOI 3505"):
        star(session, name)
    be_another_process()
    star(session, "TOI 175")
    assert exofop.seen[PATH] == 1


def test_a_table_that_is_too_old_is_asked_for_again_and_only_sent_if_it_has_changed(
    exofop: Server, tmp_path: Path
) -> None:
    session_at(exofop, tmp_path).tois()  # type: ignore[attr-defined]
    tag = serving.etag(exofop.files[PATH])
    exofop.acts[PATH] = [serving.send, lambda handler, body: handler.answer(b"", 304, ETag=tag)]
    old = session_at(exofop, tmp_path, max_age=1e-9)
    assert len(old.tois()) == len(ROWS)  # type: ignore[attr-defined]
    assert exofop.requests[-1][1]["If-None-Match"] == tag


def test_offline_the_kept_table_tells_what_a_toi_is(exofop: Server, session: Session, tmp_path: Path) -> None:
    session.tois()  # type: ignore[attr-defined]
    be_another_process()
    offline = session_at(exofop, tmp_path, offline=True)
    assert star(offline, "TOI 700 d") == 150428135
    with pytest.raises(ResolverError, match=r"TOI 9999 is not in the table of ExoFOP of 2024-09-30"):
        star(offline, "TOI 9999")
    with pytest.raises(OfflineError, match="what 'KELT-9' means"):
        star(offline, "KELT-9")
    assert exofop.seen[PATH] == 1


def test_offline_without_a_kept_table_is_an_error(exofop: Server, tmp_path: Path) -> None:
    offline = session_at(exofop, tmp_path, offline=True)
    with pytest.raises(OfflineError, match="what 'TOI 700' means"):
        star(offline, "TOI 700")
    with pytest.raises(OfflineError, match="the table of TOIs"):
        offline.tois()  # type: ignore[attr-defined]
    assert star(offline, "CTOI 17361.01") == 17361
    assert not exofop.requests


@pytest.mark.parametrize(
    "act", [serving.status(503), serving.page, serving.empty, serving.truncated], ids=["503", "HTML", "empty", "cut"]
)
def test_if_exofop_fails_the_old_table_is_used_and_a_warning_says_so(
    exofop: Server, tmp_path: Path, act: serving.Act, caplog: pytest.LogCaptureFixture
) -> None:
    session_at(exofop, tmp_path).tois()  # type: ignore[attr-defined]
    be_another_process()
    exofop.acts[PATH] = [act]
    old = session_at(exofop, tmp_path, max_age=1e-9)
    assert star(old, "TOI 700") == 150428135
    assert "TOIs are those of ExoFOP of 2024-09-30 (asked for just now): ExoFOP: " in caplog.text
    asked = exofop.seen[PATH]
    assert star(old, "TOI 701") == 47384844
    assert exofop.seen[PATH] == asked, "it is asked again before long"


def test_a_table_that_lost_rows_does_not_replace_the_kept_one(
    exofop: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    session_at(exofop, tmp_path).tois()  # type: ignore[attr-defined]
    exofop.files[PATH] = table(ROWS[:5])
    assert len(session_at(exofop, tmp_path, max_age=1e-9).tois()) == len(ROWS)  # type: ignore[attr-defined]
    assert "its table has 5 TOIs only, and had 6 on 2024-09-30" in caplog.text


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"<html></html>", "the table of TOIs could not be fetched"), (table([]), "its table has no TOI"),
     (b"TIC ID,CTOI\n5,5.01\n", "its table has no TOI")],
    ids=["HTML", "header alone", "CTOIs"],
)  # fmt: skip
def test_if_exofop_fails_and_nothing_is_kept_it_is_an_error(
    exofop: Server, session: Session, data: bytes, said: str
) -> None:
    exofop.files[PATH] = data
    with pytest.raises(ServiceError, match=f"ExoFOP: {said}"):
        star(session, "TOI 700")


@pytest.mark.parametrize("days", [-400, 400])
def test_a_clock_that_was_wrong_does_not_keep_a_table_for_ever(
    exofop: Server, session: Session, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.tois()  # type: ignore[attr-defined]
    exofop.acts[PATH] = [serving.status(503)]
    monkeypatch.setattr(clock, "now", lambda: time.time() + days * 86400)
    monkeypatch.setattr(kept, "now", lambda: time.time() + days * 86400)
    session.tois()  # type: ignore[attr-defined]
    assert exofop.seen[PATH] == 2, "it is asked again, and fails"
    monkeypatch.undo()
    star(session, "TOI 700")
    monkeypatch.setattr(clock, "now", lambda: time.time() - 3 * 86400)
    monkeypatch.setattr(kept, "now", lambda: time.time() - 3 * 86400)
    assert len(session.tois()) == len(ROWS)  # type: ignore[attr-defined]
    assert exofop.seen[PATH] == 3, "the failure of another time does not count"


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: b"x" + data,
        lambda data: data[:400] + bytes([data[400] ^ 1]) + data[401:],
        lambda data: b"",
    ],
)
def test_a_kept_table_that_is_damaged_is_fetched_again(
    exofop: Server, session: Session, tmp_path: Path, damage
) -> None:  # type: ignore[no-untyped-def]
    session.tois()  # type: ignore[attr-defined]
    file = kept._file(session.settings)
    file.write_bytes(damage(file.read_bytes()))
    be_another_process()
    assert star(session, "TOI 700") == 150428135
    assert exofop.seen[PATH] == 2


def test_a_server_at_hand_fills_no_cache(exofop: Server) -> None:
    session = session_at(exofop, None)
    assert len(session.tois()) == len(ROWS)  # type: ignore[attr-defined]
    assert not kept._file(session.settings).exists()
    assert len(session.tois()) == len(ROWS)  # type: ignore[attr-defined]
    assert exofop.seen[PATH] == 1


def test_a_candidate_that_its_star_has_not_is_an_error_that_names_the_others(session: Session) -> None:
    with pytest.raises(
        ResolverError, match=r"TOI 700.09 is not in .*, which has TOI 700.01, TOI 700.02, TOI 700.03 of this star"
    ):
        star(session, "TOI 700.09")


def test_a_toi_that_nobody_knows_is_an_error_that_names_the_nearest(session: Session) -> None:
    with pytest.raises(ResolverError, match=r"goes up to TOI 3505; the nearest are TOI 701 and TOI 3505") as caught:
        star(session, "TOI 3000")
    assert not getattr(caught.value, "__notes__", ())
    with pytest.raises(
        ResolverError, match=r"no resolver knows 2 of 3 names: 'TOI 3000', 'KELT-9'; TOI 3000 is not in the table"
    ):
        session._question(["TOI 3000", "TOI 700", "KELT-9"])


def test_a_newer_toi_is_asked_of_the_other_resolvers(session: Session) -> None:
    class Newer:
        @hookimpl
        def tess_resolve(self, target: str) -> Target | None:
            return Target(target, tic=42) if target == "TOI 9999" else None

    session.register(Newer())
    assert star(session, "TOI 9999") == 42


def test_a_number_of_two_stars_is_an_error_that_names_both(exofop: Server, session: Session) -> None:
    exofop.files[PATH] = table([toi("5.01", 1), toi("5.02", 2)])
    with pytest.raises(ResolverError, match=r"more than one star in .*: TOI 5.01 is TIC 1, TOI 5.02 is TIC 2"):
        star(session, "TOI 5")
    assert star(session, "TOI 5.02") == 2


def test_in_a_shell_the_words_of_a_toi_need_no_quotes() -> None:
    said = "TOI 700 toi 701.01 TOI 175 b TIC 5 TOI-3505 TOI-700 d TOI 700 B TOI-4336 A b CTOI 17361.01 7"
    assert joined(said.split()) == [
        "TOI 700", "toi 701.01", "TOI 175 b", "TIC 5", "TOI-3505", "TOI-700 d", "TOI 700 B", "TOI-4336 A b", "CTOI 17361.01", "7",
    ]  # fmt: skip
