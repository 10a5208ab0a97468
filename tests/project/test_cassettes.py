"""Recordings are small, clean, owned by a test, and tell different questions apart."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import recording
import yaml
from places import ROOT
from vcr.request import Request

from tess_source_testing import vcr as matching
from tess_source_testing.ports import listening

CASSETTES = sorted(recording.CASSETTES.rglob("*.yaml"))
LARGEST = 200_000
NAMES = [str(path.relative_to(recording.CASSETTES)) for path in CASSETTES]


def test_there_are_recordings() -> None:
    assert CASSETTES


@pytest.mark.parametrize("cassette", CASSETTES, ids=NAMES)
def test_a_recording_is_small(cassette: Path) -> None:
    assert cassette.stat().st_size < LARGEST


@pytest.mark.parametrize("cassette", CASSETTES, ids=NAMES)
def test_a_recording_belongs_to_a_test(cassette: Path) -> None:
    file = (ROOT / "tests" / cassette.parent.relative_to(recording.CASSETTES)).with_suffix(".py")
    assert re.search(rf"^def {cassette.stem}\(", file.read_text(), re.MULTILINE)


@pytest.mark.parametrize("cassette", CASSETTES, ids=NAMES)
def test_a_recording_is_clean(cassette: Path) -> None:
    text = cassette.read_text()
    for dirty in (
        "127.0.0.1",
        "localhost",
        "mast_token",
        "Cookie",
        "Authorization",
        "cacheBreaker",
        str(ROOT),
        "User-Agent",
    ):
        assert dirty not in text
    for interaction in yaml.safe_load(text)["interactions"]:
        hosts = tuple(f"{host}/" for host in (matching.MAST, *matching.HOMES.values()))
        assert interaction["request"]["uri"].startswith(hosts)
        assert {name.lower() for name in interaction["request"]["headers"]} <= matching.KEPT_REQUEST_HEADERS
        assert {name.lower() for name in interaction["response"]["headers"]} <= matching.KEPT_RESPONSE_HEADERS


def test_two_questions_to_one_address_are_told_apart() -> None:
    with listening("http://127.0.0.1:1"):
        one, other = (
            matching.clean_request(
                Request("POST", "http://127.0.0.1:1/api/v0/invoke", f"request=%7B%22tic%22%3A%20{tic}%7D", {})
            )
            for tic in (1, 2)
        )
    assert one.uri == other.uri == "https://mast.stsci.edu/api/v0/invoke"
    assert one.body != other.body


def test_the_random_number_of_a_question_does_not_count() -> None:
    one, other = (
        matching.clean_request(
            Request("POST", "https://x/", f"request=%7B%22a%22%3A%201%2C%20%22cacheBreaker%22%3A%20{n}%7D", {})
        )
        for n in (1, 2)
    )
    assert one.body == other.body


@pytest.mark.parametrize(
    ("one", "other"),
    [({"Range": "bytes=5-"}, {}), ({"Range": "bytes=5-"}, {"range": "bytes=6-"}), ({"If-Range": "a"}, {})],
)
def test_two_ranges_of_one_file_are_told_apart(one: dict[str, str], other: dict[str, str]) -> None:
    matching.same_range(SimpleNamespace(headers=one), SimpleNamespace(headers=dict(one)))
    with pytest.raises(AssertionError):
        matching.same_range(SimpleNamespace(headers=one), SimpleNamespace(headers=other))


def test_secrets_never_get_into_a_recording() -> None:
    request = Request(
        "GET",
        "https://mast.stsci.edu/x",
        b"",
        {"Cookie": "mast_token=s3cret", "Authorization": "s3cret", "Range": "bytes=1-"},
    )
    assert matching.clean_request(request).headers == {"Range": "bytes=1-"}
    assert matching.clean_response({"headers": {"Set-Cookie": ["s3cret"], "ETag": ["x"]}})["headers"] == {"ETag": ["x"]}
