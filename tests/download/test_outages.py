"""A file that lies at several hosts comes from one that delivers, and a host that does not costs next to nothing."""

from __future__ import annotations

import hashlib
import logging
import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import other_process
import pytest
from fuzz import attempts
from serving import (
    WHOLE,
    Act,
    Handler,
    Server,
    chunked,
    content,
    empty,
    etag,
    page,
    reset,
    send,
    serving,
    shorter,
    status,
    truncated,
)
from test_disk_faults import GONE, LARGE, NAME, left_behind

from tess_source import Copy, Manifest, Plan, Products, Request, Session, Settings, Transport, hookimpl
from tess_source.download.failures import FEW, AgainError
from tess_source.download.hosts import Hosts
from tess_source.settings import Patience

JOBS = 4
HASTE = Patience(tries=2, first=0.001, longest=0.01, connect=30.0, read=30.0, look=0.01)


@pytest.fixture
def cloud() -> Iterator[Server]:
    """Serve the copy of the archive's files."""
    yield from serving()


class Lab:
    """Files of ``mast:`` URIs at the archive, and at a copy of it."""

    def __init__(self, archive: str, cloud: str) -> None:
        self.archive, self.cloud = archive, cloud

    @hookimpl
    def tess_transports(self) -> Sequence[Transport]:
        return (Transport("mast", lambda uri, _: Request(f"{self.archive}/{uri[5:]}", {"Cookie": "secret-of-mast"})),)

    @hookimpl
    def tess_copies(self) -> Sequence[Copy]:
        return (Copy("cloud", "mast", self.locate, "a copy"),)

    def locate(self, uri: str, settings: Settings) -> Request:
        return Request(f"{self.cloud}/{uri[5:]}", etag_is_md5=True)


def plan_of(
    archive: Server | str, cloud: Server | str, root: Path, files: int, *, patience: Patience = HASTE, **words: Any
) -> Plan:
    """Plan files that lie at both hosts."""
    held = {f"/{number:03d}.fits": content(number) for number in range(files)}
    for server in (archive, cloud):
        if isinstance(server, Server):
            server.files |= held
    urls = [server if isinstance(server, str) else server.url for server in (archive, cloud)]
    session = Session(discover=False, plugins=[Lab(*urls)], **{"jobs": JOBS, **words})
    session.settings = replace(session.settings, patience=patience, progress=False)
    rows = [{"uri": f"mast:{number:03d}.fits", "obs_id": "o"} for number in range(files)]
    return Plan.of(Products.of(rows), root, "flat", session=session)


def always(server: Server, act: Act, *numbers: int) -> None:
    server.acts |= {f"/{number:03d}.fits": [act] for number in numbers}


def all_whole(manifest: Manifest) -> bool:
    return all(
        entry.ok and entry.path is not None and entry.path.read_bytes() == content(int(entry.item.path[:3]))
        for entry in manifest
    )


def silent(handler: Handler, body: bytes) -> None:
    """Take the request, and say nothing until the test is over."""
    assert isinstance(handler.server, Server)
    handler.server.release.wait(5)
    handler.close_connection = True


# -- an outage --


DOWN = [status(500), status(503, Retry_After="60"), status(429, Retry_After="60"), reset, page, truncated]


@pytest.mark.parametrize("act", DOWN, ids=["500", "503 for a minute", "429", "reset", "page", "cut"])
def test_an_archive_that_is_down_costs_a_few_requests_in_all_and_no_pause(
    server: Server, cloud: Server, tmp_path: Path, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Hosts, "pause", lambda self, host, seconds: pauses.append(seconds))
    plan = plan_of(server, cloud, tmp_path, 24)
    always(server, act, *range(24))
    manifest = plan.download()
    assert all_whole(manifest)
    assert pauses == []
    assert len(cloud.requests) == 24
    assert len(server.requests) <= 10 + 2 * JOBS
    assert {entry.via.rpartition("/")[0] for entry in manifest} == {cloud.url}


def test_an_archive_that_cannot_be_reached_costs_nothing_that_could_be_counted(cloud: Server, tmp_path: Path) -> None:
    assert all_whole(plan_of("http://127.0.0.1:9", cloud, tmp_path, 50, patience=Patience()).download())
    assert len(cloud.requests) == 50


def test_an_archive_that_says_nothing_is_waited_for_by_a_few_files_only(
    server: Server, cloud: Server, tmp_path: Path
) -> None:
    plan = plan_of(server, cloud, tmp_path, 20, patience=replace(HASTE, read=30.0, quick=0.5))
    always(server, silent, *range(20))
    assert all_whole(plan.download())
    assert len(server.requests) <= 2 * JOBS
    assert len(cloud.requests) == 20


