"""Whatever stands in a file, what is wrong with it is said: nothing is raised, and little memory is taken, whatever it claims to hold."""

from __future__ import annotations

import gzip
import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bad_files import ENCODINGS, LAUGHS, LC, curve, odd_fits, odd_gzip, odd_xml, with_cards
from fuzz import attempts

from tess_source.errors import TessSourceError
from tess_source.files import gzipped, xml_stream
from tess_source.files.exposure import exptime_of_file
from tess_source.files.fits_table import TableReader
from tess_source.files.gzipped import unpacked
from tess_source.files.verify import Release, Verifier, problem_of, release_of
from tess_source.files.whole import fault

REPORT = b"""<?xml version="1.0" encoding="UTF-8"?>
<dv:dvTargetResults ticId="42" xmlns:dv="http://www.nasa.gov/2018/TESS/DV"><dv:planetResults planetNumber="1"/></dv:dvTargetResults>"""
Odd = Callable[[bytes, random.Random], bytes]


@pytest.fixture(scope="module")
def whole() -> bytes:
    return curve()


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """Check how much memory Python takes at once."""
    tracemalloc.start()
    try:
        yield
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < megabytes << 20


def problem_in(name: str, data: bytes) -> str | None:
    verifier = Verifier(name)
    verifier.feed(data)
    return verifier.finish()


def header(*cards: str) -> bytes:
    """Return a header of one block."""
    return b"".join(card.ljust(80).encode() for card in (*cards, "END")).ljust(2880)


def raw_exceptions(path: Path) -> list[tuple[str, BaseException]]:
    """Ask a FITS file all that is asked of single files, and return what is raised that is not ours."""
    found: list[tuple[str, BaseException]] = []
    for ask in (problem_of, fault, release_of, exptime_of_file, read_all_columns):
        try:
            answer = ask(path)
        except TessSourceError as error:
            if ask is not read_all_columns:
                found.append((ask.__name__, error))
        except Exception as error:  # noqa: BLE001  that is the question
            found.append((ask.__name__, error))
        else:
            if str(answer).startswith("it cannot be checked"):
                found.append((ask.__name__, AssertionError(answer)))
    return found


def read_all_columns(path: Path) -> None:
    table = TableReader().read(path)
    for name in table.fields:
        table.column(name)


@pytest.mark.parametrize(("odd", "name"), [(odd_fits, "a_lc.fits"), (odd_gzip, "a_lc.fits.gz")])
def test_no_fits_file_makes_a_reader_raise_what_is_not_ours(tmp_path: Path, whole: bytes, odd: Odd, name: str) -> None:
    path, found = tmp_path / name, []
    for number, chance in attempts(40):
        path.write_bytes(odd(whole, chance))
        found += [(number, *said) for said in raw_exceptions(path)]
    assert found == []


def test_no_xml_file_makes_its_check_raise() -> None:
    found = {}
    for number, chance in attempts(150):
        problem = problem_in("a.xml", odd_xml(REPORT, chance))
        if (problem or "").startswith("it cannot be checked"):
            found[number] = problem
    assert found == {}


@pytest.mark.parametrize("ending", ["pdf", "png", "txt", "csv", "zip", "tar", "html", "fits", "fits.gz", "xml"])
def test_bytes_of_any_other_form_are_that_files_problem(whole: bytes, ending: str) -> None:
    said = {problem_in(f"a.{ending}", odd(data, chance))
            for _, chance in attempts(5, 100) for odd, data in ((odd_fits, whole), (odd_gzip, whole), (odd_xml, REPORT))}  # fmt: skip
    assert not any(problem.startswith("it cannot be checked") for problem in said if problem)


# -- FITS ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["9" * 25, "'" + "9" * 60 + "'", "9223372036854775808", "1E999", "NaN", "-5", "T", "(1, 2)", "1.5"]
)
def test_a_data_release_that_cannot_be_is_none(tmp_path: Path, whole: bytes, value: str) -> None:
    path = tmp_path / LC
    path.write_bytes(with_cards(whole, f"DATA_REL= {value}", "PROCVER = 'spoc'"))
    assert release_of(path) == Release(None, "spoc", release_of(path).date)


