"""Parquet data sets in an object store: whole or not there, never in place of others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from arrays_case import KELT_9, WASP_44, manifest_of, small
from s3 import Answer, S3Server

from tess_source import Session
from tess_source.errors import LoadError, ObjectStoreError, OfflineError, QueryError
from tess_source.object_store.path import ObjectPath
from tess_source.tables.plan import Manifest
from tess_source_arrays.place import UNFINISHED, DataSetExistsError

FEW = ("time", "pdcsap_flux")


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return manifest_of(tmp_path / "fits", {name: small(name) for name in (*KELT_9, WASP_44)})


def test_a_file_in_an_object_store_has_the_bytes_of_one_on_disk(
    manifest: Manifest, tmp_path: Path, s3: S3Server, bucket: ObjectPath
) -> None:
    local = manifest.to_parquet(tmp_path / "x.parquet", columns=FEW)
    for _ in range(2):  # it is replaced, as a file is
        written = manifest.to_parquet(f"{bucket}/sets/x.parquet", columns=FEW)
        assert s3.objects(bucket.bucket) == {"sets/x.parquet": (tmp_path / "x.parquet").read_bytes()}
    assert (written.path, written.files) == (bucket / "sets/x.parquet", (bucket / "sets/x.parquet",))
    assert (written.rows, written.bytes) == (local.rows, local.bytes)


def test_a_folder_in_an_object_store_holds_what_one_on_disk_does(
    manifest: Manifest, tmp_path: Path, s3: S3Server, bucket: ObjectPath
) -> None:
    manifest.to_parquet(tmp_path / "set", shards=2, columns=FEW)
    written = manifest.to_parquet(bucket / "set", shards=2, columns=FEW)
    on_disk = {f"set/{path.name}": path.read_bytes() for path in (tmp_path / "set").iterdir()}
    assert s3.objects(bucket.bucket) == on_disk
    assert [str(file) for file in written.files] == [f"{bucket}/set/part-0000{n}-of-00002.parquet" for n in range(2)]
    assert repr(written).endswith(f"-> {bucket}/set)")


def test_offline_no_table_is_written_to_a_store(manifest: Manifest, s3: S3Server, bucket: ObjectPath) -> None:
    session = Session(offline=True)
    with pytest.raises(OfflineError, match="it is in an object store"):
        replace(manifest, plan=manifest.plan.using(session)).to_parquet(f"{bucket}/x.parquet", columns=FEW)
    assert s3.requests == []


def test_a_whole_bucket_can_be_the_folder(manifest: Manifest, s3: S3Server, bucket: ObjectPath) -> None:
    manifest.to_parquet(str(bucket), shards=1, columns=FEW)
    assert sorted(s3.objects(bucket.bucket)) == ["README.md", "lock.ecsv", "part-00000-of-00001.parquet"]


@pytest.mark.parametrize("where", ["folder", "disk"])
def test_a_shard_without_a_readable_file_leaves_no_gap(
    manifest: Manifest, tmp_path: Path, s3: S3Server, bucket: ObjectPath, where: str
) -> None:
    place = bucket / "set" if where == "folder" else tmp_path / "set"
    first = manifest.to_parquet(tmp_path / "all", shards=3, columns=FEW).files[0]
    lost = pl.read_parquet(first, columns=["filename"])["filename"].to_list()
    for entry in manifest:
        if entry.item.filename in lost and entry.path:
            entry.path.write_bytes(entry.path.read_bytes()[:10_000])
    written = manifest.to_parquet(place, shards=3, columns=FEW)
    assert [file.name for file in written.files] == [f"part-0000{n}-of-00002.parquet" for n in range(2)]
    names = (
        [path.name for path in (tmp_path / "set").iterdir()]
        if where == "disk"
        else [key.removeprefix("set/") for key in s3.objects(bucket.bucket)]
    )
    assert sorted(names) == ["README.md", "lock.ecsv", *(file.name for file in written.files)]


def test_what_is_in_an_object_store_is_left_alone(manifest: Manifest, s3: S3Server, bucket: ObjectPath) -> None:
    s3.backend.put_object(bucket.bucket, "set/thesis.tex", b"mine")
    s3.backend.put_object(bucket.bucket, "set-2/other", b"mine too")
    for path, shards, told in (
        ("set", 2, "exists and holds objects"),
        ("set", None, "objects lie below .*: choose another name, or give shards="),
    ):
        with pytest.raises(DataSetExistsError, match=told):
            manifest.to_parquet(f"{bucket}/{path}", shards=shards, columns=FEW)
    with pytest.raises(QueryError, match="is a bucket: name an object"):
        manifest.to_parquet(str(bucket), columns=FEW)
    assert s3.count("PUT") == 0
    manifest.to_parquet(bucket / "set-", shards=1, columns=FEW)  # only a name that begins so
    assert s3.objects(bucket.bucket)["set-2/other"] == b"mine too"


@pytest.mark.parametrize("ending", [".parquet", "README.md", "lock.ecsv"])
def test_an_upload_that_fails_leaves_nothing(manifest: Manifest, s3: S3Server, bucket: ObjectPath, ending: str) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="PUT", ending=ending)
    with pytest.raises(ObjectStoreError, match="access is denied"):
        manifest.to_parquet(bucket / "set", shards=2, columns=FEW)
    assert s3.objects(bucket.bucket) == {}


def test_nothing_readable_leaves_nothing(manifest: Manifest, s3: S3Server, bucket: ObjectPath) -> None:
    for shards in (None, 2):
        with pytest.raises(LoadError, match="nothing could be read"):
            manifest.to_parquet(bucket / "set", shards=shards, columns=("nope",))
    assert s3.objects(bucket.bucket) == {}


def test_a_data_set_whose_writer_was_killed_says_so(manifest: Manifest, s3: S3Server, bucket: ObjectPath) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="POST")  # so that nothing is removed after the failure
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="PUT", ending="lock.ecsv")
    with pytest.raises(ObjectStoreError):
        manifest.to_parquet(bucket / "set", shards=1, columns=FEW)
    s3.faults.clear()
    assert f"set/{UNFINISHED}" in s3.objects(bucket.bucket)
    with pytest.raises(DataSetExistsError, match=f"whose writer was killed: see {UNFINISHED}"):
        manifest.to_parquet(bucket / "set", shards=1, columns=FEW)


def test_of_two_writers_to_one_place_only_one_writes(
    manifest: Manifest, s3: S3Server, bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source_arrays.place._check_object_path", lambda *_: None)  # both have looked before
    s3.backend.put_object(bucket.bucket, f"set/{UNFINISHED}", b"of the other")
    with pytest.raises(DataSetExistsError, match="somebody else writes a data set to"):
        manifest.to_parquet(bucket / "set", shards=1, columns=FEW)
    assert s3.objects(bucket.bucket) == {f"set/{UNFINISHED}": b"of the other"}


def test_light_curves_in_an_object_store_are_read_as_those_on_disk(
    manifest: Manifest, tmp_path: Path, s3: S3Server, bucket: ObjectPath
) -> None:
    entries = []
    for entry in manifest:
        assert entry.path is not None
        s3.backend.put_object(bucket.bucket, entry.item.filename, entry.path.read_bytes())
        entries.append(replace(entry, path=None, object=bucket / entry.item.filename))
    there = replace(manifest, entries=tuple(entries))
    assert there.to_arrow(FEW).column("time").equals(manifest.to_arrow(FEW).column("time"))
    written = there.to_parquet(tmp_path / "x.parquet", columns=FEW)
    assert pl.read_parquet(written.path).equals(pl.read_parquet(manifest.to_parquet(tmp_path / "y", columns=FEW).path))
    s3.backend.put_object(bucket.bucket, entries[0].item.filename, b"SIMPLE  =")
    first, second, *_ = there.iter_arrays(FEW)
    assert "is damaged" in str(first.error)
    assert second.ok
