"""Uploads: the whole object or none, under conditions, and nothing of it if the file was changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from s3 import S3Server

from tess_source.errors import NoObjectError, ObjectConflictError, ObjectStoreError
from tess_source.object_store import upload
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes, upload_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.fits"
    file.write_bytes(b"whole")
    return file


def test_a_file_is_uploaded_and_its_etag_returned(bucket: ObjectPath, s3: S3Server, file: Path) -> None:
    etag = upload_file(file, bucket / "below" / "a b+é%25.fits")
    assert etag.strip('"') == hashlib.md5(b"whole").hexdigest()
    assert s3.objects(bucket.bucket) == {"below/a b+é%25.fits": b"whole"}


def test_an_object_that_is_there_is_not_replaced_if_it_must_be_absent(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    upload_bytes(b"theirs", bucket / "a")
    with pytest.raises(ObjectConflictError, match=f"{bucket}/a: somebody else"):
        upload_file(file, bucket / "a", if_absent=True)
    assert s3.objects(bucket.bucket) == {"a": b"theirs"}


def test_an_object_is_replaced_only_if_it_is_still_the_one_that_was_seen(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    seen = upload_bytes(b"damaged", bucket / "a")
    between = upload_bytes(b"of somebody else", bucket / "a")
    with pytest.raises(ObjectConflictError):
        upload_file(file, bucket / "a", if_etag=seen)
    assert s3.objects(bucket.bucket) == {"a": b"of somebody else"}
    upload_file(file, bucket / "a", if_etag=between)
    assert s3.objects(bucket.bucket) == {"a": b"whole"}


def test_a_large_file_is_mapped_and_sent_in_one_request(
    bucket: ObjectPath, s3: S3Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAPPED", 3)
    upload_file(file, bucket / "a")
    assert s3.objects(bucket.bucket) == {"a": b"whole"}
    assert s3.uploads(bucket.bucket) == []


def test_a_file_that_was_changed_after_it_was_verified_is_not_uploaded(
    bucket: ObjectPath, s3: S3Server, file: Path
) -> None:
    found = file.stat()
    upload_file(file, bucket / "a", verified=(found.st_size, found.st_mtime_ns))
    os.utime(file, ns=(1, 1))
    with pytest.raises(ObjectStoreError, match="was changed after it was verified"):
        upload_file(file, bucket / "b", verified=(found.st_size, found.st_mtime_ns))
    assert list(s3.objects(bucket.bucket)) == ["a"]


def test_a_bucket_that_is_not_there_is_named(s3: S3Server, file: Path) -> None:
    with pytest.raises(ObjectStoreError, match=r"s3://nowhere: there is no such bucket\. Make it first") as caught:
        upload_file(file, ObjectPath("s3", "nowhere", "a"))
    assert caught.value.lasting
    assert not isinstance(caught.value, NoObjectError)
    assert caught.value.__context__ is None
