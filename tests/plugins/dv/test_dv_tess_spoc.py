"""Data validation by TESS-SPOC: it numbers no runs, and its products are in folders of other names."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import tess_source_dv
import tess_source_filters
import tess_source_lightkurve
import tess_source_mast
from tess_source import Session, names
from tess_source_sample.server import SampleArchive

STAR, SET = 25132999, "TESS-SPOC/25132999/s0001-s0002/v1"
KINDS = ["dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs"]


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    plugins = [tess_source_mast, tess_source_filters, tess_source_dv, tess_source_lightkurve]
    return Session(archive.url, discover=False, plugins=plugins)


def test_all_products_of_a_search_are_one_set(session: Session) -> None:
    found = session.search(STAR, pipeline="tess-spoc", kind=KINDS)
    rows = (
        found.products.to_polars().select("kind", "tic", "first_sector", "last_sector", "exptime", "run", "tce").rows()
    )
    assert rows == [(kind, STAR, 1, 2, 1800.0, None, 1 if kind == "dvs" else None) for kind in KINDS]
    assert [names.uri(names.parse(uri)) for uri in found.products["uri"]] == found.products["uri"].to_list()
    sets = found.links.to_polars().filter(pl.col("kind") == "dv-set")
    assert sets.select("subject", "object", "state").rows() == [(uri, SET, "exact") for uri in found.products["uri"]]


def test_a_search_is_linked_with_the_light_curves_of_its_own_pipeline(session: Session) -> None:
    found = session.search(STAR)
    links = found.links.to_polars().filter((pl.col("subject") == SET) & (pl.col("kind") == "dv-of"))
    linked = [names.parse(uri) for uri in links["object"]]
    curves = [(name.pipeline, name.first_sector) for name in linked if name.kind == "lc"]
    assert curves == [("TESS-SPOC", 1), ("TESS-SPOC", 2)]


def test_what_a_search_found_is_in_the_table_of_tces(session: Session) -> None:
    table = session.search(STAR, pipeline="TESS-SPOC", kind="dvr-xml").tces()
    assert table.to_polars().select("tic", "tce", "first_sector", "last_sector").rows() == [(STAR, 1, 1, 2)]


def test_its_time_series_is_opened_with_pipeline_version_and_cadence(session: Session, tmp_path: Path) -> None:
    manifest = session.search(STAR, pipeline="TESS-SPOC", kind="dvt").plan(tmp_path).download()
    (curve,) = manifest.read()["dv time series"]
    told = {key: curve.meta[key] for key in ("AUTHOR", "RUN", "DV_SET", "USED_SECTORS", "TCE", "TARGETID")}
    assert told == {
        "AUTHOR": "TESS-SPOC", "RUN": None, "DV_SET": SET, "USED_SECTORS": (1, 2), "TCE": 1, "TARGETID": STAR,
    }  # fmt: skip
    assert curve.meta["TIME_BIN"].to_value("s") == 1800
    assert len(curve) > 1500
