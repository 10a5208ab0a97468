"""Odd reports and target lists raise errors of ours with the file's name, or are read; and they take little memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_files import ENCODINGS, odd_xml
from fuzz import altered, attempts

from tess_source.errors import DamagedFileError, LoadError
from tess_source_dv.read.report import HostileFileError, read_report
from tess_source_dv.read.target_list import read_target_list
from tess_source_dv.read.tces import tces_of_report
from tess_source_dv.sector_bits import sectors_of_bits
from tess_source_sample.files import make

NAME = "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml"
LIST = b"# minSector: 14\n# maxSector: 16\n# a comment\n  16740101  101 1 1\n  16740102  010 0 0\n"


@pytest.fixture(scope="module")
def report() -> bytes:
    return make(NAME)


def test_no_report_makes_its_reader_raise_what_is_not_ours(report: bytes) -> None:
    found: list[tuple[int, BaseException]] = []
    for number, chance in attempts(60):
        try:
            tces_of_report(read_report(odd_xml(report, chance), NAME))
        except LoadError as error:
            if NAME not in str(error) or len(str(error)) > 500:
                found.append((number, error))
        except Exception as error:  # noqa: BLE001  that is the question
            found.append((number, error))
    assert found == []


def test_no_target_list_makes_its_reader_raise_what_is_not_ours(tmp_path: Path) -> None:
    path, found = tmp_path / "targets.txt", []
    for number, chance in attempts(60):
        data = altered(LIST, chance)
        if number % 3:
            old, new = (
                chance.choice((b"14", b"16", b"101", b"16740101")),
                chance.choice((b"9" * 25, b"9" * 5000, b"-1", b"0", b"99999")),
            )
            data = LIST.replace(old, new, 1)
        path.write_bytes(data)
        try:
            read_target_list(path)
        except LoadError as error:
            if path.name not in str(error):
                found.append((number, error))
        except Exception as error:  # noqa: BLE001  that is the question
            found.append((number, error))
    assert found == []


@pytest.mark.parametrize("encoding", [*ENCODINGS])
def test_a_report_in_any_encoding_is_read_or_damaged(encoding: str) -> None:
    content = f'<?xml version="1.0" encoding="{encoding}"?><dvTargetResults ticId="42"/>'.encode()
    try:
        assert read_report(content).tic == 42
    except DamagedFileError as error:
        assert len(str(error)) < 300


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5000, "1_0", "９", "", "1e5", "0x10", "+-1"])
def test_whole_numbers_are_of_64_bits_in_plain_digits(number: str) -> None:
    with pytest.raises(DamagedFileError, match=r"ticId is .*, not a whole number"):
        read_report(f'<dvTargetResults ticId="{number}"/>'.encode())


def test_more_sectors_than_there_can_be_are_refused_before_they_are_made() -> None:
    with pytest.raises(DamagedFileError, match="100,000 characters"):
        read_report(f'<dvTargetResults ticId="1" sectorsObserved="{"01" * 50_000}"/>'.encode())
    with pytest.raises(ValueError, match="should hold 0 and 1 only") as caught:
        sectors_of_bits("x" * 10**6, 0)
    assert len(str(caught.value)) < 200


def test_depth_and_tags_are_bounded_while_a_report_is_read() -> None:
    start = b'<dvTargetResults ticId="1">'
    with pytest.raises(HostileFileError, match="more than 64 levels"):
        read_report(start + b"<a>" * 3_000_000)
    with pytest.raises(DamagedFileError, match="a tag or comment of more than 1,048,576 bytes"):
        read_report(start + b"<!--" + b"x" * 9_000_000)


@pytest.mark.parametrize(
    "inside",
    [
        "".join(f'<planetResults planetNumber="{number}"/>' for number in range(1000)),
        '<planetResults planetNumber="1"><allTransitsFit><modelParameters>'
        + "".join(f'<modelParameter name="{number}"/>' for number in range(1000))
        + "</modelParameters></allTransitsFit></planetResults>",
    ],
    ids=["TCEs", "parameters"],
)
def test_more_tces_or_parameters_than_any_run_finds_are_not_kept(inside: str) -> None:
    data = f'<dvTargetResults ticId="42">{inside}</dvTargetResults>'.encode()
    with pytest.raises(HostileFileError, match="more than 999 TCEs or parameters"):
        read_report(data, "odd_dvr.xml")


def test_names_of_elements_that_never_end_are_not_kept() -> None:
    names = "".join(f"<a{number}/>" for number in range(20_000))
    with pytest.raises(DamagedFileError, match="more than 10,000 different names"):
        read_report(f'<dvTargetResults ticId="42">{names}</dvTargetResults>'.encode(), "odd_dvr.xml")
