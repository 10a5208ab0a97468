"""Paths of all products are made together, and are those that each product has alone."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from fuzz import attempts

from tess_source import paths
from tess_source.errors import QueryError, UnsafePathError
from tess_source.tables import placing
from tess_source.tables.placing import paths_and_problems

NAMES = [
    "a_lc.fits", "tess2018206045859_lc.fits", "A_LC.fits", "../x", "x/y", "con.fits", "a" * 300, "", "é.fits", "e\u0301.fits", "a.", " b",
    ".tess-source", "nul.tar", "a\u200bb.fits", "b\nc", None,
]  # fmt: skip
LAYOUTS = [
    "mast", "flat", "{tic}/{filename}", "{tic}/s{first_sector:04d}/{filename}", "a/./{filename}", "a//{kind}_{filename}",
    "{exptime}/{filename}", "{obs_collection}/{filename!r}", "{filename:>40}", "x{{y}}/{filename}", "{exptime:.0f}/{filename}",
    "{archive}/x.fits", "{tic:08d}{filename}.x",
]  # fmt: skip
SCHEMA = {
    "uri": pl.String, "filename": pl.String, "obs_id": pl.String, "kind": pl.String, "archive": pl.String, "obs_collection": pl.String,
    "sha256": pl.String, "tic": pl.Int64, "first_sector": pl.Int32, "exptime": pl.Float64,
}  # fmt: skip


def row(chance: random.Random, number: int) -> dict[str, Any]:
    """Make a product, which may be of any kind."""
    uri = chance.choice(
        [f"mast:TESS/product/{number}"] * 6 + [f"mast:HLSP/{number}", "", None, "no uri", "x:a\u00a0b", "x:a\nb"]
    )
    return {
        "uri": uri, "filename": chance.choice(NAMES), "obs_id": chance.choice(["obs", *NAMES]), "kind": chance.choice(["lc", "tp"]),
        "archive": chance.choice(["mast", "", None]), "obs_collection": chance.choice(["TESS", None, None, "", "../.."]),
        "sha256": chance.choice([None, "", "a" * 64, "A" * 64, "a" * 63]), "tic": chance.choice([7, 7, None, 123456789012]),
        "first_sector": chance.choice([1, 1, None]), "exptime": chance.choice([120.0, None, 158.4]),
    }  # fmt: skip


def alone(layout: str, product: dict[str, Any]) -> str:
    """Return the path that a product has alone, empty if it must not be written."""
    good = product["uri"] and placing._path_and_problem(layout, product)[1] is None
    return paths.relative_path(layout, product) if good else ""


def test_paths_made_together_are_those_of_each_product_alone() -> None:
    for _, chance in attempts(60):
        layout = chance.choice(LAYOUTS)
        rows = [row(chance, number) for number in range(chance.randrange(6))]
        found, problems = paths_and_problems(pl.DataFrame(rows, schema=SCHEMA), layout)
        clash = [bool(problem) and "its place" in problem for problem in problems]
        expected = [("" if clashes else alone(layout, one)) for one, clashes in zip(rows, clash, strict=True)]
        assert found.to_list() == expected, (layout, rows)
        assert [path == "" for path in found] == problems.is_not_null().to_list()
        places = [path.lower() for path in found if path and path.isascii()]
        assert len(places) == len(set(places))


def test_plain_products_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(placing, "_path_and_problem", lambda layout, row: asked.append(row) or ("", None))
    monkeypatch.setattr(placing._Taken, "clash", lambda *_: asked.append(_))
    monkeypatch.setattr(paths, "safe_component", lambda text: asked.append(text) or text)
    rows = [{**row(random.Random(0), n), "uri": f"mast:TESS/{n}", "sha256": None} for n in range(1000)]
    plain = [
        {
            **one,
            "obs_id": f"tess2018206045859-{n}",
            "filename": f"tess2018206045859-{n}_lc.fits",
            "obs_collection": "TESS",
        }
        for n, one in enumerate(rows)
    ]
    found, problems = paths_and_problems(pl.DataFrame(plain, schema=SCHEMA), "mast")
    assert found[7] == "mastDownload/TESS/tess2018206045859-7/tess2018206045859-7_lc.fits"
    assert problems.null_count() == 1000
    assert asked == ["TESS"], "each short part once, whatever the number of files"


def test_a_product_in_the_folder_of_tess_source_itself_is_refused_by_its_name_too() -> None:
    one = {**row(random.Random(1), 1), "uri": "mast:TESS/1", "filename": ".tess-source", "sha256": None}
    found, problems = paths_and_problems(pl.DataFrame([one], schema=SCHEMA), "flat")
    assert found.to_list() == [""]
    assert "keeps its own files" in problems[0]


@pytest.mark.parametrize(
    "layout", ["{nope}/{filename}", "{tic.real}/{filename}", "{tic/{filename}", "{}/{filename}", "{kind:q}/{filename}"]
)
def test_a_layout_that_cannot_be_filled_in_is_an_error(layout: str) -> None:
    one = {**row(random.Random(2), 1), "uri": "mast:TESS/1", "sha256": None}
    with pytest.raises(QueryError) as error:
        paths_and_problems(pl.DataFrame([one], schema=SCHEMA), layout)
    assert not isinstance(error.value, UnsafePathError)
