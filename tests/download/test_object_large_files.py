"""Downloads of files to an object store that are too large for one request."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto.s3 import models
from object_case import Planned, asked_for_files, fits, planner, wanted
from requests.structures import CaseInsensitiveDict
from s3 import S3Server
from serving import WHOLE, Server, content

from tess_source.download import object_fetch
from tess_source.object_store import multipart, upload
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.upload import upload_bytes


@pytest.fixture
def planned(server: Server, bucket: ObjectPath, tmp_path: Path) -> Planned:
    return planner(server, bucket, tmp_path / "cache")


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are too large for one request."""
    for module in (upload, object_fetch):
        monkeypatch.setattr(module, "LARGEST", WHOLE - 1)
    monkeypatch.setattr(upload, "MAPPED", 1)
    monkeypatch.setattr(multipart, "PART", -(-WHOLE // 3))
    monkeypatch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)


def test_large_files_are_uploaded_in_parts_and_old_uploads_swept(
    planned: Planned, s3: S3Server, bucket: ObjectPath, server: Server
) -> None:
    for key in ("lc/o/000.fits", "theirs"):  # of killed processes; moto's uploads have all begun in 2010
        s3.backend.create_multipart_upload(bucket.bucket, key, CaseInsensitiveDict(), "STANDARD", [], None, "", "")
    upload_bytes(content(1)[:-1], bucket / "lc/o/001.fits")
    manifest = planned(3).download()
    assert [entry.status for entry in manifest] == ["fetched"] * 3
    assert all(str(entry.object_etag).strip('"').endswith("-3") for entry in manifest)
    assert fits(s3, bucket) == wanted(3)
    assert [there.key_name for there in s3.uploads(bucket.bucket)] == ["theirs"]
    asked = asked_for_files(server)
    assert [entry.status for entry in planned(3).download()] == ["here"] * 3
    assert asked_for_files(server) == asked


def test_a_file_that_is_too_large_to_be_uploaded_is_not_fetched_in_vain(
    planned: Planned, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source.extras.is_installed", lambda library: library != "boto3")
    (error,) = planned(1).download().errors.values()
    assert "an upload of more than 5 GB needs boto3" in error
    assert asked_for_files(server) == 0
