"""What the MAST plugin asks is what astroquery would ask for the same question, word by word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mast_case import KELT9, L98, PLACE, QUIET, asked, obsids, plain, session_at, some_observations
from peers import astroquery_at, named
from sizes import size

from tess_source import Observations, Session
from tess_source.functions import observations, products
from tess_source_sample.server import SampleArchive

DEFAULTS = {"project": "TESS", "dataproduct_type": "timeseries"}
INVOKE = "/api/v0/invoke"
RESOLVER = "/Santa-war/query"


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive) -> Session:
    return session_at(shared_archive)


def arcsec(radius: float) -> Any:
    from astropy import units

    return radius * units.arcsec


def place() -> Any:
    from astropy.coordinates import SkyCoord

    return SkyCoord(*PLACE, unit="deg")


def both(archive: SampleArchive, ours: Callable[[], Any], theirs: Callable[[Any], Any], *paths: str) -> tuple[Any, Any]:
    """Ask twice, check that the same was asked at these paths, and give both answers.

    What we count before we ask for rows is left out of rows' questions: see `test_mast_guard`.
    """
    said = []
    answers = []
    with astroquery_at(archive.url) as observations:
        for ask in (ours, lambda: theirs(observations)):
            archive.clear()
            answers.append(ask())
            said.append([request for request in asked(archive) if request[1] in (paths or (INVOKE,))])
    rows = [request for request in said[0] if not is_count(request)]
    assert (said[0] if any(map(is_count, said[1])) else rows) == said[1] != []
    return answers[0], answers[1]


def is_count(request: tuple[str, str, dict[str, Any]]) -> bool:
    return request[2].get("request", {}).get("params", {}).get("columns") == "COUNT_BIG(*)"


QUESTIONS: dict[str, tuple[tuple[Any, dict[str, Any]], dict[str, Any]]] = {
    "one TIC id": ((KELT9, {}), {"target_name": "16740101"}),
    "a list of TIC ids": (([KELT9, L98, QUIET], {}), {"target_name": ["16740101", "307210830", "257486953"]}),
    "a sector": ((None, {"sequence_number": 55}), {"sequence_number": 55}),
    "sectors": ((None, {"sequence_number": range(54, 57)}), {"sequence_number": [54, 55, 56]}),
    "a text": ((KELT9, {"provenance_name": "SPOC"}), {"provenance_name": "SPOC", "target_name": "16740101"}),
    "a list of texts": (
        (None, {"provenance_name": ["QLP", "TASOC"]}),
        {"provenance_name": ["QLP", "TASOC"]},
    ),
    "an interval": ((None, {"t_exptime": [10, 30.5]}), {"t_exptime": [10, 30.5]}),
    "a wildcard": (
        (None, {"proposal_id": "G06062*", "wildcards": True}),
        {"proposal_id": "G06062*"},
    ),
    "a wildcard among texts": (
        (None, {"proposal_id": ["N/A", "G06%"], "wildcards": True}),
        {"proposal_id": ["N/A", "G06%"]},
    ),
    "a truth value": ((KELT9, {"mtFlag": False}), {"mtFlag": False, "target_name": "16740101"}),
    "another type": ((None, {"dataproduct_type": "image"}), {"dataproduct_type": "image"}),
    "coordinates": ((PLACE, {"radius": 30.0}), {"coordinates": place, "radius": arcsec(30)}),
    "a name": (("KELT-9", {"radius": 3.0}), {**named("KELT-9"), "radius": arcsec(3)}),
    "a name with criteria": (
        ("KELT-9", {"radius": "1 arcmin", "sequence_number": [14, 15]}),
        {"sequence_number": [14, 15], **named("KELT-9"), "radius": arcsec(60)},
    ),
}  # fmt: skip


def words(theirs: dict[str, Any]) -> dict[str, Any]:
    """Give a question to astroquery, with what applies here by default."""
    return {**DEFAULTS, **{name: value() if callable(value) else value for name, value in theirs.items()}}


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_search_asks_what_astroquery_asks_and_gives_the_same_rows(
    archive: SampleArchive, session: Session, kind: str
) -> None:
    (target, options), theirs = QUESTIONS[kind]
    found, table = both(
        archive,
        lambda: observations(target, **options, session=session),
        lambda observations: observations.query_criteria(**words(theirs)),
        *(INVOKE, RESOLVER),
    )
    assert obsids(found) == obsids(table)


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_count_asks_what_astroquery_asks_and_gives_the_same_number(
    archive: SampleArchive, session: Session, kind: str
) -> None:
    (target, options), theirs = QUESTIONS[kind]
    ours, number = both(
        archive,
        lambda: session.count(target, **options),
        lambda observations: observations.query_criteria_count(**words(theirs)),
        *(INVOKE, RESOLVER),
    )
    assert ours == number > 0


def test_a_product_list_asks_what_astroquery_asks_and_gives_the_same_table(
    archive: SampleArchive, session: Session
) -> None:
    some = some_observations(session)
    listed, table = both(
        archive,
        lambda: products(some, session=session),
        lambda theirs: theirs.get_product_list(some.to_table()),
    )
    theirs = plain(table)
    order = sorted(range(len(table)), key=lambda row: theirs["dataURI"][row])
    ours = listed.to_polars().sort("dataURI")
    for name, values in theirs.items():
        assert ours[name].to_list() == [values[row] for row in order], name


def test_observations_equal_what_astroquery_makes_of_the_same_answer(archive: SampleArchive, session: Session) -> None:
    found, table = both(
        archive,
        lambda: observations(PLACE, radius=30, session=session),
        lambda theirs: theirs.query_criteria(**DEFAULTS, coordinates=place(), radius=arcsec(30)),
    )
    theirs = plain(table)
    order = sorted(range(len(table)), key=lambda row: theirs["obsid"][row])
    ours = found.to_polars().sort("obsid")
    assert set(theirs) <= set(ours.columns)
    for name, values in theirs.items():
        assert ours[name].to_list() == [values[row] for row in order], name
    back = Observations.of(found.to_table()).to_polars()
    assert back.select(found.columns).equals(found.to_polars())


@pytest.mark.parametrize("what", ["observations", "products"])
def test_help_on_columns_is_asked_for_as_astroquery_asks(what: str) -> None:
    with SampleArchive() as fresh:
        both(
            fresh,
            lambda: session_at(fresh).fields(what),
            lambda theirs: theirs.get_metadata(what),
            "/portal/Mashup/Mashup.asmx/columnsconfig",
        )


def test_requests_are_forms_as_astroquery_sends_them(archive: SampleArchive, session: Session) -> None:
    session.count(KELT9)
    request = archive.requests[-1]
    assert (request.method, request.path) == ("POST", INVOKE)
    assert request.headers["accept"] == "text/plain"
    assert "tess-source/" in request.headers["user-agent"]
    assert "astroquery/" in request.headers["user-agent"]
    question = request.body["request"]
    assert (question["format"], question["pagesize"], question["page"]) == ("json", 50000, 1)


@settings(max_examples=size(25, 500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ra=st.floats(0, 360), dec=st.floats(-90, 90), radius=st.floats(0, 3600)
)  # fmt: skip
def test_any_cone_is_worded_as_astroquery_words_it(ra: float, dec: float, radius: float) -> None:
    from astropy import units
    from astropy.coordinates import Angle, SkyCoord

    from tess_source import Target
    from tess_source_mast.questions import _position_text

    there = SkyCoord(ra, dec, unit="deg")
    theirs = (there.ra.deg, there.dec.deg, Angle(radius * units.arcsec, units.deg).deg)
    ours = _position_text(Target("here", ra=ra, dec=dec, radius=radius))
    assert ours == ", ".join(str(number) for number in theirs)
