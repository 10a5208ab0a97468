"""MAST's defaults apply unless the question excludes them, and the answer, its record and the lock name those that applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mast_case import KELT9, L98, portal_requests, session_at
from program_run import Program

import tess_source_mast
from tess_source import Session
from tess_source.functions import observations
from tess_source.lock import refresh
from tess_source_mast.defaults import DEFAULTS, defaults
from tess_source_sample.server import SampleArchive

FFI = "tess-s0055-1-1"
LIGHT_CURVE = "tess2019198215352-s0014-0000000016740101-0150-s"
BOTH, PROJECT, SERIES, NONE = DEFAULTS, {"project": "TESS"}, {"dataproduct_type": "timeseries"}, {}


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    import tess_source_filters

    session = session_at(archive)
    session.register(tess_source_filters)
    return session


@pytest.mark.parametrize(
    ("criteria", "applied"),
    [
        ({}, BOTH),
        ({"sequence_number": 55}, BOTH),
        ({"t_exptime": [10, 30]}, BOTH),
        ({"project": None}, SERIES),
        ({"PROJECT": "TESS"}, SERIES),
        ({"project": "Kepler"}, NONE),
        ({"project": ["TESS", "Kepler"]}, NONE),
        ({"dataproduct_type": "image"}, PROJECT),
        ({"DataProduct_Type": None}, PROJECT),
        ({"project": None, "dataproduct_type": None}, NONE),
        ({"obs_id": FFI}, NONE),
        ({"OBS_ID": [LIGHT_CURVE]}, NONE),
        ({"obs_id": {FFI}}, NONE),
        ({"obs_id": np.array([LIGHT_CURVE, FFI])}, NONE),
        ({"obs_id": np.array(FFI)}, NONE),
        ({"obs_id": None}, BOTH),
        ({"obs_id": "tess-s0055-*"}, PROJECT),
        ({"obs_id": "*"}, BOTH),
        ({"obsid": 95133321}, NONE),
        ({"objID": "111000052"}, NONE),
        ({"dataURL": "mast:TESS/product/x"}, NONE),
        ({"target_name": "TESS FFI"}, PROJECT),
        ({"target_name": "tica ffi"}, PROJECT),
        ({"target_name": "%FFI"}, PROJECT),
        ({"target_name": ["16740101", "TESS FFI"]}, PROJECT),
        ({"target_name": "16740101"}, BOTH),
        ({"target_name": "*"}, BOTH),
        ({"provenance_name": "TICA"}, PROJECT),
        ({"provenance_name": ["SPOC", "TICA"]}, PROJECT),
        ({"provenance_name": "A-PIPELINE-OF-TOMORROW"}, PROJECT),
        ({"provenance_name": ["SPOC", "qlp"]}, BOTH),
        ({"provenance_name": "*SPOC"}, BOTH),
        ({"obs_collection": "HLSP"}, BOTH),
        ({"obs_collection": ("TESS", "HLSP")}, BOTH),
        ({"obs_collection": "HST"}, NONE),
        ({"obs_collection": ["TESS", "K2"]}, NONE),
        ({"obs_id": FFI, "dataproduct_type": "timeseries"}, NONE),
        ({"instrument_name": "ACS/WFC"}, NONE),
        ({"instrument_name": "photometer"}, BOTH),
        ({"filters": ["TESS", "Kepler"]}, NONE),
        ({"filters": "*"}, BOTH),
        ({"wavelength_region": "UV"}, NONE),
        ({"wavelength_region": "OPTICAL"}, BOTH),
    ],
    ids=repr,
)
def test_a_default_is_left_out_where_a_criterion_excludes_it(criteria: dict[str, Any], applied: dict[str, Any]) -> None:
    assert defaults(criteria) == applied


@pytest.mark.parametrize(
    "criteria",
    [
        {"obs_id": FFI},
        {"obsid": 95133321},
        {"target_name": "TESS FFI"},
        {"obs_id": "tess-s0055*", "wildcards": True},
        {"obs_id": [FFI, LIGHT_CURVE]},
        {"dataproduct_type": "image"},
    ],
    ids=repr,
)
def test_an_observation_of_a_full_frame_image_is_found_by_what_names_it(session: Session, criteria: Any) -> None:
    found = session.search(**criteria)
    assert FFI in set(found.observations["obs_id"])
    assert "products not listed: 1 observation is of full-frame images" in found.explain()
    assert found.record is not None
    assert found.record["unlisted"] == 1
    assert session.count(**criteria) == len(found.observations)
    assert FFI in set(observations(**criteria, session=session)["obs_id"])


def test_the_answer_names_the_defaults_that_applied(session: Session) -> None:
    assert "by default only project='TESS', dataproduct_type='timeseries'\n" in session.search(KELT9).explain()
    assert "by default only project='TESS'\n" in session.search(KELT9, dataproduct_type="timeseries").explain()
    assert "by default" not in session.search(obs_id=LIGHT_CURVE).explain()


@pytest.mark.parametrize(
    ("targets", "filters", "applied"),
    [
        (KELT9, {"kind": "ffi"}, PROJECT),
        ((307.86, 39.94), {"kind": "FFI"}, PROJECT),
        (KELT9, {"pipeline": "TICA"}, PROJECT),
        (None, {"sector": 55, "pipeline": "TICA"}, PROJECT),
        (None, {"sector": 55, "kind": "ffi"}, PROJECT),
        (KELT9, {"kind": "lc", "pipeline": "SPOC", "sector": 14}, BOTH),
        (KELT9, {"kind": "ffi", "dataproduct_type": "timeseries"}, PROJECT),
    ],
    ids=repr,
)
def test_a_default_is_left_out_where_a_filter_excludes_it(
    session: Session, targets: Any, filters: dict[str, Any], applied: dict[str, Any]
) -> None:
    assert session.search(targets, **filters).query.defaults == applied


def test_the_images_around_a_place_are_found_by_their_kind(session: Session) -> None:
    place = (325.935, 11.775)
    assert not len(session.search(place).observations)
    assert "1 observation is of full-frame images" in session.search(place, kind="ffi").explain()


def test_nothing_that_meets_a_question_may_be_due_to_the_defaults(session: Session) -> None:
    found = session.search(sequence_number=999)
    assert "has none that meet this and the defaults" in found.explain()
    conflict = session.search(obs_id=FFI, dataproduct_type="timeseries")
    assert "has none that meet this" in conflict.explain()
    assert "defaults" not in conflict.explain()


def test_a_lock_records_the_defaults_and_repeats_with_them(
    archive: SampleArchive, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = session.search(L98, kind="lc").plan(tmp_path)
    assert plan.record["question"]["defaults"] == DEFAULTS
    plan.save(tmp_path / "lock.ecsv")
    saved = session.load_plan(tmp_path / "lock.ecsv")
    monkeypatch.setattr("tess_source_mast.defaults.DEFAULTS", {"project": "another default of tomorrow"})
    archive.clear()
    _, changes = refresh(saved, session)
    assert len(changes) == 0
    (asked,) = [r for r in portal_requests(archive) if r.service == "Mast.Caom.Filtered"]
    names = {entry["paramName"]: entry["values"] for entry in asked.body["request"]["params"]["filters"]}
    assert (names["project"], names["dataproduct_type"]) == (["TESS"], ["timeseries"])


def test_a_lock_of_an_older_version_is_repeated_with_the_defaults(session: Session, tmp_path: Path) -> None:
    plan = session.search(L98, kind="lc").plan(tmp_path)
    del plan.record["question"]["defaults"]  # type: ignore[attr-defined]
    _, changes = refresh(plan, session)
    assert len(changes) == 0


def test_a_default_and_the_same_criterion_are_one_question_and_a_wider_one_is_another(
    archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, discover=False, cache=tmp_path)
    session.registry.register(tess_source_mast, "mast", version="1")
    place = (325.935, 11.775)
    assert len(session.search(KELT9).observations) == 12
    assert session.search(KELT9, project="TESS", dataproduct_type="timeseries").from_store
    assert session.search(KELT9, dataproduct_type=None).from_store is None
    assert len(session.search(place).observations) == 0
    assert len(session.search(place, dataproduct_type=None).observations) == 1
    assert len(session.search(place).observations) == 0


def test_the_program_finds_an_image_and_names_the_defaults(program: Program) -> None:
    said = program("search", "-c", f"obs_id={FFI}", "--show", "observations")
    assert FFI in said.out
    said = program("search", str(KELT9), "--explain")
    assert "by default only project='TESS', dataproduct_type='timeseries'" in said.err
