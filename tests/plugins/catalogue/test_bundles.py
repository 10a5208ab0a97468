"""What is worked out once per state of the lists: what bundles say, and what questions name. Each is that of the right ones."""

from __future__ import annotations

import os
import random
from pathlib import Path

import polars as pl
import pytest
from catalogue_case import keep
from fuzz import attempts

from tess_source.targets.target import Query, Target
from tess_source_catalogue import tables, view
from tess_source_catalogue.bundles import MOST_KINDS
from tess_source_catalogue.coverage import Coverage
from tess_source_catalogue.folder import CatalogueFolder
from tess_source_catalogue.found_rows import FoundRows, find_rows
from tess_source_catalogue.stored import packed_files
from tess_source_catalogue.volumes import volumes
from tess_source_filters.exptime import Exptimes
from tess_source_filters.whole import Wholes
from tess_source_filters.words import Words

STARS = (16740101, 390988385)


NAMES = {
    "lc": "mast:TESS/product/tess2019198215352-s{0:04d}-{1:016d}-0150-s_lc.fits",
    "tp": "mast:TESS/product/tess2019198215352-s{0:04d}-{1:016d}-0150-s_tp.fits",
    "qlp": "mast:HLSP/qlp/s{0:04d}/0000/0000/0000/0001/hlsp_qlp_tess_ffi_s{0:04d}-{1:016d}_tess_v01_llc.fits",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CatalogueFolder:
    folder = CatalogueFolder(tmp_path_factory.mktemp("catalogue"))
    for source, name in NAMES.items():
        for sector in (1, 14, 54):
            uris = pl.Series([name.format(sector, star) for star in STARS])
            file = keep(folder, source, sector, sector, packed_files(uris))
            os.utime(file.path.parent, ns=(0, 10**18))
    view.refresh(folder)
    return folder


def found(folder: CatalogueFolder, star: int) -> FoundRows:
    return find_rows(folder, volumes(folder.lists()), pl.Series([star]), None, None, None)


def test_stars_share_what_their_bundles_say(folder: CatalogueFolder) -> None:
    one, other = (found(folder, star) for star in STARS)
    assert one.bundles is other.bundles
    assert one.bundles.said is other.bundles.said
    assert one.bundles.files({"lc", "tp"}) is other.bundles.files(["tp", "lc"])


def test_kinds_of_files_are_not_remembered_without_end(folder: CatalogueFolder) -> None:
    bundles = found(folder, STARS[0]).bundles
    kinds = [{"lc", f"kind {number}"} for number in range(2 * MOST_KINDS)]
    assert {bundles.files(some).said.height for some in kinds} == {bundles.files({"lc"}).said.height}
    assert bundles.files({"lc"}) is not bundles.files({"lc", "kind 0"})


@pytest.mark.parametrize("kinds", [None, {"lc"}])
def test_tables_of_many_rows_say_what_those_of_few_say(
    folder: CatalogueFolder, kinds: set[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(few_rows: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        monkeypatch.setattr(tables, "FEW_ROWS", few_rows)
        rows = find_rows(folder, volumes(folder.lists()), None, None, None, None)
        observations = tables.observation_rows(rows)
        return observations.sort("obs_id"), tables.product_rows(rows, observations, kinds).sort("uri")

    (observations, products), (of_many, products_of_many) = made(10**6), made(0)
    assert (observations.height, products.height) == (12, 12 if kinds else 18)
    assert of_many.equals(observations)
    assert products_of_many.equals(products)


def test_the_rows_of_a_volume_are_looked_at_anew_once_its_file_is_another(tmp_path: Path) -> None:
    path = tmp_path / "volume.parquet"
    for rows in (3, 5):
        pl.DataFrame({"tic": range(rows)}).write_parquet(path)
        assert view.scanned(path) is view.scanned(path)
        assert view.scanned(path).collect().height == rows
    path.unlink()
    with pytest.raises(FileNotFoundError):
        view.scanned(path)


def question(chance: random.Random) -> Query:
    filters = {
        "kind": Words.of(chance.choice(["lc", "dvt", "!tp", "lc,tp"]), str),
        "pipeline": Words.of(chance.choice(["SPOC", "QLP", "!QLP"]), str),
        "sector": Wholes.of(chance.choice([1, 14, "1-14", ">=14", 55])),
        "exptime": Exptimes.of(chance.choice([20, 120, "ffi"])),
    }
    criteria = {"sequence_number": 14, "provenance_name": ["SPOC", "QLP"], "obs_id": "tess*", "t_exptime": [0, 130]}
    targets = (Target("one", tic=chance.choice(STARS)), Target("a place", ra=1.0, dec=2.0))
    return Query(
        targets=tuple(chance.sample(targets, chance.randint(0, 2))),
        criteria={name: criteria[name] for name in chance.sample(sorted(criteria), chance.randint(0, 2))},
        wildcards=True,
        filters={name: filters[name] for name in chance.sample(sorted(filters), chance.randint(0, 3))},
    )


def answers(coverage: Coverage, query: Query) -> tuple[object, ...]:
    try:
        coverage.check(query)
        problem = ""
    except ValueError as error:
        problem = str(error)
    return problem, coverage.pipelines(query), coverage.covers(query), coverage.in_words(query), coverage.parts(query)


def test_what_is_remembered_of_a_question_is_not_told_of_another(folder: CatalogueFolder) -> None:
    lists, problems = folder.lists(), set()
    asked_before = Coverage(lists)
    for number, chance in attempts(25):
        query = question(chance)
        told = answers(asked_before, query)
        problems.add(told[0])
        assert told == answers(Coverage(lists), query) == answers(asked_before, query), number
    assert len(problems) > 3
    assert "" in problems
