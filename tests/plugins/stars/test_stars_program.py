"""``tess-source stars``: what a star is, in a shell."""

from __future__ import annotations

import json
from pathlib import Path

import astropy.units as u
import pytest
from answering import SERVER
from astropy.table import Table
from program_run import Program
from tic_case import DWARF, FAINT, FAR, NOT_THERE, TWIN, TicService, session_at

from tess_source.display import text


@pytest.fixture
def stars(service: TicService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program, with the TIC's service in place of MAST."""
    monkeypatch.setenv("TESS_SOURCE_SERVER", SERVER)
    return Program(capsys)


def test_stars_are_printed_in_every_format(stars: Program, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"TIC {DWARF}\n{FAR}\n")
    ran = stars("stars", f"@{tmp_path / 'list.txt'}", "--format", "json")
    assert [(row["tic"], row["teff"]) for row in json.loads(ran.out)] == [(DWARF, 3500.0), (FAR, 5600.0)]
    assert ran.err.strip().endswith("2 stars, asked just now")
    assert ran.code == 0
    header, first = stars("stars", str(DWARF)).out.splitlines()
    assert {"tic", "tmag", "teff", "radius", "mass", "distance"} <= {*header.split()}
    assert str(DWARF) in first


def test_a_narrow_table_of_neighbours_keeps_the_mark_of_duplicates(service: TicService) -> None:
    near = session_at(service).stars(DWARF, neighbours=30)
    table = text.table(near.to_polars(), near.shown, None, 60, whole=near.whole)
    assert "disposition" in table
    assert "DUPLICATE" in table


def test_ecsv_has_the_units(stars: Program) -> None:
    table = Table.read(stars("stars", str(DWARF), str(FAINT), "--format", "ecsv").out, format="ascii.ecsv")
    assert (table["teff"].unit, table["pmra_err"].unit, table["logg"].unit) == (u.K, u.mas / u.yr, u.dex(u.cm / u.s**2))
    assert table["teff"].mask.tolist() == [False, True]
    assert table["gaia"].tolist() == ["4623036865373793408", "4623036865373793409"]


def test_neighbours_are_an_option(stars: Program) -> None:
    ran = stars("stars", f"TIC {DWARF}", "--neighbours", "1 arcmin", "--format", "csv")
    header, *rows = [line.split(",") for line in ran.out.splitlines()]
    assert [int(row[header.index("tic")]) for row in rows] == [DWARF, TWIN, FAINT]
    assert stars("stars", str(DWARF), "--neighbours", "10", "--format", "csv").out.count("\n") == 3


def test_coordinates_and_a_radius(stars: Program) -> None:
    assert stars("stars", "84.2912", "-80.4691", "--radius", "30", "--format", "csv").out.count("\n") == 4


def test_nothing_found_has_its_own_exit_code(stars: Program) -> None:
    ran = stars("stars", str(NOT_THERE))
    assert ran.code == 3
    assert f"not in the TIC: TIC {NOT_THERE}" in ran.err


def test_the_help_offers_targets_and_no_filters(stars: Program) -> None:
    help_ = stars("stars", "--help").out
    assert "--neighbours" in help_
    assert "--radius" in help_
    assert not {"--sector", "--criterion", "--wildcards", "--teff"} & {*help_.split()}


def test_filters_by_star_are_options_of_a_search(stars: Program, service: TicService) -> None:
    service.sky[16740101] = {**service.sky[DWARF], "ID": 16740101}
    assert stars("search", "16740101", "--kind", "lc", "--teff", "3000..4000").code == 0
    ran = stars("search", "16740101", "--kind", "lc", "--teff", "5 kK..6 kK", "--star-radius", "<1")
    assert ran.code == 3
    assert "'4 parrots'" in stars("search", "16740101", "--mass", "4 parrots").err
