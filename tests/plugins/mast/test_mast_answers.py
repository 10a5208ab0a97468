"""What the portal and the resolver send is foreign: rows of the right types, or a ServiceError, whatever comes."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
import zlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from answering import Answering
from fuzz import altered, altered_json, attempts
from mast_case import KELT9, PLACE

from tess_source import Observations, Target
from tess_source.errors import ServiceError
from tess_source.targets.target import Query
from tess_source_mast import fields, observations, products, resolver, wire

FILTERED, POSITION, PRODUCTS = "Mast.Caom.Filtered", "Mast.Caom.Filtered.Position", "Mast.Caom.Products"
BY_TIC = Query((Target("KELT-9", tic=KELT9),))
BY_PLACE = Query((Target("KELT-9", ra=PLACE[0], dec=PLACE[1]),))
Change = Callable[[Any], Any]


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


@pytest.fixture
def found(archive: Answering) -> Observations:
    return observations.find(BY_TIC, archive.settings)


QUESTIONS: dict[str, Callable[[Answering, Observations], Any]] = {
    FILTERED: lambda archive, found: observations.find(BY_TIC, archive.settings),
    POSITION: lambda archive, found: observations.find(BY_PLACE, archive.settings),
    PRODUCTS: lambda archive, found: products.list_products(found, archive.settings),
    "count": lambda archive, found: observations.count(BY_TIC, archive.settings),
    "resolver": lambda archive, found: resolver.resolve("KELT-9", archive.settings),
    "TIC": lambda archive, found: resolver.resolve(f"TIC {KELT9}", archive.settings),
    "columns": lambda archive, found: fields.describe("observations", archive.settings),
    "search": lambda archive, found: observations.find(BY_TIC, archive.settings),
}
SERVICE = {"count": FILTERED, "TIC": "resolver", "search": "columns"}
"""The service of which a question is altered, where it is not the question's own."""


def answered(archive: Answering, found: Observations, question: str, change: Change) -> Any:
    """Give the answer to a question if the archive's answer is changed, or the ServiceError that it became."""
    service = SERVICE.get(question, question)
    archive.change = lambda what, answer: change(copy.deepcopy(answer)) if what == service else answer
    if service == "columns":
        archive.forget()
    try:
        return QUESTIONS[question](archive, found)
    except ServiceError as error:
        assert error.advice or "too slowly" in str(error)
        return error
    finally:
        archive.change = lambda what, answer: answer
        if service == "columns":
            archive.forget()


def is_sound(answer: Any) -> bool:
    """Tell whether an answer is an error, or is not empty and of the right types."""
    match answer:
        case ServiceError():
            return True
        case bool():
            return False
        case int():
            return answer >= 0
        case Target():
            return answer.tic is not None or (0 <= (answer.ra or 0) <= 360 and -90 <= (answer.dec or 0) <= 90)
        case tuple():
            return all(isinstance(part, str) for field in answer for part in (field.name, field.type, field.unit))
    frame = answer.to_polars() if answer is not None else pl.DataFrame()
    return frame.height > 0 and "archive" in frame.columns


def as_json(sent: Any, chance: random.Random) -> Any:
    """Change a JSON value in one place."""
    return altered_json(sent, chance)


def as_bytes(sent: Any, chance: random.Random) -> bytes:
    """Change the bytes of an answer."""
    return altered(json.dumps(sent).encode(), chance)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("way", [as_json, as_bytes])
def test_an_altered_answer_is_understood_or_a_service_error_and_never_empty(
    archive: Answering, found: Observations, question: str, way: Callable[[Any, random.Random], Any]
) -> None:
    raw = []
    for number, chance in attempts(12):
        sent: list[Any] = []

        def change(answer: Any, chance: random.Random = chance, sent: list[Any] = sent) -> Any:
            sent[:] = sent or [way(answer, chance)]  # the same again if it is asked again
            return sent[0]

        try:
            answer = answered(archive, found, question, change)
        except Exception as error:
            raw.append((number, f"{type(error).__name__}: {error}"[:200], str(sent)[:100]))
            continue
        says_none = isinstance(sent[0], dict) and sent[0].get("resolvedCoordinate") == []
        if not is_sound(answer) and not (answer is None and says_none):
            raw.append((number, f"not sound: {answer}"[:200], str(sent)[:100]))
    assert raw == []


