"""Small objects as a whole, and copies of objects on this disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from s3 import Answer, S3Server

from tess_source.errors import ObjectStoreError
from tess_source.object_store.copies import beginning, local_copy, read_bytes, write_place
from tess_source.object_store.path import ObjectPath


@pytest.fixture
def place(bucket: ObjectPath) -> ObjectPath:
    write_place(bucket / "a" / "b.fits", bytes(range(256)) * 8192)
    return bucket / "a" / "b.fits"


def test_a_copy_has_the_name_and_bytes_of_the_object_and_is_removed(place: ObjectPath) -> None:
    fed: list[bytes] = []
    with local_copy(place, lambda piece: fed.append(bytes(piece))) as path:
        assert path.name == "b.fits"
        assert path.read_bytes() == b"".join(fed) == read_bytes(place)
    assert not path.parent.exists()


def test_a_copy_is_removed_after_an_error(
    place: ObjectPath, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError), local_copy(place):
        raise ZeroDivisionError
    s3.fail(Answer("403 Forbidden", "AccessDenied"))
    with pytest.raises(ObjectStoreError, match="access is denied"), local_copy(place):
        pass
    assert not list(tmp_path.iterdir())


def test_only_the_beginning_is_asked_for(place: ObjectPath) -> None:
    assert beginning(place, 300) == bytes(range(256)) + bytes(range(44))
    assert len(beginning(place, 1 << 24)) == 256 * 8192


def test_an_object_that_is_not_there_is_a_file_that_is_not_there(bucket: ObjectPath) -> None:
    with pytest.raises(FileNotFoundError, match=r"s3://.*/none: there is no such object"):
        read_bytes(bucket / "none")


def test_a_bucket_is_no_object(bucket: ObjectPath) -> None:
    for function in (read_bytes, lambda place: write_place(place, b"x")):
        with pytest.raises(ObjectStoreError, match="it is a bucket, not an object"):
            function(bucket)
