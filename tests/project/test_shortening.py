"""Long lists are shortened in recordings, to what the tests about them need; all else is recorded as it came."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from shortening import LINES, LONG, shortened

from tess_source_catalogue.parse.scripts import read_script
from tess_source_stars.toi.reading import tois_of_bytes


def response(body: bytes, status: int = 200) -> dict[str, Any]:
    return {"status": {"code": status}, "headers": {"Content-Length": [str(len(body))]}, "body": {"string": body}}


def body_of(body: bytes, status: int = 200) -> bytes:
    made = shortened(response(body, status))
    short: bytes = made["body"]["string"]
    assert made["headers"]["Content-Length"] == [str(len(short))]
    return short


def test_a_long_script_keeps_its_first_lines_and_those_of_the_tests_stars() -> None:
    lines = [
        b"#!/bin/sh",
        *(b"curl -o tess-%016d_lc.fits" % number for number in range(5000)),
        b"curl -o 0000000016740101_lc.fits",
    ]
    assert body_of(b"\n".join(lines)) == b"\n".join([*lines[:LINES], lines[-1], b""])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"#!/bin/sh\n" * 3, 200),
        (b"\x50\x4b\x03\x04" * LONG, 200),
        (b"<html>" + b"x\n" * LONG, 200),
        (b'{"data": ' + b"[" * LONG, 200),
        (json.dumps({"data": [1] * LONG, "status": "COMPLETE"}).encode(), 200),
        (b"#\n" * LONG, 404),
    ],
    ids=["short", "zip", "page", "no JSON", "answer", "error"],
)
def test_what_is_no_long_list_stays_as_it_is(body: bytes, status: int) -> None:
    assert body_of(body, status) == body


@pytest.mark.real
def test_real_lists_can_be_read_when_they_are_shortened(real: Path, tmp_path: Path) -> None:
    script = tmp_path / "tesscurl_sector_1_lc.sh"
    script.write_bytes(body_of(gzip.decompress((real / "scripts" / "tesscurl_sector_1_lc.sh.gz").read_bytes())))
    assert script.stat().st_size < LONG
    assert read_script(script, "https://archive.stsci.edu/tesscurl_sector_1_lc.sh").height > 0
    footprints = json.loads(
        body_of(gzip.decompress((real / "footprints" / "tess_ffi_footprint_cache.json.gz").read_bytes()))
    )
    assert len(footprints["obs_id"]) == 48
    assert "tess-s0055-1-1" in footprints["obs_id"]
    tois = body_of((real / "toi" / "exofop_download_toi_2024-09-30_first200.csv").read_bytes())
    assert len(tois) < LONG
    assert {"175.01", "175.02", "175.03"} <= set(tois_of_bytes(tois, "ExoFOP")["toi"])