def test_a_number_of_thousands_of_digits_over_many_cards_is_none(tmp_path: Path, whole: bytes) -> None:
    cards = [f"CONTINUE  '{'9' * 60}&'"] * 90
    for key in ("DATA_REL", "PROCVER ", "NEXTEND "):
        data = with_cards(whole, f"{key}= '{'9' * 60}&'", *cards)
        assert problem_in(LC, data) is None
        (path := tmp_path / LC).write_bytes(data)
        told = release_of(path)
        assert None in ((told.data_rel, told.procver) if key != "NEXTEND " else (None,))
    assert "summed" in (problem_in(LC, with_cards(whole, f"DATASUM = '{'9' * 60}&'", *cards, hdu=1)) or "")


HUGE = {
    "an axis": (1, ["NAXIS1  = 9223372036854775807"], "more bytes than any file"),
    "an axis beyond 64 bits": (1, ["NAXIS1  = " + "9" * 60], "NAXIS1 is 999"),
    "a negative axis": (1, ["NAXIS1  = -20", "NAXIS2  = -5"], "NAXIS1 is -20"),
    "axes": (1, ["NAXIS   = 1000000000"], "NAXIS is 1000000000"),
    "rows": (1, ["NAXIS2  = 1000000000000"], "cut in the data of HDU 1"),
    "rows without bytes": (1, ["NAXIS1  = 0", "NAXIS2  = 1000000000000"], None),
    "a heap": (1, ["PCOUNT  = 9000000000000000000"], "cut in the data of HDU 1"),
    "groups": (1, ["GCOUNT  = 9000000000000000000"], "more bytes than any file"),
    "samples of no known size": (1, ["BITPIX  = 800"], "BITPIX is 800"),
    "columns": (1, ["TFIELDS = 1000000000"], None),
    "cells": (1, ["TFORM1  = '999999999999999999E'"], None),
    "cells of bits": (1, ["TFORM1  = '99999999999999999999999X'"], None),
    "lists": (1, ["TFORM1  = '1PE(999999999)'", "TFORM2  = '1QD'"], None),
    "axes of a cell": (1, ["TDIM1   = '(1000000000,1000000000)'"], None),
}


@pytest.mark.parametrize("what", HUGE)
def test_a_header_that_says_huge_sizes_takes_no_memory(tmp_path: Path, whole: bytes, what: str) -> None:
    hdu, cards, reason = HUGE[what]
    path = tmp_path / LC
    path.write_bytes(with_cards(whole, *cards, hdu=hdu))
    with at_most(12):
        said = [problem_of(path), fault(path)]
        assert raw_exceptions(path) == []
    if reason is not None:
        assert all(reason in (problem or "") for problem in said)


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        (["NAXIS1  = 0", "NAXIS2  = 1000000000000"], "rows of its table have no bytes"),
        (["TFIELDS = 1000"], "TFIELDS is 1000"),
        (["TFORM1  = '999999999999999999E'"], "wider than the rows"),
        (["TFORM1  = '" + "9" * 30 + "E'"], "of no known type"),
    ],
)
def test_a_table_that_cannot_be_is_refused_before_it_is_made(
    tmp_path: Path, whole: bytes, cards: list[str], words: str
) -> None:
    path = tmp_path / LC
    path.write_bytes(with_cards(with_cards(whole, "NEXTEND = 0"), *cards, hdu=1))
    with at_most(2), pytest.raises(TessSourceError, match=words):
        TableReader().read(path)


@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_headers_without_an_end_and_without_number_are_not_kept(tmp_path: Path, whole: bytes, name: str) -> None:
    endless, many = (
        whole[:80] + b" " * (4 << 20),
        whole + header("XTENSION= 'IMAGE'", "BITPIX  = 8", "NAXIS   = 0") * 10_100,
    )
    for data, words in ((endless, "header of HDU 0"), (many, "more than 10,000 blocks")):
        path = tmp_path / name
        path.write_bytes(gzip.compress(data, 1) if name.endswith("gz") else data)
        assert words in (problem_of(path) or "")
        assert words in (fault(path) or "")


