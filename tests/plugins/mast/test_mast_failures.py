"""When the archive fails: what passes is waited for, what lasts is an error with a name, and never an empty answer."""

from __future__ import annotations

import copy
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from mast_case import KELT9, L98, PLACE, no_pauses, portal_requests, session_at, some_observations

from tess_source import Session
from tess_source.download.http import seconds_to_wait
from tess_source.errors import ServiceError, TessSourceError
from tess_source.functions import products
from tess_source_mast import deadline
from tess_source_sample import portal as sample_portal
from tess_source_sample.facts import SYNTHETIC_TIC
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

FILTERED, PRODUCTS = "Mast.Caom.Filtered", "Mast.Caom.Products"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def shared_archive() -> Iterator[SampleArchive]:
    """One that has more stars."""
    with SampleArchive(extra=20) as running:
        yield running


@pytest.fixture
def archive(archive: SampleArchive, monkeypatch: pytest.MonkeyPatch) -> SampleArchive:
    no_pauses(monkeypatch)
    session_at(archive).count(KELT9)  # the description of columns is remembered from here on
    archive.clear()
    return archive


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return session_at(archive)


def asked_sizes(archive: SampleArchive) -> list[int]:
    """Give how many observations each product request was about."""
    requests = [request for request in portal_requests(archive) if request.service == PRODUCTS]
    return [len(request.body["request"]["params"]["obsid"].split(",")) for request in requests]


PASSING = {
    "503": Fault("status", match=FILTERED, times=2),
    "429": Fault("status", match=FILTERED, status=429),
    "502 for columns": Fault("status", match="columnsconfig", status=502),
    "empty columns": Fault("empty", match="columnsconfig"),
    "reset": Fault("reset", match=FILTERED),
    "truncated": Fault("truncate", match=FILTERED),
    "too short": Fault("wrong-length", match=FILTERED, by=1000),
    "bad JSON": Fault("bad-json", match=FILTERED),
    "web page": Fault("html", match=FILTERED),
    "garbage": Fault("garbage", match=FILTERED),
    "timeout in the envelope": Fault("json-error", match=FILTERED),
    "redirect": Fault("redirect", match=FILTERED),
    "no length": Fault("no-length", match=FILTERED),
    "resolver": Fault("status", match="Santa-war"),
    "products": Fault("status", match=PRODUCTS, times=3),
    "slow": Fault("slow", match=FILTERED, rate=100_000),
}


