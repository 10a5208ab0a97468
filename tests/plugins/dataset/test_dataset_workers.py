"""Shards that several workers make: the same bytes, and no more connections than one process has."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dataset_case import QUESTION, contents
from sizes import STRESS

from tess_source import Session
from tess_source.tables.items import Items
from tess_source.workers.base import Workers
from tess_source_arrays.split import SIDES, split
from tess_source_dataset.connection_shares import ConnectionShares
from tess_source_dataset.data_set import DataSet
from tess_source_dataset.division import divided, side_of_shard
from tess_source_dataset.making import NotInCopyError, ShardJob
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive


@pytest.mark.parametrize("executor", ["threads", 2, "local"][: 3 if STRESS else 1])
def test_workers_of_any_kind_make_the_same_bytes(
    stars: SampleArchive, built: Path, empty: DataSet, executor: Any
) -> None:
    with ThreadPoolExecutor(3) as pool:
        workers = pool if executor == "threads" else executor
        empty.build(**QUESTION, shard_size=4, executor=workers)
        assert empty.verify(executor=workers).ok
    ours, theirs = contents(Path(str(empty.storage))), contents(built)
    assert [name for name in ours if name.startswith("data/") and ours[name] != theirs[name]] == []


class So(Workers):
    """Workers of a number that changes."""

    def __init__(self, width: int) -> None:
        self.number = width

    @property
    def width(self) -> int:
        return self.number

    def _begin(self, job: Any) -> Any:
        raise NotImplementedError


def job_of(session: Session) -> ShardJob:
    return ShardJob(divided(items((1, 1, 120.0)), DataSetRecipe.of())[0], DataSetRecipe.of(), Path(), session)


def drawn(jobs: Iterator[ShardJob | None], most: int = 100) -> list[int]:
    """Return the connections of the jobs that are drawn before one has to come back."""
    found: list[int] = []
    while len(found) < most and (job := next(jobs, None)) is not None:
        found.append(job.jobs or 0)
    return found


@pytest.mark.parametrize("word", ["archive", "archive-only"])
@pytest.mark.parametrize(("width", "shares"), [(1, [8]), (2, [4, 4]), (3, [2, 2, 2, 2]), (50, [1] * 8)])
def test_all_workers_together_have_the_connections_of_one_process_to_an_archive(
    session: Session, width: int, shares: list[int], word: str
) -> None:
    queue = ConnectionShares([job_of(session)] * 20, 8, So(width), Session(prefer=word).settings)
    jobs = iter(queue)
    assert drawn(jobs) == shares
    assert queue.done(0, None) is not None
    assert drawn(jobs) == shares[:1]


@pytest.mark.parametrize("word", ["cloud", "cloud-only"])
def test_each_worker_has_its_own_connections_to_a_copy_in_the_cloud(session: Session, word: str) -> None:
    queue = ConnectionShares([job_of(session)] * 60, 8, So(50), Session(prefer=word).settings)
    assert drawn(iter(queue)) == [16] * 60


def test_a_shard_of_which_the_copy_lacks_a_file_is_sent_out_again_with_connections_to_the_archive(
    session: Session,
) -> None:
    queue = ConnectionShares([job_of(session)] * 30, 8, So(50), Session(prefer="cloud").settings)
    jobs = iter(queue)
    assert drawn(jobs, 12) == [16] * 12
    assert queue.done(0, "a shard") is not None
    assert [queue.done(number, NotInCopyError("lacking")) for number in range(1, 11)] == [None] * 10
    assert drawn(jobs) == [1] * 8, "no more shards are tried in the copy, which lacks files of most"
    ended = [queue.done(number, "a shard") for number in range(11, 20)]
    assert all(job is not None for job in ended)
    assert {job.copy for job in ended[1:] if job is not None} == {""}


def test_a_build_from_a_copy_that_lacks_files_takes_these_from_the_archive(
    stars: SampleArchive, tmp_path: Path
) -> None:
    stars.clear()
    stars.faults.add(Fault("status", match="/tid/s0100/0000/0000/0000/1011/", status=404, times=1000))
    session = Session(stars.url, cache=tmp_path / "cache", progress=False, prefer="cloud")
    info = DataSet(session, tmp_path / "curves").build(**QUESTION, shard_size=4)
    stars.faults.clear()
    assert not info.missing
    assert ["s0100-0000000000001011" in str(one.uri) for one in stars.requests if "Download/file" in one.path] == [True]


# -- division --


def items(*rows: tuple[int | None, int, float]) -> Items:
    """Return files of stars, sectors and exposure times."""
    return Items.of([
        {"uri": f"mast:{number}", "path": f"{number}", "filename": f"{number}", "tic": tic, "first_sector": sector,
         "exptime": exptime}
        for number, (tic, sector, exptime) in enumerate(rows)
    ])  # fmt: skip


def test_files_without_a_star_are_in_shards_of_their_own() -> None:
    known = [(star, sector, 120.0) for star in range(1, 40) for sector in (2, 1)]
    shards = divided(items(*known, (None, 1, 120.0), (None, 2, 120.0), (None, 1, 20.0)), DataSetRecipe.of(shard_size=2))
    assert {side_of_shard(shard.name) for shard in shards} == {*SIDES, "unknown"}
    last = [shard for shard in shards if side_of_shard(shard.name) == "unknown"]
    assert [len(shard.items) for shard in last] == [2, 1]
    for shard in shards[: -len(last)]:
        assert {split(tic) for tic in shard.items["tic"]} == {side_of_shard(shard.name)}
        assert shard.items["first_sector"].to_list() == [1, 2]


def test_a_star_with_more_light_curves_than_a_shard_has_a_larger_one() -> None:
    shards = divided(
        items(*((1, sector, 120.0) for sector in range(1, 9)), (2, 1, 120.0)),
        DataSetRecipe.of(shard_size=3, fractions=(1, 0, 0)),
    )
    assert [len(shard.items) for shard in shards] == [8, 1]
    assert [shard.name for shard in shards] == [f"data/train-{number:05}-of-00002.parquet" for number in range(2)]


def test_the_division_does_not_depend_on_the_order_of_the_files() -> None:
    files = items(*((star, sector, 120.0) for star in range(30) for sector in (1, 2, 3)))
    mixed = Items(files.to_polars().sample(fraction=1.0, shuffle=True, seed=7))
    ours, theirs = (divided(one, DataSetRecipe.of(shard_size=7)) for one in (files, mixed))
    assert [(one.name, one.items["uri"].to_list()) for one in ours] == [
        (one.name, one.items["uri"].to_list()) for one in theirs
    ]
    assert sum(len(one.items) for one in ours) == len(files)
    assert pl.concat([one.items["tic"].unique() for one in ours]).n_unique() == sum(one.stars for one in ours)
