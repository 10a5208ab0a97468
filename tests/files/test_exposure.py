"""The exposure time of a cadence, from the headers of a file."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest
from sample_files import content

from tess_source import names
from tess_source.files.exposure import exptime_of_file, exptime_of_headers

SPOC = {"EXPOSURE": 22.08, "INT_TIME": 1.98, "READTIME": 0.02, "FRAMETIM": 2.0, "DEADC": 0.792}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({**SPOC, "NUM_FRM": 10, "TIMEDEL": 0.00023148}, 20.0),
        ({**SPOC, "NUM_FRM": 60, "TIMEDEL": 0.001388888888888889}, 120.0),
        ({**SPOC, "NUM_FRM": 100}, 200.0),
        ({**SPOC, "NUM_FRM": 300}, 600.0),
        ({**SPOC, "NUM_FRM": 900}, 1800.0),
        ({"NUM_FRM": 60, "INT_TIME": 1.98, "READTIME": 0.02}, 120.0),
        ({"NUM_FRM": 900, "INT_TIME": 1.98, "FRAMETIM": 2.0, "XPOSURE": 356.4}, 1800.0),  # TASOC
        ({"TIMEDEL": 0.02083333333333333}, 1800.0),  # QLP
        ({"TIMEDEL": 0.00694}, 600.0),
        ({"TIMEDEL": 0.00231}, 200.0),
        ({"XPTIME": 1800, "TIMEDEL": 0.02544}, 1800.0),  # TGLC, whose TIMEDEL has the gaps in it
        ({"EXPTIME": 158.4}, 200.0),
        ({"EXPTIME": 475.2}, 600.0),
        ({"XPOSURE": 1800}, 1800.0),  # CDIPS
        ({"EXPTIME": 60}, 60.0),
        ({**SPOC, "NUM_FRM": 0}, None),
        ({"TIMEDEL": 0.02544}, None),
        ({"EXPOSURE": 22.08, "LIVETIME": 22.08, "TELAPSE": 27.88}, None),  # days, of all cadences
        ({"EXPTIME": "long", "XPTIME": True, "TIMEDEL": None}, None),
        ({"EXPTIME": float("nan"), "TIMEDEL": float("inf")}, None),
        ({}, None),
    ],
)
def test_a_header_tells_the_exposure_time_of_one_cadence(header: dict[str, Any], seconds: float | None) -> None:
    assert exptime_of_headers([header]) == seconds
    assert exptime_of_headers([{}, {"SECTOR": 1}, header]) == seconds


NAMES = [
    "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits",
    "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits",
    "hlsp_tess-spoc_tess_phot_0000000390988385-s0081_tess_v1_lc.fits",
    "hlsp_qlp_tess_ffi_s0041-0000000390988385_tess_v01_llc.fits",
    "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_renamed_file_tells_what_its_name_told(tmp_path: Path, name: str) -> None:
    data, file = content(name), tmp_path / "mine.fits"
    file.write_bytes(data)
    assert exptime_of_file(file) == names.parse(name).exptime
    (packed := tmp_path / "mine.fits.gz").write_bytes(gzip.compress(data, 1))
    assert exptime_of_file(packed) == names.parse(name).exptime


def test_what_is_no_whole_fits_file_tells_nothing(tmp_path: Path) -> None:
    for name, data in (("a.fits", b""), ("b.fits", content(NAMES[1])[:4000]), ("c.fits.gz", b"no"), ("d.txt", b"x")):
        (tmp_path / name).write_bytes(data)
        assert exptime_of_file(tmp_path / name) is None
    with pytest.raises(FileNotFoundError):
        exptime_of_file(tmp_path / "none.fits")


@pytest.mark.real
def test_every_real_light_curve_tells_what_its_name_tells(real: Path, tmp_path: Path) -> None:
    checked = 0
    for path in (
        *real.glob("lc/*.fits"),
        *real.glob("hlsp/*.fits"),
        *real.glob("dvt/*.fits"),
        *real.glob("tesscut/*.fits"),
    ):
        if (told := names.parse(path.name).exptime) is not None:
            shutil.copy(path, tmp_path / "mine.fits")
            assert exptime_of_file(tmp_path / "mine.fits") == told, path.name
            checked += 1
    assert checked > 15
    assert exptime_of_file(real / "tp" / "tess25155310-s01-first-cadences.fits.gz") == 120.0
