"""Reading the catalogue: what the sample archive's lists say is what its portal says, with the view and without it."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from catalogue_case import keep, keep_portal, keep_sample, keep_text
from hypothesis import given
from hypothesis import strategies as st

from tess_source.errors import DamagedFileError
from tess_source.tables.listing import Observations, Products
from tess_source_catalogue import view
from tess_source_catalogue.columns import OBSERVATIONS, PORTAL, PRODUCTS
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.reading import Catalogue
from tess_source_catalogue.stored import packed_files, scaled
from tess_source_catalogue.volumes import volumes
from tess_source_sample.contents import Contents

PIPELINES = ("SPOC", "QLP", "TESS-SPOC", "TGLC")
SCRIPT = "https://x/tesscurl_sector_{}_{}.sh"


@pytest.fixture(scope="module")
def contents() -> Contents:
    return Contents()


@pytest.fixture(scope="module")
def sample(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> CatalogueFolder:
    folder = CatalogueFolder(tmp_path_factory.mktemp("catalogue"))
    keep_sample(folder, contents, sorted({row["sequence_number"] for row in contents.observations}))
    return folder


def line(name: str) -> str:
    return f"curl -C - -L -o {name} https://mast.stsci.edu/api/v0.1/Download/file/?uri=mast:TESS/product/{name}\n"


def script(*names: str) -> str:
    return "#!/bin/sh\n" + "".join(map(line, names))


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort([name for name in ("tic", "obs_id", "uri") if name in frame.columns], nulls_last=True)


def test_the_observations_are_those_of_the_portal(contents: Contents, sample: CatalogueFolder) -> None:
    found = Catalogue(sample).observations()
    wanted = {
        row["obs_id"]: row
        for row in contents.observations
        if row["provenance_name"] in PIPELINES and row["dataproduct_type"] == "timeseries"
    }
    assert set(found["obs_id"]) == set(wanted)
    assert found["obs_id"].is_unique().all()
    same = ("target_name", "obs_collection", "provenance_name", "sequence_number", "t_exptime", "dataproduct_type", "project")
    for row in found.iter_rows(named=True):
        assert {name: row[name] for name in same} == {name: wanted[row["obs_id"]][name] for name in same}
        assert row["dataURL"] in {None, wanted[row["obs_id"]]["dataURL"]}
        assert (row["dataURL"] is None) == (row["pipeline"] != "SPOC")


def test_the_products_are_those_of_the_portal(contents: Contents, sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    found = catalogue.products(catalogue.observations())
    wanted = {
        row["dataURI"]: row
        for rows in contents.products.values()
        for row in rows
        if row["project"] in PIPELINES and not row["dataURI"].endswith(".txt")
    }
    assert set(found["uri"]) == set(wanted)
    assert found["uri"].is_unique().all()
    for row in found.iter_rows(named=True):
        portal = wanted[row["uri"]]
        assert (row["obs_id"], row["filename"]) == (portal["obs_id"], portal["productFilename"])
        if row["pipeline"] == "SPOC":
            names = ("description", "productType", "productGroupDescription", "productSubGroupDescription")
            assert [row[name] for name in names] == [portal[name] for name in names]


def test_our_columns_are_those_that_names_tell(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    observations = catalogue.observations()
    assert observations.columns == list(OBSERVATIONS) and Observations.of(observations)
    keys = ("kind", "tic", "first_sector", "last_sector", "exptime", "pipeline")
    told = Observations.of(observations.select("obs_id", "target_name")).to_polars()
    assert observations.select(keys).equals(told.select(keys))
    products = catalogue.products(observations)
    assert products.columns == list(PRODUCTS) and Products.of(products)
    told = Products.of(products.select("uri")).to_polars()
    names = ("kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce", "filename")
    assert products.select(names).equals(told.select(names))


def test_what_no_list_knows_is_null(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    found = catalogue.observations()
    assert found.select(list(PORTAL)).null_count().row(0) == (len(found),) * len(PORTAL)
    assert catalogue.known_columns().isdisjoint(PORTAL)
    assert catalogue.products(found)["size"].null_count() == len(catalogue.products(found))
    assert found.filter(pl.col("first_sector") != pl.col("last_sector"))["camera"].drop_nulls().len() == 0


def test_the_portals_rows_fill_what_names_do_not_tell(
    contents: Contents, sample: CatalogueFolder, tmp_path: Path
) -> None:
    folder = CatalogueFolder(tmp_path / "catalogue")
    keep_sample(folder, contents, [14, 16])
    for sector in (14, 16):
        keep_portal(folder, contents, sector, tmp_path / "portal")
    found = Catalogue(folder).observations(pipelines=["SPOC"])
    by_name = {row["obs_id"]: row for row in contents.observations}
    assert {14, 16} == set(found["last_sector"]) and (found["first_sector"] < found["last_sector"]).any()
    for row in found.iter_rows(named=True):
        portal = by_name[row["obs_id"]]
        names = ("t_min", "t_max", "proposal_id", "s_region", "s_ra", "s_dec", "calib_level", "t_obs_release")
        assert {name: row[name] for name in names} == {name: portal[name] for name in names}
        assert row["obsid"] == str(portal["obsid"])
    assert PORTAL.keys() <= Catalogue(folder).known_columns([14])


def test_parts_are_what_a_filter_of_everything_gives(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    everything = ordered(catalogue.observations())
    tics = everything["tic"].drop_nulls().unique().sort().to_list()[::3]
    for question, mask in (
        ({"tics": tics}, pl.col("tic").is_in(tics)),
        ({"tics": tics[:1]}, pl.col("tic") == tics[0]),
        ({"tics": []}, pl.lit(value=False)),
        ({"sectors": [14, 16]}, pl.col("last_sector").is_in([14, 16])),
        ({"pipelines": ["qlp", "TGLC"]}, pl.col("pipeline").is_in(["QLP", "TGLC"])),
        ({"tics": tics, "sectors": range(10, 20)}, pl.col("tic").is_in(tics) & pl.col("last_sector").is_between(10, 19)),
    ):
        assert ordered(catalogue.observations(**question)).equals(everything.filter(mask))


def test_products_of_some_observations_are_theirs_alone(sample: CatalogueFolder) -> None:
    catalogue = Catalogue(sample)
    observations = catalogue.observations()
    everything = catalogue.products(observations)
    some = observations.sample(fraction=0.3, seed=1)
    found = catalogue.products(some, ["lc", "dvt"])
    wanted = everything.filter(pl.col("obs_id").is_in(some["obs_id"].to_list()) & pl.col("kind").is_in(["lc", "dvt"]))
    assert ordered(found).equals(ordered(wanted))


def test_reading_is_the_same_with_the_view_without_it_and_with_an_outdated_one(contents: Contents, tmp_path: Path) -> None:
    folder = CatalogueFolder(tmp_path)
    keep_sample(folder, contents, range(1, 60))
    catalogue = Catalogue(folder)
    questions = [{}, {"tics": [16740101, 390988385]}, {"sectors": [14]}, {"place": (307.86, 39.94, 1.0)}]
    without = [ordered(catalogue.observations(**question)) for question in questions]
    view.refresh(folder)
    assert [ordered(catalogue.observations(**question)) for question in questions] == _equal(without)
    keep_sample(folder, contents, range(60, 108))
    outdated = [ordered(catalogue.observations(**question)) for question in questions]
    view.refresh(folder)
    assert [ordered(catalogue.observations(**question)) for question in questions] == _equal(outdated)
    assert len(outdated[0]) > len(without[0])


class _equal(list):  # noqa: N801
    """A list of frames that compares by values."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and len(other) == len(self) and all(map(pl.DataFrame.equals, self, other))

    __hash__ = None
