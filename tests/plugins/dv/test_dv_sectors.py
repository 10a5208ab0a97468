"""Which sectors a run really used: three ways to write them down, which must not be mixed up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tess_source.errors import DamagedFileError, LoadError
from tess_source_dv.read import target_list
from tess_source_dv.read.target_list import read_target_list
from tess_source_dv.sector_bits import sectors_of_bits, sectors_of_tcestats
from tess_source_dv.sets.exact_sectors import sectors_of_file
from tess_source_sample.files import make

HEAD = "# Supplemental Target Information Table\n# minSector: 14 - First\n# maxSector: 19 - Last\n"
LINES = "0000000000000042 001001 1 1\n0000010005000001 100000 0 0\n0000000000000007 001001 1 0\n"
SECTORS = st.sets(st.integers(1, 150), min_size=1)


@pytest.mark.parametrize(
    ("bits", "origin", "sectors"),
    [
        ("001001", 0, (2, 5)),
        ("001001", 14, (16, 19)),
        ("0001", 0, (3,)),
        ("", 0, ()),
        ("000", 0, ()),
        ("1", 1, (1,)),
    ],
)
def test_bits_count_from_their_origin(bits: str, origin: int, sectors: tuple[int, ...]) -> None:
    assert sectors_of_bits(bits, origin) == sectors


@settings(deadline=None)
@given(SECTORS, st.integers(0, 1))
def test_bits_hold_what_was_written_into_them(sectors: set[int], origin: int) -> None:
    bits = "".join("01"[sector in sectors] for sector in range(origin, max(sectors) + 1))
    assert sectors_of_bits(bits, origin) == tuple(sorted(sectors))


@pytest.mark.parametrize("bits", ["2", "0 1", "s0001", "0b1", "01é"])
def test_what_is_no_bits_is_refused(bits: str) -> None:
    with pytest.raises(ValueError, match="0 and 1 only"):
        sectors_of_bits(bits, 0)


def test_a_target_list_read_as_a_report_is_noticed_where_it_can_be() -> None:
    with pytest.raises(ValueError, match="marks sector 0, which does not exist"):
        sectors_of_bits("101", 0)


@pytest.mark.parametrize(
    ("bits", "last", "sectors", "complete"),
    [
        ("010010001", 9, (1, 4, 8), True),
        ("0" * 80, 95, (), False),
        ("01" + "0" * 77 + "1", 96, (1, 79), False),
        ("01" + "0" * 77 + "1", 79, (1, 79), True),
        ("0" * 95 + "1" + "0" * 54, 95, (95,), True),
    ],
    ids=["trimmed", "cut-to-nothing", "cut", "just-fits", "padded"],
)
def test_tce_statistics_are_cut_at_80_characters(
    bits: str, last: int, sectors: tuple[int, ...], complete: bool
) -> None:
    assert sectors_of_tcestats(bits, last) == (sectors, complete)


def test_a_target_list_counts_from_its_first_sector(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(HEAD + LINES)
    assert read_target_list(path).rows() == [
        (42, 14, 19, [16, 19], True, True),
        (10005000001, 14, 19, [14], False, False),
        (7, 14, 19, [16, 19], True, False),
    ]


def test_a_compressed_target_list_is_the_same(tmp_path: Path) -> None:
    plain, packed = tmp_path / "list.txt", tmp_path / "list.txt.gz"
    plain.write_text(HEAD + LINES)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read_target_list(packed).equals(read_target_list(plain))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "minSector"),
        (b"<html>404</html>", "minSector"),
        ((HEAD + LINES + "0000000000000008 0010").encode(), "1 lines like '0000000000000008 0010'"),
        ((HEAD + "0000000000000008 0010011 1 1\n").encode(), "1 lines like"),
        ((HEAD + "0000000000000008 001001 2 1\n").encode(), "1 lines like"),
        (gzip.compress((HEAD + LINES).encode())[:-12], "list.txt"),
        (b"\x1f\x8bnothing", "list.txt"),
        (HEAD.encode() + b"\xff\xfe", "list.txt"),
    ],
)
def test_a_broken_target_list_is_named(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=problem) as caught:
        read_target_list(path)
    assert "list.txt" in str(caught.value)


def test_a_target_list_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_list, "MOST_BYTES", 10_000)
    path = tmp_path / "list.txt.gz"
    path.write_bytes(gzip.compress(HEAD.encode() + b"#" * 10**6))
    with pytest.raises(LoadError, match=r"list\.txt\.gz has more than 10,000 bytes"):
        read_target_list(path)


def test_the_report_and_the_time_series_of_a_run_name_the_same_sectors(tmp_path: Path) -> None:
    stem = "tess2018206190142-s0001-s0006-0000000307210830-00196"
    for ending in ("_dvr.xml", "_dvt.fits"):
        (tmp_path / f"{stem}{ending}").write_bytes(make(stem + ending))
        assert sectors_of_file(tmp_path / f"{stem}{ending}") == (2, 5)


def test_a_file_of_another_kind_tells_no_sectors(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"a\.pdf is neither"):
        sectors_of_file(tmp_path / "a.pdf")


# Real

REAL = {
    "s0001-s0006-0000000307210830": (2, 5),
    "s0001-s0009-0000000307210830": (2, 5, 8, 9),
    "s0001-s0013-0000000307210830": (2, 5, 8, 9, 10, 11, 12),
    "s0014-s0086-0000000390988385": (54, 81),
    "s0003-s0003-0000000012862099": (3,),
}


@pytest.mark.real
@pytest.mark.parametrize(("run", "sectors"), REAL.items())
def test_real_files_name_the_sectors_that_were_used(real: Path, run: str, sectors: tuple[int, ...]) -> None:
    files = [*(real / "dvr-xml").glob(f"*{run}*"), *(real / "dvt").glob(f"*{run}*")]
    assert files
    assert {sectors_of_file(path) for path in files} == {sectors}


@pytest.mark.real
def test_a_real_run_of_one_sector_used_just_that(real: Path) -> None:
    for path in (real / "dvr-xml").glob("*.xml"):
        first, last = (int(part[1:]) for part in path.name.split("-")[1:3])
        if first == last:
            assert sectors_of_file(path) == (first,)


@pytest.mark.real
def test_the_archives_target_list_agrees_with_the_report(real: Path) -> None:
    (path,) = (real / "scripts").glob("tess_multisector_14_86_*targetinfo*")
    found = read_target_list(path)
    assert found.height == 40_681
    (row,) = found.filter(tic=390988385).rows(named=True)
    (report,) = (real / "dvr-xml").glob("*s0014-s0086-0000000390988385*")
    assert tuple(row["sectors"]) == sectors_of_file(report) == (54, 81)
    assert row["made_tce"] and row["completed_dv"]
    assert found.filter(found["completed_dv"] & ~found["made_tce"]).is_empty()


@pytest.mark.real
def test_real_tce_statistics_know_when_they_are_cut(real: Path) -> None:
    import polars as pl

    complete = {}
    for path in (real / "scripts").glob("*tcestats.csv"):
        last = int(path.name.split("-")[2][1:5])
        column = pl.read_csv(path, comment_prefix="#", columns=["tce_sectors"], infer_schema=False)["tce_sectors"]
        read = [sectors_of_tcestats(bits, last) for bits in column]
        assert all(max(sectors, default=0) <= last for sectors, _ in read)
        complete[path.name[18:29]] = {whole for _, whole in read}
    assert complete == {
        "s0001-s0001": {True},
        "s0001-s0009": {True},
        "s0001-s0096": {False},
        "s0095-s0095": {False},
    }