# -- size --


def packed(data: bytes, times: int) -> bytes:
    """Give data that repeat many times, in gzip's form."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(data) for _ in range(times)), packer.flush()])


LARGE: dict[str, tuple[dict[str, str], bytes, str]] = {
    "a bomb": ({"Content-Encoding": "gzip"}, packed(bytes(2**16), 40), "larger than 2,000,000 bytes"),
    "a bomb of another form": ({"Content-Encoding": "deflate"}, zlib.compress(bytes(2**21)), "larger than"),
    "a long body": ({}, b" " * 2_000_001, "larger than"),
    "packed twice": (
        {"Content-Encoding": "gzip, gzip"},
        gzip.compress(gzip.compress(b"{}")),
        "'gzip, gzip', which was not",
    ),
    "packed otherwise": ({"Content-Encoding": "br"}, b"", "packed as 'br'"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_is_larger_than_a_page_can_be_is_an_error_and_not_asked_again(
    archive: Answering, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    headers, body, says = LARGE[kind]
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 2_000_000)
    archive.change = lambda what, answer: (200, headers, body)
    with pytest.raises(ServiceError, match=says) as caught:
        resolver.resolve("KELT-9", archive.settings)
    assert "ask for less" in caught.value.advice
    assert archive.asked == ["resolver"]


def test_no_more_is_unpacked_than_is_allowed(archive: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece of 64 kB may hold a thousand times as much."""
    import tracemalloc

    monkeypatch.setattr(wire, "LARGEST_ANSWER", 2_000_000)
    body = packed(bytes(2**20), 60)
    assert len(body) < 10 * wire.PIECE
    archive.change = lambda what, answer: (200, {"Content-Encoding": "gzip"}, body)
    tracemalloc.start()
    try:
        with pytest.raises(ServiceError):
            resolver.resolve("KELT-9", archive.settings)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "identity", ""])
def test_an_answer_may_be_packed_as_was_asked_for(archive: Answering, coding: str) -> None:
    pack = {"deflate": zlib.compress, "identity": bytes, "": bytes}.get(coding, gzip.compress)
    archive.change = lambda what, answer: (200, {"Content-Encoding": coding}, pack(json.dumps(answer).encode()))
    assert len(observations.find(BY_TIC, archive.settings)) == 12


def test_many_values_in_few_bytes_are_refused_before_they_are_made(archive: Answering) -> None:
    archive.change = lambda what, answer: b"[" + b"[]," * 600_000 + b"1]"
    with pytest.raises(ServiceError, match="more objects or values than a page can have"):
        resolver.resolve("KELT-9", archive.settings)


def test_a_page_of_the_archive_is_well_below_the_limits(archive: Answering, found: Observations) -> None:
    """With 50,000 rows of 33 columns."""
    from tess_source_mast.shapes import LARGEST_ANSWER, MOST_OBJECTS, MOST_VALUES

    archive.change = lambda what, answer: sizes.append(json.dumps(answer["data"]).encode()) or answer
    sizes: list[bytes] = []
    observations.find(BY_TIC, archive.settings)
    per_row = len(sizes[0]) / 12
    assert 2 * 50_000 * per_row < LARGEST_ANSWER
    assert 5 * 50_000 * sizes[0].count(b"{") / 12 < MOST_OBJECTS
    assert 2 * 50_000 * sizes[0].count(b",") / 12 < MOST_VALUES


# -- strange answers, one by one --


