"""ETags of object stores: a sum of the whole file, or of parts of a size that they do not tell."""

from __future__ import annotations

import hashlib
import io

import pytest
from fuzz import attempts, flipped

from tess_source.files import etag
from tess_source.files.etag import PARTS, is_sum, same_bytes

MIB = 1 << 20
SMALL = tuple(part >> 10 for part in PARTS)
"""The usual sizes of parts a thousandth as large, so that the files of these tests are small."""
KIB = 1 << 10
DATA = bytes(range(256)) * (20 * KIB // 256) + b"end"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(etag, "PARTS", SMALL)
    monkeypatch.setattr(etag, "CHUNK", 3 * KIB)


def etag_of(data: bytes, part: int | None) -> str:
    """Return the ETag of a file that was uploaded at once, or in parts."""
    if part is None:
        return hashlib.md5(data).hexdigest()
    sums = [hashlib.md5(data[start : start + part]).digest() for start in range(0, max(1, len(data)), part)]
    return f"{hashlib.md5(b''.join(sums)).hexdigest()}-{len(sums)}"


def same(data: bytes, etag: str | None) -> bool | None:
    return same_bytes(io.BytesIO(data), len(data), etag)


@pytest.mark.parametrize("part", [None, *SMALL])
def test_a_file_has_the_bytes_of_its_etag_whatever_the_usual_size_of_parts(part: int | None) -> None:
    assert same(DATA, etag_of(DATA, part)) is True
    assert same(DATA[:-1] + b"!", etag_of(DATA, part)) is False


def test_the_usual_parts_are_whole_mebibytes() -> None:
    assert sorted(part // MIB for part in PARTS) == [5, 8, 10, 15, 16, 32, 50, 64, 100, 128, 256, 512]
    assert not any(part % MIB for part in PARTS)


@pytest.mark.parametrize("size", [0, 1, 5 * KIB, 8 * KIB - 1, 8 * KIB, 8 * KIB + 1, 16 * KIB])
def test_sizes_at_the_ends_of_parts(size: int) -> None:
    for part in (None, 5 * KIB, 8 * KIB):
        assert same(DATA[:size], etag_of(DATA[:size], part)) is True


def test_one_part_with_a_dash_is_the_sum_of_a_sum() -> None:
    assert etag_of(b"x", 8 * KIB).endswith("-1")
    assert same(b"x", etag_of(b"x", 8 * KIB)) is True
    assert same(b"y", etag_of(b"x", 8 * KIB)) is False


def test_an_etag_that_is_no_sum_or_of_more_parts_than_any_usual_size_gives_tells_nothing() -> None:
    for tag in (
        None,
        "",
        "abc",
        "W/" + "0" * 32,
        f'"{"0" * 32}"',
        "0" * 31,
        "g" * 32,
        "0" * 32 + "-0",
        "0" * 32 + "-x",
    ):
        assert not is_sum(tag)
        assert same(b"data", tag) is None
    assert is_sum(etag_of(DATA, 3 * KIB))
    assert same(DATA, etag_of(DATA, 1 * KIB)) is None


def test_a_changed_file_never_has_the_bytes_of_its_etag() -> None:
    data = DATA[: 3 * 2880]
    for _, chance in attempts(40):
        assert same(flipped(data, chance), etag_of(data, chance.choice([None, 8 * KIB]))) is False
