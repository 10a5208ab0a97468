"""Rules of misbehaviour: how they are written, chosen and counted."""

from __future__ import annotations

import json
import threading

import pytest

from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import KINDS, Fault, Faults, mislead, spoil

MIRROR = "http://127.0.0.1:9"
FILE = HttpRequest(
    *("GET", "/api/v0.1/Download/file", {"uri": ("mast:TESS/product/a.fits",)}, {}),
    {"range": "bytes=1-", "if-none-match": "*"},
)
BODY = bytes(range(256)) * 8


def struck(faults: Faults, subject: str, count: int) -> list[list[str]]:
    return [[rule.kind for rule in faults.strike(subject)] for _ in range(count)]


def test_a_rule_strikes_as_often_as_it_says() -> None:
    faults = Faults([Fault("status", times=2)])
    assert struck(faults, "GET /", 4) == [["status"], ["status"], [], []]
    assert faults.struck == 2


def test_a_rule_lets_the_first_requests_pass() -> None:
    faults = Faults([Fault("reset", after=2, times=None)])
    assert struck(faults, "GET /", 5) == [[], [], ["reset"], ["reset"], ["reset"]]


def test_a_rule_strikes_only_what_it_fits() -> None:
    faults = Faults([Fault("html", match="Mast.Caom.Products")])
    assert struck(faults, 'POST /api/v0/invoke? request={"service": "Mast.Caom.Filtered"}', 1) == [[]]
    assert struck(faults, 'POST /api/v0/invoke? request={"service": "Mast.Caom.Products"}', 2) == [["html"], []]


def test_the_first_rule_that_strikes_is_the_only_one_beside_latencies() -> None:
    faults = Faults([Fault("latency", times=None), Fault("status"), Fault("truncate")])
    assert struck(faults, "GET /", 3) == [["latency", "status"], ["latency", "truncate"], ["latency"]]


def test_rules_added_later_count_from_then_on_and_can_be_cleared() -> None:
    faults = Faults()
    assert struck(faults, "GET /", 1) == [[]]
    faults.add(Fault("status", after=1))
    assert struck(faults, "GET /", 2) == [[], ["status"]]
    faults.add(Fault("status", times=None))
    faults.clear()
    assert struck(faults, "GET /", 2) == [[], []]


def test_threads_share_one_count() -> None:
    faults = Faults([Fault("status", times=50)])
    hits: list[int] = []

    def work() -> None:
        hits.append(sum(len(faults.strike("GET /")) for _ in range(100)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(hits) == 50


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("reset", Fault("reset")),
        ("status:503:times=2:match=Products", Fault("status", status=503, times=2, match="Products")),
        ("status:429:retry_after=2.5", Fault("status", status=429, retry_after=2.5)),
        ("latency:0.5:times=always", Fault("latency", seconds=0.5, times=None)),
        ("slow:5000:after=3", Fault("slow", rate=5000.0, after=3)),
        ("truncate:0.25", Fault("truncate", at=0.25)),
        ("stall:2:at=100", Fault("stall", seconds=2.0, at=100.0)),
        ("wrong-length:-7", Fault("wrong-length", by=-7)),
        ("no-length:chunked=no", Fault("no-length", chunked=False)),
        ("changed:match=mast:TESS/product/a:after=1", Fault("changed", match="mast:TESS/product/a", after=1)),
    ],
)
def test_rules_can_be_written_in_one_line(text: str, rule: Fault) -> None:
    assert Fault.parse(text) == rule


@pytest.mark.parametrize("text", ["explode", "status:often", "status:503:colour=red", "status:times=many", ""])
def test_a_line_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Fault.parse(text)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_changes_what_is_understood_or_sent(kind: str) -> None:
    honest = Reply(200, {"ETag": '"x"'}, BODY)
    rule = Fault(kind)
    changed = mislead(FILE, [rule]) != FILE or spoil(honest, FILE, [rule], MIRROR) != honest
    assert changed


def test_garbage_has_the_right_length() -> None:
    for at in (0, 0.5, 1, 10):
        body = spoil(Reply(200, {}, BODY), FILE, [Fault("garbage", at=at)], MIRROR).body
        assert len(body) == len(BODY)
        assert sum(ours != theirs for ours, theirs in zip(body, BODY, strict=True)) == 64
    assert spoil(Reply(200, {}, b""), FILE, [Fault("garbage")], MIRROR).body == b""


def test_an_empty_answer_keeps_the_columns() -> None:
    fields = [{"name": "obs_id", "type": "string"}]
    answer = Reply(200, {}, json.dumps({"status": "COMPLETE", "data": [{"obs_id": "x"}], "fields": fields}).encode())
    request = HttpRequest("POST", "/api/v0/invoke", {}, {"request": "{}"}, {})
    emptied = json.loads(spoil(answer, request, [Fault("empty")], MIRROR).body)
    assert (emptied["status"], emptied["data"], emptied["fields"]) == ("COMPLETE", [], fields)


def test_redirects_keep_the_question() -> None:
    away = spoil(Reply(), FILE, [Fault("redirect")], MIRROR)
    assert away.status == 302
    assert away.headers["Location"].startswith(f"{MIRROR}/api/v0.1/Download/file?uri=mast%3ATESS")
    post = HttpRequest("POST", "/api/v0/invoke", {}, {"request": "{}"}, {})
    assert spoil(Reply(), post, [Fault("redirect-loop")], MIRROR).status == 307