# -- gzip ------------------------------------------------------------------------------------------------------------------------


def bomb(megabytes: int) -> bytes:
    """Return a compressed file whose header says that so many MB follow, which do."""
    claim = header("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 1", f"NAXIS1  = {megabytes << 20}")
    return gzip.compress(claim) + gzip.compress(bytes(32 << 20)) * (megabytes // 32)


def test_six_megabytes_that_unpack_to_six_thousand_are_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a_lc.fits.gz"
    path.write_bytes(bomb(6_016))
    assert path.stat().st_size < 7 << 20
    with at_most(8):
        assert "it unpacks to more than 256 MiB" in (problem_of(path) or "")
    with at_most(320):
        assert "it unpacks to more than 256 MiB" in (fault(path) or "")


def test_a_large_file_may_unpack_to_some_times_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzipped, "MUCH", 1 << 20)
    noise = random.Random(1).randbytes(200_000)
    plain = b"".join(noise[:1000] * 8 + noise for _ in range(20))
    assert unpacked([gzip.compress(plain)]) == plain
    with pytest.raises(TessSourceError, match="more than 16 times its bytes"):
        unpacked([gzip.compress(bytes(2 << 20))])


# -- XML -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [*ENCODINGS])
def test_an_xml_file_in_whatever_encoding_is_whole_or_says_what_is_wrong(encoding: str) -> None:
    problem = problem_in("a.xml", f'<?xml version="1.0" encoding="{encoding}"?><dv/>'.encode())
    assert (problem is None) == (encoding in {"utf-8", "windows-1252"})
    if encoding == "UTF-9":
        assert problem == "it is in an encoding that is not read: 'UTF-9'"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>', "declares an entity ('l0')"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "declares an entity ('x')"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a/>', "declares an entity ('x')"),
        ('<!DOCTYPE a SYSTEM "x.dtd"><a/>', None),
    ],
)
def test_entities_are_not_unfolded_and_nothing_else_is_read(data: str, words: str | None) -> None:
    problem = problem_in("a.xml", data.encode())
    assert (words in (problem or "")) if words else problem is None


def test_utf16_is_read_with_its_mark_and_without() -> None:
    assert problem_in("a.xml", "<dv/>".encode("utf-16")) is None
    assert problem_in("a.xml", '<?xml version="1.0" encoding="UTF-16"?><dv/>'.encode("utf-16")) is None
    assert problem_in("a.xml", "<dv/>".encode("utf-16-le")) is None


def test_tags_levels_and_bytes_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    tag = "a tag or comment of more than 1,048,576 bytes"
    assert tag in (problem_in("a.xml", b"<a b='" + b"x" * (2 << 20)) or "")
    assert tag in (problem_in("a.xml", b"<a><!--" + b"x" * (2 << 20)) or "")
    assert problem_in("a.xml", b"<a>" + b"x" * (2 << 20) + b"</a>") is None
    monkeypatch.setattr(xml_stream, "UNCOUNTED", 1 << 16)
    flat = b"<a>" + b"<b/>" * 50_000 + b"</a>"
    assert problem_in("a.xml", flat) is None
    assert "more than 1,000 levels" in (problem_in("a.xml", b"<a>" * 50_000) or "")
    names = b"<a>" + b"<b/>" * 20_000 + b"".join(b"<b%d/>" % number for number in range(20_000))
    assert "more than 10,000 different names" in (problem_in("a.xml", names) or "")
    monkeypatch.setattr(xml_stream, "MOST_BYTES", 1 << 17)
    assert "more than 131,072 bytes" in (problem_in("a.xml", flat) or "")


def test_what_a_check_raises_unforeseen_is_the_files_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("x" * 5000)

    monkeypatch.setattr(xml_stream.XmlParser, "feed", fails)
    problem = problem_in("a.xml", b"<dv/>") or ""
    assert problem.startswith("it cannot be checked (RuntimeError: xxx")
    assert len(problem) < 300
