"""Headers of FITS files without a FITS library: values as astropy reads them, and whole or not."""

from __future__ import annotations

import io
from typing import Any

import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import DamagedFileError
from tess_source.files.cards import BLOCK, Header
from tess_source.files.fits_headers import Headers, read_headers


def written(*hdus: Any) -> bytes:
    out = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return out.getvalue()


def headers_of(data: bytes) -> list[Header]:
    return read_headers(lambda start, count: data[start : start + count], len(data))


def header(*cards: str) -> Header:
    return Header(b"".join(card.encode().ljust(80) for card in cards))


values = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=25),
)


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_-]{3,7}", fullmatch=True), values, max_size=8))
def test_values_are_those_that_astropy_reads(said: dict[str, Any]) -> None:
    data = written(fits.PrimaryHDU(header=fits.Header(said.items())))
    (ours,) = headers_of(data)
    theirs = fits.getheader(io.BytesIO(data))
    for key in said:
        assert ours[key] == theirs[key]
        assert type(ours[key]) is type(theirs[key])


def test_of_several_headers_the_first_that_has_it_counts_even_without_a_value() -> None:
    found = Headers(header("A       =", "B       = 2"), header("A       = 1", "C       = 'x'"))  # type: ignore[arg-type]
    assert [found.get(key, "none") for key in "ABCD"] == [None, 2, "x", "none"]
    assert found["C"] == "x"


@pytest.mark.parametrize("cards", [1, 30, 300, 3000])
def test_headers_may_be_long(cards: int) -> None:
    primary = fits.PrimaryHDU(header=fits.Header([(f"K{number}", number) for number in range(cards)]))
    found = headers_of(written(primary, fits.ImageHDU()))
    assert len(found) == 2
    assert found[0][f"K{cards - 1}"] == cards - 1


def test_a_word_in_a_text_does_not_end_a_header() -> None:
    primary = fits.PrimaryHDU(header=fits.Header([("A", "END" + " " * 60), ("B", 1)]))
    (found,) = headers_of(written(primary))
    assert found["B"] == 1


def test_a_header_that_never_ends_is_not_read_to_the_end_of_a_large_file() -> None:
    asked: list[int] = []

    def read(start: int, count: int) -> bytes:
        asked.append(count)
        return (b"SIMPLE  =" + b" " * (count - 9))[:count]

    with pytest.raises(DamagedFileError, match="cut in the header of HDU 0"):
        read_headers(read, 10**12)
    assert max(asked) < 10**8


def test_bytes_that_are_no_text_are_found_in_a_header() -> None:
    data = written(fits.PrimaryHDU()).replace(b"BITPIX", b"B\xffTPIX")
    with pytest.raises(DamagedFileError, match="the header of HDU 0 holds bytes that are no text"):
        headers_of(data)
    assert len(data) % BLOCK == 0
