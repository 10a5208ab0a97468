"""Heads of answers, right and wrong, and redirects: whatever comes, it is a file, or the reason why there is none."""

from __future__ import annotations

import io
import re
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from fuzz import altered, attempts
from raw_answers import raw_server, wrong_answer
from serving import WHOLE, content
from toys import FromServer
from urllib3.exceptions import ProtocolError

from tess_source import Manifest, Plan, Products, Session
from tess_source.download.connection import StoppedError
from tess_source.download.failures import reason_of
from tess_source.download.head import FinalResponse
from tess_source.download.http import Pools
from tess_source.download.probe import Probe
from tess_source.download.redirects import RedirectError, next_address, same_origin
from tess_source.download.transfer import Transfers
from tess_source.errors import DownloadError, ServiceError
from tess_source.settings import Patience

BODY = content(1)
LENGTH = b"Content-Length: %d\r\n" % WHOLE
GOOD = b"HTTP/1.1 200 OK\r\n" + LENGTH + b"Connection: close\r\n\r\n" + BODY
"""The server closes after each answer. It says so, or else another file might be asked for on a connection that is about to close."""
HASTE = Patience(tries=1, first=0.001, longest=0.001, connect=30.0, read=30.0, over=30.0)


def fetched(answers: list[bytes], root: Path, *, sized: bool = True) -> Manifest:
    """Fetch one file per answer."""
    with raw_server(lambda path: answers[int(re.sub(r"\D", "", path)[:9] or 0) % len(answers)]) as url:
        session = Session(url, discover=False, plugins=[FromServer()], jobs=4)
        object.__setattr__(session.settings, "patience", HASTE)
        rows = [
            {"uri": f"toy:sky/{number}.fits", "obs_id": "o", "size": WHOLE if sized else None}
            for number in range(len(answers))
        ]
        return Plan.of(Products.of(rows), root, "flat", session=session).download(progress=False)


def error_of(answer: bytes, root: Path) -> str:
    (entry,) = fetched([answer], root)
    return entry.error


INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nContent-Length: 7\r\n\r\n",
    "all": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
}


@pytest.mark.parametrize("kind", INTERIM)
def test_interim_answers_are_passed_over(kind: str, tmp_path: Path) -> None:
    assert fetched([INTERIM[kind] + GOOD], tmp_path)[0].ok


@pytest.mark.parametrize("kind", ["100", "103"])
def test_interim_answers_without_end_are_a_failure(kind: str, tmp_path: Path) -> None:
    assert "not HTTP" in error_of(INTERIM[kind] * 50 + GOOD, tmp_path)


