"""The sample archive over HTTP: what arrives when it behaves, and what when it does not."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest

from tess_source_sample.faults import Fault
from tess_source_sample.files import make
from tess_source_sample.server import TOKEN, SampleArchive
from tess_source_sample.store import MadeFiles

NAME = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml"
URI = f"mast:TESS/product/{NAME}"
SIZE = 265611
FILE = f"/api/v0.1/Download/file?uri={quote(URI)}"
INVOKE = "/api/v0/invoke"
QUESTION = {
    "service": "Mast.Caom.Filtered",
    "params": {"columns": "*", "filters": [{"paramName": "target_name", "values": ["16740101"]}]},
    "format": "json",
}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, target: str, method: str = "GET", form: dict[str, str] | None = None, **headers: str) -> Answer:
    """Send one request by the standard library's client, which follows no redirect and repeats nothing."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)) as connection:
        connection.request(method, target, urlencode(form) if form else None, fields)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def invoke(url: str, question: Any = QUESTION, cache_breaker: str = "") -> Answer:
    text = question if isinstance(question, str) else json.dumps(question | {"cacheBreaker": cache_breaker})
    return ask(url, INVOKE, "POST", {"request": text})


Faulty = Callable[..., SampleArchive]


@pytest.fixture
def faulty(fresh_archive: SampleArchive) -> Faulty:
    """Return the archive with one fault added."""

    def with_fault(kind: str, **options: Any) -> SampleArchive:
        fresh_archive.faults.add(Fault(kind, **options))
        return fresh_archive

    return with_fault


# -- files -------------------------------------------------------------------------------------------------------


def test_a_file_comes_with_its_size_a_strong_tag_and_a_date(fresh_archive: SampleArchive) -> None:
    answer = ask(fresh_archive.url, FILE)
    assert answer.status == 200
    assert answer.body == make(NAME, SIZE)
    assert answer.headers["Content-Length"] == str(SIZE)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"].strip('"') == sha256(answer.body).hexdigest()[:32]
    assert answer.headers["Last-Modified"] == "Mon, 30 Sep 2024 00:00:00 GMT"


def test_the_head_of_a_file_is_that_of_its_get(fresh_archive: SampleArchive) -> None:
    head, whole = ask(fresh_archive.url, FILE, "HEAD"), ask(fresh_archive.url, FILE.replace("file?", "file/?"))
    assert head.body == b""
    for name in ("Content-Length", "ETag", "Last-Modified", "Content-Type"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=100-199", 100, 200),
        ("bytes=265000-", 265000, SIZE),
        ("bytes=-50", SIZE - 50, SIZE),
        ("bytes=265600-999999", 265600, SIZE),
        ("bytes=0-0", 0, 1),
    ],
)
def test_a_part_of_a_file(fresh_archive: SampleArchive, wanted: str, start: int, end: int) -> None:
    answer = ask(fresh_archive.url, FILE, Range=wanted)
    assert answer.status == 206
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["Content-Length"] == str(end - start)
    assert answer.body == make(NAME, SIZE)[start:end]


