"""Uploads of files that are too large for one request: in parts, and still the whole object or none, under the same conditions."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from moto.s3 import models
from requests.structures import CaseInsensitiveDict
from s3 import KEYS, SECRET, Answer, S3Server, hang_up

from tess_source.download.connection import StoppedError
from tess_source.errors import MissingExtraError, ObjectConflictError, ObjectStoreError
from tess_source.object_store import multipart, upload
from tess_source.object_store.multipart import sweep_uploads
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes, upload_file

DATA = bytes(range(250)) * 4
SHA256 = hashlib.sha256(DATA).hexdigest()
ETAG = hashlib.md5(b"".join(hashlib.md5(DATA[at : at + 300]).digest() for at in range(0, 1000, 300))).hexdigest() + "-4"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)
    monkeypatch.setattr(upload, "LARGEST", 999)
    monkeypatch.setattr(upload, "MAPPED", 10)
    monkeypatch.setattr(multipart, "PART", 300)
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "cube.fits"
    file.write_bytes(DATA)
    return file


def parts_of(s3: S3Server) -> list[str]:
    """The parts that came, with the number of each."""
    return sorted(asked.query for asked in s3.requests if asked.method == "PUT" and "partNumber" in asked.query)


def test_a_large_file_is_sent_in_parts_and_completed_at_the_end(bucket: ObjectPath, s3: S3Server, file: Path) -> None:
    etag = upload_file(file, bucket / "sky" / "a b+é%25.fits", if_absent=True, sha256=SHA256)
    assert etag.strip('"') == ETAG
    assert s3.objects(bucket.bucket) == {"sky/a b+é%25.fits": DATA}
    assert s3.backend.get_object(bucket.bucket, "sky/a b+é%25.fits").metadata["x-amz-meta-tess-source-sha256"] == SHA256
    assert s3.uploads(bucket.bucket) == []
    assert len(parts_of(s3)) == 4


def test_a_file_has_no_more_parts_than_the_store_takes(
    bucket: ObjectPath, s3: S3Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multipart, "MOST_PARTS", 2)
    upload_file(file, bucket / "a")
    assert s3.objects(bucket.bucket) == {"a": DATA}
    assert len(parts_of(s3)) == 2


def test_an_object_of_somebody_else_is_not_replaced_and_nothing_is_sent(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    seen = upload_bytes(b"damaged", bucket / "a")
    upload_bytes(b"theirs", bucket / "a")
    for condition in ({"if_absent": True}, {"if_etag": seen}):
        with pytest.raises(ObjectConflictError, match=f"{bucket}/a: somebody else"):
            upload_file(file, bucket / "a", **condition)  # type: ignore[arg-type]
    assert s3.objects(bucket.bucket) == {"a": b"theirs"}
    assert parts_of(s3) == []


@pytest.mark.parametrize("looked", [True, False], ids=["before the last look", "after the last look"])
def test_an_object_that_somebody_else_puts_during_the_upload_is_not_replaced(
    bucket: ObjectPath, s3: S3Server, file: Path, looked: bool
) -> None:
    def somebody(environ: Any) -> None:
        is_last = environ["REQUEST_METHOD"] == "POST" and "uploadId" in environ["QUERY_STRING"]
        if ("partNumber=1" in environ["QUERY_STRING"]) if looked else is_last:
            s3.backend.put_object(bucket.bucket, "a", b"theirs")

    s3.faults.append(somebody)
    with pytest.raises(ObjectConflictError):
        upload_file(file, bucket / "a", if_absent=True)
    assert s3.objects(bucket.bucket) == {"a": b"theirs"}
    assert s3.uploads(bucket.bucket) == []
    assert sum("uploadId" in asked.query for asked in s3.requests if asked.method == "POST") == (not looked)


def test_a_damaged_object_is_replaced_if_it_is_still_the_one_that_was_seen(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    conditions = []
    s3.faults.append(lambda environ: conditions.append(environ.get("HTTP_IF_MATCH")))  # type: ignore[func-returns-value]
    seen = upload_bytes(b"damaged", bucket / "a")
    upload_file(file, bucket / "a", if_etag=seen)
    assert s3.objects(bucket.bucket) == {"a": DATA}
    assert conditions[-1] == seen, "the store is asked to look, too"


DENIED = Answer("403 Forbidden", "AccessDenied"), ": access is denied to your keys"


@pytest.mark.parametrize(
    ("at", "answer", "said"),
    [
        ("begin", *DENIED),
        ("part", *DENIED),
        ("end", *DENIED),
        ("part", Answer("403 Forbidden", "SignatureDoesNotMatch"), ": your secret key does not belong to your access key"),
        ("end", Answer("503 Slow Down", "SlowDown"), "/a: the store asks for fewer requests"),
        ("part", Answer("500 Internal Server Error", "InternalError"), "/a: its server fails"),
        ("part", Answer("400 Bad Request", "BadDigest"), "/a: bytes were changed on the way"),
    ],
    ids=lambda value: value.code if isinstance(value, Answer) else value,
)  # fmt: skip
def test_an_upload_that_fails_is_aborted_and_says_why_without_keys(
    bucket: ObjectPath, s3: S3Server, file: Path, at: str, answer: Answer, said: str
) -> None:
    def fault(environ: Any) -> Answer | None:
        begins_or_ends = "end" if "uploadId" in environ["QUERY_STRING"] else "begin"
        stage = {"POST": begins_or_ends, "PUT": "part"}.get(environ["REQUEST_METHOD"])
        return answer if at == stage else None

    s3.faults.append(fault)
    with pytest.raises(ObjectStoreError) as caught:
        upload_file(file, bucket / "a", if_absent=True)
    assert str(caught.value).startswith(f"s3://{bucket.bucket}{said}")
    assert caught.value.__context__ is None
    assert not [key for key in (SECRET, *KEYS.values()) if key in str(caught.value)]
    assert s3.objects(bucket.bucket) == {}
    assert s3.uploads(bucket.bucket) == []


def test_connections_that_break_cost_a_try_of_one_part(bucket: ObjectPath, s3: S3Server, file: Path) -> None:
    broken = iter([hang_up] * 3)
    s3.faults.append(
        lambda environ: next(broken, lambda _: None)(environ) if "partNumber" in environ["QUERY_STRING"] else None
    )
    upload_file(file, bucket / "a")
    assert s3.objects(bucket.bucket) == {"a": DATA}


def test_an_upload_whose_last_answer_is_lost_was_done(bucket: ObjectPath, s3: S3Server, file: Path) -> None:
    """The store completes it, but the connection breaks; to the next try it says that it knows no such upload."""

    def complete_and_break(environ: Any) -> Answer | None:
        if environ["REQUEST_METHOD"] == "POST" and "uploadId" in environ["QUERY_STRING"]:
            if not s3.objects(bucket.bucket):
                s3.backend.complete_multipart_upload(bucket.bucket, *_parts(s3, bucket))
                hang_up(environ)
            return Answer("404 Not Found", "NoSuchUpload")
        return None

    s3.faults.append(complete_and_break)
    assert upload_file(file, bucket / "a", if_absent=True).strip('"') == ETAG
    assert s3.objects(bucket.bucket) == {"a": DATA}


def _parts(s3: S3Server, bucket: ObjectPath) -> tuple[str, list[tuple[int, str]]]:
    (there,) = s3.uploads(bucket.bucket)
    return there.id, [(number, part.etag) for number, part in sorted(there.parts.items())]


def test_an_upload_that_is_given_up_is_aborted_with_the_parts_that_are_on_their_way(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    came, going = threading.Event(), threading.Event()

    def hang(environ: Any) -> None:
        if "partNumber" in environ["QUERY_STRING"]:
            came.set()
            going.wait(10)

    def check() -> None:
        if came.is_set():
            raise StoppedError

    s3.faults.append(hang)
    before = set(threading.enumerate())
    with pytest.raises(StoppedError):
        upload_file(file, bucket / "a", check=check)
    assert s3.uploads(bucket.bucket) == []
    going.set()
    for thread in set(threading.enumerate()) - before:
        if thread.name == "tess-source-work":
            thread.join(10)
    assert s3.uploads(bucket.bucket) == []
    assert s3.objects(bucket.bucket) == {}


def test_old_uploads_are_swept_below_the_place_alone(bucket: ObjectPath, s3: S3Server) -> None:
    for key in ("lc/old a+é", "lc", "lcother/old", "elsewhere/old"):  # moto's uploads have all begun in 2010
        s3.backend.create_multipart_upload(bucket.bucket, key, CaseInsensitiveDict(), "STANDARD", [], None, "", "")
    sweep_uploads(bucket / "lc")
    assert sorted(there.key_name for there in s3.uploads(bucket.bucket)) == ["elsewhere/old", "lc", "lcother/old"]
    sweep_uploads(bucket)
    assert s3.uploads(bucket.bucket) == []


def test_an_upload_that_began_within_a_day_by_the_clock_of_the_store_is_left_alone(
    bucket: ObjectPath, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = datetime.now(UTC)
    begun = {
        "old": today - timedelta(hours=25),
        "young": today - timedelta(hours=23),
        "of a wrong clock": today + timedelta(9),
    }
    uploads = "".join(
        f"<Upload><Key>lc/{key}</Key><UploadId>u</UploadId><Initiated>{at:%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
        for key, at in begun.items()
    )
    body = f"<ListMultipartUploadsResult>{uploads}</ListMultipartUploadsResult>".encode()
    s3.fail(Answer("200 OK", body=body), method="GET")
    sweep_uploads(bucket / "lc")
    assert [asked.path for asked in s3.requests if asked.method == "DELETE"] == [f"/{bucket.bucket}/lc/old"]


def test_a_store_that_does_not_list_uploads_is_no_error(
    bucket: ObjectPath, s3: S3Server, caplog: pytest.LogCaptureFixture
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"))
    with caplog.at_level("INFO", "tess_source"):
        sweep_uploads(bucket / "lc")
    assert f"old uploads below {bucket}/lc are not aborted" in caplog.text
    assert SECRET not in caplog.text


def test_without_boto3_the_error_says_what_to_install(
    bucket: ObjectPath, s3: S3Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source.extras.is_installed", lambda library: library != "boto3")
    said = r"an upload of more than 5 GB needs boto3: pip install 'tess-source\[s3\]'"
    with pytest.raises(MissingExtraError, match=said):
        upload_file(file, bucket / "a")
    assert s3.objects(bucket.bucket) == {}


def test_only_s3_takes_files_in_parts(file: Path) -> None:
    with pytest.raises(ObjectStoreError, match="gs://bucket/a: it would have 1,000 bytes; 999 can be uploaded at most"):
        upload_file(file, ObjectPath("gs", "bucket", "a"))
