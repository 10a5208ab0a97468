"""From a target to the observations and products that MAST has of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from mast_case import KELT9, L98, PLACE, QUIET, TOI3505, obsids, portal_requests, session_at, some_observations
from peers import astroquery_at

import tess_source_mast
from tess_source import Observations, Query, Session, Target
from tess_source.errors import QueryError, ResolverError, TableError, UnknownNameError
from tess_source.functions import observations, products
from tess_source.search import asking
from tess_source_sample.facts import SYNTHETIC_TIC
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="module")
def shared_archive() -> Iterator[SampleArchive]:
    """One that has more stars."""
    with SampleArchive(extra=100) as running:
        yield running


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return session_at(archive)


def neighbour(archive: SampleArchive, tic: int, arcsec: float) -> None:
    """Put another star beside KELT-9, to its north."""
    row = next(row for row in archive.catalogue.observations if row["target_name"] == str(KELT9))
    dec = row["s_dec"] + arcsec / 3600
    region = f"CIRCLE {row['s_ra']} {dec} 0.00138889"
    other = {"target_name": str(tic), "s_dec": dec, "s_region": region, "obsid": tic, "obs_id": f"beside-{tic}"}
    archive.catalogue.observations.append({**row, **other})


# -- which observations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [KELT9, "TIC 16740101", "tic0016740101", "16740101", [KELT9, str(KELT9)]])
def test_a_tic_id_is_matched_exactly_and_never_widened_to_a_cone(
    archive: SampleArchive, session: Session, target: Any
) -> None:
    neighbour(archive, 999, arcsec=1.0)
    found = session.search(target)
    assert set(found.observations["target_name"]) == {"16740101"}
    assert (len(found.observations), len(found.products)) == (12, 96)
    assert {request.service for request in portal_requests(archive)} == {"Mast.Caom.Filtered", "Mast.Caom.Products"}


def test_a_tic_id_that_was_not_observed_is_a_confirmed_zero_that_explains_itself(session: Session) -> None:
    found = session.search(5)
    assert len(found.observations) == len(found.products) == 0
    assert "none" in found.explain()


def test_nothing_is_asked_about_products_when_there_are_no_observations(
    archive: SampleArchive, session: Session
) -> None:
    session.search(5)
    assert [request.service for request in portal_requests(archive)] == ["Mast.Caom.Filtered"]


def test_a_name_means_its_nearest_star_and_the_others_are_named(
    archive: SampleArchive, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    neighbour(archive, 999, arcsec=2.0)
    with caplog.at_level(logging.WARNING):
        found = session.search("KELT-9")
    assert set(found.observations["tic"]) == {KELT9}
    assert len(found.observations) == 12
    said = " ".join(caplog.messages)
    assert "TIC 16740101, 0.0 arcsec" in said
    assert "TIC 999 at 2.0 arcsec" in said


def test_a_name_with_a_radius_means_everything_in_the_cone(archive: SampleArchive, session: Session) -> None:
    neighbour(archive, 999, arcsec=20.0)
    found = observations("KELT-9", radius=30, session=session)
    assert set(found["tic"]) == {KELT9, 999}
    apart = {row["tic"]: row["separation"] for row in found}
    assert apart[999] == pytest.approx(20.0, abs=1e-3)
    assert apart[KELT9] == pytest.approx(0.0, abs=1e-6)


def test_separation_is_to_the_star_and_not_to_the_edge_of_its_region(archive: SampleArchive, session: Session) -> None:
    neighbour(archive, 999, arcsec=4.0)
    (row,) = [row for row in observations(PLACE, session=session) if row["tic"] == 999]
    assert row["distance"] == 0.0
    assert row["separation"] == pytest.approx(4.0, abs=1e-3)


def test_a_name_with_nothing_near_it_is_an_empty_answer(archive: SampleArchive, session: Session) -> None:
    archive.catalogue.observations[:] = []
    assert len(session.search("KELT-9").observations) == 0


def test_an_unknown_name_is_a_resolver_error(session: Session) -> None:
    with pytest.raises(ResolverError, match="no such star"):
        session.search("no such star")


def test_a_name_of_the_input_catalog_becomes_its_tic_id(
    archive: SampleArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"searchString": "my star", "resolver": "TIC", "canonicalName": "TIC 307210830", "ra": 1.0, "decl": 2.0}
    monkeypatch.setattr("tess_source_sample.portal.resolve", lambda *_: {"resolvedCoordinate": [answer], "status": ""})
    assert tess_source_mast.tess_resolve("my star", session_at(archive).settings) == Target("my star", tic=L98)


def test_observations_found_by_two_cones_are_kept_once(session: Session) -> None:
    beside = (PLACE[0], PLACE[1] + 1 / 3600)
    found = observations([PLACE, beside], session=session)
    assert len(found) == len(set(found["obsid"])) == 12


def test_a_list_may_mix_tic_ids_names_and_places(session: Session) -> None:
    found = observations([L98, "KELT-9", PLACE], session=session)
    assert set(found["tic"]) == {KELT9, L98}
    assert len(found) == len(set(found["obsid"]))


def test_a_target_without_place_or_number_is_refused(session: Session) -> None:
    with pytest.raises(QueryError, match="neither"):
        asking.observed(session.registry, session.settings, Query((Target("somewhere"),)))


# -- criteria ------------------------------------------------------------------------------------------------------


def test_without_a_target_everything_that_meets_the_criteria_is_found(session: Session) -> None:
    found = observations(sequence_number=55, obs_collection="TESS", session=session)
    assert set(found["sequence_number"]) == {55}
    assert len(set(found["tic"])) > 2


def test_images_come_only_when_they_are_asked_for(session: Session) -> None:
    place = (325.935, 11.775)
    assert len(observations(place, session=session)) == 0
    images = observations(place, dataproduct_type="image", session=session)
    assert set(images["target_name"]) == {"TESS FFI"}
    everything = observations(place, dataproduct_type=None, session=session)
    assert obsids(everything) == obsids(images)


def test_columns_are_criteria_in_any_case(session: Session) -> None:
    found = observations(KELT9, T_ExpTime=[10, 30], session=session)
    assert set(found["t_exptime"]) == {20.0}


def test_wildcards_work_only_when_they_are_asked_for(session: Session) -> None:
    criteria: dict[str, Any] = {"obs_id": "tess2019199201929-s0014-*"}
    with pytest.raises(QueryError, match="wildcards=True"):
        observations(KELT9, **criteria, session=session)
    assert len(observations(KELT9, **criteria, wildcards=True, session=session)) == 4


def test_an_unknown_column_is_refused_with_the_nearest(session: Session) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'proposal_id'"):
        session.search(KELT9, proposalid="G06062")


def test_a_target_name_beside_tic_ids_is_refused(session: Session) -> None:
    with pytest.raises(QueryError, match="twice"):
        observations(KELT9, target_name="16740101", session=session)


def test_the_whole_archive_cannot_be_asked_for_by_switching_everything_off(session: Session) -> None:
    with pytest.raises(QueryError, match="at least one criterion"):
        asking.observed(session.registry, session.settings, Query(criteria={"project": None, "dataproduct_type": None}))


# -- how many ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "radius", "criteria"),
    [
        (KELT9, None, {}),
        ([KELT9, L98, 5], None, {}),
        ("KELT-9", None, {}),
        (PLACE, 30.0, {}),
        ([PLACE, KELT9], 30.0, {}),
        (None, None, {"sequence_number": 55}),
    ],
)
def test_count_is_what_a_search_would_find(
    archive: SampleArchive, session: Session, targets: Any, radius: Any, criteria: Any
) -> None:
    neighbour(archive, 999, arcsec=2.0)
    assert (
        session.count(targets, radius=radius, **criteria)
        == len(observations(targets, radius=radius, session=session, **criteria))
        > 0
    )


def test_to_count_no_rows_are_fetched(archive: SampleArchive, session: Session) -> None:
    session.count([KELT9, L98])
    (request,) = portal_requests(archive)
    assert request.body["request"]["params"]["columns"] == "COUNT_BIG(*)"


# -- in batches ----------------------------------------------------------------------------------------------------


def test_a_hundred_targets_take_one_query_and_one_product_request(archive: SampleArchive, session: Session) -> None:
    session.count(KELT9)  # the columns' description is remembered from here on
    archive.clear()
    found = session.search([SYNTHETIC_TIC + number for number in range(100)])
    assert (len(found.observations), len(found.products)) == (200, 400)
    services = [request.service for request in archive.requests]
    assert services == ["Mast.Caom.Filtered", "Mast.Caom.Products"]


def test_targets_and_observations_are_asked_for_in_batches(
    archive: SampleArchive, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = session.search([SYNTHETIC_TIC + number for number in range(100)])
    archive.clear()
    monkeypatch.setattr("tess_source_mast.questions.MOST_TARGETS", 30)
    monkeypatch.setattr("tess_source_mast.products.MOST_OBSERVATIONS", 70)
    found = session.search([SYNTHETIC_TIC + number for number in range(100)])
    assert found.products == whole.products
    sizes: dict[str | None, list[int]] = {}
    for request in portal_requests(archive):
        params = request.body["request"]["params"]
        names = [filter["values"] for filter in params.get("filters", ()) if filter["paramName"] == "target_name"]
        asked = names[0] if names else params["obsid"].split(",")
        sizes.setdefault(request.service, []).append(len(asked))
    assert sorted(sizes["Mast.Caom.Filtered"]) == [10, 30, 30, 30]
    assert sorted(sizes["Mast.Caom.Products"]) == [60, 70, 70]


def test_all_pages_are_fetched(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source_mast.portal.ROWS_OF_PAGE", 5)
    session = session_at(archive)
    found = session.search(KELT9)
    assert (len(found.observations), len(found.products)) == (12, 96)
    pages = [r.body["request"]["page"] for r in portal_requests(archive) if r.service == "Mast.Caom.Filtered"]
    assert pages == [1, 2, 3]


def test_one_job_asks_in_the_calling_thread(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a recorder of requests that knows no threads can be used."""
    monkeypatch.setattr("tess_source_mast.questions.MOST_TARGETS", 1)
    monkeypatch.setattr("tess_source_mast.batches.begun", None)
    assert len(session_at(archive, jobs=1).search([KELT9, L98]).products) > 96


