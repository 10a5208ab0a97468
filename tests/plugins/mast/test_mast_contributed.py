"""Rows of what others made: nothing loses its star, sector or pipeline, whatever its name says."""

from __future__ import annotations

import logging
from random import Random
from typing import Any

import pytest
from fuzz import altered_json, attempts

import tess_source_filters
import tess_source_mast
from tess_source import Session
from tess_source.errors import TessSourceError
from tess_source_sample.server import SampleArchive

EVERY = 408084461
"""A star that every pipeline has."""
OF_A_SECTOR = ("CDIPS", "GSFC-ELEANOR-LITE", "PATHOS", "QLP", "T16", "TARS", "TASOC", "TESS-SPOC", "TGLC")
STRANGE = "hlsp_{}_something-{}-new_v1_{}"
"""A name of no known form, with MAST's beginning and ending for such products."""


def session_of(archive: SampleArchive) -> Session:
    return Session(archive.url, discover=False, plugins=[tess_source_mast, tess_source_filters])


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return session_of(archive)


def rows_of(session: Session, *columns: str, **filters: Any) -> list[tuple[Any, ...]]:
    return session.search(EVERY, **filters).products.to_polars().select(columns).unique().sort("pipeline").rows()


def strangely_named(archive: SampleArchive, pipeline: str, ending: str) -> None:
    """Give a pipeline's files of the star names that nobody knows, and its observation too."""
    for row in archive.catalogue.observations:
        if row["provenance_name"] == pipeline and row["target_name"] == str(EVERY):
            row["obs_id"] = STRANGE.format(pipeline.lower(), "x", "obs")
            for number, product in enumerate(archive.catalogue.products[row["obsid"]]):
                name = STRANGE.format(pipeline.lower(), number, ending)
                product |= {"productFilename": name, "dataURI": f"mast:HLSP/x/{name}", "obs_id": row["obs_id"]}


def test_light_curves_of_all_pipelines_are_found_with_star_sector_and_cadence(session: Session) -> None:
    columns = ("pipeline", "kind", "tic", "first_sector", "last_sector", "exptime")
    every_sector = ("DIAMANTE", "lc", EVERY, None, None, 1800.0)
    expected = [(name, "lc", EVERY, 3, 3, 1800.0) for name in OF_A_SECTOR]
    assert rows_of(session, *columns, kind="lc") == sorted([*expected, every_sector])


def test_observations_have_the_same_stars_and_sectors_as_their_products(session: Session) -> None:
    found = session.search(EVERY)
    keys = ["pipeline", "tic", "first_sector", "last_sector"]
    products = found.products.to_polars().select(keys).unique().sort(keys)
    assert found.observations.to_polars().select(keys).unique().sort(keys).equals(products)


ENDINGS = {
    "CDIPS": ("lc.fits", "lc"),
    "TARS": ("LLC.fits.gz", "lc"),
    "TASOC": ("ens-lc.fits", "lc"),
    "T16": ("llc.txt", "lc-txt"),
    "TESS-SPOC": ("tp.fits", "tp"),
    "QLP": ("lc.pdf", "other"),
    "DIAMANTE": ("dv.pdf", "other"),
}
"""Pipeline → ending of its strange names, and what that is by MAST's rules for the names of such products."""


def test_a_strange_name_loses_nothing(fresh_archive: SampleArchive, caplog: pytest.LogCaptureFixture) -> None:
    for pipeline, (ending, _) in ENDINGS.items():
        strangely_named(fresh_archive, pipeline, ending)
    session = session_of(fresh_archive)
    rows = rows_of(session, "pipeline", "kind", "tic", "first_sector", "exptime")
    wrong = {"TESS-SPOC": 600.0}  # as the archive says it: the name says nothing
    assert {row for row in rows if row[0] in ENDINGS} == {
        (pipeline, kind, EVERY, None if pipeline == "DIAMANTE" else 3, wrong.get(pipeline, 1800.0))
        for pipeline, (_, kind) in ENDINGS.items()
    }
    assert {row[0] for row in rows} == {*OF_A_SECTOR, "DIAMANTE"}
    assert [row[0] for row in rows_of(session, "pipeline", pipeline="tars", sector=3, kind="lc")] == ["TARS"]
    assert "no product is by" not in caplog.text


