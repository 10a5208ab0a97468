"""Waits for a server: each has an end, at a deadline or at Ctrl-C, whatever the server does or leaves undone."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import urllib3
from raw_answers import raw_server
from serving import WHOLE

from tess_source import Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download.connection import LateError, StoppedError, Watch, watched
from tess_source.download.http import Pools
from tess_source.settings import Patience
from tess_source.tables.interrupted import Interrupted
from tess_source.threads import held, joined, paused
from tess_source_mast.batches import in_parallel
from tess_source_mast.deadline import Deadline
from tess_source_mast.wire import Wire

SHORT = Patience(tries=1, connect=0.05, read=0.1)
LONG = Patience(tries=1, connect=60.0, read=60.0)

Begin = Callable[[], object]


class Slow:
    """A server that keeps its clients waiting until the test is over."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.over = threading.Event()
        self.began: Begin = lambda: None
        """Called when the first request is here."""
        self._first = threading.Lock()

    def begin(self) -> None:
        if self._first.acquire(blocking=False):
            self.began()

    def __call__(self, path: str) -> Iterator[bytes]:
        self.begin()
        yield {
            "silence": b"",
            "a trickle": b"HTTP/1.1 200 OK\r\n",
            "interim answers": b"",
            "a redirect": b"HTTP/1.1 302 Found\r\nContent-Length: 1000\r\nLocation: /x\r\n\r\n",
        }[self.kind]
        piece = {"a trickle": b"x", "interim answers": b"HTTP/1.1 102 Processing\r\n\r\n"}.get(self.kind, b"")
        while not self.over.wait(0.02):
            yield piece


KINDS = ["silence", "a trickle", "interim answers", "a redirect"]


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[tuple[str, Slow]]:
    server = Slow(getattr(request, "param", "silence"))
    with raw_server(server) as url:
        yield url, server
        server.over.set()


