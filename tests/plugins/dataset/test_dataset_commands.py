"""``tess-source dataset``: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset_case import COUNT
from program_run import Program

from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

BUILD = ("dataset", "build", "--sector", "100-101", "--kind", "lc", "--shard-size", "4")


@pytest.fixture
def run(stars: SampleArchive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program, with the archive of six stars in place of MAST."""
    stars.clear()
    stars.faults.clear()
    monkeypatch.setenv("TESS_SOURCE_SERVER", stars.url)
    return Program(capsys)


def test_the_three_commands_tell_what_they_did(run: Program, tmp_path: Path) -> None:
    place = tmp_path / "curves"
    dry = run(*BUILD, "--to", place, "--dry-run")
    assert dry.code == 0
    assert "data/train-00001-of-00002.parquet" in dry.out
    assert "4 shards of 12 files" in dry.err
    assert not place.exists()
    made = run(
        *BUILD, "--to", place, "--columns", "time,sap_flux", "--fractions", "0.8,0.1,0.1", "--dtype", "time=float32"
    )
    assert made.code == 0, made.err
    assert f"{COUNT} light curves (8 train, 2 validation, 2 test) of 6 stars; 4 shards" in made.err
    asked = run(*BUILD, "--to", place, "--columns", "time", "--dtype", "time=float32")
    assert asked.code == 2
    assert "columns time,sap_flux, not time" in asked.err
    told = run("dataset", "info", place, "--format", "json")
    properties = {row["property"]: row["value"] for row in json.loads(told.out)}
    assert (told.code, properties["rows"], properties["sectors"], properties["complete"]) == (
        0,
        "12",
        "100-101",
        "True",
    )
    assert "columns time,sap_flux" in properties["options"]
    whole = run("dataset", "verify", place)
    assert (whole.code, whole.out) == (0, "")
    (place / "data/train-00001-of-00002.parquet").unlink()
    (place / "data/mine.parquet").write_bytes(b"")
    broken = run("dataset", "verify", place, "--format", "csv")
    assert broken.code == 1
    assert {line.split(",")[1] for line in broken.out.splitlines()[1:]} == {"missing", "extra"}
    assert run("dataset", "info", place).code == 1
    (place / "data/mine.parquet").unlink()
    assert run("dataset", "build", "--to", place).code == 0
    assert run("dataset", "verify", place).code == 0


def test_exit_codes_are_those_of_get(run: Program, stars: SampleArchive, tmp_path: Path) -> None:
    assert run("dataset", "build", "--sector", "99", "--kind", "lc", "--to", tmp_path / "none").code == 3
    assert run("dataset", "build", "--to", tmp_path / "none").code == 2
    assert run(*BUILD, "--to", tmp_path / "none", "--columns", "tiem").code == 2
    assert run(*BUILD, "--to", tmp_path / "none", "--fractions", "a,b").code == 2
    assert run(*BUILD, "--to", tmp_path / "none", "--dtype", "time").code == 2
    assert run("dataset", "info", tmp_path / "none").code == 1
    assert not (tmp_path / "none").exists()
    stars.faults.add(Fault("status", match="1011-", status=404, times=1000))
    some = run(*BUILD, "--to", tmp_path / "some")
    assert some.code == 1
    assert "2 of 12 files were not read: not fetched: the server answered 404" in some.err
    assert "10 light curves" in some.err
    assert run("dataset", "info", tmp_path / "some").code == 1
