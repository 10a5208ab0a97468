"""Building a data set: what lies in the folder, what a second run does, and what a build refuses."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from dataset_case import COUNT, QUESTION, STARS, contents, data_set
from sizes import size

from tess_source import Session
from tess_source.display import activity
from tess_source.errors import DownloadError, LoadError, QueryError, UnknownNameError
from tess_source_arrays.split import SIDES, split
from tess_source_dataset import storage
from tess_source_dataset.building import Build
from tess_source_dataset.data_set import DataSet
from tess_source_dataset.making import working_folder
from tess_source_dataset.planning import EmptyDataSetError, NoDataSetError, OtherDataSetError
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

FIRST_STAR = "s0100-0000000000001001-"


def requests_for_files(archive: SampleArchive) -> list[str]:
    return [one.path for one in archive.requests if "Download/file" in one.path or ".fits" in one.path]


def folder_of(curves: DataSet) -> Path:
    return Path(str(curves.storage))


def test_each_light_curve_is_a_row_in_a_shard_of_the_side_of_its_star(built: Path) -> None:
    rows = pl.read_parquet(built / "data/*.parquet", include_file_paths="file")
    assert rows.height == COUNT
    assert {*rows["tic"]} == {*STARS}
    for tic, side, file in rows.select("tic", "split", "file").iter_rows():
        assert side == split(tic)
        assert Path(file).name.startswith(f"{side}-")
    shards = rows.group_by("file").len()
    assert shards["len"].max() == 4
    assert all(part["file"].n_unique() == 1 for part in rows.partition_by("tic"))


def test_the_rows_hold_the_numbers_of_the_files(built: Path) -> None:
    rows = pl.read_parquet(built / "data/*.parquet").filter(pl.col("tic") == 1003).sort("sector")
    flux = np.array(rows["pdcsap_flux"].to_list())
    np.testing.assert_allclose(flux[0], 15000 * (1 + 0.001 * np.arange(40) + 1003 / 1e5), rtol=1e-6)
    assert rows.columns[-3:] == ["time", "pdcsap_flux", "quality"]


def test_plan_lock_card_and_sums_lie_beside_the_shards(built: Path) -> None:
    names = {*contents(built)}
    assert {name for name in names if not name.startswith("data/")} == {
        "plan.ecsv", "lock.ecsv", "README.md", "missing.json", "SHA256SUMS",
    }  # fmt: skip
    assert all(name.split("/")[1].partition("-")[0] in SIDES for name in names if name.startswith("data/"))
    assert not [name for name in names if name.endswith(".part")]


def test_the_files_that_a_data_set_was_made_of_can_be_fetched_by_its_lock(curves: DataSet, tmp_path: Path) -> None:
    lock = curves.session.load_plan(folder_of(curves) / "lock.ecsv", tmp_path / "fits")
    manifest = lock.download()
    assert len(manifest.ok) == COUNT
    sums = {entry.item.uri: entry.sha256 for entry in manifest}
    rows = pl.read_parquet(folder_of(curves) / "data/*.parquet")
    assert dict(zip(rows["uri"], rows["sha256"], strict=True)) == sums


def test_a_second_build_fetches_nothing_and_changes_nothing(stars: SampleArchive, curves: DataSet) -> None:
    before = contents(folder_of(curves))
    curves.build(**QUESTION, shard_size=4)
    assert not requests_for_files(stars)
    assert contents(folder_of(curves)) == before
    curves.build()
    assert contents(folder_of(curves)) == before


def test_without_a_network_a_complete_data_set_is_found_complete(built: Path, curves: DataSet) -> None:
    offline = DataSet(Session(offline=True, cache=False, progress=False), folder_of(curves))
    assert offline.build().rows == COUNT
    assert offline.verify().ok
    assert contents(folder_of(curves)) == contents(built)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(
            lambda path: path.write_bytes(path.with_name("train-00001-of-00002.parquet").read_bytes()), id="another"
        ),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-20]), id="cut"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes().replace(b"1001", b"1002")), id="another star"),
        pytest.param(Path.unlink, id="removed"),
    ][: size(1, 5)],
)
def test_only_shards_that_are_not_whole_are_made_again(
    stars: SampleArchive, built: Path, curves: DataSet, harm: Callable[[Path], object]
) -> None:
    shard = folder_of(curves) / "data/train-00000-of-00002.parquet"
    uris = pl.read_parquet(shard)["uri"].to_list()
    assert "1001" in uris[0]
    harm(shard)
    assert not curves.verify().ok
    curves.build()
    assert contents(folder_of(curves)) == contents(built)
    assert len(requests_for_files(stars)) == len(uris)


def test_what_a_build_has_not_finished_goes_on_from_the_plan_alone(
    stars: SampleArchive, built: Path, curves: DataSet
) -> None:
    """As after a kill: some shards are there, and their sums were not saved yet."""
    folder = folder_of(curves)
    for name in ("SHA256SUMS", "README.md", "lock.ecsv", "missing.json", "data/train-00001-of-00002.parquet"):
        (folder / name).unlink()
    assert not curves.info().complete
    info = curves.build()
    assert info.complete
    assert contents(folder) == contents(built)
    assert len(requests_for_files(stars)) == 4


def test_fits_files_are_not_kept_few_are_there_at_a_time_and_nothing_is_logged_when_all_goes_well(
    empty: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    most = []
    put = storage.FolderStorage.put

    def counting(self: Any, name: str, file: Path) -> None:
        most.append(len([*(tmp_path / "work").rglob("*.fits")]))
        put(self, name, file)

    monkeypatch.setattr(storage.FolderStorage, "put", counting)
    with caplog.at_level(logging.WARNING):
        empty.build(**QUESTION, shard_size=4, temporary=tmp_path / "work")
    assert not caplog.messages
    assert max(most) == 4
    assert not [*(tmp_path / "work").iterdir()]
    assert not [*tmp_path.rglob("*.fits")]


def test_fits_files_are_kept_if_you_say_so(stars: SampleArchive, empty: DataSet, tmp_path: Path) -> None:
    empty.build(**QUESTION, shard_size=4, keep_files=tmp_path / "fits")
    assert len([*(tmp_path / "fits").rglob("*.fits")]) == COUNT
    stars.clear()
    data_set(stars.url, tmp_path / "cache", tmp_path / "other").build(**QUESTION, keep_files=tmp_path / "fits")
    assert not requests_for_files(stars)


# -- files that cannot be had --


def test_a_file_that_cannot_be_fetched_is_told_and_tried_again_by_the_next_build(
    stars: SampleArchive, built: Path, empty: DataSet, caplog: pytest.LogCaptureFixture
) -> None:
    stars.faults.add(Fault("status", match=FIRST_STAR, status=404, times=1000))
    info = empty.build(**QUESTION, shard_size=4)
    (reason,) = info.missing.values()
    assert "404" in reason
    assert (info.rows, info.complete) == (COUNT - 1, True)
    assert "404" in (folder_of(empty) / "README.md").read_text()
    assert empty.verify().ok
    assert empty.info() == info
    before = contents(folder_of(empty))
    stars.clear()
    assert empty.build() == info
    assert len({*requests_for_files(stars)}) <= 2, (
        "only the file that was missing is asked for, at the archive and in the cloud"
    )
    assert contents(folder_of(empty)) == before
    stars.faults.clear()
    stars.clear()
    assert not empty.build().missing
    assert len(requests_for_files(stars)) == 4, "the files of its shard, and no others"
    for name, data in contents(folder_of(empty)).items():
        assert name in {"plan.ecsv", "lock.ecsv", "SHA256SUMS"} or data == contents(built)[name], name


def test_a_shard_of_which_no_file_can_be_read_is_missing(stars: SampleArchive, built: Path, empty: DataSet) -> None:
    for star in ("1001", "1002"):
        stars.faults.add(Fault("status", match=f"-000000000000{star}-", status=404, times=1000))
    first = pl.read_parquet(built / "data/train-00000-of-00002.parquet")
    assert {*first["tic"]} == {1001, 1002}
    info = empty.build(**QUESTION, shard_size=4)
    assert (len(info.missing), info.rows, info.shards, info.planned_shards) == (4, COUNT - 4, 3, 4)
    (row,) = empty.verify().problems.to_dicts()
    assert row["file"] == "data/train-00000-of-00002.parquet"
    assert row["state"] == "missing"
    assert "404" in row["problem"]
    stars.faults.clear()
    assert empty.build().shards == 4


def test_a_build_of_which_nothing_can_be_read_is_an_error_that_says_why(stars: SampleArchive, empty: DataSet) -> None:
    stars.faults.add(Fault("status", match="_lc.fits", status=404, times=1000))
    with pytest.raises(LoadError, match=r"nothing could be read: 12 files: .*404"):
        empty.build(**QUESTION)
    info = empty.info()
    assert (info.complete, info.rows, len(info.missing)) == (False, 0, COUNT)


def test_a_shard_that_cannot_be_written_is_an_error_and_the_others_are_kept(
    built: Path, empty: DataSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = storage.FolderStorage.put

    def failing(self: Any, name: str, file: Path) -> None:
        if "train-00001" in name:
            raise OSError(28, "No space left on device")
        put(self, name, file)

    with monkeypatch.context() as patch:
        patch.setattr(storage.FolderStorage, "put", failing)
        with pytest.raises(DownloadError, match=r"1 shard of 4 could not be made: data/train-00001.*No space left"):
            empty.build(**QUESTION, shard_size=4)
    assert len([*(folder_of(empty) / "data").iterdir()]) == 3
    assert empty.build().rows == COUNT


# -- what a build refuses --


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1, "kind": "fast-lc"}, "seed 0, not 1; kind lc, not fast-lc"),
        ({"columns": ("time",)}, "columns time,pdcsap_flux,quality, not time"),
        ({"sector": "100"}, "sector 100-101, not 100"),
        ({"pipeline": "SPOC"}, "pipeline not given, not SPOC"),
        ({"targets": 1001}, "targets not given, not 1001"),
        ({"shard_size": 1000}, "shard_size 4, not 1000"),
        ({"seed": 1}, "seed 0, not 1"),
        ({"fractions": (1, 0, 0)}, r"fractions 0\.8,0\.1,0\.1, not 1\.0,0\.0,0\.0"),
        ({"quality_bitmask": "hard"}, "quality_bitmask None, not hard"),
        ({"dtypes": {"time": "float32"}}, "dtypes none, not time=float32"),
    ][: size(4, 9)],
)
def test_a_build_with_other_options_says_what_differs(curves: DataSet, other: dict[str, Any], message: str) -> None:
    before = contents(folder_of(curves))
    with pytest.raises(OtherDataSetError, match=message):
        curves.build(**{**QUESTION, "shard_size": 4, **other})
    assert contents(folder_of(curves)) == before


@pytest.mark.parametrize(
    "same", [{"sector": range(100, 102), "kind": ["lc"], "seed": np.int64(0)}, {"sector": [100, 101]}][: size(1, 2)]
)
def test_the_same_question_in_other_words_goes_on(curves: DataSet, same: dict[str, Any]) -> None:
    assert curves.build(**{**QUESTION, "shard_size": 4, **same}).rows == COUNT


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"columns": ("time", "pdcsap_fluxx")}, UnknownNameError, "pdcsap_flux"),
        ({"columns": ("time", "tic")}, QueryError, "tic"),
        ({"columns": "time"}, QueryError, "sequence"),
        ({"columns": ()}, QueryError, "sequence"),
        ({"kind": None}, QueryError, "kinds were found too: tp"),
        ({"kind": "dvt"}, EmptyDataSetError, "nothing was found"),
        ({"sector": 99}, EmptyDataSetError, "nothing was found"),
        ({"shard_size": 0}, QueryError, "shard_size=0"),
        ({"fractions": (1, 1, 1)}, QueryError, "sum to 1"),
        ({"seed": "x"}, QueryError, "seed"),
        ({"quality_bitmask": "hrad"}, QueryError, "hard"),
        ({"dtypes": {"time": "flaot32"}}, QueryError, "float32"),
        ({"sectr": 4}, UnknownNameError, "sectr"),
        ({"jobs": 0}, QueryError, "jobs"),
        ({"executor": 0}, QueryError, "executor"),
    ],
)
def test_what_makes_no_sense_is_an_error_before_anything_is_fetched_or_written(
    stars: SampleArchive, empty: DataSet, words: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        empty.build(**{**QUESTION, **words})
    assert not requests_for_files(stars)
    assert not folder_of(empty).exists()


def test_without_any_words_there_must_be_a_build_that_was_begun(empty: DataSet) -> None:
    with pytest.raises(QueryError, match="say which light curves"):
        empty.build()
    with pytest.raises(NoDataSetError, match="no data set"):
        empty.info()
    with pytest.raises(NoDataSetError, match="no data set"):
        empty.verify()


def test_a_file_in_place_of_the_folder_is_an_error(stars: SampleArchive, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file"):
        data_set(stars.url, tmp_path / "cache", tmp_path / "file").build(**QUESTION)
    assert not requests_for_files(stars)
    assert (tmp_path / "file").read_text() == "mine"


# -- other light curves --


def test_a_data_set_of_other_pipelines_learns_its_types_from_one_file_of_each(
    archive: SampleArchive, tmp_path: Path
) -> None:
    curves = data_set(archive.url, tmp_path / "cache", tmp_path / "curves")
    with pytest.raises(QueryError, match="no column 'pdcsap_flux' of numbers, but time, cadenceno, sap_flux"):
        curves.build("TIC 408084461", kind="lc", sector=3, pipeline="QLP")
    asked = {"kind": "lc", "sector": 3, "pipeline": "QLP,TESS-SPOC,TGLC,GSFC-ELEANOR-LITE"}
    info = curves.build("TIC 408084461", **asked, columns=("time",), shard_size=1)
    assert info.rows == 4
    rows = pl.read_parquet(tmp_path / "curves/data/*.parquet")
    assert {*rows["pipeline"]} == {"QLP", "TESS-SPOC", "TGLC", "GSFC-ELEANOR-LITE"}
    assert rows["time"].dtype == pl.List(pl.Float64)
    assert rows["cadences"].n_unique() > 1
    assert curves.verify().ok


def test_pipelines_whose_files_lack_columns_are_left_out_and_named_everywhere(
    archive: SampleArchive, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As in the question of the documentation, which names no pipeline: of SPOC, QLP and others, only some have a pdcsap_flux."""
    curves = data_set(archive.url, tmp_path / "cache", tmp_path / "curves")
    words: dict[str, Any] = {"sector": 3, "kind": "lc", "pipeline": ["SPOC", "QLP", "CDIPS"]}
    info = curves.build(**words)
    assert {name: str(files) for name, files in info.left_out.items()} == {
        "CDIPS": "1 light curve without pdcsap_flux, quality",
        "QLP": "2 light curves without pdcsap_flux",
    }
    assert {*pl.read_parquet(tmp_path / "curves/data/*.parquet")["pipeline"]} == {"SPOC"}
    assert "QLP left out: 2 light curves without pdcsap_flux" in caplog.messages
    assert "- QLP: 2 light curves without pdcsap" in (tmp_path / "curves/README.md").read_text()
    assert info.recipe.pipelines == ("SPOC",)
    assert not info.missing
    assert curves.build(**words) == info
    assert curves.verify().ok
    with pytest.raises(QueryError, match=r"CDIPS light curves .* have no column 'pdcsap_flux'"):
        data_set(archive.url, tmp_path / "cache", tmp_path / "none").build(
            sector=3, kind="lc", pipeline=["QLP", "CDIPS"]
        )


