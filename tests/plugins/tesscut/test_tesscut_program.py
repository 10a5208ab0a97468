"""The program searches, fetches and counts cut-outs."""

from __future__ import annotations

from pathlib import Path

import pytest
from program_run import Program

STAR = "TIC 12862099"
NAME = "tess-s0003-1-4_3.903206_-11.938135"


@pytest.mark.parametrize(
    ("options", "size"),
    [([], "5x5"), (["--size", "3"], "3x3"), (["--cutout-size", "3,4"], "4x3"), (["--size", "1 arcmin"], "3x3")],
    ids=str,
)
def test_a_cut_out_is_found_with_its_size(options: list[str], size: str, program: Program) -> None:
    said = program("search", STAR, "--kind", "cutout", *options, "--format", "csv")
    assert said.code == 0
    assert f"{NAME}_{size}_astrocut.fits" in said.out


def test_a_cut_out_is_fetched(program: Program, tmp_path: Path) -> None:
    said = program("get", STAR, "--kind", "cutout", "--size", "3", "--to", str(tmp_path))
    assert said.code == 0
    assert [path.name for path in tmp_path.rglob("*.fits")] == [f"{NAME}_3x3_astrocut.fits"]


def test_what_is_no_size_is_told_in_the_programs_words(program: Program) -> None:
    said = program("search", STAR, "--kind", "cutout", "--size", "3x4")
    assert said.code == 2
    assert "give 10, or rows and columns such as 10,15" in said.err
    said = program("search", STAR, "--cutout-size", "3")
    assert said.code == 2
    assert "ask for them by --kind cutout" in said.err
