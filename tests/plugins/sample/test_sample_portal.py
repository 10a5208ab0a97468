"""The sample archive's answers: their shapes, and that its catalogue is true."""

from __future__ import annotations

import csv
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tess_source_sample import facts, portal
from tess_source_sample.columns import OBSERVATIONS, PRODUCTS
from tess_source_sample.contents import Contents
from tess_source_sample.files import make

Json = dict[str, Any]
KELT9, L98, QUIET = "16740101", "307210830", "257486953"


@pytest.fixture(scope="module")
def catalogue() -> Contents:
    return Contents()


def ask(catalogue: Contents, service: str, params: Json, **more: Any) -> Json:
    answer = portal.invoke(catalogue, {"service": service, "params": params, "format": "json", **more})
    return json.loads(json.dumps(answer, allow_nan=False))  # type: ignore[no-any-return]


def observed(catalogue: Contents, *filters: Json, **more: Any) -> list[Json]:
    answer = ask(catalogue, "Mast.Caom.Filtered", {"columns": "*", "filters": list(filters)}, **more)
    assert answer["status"] == "COMPLETE", answer["msg"]
    return list(answer["data"])


def where(name: str, *values: object, **more: object) -> Json:
    return {"paramName": name, "values": list(values), **more}


def listed(catalogue: Contents, rows: list[Json]) -> list[Json]:
    obsid = ",".join(str(row["obsid"]) for row in rows)
    answer = ask(catalogue, "Mast.Caom.Products", {"obsid": obsid}, pagesize=50000)
    assert answer["status"] == "COMPLETE", answer["msg"]
    return list(answer["data"])


def products_of(catalogue: Contents, tic: str) -> list[Json]:
    return listed(catalogue, observed(catalogue, where("target_name", tic), where("obs_collection", "TESS")))


# -- the catalogue ---------------------------------------------------------------------------------------------


def test_kelt9_has_twelve_observations_and_ninety_six_products(catalogue: Contents) -> None:
    products = products_of(catalogue, KELT9)
    assert len(observed(catalogue, where("target_name", KELT9))) == 12
    assert Counter(row["productSubGroupDescription"] for row in products) == {
        "LC": 6,
        "TP": 6,
        "FAST-LC": 2,
        "FAST-TP": 2,
        "DVT": 13,
        "DVM": 13,
        "DVR": 26,
        "DVS": 28,
    }
    assert sum(row["productType"] == "SCIENCE" for row in products) == 29


def test_a_multi_sector_search_is_an_observation_numbered_by_its_last_sector(catalogue: Contents) -> None:
    rows = observed(catalogue, where("target_name", KELT9), where("sequence_number", 41))
    assert [row["obs_id"] for row in rows] == [
        "tess2021204101404-s0041-0000000016740101-0212-s",
        "tess2019199201929-s0014-s0041-0000000016740101",
    ]
    kinds = [{row["productSubGroupDescription"] for row in listed(catalogue, [entry])} for entry in rows]
    assert kinds == [{"LC", "TP", "DVT", "DVM", "DVR", "DVS"}, {"DVT", "DVM", "DVR", "DVS"}]


def test_a_target_without_tce_has_a_light_curve_and_pixels_only(catalogue: Contents) -> None:
    assert [row["productSubGroupDescription"] for row in products_of(catalogue, QUIET)] == ["LC", "TP"]


def test_full_frame_images_have_an_observation_and_no_product_list(catalogue: Contents) -> None:
    (row,) = observed(catalogue, where("target_name", "TESS FFI"))
    assert row["obs_id"] == "tess-s0055-1-1"
    assert row["dataproduct_type"] == "image"
    assert row["dataURL"] is None
    assert listed(catalogue, [row]) == []


def test_identifiers_and_addresses_are_unique(catalogue: Contents) -> None:
    crowd = Contents(extra=20)
    for name in ("obsid", "objID", "obs_id"):
        values = [row[name] for row in crowd.observations]
        assert len(set(values)) == len(values), name
    rows = [row for rows in crowd.products.values() for row in rows]
    assert len(crowd.files) == len(rows)
    assert {row["obsID"] for row in rows} <= {row["obsid"] for row in crowd.observations}
    assert all(row["size"] > 0 for row in rows)


