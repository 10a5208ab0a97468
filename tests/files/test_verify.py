"""A file is whole or it is not, and the reason can be told: size, sha256, structure, and the sums that its writer left in it."""

from __future__ import annotations

import gzip
import hashlib
import io
import itertools
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source.files.verify import PAGE, Release, Verifier, form_of, problem_of, release_of
from tess_source_sample.files import make

BLOCK = 2880
LC = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
DVT = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits"
INTACT = (
    "lc/tess*.fits",
    "lc/*100-cadences.fits",
    "dvt/*.fits",
    "hlsp/*.fits",
    "tp/*astrocut.fits",
    "pdf/*.pdf",
    "dvr-xml/*.xml",
)
DAMAGED = {
    "lc/test-lc-tess-pimen-corrupted-at-header.fits": "it is cut in the header of HDU 1",
    "lc/test-lc-tess-pimen-corrupted-at-header2.fits": "it is cut in the header of HDU 0",
    "lc/test-lc-tess-pimen-corrupted.fits": "it is cut in the data of HDU 1: 9,132 bytes are missing",
    "tp/test-tpf-tess-pimen-corrupted-at-header.fits": "it is cut in the header of HDU 1",
    "tp/test-tpf-tess-pimen-corrupted-at-header2.fits": "it is cut in the header of HDU 0",
    "tp/test-tpf-tess-pimen-corrupted.fits": "it is cut in the data of HDU 1: 92,138,640 bytes are missing",
}
SUMMED = ("lc/tess*s0005*.fits", "lc/*s0088*.fits", "lc/*100-cadences.fits", "dvt/*00126*.fits", "tp/*astrocut.fits",
          "hlsp/*eleanor-lite*.fits", "hlsp/*tasoc*.fits", "hlsp/*tess-spoc*s0068*.fits")  # fmt: skip
