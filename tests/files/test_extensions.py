"""A file that ends exactly between two HDUs is valid FITS; what its headers say tells that something is missing."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits

from tess_source.errors import DamagedFileError
from tess_source.files.cards import Header
from tess_source.files.extensions import check_extensions, least_extensions
from tess_source.files.verify import Verifier
from tess_source.files.whole import fault
from tess_source_sample.files import make

SAMPLES = (
    "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits",
    "tess2019198215352-s0014-0000000016740101-0150-s_tp.fits",
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits",
    "tess2018206192942-s0001-1-2-0120-s_ffic.fits",
    "hlsp_tess-spoc_tess_phot_0000000141914082-s0001_tess_v1_lc.fits",
    "hlsp_qlp_tess_ffi_s0001-0000000141914082_tess_v01_llc.fits",
    "hlsp_tasoc_tess_ffi_tic00261136679-s0001-cam4-ccd2-c1800_tess_v05_ens-lc.fits",
    "hlsp_gsfc-eleanor-lite_tess_ffi_s0001-0000000261136679_tess_v1.0_lc.fits",
)
REAL = ("lc/*.fits", "tp/*.fits*", "dvt/*.fits", "hlsp/*.fits", "cbv/*.fits")


def verified(data: bytes, name: str = "x.fits") -> str | None:
    verifier = Verifier(name, digest=False)
    verifier.feed(data)
    return verifier.finish()


def looked_at(data: bytes, folder: Path) -> str | None:
    path = folder / "x.fits"
    path.write_bytes(data)
    return fault(path)


def edges(data: bytes) -> list[int]:
    """Where HDUs begin."""
    with fits.open(io.BytesIO(data)) as hdus:
        return [hdu.fileinfo()["hdrLoc"] for hdu in hdus]


MOST_PACKED = 4_000_000
"""Bytes that are compressed for a check: it is the same for longer files."""


def unnoticed(data: bytes, folder: Path) -> list[int]:
    """At which edges a file may be cut unnoticed, by any of the checks."""
    return [
        at
        for at in edges(data)
        if verified(data[:at]) is None
        or (at < MOST_PACKED and verified(gzip.compress(data[:at], 1), "x.fits.gz") is None)
        or looked_at(data[:at], folder) is None
    ]


@pytest.mark.real
@pytest.mark.parametrize("pattern", REAL)
def test_a_real_file_that_ends_at_any_edge_between_hdus_is_found(real: Path, tmp_path: Path, pattern: str) -> None:
    files = [path for path in sorted(real.glob(pattern)) if "corrupted" not in path.name]
    assert files
    bytes_of = {
        path.name: gzip.decompress(data) if (data := path.read_bytes())[:2] == b"\x1f\x8b" else data for path in files
    }
    assert {name: unnoticed(data, tmp_path) for name, data in bytes_of.items()} == {name: [] for name in bytes_of}
    assert {name: looked_at(data, tmp_path) for name, data in bytes_of.items()} == dict.fromkeys(bytes_of)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_the_sample_archive_that_ends_at_any_edge_is_found(tmp_path: Path, name: str) -> None:
    data = make(name)
    assert unnoticed(data, tmp_path) == []
    assert looked_at(data, tmp_path) is None


# -- each rule --


def header_of(cards: dict[str, Any]) -> Header:
    return Header(fits.Header(cards).tostring(endcard=False, padding=False).encode())


FFI = "0 FfiExporter"


@pytest.mark.parametrize(
    ("primary", "first", "least"),
    [
        ({"CREATOR": "4286 LightCurveExporterPipelineModule", "NEXTEND": 2}, {}, 2),
        ({"CREATOR": "233 TargetPixelExporterPipelineModule", "NEXTEND": 3}, {}, 3),
        ({"CREATOR": "12506 CbvExporter", "NEXTEND": 5}, {}, 5),
        ({"CREATOR": "31957 DvTimeSeriesExporter", "NEXTEND": 4, "NUMTCES": 2}, {}, 3),
        ({"CREATOR": "31957 DvTimeSeriesExporter", "NEXTEND": 4}, {}, 0),
        ({"ORIGIN": "MIT/QLP", "NEXTEND": 1}, {}, 1),
        ({"ORIGIN": "UCSB/TGLC", "NEXTEND": 1}, {}, 1),
        ({"ORIGIN": "UCSB/TGLC", "NEXTEND": 1, "TGLCVER": "0.7.0"}, {}, 2),
        ({"ORIGIN": "TASOC/Aarhus", "NEXTEND": 3, "VERSION": 5}, {"CORRMET": "Ensemble"}, 4),
        ({"ORIGIN": "TASOC/Aarhus", "NEXTEND": 3, "VERSION": 5}, {"CORRMET": "CBV"}, 3),
        ({"ORIGIN": "TASOC/Aarhus", "NEXTEND": 3, "VERSION": 4}, {"CORRMET": "Ensemble"}, 3),
        ({"LITE": True, "PCORIGIN": "Local_Postcard"}, {}, 2),
        ({"LITE": False, "PCORIGIN": "MAST", "CREATOR": "astrocut", "ORIGIN": "STScI/MAST"}, {"EXTNAME": "PIXELS"}, 3),
        ({"LITE": True, "PCORIGIN": "MAST", "CREATOR": "astrocut", "NEXTEND": 7}, {}, 2),
        ({"CREATOR": "astrocut", "ORIGIN": "STScI/MAST"}, {"EXTNAME": "PIXELS"}, 2),
        ({"CREATOR": "114 FfiExporter", "ORIGIN": "STScI/MAST"}, {"EXTNAME": "PIXELS"}, 2),
        ({"CREATOR": "astrocut", "ORIGIN": "STScI/MAST"}, {"EXTNAME": "CUTOUT"}, 0),
        ({"CREATOR": FFI, "NEXTEND": 2}, {"BITPIX": -32}, 2),
        ({"CREATOR": FFI, "NEXTEND": 2}, {"BITPIX": 32}, 0),
        ({"ORIGIN": "TARS", "NEXTEND": 9}, {}, 0),
        ({"NEXTEND": 9}, {}, 0),
        ({}, {}, 0),
    ],
    ids=str,
)
def test_only_what_a_writer_is_known_to_write_is_demanded(
    primary: dict[str, Any], first: dict[str, Any], least: int
) -> None:
    headers = [header_of(primary), header_of(first)]
    assert least_extensions(headers) == least
    check_extensions(headers, least)
    check_extensions(headers, least + 3)
    for found in range(least):
        with pytest.raises(DamagedFileError, match=f"{least - found} of its {least} extensions are missing at the end"):
            check_extensions(headers, found)
