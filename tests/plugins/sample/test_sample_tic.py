"""The sample archive's services of the TESS Input Catalog: their envelope, their lying types, and astroquery that asks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peers import astroquery_at

from tess_source_sample import portal, tic
from tess_source_sample.contents import Contents
from tess_source_sample.server import SampleArchive

ROWS = "Mast.Catalogs.Filtered.Tic.Rows"
POSITION = "Mast.Catalogs.Filtered.Tic.Position.Rows"
CONE = "Mast.Catalogs.Tic.Cone"
TOI3505 = {"ra": 297.04346734277, "dec": 18.6989063168931}
FEW = [{"paramName": "ID", "values": ["390988385", "10000732589", "118004432", "1"]}]

pytestmark = pytest.mark.filterwarnings("ignore:.*tpfmodel submodule is not available.*")


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


@pytest.fixture
def catalogs(archive: SampleArchive) -> Iterator[Any]:
    """A fresh ``astroquery.mast.Catalogs`` that asks the sample archive."""
    from astroquery.mast.collections import CatalogsClass

    with astroquery_at(archive.url):
        yield CatalogsClass()


def asked(contents: Contents, service: str, **params: Any) -> dict[str, Any]:
    return portal.invoke(contents, {"service": service, "params": params, "pagesize": 50_000, "format": "json"})


def test_stars_are_found_by_number_and_unknown_numbers_are_left_out(contents: Contents) -> None:
    answer = asked(contents, ROWS, columns="*", filters=FEW)
    assert answer["status"] == "COMPLETE"
    assert {row["ID"] for row in answer["data"]} == {390988385, 10000732589, 118004432}
    assert all(list(row) == [field["name"] for field in answer["fields"]] for row in answer["data"])
    assert len(answer["fields"]) == 125


def test_declared_types_lie_as_the_real_ones_do(contents: Contents) -> None:
    answer = asked(contents, ROWS, columns="*", filters=FEW)
    types = {field["name"]: field["type"] for field in answer["fields"]}
    assert [types[name] for name in ("ID", "objID", "duplicate_id", "GAIA", "numcont", "Teff")] == [
        *["string"] * 4,
        "int",
        "float",
    ]
    big = next(row for row in answer["data"] if row["ID"] == 10000732589)
    assert isinstance(big["ID"], int)
    assert big["Teff"] is None
    assert big["disposition"] is None


def test_columns_ranges_and_counts_can_be_asked(contents: Contents) -> None:
    bright = [{"paramName": "Tmag", "values": [{"min": 5, "max": 8}]}]
    few = asked(contents, ROWS, columns=["ID", "Tmag"], filters=bright)["data"]
    assert {row["ID"] for row in few} == {16740101, 261136679, 2053590001}
    assert set(few[0]) == {"ID", "Tmag"}
    assert asked(contents, ROWS, columns="ID,Tmag", filters=bright)["data"] == few
    assert asked(contents, ROWS, columns="COUNT_BIG(*)", filters=bright)["data"] == [{"Column1": 3}]


def test_a_cone_has_the_star_its_neighbours_and_what_is_no_star(contents: Contents) -> None:
    rows = asked(contents, CONE, ra=307.8598, dec=39.9388, radius=0.01)["data"]
    assert rows[0]["ID"] == 16740101
    assert [row["dstArcSec"] for row in rows] == sorted(row["dstArcSec"] for row in rows)
    assert {row["disposition"] for row in rows} == {None, "DUPLICATE", "ARTIFACT"}
    assert next(row for row in rows if row["disposition"] == "DUPLICATE")["duplicate_id"] == 16740101
    bright = asked(
        contents,
        POSITION,
        columns="*",
        filters=[{"paramName": "Tmag", "values": [{"min": 0, "max": 12}]}],
        **TOI3505,
        radius=0.02,
    )
    assert [row["ID"] for row in bright["data"]] == [390988385]


@pytest.mark.parametrize(
    ("service", "params"),
    [
        (ROWS, {"columns": "*"}),
        (ROWS, {"columns": "Colour", "filters": FEW}),
        (ROWS, {"columns": "*", "filters": [{"paramName": "Colour", "values": ["red"]}]}),
        (CONE, {"ra": 1.0}),
        (CONE, {"ra": "north", "dec": 0, "radius": 1}),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error(contents: Contents, service: str, params: dict[str, Any]) -> None:
    assert asked(contents, service, **params)["status"] == "ERROR"


@pytest.mark.real
def test_the_envelope_is_that_of_a_real_answer(contents: Contents, real: Path) -> None:
    theirs = json.loads((real / "tic/tic.json").read_text())
    ours = asked(contents, ROWS, columns="*", filters=FEW)
    assert set(ours) == set(theirs)
    assert set(ours["paging"]) == set(theirs["paging"])
    types = {field["name"]: field["type"] for field in ours["fields"]}
    assert {field["name"]: field["type"] for field in theirs["fields"]}.items() <= types.items()
    config = json.loads((real / "tic/ticcolumns.json").read_text())
    assert {name for name in config if name in types} <= set(tic.configuration("Mast.Catalogs.Tess.Cone"))


@pytest.mark.real
def test_neighbours_are_as_far_as_a_real_cone_says(contents: Contents, real: Path) -> None:
    import csv

    with (real / "tic/tic_v8_cone_toi3505_first80.csv").open(newline="") as stream:
        theirs = {int(row["ID"]): row for row in csv.DictReader(stream)}
    ours = {row["ID"]: row for row in asked(contents, CONE, **TOI3505, radius=0.003)["data"]}
    assert len(ours) == 4
    for number, row in ours.items():
        assert row["dstArcSec"] == pytest.approx(float(theirs[number]["dstArcSec"]), abs=0.05)
        assert (row["Tmag"], row["GAIA"]) == (float(theirs[number]["Tmag"]), theirs[number]["GAIA"])


# -- astroquery ------------------------------------------------------------------------------------------------------


def test_astroquery_asks_by_criteria(catalogs: Any) -> None:
    table = catalogs.query_criteria(catalog="TIC", ID=[390988385, 10000732589])
    assert set(table["ID"]) == {"390988385", "10000732589"}
    assert table["Teff"].dtype.kind == "f"
    warm = catalogs.query_criteria(catalog="Tic", Teff=[9000, 11000], objType="STAR")
    assert list(warm["ID"]) == ["16740101"]
    assert set(catalogs.query_criteria(catalog="TIC", disposition="DUPLICATE")["ID"]) == {"2053590001"}


def test_astroquery_asks_around_stars_and_places(catalogs: Any) -> None:
    from astropy.coordinates import SkyCoord

    around = catalogs.query_object("L 98-59", radius=0.01, catalog="TIC")
    assert set(around["ID"]) == {"307210830", "307210831", "307210832"}
    assert around["dstArcSec"][0] < 0.1
    place = SkyCoord(62.0296, -71.4497, unit="deg")
    assert list(catalogs.query_region(place, radius="30 arcsec", catalog="TIC")["ID"]) == ["25132999", "25133000"]
    bright = catalogs.query_criteria(catalog="TIC", coordinates=place, radius=0.01, Tmag=[10, 11])
    assert list(bright["ID"]) == ["25132999"]
