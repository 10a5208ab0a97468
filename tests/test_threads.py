"""Work in threads that Ctrl-C ends, whatever they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tess_source import Plan, Products, Session
from tess_source.cache.store import Store
from tess_source.cache.verified import read_all
from tess_source.files.folder import Folder
from tess_source.lock import verify_lock
from tess_source.threads import begun, in_order, joined


def test_results_come_in_order_from_as_many_threads_as_are_wanted() -> None:
    together = threading.Barrier(3)

    def square(number: int) -> int:
        if number < 3:
            together.wait(60)
        return number**2

    assert list(in_order(square, range(50), 3)) == [number**2 for number in range(50)]
    assert list(in_order(square, [], 3)) == []


def test_an_error_is_raised_in_its_place_and_the_rest_is_left_out() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return 1 // (number - 2)

    found = in_order(work, range(1000), 1)
    assert [next(found), next(found)] == [-1, -1]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert list(found) == []


def test_what_has_not_begun_at_the_end_never_begins() -> None:
    both, going = threading.Barrier(3), threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        if number < 2:
            both.wait(60)
        going.wait(60)
        done.append(number)

    before = set(threading.enumerate())
    with begun(work, range(100), 2) as futures:
        both.wait(60)
    threads = set(threading.enumerate()) - before
    going.set()
    joined(threads)
    assert not any(future.done() for future in futures[2:])
    assert len(done) == 2


def verified(root: Path) -> object:
    rows = [{"uri": f"toy:{number}.txt", "obs_id": "o", "size": 1} for number in range(3)]
    plan = Plan.of(Products.of(rows), root, "flat", session=Session(discover=False))
    return verify_lock(plan)


WAITS: dict[str, Callable[[Path], object]] = {
    "verify": verified,
    "cache verify": lambda root: list(Store(root).verify(Store(root).files())),
    "read": lambda root: read_all(
        Folder(root), [*Plan.of(Products.of([{"uri": "toy:0.txt", "obs_id": "o"}]), root, "flat")]
    ),
}


@pytest.mark.parametrize("kind", WAITS)
def test_ctrl_c_ends_the_reading_of_large_files(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is so large that the test would never end."""
    for number in range(3):
        (tmp_path / "mastDownload").mkdir(exist_ok=True)
        for folder in (tmp_path, tmp_path / "mastDownload"):
            (folder / f"{number}.txt").write_text("a")
    over = threading.Event()
    first = threading.Lock()

    def feed(self: Any, data: Any) -> None:
        if first.acquire(blocking=False):
            os.kill(os.getpid(), signal.SIGINT)
        over.wait(60)

    monkeypatch.setattr("tess_source.files.verify.Verifier.feed", feed)
    with pytest.raises(KeyboardInterrupt):
        WAITS[kind](tmp_path)
    assert not over.is_set()
    over.set()


ENDLESS = """
import sys, threading
from tess_source.cli import program
from tess_source.threads import in_order
def build(*_):
    list(in_order(lambda number: print(number, file=sys.__stdout__, flush=True) or threading.Event().wait(60), [1], 1))
program.build = build
program.main(["plugins"])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("times", [1, 2])
def test_the_program_ends_by_ctrl_c_though_its_threads_do_not(times: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode in {130, -signal.SIGINT}, (
        "a second one may come when Python is ending: a shell says 130 of both"
    )
    assert "interrupted" in errors
    assert "Traceback" not in errors