WRONG = {
    "a length of 4,301 digits": (b"Content-Length: " + b"9" * 4301, "a length that is no number"),
    "a length in other digits": ("Content-Length: 3168²".encode(), "a length that is no number"),
    "a negative length": (b"Content-Length: -5", "a length that is no number"),
    "two lengths": (LENGTH + b"Content-Length: 5", "two different lengths"),
    "two lengths in one line": (b"Content-Length: 31680, 5", "two different lengths"),
    "a line that is no header": (b"this is none\r\n" + LENGTH[:-2], "a line that is no header"),
    "a first line that continues none": (b" folded: 1\r\n" + LENGTH[:-2], "a line that is no header"),
    "a line of a megabyte": (b"X: " + b"y" * 1_000_000, "not HTTP"),
    "thousands of lines": (b"\r\n".join([b"X: y"] * 5000), "not HTTP"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_head_that_cannot_be_understood_is_a_failure_with_a_reason(kind: str, tmp_path: Path) -> None:
    head, says = WRONG[kind]
    assert says in error_of(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + BODY, tmp_path)


@pytest.mark.parametrize("line", [b"HTTP/1.1 " + b"9" * 4301, b"<html>", b"", b"ICY 200 OK", b"HTTP/9 200 OK"], ids=len)
def test_a_status_line_that_is_none_is_a_failure(line: bytes, tmp_path: Path) -> None:
    assert re.search("not HTTP|connection broke", error_of(line + b"\r\n" + LENGTH + b"\r\n" + BODY, tmp_path))


@pytest.mark.parametrize("lines", [LENGTH + LENGTH, b"Content-Length: 31680, 31680\r\n", b"X: \xff\xfe\r\n" + LENGTH])
def test_a_head_that_is_odd_but_clear_is_understood(lines: bytes, tmp_path: Path) -> None:
    assert fetched([b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n" + BODY], tmp_path)[0].ok


REDIRECTS = {
    b"http://[::1": "no address",
    b"http://": "no address",
    b"http://127.0.0.1:99999/": "no address",
    b"file:///etc/hostname": "'file'",
    b"ftp://127.0.0.1/x": "'ftp'",
    b"data:,x": "'data'",
    b"/0.fits": "the redirects do not end",
}


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_that_leads_nowhere_is_a_failure_with_a_reason(location: bytes, tmp_path: Path) -> None:
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    assert REDIRECTS[location] in error_of(answer, tmp_path)


def test_of_what_a_library_wraps_the_reason_is_told_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    broke = ConnectionResetError(104, "Connection reset by peer")
    error = ProtocolError(f"Connection broken: {broke!r}", broke)
    assert reason_of(error) == "Connection reset by peer"

    def reset(*_: object) -> None:
        raise error

    monkeypatch.setattr(Pools, "once", reset)
    with Probe(1.0) as probe, pytest.raises(ServiceError) as caught:
        probe.ask("http://localhost/service", name="a service")
    assert str(caught.value).startswith("a service: the connection broke: Connection reset by peer")


def test_a_reason_phrase_is_read_as_utf8_and_not_shown_at_any_length(tmp_path: Path) -> None:
    def answer(reason: bytes) -> bytes:
        return b"HTTP/1.1 403 " + reason + b"\r\nContent-Length: 0\r\n\r\n"

    assert (
        error_of(answer("Größe: 5 µm, 天\x9b2J".encode()), tmp_path) == "the server answered 403 Größe: 5 µm, 天\\x9b2J"
    )
    assert error_of(answer("Größe".encode("latin-1")), tmp_path) == "the server answered 403 Größe"
    assert len(error_of(answer(b"x" * 50_000), tmp_path)) < 600


def test_the_body_of_a_redirect_is_not_waited_for(tmp_path: Path) -> None:
    onward = b"HTTP/1.1 302 Found\r\nContent-Length: 10000000000\r\nLocation: /1.fits\r\n\r\n" + b"x" * 1000
    assert fetched([onward, GOOD], tmp_path)[0].ok


def test_a_redirect_from_https_to_http_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(RedirectError, match=r"from https to http.*TESS_SOURCE_INSECURE_REDIRECTS=1") as caught:
        next_address("https://mast.stsci.edu/a", "http://elsewhere.org/b?secret=1", insecure=False)
    assert caught.value.lasting
    assert "secret" not in str(caught.value)
    assert next_address("https://mast.stsci.edu/a", "http://elsewhere.org/b", insecure=True) == "http://elsewhere.org/b"
    assert next_address("http://mast.stsci.edu/a", "https://elsewhere.org/b", insecure=False).startswith("https")
    assert next_address("https://mast.stsci.edu/a/b", "../c", insecure=False) == "https://mast.stsci.edu/c"
    assert next_address("https://mast.stsci.edu/a", "//elsewhere.org/c", insecure=False) == "https://elsewhere.org/c"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert same_origin("https://a.org/x", "https://A.org:443/y")
    assert not same_origin("https://a.org/x", "http://a.org/x")
    assert not same_origin("https://a.org/x", "https://a.org:444/x")


@pytest.mark.parametrize("sized", [True, False])
def test_no_head_ends_a_run_or_passes_wrong_bytes(sized: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw: list[str] = []
    receive = Transfers.receive

    def watched(self: Transfers, task: Any) -> None:
        try:
            receive(self, task)
        except (DownloadError, StoppedError):
            raise
        except Exception as error:
            raw.append(f"{task.item.uri}: {error!r}"[:300])
            raise

    monkeypatch.setattr(Transfers, "receive", watched)
    half = b"%x\r\n" % 20_000 + BODY[:20_000] + b"\r\n%x\r\n" % (WHOLE - 20_000) + BODY[20_000:] + b"\r\n0\r\n\r\n"
    good = [
        GOOD,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + half,
        INTERIM["103"] + GOOD,
        b'HTTP/1.1 200 OK\r\nETag: "a"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n' + LENGTH + b"\r\n" + BODY,
        b"HTTP/1.1 302 Found\r\nLocation: /1.fits\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n0123456789",
    ]
    answers = [wrong_answer(good, chance) for _, chance in attempts(40)]
    manifest = fetched(answers, tmp_path, sized=sized)
    assert raw == []
    assert all(entry.ok or entry.error for entry in manifest)
    assert [entry.item.uri for entry in manifest if entry.ok and entry.path and entry.path.read_bytes() != BODY] == []


class Said:
    """A socket on which an answer has come."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(io.BytesIO(self._answer))


def head_of(kind: type[HTTPResponse], answer: bytes) -> Any:
    """Return what a head says, and where the body begins; None if it is refused."""
    response = kind(Said(answer), method="GET")  # type: ignore[arg-type]
    try:
        response.begin()
    except HTTPException:
        return None
    said = response.version, response.status, response.headers.items(), response.chunked, response.length
    return *said, response.will_close, b"" if response.fp is None else response.fp.read()


def test_a_head_is_read_as_python_reads_it_or_refused() -> None:
    fields = (
        b"Content-Length: 12\r\n", b"Content-Length:12 \r\n", b"content-length: 12, 12\r\n", b"Content-Length: x\r\n", b"Empty:\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n",
        b"X: a\r\n folded\r\n", b"X: a\n", b"no header\r\n", b"Two: words: here \r\n", b"Latin: \xe9\r\n", b"Name : blank\r\n",
        b"\r", b"\n", b"From me\r\n", b"Tab:\ta\tb\r\n", b"Nul: \0\r\n", b"X: %s\r\n" % (b"a" * 70_000), b"Y: 1\r\n" * 101,
    )  # fmt: skip
    starts = (
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 204 None",
        b"HTTP/1.1 304 Same",
        b"HTTP/2 200 OK",
        b"HTTP/0.9 200 OK",
    )
    refused = 0
    for number, chance in attempts(300, 20_000):
        head = chance.choice(starts) + b"\r\n" + b"".join(chance.choices(fields, k=chance.randrange(6)))
        answer = head + chance.choice((b"\r\n", b"\n", b"")) + b"body"
        answer = altered(answer, chance) if number % 2 else answer
        mine, pythons = head_of(FinalResponse, answer), head_of(HTTPResponse, answer)
        refused += mine is None
        assert mine in (pythons, None), (number, answer[:300])
    assert 0 < refused < number