@pytest.mark.parametrize("wanted", ["bytes=265611-", "bytes=5-2", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(fresh_archive: SampleArchive, wanted: str) -> None:
    answer = ask(fresh_archive.url, FILE, Range=wanted)
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


def test_a_part_is_given_only_of_the_version_that_the_client_has(fresh_archive: SampleArchive) -> None:
    headers = ask(fresh_archive.url, FILE, "HEAD").headers
    for known in (headers["ETag"], headers["Last-Modified"]):
        assert ask(fresh_archive.url, FILE, Range="bytes=9-", If_Range=known).status == 206
    assert ask(fresh_archive.url, FILE, Range="bytes=9-", If_Range='"other"').status == 200


def test_unknown_files_and_addresses_are_not_found(fresh_archive: SampleArchive) -> None:
    for target in ("/api/v0.1/Download/file?uri=mast:TESS/product/x.fits", "/api/v0.1/Download/file", "/nothing"):
        assert ask(fresh_archive.url, target).status == 404


def test_downloads_can_be_redirected_to_another_port() -> None:
    with SampleArchive(redirect=True) as archive:
        first = ask(archive.url, FILE)
        assert first.status == 302
        assert first.headers["Location"].startswith(f"{archive.mirror}/")
        second = ask(archive.mirror, first.headers["Location"].removeprefix(archive.mirror))
        assert len(second.body) == SIZE
        assert [entry.uri for entry in archive.requests] == [URI, URI]
        assert archive.requests[0].port != archive.requests[1].port


def test_one_connection_serves_many_requests(fresh_archive: SampleArchive) -> None:
    parts = urlsplit(fresh_archive.url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)) as connection:
        for _ in range(3):
            connection.request("GET", FILE)
            assert len(connection.getresponse().read()) == SIZE
            used = connection.sock
        assert connection.sock is used


def test_many_clients_at_once_get_whole_files_that_are_made_once() -> None:
    made: list[str] = []

    def maker(name: str, size: int) -> bytes:
        made.append(name)
        return make(name, size)

    with SampleArchive() as archive:
        archive.store = MadeFiles(maker)
        bodies: list[bytes] = []
        threads = [threading.Thread(target=lambda: bodies.append(ask(archive.url, FILE).body)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert bodies == [make(NAME, SIZE)] * 12
    assert made == [NAME]


def test_files_are_forgotten_when_there_are_too_many() -> None:
    made: list[str] = []

    def maker(name: str, size: int) -> bytes:
        made.append(name)
        return bytes(size)

    store = MadeFiles(maker, capacity=250)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert len(store.get(name, 100).body) == 100
    assert made == ["a", "b", "c", "b"]
    assert len(store.get("large", 300).body) == 300
    assert store.get("a", 100) is store.get("a", 100)


# -- questions ---------------------------------------------------------------------------------------------------


def test_questions_are_answered_and_recorded(fresh_archive: SampleArchive) -> None:
    answer = invoke(fresh_archive.url)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json["paging"]["rows"] == 12
    (entry,) = fresh_archive.requests
    assert (entry.method, entry.path, entry.status) == ("POST", INVOKE, 200)
    assert entry.service == "Mast.Caom.Filtered"
    assert entry.body["request"]["params"] == QUESTION["params"]
    fresh_archive.clear()
    assert fresh_archive.requests == []


def test_a_question_may_come_in_the_address_too(fresh_archive: SampleArchive) -> None:
    assert (
        ask(fresh_archive.url, f"{INVOKE}?{urlencode({'request': json.dumps(QUESTION)})}").json["paging"]["rows"] == 12
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_a_question_that_cannot_be_read_is_an_error(fresh_archive: SampleArchive, text: str) -> None:
    assert invoke(fresh_archive.url, text).json["status"] == "ERROR"


def test_long_jobs_execute_first_and_complete_when_asked_again() -> None:
    with SampleArchive(executing=2) as archive:
        states = [invoke(archive.url, cache_breaker="a").json["status"] for _ in range(4)]
        assert states == ["EXECUTING", "EXECUTING", "COMPLETE", "COMPLETE"]
        assert invoke(archive.url, cache_breaker="b").json["status"] == "EXECUTING"


def test_the_resolver_takes_several_names(fresh_archive: SampleArchive) -> None:
    query = urlencode([("name", "KELT-9"), ("name", "L 98-59"), ("name", "Nibiru"), ("resolveAll", "False")])
    answer = ask(fresh_archive.url, f"/Santa-war/query?{query}&outputFormat=json").json
    assert [entry["searchString"] for entry in answer["resolvedCoordinate"]] == ["kelt-9", "l 98-59"]


def test_columns_are_configured_by_name(fresh_archive: SampleArchive) -> None:
    path = "/portal/Mashup/Mashup.asmx/columnsconfig"
    assert "sequence_number" in ask(fresh_archive.url, path, "POST", {"colConfigId": "Mast.Caom.Cone"}).json
    assert ask(fresh_archive.url, path, "POST", {"colConfigId": "Mast.Caom.Nothing"}).json == {}


def test_only_the_sample_token_is_known(fresh_archive: SampleArchive) -> None:
    assert ask(fresh_archive.url, "/whoami").json["anon"] is True
    assert ask(fresh_archive.url, "/whoami", Cookie=f"mast_token={TOKEN}").json["anon"] is False
    assert ask(fresh_archive.url, "/whoami", Authorization=f"token {TOKEN}").json["anon"] is False
    assert ask(fresh_archive.url, "/whoami", Authorization="token other").json["anon"] is True


def test_every_request_waits_for_the_latency(fresh_archive: SampleArchive) -> None:
    waited: list[float | None] = []
    fresh_archive.latency = 12.5
    fresh_archive.closing.wait = waited.append  # type: ignore[method-assign, assignment]
    assert ask(fresh_archive.url, "/whoami").status == 200
    del fresh_archive.closing.wait
    assert waited == [12.5]


# -- starting and stopping -----------------------------------------------------------------------------------------


def test_stopping_breaks_off_what_is_going_on() -> None:
    archive = SampleArchive(faults=[Fault("stall", seconds=600)]).start()
    port = urlsplit(archive.url).port
    broken: list[BaseException] = []

    def download() -> None:
        try:
            ask(archive.url, FILE)
        except (OSError, http.client.HTTPException) as error:
            broken.append(error)

    client = threading.Thread(target=download)
    client.start()
    while not archive.requests:
        time.sleep(0.01)
    archive.stop()
    client.join(20)
    assert not client.is_alive()
    assert len(broken) <= 1
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port or 0), timeout=5)
    with pytest.raises(RuntimeError, match="not running"):
        _ = archive.url


def test_a_taken_port_is_refused(fresh_archive: SampleArchive) -> None:
    with pytest.raises(OSError, match="in use"):
        SampleArchive(port=urlsplit(fresh_archive.url).port or 0).start()


def test_two_archives_answer_alike() -> None:
    with SampleArchive() as one, SampleArchive() as other:
        assert invoke(one.url).body == invoke(other.url).body
        assert ask(one.url, FILE).headers["ETag"] == ask(other.url, FILE).headers["ETag"]


def test_made_up_targets_have_files_of_about_two_megabytes() -> None:
    with SampleArchive(extra=1) as archive:
        uris = [uri for uri in archive.catalogue.files if "9000000000" in uri and uri.endswith("_lc.fits")]
        assert len(uris) == 2
        for uri in uris:
            body = ask(archive.url, f"/api/v0.1/Download/file?uri={uri}").body
            assert len(body) == archive.catalogue.files[uri]["size"]
            assert 1.9e6 < len(body) < 2.2e6


# -- faults ------------------------------------------------------------------------------------------------------


def test_a_status_strikes_and_passes(faulty: Faulty) -> None:
    archive = faulty("status", status=503, retry_after=3, times=2, match="Products")
    assert invoke(archive.url).status == 200
    products = {"service": "Mast.Caom.Products", "params": {"obsid": "27438495"}}
    first, second, third = (invoke(archive.url, products) for _ in range(3))
    assert (first.status, second.status, third.status) == (503, 503, 200)
    assert first.headers["Retry-After"] == "3"
    assert first.body.startswith(b"<html>")
    assert [entry.status for entry in archive.requests] == [200, 503, 503, 200]


def test_truncation_tells_the_right_length_and_sends_less(faulty: Faulty) -> None:
    archive = faulty("truncate", at=1000)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(archive.url, FILE)
    assert (len(caught.value.partial), caught.value.expected) == (1000, SIZE - 1000)
    assert caught.value.partial == make(NAME, SIZE)[:1000]
    assert len(ask(archive.url, FILE).body) == SIZE


def test_a_reset_is_a_reset(faulty: Faulty) -> None:
    archive = faulty("reset")
    with pytest.raises(ConnectionResetError):
        ask(archive.url, FILE)
    assert len(ask(archive.url, FILE).body) == SIZE


def test_a_slow_body_arrives_whole(faulty: Faulty) -> None:
    archive = faulty("slow", rate=2e6)
    assert ask(archive.url, FILE).body == make(NAME, SIZE)


def test_a_stalled_body_halts_where_it_says(faulty: Faulty) -> None:
    archive = faulty("stall", at=5000, seconds=600)
    parts = urlsplit(archive.url)
    with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)) as connection:
        connection.request("GET", FILE)
        response = connection.getresponse()
        assert response.read(5000) == make(NAME, SIZE)[:5000]
        connection.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            response.read(1)


