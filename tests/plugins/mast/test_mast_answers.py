"""What the portal and the resolver send is foreign: rows of the right types, or a ServiceError, whatever comes."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from answering import BY_TIC, FILTERED, QUESTIONS, Answering, answered, column, everywhere, with_
from fuzz import altered, altered_json, attempts

from tess_source import Observations, Target
from tess_source.errors import ServiceError
from tess_source_mast import observations, resolver, wire


@pytest.fixture
def archive(stub: Answering) -> Answering:
    stub.honest()
    return stub


def is_sound(answer: Any) -> bool:
    """Tell whether an answer is an error, or is not empty and of the right types."""
    match answer:
        case ServiceError():
            return True
        case bool():
            return False
        case int():
            return answer >= 0
        case Target():
            return answer.tic is not None or (0 <= (answer.ra or 0) <= 360 and -90 <= (answer.dec or 0) <= 90)
        case tuple():
            return all(isinstance(part, str) for field in answer for part in (field.name, field.type, field.unit))
    frame = answer.to_polars() if answer is not None else pl.DataFrame()
    return frame.height > 0 and "archive" in frame.columns


def as_json(sent: Any, chance: random.Random) -> Any:
    """Change a JSON value in one place."""
    return altered_json(sent, chance)


def as_bytes(sent: Any, chance: random.Random) -> bytes:
    """Change the bytes of an answer."""
    return altered(json.dumps(sent).encode(), chance)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("way", [as_json, as_bytes])
def test_an_altered_answer_is_understood_or_a_service_error_and_never_empty(
    archive: Answering, found: Observations, question: str, way: Callable[[Any, random.Random], Any]
) -> None:
    raw = []
    for number, chance in attempts(6):
        sent: list[Any] = []

        def change(answer: Any, chance: random.Random = chance, sent: list[Any] = sent) -> Any:
            sent[:] = sent or [way(answer, chance)]  # the same again if it is asked again
            return sent[0]

        try:
            answer = answered(archive, found, question, change)
        except Exception as error:  # noqa: BLE001 - the test is that there is none
            raw.append((number, f"{type(error).__name__}: {error}"[:200], str(sent)[:100]))
            continue
        says_none = isinstance(sent[0], dict) and sent[0].get("resolvedCoordinate") == []
        if not is_sound(answer) and not (answer is None and says_none):
            raw.append((number, f"not sound: {answer}"[:200], str(sent)[:100]))
    assert raw == []


# -- size --


def packed(data: bytes, times: int) -> bytes:
    """Give data that repeat many times, in gzip's form."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(data) for _ in range(times)), packer.flush()])