"""Real files with sums, one or more per writer."""
Put = Callable[[str, bytes], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write a file."""

    def put(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return put


@pytest.fixture(scope="module")
def curve() -> bytes:
    """A light curve as SPOC writes it: CHECKSUM in every HDU, DATASUM in none."""
    return make(LC, 118_080)


def said(name: str, data: bytes, chunk: int = 1 << 20) -> str | None:
    verifier = Verifier(name)
    for start in range(0, len(data), chunk):
        verifier.feed(memoryview(data)[start : start + chunk])
    return verifier.finish()


def is_table_of_a_cut_out(hdu: Any) -> bool:
    """Whether its writer leaves a wrong sum in it."""
    return hdu.header.get("CREATOR") == "astrocut" and isinstance(hdu, fits.BinTableHDU)


# -- real files ------------------------------------------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.parametrize("pattern", INTACT)
def test_every_intact_real_file_passes(real: Path, pattern: str) -> None:
    files = [path for path in sorted(real.glob(pattern)) if "corrupted" not in path.name]
    assert files
    assert {path.name: problem_of(path) for path in files} == dict.fromkeys(path.name for path in files)


@pytest.mark.real
@pytest.mark.parametrize(("name", "reason"), DAMAGED.items())
def test_every_damaged_real_file_is_found_with_the_reason(real: Path, name: str, reason: str) -> None:
    assert problem_of(real / name) == reason


@pytest.mark.real
def test_a_file_that_somebody_shortened_no_longer_has_the_sum_that_spoc_wrote(real: Path) -> None:
    problem = problem_of(real / "tp" / "tess25155310-s01-first-cadences.fits.gz")
    assert problem == "the bytes of HDU 1 (PIXELS) are not those that were summed when it was written (CHECKSUM)"


@pytest.mark.real
@pytest.mark.parametrize("pattern", ["lc/tess*0012862099*.fits", "dvt/*00126*.fits", "hlsp/*tess-spoc*.fits"])
def test_a_real_file_that_ends_at_any_block_is_found(real: Path, pattern: str) -> None:
    data = next(real.glob(pattern)).read_bytes()
    whole = [end for end in range(0, len(data), 20 * BLOCK) if said("x.fits", data[:end]) is None]
    assert whole == []


@pytest.mark.real
@settings(max_examples=size(10, 600), deadline=None)
@given(data=st.data())
def test_a_flipped_bit_of_a_real_light_curve_is_found(real: Path, data: st.DataObject) -> None:
    body = bytearray(next(real.glob("lc/tess*0025155310*.fits")).read_bytes())
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert said("x.fits", bytes(body)) is not None


@pytest.mark.real
@settings(max_examples=size(40, 3000), deadline=None)
@given(data=st.data())
def test_a_flipped_bit_in_a_header_with_a_sum_is_found_in_real_files_of_all_writers(
    real: Path, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(path for pattern in SUMMED for path in real.glob(pattern))))
    body = bytearray(path.read_bytes())
    with fits.open(path) as hdus:
        places = [hdu.fileinfo() for hdu in hdus if "CHECKSUM" in hdu.header and not is_table_of_a_cut_out(hdu)]
    place = data.draw(st.sampled_from(places))
    body[data.draw(st.integers(place["hdrLoc"], place["datLoc"] - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert said("x.fits", bytes(body)) is not None


@pytest.mark.real
def test_the_release_of_real_files_is_read_from_their_headers(real: Path) -> None:
    first, later = (next(real.glob(f"lc/tess2018206045859-s0001-*{tic}*.fits")) for tic in (25155310, 261136679))
    assert first.stat().st_size == later.stat().st_size
    assert release_of(first) == Release(1, "spoc-3.3.36-20180925", "2018-09-27")
    assert release_of(later) == Release(42, "spoc-5.0.10-20200904", "2020-09-13")
    continued = next(real.glob("lc/tess2025014115807-s0088-*.fits"))
    assert release_of(continued) == Release(121, "spoc-5.0.115-20250131", "2025-02-22")
    assert release_of(next(real.glob("hlsp/*eleanor-lite*.fits"))) == Release()
    assert release_of(next(real.glob("hlsp/*eleanor_full*.fits"))) == Release(42, "0.8", "2021-05-11")
    assert release_of(next(real.glob("dvr-xml/*.xml"))) == Release()


# -- FITS --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [LC, DVT, LC.replace("_lc", "_tp"), DVT.replace("dvt.fits", "dvr.xml"), DVT.replace("dvt.fits", "dvm.pdf")]
)
def test_files_of_the_sample_archive_pass(name: str) -> None:
    assert said(name, make(name, 400_320)) is None


@settings(max_examples=size(25, 2000), deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_found_where_spoc_left_its_sum(curve: bytes, data: st.DataObject) -> None:
    body = bytearray(curve)
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert said("x.fits", bytes(body)) is not None


@pytest.mark.parametrize("place", range(34))
def test_no_flip_in_the_card_of_the_sum_takes_the_sum_away(curve: bytes, place: int) -> None:
    at = curve.index(b"CHECKSUM= ") + place
    for bit in range(8):
        body = bytearray(curve)
        body[at] ^= 1 << bit
        assert said("x.fits", bytes(body)) is not None


def test_a_flip_in_the_data_is_told_by_the_sum(curve: bytes) -> None:
    with fits.open(io.BytesIO(curve)) as hdus:
        at = hdus[1].fileinfo()["datLoc"] + 1000
    body = bytearray(curve)
    body[at] ^= 4
    assert (
        said("x.fits", bytes(body))
        == "the bytes of HDU 1 (LIGHTCURVE) are not those that were summed when it was written (CHECKSUM)"
    )


@pytest.mark.parametrize("name", [LC, DVT])
def test_a_file_that_ends_at_any_block_or_a_byte_before_is_found(name: str) -> None:
    data = make(name, 118_080)
    ends = [end - less for end in range(0, len(data), BLOCK) for less in (0, 1) if end - less >= 0]
    assert [end for end in ends if said(name, data[:end]) is None] == []
    assert said(name, data) is None


def test_whole_extensions_that_are_missing_at_the_end_are_counted(curve: bytes) -> None:
    with fits.open(io.BytesIO(curve)) as hdus:
        start = hdus[2].fileinfo()["hdrLoc"]
    assert said("x.fits", curve[:start]) == "1 of its 2 extensions are missing at the end"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: b"", "it is empty"),
        (lambda data: data[:1000], "it is cut in the header of HDU 0"),
        (lambda data: data + b"\0" * 10, "10 bytes lie behind its last HDU"),
        (lambda data: data + b"\0" * BLOCK, "something that is no HDU lies behind HDU 2"),
        (lambda data: data + b"XTENSION", "it is cut in the header of HDU 3"),
        (lambda data: b"hello" + data, "it is not a FITS file"),
        (gzip.compress, "it is compressed by gzip, though its name does not say so"),
        (lambda data: b"<!DOCTYPE html><html>", "it is an HTML page, as servers send when something is wrong"),
        (lambda data: b"\n  <HTML><body>Maintenance", "it is an HTML page, as servers send when something is wrong"),
        (lambda data: b'{"status": "ERROR"}', "it is not a FITS file"),
        (
            lambda data: data.replace(b"NAXIS1", b"NAXISX"),
            "the header of HDU 1 does not say how large its data are: NAXIS1 is missing",
        ),
        (lambda data: data.replace(b"BITPIX", b"B\xffTPIX"), "the header of HDU 0 holds bytes that are no text"),
        (lambda data: data[:BLOCK].replace(b"END     ", b"ENDLESS ") * 1002, "the header of HDU 0 has no end"),
    ],
)
def test_what_is_wrong_with_a_fits_file_is_said(curve: bytes, change: Callable[[bytes], bytes], reason: str) -> None:
    assert said("x.fits", change(curve)) == reason


def test_headers_without_data_are_not_a_file_of_data() -> None:
    out = io.BytesIO()
    fits.PrimaryHDU().writeto(out)
    assert said("x.fits", out.getvalue()) == "it holds headers, but no data"


def standard(creator: str = "", **cards: object) -> bytearray:
    """Write a file as astropy does: CHECKSUM and DATASUM."""
    out = io.BytesIO()
    first = fits.PrimaryHDU()
    first.header.update(CREATOR=creator, **cards)
    table = fits.BinTableHDU.from_columns([fits.Column("FLUX", "E", array=np.arange(3000, dtype="f4"))], name="CURVE")
    fits.HDUList([first, table]).writeto(out, checksum=True)
    return bytearray(out.getvalue())


def test_where_a_datasum_stands_it_is_checked_too() -> None:
    body = standard()
    assert said("x.fits", bytes(body)) is None
    body[-BLOCK] ^= 1
    assert "HDU 1 (CURVE)" in (said("x.fits", bytes(body)) or "")


def test_where_both_sums_stand_the_header_is_checked_too() -> None:
    body = standard(creator="somebody")
    at = body.index(b"somebody")
    body[at : at + 8] = b"SOMEBODY"
    assert said("x.fits", bytes(body)) == (
        "the header of HDU 0 is not the one that was summed when it was written (CHECKSUM), but its data are (DATASUM); "
        "if the file is the same each time you fetch it, its header was edited"
    )
    at = body.index(b"DATASUM = '") + 11
    body[at : at + 1] = b"x"
    assert "the bytes of HDU 0 are not those" in (said("x.fits", bytes(body)) or "")


def test_an_empty_sum_is_no_sum() -> None:
    body = standard()
    for at in [at for at in range(0, len(body), 80) if body.startswith((b"CHECKSUM", b"DATASUM "), at)]:
        body[at + 10 : at + 80] = b"''".ljust(70)
    assert said("x.fits", bytes(body)) is None


def test_wrong_sums_of_cut_outs_and_of_eleanors_copies_of_their_headers_are_no_damage() -> None:
    body = standard(creator="astrocut", PCORIGIN="MAST")
    body[body.index(b"MAST")] ^= 1
    body[-BLOCK] ^= 1
    assert said("x.fits", bytes(body)) is None
    body = standard(creator="astrocut")
    body[-BLOCK] ^= 1
    assert said("x.fits", bytes(body)) is None
    body[body.index(b"EXTEND  =") + 79] ^= 1
    assert "the header of HDU 0" in (said("x.fits", bytes(body)) or "")


def test_an_hdu_without_sums_passes_and_its_length_still_counts() -> None:
    out = io.BytesIO()
    fits.PrimaryHDU(np.zeros(5000, dtype="i2")).writeto(out)
    assert said("x.fits", out.getvalue()) is None
    assert said("x.fits", out.getvalue()[:-BLOCK]) == "it is cut in the data of HDU 0: 2,880 bytes are missing"


# -- compressed ------------------------------------------------------------------------------------------------------------------


def test_a_compressed_file_is_looked_into(curve: bytes) -> None:
    half = len(curve) // 2 + 7
    assert said("x.fits.gz", gzip.compress(curve)) is None
    assert said("x.fits.gz", gzip.compress(curve[:half]) + gzip.compress(curve[half:]) + b"\0" * 512) is None
    assert said("x.fits.gz", gzip.compress(curve)[:-9]) == "its compressed bytes are cut"
    assert said("x.fits.gz", gzip.compress(curve[:-BLOCK])) == "it is cut in the data of HDU 2: 2,880 bytes are missing"
    assert (said("x.fits.gz", curve) or "").startswith("its compressed bytes are damaged")
    assert said("x.fits.gz", b"") == "it is empty"


@settings(max_examples=size(10, 400), deadline=None)
@given(data=st.data())
def test_a_compressed_file_with_flipped_bits_or_cut_anywhere_is_found(curve: bytes, data: st.DataObject) -> None:
    body = bytearray(gzip.compress(curve, mtime=0))
    at = data.draw(st.integers(10, len(body) - 1))  # before that is gzip's own header: time and system
    flipped = bytearray(body)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    assert said("x.fits.gz", bytes(flipped)) is not None
    assert said("x.fits.gz", bytes(body[:at])) is not None


def test_a_small_file_that_claims_to_hold_much_takes_little_memory() -> None:
    out = io.BytesIO()
    fits.PrimaryHDU(np.zeros(32 << 20, dtype="u1")).writeto(out)
    bomb = gzip.compress(out.getvalue())
    del out
    tracemalloc.start()
    assert said("x.fits.gz", bomb) is None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 << 20


# -- PDF, XML and others ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.4\n" + b"x" * 5000 + b"\n%%EOF\n", None),
        ("a.pdf", b"%PDF-1.4\n" + b"x" * 5000, "its end (%%EOF) is missing"),
        ("a.pdf", b"%PDF-1.4\n%%EOF" + b"x" * 5000, "its end (%%EOF) is missing"),
        ("a.pdf", b"hello %%EOF", "it is not a PDF"),
        ("a.pdf", b"<html><body>503</body></html>", "it is an HTML page, as servers send when something is wrong"),
        ("a.pdf", b"", "it is empty"),
        ("a.xml", b'<?xml version="1.0"?><dv><tce n="1"/></dv>\n', None),
        ("a.xml", b"<dv/>", None),
        ("a.xml", b'<?xml version="1.0"?><dv><tce n="1"/>', "it is cut (no element found: line 1, column 37)"),
        ("a.xml", b"<dv></dv><dv>", "it is not well-formed XML (junk after document element: line 1, column 9)"),
        ("a.xml", b"<!DOCTYPE html><html></html>", "it is an HTML page, as servers send when something is wrong"),
        ("a.xml", b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', PAGE),
        ("a.xml", b"<!-- gateway --><HTML></HTML>", PAGE),
        ("a.xml", b"<x:html/>", PAGE),
        ("a.xml", b"<dv><html/></dv>", None),
        ("a.xml", b"<a:dv/>", None),
        ("a.xml", b"", "it is empty"),
        ("a.csv", b"a,b\n1,2", None),
        ("a.csv", b"<!doctype HTML>", "it is an HTML page, as servers send when something is wrong"),
        ("a.html", b"<!doctype HTML>", None),
        ("a.txt", b"", None),
    ],
)
def test_what_is_wrong_with_other_files_is_said(name: str, data: bytes, reason: str | None) -> None:
    assert said(name, data) == said(name, data, chunk=1) == reason


@pytest.mark.parametrize(
    ("name", "kind", "form"),
    [("A_LC.FITS", None, "fits"), ("a.fits.gz", None, "fits.gz"), ("a", "lc", "fits"), ("a", "dvs", "pdf"), ("a", "odd", "other"),
     ("a.csv", None, "other"), ("a.csv", "lc", "other"), ("a.txt", "lc", "other"), ("a.h5", "tp", "other"), ("a.lc", "lc", "fits")],
)  # fmt: skip
def test_the_name_says_what_must_be_in_a_file_and_the_kind_where_it_does_not(
    name: str, kind: str | None, form: str
) -> None:
    assert form_of(name, kind) == form


# -- while it arrives ------------------------------------------------------------------------------------------------------------


@settings(max_examples=size(10, 400), deadline=None)
@given(cuts=st.lists(st.integers(0, 118_080), max_size=30))
def test_it_does_not_matter_in_which_pieces_a_file_arrives(curve: bytes, cuts: list[int]) -> None:
    verifier = Verifier(LC, size=len(curve))
    edges = [0, *sorted(cuts), len(curve)]
    for start, end in itertools.pairwise(edges):
        verifier.feed(curve[start:end])
    assert verifier.finish() is None
    assert verifier.sha256 == hashlib.sha256(curve).hexdigest()
    assert verifier.size == len(curve)
    assert verifier.release.known


def test_what_cannot_become_right_is_known_at_once(curve: bytes) -> None:
    page = Verifier(LC)
    page.feed(b"<html>")
    assert page.problem == "it is an HTML page, as servers send when something is wrong"
    long = Verifier(LC, size=10)
    long.feed(curve)
    assert long.problem == "it has more than the 10 bytes that it should have"
    page.feed(curve)
    assert page.finish() == page.problem
    assert page.sha256 == hashlib.sha256(b"<html>" + curve).hexdigest()


def test_an_expected_size_and_sum_are_compared_at_the_end(curve: bytes) -> None:
    short = Verifier(LC, size=len(curve) + 1)
    short.feed(curve)
    assert short.finish() == f"it has {len(curve):,} of {len(curve) + 1:,} bytes"
    other = Verifier(LC, sha256="00" * 32)
    other.feed(curve)
    assert (other.finish() or "").startswith("its bytes are others than expected: sha256 ")
    same = Verifier(LC, sha256=hashlib.sha256(curve).hexdigest().upper())
    same.feed(curve)
    assert same.finish() is None


def test_without_a_wish_for_a_sum_none_is_made(curve: bytes) -> None:
    verifier = Verifier(LC, digest=False)
    verifier.feed(curve)
    assert (verifier.finish(), verifier.sha256) == (None, "")


# -- on disk ---------------------------------------------------------------------------------------------------------------------


def test_a_file_on_disk_is_read_once_and_in_pieces(put: Put, curve: bytes) -> None:
    path = put(LC, curve)
    assert problem_of(path, size=len(curve), sha256=hashlib.sha256(curve).hexdigest(), kind="lc") is None
    assert problem_of(path, size=5) == "it has 118,080 of 5 bytes"
    assert (problem_of(path, sha256="ab" * 32) or "").startswith("its bytes are others than expected")
    assert problem_of(put("a.fits", b"<html>"), size=5) == "it is an HTML page, as servers send when something is wrong"
    with pytest.raises(FileNotFoundError):
        problem_of(path.with_name("none.fits"))


def test_a_large_file_takes_little_memory(put: Put) -> None:
    out = io.BytesIO()
    fits.PrimaryHDU(np.zeros(24 << 20, dtype="u1")).writeto(out, checksum=True)
    path = put("a.fits", out.getvalue())
    out.close()
    tracemalloc.start()
    assert problem_of(path) is None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


def test_the_release_is_read_without_the_rest_of_the_file(put: Put, curve: bytes) -> None:
    whole = release_of(put(LC, curve))
    assert whole.known
    assert release_of(put("cut.fits", curve[: 20 * BLOCK])) == whole
    assert release_of(put("a.fits.gz", gzip.compress(curve))) == whole
    assert (
        release_of(put("a.pdf", curve))
        == release_of(put("b.fits", b"no"))
        == release_of(put("c.fits", b""))
        == Release()
    )
    assert str(Release(42, None, "2020-09-13")) == "DATA_REL 42, DATE 2020-09-13"
    assert str(Release()) == "unknown release"
