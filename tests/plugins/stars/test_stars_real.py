"""Real answers of the TIC's service, and a real table of TIC 8, which astroquery wrote."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tic_case import TYPES, TicService, row, session_at

from tess_source_stars.service import KNOWN

pytestmark = pytest.mark.real
TOI3505 = 390988385


@pytest.fixture
def answer(real: Path) -> dict[str, list[dict[str, object]]]:
    """An answer of TIC 7, 7 rows of 89 columns."""
    found: dict[str, list[dict[str, object]]] = json.loads((real / "tic" / "tic.json").read_text())
    return found


def test_a_real_answer_is_read_value_by_value(service: TicService, answer: dict[str, list[dict[str, object]]]) -> None:
    service.change = lambda what, honest: answer if "Tic" in what else honest
    tics = [int(str(star["ID"])) for star in answer["data"]]
    assert min(tics) > 2**32
    stars = session_at(service).stars(tics)
    assert stars["tic"].to_list() == tics
    for ours, theirs in {
        "tmag": "Tmag",
        "tmag_err": "e_Tmag",
        "ra": "ra",
        "dec": "dec",
        "teff": "Teff",
        "version": "version",
    }.items():
        assert stars[ours].to_list() == [star[theirs] for star in answer["data"]]
    assert set(stars["object_type"]) == {"EXTENDED"}


def test_the_columns_that_are_read_are_in_all_versions_of_the_tic(answer: dict[str, list[dict[str, object]]]) -> None:
    assert {*KNOWN} <= {str(field["name"]) for field in answer["fields"]}


def test_neighbours_of_a_real_star(service: TicService, real: Path) -> None:
    """TOI-3505: 80 stars around it, most of them faint, without temperature; negative parallaxes; ids of Gaia."""
    with (real / "tic" / "tic_v8_cone_toi3505_first80.csv").open() as file:
        given = list(csv.DictReader(file))
    known = [{name: _value(name, value) for name, value in star.items() if name in TYPES} for star in given]
    service.sky = {int(star["ID"]): row(int(star.pop("ID")), **star) for star in known}
    stars = session_at(service).stars(TOI3505, neighbours=30)
    theirs = [star for star in given if float(star["dstArcSec"]) <= 29.9]
    assert {int(star["ID"]) for star in theirs} <= set(stars["tic"])
    assert stars[0]["tic"] == TOI3505
    assert stars[0]["is_target"]
    away = dict(zip(stars["tic"], stars["separation"], strict=True))
    for star in theirs:
        assert away[int(star["ID"])] == pytest.approx(float(star["dstArcSec"]), abs=0.05)
    assert stars[0]["gaia"] == "1824561377891719424"
    assert stars["teff"].null_count() > len(stars) / 2
    brightest = stars.where(~stars["is_target"]).to_polars().sort("tmag_difference").row(0, named=True)
    assert brightest["flux_ratio"] == pytest.approx(10 ** (-0.4 * brightest["tmag_difference"]))


def _value(name: str, text: str) -> object:
    if not text or text == "nan":
        return None
    if TYPES[name] == "float":
        return float(text)
    return int(text) if text.isdigit() else text
