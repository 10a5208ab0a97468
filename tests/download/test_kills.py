"""Processes that are killed at any moment, and processes that download the same files at the same time."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import other_process
import pytest
from clusters import until
from serving import Handler, Server, content, etag, send, serving
from sizes import size

from tess_source.download.claim import sweep
from tess_source.download.owner import Owner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals of POSIX")

KILLS = size(15, 100)
LARGE = 600
"""Blocks of 2,880 bytes of a large toy file: more than what is worth continuing in another run."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all tests."""
    yield from serving()


@pytest.fixture(scope="module")
def start() -> Callable[..., BaseProcess]:
    """Start a function in a process of its own, fast: all are forked from one that has imported all_products."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["other_process"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # or else it finds nothing to import beforehand
        forkserver.ensure_running()

    def begin(function: Callable[..., None], *arguments: object) -> BaseProcess:
        process = context.Process(target=function, args=arguments)
        process.start()
        return process

    return begin


def large(number: int) -> bytes:
    """Give a file of 1.7 MB that differs from all others."""
    data = hashlib.shake_256(str(number).encode()).digest((LARGE - 1) * 2880)
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    1"]
    cards += [f"NAXIS1  = {len(data):20d}", "END"]
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + data


def slowly(handler: Handler, body: bytes) -> None:
    """Send in pieces, so that a kill strikes in the middle of several files."""
    wanted = handler.headers.get("Range", "")
    same = handler.headers.get("If-Range") == etag(body)
    begin = int(wanted[6:-1]) if wanted and same else 0
    handler.send_response(206 if begin else 200)
    handler.send_header("ETag", etag(body))
    if begin:
        handler.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
    handler.send_header("Content-Length", str(len(body) - begin))
    handler.end_headers()
    for place in range(begin, len(body), 1 << 17):
        handler.wfile.write(body[place : min(place + (1 << 17), len(body))])
        time.sleep(0.01)


def serve(server: Server, bodies: dict[str, bytes], act: Callable[[Handler, bytes], None]) -> dict[str, int]:
    server.files = {f"/{name}": body for name, body in bodies.items()}
    server.acts = {path: [act] for path in server.files}
    server.seen.clear()
    server.requests.clear()
    return {name: len(body) for name, body in bodies.items()}


def finished(root: Path) -> dict[str, str]:
    """Give the sums of all files under final names."""
    found = (path for path in root.iterdir() if path.suffix != ".part") if root.is_dir() else ()
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def is_amid_files(root: Path) -> bool:
    """Whether several files are under way, and some of a large one is here."""
    with suppress(OSError):  # one is done meanwhile
        here = [path.stat().st_size for path in root.glob("*.part")]
        return len(here) > 2 and max(here) > len(content(0))
    return False


def test_many_kills_at_random_moments(server: Server, start: Callable[..., BaseProcess], tmp_path: Path) -> None:
    """After each, every file under its final name is whole; in the end nothing that was finished was fetched again."""
    bodies = {f"{number:03d}.fits": large(number) if number % 2 else content(number) for number in range(24)}
    truth = {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
    sizes = serve(server, bodies, slowly)
    chance = random.Random(20180725)
    kills = rounds = in_flight = 0
    while kills < KILLS:
        root = tmp_path / f"round {(rounds := rounds + 1)}"
        done: dict[str, str] = {}
        while len(done) < len(bodies) and kills < KILLS:
            asked = server.seen.copy()
            child = start(other_process.download, server.url, root, sizes)
            if kills % 3:
                child.join(chance.uniform(0.02, 0.25))
            else:  # on a busy machine, most are killed before they have begun
                until(lambda root=root, child=child: is_amid_files(root) or not child.is_alive())
                in_flight += child.is_alive()
            child.kill()
            child.join()
            kills += child.exitcode == -signal.SIGKILL
            before, done = done, finished(root)
            assert done.items() <= truth.items()
            assert before.items() <= done.items()
            assert not [name for name in before if server.seen[f"/{name}"] > asked[f"/{name}"]]
        asked = server.seen.copy()
        entries = list(other_process.run_of(server.url, root, sizes))
        assert finished(root) == truth
        assert {entry.item.path for entry in entries if entry.status == "here"} >= done.keys()
        assert not [name for name in done if server.seen[f"/{name}"] > asked[f"/{name}"]]
        assert all_swept(root)
    assert in_flight >= KILLS / 5
    assert any("Range" in headers for _, headers in server.requests), "no run went on where another was killed"


def all_swept(root: Path) -> bool:
    """Whether what kills have left is tidied up once it is old."""
    for path in root.glob("*.part"):
        os.utime(path, (0, 0))
    sweep([root])
    return not list(root.glob("*.part"))


def test_two_processes_share_the_work(server: Server, start: Callable[..., BaseProcess], tmp_path: Path) -> None:
    bodies = {f"{number:03d}.fits": content(number) for number in range(60)}
    sizes = serve(server, bodies, partial(lambda handler, body: (time.sleep(0.01), send(handler, body))[-1]))
    processes = [start(other_process.download, server.url, tmp_path / "data", sizes) for _ in range(2)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert finished(tmp_path / "data") == {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
    assert len(server.requests) == len(bodies)
    assert not list((tmp_path / "data").glob("*.part"))


def test_without_any_claims_both_fetch_everything_and_all_is_whole(
    server: Server, start: Callable[..., BaseProcess], tmp_path: Path
) -> None:
    bodies = {f"{number:03d}.fits": content(number) for number in range(30)}
    sizes = serve(server, bodies, send)
    processes = [start(other_process.download_without_claims, server.url, tmp_path / "data", sizes) for _ in range(3)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert finished(tmp_path / "data") == {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}
    assert not list((tmp_path / "data").glob("*.part"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who lives is seen in /proc")
def test_an_owner_is_known_to_be_gone_only_when_it_is(start: Callable[..., BaseProcess]) -> None:
    me = Owner.me()
    assert me.gone() is False
    assert me.on_this_boot()
    child = start(time.sleep, 30)
    theirs = Owner(me.host, me.boot, me.space, child.pid or 0, me.started)
    assert theirs.gone() is True, "the number is in use again, by a process that was started at another time"
    child.kill()
    child.join()
    assert Owner(me.host, me.boot, me.space, child.pid or 0, "1").gone() is True
    assert Owner("elsewhere", me.boot, me.space, 1, "1").gone() is None
    assert Owner(me.host, me.boot, "pid:[1]", 1, "1").gone() is None
    before = Owner(me.host, "another boot", me.space, me.pid, me.started)
    assert before.gone() is True
    assert not before.on_this_boot()
    assert Owner.of(me.record()) == me
