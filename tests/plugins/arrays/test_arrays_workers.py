"""Parquet data sets written by several threads and workers: the same bytes, whoever writes them."""

from __future__ import annotations

import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from arrays_case import KELT_9, SECTOR_1, TOI_3505, WASP_44, cut_one, manifest_of, small
from astropy.io import fits

from tess_source.errors import DamagedFileError, QueryError
from tess_source.files.fits_table import TableReader
from tess_source.tables.plan import Manifest
from tess_source_arrays import parquet, shard


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return manifest_of(tmp_path / "fits", {name: small(name) for name in (*KELT_9, WASP_44, TOI_3505, SECTOR_1)})


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_bytes_do_not_depend_on_the_number_of_threads(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setattr(shard, "MOST_BYTES", 40_000)  # several row groups
    uri = cut_one(manifest, 1)
    found = []
    for count in (1, threads):
        monkeypatch.setattr(parquet, "THREADS", count)
        written = manifest.to_parquet(tmp_path / f"{count}" / "set", shards=2)
        assert [*written.failed] == [uri]
        found.append(bytes_in(tmp_path / f"{count}" / "set"))
        shutil.rmtree(tmp_path / f"{count}")
    assert found[0] == found[1]


def test_an_executor_writes_the_same_bytes(manifest: Manifest, tmp_path: Path) -> None:
    uri = cut_one(manifest, 1)
    with ThreadPoolExecutor(2) as pool:
        for executor, name in ((None, "a"), (pool, "b"), (1, "c")):
            written = manifest.to_parquet(tmp_path / name / "set", shards=3, executor=executor)
            assert (written.rows, [*written.failed]) == (5, [uri])
            assert isinstance(written.failed[uri], DamagedFileError)
    assert bytes_in(tmp_path / "a" / "set") == bytes_in(tmp_path / "b" / "set") == bytes_in(tmp_path / "c" / "set")


def test_workers_in_other_folders_find_files_with_relative_paths(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [replace(entry, path=entry.path and entry.path.relative_to(tmp_path)) for entry in manifest]
    near = replace(manifest, entries=tuple(entries))

    class Elsewhere(ThreadPoolExecutor):
        def submit(self, function: Any, /, *records: Any, **words: Any) -> Any:
            def called() -> Any:
                monkeypatch.chdir("/")
                return function(*records, **words)

            return super().submit(called)

    with Elsewhere(1) as pool:
        assert near.to_parquet("set", shards=2, executor=pool).rows == 6
    assert (tmp_path / "set" / "lock.ecsv").exists()


def test_an_executor_needs_shards_and_must_be_one(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="executor=2: its workers write one Parquet file each; give shards="):
        manifest.to_parquet(tmp_path / "x", executor=2)
    with pytest.raises(QueryError, match="executor=0"):
        manifest.to_parquet(tmp_path / "x", shards=2, executor=0)
    assert [path.name for path in tmp_path.iterdir()] == ["fits"]


def test_a_worker_that_fails_leaves_nothing(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tess_source_arrays.shard._ParquetFile.tell", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with ThreadPoolExecutor(2) as pool, pytest.raises(OSError, match="disk full"):
        manifest.to_parquet(tmp_path / "set", shards=3, executor=pool)
    assert [path.name for path in tmp_path.iterdir()] == ["fits"]


def test_what_a_killed_worker_left_is_not_in_the_data_set(manifest: Manifest, tmp_path: Path) -> None:
    class Dying(ThreadPoolExecutor):
        def submit(self, function: Any, /, *records: Any, **words: Any) -> Any:
            (records[0].place.parent / ".part-0.parquet.0123.part").write_bytes(b"half")
            return super().submit(function, *records, **words)

    with Dying(1) as pool:
        written = manifest.to_parquet(tmp_path / "set", shards=2, executor=pool)
    assert not [path for path in written.path.iterdir() if path.name.startswith(".")]


def test_more_shards_than_files_are_as_many_as_there_are_files(manifest: Manifest, tmp_path: Path) -> None:
    assert len(manifest.to_parquet(tmp_path / "set", shards=50, columns=("time",)).files) == 6


def test_all_shards_have_the_types_of_the_first_file(tmp_path: Path) -> None:
    """A column that no schema knows: of two files the second has another type, and each is in a shard of its own."""
    files = {}
    for name, code in (("a.fits", "E"), ("b.fits", "D")):
        table = fits.BinTableHDU.from_columns([fits.Column("STRANGE", code, array=np.arange(4.0))])
        primary = fits.PrimaryHDU()
        primary.header.update(TICID=5, SECTOR=1 if name == "a.fits" else 2)
        fits.HDUList([primary, table]).writeto(out := io.BytesIO())
        files[name] = out.getvalue()
    manifest = manifest_of(tmp_path / "fits", files)
    for executor in (None, ThreadPoolExecutor(2)):
        place = tmp_path / f"{executor is None}" / "set"
        written = manifest.to_parquet(place, shards=2, columns=("strange",), executor=executor)
        assert list(map(str, written.failed.values())) == [
            "its column 'strange' is float64, not float32: choose its type by dtypes="
        ]
        if executor:
            executor.shutdown()


def test_a_sum_is_computed_again_only_to_verify_it(
    manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose sum is known from its download is not summed once more without verify=."""
    known = [replace(entry, sha256=item.sha256) for entry, item in zip(manifest, manifest.lock(), strict=True)]
    known[0] = replace(known[0], sha256=None)
    asked: list[bool] = []
    read = TableReader.read

    def noted(self: TableReader, path: Path, **words: Any) -> Any:
        asked.append(words["digest"])
        return read(self, path, **words)

    monkeypatch.setattr(TableReader, "read", noted)
    found = []
    for verify in (False, True):
        asked.clear()
        written = replace(manifest, entries=tuple(known)).to_parquet(tmp_path / f"{verify}.parquet", verify=verify)
        assert sum(asked) == (6 if verify else 1)
        found.append(pl.read_parquet(written.path)["sha256"].to_list())
    assert found[0] == found[1]
    assert None not in found[0]
