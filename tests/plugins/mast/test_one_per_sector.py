"""One light curve per sector, of whichever pipeline is preferred: in Python, by the program, and in a lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from program_run import Program

import tess_source_filters
import tess_source_mast
from tess_source import Session
from tess_source.functions import load_plan
from tess_source_sample.server import SampleArchive

CHOICES = {
    ("TIC 408084461", "SPOC,TESS-SPOC,QLP,TGLC"): ["TESS-SPOC 3"],
    ("TIC 408084461", "tars,QLP"): ["TARS 3"],
    ("TIC 408084461", "t16"): ["T16 3"],
    ("TIC 408084461", "eleanor"): ["GSFC-ELEANOR-LITE 3"],
    ("TIC 408084461", "CDIPS,PATHOS"): ["CDIPS 3"],
    ("TIC 408084461", "pathos"): ["PATHOS 3"],
    ("TIC 408084461", "TASOC,TGLC"): ["TASOC 3"],
    ("TIC 408084461", "TGLC,TASOC"): ["TGLC 3"],
    ("TIC 408084461", "Diamante"): ["DIAMANTE None"],
    ("TIC 25132999", "QLP,SPOC"): ["QLP 1", "QLP 2", "QLP 3"],
    ("TIC 25132999", "TESS-SPOC,QLP"): ["TESS-SPOC 1", "TESS-SPOC 2", "QLP 3"],
    ("TIC 25132999", "SPOC,TESS-SPOC,QLP,TGLC"): ["SPOC 1", "SPOC 2", "QLP 3"],
    ("TIC 25155310", "data alerts"): ["TESS-DATA-ALERTS 1"],
}
"""Star and order → pipeline and sector of the light curves that are left, of the first sectors. Every pipeline has the first star in
sector 3; SPOC has the second one in sectors 1 and 2, and QLP also in sector 3."""


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return Session(archive.url, discover=False, plugins=[tess_source_mast, tess_source_filters])


@pytest.mark.parametrize(("star", "order"), CHOICES)
def test_the_preferred_pipeline_is_taken_where_it_is(session: Session, star: str, order: str) -> None:
    found = session.search(star, kind="lc")
    chosen = found.select(one_per_sector=order.split(",")).products
    left = [f"{pipeline} {sector}" for pipeline, sector in chosen.to_polars().select("pipeline", "first_sector").rows()]
    assert [text for text in left if text[-2:] in {" 1", " 2", " 3", "ne"}] == CHOICES[star, order]
    assert chosen == session.search(star, kind="lc", one_per_sector=order.split(",")).products
    sectors = {sector for sector in found.products["first_sector"].to_list() if sector is not None}
    assert "DIAMANTE None" in left or {*chosen["first_sector"].to_list()} == sectors


@pytest.mark.parametrize(("star", "order"), [*CHOICES][:3])
def test_the_program_takes_the_same_order(program: Program, star: str, order: str) -> None:
    said = program("search", star, "--kind", "lc", "--sector", "3", "--one-per-sector", order, "--format", "csv")
    assert said.code == 0
    header, line = said.out.splitlines()
    row = dict(zip(header.split(","), line.split(","), strict=True))
    assert [f"{row['pipeline']} {row['first_sector']}"] == CHOICES[star, order]


def test_a_lock_keeps_the_order_and_asks_with_it_again(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "lock.ecsv"
    words = ["TIC 25132999", "--kind", "lc", "--sector", "1-3", "--one-per-sector", "TESS-SPOC,QLP"]
    assert program("get", *words, "--to", tmp_path / "data", "--lock", file).code == 0
    plan = load_plan(file)
    assert plan.items.to_polars().select("pipeline", "first_sector").sort("first_sector").rows() == [
        ("TESS-SPOC", 1),
        ("TESS-SPOC", 2),
        ("QLP", 3),
    ]
    assert "TESS-SPOC,QLP" in file.read_text()
    again = program("lock", "refresh", file, "--lock", tmp_path / "new.ecsv")
    assert again.code == 0
    assert load_plan(tmp_path / "new.ecsv").items["uri"].to_list() == plan.items["uri"].to_list()