def stalled(handler: Handler, body: bytes) -> None:
    """Send half of what was asked for, and nothing more until the test is over."""
    assert isinstance(handler.server, Server)
    start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
    rest, where = body[start:], f"bytes {start}-{len(body) - 1}/{len(body)}"
    status = {"status": 206, "Content_Range": where} if start else {}
    handler.answer(rest[: len(rest) // 2], length=len(rest), ETag=etag(body), **status)
    handler.server.release.wait(5)
    handler.close_connection = True


def test_an_archive_that_stalls_amid_its_files_is_left_at_the_first_stall(
    server: Server, cloud: Server, tmp_path: Path
) -> None:
    plan = plan_of(server, cloud, tmp_path, 20, patience=replace(HASTE, read=30.0, quick=0.5))
    always(server, stalled, *range(20))
    assert all_whole(plan.download())
    assert len(server.requests) <= 20
    assert not [headers for _, headers in server.requests if "Range" in headers]
    assert len(cloud.requests) == 20


def test_a_fallback_is_silent_but_for_one_line(
    server: Server, cloud: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tess_source")
    plan = plan_of(server, cloud, tmp_path, 24)
    always(server, status(503), *range(24))
    assert all_whole(plan.download())
    told = [record for record in caplog.records if "deliver" in record.getMessage()]
    assert [record.levelname for record in told] == ["INFO"]
    assert "files come from their other addresses" in told[0].getMessage()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_with_both_up_the_preferred_one_alone_is_asked(server: Server, cloud: Server, tmp_path: Path) -> None:
    assert all_whole(plan_of(server, cloud, tmp_path / "a", 20).download())
    assert (len(server.requests), len(cloud.requests)) == (20, 0)
    assert all_whole(plan_of(server, cloud, tmp_path / "b", 20, prefer="cloud").download())
    assert (len(server.requests), len(cloud.requests)) == (20, 20)


@pytest.mark.parametrize("code", [403, 404, 410])
def test_what_the_cloud_lacks_comes_from_the_archive(server: Server, cloud: Server, tmp_path: Path, code: int) -> None:
    plan = plan_of(server, cloud, tmp_path, 20, prefer="cloud")
    always(cloud, status(code), *range(0, 20, 2))
    manifest = plan.download()
    assert all_whole(manifest)
    assert (len(cloud.requests), len(server.requests)) == (20, 10)
    assert [entry.via.startswith(server.url) for entry in manifest] == [True, False] * 10


def test_cloud_only_asks_nobody_else(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 4, prefer="cloud-only")
    always(cloud, status(404), 0)
    assert [entry.ok for entry in plan.download()] == [False, True, True, True]
    assert server.requests == []


def test_one_bad_file_does_not_turn_the_others_away(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 20, jobs=1)
    always(server, status(503), 3, 7)
    manifest = plan.download()
    assert all_whole(manifest)
    assert [number for number, entry in enumerate(manifest) if entry.via.startswith(cloud.url)] == [3, 7]


def test_an_archive_that_comes_back_is_asked_first_again(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 20, patience=replace(HASTE, over=0.0), jobs=1)
    always(server, status(503), *range(15))
    manifest = plan.download()
    assert all_whole(manifest)
    assert [entry.via.startswith(server.url) for entry in manifest] == [False] * 15 + [True] * 5


def test_an_archive_that_is_given_up_is_not_asked_any_more_and_not_complained_about(
    server: Server, cloud: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tess_source")
    plan = plan_of(server, cloud, tmp_path, 30, patience=replace(HASTE, over=0.0), jobs=1)
    always(server, status(503), *range(30))
    assert all_whole(plan.download())
    assert len(server.requests) == 20
    assert [record.levelname for record in caplog.records if "given up" in record.getMessage()] == ["INFO"]


def test_a_host_is_tried_by_one_file_at_a_time_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    hosts = Hosts(Patience(), threading.Event())
    assert not hosts.behind("a")
    hosts.refuse("a", AgainError("busy", files=FEW), clock[0])
    assert not hosts.behind("a"), "one failure says little"
    hosts.refuse("a", AgainError("busy", files=FEW), clock[0])
    assert [hosts.behind("a") for _ in range(3)] == [True] * 3
    clock[0] += Patience().over
    assert [hosts.behind("a") for _ in range(3)] == [False, True, True]
    hosts.answer("a")
    assert not hosts.behind("a")


def test_if_both_fail_patience_is_as_with_one(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 1)
    server.acts["/000.fits"] = [status(503), status(503), send]
    always(cloud, status(503), 0)
    assert all_whole(plan.download())
    assert (len(server.requests), len(cloud.requests)) == (3, 1)


def test_if_all_is_in_vain_each_address_has_its_reason(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 1)
    always(server, status(503), 0)
    always(cloud, status(404), 0)
    (entry,) = plan.download()
    assert "503 Service Unavailable (tried 2 times); the server answered 404" in entry.error


def test_workers_fall_back_as_well(cloud: Server, tmp_path: Path) -> None:
    plan = plan_of("http://127.0.0.1:9", cloud, tmp_path, 20)
    with ThreadPoolExecutor(2) as executor:
        assert all_whole(plan.download(executor=executor))


def test_an_archive_under_strain_does_not_slow_the_cloud(server: Server, cloud: Server, tmp_path: Path) -> None:
    """Fewer files at a time would help a strained archive, not one whose files come from elsewhere."""
    plan = plan_of(server, cloud, tmp_path, 50)
    always(server, status(503), *range(50))
    both = threading.Barrier(JOBS, timeout=60)

    def together(handler: Handler, body: bytes) -> None:
        both.wait()
        send(handler, body)

    always(cloud, together, *range(40, 40 + JOBS))
    assert all_whole(plan.download())


# -- what goes where --


def test_a_secret_stays_with_its_host(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 3)
    always(server, status(503), 0, 1, 2)
    assert all_whole(plan.download())
    assert {headers.get("Cookie") for _, headers in server.requests} == {"secret-of-mast"}
    assert {headers.get("Cookie") for _, headers in cloud.requests} == {None}


def cut_once(handler: Handler, body: bytes) -> None:
    """Send half of a file."""
    handler.answer(body[: len(body) // 2], length=len(body), ETag=etag(body))
    handler.close_connection = True


def test_a_part_of_one_address_is_not_continued_from_another(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 1)
    server.acts["/000.fits"] = [cut_once, status(503)]
    assert all_whole(plan.download())
    assert [headers.get("Range") for _, headers in server.requests] == [None, f"bytes={WHOLE // 2}-"]
    assert [headers.get("Range") for _, headers in cloud.requests] == [None]


def stored(handler: Handler, body: bytes) -> None:
    """Send as an object store does, whose ETag is the MD5."""
    tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
    if start and handler.headers["If-Range"] == tag:
        where = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.answer(body[start:], 206, ETag=tag, Content_Range=where)
    else:
        handler.answer(body, ETag=tag)


def stored_half(handler: Handler, body: bytes) -> None:
    tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    handler.answer(body[: len(body) // 2], length=len(body), ETag=tag, x_amz_request_id="1")
    handler.close_connection = True


def test_a_part_that_is_known_by_its_md5_is_continued_from_another_address(
    server: Server, cloud: Server, tmp_path: Path
) -> None:
    plan = plan_of(server, cloud, tmp_path, 1)
    server.acts["/000.fits"] = [stored_half, status(503)]
    cloud.acts["/000.fits"] = [stored]
    assert all_whole(plan.download())
    assert [headers.get("Range") for _, headers in cloud.requests] == [f"bytes={WHOLE // 2}-"]


def test_another_version_elsewhere_is_fetched_whole(server: Server, cloud: Server, tmp_path: Path) -> None:
    plan = plan_of(server, cloud, tmp_path, 1)
    server.files["/000.fits"] = content(77)
    server.acts["/000.fits"] = [stored_half, status(503)]
    cloud.acts["/000.fits"] = [stored]
    assert all_whole(plan.download())


@pytest.mark.parametrize("content_known", [True, False])
def test_what_an_ended_run_left_from_another_address_is_continued_if_its_md5_is_known(
    server: Server, tmp_path: Path, content_known: bool
) -> None:
    md5 = hashlib.md5(LARGE, usedforsecurity=False).hexdigest()
    known = {"content": md5} if content_known else {}
    left_behind(tmp_path, server, GONE, tag=f'"{md5}"', url="https://elsewhere.test/x", **known)
    server.acts[f"/{NAME}"] = [stored]
    run = other_process.run_of(server.url, tmp_path, {NAME: len(LARGE)}, jobs=1)
    [entry] = run
    assert entry.ok
    assert (tmp_path / NAME).read_bytes() == LARGE
    assert [headers.get("Range") for _, headers in server.requests] == ["bytes=1000000-" if content_known else None]
    assert not list(tmp_path.glob("*.part"))


# -- by chance --


def spoiled(handler: Handler, body: bytes) -> None:
    """Send other bytes than those whose MD5 is told."""
    tag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    handler.answer(body[:-1] + bytes([body[-1] ^ 1]), ETag=f'"{tag}"', x_amz_request_id="1")


ANYTHING: Sequence[Act] = (
    send, stored, stored_half, cut_once, spoiled, truncated, shorter, chunked, page, empty, reset,
    status(403), status(404), status(416), status(429), status(500), status(503),
)  # fmt: skip


def test_whatever_two_hosts_do_a_file_is_whole_or_its_entry_says_why(
    server: Server, cloud: Server, tmp_path: Path
) -> None:
    chances = dict(attempts(24))
    prefer = chances[0].choice(["archive", "cloud"])
    patient = replace(HASTE, longest=60.0)  # or else the hosts would be given up
    plan = plan_of(server, cloud, tmp_path, len(chances), prefer=prefer, patience=patient)
    for host in (server, cloud):
        host.acts = {
            f"/{number:03d}.fits": chance.choices(ANYTHING, k=chance.randrange(1, 5))
            for number, chance in chances.items()
        }
    manifest = plan.download()
    truth = {entry.item.path: content(int(entry.item.path.partition(".")[0])) for entry in manifest if entry.ok}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == truth
    assert all(bool(entry.error) != entry.ok for entry in manifest)
    assert not [entry.error for entry in manifest if re.match(r"\w+(Error|Exception)\b", entry.error)], (
        "a raw exception"
    )
    assert {headers.get("Cookie") for _, headers in cloud.requests} == {None}