def test_light_curves_of_20_s_are_rows_too(archive: SampleArchive, tmp_path: Path) -> None:
    archive.add(star=2001, sectors=102, light_curve=np.ones(30), exptime=20)
    archive.add(star=2001, sectors=103, light_curve=np.ones(20))
    curves = data_set(archive.url, tmp_path / "cache", tmp_path / "curves")
    assert curves.build(2001, kind=["lc", "fast-lc"]).rows >= 2
    rows = pl.read_parquet(tmp_path / "curves/data/*.parquet")
    assert {*rows["exptime"]} == {20.0, 120.0}
    assert rows["cadences"].n_unique() > 1


def test_a_choice_among_all_products_and_targets_is_searched_for_at_once(stars: SampleArchive, empty: DataSet) -> None:
    assert empty.build([1001, 1002], kind="lc", latest=True, limit=3, columns=("time",)).rows == 3


# -- the dry run --


def test_the_dry_run_shows_the_shards_and_writes_nothing(stars: SampleArchive, built: Path, empty: DataSet) -> None:
    table = empty.shards(**QUESTION, shard_size=4)
    assert not folder_of(empty).exists()
    assert not requests_for_files(stars)
    assert table["shard"].to_list() == sorted(table["shard"], key=lambda name: SIDES.index(name[5:].partition("-")[0]))
    assert {*table["shard"]} == {name for name in contents(built) if name.startswith("data/")}
    assert table["files"].sum() == COUNT
    assert table["bytes"].min() > 0