def with_(path: str, value: Any) -> Change:
    """Give a change of one place of an answer, e.g. ``paging.page`` or ``data.0.obsid``."""

    def change(answer: Any) -> Any:
        place: Any = answer
        *steps, last = (int(step) if step.isdecimal() else step for step in path.split("/"))
        for step in steps:
            place = place[step]
        place[last] = value
        return answer

    return change


def without(path: str) -> Change:
    """Give a change that takes a name out of an object."""

    def change(answer: Any) -> Any:
        *steps, last = path.split("/")
        place: Any = answer
        for step in steps:
            place = place[int(step) if step.isdecimal() else step]
        del place[last]
        return answer

    return change


def as_text(change: Callable[[str], str]) -> Change:
    """Give a change of the text of an answer."""
    return lambda answer: change(json.dumps(answer)).encode("utf-8", "surrogatepass")


def column(called: str, **said: Any) -> Change:
    """Give a change of how a column is declared."""

    def change(answer: Any) -> Any:
        next(field for field in answer["fields"] if field["name"] == called).update(said)
        return answer

    return change


HUGE = "9" * 5000
STRANGE: dict[str, tuple[Change, str]] = {
    "deep JSON": (lambda answer: b"[" * 100_000, "nested too deeply"),
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


def renamed(old: str, new: str, **said: Any) -> Change:
    """Give a change of the name of a column, in the declaration and in all rows."""

    def change(answer: Any) -> Any:
        rows = [{new if name == old else name: value for name, value in row.items()} for row in answer["data"]]
        return column(old, name=new, **said)({**answer, "data": rows})

    return change


def everywhere(name: str, value: Any) -> Change:
    """Give a change of a column in all rows."""
    return lambda answer: {**answer, "data": [{**row, name: value} for row in answer["data"]]}


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
    "sizes declared as text": (PRODUCTS, lambda answer: column("size", type="string")(everywhere("size", "x")(answer)), "column 'size' holds 'x'"),
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


@pytest.mark.parametrize("value", [float("nan"), None])
def test_a_number_that_is_unknown_is_null(archive: Answering, found: Observations, value: Any) -> None:
    answer = answered(archive, found, FILTERED, everywhere("srcDen", value))
    assert answer["srcDen"].null_count() == 12


def test_a_byte_order_mark_is_passed_over(archive: Answering, found: Observations) -> None:
    assert answered(archive, found, FILTERED, lambda answer: json.dumps(answer).encode("utf-8-sig")) == found


def test_identifiers_that_are_declared_as_numbers_are_text(archive: Answering, found: Observations) -> None:
    assert answered(archive, found, FILTERED, column("obsid", type="int")) == found


def test_a_remark_of_the_archive_is_logged(
    archive: Answering, found: Observations, caplog: pytest.LogCaptureFixture
) -> None:
    assert answered(archive, found, FILTERED, with_("msg", "We move to a new server on Monday")) == found
    assert "Mast.Caom.Filtered: We move to a new server on Monday" in caplog.text


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


# -- heads --


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://", "http:///x", "//[", "http://a..b/", "gopher://x/", "\x00"]
)
def test_a_redirect_to_what_is_no_address_is_a_service_error(archive: Answering, address: str) -> None:
    archive.change = lambda what, answer: (302, {"Location": address}, b"")
    with pytest.raises(ServiceError):
        resolver.resolve("KELT-9", archive.settings)


@pytest.mark.parametrize(
    "wait", ["²", "9" * 5000, "nan", "-1", "1e999", "", "Mon, 99 Foo 99999999999 99:99:99 GMT", "\xff"]
)
def test_a_time_to_wait_that_is_none_is_passed_over(
    archive: Answering, monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    monkeypatch.setattr("tess_source_mast.deadline.LONGEST_RETRY_AFTER", 0.0)
    busy = [(503, {"Retry-After": wait}, b"")]
    archive.change = lambda what, answer: busy.pop() if busy else answer
    assert resolver.resolve("KELT-9", archive.settings) is not None
    assert archive.asked == ["resolver"] * 2
