"""Opening of object stores: once per bucket, with the keys of the environment, which nothing shows."""

from __future__ import annotations

import sys

import pytest
from s3 import SECRET, S3Server

from tess_source.errors import MissingExtraError, QueryError
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.store import open_store


def test_one_store_is_opened_per_bucket(bucket: ObjectPath) -> None:
    assert open_store(bucket) is open_store(bucket / "some" / "prefix")
    assert open_store(bucket) is not open_store(ObjectPath("s3", "another"))


def test_a_store_is_opened_anew_when_the_environment_has_other_keys(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = open_store(bucket)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "another")
    assert open_store(bucket) is not before


def test_an_object_is_written_and_read(bucket: ObjectPath, s3: S3Server) -> None:
    store = open_store(bucket)
    store.put("a/b.fits", b"bytes")
    assert bytes(store.get("a/b.fits").bytes()) == b"bytes"
    assert s3.objects(bucket.bucket) == {"a/b.fits": b"bytes"}


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("tess_source.extras.is_installed", lambda library: False)
    with pytest.raises(MissingExtraError, match=r"an object store needs obstore: pip install 'tess-source\[s3\]'"):
        open_store(ObjectPath("s3", "bucket"))


def test_settings_that_make_no_store_are_named_but_not_shown(
    bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONDITIONAL_PUT", SECRET)
    with pytest.raises(QueryError, match=f"{bucket} cannot be opened with the settings in the environment") as caught:
        open_store(bucket)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
