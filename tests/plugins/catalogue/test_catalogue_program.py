"""``tess-source catalogue`` with the sample archive: what is printed where, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program_run import Program

from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

SECTOR = ("--sector", "14")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path))


def test_update_status_verify_and_rm(program: Program) -> None:
    done = program("catalogue", "update", *SECTOR, "--format", "json")
    assert done.code == 0
    rows = {row["source"]: row for row in json.loads(done.out)}
    assert {"lc", "tp", "dv", "targets", "tce"} <= set(rows)
    assert all(row["state"] == "new" and row["rows"] for row in rows.values())
    again = program("catalogue", "update", *SECTOR)
    assert (again.code, again.out) == (0, "")
    assert f"{len(rows)} unchanged, 0 failed" in again.err
    shown = program("catalogue", "status", "--format", "json")
    assert {row["source"] for row in json.loads(shown.out) if row["state"] == "here"} == set(rows)
    assert program("catalogue", "verify").code == 0
    assert f"{len(rows)} lists removed" in program("catalogue", "rm", "--all").err
    assert program("catalogue", "status").code == 3


def test_a_list_that_fails_gives_exit_code_1(program: Program, archive: SampleArchive, tmp_path: Path) -> None:
    assert program("catalogue", "update", *SECTOR, "--source", "lc").code == 0
    (file,) = tmp_path.rglob("s0014-*.parquet")
    file.write_bytes(b"damaged")
    done = program("catalogue", "verify")
    assert done.code == 1
    assert file.name in done.out
    assert "catalogue update --source lc --sector 14" in done.err
    assert program("catalogue", "update", "--source", "lc", *SECTOR).code == 0
    assert program("catalogue", "verify").code == 0


def test_a_check_says_why_it_is_not_known_whether_lists_have_changed(program: Program, archive: SampleArchive) -> None:
    program("catalogue", "update", *SECTOR, "--source", "lc,tp")
    archive.faults.add(Fault("status", match="tesscurl_sector_14", status=403, times=None))
    done = program("catalogue", "status", "--check")
    (said,) = (line for line in done.err.splitlines() if "403" in line)
    assert said.startswith("lc, tp of sector 14: ") and "(2 lists, such as https://archive.stsci.edu/" in said


def test_the_newest_sector_is_one_line(program: Program) -> None:
    program("catalogue", "update", *SECTOR, "--source", "lc")
    offline = program("--offline", "catalogue", "status", "--latest")
    assert (offline.out, offline.code) == ("14\n", 0)
    assert "the archive was not asked" in offline.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("rm",), "choose what to remove"),
        (("update", "--sector", "1751"), "give sectors from 1 to 999"),
        (("update", "--pipeline", "SPOK"), "SPOC"),
        (("update", "--source", "lcs"), "lc"),
        (
            ("update", "--kind", "fast-lc", "--sector", "1-26"),
            "the lists of fast-lc begin with sector 27: give --sector 27",
        ),
        (("update", "--kind", "dv", "--pipeline", "TESS-SPOC", "--sector", "1"), "begin with sector 36"),
    ],
)
def test_what_makes_no_sense_is_refused(program: Program, words: tuple[str, ...], problem: str) -> None:
    done = program("catalogue", *words)
    assert done.code == 2
    assert problem in done.err


def test_an_update_offline_says_so(program: Program) -> None:
    done = program("--offline", "catalogue", "update", *SECTOR)
    assert done.code not in {0, 3}
    assert "offline" in done.err
