"""A question to the portal that would bring too many observations is counted, and refused before a row is fetched."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from mast_case import KELT9, L98, portal_requests, session_at

import tess_source
from tess_source import Query, Session, Target
from tess_source.errors import QueryError
from tess_source_mast import guard
from tess_source_sample.server import SampleArchive

BY_NAME = "tess2019198215352-s0014-0000000016740101-0150-s"
SMALL: dict[str, tuple[Any, dict[str, Any]]] = {
    "one TIC id": (KELT9, {}),
    "two TIC ids": ([KELT9, L98], {}),
    "a name": ("KELT-9", {}),
    "a small cone": ("KELT-9", {"radius": "2 arcmin"}),
    "a place": ((307.86, 39.94), {}),
    "an obs_id": (BY_NAME, {}),
    "an obs_id as a criterion": (None, {"obs_id": BY_NAME}),
    "a target_name": (None, {"target_name": str(KELT9)}),
}
LARGE: dict[str, tuple[Any, dict[str, Any]]] = {
    "a sector": (None, {"sequence_number": 14}),
    "everything": (None, {"project": "TESS"}),
    "a wildcard": (None, {"obs_id": "tess2019*", "wildcards": True}),
    "a large cone": ("KELT-9", {"radius": "1 deg"}),
    "several cones": (["KELT-9", "L 98-59"], {"radius": "9 arcmin"}),
    "very many TIC ids": (range(KELT9 - 1500, KELT9 + 1500), {}),
}


@pytest.fixture(scope="module")
def session(shared_archive: SampleArchive) -> Session:
    return session_at(shared_archive)


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take two observations for many."""
    monkeypatch.setattr(guard, "MOST_ROWS", 2)
    yield


def asked(archive: SampleArchive) -> list[str]:
    """Give what each question to the portal was about: rows, their number, or products."""
    words = {"*": "rows", "COUNT_BIG(*)": "count"}
    return [words.get(one.body["request"]["params"].get("columns", ""), "products") for one in portal_requests(archive)]


@pytest.mark.parametrize("kind", SMALL)
def test_what_cannot_be_large_is_not_counted(archive: SampleArchive, session: Session, kind: str) -> None:
    target, words = SMALL[kind]
    assert len(session.search(target, **words))
    assert "count" not in asked(archive)


@pytest.mark.parametrize("kind", LARGE)
@pytest.mark.usefixtures("low")
def test_what_is_too_large_is_refused_before_a_row_is_fetched(
    archive: SampleArchive, session: Session, kind: str
) -> None:
    target, words = LARGE[kind]
    number = session.count(target, **words)
    archive.clear()
    with pytest.raises(QueryError, match="more than 2 are fetched only if you say so") as error:
        session.search(target, **words)
    assert set(asked(archive)) == {"count"}
    assert f"{number} observations" in str(error.value)
    for right in ("minute", "MB of memory", "sector=14", "archive='catalogue'", "catalogue update", "large=True"):
        assert right in str(error.value)
    for right in ("--sector 14", "--archive catalogue", "--yes"):
        assert right in error.value.in_program


@pytest.mark.parametrize("kind", LARGE)
def test_what_might_be_large_and_is_not_takes_one_count_more(
    archive: SampleArchive, session: Session, kind: str
) -> None:
    target, words = LARGE[kind]
    rows = len(tess_source.observations(target, session=session, **words))
    assert rows
    said = asked(archive)
    assert said.count("count") == said.count("rows") == {"several cones": 2, "very many TIC ids": 3}.get(kind, 1)


@pytest.mark.usefixtures("low")
def test_the_sum_of_all_questions_counts(session: Session) -> None:
    alone = [session.count(one, radius="9 arcmin") for one in ("KELT-9", "L 98-59")]
    assert max(alone) > 2
    with pytest.raises(QueryError, match=f"{sum(alone)} observations"):
        session.search(["KELT-9", "L 98-59"], radius="9 arcmin")


@pytest.mark.usefixtures("low")
def test_large_goes_on_and_needs_no_count(archive: SampleArchive, session: Session) -> None:
    assert len(session.search(sequence_number=14, large=True).observations) > 2
    assert asked(archive) == ["rows", "products"]


@pytest.mark.usefixtures("low")
def test_a_small_question_with_a_large_answer_is_refused_too(session: Session) -> None:
    with pytest.raises(QueryError, match="12 observations"):
        session.search(KELT9)
    assert len(session.search(KELT9, large=True).observations) == 12


@pytest.mark.usefixtures("low")
def test_counting_needs_no_permission(session: Session) -> None:
    assert session.count(sequence_number=14) > 2
    assert session.count(["KELT-9", (307.86, 39.94)], radius="1 deg") == 12


@pytest.mark.usefixtures("low")
def test_products_of_a_long_table_are_refused_before_any_is_listed(archive: SampleArchive, session: Session) -> None:
    seen = tess_source.observations(KELT9, large=True, session=session)
    archive.clear()
    with pytest.raises(QueryError, match="the products of 12 observations"):
        tess_source.products(seen, session=session)
    assert asked(archive) == []
    assert len(tess_source.products(seen, large=True, session=session)) == 96


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (50_001, ("50,001 observations", "2 pages", "101 requests", "505.0 MB")),
        (2_100_000, ("2,100,000 observations", "42 pages", "4,200 requests", "15.9 GB", "49 minutes")),
    ],
)
def test_the_cost_is_estimated_from_pages_and_rows(rows: int, said: tuple[str, ...]) -> None:
    with pytest.raises(QueryError) as error:
        guard.check_rows(rows)
    for part in said:
        assert part in str(error.value)


def test_50_000_observations_are_not_too_many() -> None:
    guard.check_rows(50_000)
    guard.check_rows(50_000, listing=True)


@pytest.mark.parametrize(
    ("query", "large"),
    [
        (Query((Target("a", ra=1.0, dec=2.0),) * 10_000), False),
        (Query((Target("a", ra=1.0, dec=2.0, radius=1800.0),)), True),
        (Query((Target("a", tic=1),) * 1000), False),
        (Query((Target("a", tic=1),) * 1001), True),
        (Query((), {"OBSID": [1, 2]}), False),
        (Query((), {"obsid": range(60_000)}), True),
        (Query((), {"obs_id": None, "project": "TESS"}), True),
        (Query((), {"target_name": ["TESS FFI", "5"]}), False),
    ],
    ids=range(8),
)
def test_a_question_tells_whether_its_answer_may_be_large(query: Query, large: bool) -> None:
    assert guard.may_be_large(query, query.criteria) is large


def test_progress_is_told_page_by_page(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tess_source_mast.portal.ROWS_OF_PAGE", 5)
    with caplog.at_level(logging.WARNING):
        tess_source.observations(KELT9, large=True, session=session)
    assert [line.partition(": ")[2] for line in caplog.messages] == [
        "page 1 of 3, 5 of 12 rows", "page 2 of 3, 10 of 12 rows", "page 3 of 3, 12 of 12 rows",
    ]  # fmt: skip
