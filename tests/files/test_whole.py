"""A FITS file is whole, or the reason why not is said, without reading its data."""

from __future__ import annotations

import gzip
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from tess_source.files.cards import BLOCK
from tess_source.files.whole import fault


@cache
def spoc() -> bytes:
    """A file with SPOC's words in its header, a table and an image."""
    primary = fits.PrimaryHDU()
    primary.header.update(NEXTEND=2, CREATOR="24 LightCurveExporterPipelineModule")
    columns = [fits.Column("TIME", "D", array=np.arange(700.0)), fits.Column("FLUX", "E", array=np.ones(700))]
    return written(primary, fits.BinTableHDU.from_columns(columns), fits.ImageHDU(np.zeros((11, 11), "i4")))


def written(*hdus: Any) -> bytes:
    out = BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return out.getvalue()


def fault_of(data: bytes, folder: Path) -> str | None:
    path = folder / "file.fits"
    path.write_bytes(data)
    return fault(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole")


@given(st.data())
def test_wherever_a_file_is_cut_it_is_seen(folder: Path, data: st.DataObject) -> None:
    whole = spoc()
    assert fault_of(whole[: data.draw(st.integers(0, len(whole) - 1))], folder)


@given(st.data())
def test_wherever_a_compressed_file_is_cut_it_is_seen(folder: Path, data: st.DataObject) -> None:
    packed = gzip.compress(spoc(), mtime=0)
    assert fault_of(packed[: data.draw(st.integers(0, len(packed) - 1))], folder)


def test_a_whole_file_has_no_fault(folder: Path) -> None:
    assert fault_of(spoc(), folder) is None
    assert fault_of(gzip.compress(spoc()), folder) is None


@given(
    shape=st.lists(st.integers(0, 7), min_size=1, max_size=4),
    dtype=st.sampled_from(["u1", "i2", "i4", "i8", "f4", "f8"]),
    lengths=st.lists(st.integers(0, 9), min_size=1, max_size=5),
)
def test_sizes_are_counted_as_astropy_writes_them(
    folder: Path, shape: list[int], dtype: str, lengths: list[int]
) -> None:
    heap = np.array([np.arange(length, dtype="i2") for length in lengths], dtype=object)
    table = fits.BinTableHDU.from_columns(
        [fits.Column("N", "J", array=np.arange(len(lengths))), fits.Column("V", "PI()", array=heap)]
    )
    data = written(fits.PrimaryHDU(), fits.ImageHDU(np.zeros([axis + 1 for axis in shape], dtype)), table)
    assert fault_of(data, folder) is None
    assert fault_of(data[:-BLOCK], folder)


def test_random_groups_are_counted(folder: Path) -> None:
    path = folder / "groups.fits"
    groups = fits.GroupData(np.zeros((5, 2, 3), "f4"), bitpix=-32, parnames=["U"], pardata=[np.arange(5.0)])
    fits.GroupsHDU(groups).writeto(path)
    assert fault(path) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"<html>", "an HTML page"),
        (b"%PDF-1.4", "it is not FITS"),
        (b"SIMPLE  =                    T" + b" " * 50, "cut in the header of HDU 0"),
        (
            b"SIMPLE  =                    T".ljust(80)
            + b"BITPIX  = x".ljust(80)
            + b"NAXIS   = 1".ljust(80)
            + b"END".ljust(2640),
            "how large",
        ),
        (b"SIMPLE  =                    T".ljust(80) + b"\xff" * 2800, "cut in the header of HDU 0"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, data: bytes, words: str) -> None:
    assert words in (fault_of(data, folder) or "")


def test_missing_bytes_and_missing_extensions_are_counted(folder: Path) -> None:
    whole = spoc()
    with fits.open(BytesIO(whole)) as hdus:
        start, size = hdus[1].fileinfo()["datLoc"], hdus[1].fileinfo()["datSpan"]
    assert "cut in the data of HDU 1: 5 of " in (fault_of(whole[: start + size - 5], folder) or "")
    assert "1 of its 2 extensions are missing at the end" in (fault_of(whole[: start + size], folder) or "")


def test_headers_without_data_are_not_whole(folder: Path) -> None:
    assert "no data" in (fault_of(written(fits.PrimaryHDU()), folder) or "")


def test_records_behind_the_last_hdu_do_no_harm(folder: Path) -> None:
    """The standard allows special records there (section 3.5)."""
    assert fault_of(spoc() + bytes(BLOCK), folder) is None
