"""A small file cannot make a library take much memory: its header is not believed before it is compared with its bytes."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from arrays_case import KELT_9, PIXELS, QLP, TESS_SPOC, small
from astropy.io import fits
from fits_fuzz import few_rows, with_card
from sample_files import content
from sizes import STRESS

from tess_source.files.fits_sizes import check_sizes
from tess_source.files.whole import fault, headers_of

DVT = "tess2018263124740-s0003-s0003-0000000012862099-00405_dvt.fits"
GIB = 1 << 30

Cards = Sequence[tuple[str, str]]
UNBELIEVABLE: dict[str, tuple[Cards, str]] = {
    "arrays of varying length, of floats": ([("TFORM1", "'1PE(5)'")], "the arrays of column 1 are longer than the 0 bytes behind"),
    "more such arrays": ([("TFORM1", "'PJ'")], "the arrays of column 1 are longer"),
    "such arrays with long descriptors": ([("TFORM1", "'1QD'")], "the columns of its table take 108 bytes, its rows have 100"),
    "several descriptors per cell": ([("TFORM1", "'2PE(5)'")], "take 108 bytes"),
    "arrays of no type": ([("TFORM1", "'1P'")], "column 1 is of no known type: '1P'"),
    "millions of columns": ([("TFIELDS", "900000000")], "its table has 900,000,000 columns, of at most 999"),
    "fewer than no columns": ([("TFIELDS", "-1")], "its table has -1 columns"),
    "columns that are not described": ([("TFIELDS", "21")], "column 21 is of no known type: 'None'"),
    "a repeat count": ([("TFORM2", "'999999999E'")], "the columns of its table take 4,000,000,092 bytes"),
    "a larger repeat count": ([("TFORM2", "'99999999999999999999E'")], "column 2 is of no known type"),
    "a narrower column": ([("TFORM1", "'E'")], "take 96 bytes, its rows have 100"),
}  # fmt: skip


def with_cards(data: bytes, cards: Cards) -> bytes:
    start = data.index(b"XTENSION")
    table = data[start:]
    for keyword, value in cards:
        table = with_card(table, keyword, value)
    return data[:start] + table


@pytest.mark.parametrize("what", UNBELIEVABLE)
def test_a_size_that_the_file_cannot_have_is_named(tmp_path: Path, what: str) -> None:
    cards, problem = UNBELIEVABLE[what]
    path = tmp_path / KELT_9[0]
    path.write_bytes(with_cards(small(KELT_9[0]), cards))
    assert problem in str(fault(path))


@pytest.mark.parametrize("filename", [KELT_9[0], QLP, TESS_SPOC, PIXELS, DVT])
def test_the_files_of_every_pipeline_are_believed(tmp_path: Path, filename: str) -> None:
    path = tmp_path / filename
    path.write_bytes(content(filename))
    assert fault(path) is None


@pytest.mark.real
def test_real_files_are_believed(real: Path) -> None:
    whole = [path for path in real.rglob("*.fits*") if "corrupted" not in path.name]
    assert {path.name: fault(path) for path in whole} == dict.fromkeys((path.name for path in whole), None)


def lists(form: str, *lengths: int) -> fits.BinTableHDU:
    values = np.array([np.arange(length, dtype=float) for length in lengths], dtype=object)
    return fits.BinTableHDU.from_columns(
        [fits.Column("A", "J", array=np.arange(len(lengths))), fits.Column("B", form, array=values)]
    )


IMAGE = np.arange(10_000, dtype=np.int16).reshape(100, 100)
WHOLE = {
    "arrays of varying length": lambda: lists("PD()", 3, 0, 7),
    "such arrays with long descriptors": lambda: lists("QE()", 0, 5),
    "a compressed image": lambda: fits.CompImageHDU(IMAGE),
    "a compressed image of one number": lambda: fits.CompImageHDU(np.zeros((300, 300), np.int32), compression_type="GZIP_1"),
    "a table of text": lambda: fits.TableHDU.from_columns([fits.Column("A", "I6", array=[1, 2]), fits.Column("B", "F9.3", array=[0.5, 1])]),
    "columns of bits and nothing": lambda: fits.BinTableHDU.from_columns(
        [fits.Column("A", "11X", array=np.ones((3, 11), bool)), fits.Column("B", "0D"), fits.Column("C", "5A", array=["a", "b", "c"])],
        nrows=3,
    ),
    "a table without columns": fits.BinTableHDU,
    "arrays of varying length in no row": lambda: fits.BinTableHDU.from_columns([fits.Column("A", "PE()"), fits.Column("B", "QD()")]),
    "an image of zeros in few bytes": lambda: fits.CompImageHDU(np.zeros((1000, 1000), "i4"), None, compression_type="HCOMPRESS_1"),
}  # fmt: skip


def written(hdu: fits.hdu.base.ExtensionHDU) -> bytes:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(np.zeros(3)), hdu]).writeto(out)
    return out.getvalue()


@pytest.mark.parametrize("what", WHOLE)
def test_whatever_the_standard_allows_is_believed(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file.fits"
    path.write_bytes(written(WHOLE[what]()))
    assert fault(path) is None


@pytest.mark.parametrize(
    ("cards", "problem"),
    [
        ([("NAXIS1", "0"), ("NAXIS2", "900000000000")], "its table has 900,000,000,000 rows of 0 bytes"),
        ([("NAXIS1", "-9"), ("NAXIS2", "-3")], ""),
        ([("GCOUNT", "0"), ("NAXIS2", "900000000000")], "GCOUNT is less than 1"),
        ([("GCOUNT", "-1")], ""),
        ([("BITPIX", "64"), ("NAXIS1", "1")], "a table has BITPIX 8"),
        ([("NAXIS", "1"), ("NAXIS1", "27")], "a table has BITPIX 8, NAXIS 2"),
        ([("NAXIS", "1000000000")], "NAXIS"),
        ([("NAXIS2", "1E9")], "NAXIS2"),
        ([("TFIELDS", "T")], "TFIELDS is True"),
    ],
)
def test_numbers_of_which_nothing_else_in_the_file_says_that_they_are_wrong(
    tmp_path: Path, cards: Cards, problem: str
) -> None:
    path = tmp_path / "file.fits"
    path.write_bytes(
        with_cards(written(fits.BinTableHDU.from_columns([fits.Column("A", "9A", array=["a", "b", "c"])])), cards)
    )
    assert (found := fault(path))
    assert problem in found


def of_descriptors(*told: tuple[int, int], columns: int = 1, heap: int = 80) -> bytes:
    """Return a file with a table of nothing but lengths and places of arrays of float64, the same in every column."""
    table = b"".join(struct.pack(">2i", *pair) * columns for pair in told)
    cards = ["XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 2", f"NAXIS1  = {8 * columns}", f"NAXIS2  = {len(told)}"]
    cards += [
        f"PCOUNT  = {heap}",
        "GCOUNT  = 1",
        f"TFIELDS = {columns}",
        *[f"TFORM{n + 1:<3}= 'PD'" for n in range(columns)],
        "END",
    ]
    header = b"".join(card.encode().ljust(80) for card in cards)
    return b"".join(
        part + bytes(-len(part) % 2880)
        for part in (
            written(fits.ImageHDU())[: 2 * 2880],
            header.replace(b"\0", b" ").ljust(-(-len(header) // 2880) * 2880),
            table + bytes(heap),
        )
    )


@pytest.mark.parametrize(
    "told",
    [[(3, 0), (0, 123_456_789), (7, 24)], [(10, 0)] * 3, [(0, -1)]],
    ids=["no array anywhere", "shared", "no array"],
)
def test_arrays_may_share_bytes_and_an_array_without_elements_lies_anywhere(
    tmp_path: Path, told: list[tuple[int, int]]
) -> None:
    path = tmp_path / "file.fits"
    path.write_bytes(of_descriptors(*told))
    assert fault(path) is None


def test_arrays_that_share_their_bytes_very_often_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source.files.gzipped.MUCH", 1 << 10)
    path = tmp_path / "file.fits"
    path.write_bytes(of_descriptors((10, 0), columns=17))
    assert "the arrays of column 17 are longer than the 80 bytes behind its table" in str(fault(path))


def test_the_rows_of_many_columns_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "file.fits"
    path.write_bytes(of_descriptors(*[(1, 0)] * 9, columns=900))
    with path.open("rb") as file:
        headers, asked = headers_of(file), []

        def read(start: int, count: int) -> bytes:
            asked.append(count)
            file.seek(start)
            return file.read(count)

        check_sizes(headers, read)
    assert asked == [9 * 900 * 8]


def test_columns_of_text_that_lie_on_each_other_are_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source.files.gzipped.MUCH", 1 << 10)
    text = fits.TableHDU.from_columns([fits.Column(f"C{n}", "A9", array=["a"] * 50) for n in range(20)])
    (path := tmp_path / "file.fits").write_bytes(
        with_cards(written(text), [("NAXIS1", "9"), *((f"TBCOL{n}", "1") for n in range(1, 21))])
    )
    assert fault(path) == "the header of HDU 1 cannot be right: the columns of its table overlap"


@pytest.mark.parametrize("axis", ["ZNAXIS1", "ZNAXIS2"])
def test_an_image_is_not_unpacked_to_more_than_its_bytes_can_hold(tmp_path: Path, axis: str) -> None:
    path = tmp_path / "file.fits"
    path.write_bytes(with_card(written(fits.CompImageHDU(IMAGE)), axis, "900000000"))
    assert "its image is larger than anything that" in str(fault(path))


def test_descriptors_that_lead_behind_the_table_are_damage(tmp_path: Path) -> None:
    path, data = tmp_path / "file.fits", bytearray(written(lists("PD()", 3, 0, 7)))
    first = bytes([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0])  # the row's number, the length and the place of its array
    place = data.index(first)
    for at, value in ((4, 0x7F), (8, 0x7F), (4, 0xFF)):
        broken = bytearray(data)
        broken[place + at] = value
        path.write_bytes(broken)
        assert "the arrays of column 2 are longer than the 80 bytes behind its table" in str(fault(path))


LITTLE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from tess_source import open
for group in open(sys.argv[2:]), :
    print(len(group))
"""


@pytest.mark.skipif(not STRESS, reason="a process per size: make stress")
@pytest.mark.parametrize("filename", [KELT_9[0], QLP, PIXELS, DVT])
@pytest.mark.parametrize("what", UNBELIEVABLE)
def test_with_little_memory_the_good_file_is_opened_beside_the_bad_one(
    tmp_path: Path, what: str, filename: str
) -> None:
    (bad := tmp_path / filename).write_bytes(with_cards(content(filename), UNBELIEVABLE[what][0]))
    (good := tmp_path / KELT_9[1]).write_bytes(few_rows(KELT_9[1]))
    limit = str(3 * GIB // 2)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LITTLE, limit, str(bad), str(good)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "1", done.stderr
    assert f"{filename} was not opened" in done.stderr.replace("\n", " ")
