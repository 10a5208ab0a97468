"""Processes that download to an object store: killed at any moment, interrupted, or several with the same plan."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import other_process
import pytest
from s3 import S3Server
from serving import Handler, Server, content, send, serving
from sizes import size

from tess_source.object_store.path import ObjectPath

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals of POSIX")

KILLS = size(3, 30)
FILES = 24


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests."""
    yield from serving()


Start = Callable[..., BaseProcess]


@pytest.fixture(scope="module")
def context() -> BaseContext:
    """Start processes fast: all are forked from one that has imported all that they need, but opened no store."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["other_process"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # or else it finds nothing to import beforehand
        forkserver.ensure_running()
    return context


@pytest.fixture
def start(server: Server, s3: S3Server, context: Any) -> Start:
    """Start a download of all files in a process of its own."""
    server.files = {f"/{number:03d}.fits": content(number) for number in range(FILES)}
    server.acts = {path: [slowly] for path in server.files}
    server.requests.clear()

    def begin(place: ObjectPath, cache: Path, report: Path | None = None) -> BaseProcess:
        said = server.url, str(place), cache, FILES, s3.environment, report
        process: BaseProcess = context.Process(target=other_process.download_to_store, args=said)
        process.start()
        return process

    return begin


def slowly(handler: Handler, body: bytes) -> None:
    """Send a file so that a kill strikes in the middle of some."""
    time.sleep(0.01)
    send(handler, body)


def finished(s3: S3Server, place: ObjectPath) -> dict[str, bytes]:
    """All objects under final names, by the end of their keys."""
    keys = {key: key.removeprefix(f"{place.key}/") for key in s3.objects(place.bucket)}
    return {keys[key]: body for key, body in s3.objects(place.bucket).items() if not keys[key].startswith(".")}


def statuses(process: BaseProcess, report: Path) -> list[str]:
    """Wait for a download, and return the statuses of its files."""
    process.join(60)
    assert process.exitcode == 0
    found: list[str] = json.loads(report.read_text())
    return found


def test_many_kills_at_random_moments(
    s3: S3Server, server: Server, bucket: ObjectPath, start: Start, tmp_path: Path
) -> None:
    """After each, every object is whole; nothing that is in the store, or was whole here, is fetched again."""
    truth = {f"{number:03d}.fits": content(number) for number in range(FILES)}
    s3.faults.append(lambda environ: time.sleep(0.01) if environ["REQUEST_METHOD"] == "PUT" else None)
    chance = random.Random(20180725)
    kills = rounds = 0
    while kills < KILLS:
        place = bucket / f"round {(rounds := rounds + 1)}"
        done: dict[str, bytes] = {}
        while len(done) < FILES and kills < KILLS:
            before = done
            server.requests.clear()
            process = start(place, tmp_path / "cache")
            process.join(chance.uniform(0.1, 0.5))
            process.kill()
            process.join()
            kills += process.exitcode == -signal.SIGKILL
            asked = {path.strip("/") for path, _ in server.requests}
            done = finished(s3, place)
            assert done.items() <= truth.items()
            assert before.items() <= done.items()
            assert not asked & before.keys()
            assert s3.uploads(bucket.bucket) == []
        report = tmp_path / "report"
        assert "failed" not in statuses(start(place, tmp_path / "cache", report), report)
        assert finished(s3, place) == truth
    left = [path for path in (tmp_path / "cache").rglob("*.fits*") if path.is_file()]
    assert not [path for path in left if path.suffix == ".fits"], "every whole file was uploaded and removed"


@pytest.mark.parametrize("shared", [True, False], ids=["of one machine", "of two machines"])
def test_two_processes_with_one_plan_do_not_harm_each_other(
    s3: S3Server, server: Server, bucket: ObjectPath, start: Start, tmp_path: Path, shared: bool
) -> None:
    reports = [tmp_path / f"report {number}" for number in range(2)]
    processes = [
        start(bucket / "lc", tmp_path / ("cache" if shared else f"cache of {report.name}"), report)
        for report in reports
    ]
    for process, report in zip(processes, reports, strict=True):
        assert set(statuses(process, report)) <= {"fetched", "here", "copied"}
    assert finished(s3, bucket / "lc") == {f"{number:03d}.fits": content(number) for number in range(FILES)}
    assert not shared or len(server.requests) <= FILES + 2, "each file is fetched by one of them"


def test_ctrl_c_ends_it_soon_also_while_the_store_does_not_answer(
    s3: S3Server, server: Server, bucket: ObjectPath, start: Start, tmp_path: Path
) -> None:
    hanging = threading.Event()
    puts = threading.Event()

    def hang(environ: Any) -> None:
        if environ["REQUEST_METHOD"] == "PUT":
            puts.set()
            hanging.wait(120)

    s3.faults.append(hang)
    process = start(bucket / "lc", tmp_path / "cache")
    try:
        assert puts.wait(60)
        os.kill(process.pid or 0, signal.SIGINT)
        process.join(60)
        assert process.exitcode == 1, "it ended while the store still did not answer"
    finally:
        hanging.set()
    s3.faults.clear()
    report = tmp_path / "report"
    assert "failed" not in statuses(start(bucket / "lc", tmp_path / "cache", report), report)
    assert finished(s3, bucket / "lc") == {f"{number:03d}.fits": content(number) for number in range(FILES)}
