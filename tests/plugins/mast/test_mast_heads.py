"""Heads of the archive's answers, right and wrong: whatever comes, it is an answer or an error of ours."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from fuzz import attempts
from raw_answers import raw_server, wrong_answer

from tess_source.errors import ServiceError, TessSourceError
from tess_source_mast.deadline import Deadline
from tess_source_mast.wire import Wire

BODY = json.dumps({"status": "COMPLETE", "data": list(range(100))}).encode()
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + LENGTH + b"\r\n" + BODY


def answer_to(raw: bytes) -> object:
    with raw_server(lambda path: raw) as url, closing(Wire("What to do")) as wire:
        return wire.ask("Service", "POST", url, Deadline(5.0, tries=1), data="request=1")


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_interim_answers_are_passed_over(status: bytes) -> None:
    assert answer_to((b"HTTP/1.1 " + status + b"\r\nLink: </a>\r\n\r\n") * 3 + GOOD) == json.loads(BODY)


@pytest.mark.parametrize(
    "status", [b"202 Accepted", b"204 None", b"206 Partial", b"300 Many", b"302 Found", b"304 Same", b"399 x"]
)
def test_only_a_whole_answer_is_an_answer(status: bytes) -> None:
    """A part of a list, or what a redirect without an address says, may be a list without rows."""
    with pytest.raises(ServiceError, match=f"HTTP {status[:3].decode()}"):
        answer_to(GOOD.replace(b"200 OK", status))


def test_an_answer_that_a_proxy_has_changed_is_one() -> None:
    assert answer_to(GOOD.replace(b"200 OK", b"203 Changed")) == json.loads(BODY)


REDIRECTS = {
    b"http://[::1": "no address",
    b"http://127.0.0.1:99999": "no address",
    b"\xff\xfe://": "no address|refused|in a circle",
    b"file:///etc/passwd": "an address of 'file'",
    b"data:,x": "an address of 'data'",
    b"": "does not say where",
    b"/again": "in a circle",
}


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_that_leads_nowhere_is_said(location: bytes) -> None:
    with pytest.raises(ServiceError, match=REDIRECTS[location]) as caught:
        answer_to(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")
    assert caught.value.advice


def test_the_body_of_a_redirect_is_not_waited_for() -> None:
    onward = b"HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 10000000000\r\n\r\n" + b"x" * 1000
    with raw_server(lambda path: GOOD if path == "/2" else onward) as url, closing(Wire("")) as wire:
        assert wire.ask("Service", "GET", url, Deadline(5.0, tries=1)) == json.loads(BODY)


@pytest.mark.parametrize("value", ["²", "-1", "9" * 4301, "1e999", "\xff", "Mon, 99 Foo 99999 99:99:99 GMT"])
def test_a_strange_time_to_wait_is_no_time(value: str) -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: " + value.encode() + b"\r\n\r\n"
    with pytest.raises(ServiceError, match="HTTP 503"):
        answer_to(head)


def test_no_head_gives_anything_but_an_answer_or_an_error_of_ours() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    good = [
        GOOD,
        chunked,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + GOOD,
        b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
    ]
    raw: list[str] = []
    wrong: list[object] = []
    current = b""
    with raw_server(lambda path: current if path == "/first" else GOOD) as url, closing(Wire("")) as wire:
        for number, chance in attempts(40):
            current = wrong_answer(good, chance)
            try:
                found = wire.ask("Service", "POST", f"{url}/first", Deadline(0.5, tries=1), data="request=1")
                wrong += [] if found == json.loads(BODY) else [found]
            except TessSourceError:
                pass
            except Exception as error:  # noqa: BLE001  that is what is looked for
                raw.append(f"{number}: {current[:200]!r}: {error!r}"[:600])
    assert raw == []
    assert wrong == []
