"""Data sets in an object store, and their readers: polars, pyarrow, and Hugging Face's datasets."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.dataset
import pytest
from dataset_case import COUNT, QUESTION, contents, data_set
from s3 import SECRET, S3Server

from tess_source.errors import ObjectStoreError
from tess_source.object_store.path import ObjectPath
from tess_source_arrays.split import split
from tess_source_sample.server import SampleArchive


def objects_of(s3: S3Server, place: ObjectPath) -> dict[str, bytes]:
    prefix = f"{place.key}/"
    return {key.removeprefix(prefix): data for key, data in s3.objects(place.bucket).items()}


def test_a_data_set_in_an_object_store_has_the_same_bytes_goes_on_and_is_verified(
    stars: SampleArchive, built: Path, bucket: ObjectPath, s3: S3Server, tmp_path: Path
) -> None:
    place = bucket / "my" / "curves"
    curves = data_set(stars.url, tmp_path / "cache", str(place))
    assert curves.build(**QUESTION, shard_size=4).rows == COUNT
    ours, theirs = objects_of(s3, place), contents(built)
    assert {*ours} == {*theirs}
    assert [name for name in ours if name.startswith("data/") and ours[name] != theirs[name]] == []
    assert not s3.uploads(bucket.bucket)
    assert curves.verify().ok
    s3.backend.delete_object(bucket.bucket, f"{place.key}/SHA256SUMS")
    s3.backend.put_object(bucket.bucket, f"{place.key}/data/test-00000-of-00001.parquet", b"half")
    assert not curves.info().complete
    assert curves.build().complete
    assert objects_of(s3, place) == ours
    assert SECRET not in "".join(map(repr, (curves, curves.info(), curves.info().to_dict(), ours)))
    assert not [*tmp_path.rglob("*.parquet")]


def test_polars_reads_a_data_set_from_the_object_store(built: Path, bucket: ObjectPath, s3: S3Server) -> None:
    for name, data in contents(built).items():
        s3.backend.put_object(bucket.bucket, f"curves/{name}", data)
    options = {name.lower(): value for name, value in s3.environment.items()}
    rows = pl.scan_parquet(f"{bucket}/curves/data/train-*.parquet", storage_options=options)
    assert {split(tic) for tic in rows.select("tic").collect()["tic"]} == {"train"}


def test_a_bucket_that_does_not_exist_is_told_before_the_search(
    stars: SampleArchive, s3: S3Server, tmp_path: Path
) -> None:
    stars.clear()
    with pytest.raises(ObjectStoreError, match="there is no such bucket"):
        data_set(stars.url, tmp_path / "cache", "s3://nowhere/curves").build(**QUESTION)
    assert not stars.requests


def test_polars_and_pyarrow_read_the_same_rows(built: Path) -> None:
    rows = pl.scan_parquet(built / "data/*.parquet").collect()
    table = pyarrow.dataset.dataset(built / "data", format="parquet").to_table()
    assert table.num_rows == rows.height == COUNT
    key = pl.col("uri")
    assert pl.DataFrame(pl.from_arrow(table)).sort(key).equals(rows.sort(key))


def test_hugging_face_reads_each_split_with_the_types_of_the_card(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "HF_DATASETS_DISABLE_PROGRESS_BARS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(str(built), cache_dir=str(tmp_path / "cache"))
    assert {name: part.num_rows for name, part in loaded.items()} == {"train": 8, "validation": 2, "test": 2}
    for name, part in loaded.items():
        assert {split(tic) for tic in part["tic"]} == {name}
    assert loaded["train"].features["time"] == datasets.List(datasets.Value("float64"))
    assert loaded["train"].features["camera"] == datasets.Value("int8")
    assert len(loaded["train"][0]["pdcsap_flux"]) == 40
    first = next(iter(datasets.load_dataset(str(built), split="test", streaming=True)))
    assert first["tic"] == 1011
