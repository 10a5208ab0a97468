"""Strange answers of the portal and the resolver, one by one: each is a ServiceError that says what is wrong."""

from __future__ import annotations

import json
import re

import pytest
from answering import (
    BY_TIC,
    FILTERED,
    POSITION,
    PRODUCTS,
    Answering,
    Change,
    answered,
    as_text,
    column,
    everywhere,
    renamed,
    with_,
    without,
)
from mast_case import PLACE

from tess_source import Observations
from tess_source.errors import ServiceError
from tess_source_mast import observations


@pytest.fixture
def archive(stub: Answering) -> Answering:
    stub.honest()
    return stub


HUGE = "9" * 5000
STRANGE: dict[str, tuple[Change, str]] = {
    "deep JSON": (lambda answer: b"[" * 100_000, "nested too deeply"),
    "half a character in lists": (lambda answer: b"[" * 900 + b'"\\ud83d"' + b"]" * 900, "nested too deeply|half a character"),
    "deep objects": (lambda answer: b'{"a":' * 100_000, "nested too deeply"),
    "a huge number": (as_text(lambda text: text.replace("27503032", HUGE)), "thousands of digits"),
    "half a character": (as_text(lambda text: text.replace("SPOC", "SP\\ud83d", 1)), "half a character"),
    "a name twice": (as_text(lambda text: text.replace('"msg"', '"data": [], "data"', 1)), "'data' twice"),
    "a column twice": (as_text(lambda text: text.replace('"obs_id"', '"obsid": 1, "obs_id"', 1)), "'obsid' twice"),
    "no UTF-8": (lambda answer: json.dumps(answer).encode().replace(b"SPOC", b"SP\xff\xfe", 1), "no text in UTF-8"),
    "UTF-16": (lambda answer: json.dumps(answer).encode("utf-16"), "no text in UTF-8"),
    "a web page": (lambda answer: b"\xef\xbb\xbf <!DOCTYPE html><p>Maintenance", "a web page"),
    "nothing": (lambda answer: b"", "no JSON"),
    "a list": (lambda answer: [answer], "envelope"),
    "a list as status": (with_("status", ["COMPLETE"]), "envelope"),
    "an object as status": (with_("status", {}), "envelope"),
    "a list as message": (with_("msg", ["x"]), "its message is"),
    "complete with an error": (with_("msg", "Error: Timeout expired"), "COMPLETE: Error: Timeout expired"),
    "no rows named": (without("data"), "no rows and columns"),
    "an object of rows": (with_("data", {}), "no rows and columns"),
    "no columns named": (without("fields"), "no rows and columns"),
    "a number as row": (with_("data/3", 7), "no rows and columns"),
    "a shorter row": (without("data/3/s_ra"), "differ in 's_ra'"),
    "an empty row": (with_("data/3", {}), "declared columns differ"),
    "a longer row": (with_("data/3/new", 1), "differ in 'new'"),
    "no columns": (with_("fields", []), "declared columns differ"),
    "no columns, and empty rows": (lambda answer: {**answer, "fields": [], "data": [{}] * 12}, "12 rows without a column"),
    "a list as paging": (with_("paging", [1]), "paging is \\[1\\]"),
    "a number as paging": (with_("paging", 1), "paging is 1"),
    "no paging": (with_("paging", None), "does not say that these are all"),
    "a list of rows as count": (with_("paging/rowsFiltered", [12]), "rowsFiltered of paging is \\[12\\]"),
    "a text as count": (with_("paging/rowsFiltered", "12"), "rowsFiltered of paging is '12'"),
    "a truth value as count": (with_("paging/pagesFiltered", True), "pagesFiltered of paging is True"),
    "a count that is no number": (with_("paging/rowsTotal", float("nan")), "rowsTotal of paging is nan"),
    "a negative count": (with_("paging/rowsTotal", -12), "rowsTotal of paging is -12"),
    "another count": (with_("paging/rowsFiltered", 13), "there are 13 rows, and gave 12"),
    "another total": (with_("paging/rowsTotal", 13), "there are 13 rows, and gave 12"),
    "another count on the page": (with_("paging/rows", 5), "a page has 5 rows of 12"),
    "rows that are missing": (with_("data", []), "there are 12 rows, and gave 0"),
    "another page": (with_("paging/page", 2), "asked for page 1, it gave page 2"),
    "more pages than there are": (with_("paging/pagesFiltered", 2), "asked for page 2, it gave page 1|page 2 of 2 is empty"),
    "pages without end": (with_("paging/pagesFiltered", 10**9), "1,000,000,000 pages"),
    "a column without a name": (with_("fields/0", {"type": "string"}), "without name or type"),
    "a number as name": (with_("fields/0/name", 7), "without name or type"),
    "a list as type": (with_("fields/0/type", ["string"]), "without name or type"),
    "a text as column": (with_("fields/0", "obsid"), "no rows and columns"),
    "another name": (column("target_name", name="x"), "another column in place of 'x'"),
    "text as number": (with_("data/3/s_ra", "²"), "'s_ra' is declared float"),
    "a list as number": (with_("data/3/t_min", [1]), "'t_min' is declared float"),
    "a date that is none": (with_("data/3/t_min", "2026-02-30"), "'t_min' is declared float"),
    "an infinite number": (as_text(lambda text: text.replace("307.859", "1e999", 1)), "'s_ra' is declared float.*infinite"),
    "a fraction as whole number": (with_("data/3/sequence_number", 1.5), "'sequence_number' is declared int"),
    "a large whole number": (with_("data/3/sequence_number", 2**70), "'sequence_number' is declared int"),
    "a truth value as whole number": (with_("data/3/calib_level", True), "'calib_level' is declared int"),
    "a list as text": (with_("data/3/obs_id", ["x"]), "'obs_id' is declared string"),
    "a number without end as text": (with_("data/3/obs_id", float("inf")), "'obs_id' is declared string"),
    "a huge obsid": (with_("data/3/obsid", 10**30), "obsid is the archive's number"),
    "no obsid": (with_("data/3/obsid", None), "obsid is the archive's number"),
    "a text as obsid": (with_("data/3/obsid", "27503032, 1"), "obsid is the archive's number"),
    "coordinates as text": (column("s_region", name="s_ra", type="string"), "in place of 's_region'|declared"),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRANGE)