def test_files_have_the_size_that_the_catalogue_says() -> None:
    small = [row for row in Contents(extra=1).files.values() if row["size"] < 3_000_000]
    assert len(small) > 200
    for row in small:
        assert len(make(row["productFilename"], row["size"])) == row["size"]


def test_made_up_targets_appear_only_when_asked_for(catalogue: Contents) -> None:
    first = str(facts.SYNTHETIC_TIC)
    assert observed(catalogue, where("target_name", first)) == []
    crowd = Contents(extra=3)
    assert len(crowd.observations) == len(catalogue.observations) + 6
    assert [row["sequence_number"] for row in observed(crowd, where("target_name", first))] == [57, 75]
    assert crowd.observations == Contents(extra=3).observations


def test_made_up_targets_are_the_same_one_by_one_and_all_together() -> None:
    crowd = Contents(extra=3).crowd
    assert (
        list(crowd)
        == [crowd[number] for number in range(6)]
        == [crowd.listing(number).observation for number in range(6)]
    )
    assert list(crowd.of_sector(75)) == crowd[1::2]
    assert [*crowd.uris()] == [row["dataURI"] for number in range(6) for row in crowd.listing(number).products]
    assert [*Contents().crowd] == [*Contents().crowd.uris()] == [*Contents().crowd.of_sector(57)] == []


def test_every_row_has_the_columns_of_its_table(catalogue: Contents) -> None:
    for row in catalogue.observations:
        assert list(row) == [column.name for column in OBSERVATIONS]
    for row in catalogue.files.values():
        assert list(row) == [column.name for column in PRODUCTS]


# -- shapes of the answers ---------------------------------------------------------------------------------------


def test_the_envelope_is_that_of_the_recorded_answers_of_mast(catalogue: Contents) -> None:
    recorded = files("astroquery.mast") / "tests" / "data"
    for name, service, params in (
        ("caom.json", "Mast.Caom.Cone", {"ra": 307.86, "dec": 39.94, "radius": 0.1}),
        ("advSearch.json", "Mast.Caom.Filtered", {"columns": "*", "filters": [where("target_name", KELT9)]}),
        (
            "advSearchPos.json",
            "Mast.Caom.Filtered.Position",
            {"columns": "*", "filters": [], "position": "307.86, 39.94, 0.1"},
        ),
        ("products.json", "Mast.Caom.Products", {"obsid": "27438495"}),
        ("countsResp.json", "Mast.Caom.Filtered", {"columns": "COUNT_BIG(*)", "filters": []}),
    ):
        real = json.loads((recorded / name).read_text())
        ours = ask(catalogue, service, params, page=1, pagesize=50000)
        assert ours.keys() == real.keys(), name
        assert ours["paging"].keys() == real["paging"].keys()
        types = {field["name"]: field["type"] for field in ours["fields"]}
        for field in real["fields"]:
            assert types[field["name"]] == field["type"], (name, field)
        assert ours["data"][0].keys() == types.keys(), name


def test_identifiers_are_declared_strings_but_come_as_integers(catalogue: Contents) -> None:
    answer = ask(catalogue, "Mast.Caom.Filtered", {"columns": "*", "filters": [where("target_name", KELT9)]})
    types = {field["name"]: field["type"] for field in answer["fields"]}
    assert types["obsid"] == types["objID"] == "string"
    assert all(isinstance(row["obsid"], int) and isinstance(row["objID"], int) for row in answer["data"])
    assert all(isinstance(row["t_exptime"], int) for row in answer["data"])
    assert {row["srcDen"] for row in answer["data"]} == {None}


