"""Lists that an archive changes now and then: new, unchanged, absent, or not fetched for a reason that is told."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz import altered, attempts
from raw_answers import raw_server
from serving import Act, Handler, Server, etag, page, redirect, reset, status, truncated

from tess_source.download.lists import ABSENT, FAILED, NEW, UNCHANGED, ListAnswer, Lists
from tess_source.errors import OfflineError
from tess_source.settings import Patience, Settings

LIST = b"#!/bin/sh\n" + b"".join(b"curl -L -o tess%020d_lc.fits https://there\n" % number for number in range(3000))
OLD = "Tue, 03 Feb 2026 10:00:00 GMT"
HASTE = Patience(tries=2, first=0.001, longest=0.001, connect=30.0, read=30.0, over=30.0)
ADDRESS = "https://archive.stsci.edu/lists/sector_1_lc.sh"


def settings_of(server: str, **words: object) -> Settings:
    return Settings(server=server, patience=HASTE, jobs=2, **words)  # type: ignore[arg-type]


def conditional(handler: Handler, body: bytes) -> None:
    """Send a list, unless the client has it, as a good server does."""
    tag = etag(body)
    if tag in handler.headers.get("If-None-Match", "") or handler.headers.get("If-Modified-Since") == OLD:
        handler.answer(b"", 304, ETag=tag)
    else:
        handler.answer(body, ETag=tag, Last_Modified=OLD)


def zipped(handler: Handler, body: bytes) -> None:
    """Send a list compressed, as nginx does: its tag is a weak one then."""
    assert "gzip" in handler.headers["Accept-Encoding"]
    handler.answer(gzip.compress(body), Content_Encoding="gzip", ETag='W/"zipped"')


def asked(server: Server, act: Act, known: ListAnswer | None = None) -> tuple[ListAnswer, bytes]:
    """Serve the list in some way, and ask for it; give the answer, and the bytes that came."""
    server.files["/lists/sector_1_lc.sh"], server.acts["/lists/sector_1_lc.sh"] = LIST, [act]
    with Lists(settings_of(server.url)) as lists:
        marks = {"etag": known.etag, "modified": known.modified} if known else {}
        answer = lists.fetch(ADDRESS, **marks)
        return answer, answer.path.read_bytes() if answer.state == NEW else b""


def test_a_list_comes_with_all_that_tells_its_state(server: Server) -> None:
    answer, data = asked(server, conditional)
    assert (answer.state, data, answer.size) == (NEW, LIST, len(LIST))
    assert (answer.sha256, answer.etag, answer.modified) == (hashlib.sha256(LIST).hexdigest(), etag(LIST), OLD)
    assert not answer.path.exists()  # it was in a folder that is gone with the context


@pytest.mark.parametrize("known", [ListAnswer(ADDRESS, NEW, etag=etag(LIST)), ListAnswer(ADDRESS, NEW, modified=OLD)])
def test_a_list_that_is_known_does_not_come_again(server: Server, known: ListAnswer) -> None:
    answer, _ = asked(server, conditional, known)
    assert (answer.state, answer.etag, answer.modified) == (UNCHANGED, known.etag, known.modified)


def test_another_state_of_the_list_comes(server: Server) -> None:
    known = ListAnswer(ADDRESS, NEW, etag='"older"', modified="Mon, 02 Feb 2026 10:00:00 GMT")
    assert asked(server, conditional, known)[0].state == NEW


def test_a_date_that_is_seconds_old_is_not_trusted_as_a_mark(server: Server) -> None:
    def just_now(handler: Handler, body: bytes) -> None:
        handler.answer(body, Last_Modified=handler.date_time_string())

    assert asked(server, just_now)[0].modified == ""


def test_a_list_may_come_compressed_and_is_the_same(server: Server) -> None:
    answer, data = asked(server, zipped)
    assert (answer.state, data, answer.size, answer.etag) == (NEW, LIST, len(LIST), 'W/"zipped"')
    assert answer.sha256 == hashlib.sha256(LIST).hexdigest()


def test_a_list_may_come_compressed_without_a_word_about_it(server: Server) -> None:
    answer, data = asked(server, lambda handler, body: handler.answer(gzip.compress(body)))
    assert (answer.state, data, answer.size) == (NEW, LIST, len(LIST))
    assert answer.sha256 == hashlib.sha256(LIST).hexdigest()


def test_the_tag_that_apache_gives_to_compressed_lists_is_sent_without_its_ending_too(server: Server) -> None:
    asked(server, conditional, ListAnswer(ADDRESS, NEW, etag='"12-ab-gzip"'))
    assert server.requests[0][1]["If-None-Match"] == '"12-ab-gzip", "12-ab"'


@pytest.mark.parametrize("code", [404, 410])
def test_a_list_that_is_not_there_is_absent(server: Server, code: int) -> None:
    answer, _ = asked(server, status(code))
    assert answer.state == ABSENT
    assert answer.problem.startswith(f"{ADDRESS}: the server answered {code}")


def html_as_gzip(handler: Handler, body: bytes) -> None:
    handler.answer(gzip.compress(b"<html><body>Down</body></html>"), Content_Encoding="gzip")


def cut_gzip(handler: Handler, body: bytes) -> None:
    handler.answer(gzip.compress(body)[:-9], Content_Encoding="gzip")


WRONG: dict[str, tuple[Act, str]] = {
    "page": (page, "HTML page"),
    "page, compressed": (html_as_gzip, "HTML page"),
    "cut": (truncated, "broke after"),
    "compressed, and cut": (cut_gzip, "cut"),
    "reset": (reset, "connection broke"),
    "forbidden": (status(403), "403"),
    "busy": (status(503), "503"),
    "other encoding": (lambda handler, body: handler.answer(body, Content_Encoding="br"), "encoded"),
    "unasked 304": (status(304), "304"),
    "elsewhere": (redirect("ftp://there/list"), "ftp"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_not_the_list_is_a_failure_that_names_the_address(server: Server, kind: str) -> None:
    act, words = WRONG[kind]
    answer, _ = asked(server, act)
    assert answer.state == FAILED
    assert answer.problem.startswith(f"{ADDRESS}: ")
    assert words in answer.problem


def test_few_bytes_that_unpack_to_very_many_are_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source.files.gzipped.MUCH", 1 << 20)

    def small_bomb(handler: Handler, body: bytes) -> None:
        handler.answer(gzip.compress(bytes(8 << 20)), Content_Encoding="gzip")

    answer, _ = asked(server, small_bomb)
    assert (answer.state, "unpacks to more than" in answer.problem) == (FAILED, True)


def test_a_page_comes_where_one_is_asked_for(server: Server) -> None:
    server.files["/index.html"] = b"<html><a href='x.csv'>x</a></html>"
    with Lists(settings_of(server.url)) as lists:
        assert lists.fetch("https://archive.stsci.edu/index.html", page=True).state == NEW


def test_the_conditions_go_where_a_redirect_leads(server: Server) -> None:
    server.files["/moved.sh"], server.acts["/moved.sh"] = LIST, [conditional]
    answer, _ = asked(server, redirect("/moved.sh"), ListAnswer(ADDRESS, NEW, etag=etag(LIST)))
    assert answer.state == UNCHANGED


def test_a_login_goes_to_its_server_only(server: Server) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.files["/there.sh"] = LIST
    server.acts["/lists/sector_1_lc.sh"] = [redirect(f"{other}/there.sh")]
    with Lists(settings_of(server.url.replace("//", "//me:secret@"))) as lists:
        assert lists.fetch(ADDRESS).state == NEW
    assert [("Authorization" in headers) for _, headers in server.requests] == [True, False]


def test_nothing_is_asked_offline(server: Server) -> None:
    with pytest.raises(OfflineError, match="list"), Lists(settings_of(server.url, offline=True)):
        pass
    assert not server.requests


def test_the_temporary_folder_lies_where_it_is_wanted_and_goes(server: Server, tmp_path: Path) -> None:
    server.files["/lists/sector_1_lc.sh"] = LIST
    with Lists(settings_of(server.url), tmp_path) as lists:
        assert lists.fetch(ADDRESS).path.is_relative_to(tmp_path)
    assert not list(tmp_path.iterdir())


def test_threads_share_one_lists(server: Server) -> None:
    server.files["/lists/sector_1_lc.sh"] = LIST
    answers: list[ListAnswer] = []
    with Lists(settings_of(server.url)) as lists:
        threads = [threading.Thread(target=lambda: answers.append(lists.fetch(ADDRESS))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [answer.state for answer in answers] == [NEW] * 8
    assert len({answer.path for answer in answers}) == 8


def test_whatever_a_server_answers_is_one_of_the_four_states() -> None:
    good = b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Encoding: gzip\r\nContent-Length: 61\r\n\r\n' + gzip.compress(
        b"#!" * 99
    )
    bad: list[bytes] = [altered(good, chance) for _, chance in attempts(30)]
    answer: Callable[[str], bytes] = lambda path: bad[int(path.rpartition("/")[2][:-3])]  # noqa: E731
    with raw_server(answer) as url, Lists(settings_of(url)) as lists:
        states = [lists.fetch(f"https://there/{number}.sh", etag='"b"').state for number in range(len(bad))]
    assert set(states) <= {NEW, UNCHANGED, ABSENT, FAILED}
