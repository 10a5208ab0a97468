"""``tess-source dv`` as it is typed: where reports lie, what is damaged, what is too much, and what ``-q`` leaves out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mast_case import KELT9, TOI3505
from pictures_case import undrawn
from program_run import Program

from tess_source.disk import check_place, write
from tess_source_sample.server import SampleArchive


@pytest.fixture
def program(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Run the program in an empty folder, with a cache folder of its own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "cache"))
    return program


@pytest.fixture
def damaged(program: Program) -> Path:
    """The report of TOI-3505's search over many sectors, cut."""
    program("-q", "dv", str(TOI3505), "--exact", "--to", "rx")
    (report,) = Path("rx").rglob("*-s0086-*_dvr.xml")
    report.write_bytes(report.read_bytes()[:5000])
    return report


# -- where reports lie --


def test_reports_go_to_the_cache_folder_and_are_seen_there_from_everywhere(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "bounded" in program("dv", str(TOI3505)).out
    assert program("dv", str(TOI3505), "--tces").code == 0
    assert not list(Path.cwd().iterdir())
    assert list((tmp_path / "cache").rglob("*_dvr.xml"))
    monkeypatch.chdir(tmp_path)
    assert "bounded" not in program("dv", str(TOI3505)).out


def test_a_report_that_show_fetched_is_seen_by_dv(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    undrawn(monkeypatch)
    assert program("show", str(TOI3505), "--html", "a.html").code == 0
    assert "bounded" not in program("dv", str(TOI3505)).out


# -- what is damaged --


def test_a_damaged_report_is_named_and_its_set_is_bounded(program: Program, damaged: Path) -> None:
    said = program("dv", str(TOI3505), "--to", "rx")
    assert (said.code, "bounded" in said.out) == (0, True)
    assert f"{damaged.name} tells nothing: it lies in rx and is damaged: 5,000 of " in said.err


def test_a_damaged_report_is_fetched_again_where_reports_are_asked_for(program: Program, damaged: Path) -> None:
    said = program("dv", str(TOI3505), "--to", "rx", "--exact")
    assert (said.code, "bounded" in said.out, "damaged" in said.err) == (0, False, False)
    assert damaged.stat().st_size > 5000


def test_offline_a_damaged_report_is_not_said_to_be_missing(program: Program, damaged: Path) -> None:
    said = program("--offline", "dv", str(TOI3505), "--to", "rx", "--exact")
    assert said.code == 1
    assert "and is damaged: 5,000 of " in said.err
    assert "and it was not fetched again: offline" in said.err
    assert "not here" not in said.err


# -- what is said --


def test_quiet_says_only_what_went_wrong(program: Program) -> None:
    said = program("-q", "dv", str(TOI3505), "--plot", "x.png")
    assert (said.code, said.err) == (0, "")
    assert Path("x.png").exists()
    assert "drawn: x.png" in program("dv", str(TOI3505), "--plot", "x.png").err


@pytest.mark.parametrize("words", [("--tces", "--history"), ("--files", "--tces")])
def test_two_tables_at_once_are_a_usage_error(program: Program, words: tuple[str, str]) -> None:
    said = program("dv", str(TOI3505), *words)
    assert (said.code, said.out) == (2, "")
    assert all(word in said.err for word in words)


def listed(tic: int, first: int, last: int) -> str:
    return f"# minSector: {first}\n# maxSector: {last}\n#\n{tic:>16} {'1' * (last - first + 1)} 1 1\n"


def test_a_target_list_that_tells_nothing_of_the_target_says_so(program: Program) -> None:
    Path("other.txt").write_text(listed(KELT9, 1, 13))
    said = program("dv", str(KELT9), "--target-list", "other.txt")
    assert "other.txt tells nothing: it is of the search over sectors 1-13, of which no run is listed here" in said.err
    Path("others.txt").write_text(listed(5, 14, 41))
    said = program("dv", str(KELT9), "--target-list", "others.txt")
    assert f"others.txt tells nothing: it does not list TIC {KELT9}" in said.err
    Path("ours.txt").write_text(listed(KELT9, 14, 41))
    assert "tells nothing" not in program("dv", str(KELT9), "--target-list", "ours.txt").err


def test_where_nothing_was_observed_nothing_is_said_of_searches(program: Program) -> None:
    said = program("dv", "TIC 999")
    assert said.code == 3
    assert "0 observations" in said.err
    assert "where a search finds no TCE" not in said.err


# -- where pictures go --


def test_a_picture_that_cannot_be_written_is_refused_before_anything_is_asked(
    program: Program, archive: SampleArchive
) -> None:
    Path("in-the-way").write_text("")
    Path("folder.png").mkdir()
    before = len(archive.requests)
    for place in ("in-the-way/x.png", "folder.png"):
        said = program("dv", str(TOI3505), "--plot", place)
        assert (said.code, said.out) == (2, "")
        assert f"{place} cannot be written" in said.err
    assert len(archive.requests) == before


def test_of_a_star_without_data_validation_its_data_are_drawn(program: Program) -> None:
    said = program("dv", "TIC 408084461", "--picture", "ffi.svg")
    assert (said.code, "drawn: ffi.svg" in said.err) == (3, True)
    assert "TGLC" in Path("ffi.svg").read_text()
    program("dv", str(TOI3505), "--kind", "lc", "--picture", "no.svg")
    assert not Path("no.svg").exists()  # it would say that there is no data validation
    assert "nothing to draw" in program("dv", "TIC 999", "--picture", "no.svg").err


def test_folders_of_a_picture_are_made(program: Program) -> None:
    assert program("dv", str(TOI3505), "--plot", "new/deep/x.svg").code == 0
    assert Path("new/deep/x.svg").read_text().startswith("<?xml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_found_out_first(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=r"cannot be written.*x\.png"):
        check_place(tmp_path / "x.png")
    tmp_path.chmod(0o700)


def test_an_error_while_writing_names_the_file_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device", "somewhere.part")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="cannot be written: No space left") as caught:
        write(tmp_path / "a.html", b"x")
    assert caught.value.filename == str(tmp_path / "a.html")
    assert not list(tmp_path.iterdir())