def test_a_wrong_length_is_too_long_or_too_short(faulty: Faulty) -> None:
    archive = faulty("wrong-length", by=10)
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(archive.url, FILE)
    assert (len(caught.value.partial), caught.value.expected) == (SIZE, 10)
    faulty("wrong-length", by=-10)
    assert len(ask(archive.url, FILE).body) == SIZE - 10


def test_a_page_instead_of_a_file(faulty: Faulty) -> None:
    answer = ask(faulty("html").url, FILE)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"maintenance" in answer.body


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_without_a_length(faulty: Faulty, chunked: bool) -> None:
    answer = ask(faulty("no-length", chunked=chunked).url, FILE)
    assert answer.headers["Content-Length"] is None
    assert answer.headers["Transfer-Encoding"] == ("chunked" if chunked else None)
    assert answer.body == make(NAME, SIZE)


def test_redirects_lead_on_or_round_in_circles(faulty: Faulty) -> None:
    archive = faulty("redirect")
    location = ask(archive.url, FILE).headers["Location"]
    assert len(ask(archive.mirror, location.removeprefix(archive.mirror)).body) == SIZE
    faulty("redirect-loop", times=None)
    first = ask(archive.url, FILE)
    assert first.status == 302
    assert ask(archive.url, first.headers["Location"]).headers["Location"] == first.headers["Location"]


