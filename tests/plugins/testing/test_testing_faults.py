"""Faults in words: what can be written, what it means, and what is said of what cannot be understood."""

from __future__ import annotations

import pytest
from fuzz import altered, attempts
from their_tests import TheirTests

from tess_source.errors import QueryError
from tess_source_sample.faults import KINDS, Fault
from tess_source_testing import faults_of_text
from tess_source_testing.fault_texts import SAME, SILENCE, WORDS

pytest_plugins = ["pytester"]

UNDERSTOOD = {
    "503": [Fault("status", status=503, times=None)],
    "503 then ok": [Fault("status", status=503, times=1)],
    "503 once": [Fault("status", status=503, times=1)],
    "503, 502, ok": [Fault("status", status=503, times=1), Fault("status", status=502, times=1, after=1)],
    "503 twice then 404": [Fault("status", status=503, times=2), Fault("status", status=404, times=None, after=2)],
    "HTTP 500 3 times": [Fault("status", status=500, times=3)],
    "500 error x 3": [Fault("status", status=500, times=3)],
    "500 3x": [Fault("status", status=500, times=3)],
    "404 always": [Fault("status", status=404, times=None)],
    "not found": [Fault("status", status=404, times=None)],
    "ok then 503": [Fault("status", status=503, times=None, after=1)],
    "ok twice then 503 then ok": [Fault("status", status=503, times=1, after=2)],
    "ok": [],
    "429 retry after 2 s then ok": [Fault("status", status=429, retry_after=2.0, times=1)],
    "too many requests once": [Fault("status", status=429, times=1)],
    "timeout twice": [Fault("latency", seconds=SILENCE, times=2)],
    "Time-out then ok": [Fault("latency", seconds=SILENCE, times=1)],
    "slow 2 s": [Fault("latency", seconds=2.0, times=None)],
    "slow 50 ms once": [Fault("latency", seconds=0.05, times=1)],
    "slow": [Fault("latency", seconds=1.0, times=None)],
    "slow 100 kB/s": [Fault("slow", rate=100_000.0, times=None)],
    "slow at 1.5 MB/s twice": [Fault("slow", rate=1_500_000.0, times=2)],
    "slow-down once": [Fault("slow-down", times=1)],
    "stall 2 s at 10 kB": [Fault("stall", seconds=2.0, at=10_000.0, times=None)],
    "truncated": [Fault("truncate", times=None)],
    "truncated at 20 % then ok": [Fault("truncate", at=0.2, times=1)],
    "truncated after 1000 bytes once": [Fault("truncate", at=1000.0, times=1)],
    "connection reset once": [Fault("reset", times=1)],
    "reset  at  5 kB  twice": [Fault("reset", at=5000.0, times=2)],
    "damaged once": [Fault("garbage", times=1)],
    "maintenance": [Fault("html", times=None)],
    "bad json then ok": [Fault("bad-json", times=1)],
    "redirect loop": [Fault("redirect-loop", times=None)],
    "status:503:times=2:match=Products": [Fault("status", status=503, times=2, match="Products")],
    "latency:0.5:times=always": [Fault("latency", seconds=0.5, times=None)],
}


@pytest.mark.parametrize(("text", "faults"), list(UNDERSTOOD.items()))
def test_a_text_means(text: str, faults: list[Fault]) -> None:
    assert faults_of_text(text) == faults


def test_what_is_matched_holds_for_all_steps() -> None:
    assert {fault.match for fault in faults_of_text("503 then 404", match="Download/file")} == {"Download/file"}
    assert faults_of_text("status:503:match=a", match="b")[0].match == "b"


def test_every_kind_of_fault_has_words() -> None:
    assert {fault.kind for fault in WORDS.values()} | {"status", "slow"} == set(KINDS)
    for kind in set(KINDS) - {"status"}:
        assert faults_of_text(kind.replace("-", " "))
    for word, same in SAME.items():
        assert faults_of_text(word) == faults_of_text(same)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fivehundred", "'fivehundred' is no fault; known are an HTTP code, ok, timeout"),
        ("truncatd twice", "'truncatd' is no fault; did you mean 'truncated'"),
        ("maintenance page", "'maintenance page' is no fault"),
        ("timeot", "did you mean 'timeout'"),
        ("", "'' is no fault"),
        ("503 then", "'' is no fault"),
        ("503 always then ok", "nothing comes after '503 always', which is for ever"),
        ("503 0 times", "'503 0 times' strikes no request"),
        ("503 2 s", "'503' takes no 'seconds', but retry after"),
        ("slow 20 %", "takes no 'at', but seconds"),
        ("99", "'99' is no fault"),
        ("0503", "'0503' is no fault"),
        ("status:503:tims=2", "a fault has no 'tims'"),
        ("stats:503", "no fault is called 'stats'"),
    ],
)
def test_what_cannot_be_understood_is_named_with_what_is_right(text: str, message: str) -> None:
    with pytest.raises(QueryError, match="the fault ") as caught:
        faults_of_text(text)
    assert message in str(caught.value)


def test_no_text_raises_another_error() -> None:
    strange = []
    texts = [*UNDERSTOOD]
    for number, chance in attempts(100):
        text = altered(texts[number % len(texts)].encode(), chance).decode(errors="replace")
        try:
            faults_of_text(text)
        except QueryError:
            continue
        except Exception as error:  # noqa: BLE001  what is looked for
            strange.append((text, error))
    assert strange == []


TESTS = """
@pytest.mark.tess_faults("503 then ok")
def test_status(tess_archive):
    assert len(theirs.light_curves()) == 1
    assert [one.status for one in tess_archive.requests][:2] == [503, 200]

@pytest.mark.tess_faults("timeout once", match="Products")
def test_timeout(tess_archive):
    assert len(theirs.light_curves()) == 1

@pytest.mark.tess_faults("reset at 100 bytes, ok", match="Download/file")
def test_download(tess_session, tess_archive):
    assert not theirs.light_curves().download().failed
    assert len([one for one in tess_archive.requests if one.path.endswith("Download/file")]) == 2

@pytest.mark.tess_faults("404", match="_lc.fits")
class TestClass:
    def test_one(self, tess_archive):
        assert len(theirs.light_curves().download().failed) == 1

    @pytest.mark.tess_faults("503 then ok", match="invoke")
    def test_both(self, tess_archive):
        assert len(theirs.light_curves().download().failed) == 1
        assert 503 in {one.status for one in tess_archive.requests}

def test_none(tess_archive):
    assert not theirs.light_curves().download().failed
"""


def test_the_marker_lets_the_archive_misbehave_in_this_test_only(run: TheirTests) -> None:
    run(TESTS).assert_outcomes(passed=6)


@pytest.mark.parametrize(
    ("marker", "fixture", "message"),
    [
        ('"fivehundred"', "tess_archive", "the fault 'fivehundred': 'fivehundred' is no fault"),
        ('"503", times=2', "tess_archive", "the marker tess_faults takes texts and match=, not times="),
        ('"503"', "tmp_path", "the marker tess_faults is for tests with the fixture tess_archive or tess_session"),
    ],
)
def test_a_marker_that_is_wrong_is_an_error_of_the_test(
    run: TheirTests, marker: str, fixture: str, message: str
) -> None:
    result = run(f"@pytest.mark.tess_faults({marker})\ndef test_one({fixture}): pass")
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()
