"""Downloads by a dask cluster of processes: workers that are killed, limits of hosts, and progress in the calling process."""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import WHOLE, Handler, Server, content, send
from sizes import size

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download import shares
from tess_source.download.addresses import Addresses
from tess_source.download.shares import Batches, Parcel, Returned
from tess_source.settings import Settings
from tess_source.tables.items import Entry, Item
from tess_source.workers import counts

pytestmark = pytest.mark.filterwarnings("ignore")

FILES = 40


def slowly(handler: Handler, body: bytes) -> None:
    """Send a file after a moment."""
    time.sleep(0.02)
    send(handler, body)


def plan_of(server: Server, root: Path, *, buckets: bool = False, jobs: int = 4) -> Plan:
    """Return a plan whose files lie at a server, first in a bucket if there are any; its plugin is defined here and cannot be pickled."""

    class Notebook:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            def locate(uri: str, settings: Any) -> list[Request]:
                there = Request(f"{settings.server}/{uri[-8:]}")
                bucket = Request(f"{settings.server}/bucket/{uri[-8:]}", etag_is_md5=True)
                return [bucket, there] if buckets else [there]

            return (Transport("toy", locate),)

    names = [f"{number:03d}.fits" for number in range(FILES)]
    server.files = {f"/{name}": content(number) for number, name in enumerate(names)}
    rows = [{"uri": f"toy:{name}", "obs_id": "o", "size": WHOLE} for name in names]
    session = Session(server.url, discover=False, plugins=[Notebook()], jobs=jobs)
    return Plan.of(Products.of(rows), root, "flat", session=session)


@pytest.mark.parametrize("kills", [1, 2, 3][: size(1, 3)])
def test_a_worker_that_is_killed_costs_no_file_and_nothing_that_is_whole_is_fetched_again(
    cluster: Any, server: Server, tmp_path: Path, kills: int
) -> None:
    plan = plan_of(server, tmp_path / "data")
    server.acts = {path: [slowly] for path in server.files}
    whole_at_kill: list[set[str]] = []

    def kill(entry: Entry) -> None:
        if len(whole_at_kill) < kills:
            whole_at_kill.append({f"/{path.name}" for path in plan.root.glob("*.fits")})
            server.requests.clear()
            victims = list(cluster.run(os.getpid).values())
            os.kill(victims[0], signal.SIGKILL)

    manifest = plan.download(executor=cluster, on_entry=kill)
    assert not manifest.failed, manifest.errors
    assert len(whole_at_kill) == kills
    assert not {path for path, _ in server.requests} & whole_at_kill[-1]
    assert {path.name for path in plan.root.iterdir() if path.is_file()} == {item.path for item in plan}
    assert server.busiest <= 4


def test_each_worker_asks_a_bucket_as_one_machine_does_and_what_is_not_there_comes_from_the_archive(
    server: Server, tmp_path: Path
) -> None:
    plan = plan_of(server, tmp_path / "data", buckets=True, jobs=2)
    bucket = {f"/bucket{path}": body for path, body in list(server.files.items())[: FILES // 2]}
    server.files |= bucket
    server.acts = {path: [slowly] for path in server.files}
    seen: Counter[bool] = Counter()
    with ThreadPoolExecutor(1) as pool:
        manifest = plan.download(executor=pool, on_entry=lambda entry: seen.update(["/bucket/" in entry.via]))
    assert not manifest.failed
    assert seen == {True: FILES // 2, False: FILES - FILES // 2}
    asked = Counter(path for path, _ in server.requests)
    assert set(asked.values()) == {1}  # nothing is asked for twice
    assert server.busiest <= 4


def drawn(batches: Batches) -> list[Parcel]:
    """Return the parts that can be sent now."""
    return list(itertools.takewhile(lambda part: part is not None, batches))


def test_what_one_batch_learns_of_an_archive_is_told_to_the_next() -> None:
    items = {number: Item(f"toy:{number:03d}.fits", f"{number:03d}.fits") for number in range(400)}
    transport = Transport("toy", lambda uri, settings: Request(f"https://archive/{uri}"))
    addresses = Addresses({"toy": transport}, {}, Settings())
    batches = Batches(items, addresses, 8, lambda: 8, lambda: 1)

    def back(part: Parcel, **learnt: Any) -> None:
        entries = [Entry(items[number], "fetched") for number in part.numbers]
        assert len(list(batches.returned(part, Returned(entries, {}, **learnt)))) == len(part.numbers)

    first = drawn(batches)
    assert [part.jobs for part in first] == [1] * 8
    for part in first:  # all saw the same strain
        back(part, lowered=True, holds={"archive": 60.0})
    second = drawn(batches)
    assert [part.jobs for part in second] == [1] * 4
    assert 59 < batches.holds()["archive"] <= 60
    for part in second:
        back(part)
    assert sum(part.jobs for part in drawn(batches)) == 8
    assert sorted({number for part in first + second for number in part.numbers} | {*batches.left()}) == [*items]


def test_progress_is_told_while_batches_are_under_way_and_all_workers_together_keep_to_the_limit_of_an_archive(
    cluster: Any, server: Server, tmp_path: Path
) -> None:
    plan = plan_of(server, tmp_path / "data", jobs=3)
    server.acts = {path: [slowly] for path in server.files}
    told: list[tuple[int, int]] = []
    before = counts.EVERY
    cluster.run(set_every, 0.0)
    try:
        manifest = plan.download(executor=cluster, progress=lambda files, size: told.append((files, size)))
    finally:
        cluster.run(set_every, before)
    assert not manifest.failed
    assert told[-1] == (FILES, FILES * WHOLE)
    assert len(told) > FILES
    assert server.busiest <= 3


def set_every(seconds: float) -> None:
    """Let jobs of this process tell how far they are as often as they like, or as usual."""
    counts.EVERY = seconds


def test_batches_take_about_ten_seconds_once_it_is_known_how_long_a_file_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(shares.time, "monotonic", lambda: clock[0])
    items = {number: Item(f"toy:{number:06d}.fits", f"{number:06d}.fits") for number in range(20_000)}
    transport = Transport("toy", lambda uri, settings: Request(f"https://archive/{uri}"))
    batches = Batches(items, Addresses({"toy": transport}, {}, Settings()), 8, lambda: 2, lambda: 1)
    parts = iter(batches)

    def files_of_batch(seconds_per_file: float) -> int:
        part = next(parts)
        assert part is not None
        clock[0] += len(part.numbers) * seconds_per_file
        entries = [Entry(items[number], "fetched") for number in part.numbers]
        assert len(list(batches.returned(part, Returned(entries, {})))) == len(part.numbers)
        return len(part.numbers)

    assert [files_of_batch(0.04) for _ in range(5)] == [50, 100, 200, 250, 250]
    assert [files_of_batch(0.001) for _ in range(3)] == [250, 500, 500]
    assert [files_of_batch(1.0) for _ in range(7)] == [500, 250, 125, 62, 31, 15, 10]


def test_an_executor_of_a_session_is_used_and_does_not_travel(server: Server, tmp_path: Path) -> None:
    session = Session(server.url, discover=False, executor=2)
    assert session.settings.executor == 2
    assert pickle.loads(pickle.dumps(session)).settings.executor is None  # noqa: S301  its own
    assert pickle.loads(pickle.dumps(session.settings)).executor is None  # noqa: S301  its own
    assert "executor" not in repr(session.settings)
