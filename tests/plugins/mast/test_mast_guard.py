"""A question to the portal that would bring too many observations is counted, and refused before a row is fetched."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from answering import FILTERED, Answering, renamed, with_, without
from fuzz import altered_json, attempts
from mast_case import KELT9, L98, portal_requests, session_at

import tess_source
from tess_source import Query, Session, Target
from tess_source.errors import LargeAnswerError, QueryError, ServiceError
from tess_source_mast import guard, observations
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
    number = session.count(target, large=True, **words)
    archive.clear()
    with pytest.raises(LargeAnswerError, match="more than 2 are fetched only if you say so") as error:
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
def test_counting_needs_no_permission_unless_rows_have_to_be_fetched(archive: SampleArchive, session: Session) -> None:
    assert session.count(sequence_number=14) > 2
    overlapping: Any = (["KELT-9", (307.86, 39.94)],)
    with pytest.raises(QueryError, match="24 observations"):
        session.count(*overlapping, radius="1 deg")
    assert "rows" not in asked(archive)
    assert session.count(*overlapping, radius="1 deg", large=True) == 12


@pytest.mark.usefixtures("low")
def test_products_of_a_long_table_are_refused_before_any_is_listed(archive: SampleArchive, session: Session) -> None:
    seen = tess_source.observations(KELT9, large=True, session=session)
    archive.clear()
    with pytest.raises(QueryError, match="the products of 12 observations"):
        tess_source.products(seen, session=session)
    ways: list[Callable[[Any], Any]] = [session.found, session.plan, session.download, session.urls, session.load]
    for way in ways:
        with pytest.raises(LargeAnswerError, match="the products of 12 observations"):
            way(seen)
    assert asked(archive) == []
    assert len(tess_source.products(seen, large=True, session=session)) == 96
    assert len(session.found(seen, large=True)) == len(session.plan(seen, large=True)) == 96
    assert len(session.urls(session.found(seen, large=True))) == 96


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
        (Query((Target("a", tic=1),) * 250), False),
        (Query((Target("a", tic=1),) * 251), True),
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


# -- counts and pages that are not as they should be --

SECTOR = Query((), {"sequence_number": 14}, defaults={"project": "TESS", "dataproduct_type": "timeseries"})
MANY = Query((), {"target_name": "1*"}, wildcards=True, defaults={"project": "TESS"})


def counted(answer: Any) -> bool:
    return [*answer["data"][0]] == ["Column1"]


COUNTS = {
    "none": ([], "asked for a number of rows, it gave"),
    "null": ([{"Column1": None}], "asked for a number of rows, it gave"),
    "a text": ([{"Column1": "many"}], "asked for a number of rows, it gave"),
    "negative": ([{"Column1": -1}], "asked for a number of rows, it gave"),
    "zero": ([{"Column1": 0}], "it counted 0 rows, and gave 24"),
    "too few": ([{"Column1": 23}], "it counted 23 rows, and gave 24"),
    "too many": ([{"Column1": "25"}], "it counted 25 rows, and gave 24"),
}


@pytest.fixture
def paged(stub: Answering, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """An archive with 24 observations of such stars, in pages of five."""
    monkeypatch.setattr("tess_source_mast.portal.ROWS_OF_PAGE", 5)
    monkeypatch.setattr(observations, "ROWS_OF_PART", 5)
    return stub


def both_ways(stub: Answering, query: Query = MANY) -> Iterator[Callable[[], int]]:
    """Give the two ways to ask for rows: all at once, and page by page."""
    yield lambda: len(observations.find(query, stub.settings))
    taken: list[int] = []
    yield (
        lambda: sum(taken) if observations.give_pages(query, stub.settings, lambda part: taken.append(len(part))) else 0
    )


@pytest.mark.parametrize("kind", COUNTS)
def test_a_count_that_is_not_that_of_the_rows_is_a_failure(paged: Answering, kind: str) -> None:
    data, said = COUNTS[kind]
    paged.change = lambda what, answer: (
        {**answer, "data": data, "paging": {**answer["paging"], "rows": len(data), "rowsTotal": len(data), "rowsFiltered": len(data)}}
        if what == FILTERED and counted(answer) else answer
    )  # fmt: skip
    for way in both_ways(paged):
        with pytest.raises(ServiceError, match=said):
            way()


def test_a_count_that_fails_is_a_failure_of_the_search(paged: Answering) -> None:
    paged.change = lambda what, answer: (
        {"status": "ERROR", "msg": "no such table"} if what == FILTERED and counted(answer) else answer
    )
    for way in both_ways(paged):
        with pytest.raises(ServiceError, match="no such table"):
            way()


PAGES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a failure": (lambda answer: {"status": "ERROR", "msg": "out of rows"}, "out of rows"),
    "no rows": (lambda answer: {**answer, "data": []}, "page 3 of 5 is empty"),
    "a row less": (
        lambda answer: {**answer, "data": answer["data"][1:]},
        "it says that there are 24 rows, and gave 23",
    ),
    "a column less": (
        lambda answer: {
            **answer,
            "fields": [field for field in answer["fields"] if field["name"] != "t_min"],
            "data": [{name: value for name, value in row.items() if name != "t_min"} for row in answer["data"]],
        },
        "its pages differ in their columns: 't_min'",
    ),
    "another column": (renamed("t_min", "began"), "its pages differ in their columns"),
    "more in all": (with_("paging/rowsTotal", 25), "it says that there are 25 rows, and gave 24"),
    "less pages": (with_("paging/pagesFiltered", 2), ""),
    "no count": (without("paging"), "but does not say that these are all"),
}


@pytest.mark.parametrize("kind", PAGES)
def test_a_strange_page_among_others_is_a_failure_and_no_part_passes_for_the_whole(paged: Answering, kind: str) -> None:
    change, said = PAGES[kind]
    paged.change = lambda what, answer: change(answer) if (answer.get("paging") or {}).get("page") == 3 else answer
    for way in both_ways(paged):
        if said:
            with pytest.raises(ServiceError, match=said):
                way()
        else:
            assert way() == 24  # the number of pages is that of the first


def test_a_page_that_comes_again_under_another_number_is_a_failure(paged: Answering) -> None:
    kept: list[Any] = []

    def repeated(what: str, answer: Any) -> Any:
        if (page := (answer.get("paging") or {}).get("page")) == 2:
            kept[:] = answer["data"]
        return {**answer, "data": kept} if page == 3 else answer

    paged.change = repeated
    for way in both_ways(paged):
        with pytest.raises(ServiceError, match="the same rows are on several of its pages"):
            way()


def test_an_altered_page_among_others_is_a_service_error_or_leaves_all_rows(paged: Answering) -> None:
    raw = []
    for number, chance in attempts(15):
        page, sent = chance.randint(1, 5), []

        def change(what: str, answer: Any, page: int = page, chance: Any = chance, sent: list[Any] = sent) -> Any:
            if (answer.get("paging") or {}).get("page") != page or counted(answer):
                return answer
            sent[:] = sent or [altered_json(answer, chance)]
            return sent[0]

        paged.change = change
        for way in both_ways(paged):
            sent.clear()
            try:
                rows = way()
            except ServiceError:
                continue
            except Exception as error:  # noqa: BLE001 - the test is that there is none
                raw.append((number, f"{type(error).__name__}: {error}"[:200]))
                continue
            if rows != 24:
                raw.append((number, f"{rows} rows"))
    assert raw == []
