"""Updates that are killed at any moment: the catalogue then has, of each list, either all old rows or all new ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lists import catalogue_of, fill, listed, rows_of
from places import ROOT
from serving import Handler, Server, serving
from sizes import size

from tess_source_catalogue.session_catalogue import SessionCatalogue

NAMES, SECTORS = ("lc", "targets"), (1, 2)
OLD, NEW = [1, 2], [3, 4, 5]
UPDATE = """
import sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from lists import catalogue_of
catalogue_of(sys.argv[1], Path(sys.argv[2])).update("1-2", progress=False)
"""


class KilledError(BaseException):
    """The end of a process, as nothing catches it."""


@pytest.fixture
def server() -> Iterator[Server]:
    for one in serving():
        fill(one, (), ())
        offer(one, OLD)
        yield one


def offer(server: Server, tics: list[int]) -> None:
    for name in NAMES:
        for sector in SECTORS:
            server.files[f"/lists/{name}_{sector}.sh"] = listed(*tics)
    server.files["/lists/s0001-s0002.sh"] = listed(*tics)
    server.files["/lists/index.html"] = b'<a href="s0001-s0002.sh">S1-S2</a>'


def check(catalogue: SessionCatalogue, *allowed: list[int]) -> None:
    rows = rows_of(catalogue)
    assert len(rows) == len(NAMES) * len(SECTORS) + 1
    assert all(tics in allowed for tics in rows.values())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_update_may_end_before_and_after_any_rename(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    catalogue = catalogue_of(server, tmp_path)
    catalogue.update("1-2", progress=False)
    states = [OLD]
    replace = Path.replace
    for last in range(1, 12, size(3, 1)):
        states.append(
            [100 * last, 100 * last + 1]
        )  # all lists are new each time, whatever was kept before the last end
        offer(server, states[-1])
        left = [last]

        def ending(path: Path, target: Path, left: list[int] = left) -> Path:
            left[0] -= 1
            if moment == "after" or left[0] > 0:
                target = replace(path, target)
            if left[0] <= 0:
                raise KilledError
            return target

        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(Path, "replace", ending)
            catalogue.update("1-2", progress=False)
        check(catalogue, *states)
    catalogue.update("1-2", progress=False)
    check(catalogue, states[-1])


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals of POSIX")
def test_a_killed_update_leaves_the_old_catalogue_whole_and_the_next_one_completes_it(
    server: Server, tmp_path: Path
) -> None:
    catalogue = catalogue_of(server, tmp_path)
    catalogue.update("1-2", progress=False)
    paths = [str(ROOT / "tests/helpers"), *sys.path]
    for number in range(size(1, 20)):
        offer(server, NEW if number % 2 == 0 else OLD)
        words = [sys.executable, "-c", UPDATE, server.url, str(tmp_path), *paths]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked = []

        def killing(
            handler: Handler, body: bytes, asked: list[int] = asked, process: subprocess.Popen[bytes] = process
        ) -> None:
            asked.append(1)
            if len(asked) > 3:
                os.kill(process.pid, signal.SIGKILL)
            handler.answer(body)

        for path in list(server.files):
            server.acts[path] = [killing]
        assert process.wait(60) == -signal.SIGKILL
        check(catalogue, OLD, NEW)
        server.acts.clear()
        catalogue.update("1-2", progress=False)
        check(catalogue, NEW if number % 2 == 0 else OLD)
    assert not [path for path in catalogue.folder.root.iterdir() if path.name.endswith(".part")]