# -- products ------------------------------------------------------------------------------------------------------


def test_products_belong_to_the_observations_that_were_asked_for(session: Session) -> None:
    observations = some_observations(session)
    found = products(observations[:3], session=session)
    assert set(found["parent_obsid"]) == set(observations["obsid"][:3])


def test_the_exposure_time_is_the_observations_where_the_name_does_not_tell(session: Session) -> None:
    found = session.search(TOI3505, provenance_name="QLP")
    times = dict(zip(found.observations["obsid"], found.observations["t_exptime"], strict=True))
    assert [row["exptime"] for row in found.products] == [times[row["parent_obsid"]] for row in found.products]


def test_full_frame_images_are_passed_over_with_a_warning(
    archive: SampleArchive, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = session.search((325.935, 11.775), dataproduct_type="image")
    assert (len(found.observations), len(found.products)) == (1, 0)
    assert "tess-s0055-1-1" in caplog.text
    assert "Mast.Caom.Products" not in {request.service for request in portal_requests(archive)}


def test_observations_of_other_archives_are_not_asked_about(archive: SampleArchive, session: Session) -> None:
    import polars as pl

    others = some_observations(session).with_columns(archive=pl.lit("elsewhere"))
    archive.clear()
    assert tess_source_mast.tess_list(others, Query(), session.settings) is None
    assert archive.requests == []


def test_an_obs_id_is_not_taken_for_an_obsid(session: Session) -> None:
    table = [{"obs_id": "tess2019198215352-s0014-0000000016740101-0150-s", "obsid": "tess2019198215352-s0014"}]
    with pytest.raises(TableError, match="obs_id is its name"):
        products(table, session=session)
    with pytest.raises(TableError, match="needs a column 'obs_id'"):
        products([{"obs": 1}], session=session)


LC14 = ("tess2019198215352-s0014-0000000016740101-0150-s", 27438495)
KEYS: list[Any] = [
    [{"obs_id": LC14[0]}], [{"obsid": str(LC14[1])}], {"obsid": float(LC14[1])}, [{"obs_id": LC14[0], "obsid": LC14[1]}],
    [{"obs_id": LC14[0], "obsid": None}], {"obs_id": None, "obsid": LC14[1]}, LC14[0], str(LC14[1]), np.int64(LC14[1]), [LC14[0]],
    np.array([LC14[1]]), pd.DataFrame({"obsid": [LC14[1]]}), Table({"obs_id": [LC14[0]]}), Table({"obsid": [LC14[1]]})[0],
    float(LC14[1]), [np.float64(LC14[1])], np.array(LC14[1]), np.bytes_(LC14[0].encode()), f"{LC14[1]}.0",
    Table({"obs_id": [LC14[0]]}).as_array(), pd.DataFrame({"obs_id": [LC14[0]], "x": [1]}).iloc[0],
    next(pd.DataFrame({"obs_id": [LC14[0]]}).itertuples()), {"OBSID": LC14[1]},
]  # fmt: skip


@pytest.mark.parametrize("given", KEYS, ids=repr)
def test_one_key_of_an_observation_suffices_to_list_its_products(session: Session, given: Any) -> None:
    seen = observations(KELT9, session=session)
    expected = products(seen.where(seen["obs_id"] == LC14[0]), session=session)
    found = products(given, session=session)
    place = ["ra", "dec"]  # a row with both keys is not asked for again, so the place of its star is not known
    assert found.to_polars().drop(place).equals(expected.to_polars().drop(place))
    assert len(expected) == 20


@pytest.mark.parametrize(
    "given", [[{"obs_id": "tess2019"}], {"obsid": 1}, [{"obs_id": LC14[0]}, {"obs_id": "tess2019"}], "tess2019"]
)
def test_an_observation_that_the_archive_does_not_have_is_an_error(session: Session, given: Any) -> None:
    with pytest.raises(QueryError, match="the archive has no observation with obs"):
        products(given, session=session)


def test_a_row_without_a_key_is_an_error_that_says_which(session: Session) -> None:
    with pytest.raises(QueryError, match="row 2 of 2 has no obs_id"):
        products([{"obs_id": LC14[0]}, {"obs_id": None}], session=session)
    with pytest.raises(QueryError, match="row 2 of 2 has no obs_id"):
        products([LC14[0], None], session=session)
    with pytest.raises(QueryError, match="some observations are given by obs_id, and others by obsid"):
        products([{"obs_id": LC14[0]}, {"obsid": LC14[1]}], session=session)


def test_the_products_of_an_answer_are_those_of_its_observations(session: Session) -> None:
    found = session.search(KELT9)
    assert products(found, session=session) == products(found.observations, session=session)


@pytest.mark.parametrize("kind", ["target", "fast", "dv"])
def test_an_obs_id_of_any_kind_is_a_target(session: Session, kind: str) -> None:
    seen = observations(KELT9, session=session)
    names = seen.where(seen["kind"] == kind)["obs_id"].to_list()
    assert session.search(names[0]).observations["obs_id"].to_list() == names[:1]
    assert sorted(session.search(names).observations["obs_id"]) == sorted(names)
    assert session.search({"obsid": seen["obsid"][0]}).observations["obsid"].to_list() == [seen["obsid"][0]]
    assert session.count(names) == len(names)


def test_an_observation_among_stars_or_with_a_cone_is_refused(session: Session) -> None:
    with pytest.raises(QueryError, match="is an observation, and 'TIC 5' a star or place"):
        session.search([LC14[0], 5])
    with pytest.raises(QueryError, match="an obs_id is one observation"):
        session.search(LC14[0], radius=3)
    with pytest.raises(QueryError, match="obs_id is given twice"):
        session.search(LC14[0], obs_id=LC14[0])
    with pytest.raises(QueryError, match="some observations are given by obs_id, and others by obsid"):
        session.search([LC14[0], {"obsid": LC14[1]}])


@pytest.mark.parametrize("given", ["27438495", 27438495, np.int64(27438495), ["27438495"]])
def test_a_number_for_an_obs_id_is_told_to_be_an_obsid(session: Session, given: Any) -> None:
    with pytest.raises(QueryError, match=r"obs_id='?27438495'? is a number.*ask for obsid='27438495'"):
        session.search(obs_id=given)
    assert session.search(obsid=given).observations["obs_id"].to_list() == [LC14[0]]


# -- to astroquery and back ----------------------------------------------------------------------------------------


def test_our_tables_go_into_astroquery_and_its_tables_into_ours(
    archive: SampleArchive, session: Session, tmp_path: Any
) -> None:
    found = session.search(QUIET)
    with astroquery_at(archive.url) as theirs:
        listed = theirs.get_product_list(found.observations.to_table())
        assert sorted(listed["dataURI"]) == sorted(found.products["uri"])
        curves = theirs.filter_products(found.to_table(), productSubGroupDescription="LC")
        assert list(curves["productFilename"]) == [
            name for name in found.products["filename"] if name.endswith("_lc.fits")
        ]
        manifest = theirs.download_products(curves, download_dir=str(tmp_path), verbose=False)
        assert list(manifest["Status"]) == ["COMPLETE"]
        observed = theirs.query_criteria(target_name=str(QUIET), obs_collection="TESS", dataproduct_type="timeseries")
        assert (
            products(observed, session=session)
            == products(Observations.of(observed), session=session)
            == found.products
        )
        assert products(observed[0], session=session) == found.products


def test_the_key_of_an_observation_is_the_archives_number_in_both_tables(session: Session) -> None:
    found = session.search([KELT9, QUIET])
    assert found.observations["observation"].to_list() == found.observations["obsid"].cast(str).to_list()
    assert set(found.products["observation"]) == set(found.observations["observation"])
    assert found.products["observation"].to_list() == found.products["parent_obsid"].cast(str).to_list()
    chosen = found.replace(products=found.products[:3])
    assert set(chosen.narrowed().observations["obsid"]) == set(chosen.products["parent_obsid"])
    assert "observation" not in Observations.shown


# -- help and files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["observations", "products"])
def test_fields_are_the_archives_own_help(archive: SampleArchive, session: Session, what: str) -> None:
    with astroquery_at(archive.url) as theirs:
        table = theirs.get_metadata(what)
    ours = session.fields(what)
    columns = {
        "name": "Column Name", "label": "Column Label", "type": "Data Type", "unit": "Units",
        "description": "Description", "examples": "Examples/Valid Values",
    }  # fmt: skip
    for attribute, column in columns.items():
        assert [getattr(field, attribute) for field in ours] == [str(value) for value in table[column]]


def test_only_the_two_tables_have_fields(session: Session) -> None:
    assert tess_source_mast.tess_fields("moons", session.settings) is None


def test_the_description_of_columns_is_asked_for_once_a_server(archive: SampleArchive) -> None:
    with SampleArchive() as fresh:
        for _ in range(2):
            session = session_at(fresh)
            session.count(KELT9)
            session.fields("observations")
            session.fields("products")
        paths = [
            request.body.get("colConfigId") for request in fresh.requests if request.path.endswith("columnsconfig")
        ]
    assert sorted(filter(None, paths)) == ["Mast.Caom.Cone", "Mast.Caom.Products"]


def test_astroquerys_own_memory_of_columns_is_left_alone(session: Session) -> None:
    from astroquery.mast.discovery_portal import PortalAPI

    before = dict(PortalAPI._column_configs)
    session.search(KELT9)
    assert before == PortalAPI._column_configs


def test_astroquerys_process_wide_cache_setting_is_left_alone(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astroquery import cache_conf

    monkeypatch.setattr("tess_source_mast.questions.MOST_TARGETS", 1)
    before = cache_conf.cache_active
    session.search([KELT9, L98, QUIET, TOI3505])
    assert cache_conf.cache_active is before


def test_a_file_is_found_where_astroquery_finds_it(session: Session) -> None:
    locate = session.registry.transports["mast"].locate
    uri = "mast:HLSP/x/a file+1.fits"
    assert locate(uri, session.settings).url.endswith("/api/v0.1/Download/file?uri=mast:HLSP/x/a%20file%2B1.fits")


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = "{'requests', 'astroquery', 'polars', 'astropy', 'numpy', 'urllib3', 'keyring'}"
    program = f"import sys, tess_source_mast; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.strip() == "[]"