def test_a_range_can_be_ignored(faulty: Faulty) -> None:
    answer = ask(faulty("ignore-range").url, FILE, Range="bytes=100-")
    assert (answer.status, len(answer.body)) == (200, SIZE)


def test_a_file_can_change_between_two_requests(faulty: Faulty) -> None:
    archive = faulty("changed", after=1, times=None)
    old, new, again = (ask(archive.url, FILE) for _ in range(3))
    assert (len(old.body), new.body) == (len(new.body), again.body)
    assert old.body != new.body
    assert old.headers["ETag"] != new.headers["ETag"] == again.headers["ETag"]
    assert old.headers["Last-Modified"] != new.headers["Last-Modified"]
    rest = ask(archive.url, FILE, Range="bytes=100-", If_Range=old.headers["ETag"])
    assert (rest.status, len(rest.body)) == (200, SIZE)


def test_garbage_has_the_right_length_and_tag(faulty: Faulty) -> None:
    bad, good = (ask(archive.url, FILE) for archive in [faulty("garbage")] * 2)
    assert len(bad.body) == len(good.body)
    assert bad.body != good.body
    assert bad.headers["ETag"] == good.headers["ETag"]


def test_the_portal_can_fail_in_words(faulty: Faulty) -> None:
    archive = faulty("json-error", message="Timeout expired")
    assert invoke(archive.url).json["msg"] == "Timeout expired"
    faulty("empty")
    assert (invoke(archive.url).json["status"], archive.faults.struck) == ("COMPLETE", 2)
    faulty("bad-json")
    with pytest.raises(ValueError, match="Unterminated"):
        _ = invoke(archive.url).json


def test_latency_comes_on_top_of_another_fault(fresh_archive: SampleArchive) -> None:
    fresh_archive.faults.add(Fault("latency", seconds=0.01, times=None))
    fresh_archive.faults.add(Fault("status", status=500))
    assert [ask(fresh_archive.url, "/whoami").status for _ in range(2)] == [500, 200]
    assert fresh_archive.faults.struck == 3
