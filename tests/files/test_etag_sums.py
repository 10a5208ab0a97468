"""ETags of object stores are checksums: of whole files, or of the sums of their parts, whose size is not told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from fuzz import attempts

from tess_source.files import etags
from tess_source.files.etags import agrees, md5_of

MD5 = "d41d8cd98f00b204e9800998ecf8427e"
UNIT = 1000
"""Bytes of a unit of parts in these tests, in place of a mebibyte."""


def md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


def in_parts(content: bytes, size: int) -> str:
    """Return the ETag of what was stored in parts of a size."""
    sums = [md5(content[at : at + size]) for at in range(0, len(content), size)] or [md5(b"")]
    return f"{md5(b''.join(sums)).hex()}-{len(sums)}"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all sizes of parts smaller, by a factor of about a thousand."""
    monkeypatch.setattr(etags, "SIZES", tuple(size // etags.MIB * UNIT for size in etags.SIZES))
    monkeypatch.setattr(etags, "MIB", UNIT)


def written(folder: Path, size: int, letter: bytes = b"abc") -> Path:
    file = folder / "file.fits"
    file.write_bytes((letter * size)[:size])
    return file


@pytest.mark.parametrize(
    ("etag", "digest"),
    [
        (MD5, MD5), (f'"{MD5}"', MD5), (f' "{MD5.upper()}" ', MD5), (f'"{MD5}-1"', None), (f'"{MD5}-12"', None), (f'W/"{MD5}"', None),
        (f'"{MD5[:-1]}"', None), (f'"{MD5}0"', None), (f'"{MD5}-gzip"', None), ('"5c1-61fa8b"', None), ("", None), (f"{MD5}\n{MD5}", None),
    ],
)  # fmt: skip
def test_the_etag_of_one_part_is_an_md5(etag: str, digest: str | None) -> None:
    assert md5_of(etag) == digest


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 5000, 12_345])
def test_one_part_tells_both_ways(tmp_path: Path, size: int) -> None:
    file = written(tmp_path, size)
    assert agrees(file, f'"{md5(file.read_bytes()).hex()}"') is True
    assert agrees(file, "0" * 32) is False
    assert agrees(file, in_parts(file.read_bytes(), max(size, 1))) is True
    assert agrees(file, f"{'0' * 32}-1") is False


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("mib", [5, 8, 10, 15, 16, 32, 50, 64, 100, 128, 256, 512])
def test_parts_of_every_usual_size_are_known(tmp_path: Path, mib: int) -> None:
    for size in (mib * UNIT + 1, 2 * mib * UNIT, 2 * mib * UNIT + 500, 5 * mib * UNIT - 1):
        file = written(tmp_path, size)
        assert agrees(file, in_parts(file.read_bytes(), mib * UNIT)) is True


@pytest.mark.usefixtures("small_parts")
def test_parts_of_an_odd_size_tell_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, 20 * UNIT)
    assert agrees(file, in_parts(file.read_bytes(), 7 * UNIT)) is None
    assert agrees(file, f"{'0' * 32}-3") is None
    assert agrees(file, f"{'0' * 32}-9999") is None


@pytest.mark.usefixtures("small_parts")
def test_one_flipped_bit_in_any_part_is_not_the_same_file(tmp_path: Path) -> None:
    file = written(tmp_path, 21_500)
    tag, content = in_parts(file.read_bytes(), 8 * UNIT), bytearray(file.read_bytes())
    for _, chance in attempts(20, 1000):
        place = chance.randrange(len(content))
        content[place] ^= 1
        file.write_bytes(content)
        content[place] ^= 1
        assert agrees(file, tag) is None


@pytest.mark.parametrize(
    "etag", ["", '"x"', f'W/"{MD5}"', f"{MD5}-0", f"{MD5}-", f"{MD5}-x", f"-{MD5}", f"{MD5}-999999"]
)
def test_what_is_no_sum_tells_nothing(tmp_path: Path, etag: str) -> None:
    assert agrees(written(tmp_path, 10), etag) is None


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    for etag in (MD5, f"{MD5}-1", f"{MD5}-2"):
        with pytest.raises(FileNotFoundError):
            agrees(tmp_path / "absent", etag)