def test_temporary_folders_of_builds_that_were_killed_are_removed(
    stars: SampleArchive, empty: DataSet, tmp_path: Path
) -> None:
    with working_folder(tmp_path / "work") as folder:
        ended = folder.with_name(folder.name.replace(f"-{os.getpid()}-", "-4194303-"))
        ended.mkdir()
        (ended / "half.fits").write_bytes(b"x")
        with working_folder(tmp_path / "work"):
            assert not ended.exists()
            assert folder.exists()
    assert not [*(tmp_path / "work").iterdir()]


def test_metadata_of_each_shard_tell_its_lock_and_options(built: Path) -> None:
    for path in (built / "data").iterdir():
        told = pq.read_metadata(path).metadata
        assert json.loads(told[b"tess_source.missing"]) == {}
        assert json.loads(told[b"tess_source.options"])["columns"] == ["time", "pdcsap_flux", "quality"]
        assert b"shard_size: 4" in told[b"tess_source.lock"]


def test_progress_may_be_told_to_one_build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown: list[object] = []

    def noted(progress: object) -> AbstractContextManager[None]:
        shown.append(progress)
        return nullcontext()

    monkeypatch.setattr(activity, "shown", noted)
    monkeypatch.setattr(Build, "run", lambda *_: None)
    curves = DataSet(Session(discover=False, progress=True), tmp_path)
    for progress in (False, None):
        curves.build("TIC 1", progress=progress)
    assert shown == [False, True]
