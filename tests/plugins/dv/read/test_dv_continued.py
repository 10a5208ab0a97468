"""Late searches over many sectors: SECTORS is too long for a card, and goes on in the next."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from astropy.io import fits

from tess_source_dv.read.dvt_file import headers
from tess_source_dv.read.tces import read_dvt_headers, read_tces
from tess_source_dv.sets.exact_sectors import sectors_of_file
from tess_source_sample.files import make

DVT = "tess2018206190142-s0001-s0006-0000000307210830-00196_dvt.fits"
LATE = "tess2018206190142-s0001-s0096-0000000307210830-01016_dvt.fits"
SECTORS = (2, 5, 8, 9, 10, 11, 12, 29, 32, 61, 66, 69, 88, 96)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    path = tmp_path / LATE
    with fits.open(io.BytesIO(make(DVT))) as hdus:
        hdus[0].header["SECTORS"] = "".join("01"[sector in SECTORS] for sector in range(97))
        hdus.writeto(path)
    return path


def test_the_sectors_of_a_late_time_series_are_read_to_the_last(late: Path) -> None:
    assert b"CONTINUE" in late.read_bytes()
    assert len(str(headers(late)[0]["SECTORS"])) == 97
    assert sectors_of_file(late) == SECTORS
    assert set(read_dvt_headers(late)["sectors"]) == {"2,5,8-12,29,32,61,66,69,88,96"}
    assert read_tces([late])["sectors"].to_list() == read_dvt_headers(late)["sectors"].to_list()
