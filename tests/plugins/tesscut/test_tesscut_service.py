"""The answers of the service: which CCDs, and where a cut-out is made."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fuzz import altered_json, attempts

from tess_source import Settings
from tess_source.errors import QueryError, ServiceError
from tess_source_tesscut.service import AT_ONCE, chips_of, locate


def answer(*rows: dict[str, object]) -> bytes:
    return json.dumps({"results": list(rows)}).encode()


# -- which CCDs --


def test_numbers_come_as_text_with_or_without_zeros_and_each_ccd_counts_once() -> None:
    rows = [
        {"sectorName": "tess-s0061-1-2", "sector": "0061", "camera": "1", "ccd": "2"},
        {"sectorName": "tess-s0008-1-1", "sector": "8", "camera": "1", "ccd": "1"},
        {"sectorName": "tess-s0008-1-1", "sector": 8, "camera": 1, "ccd": 1},
    ]
    assert chips_of(answer(*rows)) == [(8, 1, 1), (61, 1, 2)]


@pytest.mark.real
def test_a_real_answer_is_read(real: Path) -> None:
    assert chips_of((real / "tesscut" / "tess_sector.json").read_bytes()) == [(1, 1, 3)]


@pytest.mark.parametrize(
    "body", [b'{"results": []}', b'{"msg": "Coordinates are not in any TESS sector."}', b'{"msg": "No FFIs found"}']
)
def test_nothing_is_no_failure(body: bytes) -> None:
    assert chips_of(body) == []


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{}",
            b"[]",
            b"null",
            b"7",
            b'{"results": 7}',
            b'{"results": null}',
            b'{"results": [7]}',
            b"<html></html>",
        ),
        *(b'{"results": [{"sector": "1"}]}', b'{"msg": "Server error"}', b'{"msg": null}', b"[" * 100_000),
        answer({"sector": "0", "camera": "1", "ccd": "1"}),
        answer({"sector": "1", "camera": "5", "ccd": "1"}),
        answer({"sector": "1", "camera": "1", "ccd": "-1"}),
        answer({"sector": "1e3", "camera": "1", "ccd": "1"}),
        answer({"sector": None, "camera": "1", "ccd": "1"}),
    ],
)
def test_what_is_no_answer_is_a_failure_and_never_nothing(body: bytes) -> None:
    with pytest.raises(ServiceError, match="no list of the CCDs"):
        chips_of(body)


def test_whatever_comes_is_an_answer_or_a_failure_of_the_service() -> None:
    good = {"results": [{"sectorName": "tess-s0008-1-1", "sector": "8", "camera": "1", "ccd": "1"}] * 3}
    raw = []
    for number, chance in attempts(300):
        try:
            found = chips_of(json.dumps(altered_json(good, chance)).encode())
            assert all(1 <= camera <= 4 and 1 <= ccd <= 4 and sector >= 1 for sector, camera, ccd in found)
        except ServiceError:
            pass
        except Exception as error:  # noqa: BLE001  that is what is looked for
            raw.append((number, repr(error)))
    assert raw == []


# -- where cut-outs are made --


@pytest.mark.parametrize(
    ("name", "ra", "dec", "columns", "rows"),
    [
        ("tess-s0001-4-3_107.27_-70.0_5x7_astrocut.fits", "107.27", "-70.0", "5", "7"),
        ("tess-s0042-1-1_344.080150_-6.986940_15x10_astrocut.fits", "344.080150", "-6.986940", "15", "10"),
        ("tess-s0012-2-2_83.4063100_-62.4897710_64-x-32_astrocut.fits", "83.4063100", "-62.4897710", "64", "32"),
    ],
)
def test_a_name_of_any_style_says_where_it_is_made(name: str, ra: str, dec: str, columns: str, rows: str) -> None:
    request = locate(f"tesscut:{name}", Settings())
    parts = urlsplit(request.url)
    assert (parts.netloc, parts.path) == ("mast.stsci.edu", "/tesscut/api/v0.1/astrocut")
    asked = {"ra": ra, "dec": dec, "x": columns, "y": rows, "units": "px", "sector": str(int(name[6:10]))}
    assert dict(parse_qsl(parts.query)) == asked
    assert (request.unpack, request.member) == ("zip", name[:14] + "_")
    assert request.at_once == AT_ONCE == 10


@pytest.mark.parametrize(
    "uri",
    [
        *("tesscut:", "tesscut:tess-s0001-4-3-cube.fits", "tesscut:../../etc/passwd", "tesscut:a_b_c_astrocut.fits"),
        "tesscut:tess-s0001-4-3_107.27_-70.0_5.0arcmin-x-4.0arcmin_astrocut.fits",
    ],
)
def test_what_is_no_name_of_a_cut_out_is_an_error(uri: str) -> None:
    with pytest.raises(QueryError, match="not the name of a cut-out with a size in pixels"):
        locate(uri, Settings())
