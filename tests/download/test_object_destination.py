"""Downloads to an object store: whole, verified objects or none, each once; and what is there is not fetched again."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from object_case import Planned, Toys, asked_for_files, fits, planner, spooled, wanted
from s3 import KEYS, SECRET, Answer, S3Server, hang_up, reset
from serving import WHOLE, Server, content

from tess_source import Session
from tess_source.errors import OfflineError
from tess_source.object_store import store
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes
from tess_source.settings import Patience

MARK = "tess-source-sha256"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Patience, "pause", lambda patience, attempt, seconds: 0.0)
    monkeypatch.setitem(store.RETRIES, "max_retries", 2)
    monkeypatch.setitem(store.RETRIES, "backoff", {"init_backoff": timedelta(milliseconds=1)})
    store._opened.cache_clear()


@pytest.fixture
def planned(server: Server, bucket: ObjectPath, tmp_path: Path) -> Planned:
    return planner(server, bucket, tmp_path / "cache")


# -- all well --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_file_becomes_a_whole_object_with_its_sums(
    planned: Planned, bucket: ObjectPath, s3: S3Server, jobs: int
) -> None:
    plan = planned(8)
    manifest = plan.download(jobs=jobs)
    assert manifest.errors == {}
    assert fits(s3, bucket) == wanted(8)
    assert s3.uploads(bucket.bucket) == []
    assert spooled(plan) == []
    for number, entry in enumerate(manifest):
        body = content(number)
        assert (entry.status, entry.bytes, entry.path) == ("fetched", WHOLE, None)
        assert entry.object == entry.place == bucket / f"lc/o/{number:03d}.fits"
        assert entry.sha256 == hashlib.sha256(body).hexdigest()
        assert entry.object_etag == f'"{hashlib.md5(body).hexdigest()}"'
    folder = ObjectFolder(bucket / "lc")
    assert folder.verified_sum("o/003.fits") == (folder.exists("o/003.fits"), manifest[3].sha256)


def test_what_is_there_is_neither_fetched_nor_read_again_on_any_machine(
    planned: Planned, server: Server, s3: S3Server, tmp_path: Path
) -> None:
    plan = planned(12)
    first = plan.download()
    asked = asked_for_files(server)
    s3.requests.clear()
    elsewhere = plan.using(Session(discover=False, plugins=[Toys(server.url)], cache=tmp_path / "another machine"))
    again = elsewhere.download()
    assert [entry.status for entry in again] == ["here"] * 12
    assert [(e.sha256, e.object_etag, e.object, e.bytes) for e in again] == [
        (e.sha256, e.object_etag, e.object, e.bytes) for e in first
    ]
    assert asked_for_files(server) == asked
    assert s3.count("GET", ".fits") == s3.count("HEAD") == s3.count("PUT") == 0, "the index tells of all"
    assert len(s3.requests) < 12


def test_a_dry_run_tells_what_is_there(planned: Planned, server: Server) -> None:
    planned(2).download()
    assert planned(3).expected()["status"].to_list() == ["here", "here", "fetched"]
    assert planned(3).here().to_list() == [True, True, False]
    assert asked_for_files(server) == 2


def test_offline_no_store_is_asked(planned: Planned, s3: S3Server, bucket: ObjectPath, tmp_path: Path) -> None:
    offline = Session(discover=False, offline=True, cache=tmp_path / "cache")
    plan = planned(1).using(offline)
    questions: list[Callable[[], object]] = [
        plan.download,
        plan.expected,
        plan.here,
        lambda: plan.save(f"{bucket}/lock.ecsv"),
        lambda: offline.load_plan(f"{bucket}/lock.ecsv"),
    ]
    for ask in questions:
        with pytest.raises(OfflineError, match=f"offline, .*{bucket}"):
            ask()
    assert s3.requests == []


def test_without_the_index_an_object_of_ours_is_known_by_its_mark_and_not_read(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath
) -> None:
    planned(3).download()
    for path in list(ObjectFolder(bucket / "lc").list(".tess-source")):
        ObjectFolder(bucket / "lc").remove(path)
    s3.requests.clear()
    assert [entry.status for entry in planned(3).download()] == ["here"] * 3
    assert s3.count("GET", ".fits") == 0
    assert s3.count("HEAD", ".fits") == 3
    s3.requests.clear()
    assert [entry.status for entry in planned(3).download()] == ["here"] * 3
    assert s3.count("HEAD") == 0, "it was noted again"


def test_an_object_that_another_program_has_uploaded_is_read_once(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath
) -> None:
    upload_bytes(content(0), bucket / "lc/o/000.fits")
    plan = planned(1)
    assert [entry.status for entry in plan.download()] == ["here"]
    assert s3.count("GET", ".fits") == 1
    assert [entry.status for entry in plan.download()] == ["here"]
    assert s3.count("GET", ".fits") == 1
    assert asked_for_files(server) == 0


@pytest.mark.parametrize(
    "damaged", [content(1), content(0)[:-1], content(0) + b"x", content(0)[:-1] + b"?", b"", b"<html>no</html>"],
    ids=["another file", "cut", "longer", "a changed byte", "empty", "a page"],
)  # fmt: skip
def test_a_damaged_object_is_replaced(planned: Planned, s3: S3Server, bucket: ObjectPath, damaged: bytes) -> None:
    if damaged == content(1):  # whole, but known by its sum not to be the file
        plan = planned(1)
        sums = plan.items.to_polars().with_columns(
            sha256=plan.items["uri"].str.replace(".*", hashlib.sha256(content(0)).hexdigest())
        )
        plan = replace(plan, items=type(plan.items)(sums))
    else:
        plan = planned(1)
    upload_bytes(damaged, bucket / "lc/o/000.fits")
    assert [entry.status for entry in plan.download()] == ["fetched"]
    assert fits(s3, bucket) == wanted(1)


def test_an_object_that_was_changed_after_it_was_verified_is_noticed(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    planned(1).download()
    upload_bytes(content(0)[:-1] + b"?", bucket / "lc/o/000.fits")
    assert [entry.status for entry in planned(1).download()] == ["fetched"]
    assert fits(s3, bucket) == wanted(1)


def test_an_object_that_was_changed_by_a_program_that_keeps_its_metadata_is_noticed(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    """A program that shows a bucket as a folder does so; no matter whether the index is there."""
    planned(2).download()
    for number in range(2):
        key = f"lc/o/{number:03d}.fits"
        there = s3.backend.get_object(bucket.bucket, key)
        changed = s3.backend.put_object(bucket.bucket, key, content(number)[:-1] + b"?")
        changed.set_metadata(there.metadata)
        assert ObjectFolder(bucket).verified_sum(key) == (ObjectFolder(bucket).exists(key), "")
        assert [entry.status for entry in planned(2).download()].count("fetched") == 1
        for path in list(ObjectFolder(bucket / "lc").list(".tess-source")):
            ObjectFolder(bucket / "lc").remove(path)
    assert fits(s3, bucket) == wanted(2)


def test_files_of_the_cache_folder_are_uploaded_and_not_fetched(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath
) -> None:
    plan = planned(2)
    session: Any = plan.session
    plan.to(session.store.root).download()
    asked = asked_for_files(server)
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["copied"] * 2
    assert fits(s3, bucket) == wanted(2)
    assert asked_for_files(server) == asked
    assert all(entry.object_etag for entry in manifest)


# -- faults of the store ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("500 Internal Server Error", "InternalError"), "lc/o/000.fits: its server fails (HTTP 500)"),
        (Answer("503 Slow Down", "SlowDown"), "the store asks for fewer requests"),
        (Answer("403 Forbidden", "AccessDenied"), "access is denied to your keys"),
        (Answer("400 Bad Request", "ExpiredToken"), "your session token has expired"),
        (Answer("404 Not Found", "NoSuchBucket"), "there is no such bucket"),
        (Answer("301 Moved", "PermanentRedirect"), "another region"),
        (Answer("507 Insufficient Storage", ""), "no room left"),
    ],
    ids=lambda value: value.status if isinstance(value, Answer) else "",
)
def test_an_upload_that_is_refused_is_an_error_of_its_file_and_nothing_is_fetched_twice(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath, answer: Answer, said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    plan = planned(2)
    s3.fail(answer, method="PUT", ending=".fits")
    manifest = plan.download(jobs=1)
    assert fits(s3, bucket) == {}
    assert len(manifest.errors) == 2
    for error in manifest.errors.values():
        assert said in error or "lc/o/001.fits" in error
        assert f"s3://{bucket.bucket}" in error
    shown = repr(manifest) + str(manifest.errors) + caplog.text + repr(plan) + plan.to_text()
    assert not [key for key in (SECRET, KEYS["AWS_ACCESS_KEY_ID"]) if key in shown]
    asked = asked_for_files(server)
    s3.faults.clear()
    assert manifest.failed.download().errors == {}
    assert fits(s3, bucket) == wanted(2)
    assert asked_for_files(server) == 2, f"what was fetched ({asked}) waited for its upload"
    assert spooled(plan) == []


def test_after_an_answer_that_holds_for_the_whole_bucket_no_other_file_is_fetched(
    planned: Planned, server: Server, s3: S3Server
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="PUT")
    manifest = planned(30).download(jobs=2)
    assert len(manifest.errors) == 30
    assert asked_for_files(server) <= 4


@pytest.mark.parametrize("answer", [Answer("503 Slow Down", "SlowDown"), Answer("500 Internal Server Error")])
def test_an_upload_that_fails_now_and_then_is_tried_again(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath, answer: Answer
) -> None:
    s3.fail(answer, times=2, method="PUT")
    assert planned(3).download().errors == {}
    assert fits(s3, bucket) == wanted(3)
    assert asked_for_files(server) == 3


def test_an_upload_whose_connection_breaks_is_sent_again_as_a_whole(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    broken = iter([reset] * 2)
    s3.faults.append(lambda asked: next(broken, lambda _: None)(asked) if asked["REQUEST_METHOD"] == "PUT" else None)
    assert planned(3).download().errors == {}
    assert fits(s3, bucket) == wanted(3)


def test_an_upload_whose_answer_is_lost_is_not_taken_for_somebody_elses(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    lost = iter([1])

    def take_it_but_break(asked: Any) -> None:
        if asked["REQUEST_METHOD"] == "PUT" and asked["PATH_INFO"].endswith(".fits") and next(lost, None):
            body = asked["wsgi.input"].read(int(asked["CONTENT_LENGTH"]))
            s3.backend.put_object(bucket.bucket, asked["PATH_INFO"].split("/", 2)[2], body)
            hang_up(asked)

    s3.faults.append(take_it_but_break)
    manifest = planned(2).download()
    assert manifest.errors == {}
    assert fits(s3, bucket) == wanted(2)


def test_a_bucket_that_cannot_be_listed_is_the_error_of_each_file(
    planned: Planned, server: Server, s3: S3Server
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"))
    manifest = planned(3).download()
    assert all("access is denied to your keys" in error for error in manifest.errors.values())
    assert len(manifest.errors) == 3
    assert asked_for_files(server) == 0


def test_a_bucket_that_is_not_there_is_named_before_anything_is_fetched(planned: Planned, server: Server) -> None:
    manifest = planned(2, ObjectPath("s3", "nowhere", "lc")).download()
    assert all("s3://nowhere: there is no such bucket" in error for error in manifest.errors.values())
    assert len(manifest.errors) == 2
    assert asked_for_files(server) == 0


def test_an_index_that_cannot_be_written_or_read_costs_only_time(
    planned: Planned, s3: S3Server, bucket: ObjectPath, server: Server
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), ending=".jsonl")
    assert planned(2).download().errors == {}
    assert [entry.status for entry in planned(2).download()] == ["here"] * 2
    assert asked_for_files(server) == 2


# -- several writers -------------------------------------------------------------------------------------------------------------


def test_a_whole_object_that_somebody_else_has_uploaded_meanwhile_is_taken(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    def somebody(asked: Any) -> None:
        if asked["REQUEST_METHOD"] == "PUT" and asked["PATH_INFO"].endswith("000.fits") and not fits(s3, bucket):
            s3.backend.put_object(bucket.bucket, "lc/o/000.fits", content(0))

    s3.faults.append(somebody)
    plan = planned(1)
    assert [entry.status for entry in plan.download()] == ["here"]
    assert s3.backend.get_object(bucket.bucket, "lc/o/000.fits").metadata.get(f"x-amz-meta-{MARK}") is None, (
        "it is theirs"
    )
    assert spooled(plan) == []


def test_a_damaged_object_that_somebody_else_has_uploaded_meanwhile_is_replaced(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    def somebody(asked: Any) -> None:
        if asked["REQUEST_METHOD"] == "PUT" and asked["PATH_INFO"].endswith("000.fits") and not fits(s3, bucket):
            s3.backend.put_object(bucket.bucket, "lc/o/000.fits", content(0)[:100])

    s3.faults.append(somebody)
    assert [entry.status for entry in planned(1).download()] == ["fetched"]
    assert fits(s3, bucket) == wanted(1)


def test_an_object_that_is_changed_again_and_again_is_an_error_not_an_endless_loop(
    planned: Planned, s3: S3Server, bucket: ObjectPath
) -> None:
    count = iter(range(100))

    def somebody(asked: Any) -> None:
        if asked["REQUEST_METHOD"] == "PUT" and asked["PATH_INFO"].endswith("000.fits"):
            s3.backend.put_object(bucket.bucket, "lc/o/000.fits", b"%d" % next(count))

    s3.faults.append(somebody)
    manifest = planned(1).download()
    assert ["somebody else has written" in error for error in manifest.errors.values()] == [True]


# -- files that wait for their upload --------------------------------------------------------------------------------------------


def test_files_that_nobody_uploads_for_a_week_are_removed(planned: Planned, s3: S3Server) -> None:
    plan = planned(2)
    s3.fail(Answer("500 Internal Server Error"), method="PUT")
    plan.download()
    (old, young) = spooled(plan)
    os.utime(old, (0, 0))
    planned(1, ObjectPath("s3", plan.root.bucket, "elsewhere")).download()
    assert spooled(plan) == [young]


def test_a_file_whose_upload_was_done_as_its_process_was_killed_waits_no_more(
    planned: Planned, s3: S3Server, bucket: ObjectPath, server: Server
) -> None:
    plan = planned(2)
    s3.fail(Answer("500 Internal Server Error"), method="PUT", ending=".fits")
    plan.download()
    s3.faults.clear()
    first, second = sorted(spooled(plan))
    upload_bytes(first.read_bytes(), bucket / "lc/o/000.fits")
    assert [entry.status for entry in planned(1).download()] == ["here"]
    assert spooled(plan) == [second], "it may still be uploaded"
    assert [entry.status for entry in plan.download()] == ["here", "copied"]
    assert spooled(plan) == []


# -- names and the rest ------------------------------------------------------------------------------------------------------------


def test_a_file_whose_path_leads_out_is_refused(planned: Planned, s3: S3Server, bucket: ObjectPath) -> None:
    plan = planned(2)
    paths = plan.items.to_polars().with_columns(path=plan.items["path"].str.replace("o/000", "../../000"))
    manifest = replace(plan, items=type(plan.items)(paths)).download()
    assert len(manifest.errors) == 1
    assert fits(s3, bucket) == {"lc/o/001.fits": content(1)}


def test_a_file_that_the_archive_sends_damaged_is_never_uploaded(
    planned: Planned, server: Server, s3: S3Server, bucket: ObjectPath
) -> None:
    plan = planned(3)
    server.files["/001.fits"] = content(1)[:-1] + b"?"
    manifest = plan.download()
    assert len(manifest.errors) == 1
    assert fits(s3, bucket).keys() == {"lc/o/000.fits", "lc/o/002.fits"}