def test_pages_add_up_to_the_whole(catalogue: Contents) -> None:
    everything = {"columns": "*", "filters": [where("obs_collection", "TESS")]}
    whole = ask(catalogue, "Mast.Caom.Filtered", everything)["data"]
    first = ask(catalogue, "Mast.Caom.Filtered", everything, page=1, pagesize=7)
    pages = first["paging"]["pagesFiltered"]
    parts = [
        row
        for page in range(1, pages + 1)
        for row in ask(catalogue, "Mast.Caom.Filtered", everything, page=page, pagesize=7)["data"]
    ]
    assert parts == whole
    assert first["paging"] == {
        "page": 1,
        "pageSize": 7,
        "pagesFiltered": -(-len(whole) // 7),
        "rows": 7,
        "rowsFiltered": len(whole),
        "rowsTotal": len(whole),
    }


def test_nothing_found_is_a_complete_answer_with_its_columns(catalogue: Contents) -> None:
    answer = ask(catalogue, "Mast.Caom.Filtered", {"columns": "*", "filters": [where("target_name", "1")]})
    assert (answer["status"], answer["data"]) == ("COMPLETE", [])
    assert len(answer["fields"]) == 33


def test_null_columns_are_left_out_on_demand(catalogue: Contents) -> None:
    rows = observed(catalogue, where("target_name", KELT9), removenullcolumns=True)
    assert "obs_title" not in rows[0]
    assert "obs_id" in rows[0]


# -- filters -------------------------------------------------------------------------------------------------------


def test_values_of_a_filter_are_alternatives_and_filters_restrict(catalogue: Contents) -> None:
    rows = observed(catalogue, where("target_name", KELT9, QUIET), where("sequence_number", 14, 42))
    assert {(row["target_name"], row["sequence_number"]) for row in rows} == {(KELT9, 14), (QUIET, 42)}


def test_text_is_compared_without_case_and_percent_is_a_wildcard(catalogue: Contents) -> None:
    assert len(observed(catalogue, where("TARGET_NAME", KELT9), where("provenance_name", "spoc"))) == 12
    fast = observed(catalogue, where("obs_id", freeText="TESS%-a_fast"))
    assert [row["t_exptime"] for row in fast] == [20, 20]
    either = observed(catalogue, where("obs_id", "tess-s0055-1-1", freeText="%-a_fast"))
    assert len(either) == 3
    assert observed(catalogue, where("obs_id", freeText="a_fast")) == []


def test_ranges_hold_their_ends(catalogue: Contents) -> None:
    rows = observed(catalogue, where("target_name", KELT9), where("t_exptime", {"min": 20, "max": 20.0}))
    assert len(rows) == 2
    assert observed(catalogue, where("t_min", {"min": 1, "max": 2})) == []


def test_a_separator_splits_what_a_cell_holds(catalogue: Contents) -> None:
    filters = {"columns": "*", "filters": [where("filters", "TESS", separator=";"), where("target_name", KELT9)]}
    assert len(ask(catalogue, "Mast.Caom.Filtered", filters)["data"]) == 12


# -- positions -------------------------------------------------------------------------------------------------------


def test_distances_count_from_the_edge_of_the_footprint(catalogue: Contents) -> None:
    cone = {"ra": 322.493171, "dec": 12.166862, "radius": 0.2}
    rows = ask(catalogue, "Mast.Caom.Cone", cone)["data"]
    assert [row["target_name"] for row in rows] == ["96703881", "TESS FFI", "96704587"]
    # MAST said 397.018; it seems to draw the circle of the footprint as a polygon.
    assert [row["distance"] for row in rows] == pytest.approx([0.0, 0.0, 397.018], abs=0.1)
    assert ask(catalogue, "Mast.Caom.Cone", {**cone, "radius": 0.1})["paging"]["rows"] == 2


def test_a_place_outside_of_an_image_is_as_far_as_its_nearest_side(catalogue: Contents) -> None:
    images = [where("target_name", "TESS FFI")]
    for place, expected in (("325.9, 11.8, 5", [0.0]), ("322.106193, 3.225655, 5", [3600.0]), ("145.9, -11.8, 5", [])):
        position = {"columns": "*", "filters": images, "position": place}
        rows = ask(catalogue, "Mast.Caom.Filtered.Position", position)["data"]
        assert [row["distance"] for row in rows] == pytest.approx(expected, rel=0.06)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "params", "says"),
    [
        ("Mast.Caom.Filtred", {}, "Mast.Caom.Filtred"),
        ("Mast.Caom.Filtered", {"columns": "*", "filters": [{"paramName": "sector", "values": ["1"]}]}, "sector"),
        ("Mast.Caom.Filtered", {"columns": "sector", "filters": []}, "sector"),
        ("Mast.Caom.Filtered", {"columns": "*", "filters": [{"paramName": "obs_id", "values": []}]}, "obs_id"),
        ("Mast.Caom.Filtered", {"columns": "*"}, "filters"),
        ("Mast.Caom.Products", {"obsid": ""}, "empty"),
        ("Mast.Caom.Products", {"obsid": "27438495,tess2019198215352-s0014"}, "tess2019198215352-s0014"),
        ("Mast.Caom.Cone", {"ra": 1}, "dec"),
        ("Mast.Caom.Filtered.Position", {"columns": "*", "filters": [], "position": "1, 2"}, "position"),
    ],
)
def test_a_bad_request_is_answered_with_an_error_that_says_why(
    catalogue: Contents, service: str, params: Json, says: str
) -> None:
    answer = ask(catalogue, service, params)
    assert answer["status"] == "ERROR"
    assert says in answer["msg"]
    assert answer["data"] == []


