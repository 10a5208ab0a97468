"""Late searches over many sectors: SECTORS is too long for a card, and goes on in the next."""

from __future__ import annotations

import gzip
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from dv_case import found, light_curve
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source.names.sectors import text_of_sectors
from tess_source_dv.read.dvt_file import headers
from tess_source_dv.read.read_dvt import read_dvt
from tess_source_dv.read.tces import read_dvt_headers, read_tces
from tess_source_dv.sets.exact_sectors import sectors_of_file
from tess_source_sample.files import make

TIC = 307210830
DVT = f"tess2018206190142-s0001-s0006-{TIC:016d}-00196_dvt.fits"
LATE = f"tess2018206190142-s0001-s0096-{TIC:016d}-01016_dvt.fits"
SECTORS = (2, 5, 8, 9, 10, 11, 12, 29, 32, 61, 66, 69, 88, 96)
CREATOR = "100410 DvTimeSeriesExporter"
CREATOR_CARDS = f"CREATOR = '{CREATOR}&' / pipeline job and program used to pr".ljust(
    80
) + "CONTINUE  '' /oduce this file".ljust(80)
"""As in light curves of such sectors: the comment is what goes on."""


def bits(sectors: tuple[int, ...]) -> str:
    return "".join("01"[sector in sectors] for sector in range(max(sectors) + 1))


@cache
def early() -> bytes:
    return make(DVT)


def rewritten(data: bytes, **said: Any) -> bytes:
    """Put values into the primary header; astropy writes CONTINUE cards where they are long."""
    with fits.open(io.BytesIO(data)) as hdus:
        header = hdus[0].header
        header.update(said)
        at = header.index("CREATOR")
        del header["CREATOR"]
        header.insert(at, fits.Card.fromstring(CREATOR_CARDS))
        out = io.BytesIO()
        hdus.writeto(out)
    return out.getvalue()


@pytest.fixture
def late(tmp_path: Path) -> Path:
    path = tmp_path / LATE
    path.write_bytes(rewritten(early(), SECTORS=bits(SECTORS)))
    return path


def test_the_sectors_of_a_late_time_series_are_read_to_the_last(late: Path) -> None:
    assert b"CONTINUE" in late.read_bytes()
    assert len(str(headers(late)[0]["SECTORS"])) == 97
    assert sectors_of_file(late) == SECTORS
    assert set(read_dvt_headers(late)["sectors"]) == {"2,5,8-12,29,32,61,66,69,88,96"}
    assert read_tces([late])["sectors"].to_list() == read_dvt_headers(late)["sectors"].to_list()


def test_text_whose_comment_goes_on_is_whole(late: Path) -> None:
    assert b"'100410 DvTimeSeriesExporter&'" in late.read_bytes()
    assert headers(late)[0]["CREATOR"] == CREATOR
    assert read_dvt(late)[0].meta["USED_SECTORS"] == SECTORS


def test_a_compressed_time_series_says_the_same(late: Path) -> None:
    packed = late.with_name(f"{late.name}.gz")
    packed.write_bytes(gzip.compress(late.read_bytes(), 1))
    plain, same = headers(late), headers(packed)
    assert {**same[0]} == {**plain[0]}
    assert len(same[1]) == len(plain[1])


@pytest.mark.filterwarnings("ignore:Card is too long, comment will be truncated")
@settings(max_examples=size(15, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sectors=st.lists(st.integers(1, 150), min_size=1, max_size=40, unique=True).map(lambda some: tuple(sorted(some))),
    text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200),
    comment=st.text("ab'/& ", max_size=90),
)
@example(sectors=(81,), text="", comment="")
@example(sectors=(67,), text="it's & so", comment="the users' guide / of 'quotes'")
@example(sectors=(68, 135), text="x" * 67 + "'" * 5, comment="& more &")
def test_any_sectors_and_any_text_beside_them_are_read_as_written(
    tmp_path: Path, sectors: tuple[int, ...], text: str, comment: str
) -> None:
    path = tmp_path / LATE
    path.write_bytes(rewritten(early(), SECTORS=(bits(sectors), comment), NOTE=(text, comment)))
    assert sectors_of_file(path) == sectors
    assert headers(path)[0]["NOTE"] == text.rstrip(" ")
    assert set(read_dvt_headers(path)["sectors"]) == {text_of_sectors(sectors)}


@pytest.mark.parametrize("sectors", [(81,), (54, 81), (68,), (1, 96)], ids=str)
def test_a_set_is_exact_once_its_late_time_series_is_here(tmp_path: Path, sectors: tuple[int, ...]) -> None:
    path = tmp_path / LATE
    path.write_bytes(rewritten(early(), SECTORS=bits(sectors)))
    searched = found(LATE, *(light_curve(sector, TIC) for sector in (1, 54, 61, 68, 81, 96)))
    (before,), (after,) = searched.dv(root=tmp_path / "nothing"), searched.dv(files=[path], root=tmp_path / "nothing")
    assert before["state"] == "bounded"
    assert (after["state"], after["source"]) == ("exact", "dvt")
    assert after["sectors"] == text_of_sectors(sectors)


@pytest.mark.real
def test_the_header_that_the_archive_recorded_of_sector_81_is_read_whole(real: Path, tmp_path: Path) -> None:
    recorded = json.loads((real / "mast-json" / "toi3505_s0014-s0086_tce1_info.json").read_text())["DV Primary Header"]
    tic, wanted = (
        recorded["TICID"],
        ("SECTOR", "SECTORS", "DVVERSN", "OBJECT", "TICID", "RESFILE", "PROCVER"),
    )
    assert len(recorded["SECTORS"]) > 68
    for source in sorted((real / "dvt").glob("*.fits")):
        for first, last in ((81, 81), (14, 86)):
            path = tmp_path / f"tess2024197010539-s{first:04d}-s{last:04d}-{tic:016d}-00910_dvt.fits"
            path.write_bytes(rewritten(source.read_bytes(), **{key: recorded[key] for key in wanted}))
            assert sectors_of_file(path) == (81,)
            assert set(read_tces([path])["sectors"]) == {"81"}
            (row,) = found(path.name, light_curve(54, tic), light_curve(81, tic)).dv(files=[path], root=tmp_path)
            assert (row["sectors"], row["state"]) == ("81", "exact")