@pytest.mark.parametrize("kind", PASSING)
def test_a_passing_failure_is_waited_for(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    no_pauses(monkeypatch)
    with SampleArchive(faults=[PASSING[kind]]) as fresh:
        found = session_at(fresh).search("KELT-9", radius=3)
        assert (len(found.observations), len(found.products)) == (12, 96)
        assert fresh.faults.struck == (PASSING[kind].times if kind != "no length" else 1)


LASTING: dict[str, tuple[Fault, str]] = {
    "503": (Fault("status", match=FILTERED, times=None), r"Mast.Caom.Filtered.Position: .*\(HTTP 503\)\. .*repeated"),
    "404": (Fault("status", match=FILTERED, status=404, times=None), r"\(HTTP 404\)"),
    "401": (Fault("status", match=FILTERED, status=401, times=None), r"\(HTTP 401\)\. Is the MAST token valid"),
    "413": (Fault("status", match=FILTERED, status=413, times=None), r"\(HTTP 413\)\. Ask for less"),
    "truncated": (Fault("truncate", match=FILTERED, times=None), "Filtered.Position: the connection broke"),
    "reset": (Fault("reset", match=FILTERED, times=None), "Filtered.Position: the connection broke"),
    "bad JSON": (Fault("bad-json", match=FILTERED, times=None), "the answer is not whole"),
    "web page": (Fault("html", match=FILTERED, times=None), "the answer is a web page"),
    "an error": (Fault("json-error", match=FILTERED, message="Invalid object name"), "ERROR: Invalid object name"),
    "a timeout": (Fault("json-error", match=FILTERED, times=None), "Timeout expired"),
    "redirects": (Fault("redirect-loop", match=FILTERED, times=None), "redirects too often, perhaps in a circle"),
    "resolver": (Fault("status", match="Santa-war", times=None), r"MAST name resolver: .*\(HTTP 503\)"),
    "resolver, no list": (Fault("empty", match="Santa-war", times=None), "MAST name resolver: it failed"),
    "products": (Fault("status", match=PRODUCTS, times=None), r"Mast.Caom.Products: .*\(HTTP 503\)"),
}


@pytest.mark.parametrize("kind", LASTING)
def test_a_lasting_failure_names_the_service_the_code_and_what_to_do(
    archive: SampleArchive, session: Session, kind: str
) -> None:
    fault, says = LASTING[kind]
    archive.faults.add(fault)
    with pytest.raises(ServiceError, match=says) as caught:
        session.search("KELT-9", radius=3)
    assert isinstance(caught.value, ConnectionError)
    assert caught.value.advice


def test_repetitions_are_bounded(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("status", match=FILTERED, times=None))
    with pytest.raises(ServiceError, match=f"tried {deadline.TRIES} times"):
        session.count(KELT9)
    assert len(portal_requests(archive)) == deadline.TRIES


def test_a_wrong_question_is_not_repeated(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("status", match=FILTERED, status=400, times=None))
    with pytest.raises(ServiceError):
        session.count(KELT9)
    assert len(portal_requests(archive)) == 1


def test_no_server_is_a_failure_and_not_an_empty_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    no_pauses(monkeypatch)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    import tess_source_mast

    with pytest.raises(ServiceError, match=f"no connection, .*{address}"):
        Session(address, discover=False, plugins=[tess_source_mast]).search(KELT9)


def test_mast_itself_has_a_help_desk() -> None:
    from tess_source_mast.hosts import advice

    assert "archive@stsci.edu" in advice(None)
    assert "archive@stsci.edu" in advice("https://mast.stsci.edu")
    assert "127.0.0.1" in advice("http://127.0.0.1:1")


# -- waiting -------------------------------------------------------------------------------------------------------


def test_a_running_job_is_asked_for_again_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(deadline.Deadline, "sleep", lambda self, seconds, service, problem: pauses.append(seconds))
    with SampleArchive(executing=5) as busy:
        assert len(session_at(busy).search(KELT9).products) == 96
        per_question = [request.service for request in portal_requests(busy)]
    assert per_question == [FILTERED] * 6 + [PRODUCTS] * 6
    assert pauses == pytest.approx(2 * [0.5, 0.75, 1.125, 1.6875, 2.53125])


def test_pauses_while_a_job_runs_are_bounded() -> None:
    polls = deadline.Deadline(1).polls()
    grown = [next(polls) for _ in range(50)]
    assert grown == sorted(grown)
    assert grown[-1] == deadline.LONGEST_POLL


def test_a_job_that_never_ends_is_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = [0.0]

    def skip(stop: threading.Event, seconds: float) -> None:
        skipped[0] += seconds

    monkeypatch.setattr(deadline, "paused", skip)
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + skipped[0]))
    with (
        SampleArchive(executing=10**9) as busy,
        pytest.raises(ServiceError, match=r"still working.*after 60 s.*timeout="),
    ):
        session_at(busy, timeout=60).search(KELT9)


def test_a_trickle_is_given_up_at_the_deadline() -> None:
    with (
        SampleArchive(faults=[Fault("slow", match=FILTERED, rate=100.0, times=None)]) as slow,
        pytest.raises(
            ServiceError, match=r"too slowly|no answer within"
        ),  # whether it ends between two bytes or waiting for one
    ):
        session_at(slow, timeout=1.0).search(KELT9)