LARGE: dict[str, tuple[dict[str, str], bytes, str]] = {
    "a bomb": ({"Content-Encoding": "gzip"}, packed(bytes(2**16), 40), "larger than 2,000,000 bytes"),
    "a bomb of another form": ({"Content-Encoding": "deflate"}, zlib.compress(bytes(2**21)), "larger than"),
    "a long body": ({}, b" " * 2_000_001, "larger than"),
    "packed twice": (
        {"Content-Encoding": "gzip, gzip"},
        gzip.compress(gzip.compress(b"{}")),
        "'gzip, gzip', which was not",
    ),
    "packed otherwise": ({"Content-Encoding": "br"}, b"", "packed as 'br'"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_is_larger_than_a_page_can_be_is_an_error_and_not_asked_again(
    archive: Answering, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    headers, body, says = LARGE[kind]
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 2_000_000)
    archive.change = lambda what, answer: (200, headers, body)
    with pytest.raises(ServiceError, match=says) as caught:
        resolver.resolve("KELT-9", archive.settings)
    assert "ask for less" in caught.value.advice
    assert archive.asked == ["resolver"]


def test_no_more_is_unpacked_than_is_allowed(archive: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece of 64 kB may hold a thousand times as much."""
    import tracemalloc

    monkeypatch.setattr(wire, "LARGEST_ANSWER", 2_000_000)
    body = packed(bytes(2**20), 60)
    assert len(body) < 10 * wire.PIECE
    archive.change = lambda what, answer: (200, {"Content-Encoding": "gzip"}, body)
    tracemalloc.start()
    try:
        with pytest.raises(ServiceError):
            resolver.resolve("KELT-9", archive.settings)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "identity", ""])
def test_an_answer_may_be_packed_as_was_asked_for(archive: Answering, coding: str) -> None:
    pack = {"deflate": zlib.compress, "identity": bytes, "": bytes}.get(coding, gzip.compress)
    archive.change = lambda what, answer: (200, {"Content-Encoding": coding}, pack(json.dumps(answer).encode()))
    assert len(observations.find(BY_TIC, archive.settings)) == 12


def test_many_values_in_few_bytes_are_refused_before_they_are_made(archive: Answering) -> None:
    archive.change = lambda what, answer: b"[" + b"[]," * 600_000 + b"1]"
    with pytest.raises(ServiceError, match="more objects or values than a page can have"):
        resolver.resolve("KELT-9", archive.settings)


def test_a_page_of_the_archive_is_well_below_the_limits(archive: Answering, found: Observations) -> None:
    """With 50,000 rows of 33 columns."""
    from tess_source_mast.shapes import LARGEST_ANSWER, MOST_OBJECTS, MOST_VALUES

    archive.change = lambda what, answer: sizes.append(json.dumps(answer["data"]).encode()) or answer
    sizes: list[bytes] = []
    observations.find(BY_TIC, archive.settings)
    per_row = len(sizes[0]) / 12
    assert 2 * 50_000 * per_row < LARGEST_ANSWER
    assert 5 * 50_000 * sizes[0].count(b"{") / 12 < MOST_OBJECTS
    assert 2 * 50_000 * sizes[0].count(b",") / 12 < MOST_VALUES


# -- heads --


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://", "http:///x", "//[", "http://a..b/", "gopher://x/", "\x00"]
)
def test_a_redirect_to_what_is_no_address_is_a_service_error(archive: Answering, address: str) -> None:
    archive.change = lambda what, answer: (302, {"Location": address}, b"")
    with pytest.raises(ServiceError):
        resolver.resolve("KELT-9", archive.settings)


@pytest.mark.parametrize(
    "wait", ["²", "9" * 5000, "nan", "-1", "1e999", "", "Mon, 99 Foo 99999999999 99:99:99 GMT", "\xff"]
)
def test_a_time_to_wait_that_is_none_is_passed_over(
    archive: Answering, monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    monkeypatch.setattr("tess_source_mast.deadline.LONGEST_RETRY_AFTER", 0.0)
    busy = [(503, {"Retry-After": wait}, b"")]
    archive.change = lambda what, answer: busy.pop() if busy else answer
    assert resolver.resolve("KELT-9", archive.settings) is not None
    assert archive.asked == ["resolver"] * 2


@pytest.mark.parametrize("value", [float("nan"), None])
def test_a_number_that_is_unknown_is_null(archive: Answering, found: Observations, value: Any) -> None:
    answer = answered(archive, found, FILTERED, everywhere("srcDen", value))
    assert answer["srcDen"].null_count() == 12


def test_a_byte_order_mark_is_passed_over(archive: Answering, found: Observations) -> None:
    assert answered(archive, found, FILTERED, lambda answer: json.dumps(answer).encode("utf-8-sig")) == found


def test_identifiers_that_are_declared_as_numbers_are_text(archive: Answering, found: Observations) -> None:
    assert answered(archive, found, FILTERED, column("obsid", type="int")) == found


def test_a_remark_of_the_archive_is_logged(
    archive: Answering, found: Observations, caplog: pytest.LogCaptureFixture
) -> None:
    assert answered(archive, found, FILTERED, with_("msg", "We move to a new server on Monday")) == found
    assert "Mast.Caom.Filtered: We move to a new server on Monday" in caplog.text