def test_the_exposure_time_of_a_name_corrects_a_wrong_one_of_the_archive(session: Session) -> None:
    found = session.search(EVERY, pipeline="TESS-SPOC", exptime=1800)
    assert set(found.observations.where(found.observations["pipeline"] == "TESS-SPOC")["t_exptime"]) == {600.0}
    assert found.products["kind"].to_list() == ["lc", "tp"]
    assert not len(session.search(EVERY, pipeline="TESS-SPOC", exptime=600))


def test_data_alerts_have_the_exposure_time_of_their_observation(session: Session) -> None:
    alert = session.search(25155310, pipeline="data alerts").products
    assert alert.to_polars().select("tic", "first_sector", "exptime", "kind").rows() == [(25155310, 1, 120.0, "lc")]


def test_two_stars_of_gaia_are_two_rows_of_one_star(session: Session) -> None:
    curves = session.search(25132999, pipeline="TGLC").products
    assert set(curves.to_polars().select("tic", "first_sector", "kind").rows()) == {(25132999, 1, "lc")}
    assert len(curves) == 2


def test_a_sector_filter_says_which_files_of_all_sectors_it_leaves_out(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    found = session.search(EVERY, sector=3)
    assert set(found.products["pipeline"]) == set(OF_A_SECTOR)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        "sector=3 leaves out 1 file of all sectors of a star (DIAMANTE), since nothing tells which sectors are in it: "
        "choose such files by pipeline, without sector"
    )


@pytest.mark.parametrize("others", [{"pipeline": "TARS"}, {"kind": "tp"}, {"pipeline": "!DIAMANTE"}, {"name": "*qlp*"}])
def test_files_that_another_filter_leaves_out_too_are_not_missed(
    session: Session, caplog: pytest.LogCaptureFixture, others: dict[str, Any]
) -> None:
    assert len(session.search(EVERY, sector=3, **others))
    assert len(session.search(EVERY).select(sector=3, **others))
    assert not caplog.records


@pytest.mark.parametrize("targets", [(), (EVERY,)], ids=["all stars", "one star"])
def test_an_answer_without_files_says_that_a_pipeline_has_no_single_sectors(
    session: Session, targets: tuple[int, ...]
) -> None:
    found = session.search(*targets, pipeline="diamante", sector=3)
    assert not len(found)
    assert (
        "DIAMANTE: its light curves are of all sectors of a star together; leave out the filter sector"
        in found.explain()
    )
    assert len(session.search(*targets, pipeline="diamante")) == 1


def test_every_light_curve_of_the_star_comes_whole(session: Session, tmp_path: Any) -> None:
    manifest = session.search(EVERY, kind="lc").plan(tmp_path).download()
    assert not manifest.failed
    assert len(manifest) == 11


def test_no_row_makes_a_search_raise_what_is_not_ours(fresh_archive: SampleArchive) -> None:
    catalogue = fresh_archive.catalogue
    seen = [row for row in catalogue.observations if row["target_name"] == str(EVERY)]
    files = {row["obsid"]: catalogue.products[row["obsid"]] for row in seen}
    session, raw = session_of(fresh_archive), []
    for number, chance in attempts(8):
        catalogue.observations[:] = altered_rows(seen, chance)
        catalogue.products.held |= {obsid: altered_rows(rows, chance) for obsid, rows in files.items()}
        try:
            found = session.search(EVERY, pipeline="TARS", sector=3, one_per_sector=["tars", "QLP"], refresh=True)
            str(found.products), found.explain()
        except TessSourceError:
            continue
        except Exception as error:  # noqa: BLE001  any of them is a finding
            raw.append((number, repr(error)))
    assert raw == []


def altered_rows(rows: list[Any], chance: Random) -> list[Any]:
    """Return rows of which one, perhaps, has another value; their number in the archive stays."""
    place = chance.randrange(2 * len(rows))
    kept = ("obsid", "obsID", "parent_obsid")
    return [
        {**_as_row(altered_json(row, chance), row), **{name: row[name] for name in kept if name in row}}
        if number == place
        else row
        for number, row in enumerate(rows)
    ]


def _as_row(value: Any, row: dict[str, Any]) -> dict[str, Any]:
    return value if isinstance(value, dict) else row