# -- names -------------------------------------------------------------------------------------------------------


def test_names_are_resolved_in_the_shape_of_the_recorded_answer(catalogue: Contents) -> None:
    recorded = json.loads((files("astroquery.mast") / "tests" / "data" / "resolver.json").read_text())
    real = next(entry for entry in recorded["resolvedCoordinate"] if entry["resolver"] == "TIC")
    answer = portal.resolve(catalogue, ["TIC 307210830", "no such star"], resolve_all=True)
    assert answer.keys() == recorded.keys()
    ours = answer["resolvedCoordinate"][0]
    assert ours.keys() == real.keys()
    for name in ("searchString", "resolver", "canonicalName", "ra", "decl"):
        assert ours[name] == real[name]
    assert {entry["searchString"] for entry in answer["resolvedCoordinate"]} == {"tic 307210830"}


def test_one_answer_per_name_unless_all_resolvers_are_asked(catalogue: Contents) -> None:
    for name in ("KELT-9", "kelt 9", "HD 195689", "tic16740101", "TIC 0016740101"):
        (entry,) = portal.resolve(catalogue, [name])["resolvedCoordinate"]
        assert (entry["ra"], entry["decl"]) == (307.859805849403, 39.9388236538888)
    assert len(portal.resolve(catalogue, ["KELT-9"], resolver="ned")["resolvedCoordinate"]) == 1
    assert portal.resolve(catalogue, ["KELT-99"])["resolvedCoordinate"] == []
    looked_up = ask(catalogue, "Mast.Name.Lookup", {"input": "KELT-9", "format": "json"})
    assert looked_up == portal.resolve(catalogue, ["KELT-9"])


def test_coordinates_resolve_to_themselves(catalogue: Contents) -> None:
    (entry,) = portal.resolve(catalogue, ["307.86, -39.9"])["resolvedCoordinate"]
    assert (entry["ra"], entry["decl"]) == (307.86, -39.9)


def test_the_list_of_missions_can_be_read_off_the_whole_table(catalogue: Contents) -> None:
    table = ask(catalogue, "Mast.Caom.All", {}, format="extjs")["data"]["Tables"][0]
    (facet,) = [column for column in table["Columns"] if column["text"] == "obs_collection"]
    assert set(facet["ExtendedProperties"]["histObj"]) == {"hist", "TESS", "HLSP"}


# -- the column configuration --------------------------------------------------------------------------------------


def test_columns_are_configured_as_in_the_recorded_answer() -> None:
    recorded = json.loads((files("astroquery.mast") / "tests" / "data" / "columnsconfig.json").read_text())
    ours = portal.columns_config("Mast.Caom.Cone")
    assert {column.name for column in OBSERVATIONS} < ours.keys()
    for name in ours.keys() & recorded.keys():
        for key in ("vot.datatype", "type", "separator", "unit", "remove"):
            if key == "unit" and key not in recorded[name]:
                assert ours[name].get(key) == recorded[name].get("vot.unit"), name
            elif name not in {"dataRights"}:
                assert ours[name].get(key) == recorded[name].get(key), (name, key)
    assert portal.columns_config("Mast.Caom.Filtered") == ours
    assert list(portal.columns_config("Mast.Caom.Products"))[1:] == [column.name for column in PRODUCTS]
    assert portal.columns_config("Mast.Nothing") == {}


