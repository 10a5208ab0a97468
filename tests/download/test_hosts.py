"""A host that answers nothing useful is given up for the run; one that still delivers something never is."""

from __future__ import annotations

import logging
import random
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from serving import Act, Handler, Server, content, page, reset, send

from tess_source import Manifest, Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download.failures import FEW, MANY, AgainError
from tess_source.download.hosts import Hosts, LostHostError
from tess_source.settings import Patience, Settings

HASTE = Patience(tries=2, first=0.001, longest=0.01, connect=30.0, read=30.0, look=0.01)


def answers(code: int, **headers: str) -> Act:
    """Answer a status without a body, in one packet: two would wait for each other."""
    return lambda handler, body: handler.answer(b"", code, **headers)


TOO_MANY = answers(429, Retry_After="60")
DOWN = answers(503)


class Lab:
    """Fetches ``lab:`` addresses from the servers of a test, in their order."""

    def __init__(self, *servers: str) -> None:
        self.servers = servers

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("lab", self.locate),)

    def locate(self, uri: str, settings: Settings) -> Sequence[Request]:
        return [Request(f"{server}/{uri.partition(':')[2]}") for server in self.servers]


def plan_of(server: Server, root: Path, files: int, *more: str, jobs: int = 4, patience: Patience = HASTE) -> Plan:
    """Plan files that lie on a server, and perhaps on more."""
    server.files |= {f"/{number:03d}.fits": content(number) for number in range(files)}
    session = Session(discover=False, plugins=[Lab(server.url, *more)], jobs=jobs)
    session.settings = replace(session.settings, patience=patience, progress=False)
    return Plan.of(
        Products.of([{"uri": f"lab:{number:03d}.fits", "obs_id": "o"} for number in range(files)]),
        root, "flat", session=session,
    )  # fmt: skip


def act_always(server: Server, act: Act, *numbers: int) -> None:
    server.acts |= {f"/{number:03d}.fits": [act] for number in numbers}


def given_up(manifest: Manifest) -> int:
    return sum("given up for this run" in entry.error for entry in manifest)


# -- hosts that are given up --


@pytest.mark.parametrize(("act", "most"), [(TOO_MANY, 12), (DOWN, 28), (page, 28), (reset, 28)])
def test_a_host_that_never_delivers_is_given_up_with_one_message(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture, act: Act, most: int
) -> None:
    plan = plan_of(server, tmp_path, 40)
    act_always(server, act, *range(40))
    with caplog.at_level(logging.WARNING, "tess_source"):
        manifest = plan.download()
    assert len(server.requests) <= most < 40 * 2
    assert given_up(manifest) >= 20
    [message] = [record.getMessage() for record in caplog.records if "given up" in record.getMessage()]
    assert message.startswith(server.url.removeprefix("http://"))
    assert "ask again later, for files with the plan of those that failed" in message
    assert len(manifest.failed) == 40

    server.acts.clear()
    assert all(entry.ok for entry in manifest.failed.download()), "the next run starts anew"