def test_a_strange_answer_about_observations_is_a_service_error(
    archive: Answering, found: Observations, kind: str
) -> None:
    change, says = STRANGE[kind]
    error = answered(archive, found, FILTERED, change)
    assert isinstance(error, ServiceError)
    assert error.service == FILTERED
    assert re.search(says, str(error)), str(error)


POSITIONS: dict[str, tuple[Change, str]] = {
    "coordinates as text": (column("s_dec", type="string"), "'s_dec' is declared string|not numbers"),
    "coordinates of another name": (column("s_ra", name="x"), "another column in place of 'x'"),
    "no names of targets": (with_("fields", [{"name": "obsid", "type": "string"}]), "differ in"),
    "another envelope": (with_("status", "FINISHED"), "FINISHED: no reason given"),
}


@pytest.mark.parametrize("kind", POSITIONS)
def test_a_strange_answer_about_a_place_is_a_service_error(archive: Answering, found: Observations, kind: str) -> None:
    change, says = POSITIONS[kind]
    error = answered(archive, found, POSITION, change)
    assert isinstance(error, ServiceError)
    assert re.search(says, str(error)), str(error)


TEXT_SIZE = column("size", type="string")
LISTS: dict[str, tuple[str, Change, str]] = {
    "observations without a number": (FILTERED, renamed("obsid", "id"), "rows without a column 'obsid'"),
    "observations without a name": (FILTERED, renamed("obs_id", "id"), "rows without a column 'obs_id'"),
    "observations without a target": (FILTERED, renamed("target_name", "star"), "rows without a column 'target_name'"),
    "observations of others": (FILTERED, everywhere("target_name", "5"), "asked for 16740101, it gave 5 only"),
    "observations of nobody": (FILTERED, everywhere("target_name", None), "asked for 16740101, it gave"),
    "a column named as one of ours": (FILTERED, renamed("proposal_pi", "tic"), "column 'tic' holds 'Ricker, George'"),
    "products without a URI": (PRODUCTS, renamed("dataURI", "uri_"), "rows without a column 'dataURI'"),
    "products of others": (PRODUCTS, everywhere("parent_obsid", 5), "it gave those of 5 only"),
    "products of nobody": (PRODUCTS, with_("data/0/parent_obsid", None), "parent_obsid is the archive's number"),
    "a size as text": (PRODUCTS, with_("data/0/size", "large"), "'size' is declared int"),
    "a huge size": (PRODUCTS, with_("data/0/size", 10**30), "'size' is declared int"),
    "sizes that are text": (PRODUCTS, lambda answer: TEXT_SIZE(everywhere("size", "x")(answer)), "'size' holds 'x'"),
    "products without columns": (PRODUCTS, with_("fields", []), "declared columns differ"),
    "a count as text": ("count", with_("data/0/Column1", "²"), "asked for a number of rows, it gave"),
    "an endless count": ("count", with_("data/0/Column1", float("inf")), "'Column1' is|a number of rows"),
    "a count that is a fraction": ("count", with_("data/0/Column1", 1.5), "asked for a number of rows"),
    "a count that is true": ("count", with_("data/0/Column1", True), "asked for a number of rows"),
    "a negative count": ("count", with_("data/0/Column1", -1), "asked for a number of rows"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LISTS)
def test_strange_rows_are_a_service_error_and_not_an_empty_answer(
    archive: Answering, found: Observations, kind: str
) -> None:
    question, change, says = LISTS[kind]
    error = answered(archive, found, question, change)
    assert isinstance(error, ServiceError)
    assert re.search(says, str(error)), str(error)


# -- the resolver --

ENTRY = "resolvedCoordinate/0"
RESOLVED: dict[str, tuple[Change, str]] = {
    **{
        f"{name} {value!r}": (with_(f"{ENTRY}/{name}", value), "gave no coordinates on the sky")
        for name, values in {
            "ra": (400, -1, 360.1, float("nan"), float("inf"), "307.8", None, [307.8], True, 10**400),
            "decl": (95, -90.001, float("nan"), float("-inf"), "39.9", None, {}, False),
        }.items()
        for value in values
    },
    "ra 1e999": (as_text(lambda text: re.sub('"ra": [0-9.]+', '"ra": 1e999', text)), "gave no coordinates on the sky: ra inf"),
    "no ra": (without(f"{ENTRY}/ra"), "gave no coordinates on the sky: ra None"),
    "no places": (without("resolvedCoordinate"), "did not say whether"),
    "null in place of a list": (with_("resolvedCoordinate", None), "its list of places is None"),
    "false in place of a list": (with_("resolvedCoordinate", False), "its list of places is False"),
    "an object in place of a list": (with_("resolvedCoordinate", {"a": 1}), "its list of places is"),
    "a text in place of a list": (with_("resolvedCoordinate", "here"), "its list of places is 'here'"),
    "a list of lists": (with_("resolvedCoordinate", [[1, 2]]), "its list of places is"),
    "no place": (with_("resolvedCoordinate", [None]), "its list of places is"),
    "a list of names": (with_(f"{ENTRY}/searchString", ["kelt-9"]), "answered for"),
    "no name": (without(f"{ENTRY}/searchString"), "answered for None"),
    "a number as resolver": (with_(f"{ENTRY}/resolver", 7), "names of a resolver and a star are 7"),
    "a list as name of the star": (with_(f"{ENTRY}/canonicalName", ["x"]), "names of a resolver and a star"),
    "a failure": (with_("status", "ERROR: no database"), "did not say whether"),
    "a failure without places": (lambda answer: {"resolvedCoordinate": [], "status": "error"}, "did not say whether"),
    "a list": (lambda answer: [answer], "did not say whether"),
    "null": (lambda answer: None, "did not say whether"),
    "deep": (lambda answer: b"[" * 100_000, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("kind", RESOLVED)
def test_a_strange_place_of_the_resolver_is_a_service_error(archive: Answering, found: Observations, kind: str) -> None:
    change, says = RESOLVED[kind]
    error = answered(archive, found, "resolver", change)
    assert isinstance(error, ServiceError)
    assert error.service == "MAST name resolver"
    assert re.search(says, str(error)), str(error)


@pytest.mark.parametrize(("ra", "dec"), [(0, 90), (360, -90), (0.0, 0)])
def test_the_edges_of_the_sky_are_on_the_sky(archive: Answering, found: Observations, ra: float, dec: float) -> None:
    change = lambda answer: with_(f"{ENTRY}/ra", ra)(with_(f"{ENTRY}/decl", dec)(answer))  # noqa: E731
    target = answered(archive, found, "resolver", change)
    assert (target.ra, target.dec) == (ra, dec)


@pytest.mark.parametrize("digits", ["9" * 19, "²", HUGE[:100]])
def test_a_tic_id_that_cannot_be_is_not_taken_for_one(archive: Answering, found: Observations, digits: str) -> None:
    target = answered(archive, found, "resolver", with_(f"{ENTRY}/canonicalName", f"TIC {digits}"))
    assert target.tic is None
    assert target.ra == pytest.approx(PLACE[0])


# -- descriptions of columns --

DESCRIBED: dict[str, tuple[Change, str]] = {
    "no project": (without("project"), "no text column 'project'"),
    "no target": (without("target_name"), "no text column 'target_name'"),
    "a target that is a number": (with_("target_name/vot.datatype", "double"), "no text column 'target_name'"),
    "a target that is treated as a number": (with_("target_name/treatNumeric", True), "no text column 'target_name'"),
    "a list as type": (with_("s_ra/vot.datatype", ["double"]), "'vot.datatype' of column 's_ra' is \\['double'\\]"),
    "a number as type": (with_("s_ra/type", 7), "'type' of column 's_ra' is 7"),
    "an object as unit": (with_("s_ra/unit", {}), "'unit' of column 's_ra' is {}"),
    "a number as separator": (with_("project/separator", 1), "'separator' of column 'project' is 1"),
    "a list as column": (with_("s_ra", []), "description of its columns is empty"),
    "a list": (lambda answer: [answer], "description of its columns is empty"),
    "nothing": (lambda answer: {}, "description of its columns is empty"),
}


@pytest.mark.parametrize("kind", DESCRIBED)
@pytest.mark.parametrize("question", ["columns", "search"])
def test_a_strange_description_of_columns_is_a_service_error_and_not_remembered(
    archive: Answering, found: Observations, kind: str, question: str
) -> None:
    change, says = DESCRIBED[kind]
    error = answered(archive, found, question, change)
    assert isinstance(error, ServiceError)
    assert re.search(says, str(error)), str(error)
    assert observations.find(BY_TIC, archive.settings) == found