def test_silence_is_given_up_at_the_deadline() -> None:
    with (
        SampleArchive(faults=[Fault("latency", match=FILTERED, seconds=30, times=None)]) as silent,
        pytest.raises(ServiceError, match="no answer within"),
    ):
        session_at(silent, timeout=0.3).search(KELT9)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("3", 3.0),
        ("7200", deadline.LONGEST_RETRY_AFTER),
        ("soon", None),
        (format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True), 0.0),
    ],
    ids=["3 s", "two hours", "no time", "an hour ago"],  # not the time of day: workers of xdist must agree
)
def test_retry_after_is_granted_up_to_a_limit(header: str, expected: float | None) -> None:
    asked = seconds_to_wait(header)
    if expected is None:
        assert asked is None
    else:
        assert deadline.pause(0, asked) == expected


def test_pauses_between_tries_grow_and_differ() -> None:
    first = [deadline.pause(0, None) for _ in range(20)]
    later = [deadline.pause(3, None) for _ in range(20)]
    assert len(set(first)) > 1
    assert max(first) <= deadline.PAUSE < min(later)
    assert deadline.pause(50, None) <= deadline.LONGEST_PAUSE


def test_a_repetition_is_said(archive: SampleArchive, session: Session, caplog: pytest.LogCaptureFixture) -> None:
    archive.faults.add(Fault("status", match=FILTERED))
    with caplog.at_level(logging.WARNING):
        session.count(KELT9)
    assert "HTTP 503" in caplog.text
    assert "trying again" in caplog.text


# -- what an answer claims -----------------------------------------------------------------------------------------


@pytest.fixture
def altered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Json, Json], Json]], None]:
    """Let the archive's answers be changed: from request and honest answer to what is sent."""
    honest = sample_portal.invoke

    def alter(change: Callable[[Json, Json], Json]) -> None:
        def invoke(catalogue: Any, request: Json) -> Json:
            return change(request, copy.deepcopy(honest(catalogue, request)))

        monkeypatch.setattr(sample_portal, "invoke", invoke)

    return alter


def test_fewer_rows_than_the_archive_counts_are_a_failure(session: Session, altered: Any) -> None:
    altered(lambda request, answer: {**answer, "data": answer["data"][:-1]})
    with pytest.raises(ServiceError, match="says that there are 12 rows, and gave 11"):
        session.search(KELT9)