def unknown(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
def test_a_host_that_cannot_be_reached_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    if "invalid" in url:
        monkeypatch.setattr("socket.getaddrinfo", unknown)
    session = Session(discover=False, plugins=[Lab(url)], jobs=4)
    session.settings = replace(session.settings, patience=HASTE)
    manifest = session.download(plan_of(server, tmp_path, 40))
    assert given_up(manifest) >= 20
    assert all("no connection" in entry.error for entry in manifest)


def test_other_addresses_of_a_file_are_still_asked(server: Server, tmp_path: Path) -> None:
    """The first address of each file is that of a host that is down."""
    plan = plan_of(server, tmp_path, 40)
    session = Session(discover=False, plugins=[Lab("http://127.0.0.1:9", server.url)], jobs=4)
    session.settings = replace(session.settings, patience=HASTE)
    manifest = session.download(plan)
    assert all(entry.ok for entry in manifest)
    assert len(server.requests) == 40


def test_batches_of_an_executor_do_not_ask_a_host_again_that_another_gave_up(server: Server, tmp_path: Path) -> None:
    plan = plan_of(server, tmp_path, 60, jobs=1)
    act_always(server, TOO_MANY, *range(60))
    with ThreadPoolExecutor(1) as executor:
        manifest = plan.download(executor=executor)
    assert given_up(manifest) >= 50
    assert len(server.requests) <= 10


def test_a_pause_ends_when_the_host_is_given_up() -> None:
    hosts = Hosts(replace(HASTE, longest=0.0), threading.Event())
    waiting = threading.Thread(target=hosts.pause, args=("a", 600.0))
    waiting.start()
    assert row(hosts, FEW, 4)
    waiting.join(60)
    assert not waiting.is_alive()


# -- hosts that are not --


@pytest.mark.parametrize("code", [429, 503])
def test_a_host_that_fails_every_other_time_delivers_all(server: Server, tmp_path: Path, code: int) -> None:
    chance = random.Random(code)
    plan = plan_of(server, tmp_path, 40, patience=replace(HASTE, tries=20))

    def sometimes(handler: Handler, body: bytes) -> None:
        (answers(code) if chance.random() < 0.5 else send)(handler, body)

    act_always(server, sometimes, *range(40))
    assert all(entry.ok for entry in plan.download())


@pytest.mark.parametrize("bad", [range(5), range(0, 40, 2), range(31, 40)], ids=["first", "half", "last"])
def test_files_that_cannot_be_had_do_not_cost_the_others(server: Server, tmp_path: Path, bad: Sequence[int]) -> None:
    plan = plan_of(server, tmp_path, 40)
    act_always(server, DOWN, *bad)
    manifest = plan.download()
    assert {number for number, entry in enumerate(manifest) if not entry.ok} == set(bad)


def test_files_that_are_gone_say_nothing_about_their_host(server: Server, tmp_path: Path) -> None:
    plan = plan_of(server, tmp_path, 60)
    act_always(server, answers(404), *range(59))
    manifest = plan.download()
    assert manifest[59].ok
    assert given_up(manifest) == 0


# -- the rule --


def row(hosts: Hosts, files: int, tries: int) -> bool:
    return sum(hosts.refuse("a", AgainError("busy", files=files), 0.0) for _ in range(tries)) == 1


@pytest.mark.parametrize(("files", "tries"), [(FEW, 4), (MANY, 20)])
def test_tries_in_a_row_make_a_host_lost(files: int, tries: int) -> None:
    hosts = Hosts(replace(HASTE, longest=0.0), threading.Event())
    assert not row(hosts, files, tries - 1)
    hosts.answer("a")
    assert not row(hosts, files, tries - 1)
    hosts.check("a")
    assert row(hosts, files, 1)
    assert not row(hosts, files, 1), "it is said once"
    with pytest.raises(LostHostError, match=f"a is given up for this run, after {tries} tries in vain in a row: busy"):
        hosts.check("a")
    hosts.check("b")


def test_a_short_outage_does_not_make_a_host_lost() -> None:
    hosts = Hosts(Patience(), threading.Event())
    hosts.answer("a", file=True)
    assert not row(hosts, FEW, 1000)


def test_the_more_rarely_a_host_delivers_the_more_it_takes() -> None:
    hosts = Hosts(replace(HASTE, longest=0.0), threading.Event())
    for _ in range(100):
        assert not row(hosts, FEW, 3)
        hosts.answer("a", file=True)
    assert not row(hosts, FEW, 4 * 3)
    assert row(hosts, FEW, 4 * 2)


def test_a_host_that_delivers_after_all_is_taken_back() -> None:
    hosts = Hosts(replace(HASTE, longest=0.0), threading.Event())
    assert row(hosts, FEW, 4)
    hosts.answer("a", file=True)
    hosts.check("a")


def test_a_password_in_an_address_is_not_in_the_message() -> None:
    hosts = Hosts(replace(HASTE, longest=0.0), threading.Event())
    for _ in range(8):
        hosts.refuse("me:secret@host", AgainError("busy", files=FEW), 0.0)
    assert "secret" not in hosts.lost["me:secret@host"]


def test_a_host_that_never_answered_is_given_up_for_files_without_any_connection() -> None:
    hosts = Hosts(HASTE, threading.Event())
    hosts.answer("known")
    for host in ("known", "unknown"):
        for _ in range(FEW):
            assert host not in hosts.lost
            hosts.miss(host, "no connection")
    assert hosts.lost == {"unknown": "no connection"}