# -- against the real tables -----------------------------------------------------------------------------------------


def printed(path: Path) -> list[dict[str, str]]:
    """Rows of a table that astroquery printed; the line of dtypes and a row of dots are left out."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if not next(iter(row.values())).startswith(("str", "int64", "..."))]


def as_printed(value: object) -> object:
    """Return a JSON value as it reads in a printed table."""
    if value is None:
        return "--"
    return str(value) if isinstance(value, bool | str) else float(str(value))


def same(ours: Json, real: dict[str, str]) -> dict[str, tuple[object, str]]:
    """Return the cells in which two rows differ, of the columns that the printed one has."""
    differing = {}
    for name, text in real.items():
        value = as_printed(ours[name])
        equal = value == (float(text) if isinstance(value, float) else text)
        if not (equal or (name == "srcDen" and (value, text) == ("--", "nan"))):
            differing[name] = (value, text)
    return differing


@pytest.mark.real
def test_every_cell_of_kelt9s_observations_is_the_real_one(catalogue: Contents, real: Path) -> None:
    rows = printed(real / "tables" / "kelt9_tic16740101_observations_33cols.csv")
    ours = observed(catalogue, where("target_name", KELT9))
    assert [row["obs_id"] for row in ours] == [row["obs_id"] for row in rows]
    assert [same(*pair) for pair in zip(ours, rows, strict=True)] == [{}] * 12


@pytest.mark.real
def test_every_cell_of_the_printed_products_is_the_real_one(catalogue: Contents, real: Path) -> None:
    ours = {row["dataURI"]: row for row in catalogue.files.values()}
    for name, count in (
        ("kelt9_tic16740101_products_first20of96_20cols.csv", 18),
        ("kelt9_tic16740101_science_products_20of29.csv", 19),
        ("s57_four_targets_products_8rows.csv", 8),
        ("tic257486953_products_2rows.csv", 2),
    ):
        rows = printed(next((real / "tables").glob(name)))
        assert len(rows) >= count, name
        for row in rows:
            assert same(ours[row["dataURI"]], row) == {}, row["dataURI"]


@pytest.mark.real
def test_kelt9s_product_list_begins_and_ends_as_the_real_one(catalogue: Contents, real: Path) -> None:
    rows = printed(real / "tables" / "kelt9_tic16740101_products_first20of96_20cols.csv")
    names = [row["productFilename"] for row in rows]
    ours = [row["productFilename"] for row in products_of(catalogue, KELT9)]
    assert ours[:10] == names[:10]
    assert ours[-(len(names) - 10) :] == names[10:]


@pytest.mark.real
def test_l98_59_has_exactly_the_real_data_validation_products(catalogue: Contents, real: Path) -> None:
    rows = printed(real / "tables" / "l98-59_dv_products_mast_notebooks_current.csv")
    expected = {(row["obs_id"], row["productFilename"], row["dataURI"]) for row in rows}
    dv = [row for row in products_of(catalogue, L98) if row["productSubGroupDescription"].startswith("DV")]
    assert len(dv) == 115
    assert {(row["obs_id"], row["productFilename"], row["dataURI"]) for row in dv} == expected


@pytest.mark.real
def test_the_vetting_products_of_toi3505_are_the_raw_rows(catalogue: Contents, real: Path) -> None:
    rows = json.loads((real / "mast-json" / "toi3505_s0014-s0086_vetting_products.json").read_text())
    ours = ask(catalogue, "Mast.Caom.Products", {"obsid": 262995968})["data"]
    assert [{k: v for k, v in row.items() if k != "_selected_"} for row in ours] == rows


@pytest.mark.real
@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("toi3505_data_validation_search.csv", {"obsid": "obsID", "product_subgroup": "productSubGroupDescription"}),
        ("toi3505_light_curve_search.csv", {"obsid": "obsID", "productFilename": "productFilename"}),
        ("toi3505_target_pixel_search.csv", {"obsid": "obsID"}),
        ("tic141914082_s1_hlsp_products.csv", {"description": "description", "dataproduct_type": "dataproduct_type"}),
    ],
)
def test_products_of_other_tables_are_there(
    catalogue: Contents, real: Path, table: str, columns: dict[str, str]
) -> None:
    for row in printed(real / "tables" / table):
        ours = catalogue.files[row.get("dataURI") or row["data_uri"]]
        assert ours["size"] == int(row.get("size") or row["bytes"])
        for theirs, name in columns.items():
            assert str(ours[name]) == row[theirs]


@pytest.mark.real
def test_light_curve_searches_find_the_real_authors_exposures_and_times(catalogue: Contents, real: Path) -> None:
    by_obsid = {str(row["obsid"]): row for row in catalogue.observations}
    for row in printed(real / "tables" / "toi3505_light_curve_search.csv"):
        ours = by_obsid[row["obsid"]]
        names = {"provenance_name": "author", "sequence_number": "sequence_number", "target_name": "target_name"}
        assert {name: str(ours[name]) for name in names} == {name: row[theirs] for name, theirs in names.items()}
        assert ours["t_exptime"] == float(row["exptime"])
        assert (ours["t_min"], ours["t_max"]) == (float(row["t_min"]), float(row["t_max"]))


@pytest.mark.real
@pytest.mark.parametrize(
    "table", ["beginner_search_ffi_and_lc_observations_3rows.csv", "tic141914082_s1_observation_33cols.csv"]
)
def test_other_real_observations_are_there(catalogue: Contents, real: Path, table: str) -> None:
    by_obsid = {str(row["obsid"]): row for row in catalogue.observations}
    for row in printed(real / "tables" / table):
        theirs = {name: text for name, text in row.items() if name not in {"idx", "distance"}}
        assert same(by_obsid[row["obsid"]], theirs) == {}


@pytest.mark.real
def test_column_help_is_the_real_one(real: Path) -> None:
    lines = (real / "tables" / "observations_metadata.txt").read_text().splitlines()
    config = portal.columns_config("Mast.Caom.Cone")
    for head, rule, line in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        assert head.split()[0] == "Column"
        spans, at = [], 0
        for dashes in rule.split(" "):
            spans.append(slice(at, at + len(dashes)))
            at += len(dashes) + 1
        name, label, _, unit, text, example = (line[span].strip() for span in spans)
        entry = config[name]
        assert (entry["text"], entry.get("unit", "")) == (label, unit), name
        assert (entry.get("vot.description", ""), entry.get("example", "")) == (text, example), name


@pytest.mark.real
def test_runs_carry_the_numbers_and_time_stamps_that_were_seen(real: Path) -> None:
    seen = {
        (int(row["first_sector"]), int(row["last_sector"]), int(row["pipeline_run"])): row
        for row in printed(real / "tables" / "dv_runs_seen.csv")
    }
    for run in facts.RUNS:
        row = seen[run.first, run.last, run.run]
        assert f"tess{run.timestamp}" in row["timestamp_dvr_dvs_dvt"].split(), run
        assert f"tess{run.dvm_timestamp}" in row["timestamp_dvm"].split(), run


@pytest.mark.real
def test_reports_agree_on_sectors_and_cadences(real: Path) -> None:
    from xml.etree import ElementTree

    checked = 0
    for path in sorted((real / "dvr-xml").glob("*_dvr.xml")):
        root = ElementTree.parse(path).getroot()
        _, first, last, tic, tail = path.name.split("-")
        run = facts.run(int(tic), int(first[1:]), int(last[1:]), int(tail[:5]))
        flags = root.attrib["sectorsObserved"]
        assert run.sectors == tuple(n for n, flag in enumerate(flags) if flag == "1")
        assert run.tces == int(root.attrib["planetCandidateCount"])
        assert run.first_cadenceno == int(root.attrib["startCadence"])
        assert run.first_cadenceno + run.cadences - 1 == int(root.attrib["endCadence"])
        checked += 1
    assert checked > 10