def test_the_same_page_again_is_a_failure(session: Session, altered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source_mast.portal.ROWS_OF_PAGE", 6)
    first: list[Json] = []

    def repeat(request: Json, answer: Json) -> Json:
        first.append(answer)
        return first[0]

    altered(repeat)
    with pytest.raises(ServiceError, match="asked for page 2, it gave page 1"):
        session.search(KELT9)


def test_no_rows_without_a_count_of_them_are_a_failure(session: Session, altered: Any) -> None:
    altered(lambda request, answer: {**answer, "data": [], "paging": None})
    with pytest.raises(ServiceError, match="does not say that there are none"):
        session.search(KELT9)


@pytest.mark.parametrize(
    "answer", [[], {}, {"status": "COMPLETE"}, {"status": "COMPLETE", "data": {}, "fields": []}, 3, None]
)
def test_what_is_no_envelope_is_a_failure(session: Session, altered: Any, answer: Any) -> None:
    altered(lambda *_: answer)
    with pytest.raises(ServiceError):
        session.search(KELT9)


def test_a_count_that_is_no_number_is_a_failure(session: Session, altered: Any) -> None:
    altered(lambda request, answer: {**answer, "data": [{"Column1": None}]})
    with pytest.raises(ServiceError, match="asked for a number of rows"):
        session.count(KELT9)


def test_a_confirmed_zero_is_an_empty_answer(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("empty", match=FILTERED))
    found = session.search(KELT9)
    assert (len(found.observations), len(found.products)) == (0, 0)


def test_a_confirmed_zero_of_products_is_an_empty_answer(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("empty", match=PRODUCTS))
    found = session.search(KELT9)
    assert (len(found.observations), len(found.products)) == (12, 0)


def test_rows_of_targets_that_were_not_asked_for_are_dropped(
    session: Session, altered: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def stray(request: Json, answer: Json) -> Json:
        if request["service"] == FILTERED:
            answer["data"][0]["target_name"] = "420112589"
        return answer

    altered(stray)
    with caplog.at_level(logging.WARNING):
        found = session.search(KELT9)
    assert (len(found.observations), set(found.observations["tic"])) == (11, {KELT9})
    assert "1 rows of targets that were not asked for" in caplog.text


def test_products_of_observations_that_were_not_asked_for_are_dropped(
    session: Session, altered: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def stray(request: Json, answer: Json) -> Json:
        if request["service"] == PRODUCTS:
            answer["data"][0]["parent_obsid"] = 2003738726
        return answer

    altered(stray)
    with caplog.at_level(logging.WARNING):
        assert len(session.search(KELT9).products) == 95
    assert "1 products of observations that were not asked for" in caplog.text


def test_missing_and_new_columns_are_tolerated(session: Session, altered: Any) -> None:
    gone = {"objID", "calib_level", "filters", "dataRights", "s_ra"}

    def older(request: Json, answer: Json) -> Json:
        if answer["fields"][0]["name"] == "Column1":
            return answer
        fields = [field for field in answer["fields"] if field["name"] not in gone] + [{"name": "new", "type": "int"}]
        rows = [{key: value for key, value in row.items() if key not in gone} | {"new": 1} for row in answer["data"]]
        return {**answer, "fields": fields, "data": rows}

    altered(older)
    found = session.search([KELT9, PLACE])
    assert (len(found.observations), len(found.products)) == (12, 96)
    assert set(found.observations["new"]) == set(found.products["new"]) == {1}


def test_a_resolver_that_answers_for_another_name_is_not_believed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"searchString": "m 31", "resolver": "NED", "canonicalName": "M 31", "ra": 10.7, "decl": 41.3}
    monkeypatch.setattr("tess_source_sample.portal.resolve", lambda *_: {"resolvedCoordinate": [other], "status": ""})
    with pytest.raises(ServiceError, match="answered for 'm 31'"):
        session.search("KELT-9")


def test_a_resolver_that_knows_a_name_but_not_the_place_is_not_believed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = {"searchString": "kelt-9", "resolver": "NED", "canonicalName": "KELT-9", "ra": None, "decl": None}
    monkeypatch.setattr("tess_source_sample.portal.resolve", lambda *_: {"resolvedCoordinate": [nowhere], "status": ""})
    with pytest.raises(ServiceError, match="gave no coordinates"):
        session.search("KELT-9")


# -- too much for the server ---------------------------------------------------------------------------------------


def too_many(limit: int, fail: Callable[[], Json]) -> Callable[[Json, Json], Json]:
    """Let product requests about more observations than a limit fail."""

    def change(request: Json, answer: Json) -> Json:
        heavy = request["service"] == PRODUCTS and len(request["params"]["obsid"].split(",")) > limit
        return fail() if heavy else answer

    return change


def test_a_product_request_that_times_out_is_halved_until_it_is_small_enough(
    archive: SampleArchive, session: Session, altered: Any
) -> None:
    targets = [SYNTHETIC_TIC + number for number in range(20)]
    whole = session.search(targets).products
    archive.clear()
    altered(too_many(12, lambda: sample_portal.error("Timeout expired.")))
    assert session.search(targets).products == whole
    assert asked_sizes(archive) == [40, 20, 10, 10, 20, 10, 10]


def test_a_product_request_that_fails_is_tried_again_before_it_is_halved(
    archive: SampleArchive, session: Session
) -> None:
    archive.faults.add(Fault("status", match=PRODUCTS, status=500, times=deadline.TRIES))
    assert len(session.search(KELT9).products) == 96
    assert asked_sizes(archive) == [12] * deadline.TRIES + [6, 6]


def test_halving_ends_at_one_observation(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("status", match=PRODUCTS, times=None))
    with pytest.raises(ServiceError, match="HTTP 503"):
        session.search(KELT9)
    assert asked_sizes(archive) == [12] * deadline.TRIES + [6, 6, 3, 3, 1, 1]


def test_one_failed_batch_fails_the_whole_list(
    archive: SampleArchive, session: Session, altered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of the products is never shown as all of them."""
    monkeypatch.setattr("tess_source_mast.products.MOST_OBSERVATIONS", 1)
    observations = some_observations(session)
    last = observations["obsid"][-1]

    def change(request: Json, answer: Json) -> Json:
        mine = request["service"] == PRODUCTS and request["params"]["obsid"] == last
        return sample_portal.error("no such thing") if mine else answer

    altered(change)
    with pytest.raises(ServiceError, match="no such thing"):
        products(observations, session=session)


def test_at_most_four_questions_are_asked_at_the_same_time(
    archive: SampleArchive, session: Session, altered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when several threads of a program ask."""
    monkeypatch.setattr("tess_source_mast.products.MOST_OBSERVATIONS", 1)
    observations = some_observations(session)
    guard, now, most = threading.Lock(), [0], [0]
    arrived = threading.Barrier(4)

    def change(request: Json, answer: Json) -> Json:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            arrived.wait(60)  # 24 questions in six rounds of four
        finally:
            with guard:
                now[0] -= 1
        return answer

    altered(change)
    others = threading.Thread(target=lambda: products(observations, session=session))
    others.start()
    assert len(products(observations, session=session)) == 96
    others.join()
    assert most == [4]


def test_answers_to_many_threads_are_not_mixed_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source_mast.questions.MOST_TARGETS", 1)
    targets = [SYNTHETIC_TIC + number for number in range(20)] + [KELT9, L98]
    found = session.search(targets)
    assert set(found.products["tic"]) == set(targets)
    parents = dict(zip(found.observations["obsid"], found.observations["tic"], strict=True))
    assert all(parents[row["parent_obsid"]] == row["tic"] for row in found.products)


def test_after_a_failure_the_other_questions_are_given_up() -> None:
    from tess_source_mast.batches import in_parallel

    given_up = []

    def work(item: int, stop: threading.Event) -> None:
        if item == 1:
            raise ServiceError("here", "the first failure")
        given_up.append(stop.wait(30))
        raise ServiceError("here", "given up")

    with pytest.raises(ServiceError, match="the first failure"):
        in_parallel(work, range(3), 2)
    assert given_up in ([], [True])


def test_a_question_whose_answer_is_not_wanted_any_more_is_not_asked(archive: SampleArchive, session: Session) -> None:
    from tess_source_mast.portal import portal

    unwanted = deadline.Deadline(10)
    unwanted.stop.set()
    with pytest.raises(ServiceError, match="given up"):
        portal(session.settings).ask(PRODUCTS, {"obsid": "27503032"}, session.settings, unwanted)
    assert archive.requests == []


def test_every_failure_is_one_of_ours(archive: SampleArchive, session: Session) -> None:
    for kind in ("reset", "truncate", "garbage", "html", "bad-json", "wrong-length"):
        archive.faults.clear()
        archive.faults.add(Fault(kind, times=None))
        with pytest.raises(TessSourceError):
            session.search("KELT-9")


def test_a_message_of_any_length_is_shown_by_its_beginning(archive: SampleArchive, session: Session) -> None:
    archive.faults.add(Fault("json-error", match=FILTERED, message="Invalid " + "x" * 100_000))
    with pytest.raises(ServiceError, match="ERROR: Invalid xxx") as caught:
        session.search("KELT-9", radius=3)
    assert len(str(caught.value)) < 1000