@pytest.fixture
def lost_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """The system looks names up, and does not come back."""
    server = Slow("silence")

    def look_up(*args: Any, **options: Any) -> Any:
        server.begin()
        server.over.wait(60)
        raise socket.gaierror("no name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield server
    server.over.set()


def plan_of(url: str, root: Path, patience: Patience, jobs: int = 1) -> Plan:
    class Archive:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            return (Transport("toy", lambda uri, settings: Request(f"{url}/{uri.rpartition('/')[2]}")),)

    session = Session(discover=False, plugins=[Archive()], jobs=jobs)
    object.__setattr__(session.settings, "patience", patience)
    rows = [{"uri": f"toy:sky/{number}.fits", "obs_id": "o", "size": WHOLE} for number in range(jobs)]
    return Plan.of(Products.of(rows), root, "flat", session=session)


def ask(url: str, deadline: Deadline) -> Any:
    with closing(Wire("advice")) as wire:
        return wire.ask("Service", "GET", url, deadline)


def interrupt() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


# -- deadlines --


@pytest.mark.parametrize("slow", KINDS, indirect=True)
def test_a_head_that_does_not_come_is_a_failure_in_time(slow: tuple[str, Slow], tmp_path: Path) -> None:
    url, server = slow
    (entry,) = plan_of(url, tmp_path, SHORT).download()
    told = ("answer within 0.1 s", "timed out", "no connection within")  # the last one where the machine is busy
    assert any(words in entry.error for words in told)
    assert not server.over.is_set()


@pytest.mark.parametrize("slow", KINDS[:-1], indirect=True)
def test_a_question_ends_with_its_time(slow: tuple[str, Slow]) -> None:
    url, server = slow
    with pytest.raises(ConnectionError, match=r"gave up after 0\.1 s"):
        ask(url, Deadline(0.1))
    assert not server.over.is_set()


def test_a_body_ends_with_the_time_of_its_question() -> None:
    over = threading.Event()

    def answer(path: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n{}"
        over.wait(60)

    with raw_server(answer) as url:
        with pytest.raises(ConnectionError, match=r"gave up after 0\.1 s"):
            ask(url, Deadline(0.1))
        over.set()


@pytest.mark.parametrize("slow", ["silence"], indirect=True)
def test_a_handshake_that_does_not_come_is_a_failure_in_time(slow: tuple[str, Slow], tmp_path: Path) -> None:
    address = slow[0].replace("http:", "https:")
    (entry,) = plan_of(address, tmp_path, SHORT).download()
    assert entry.error
    with pytest.raises(ConnectionError, match=r"gave up after 0\.1 s"):
        ask(address, Deadline(0.1))


def test_a_name_that_is_not_looked_up_is_a_failure_in_time(lost_names: Slow, tmp_path: Path) -> None:
    (entry,) = plan_of("http://localhost:9", tmp_path, SHORT).download()
    assert "within the time-out" in entry.error or "within 0.1 s" in entry.error  # the limit of all
    with pytest.raises(ConnectionError, match=r"gave up after 0\.1 s"):
        ask("http://localhost:9", Deadline(0.1))
    assert not lost_names.over.is_set()


# -- Ctrl-C --


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("slow", KINDS, indirect=True)
def test_ctrl_c_ends_a_download_that_waits_for_a_head(slow: tuple[str, Slow], jobs: int, tmp_path: Path) -> None:
    url, server = slow
    server.began = interrupt
    with pytest.raises(Interrupted):
        plan_of(url, tmp_path, LONG, jobs).download()
    assert not server.over.is_set()
    assert not list(tmp_path.iterdir()), "no part and no claim is left"


@pytest.mark.parametrize("slow", KINDS[:-1], indirect=True)
def test_ctrl_c_ends_a_question_that_waits_for_a_head(slow: tuple[str, Slow]) -> None:
    url, server = slow
    server.began = interrupt
    with pytest.raises(KeyboardInterrupt):
        ask(url, Deadline(600))
    assert not server.over.is_set()


@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_is_heard_while_a_name_is_looked_up(lost_names: Slow, jobs: int, tmp_path: Path) -> None:
    lost_names.began = interrupt
    with pytest.raises(Interrupted):
        plan_of("http://localhost:9", tmp_path, LONG, jobs).download()
    assert not lost_names.over.is_set()


def test_ctrl_c_is_heard_while_a_name_is_looked_up_for_a_question(lost_names: Slow) -> None:
    lost_names.began = interrupt
    with pytest.raises(KeyboardInterrupt):
        ask("http://localhost:9", Deadline(600))
    assert not lost_names.over.is_set()


def test_ctrl_c_is_heard_while_other_processes_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tess_source.download.claim import Claim
    from tess_source.download.waits import Waits

    claim = Claim(tmp_path / "0.fits", stale=600)
    assert claim.take()
    monkeypatch.setattr(Waits, "tell", lambda *whom: threading.Timer(0.02, interrupt).start())
    with pytest.raises(Interrupted):
        plan_of("http://127.0.0.1:9", tmp_path, Patience(look=600.0)).download()
    claim.release()


@pytest.mark.parametrize("slow", ["silence"], indirect=True)
def test_after_a_failure_the_other_questions_are_shut(slow: tuple[str, Slow]) -> None:
    url, server = slow
    began = threading.Event()
    server.began = began.set
    ended = threading.Event()

    def one(number: int, stop: threading.Event) -> None:
        if number:
            began.wait(60)
            raise LookupError("the first failure")
        try:
            ask(url, Deadline(600, stop=stop))
        except ConnectionError as error:
            assert "given up" in str(error)
            ended.set()

    with pytest.raises(LookupError, match="first"):
        in_parallel(one, [0, 1], 2)
    assert ended.wait(30)
    assert not server.over.is_set()


def test_pauses_locks_and_joins_are_heard_out_or_ended() -> None:
    stop, lock = threading.Event(), threading.Lock()
    assert not paused(stop, 0.01)
    threading.Timer(0.02, stop.set).start()
    assert paused(stop, 600)
    with held(lock, lambda: None):
        assert lock.locked()
    lock.acquire()

    def check() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError), held(lock, check):
        pass
    thread = threading.Thread(target=stop.wait)
    thread.start()
    joined([thread])
    assert not thread.is_alive()


# -- what it is made of --


@pytest.mark.parametrize("slow", ["silence"], indirect=True)
def test_a_wait_ends_only_its_own_connection(slow: tuple[str, Slow]) -> None:
    stop, watch = threading.Event(), Watch()
    manager = watched(urllib3.PoolManager())
    with pytest.raises(LateError), watch.wait(0.1, 60, stop):
        manager.request("GET", slow[0], retries=False)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(StoppedError), watch.wait(60, 60, stop):
        manager.request("GET", slow[0], retries=False)


def test_without_a_wait_a_manager_works_as_urllib3s_own() -> None:
    with raw_server(
        lambda path: b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    ) as url:
        assert watched(urllib3.PoolManager()).request("GET", url).data == b"ok"


def test_the_private_names_of_urllib3_and_http_that_are_changed_exist() -> None:
    for pool in (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool):
        assert {"_new_conn", "_validate_conn", "_prepare_proxy"} <= set(dir(pool))
    assert callable(HTTPResponse._read_status)  # type: ignore[attr-defined]


def test_a_secret_stays_with_the_first_host_and_a_redirect_keeps_the_rest() -> None:
    seen: list[bytes] = []

    def recorded(path: str) -> bytes:
        seen.append(path.encode())
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    with raw_server(recorded) as other:
        onward = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {other}/y?a=1\r\n\r\n".encode()
        with raw_server(lambda path: onward) as first, Pools(1).get(f"{first}/x", {"X-Key": "s"}, ["X-Key"]) as answer:
            assert answer.status == 200
    assert seen == [b"/y?a=1"]
