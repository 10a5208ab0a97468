"""Files come whole or not at all, each on its own, and every one has an entry: over a real connection to a server that misbehaves."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import faults
import polars as pl
import pytest
from serving import (
    WHOLE,
    Act,
    Handler,
    Server,
    chunked,
    content,
    empty,
    page,
    redirect,
    reset,
    send,
    serving,
    shorter,
    stalled,
    status,
    truncated,
)

from tess_source import Links, Manifest, Plan, Products, Request, Session, Transport, hookimpl
from tess_source.errors import QueryError
from tess_source.settings import Patience
from tess_source.tables.interrupted import Interrupted
from tess_source.tables.items import Entry, Items


@pytest.fixture
def other() -> Iterator[Server]:
    """Serve as another host: mirror, proxy, or where a redirect leads."""
    yield from serving()


# -- a plan of its files ---------------------------------------------------------------------------------------------------------


class Toy:
    """Fetches ``toy:`` addresses from one server, and ``mirror:`` addresses from anywhere."""

    def __init__(self, home: str = "") -> None:
        self.home = home
        self.headers: dict[str, str] = {}
        self.threads: set[int] = set()

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return Transport("toy", self.locate), Transport("mirror", lambda uri, settings: Request(uri.partition(":")[2]))

    def locate(self, uri: str, settings: Any) -> Request:
        self.threads.add(threading.get_ident())
        if uri.endswith("mistake.fits"):
            raise KeyError("mistake in a plugin")
        return Request(f"{self.home or settings.server}/{uri.rpartition('/')[2]}", self.headers)


@pytest.fixture
def toy() -> Toy:
    return Toy()


Planned = Callable[..., Plan]


@pytest.fixture
def planned(server: Server, toy: Toy, tmp_path: Path) -> Planned:
    """Put files on the server and plan to fetch them."""
    toy.home = server.url
    session = Session(discover=False, plugins=[toy], jobs=4)

    def plan(
        *acts: Act | list[Act] | None, sizes: bool = True, links: list[dict[str, str]] | None = None, end: str = ".fits"
    ) -> Plan:
        rows = []
        for number, act in enumerate(acts):
            name = f"{number:03d}{end}"
            server.files[f"/{name}"] = content(number)
            if act is not None:
                server.acts[f"/{name}"] = act if isinstance(act, list) else [act]
            rows.append({"uri": f"toy:sky/{name}", "obs_id": "o", "size": WHOLE if sizes else None})
        products = Products.of(rows) if rows else Products.empty()
        return Plan.of(products, tmp_path / "data", "flat", links=Links.of(links) if links else None, session=session)

    return plan


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float | None]]:
    """Do not wait between tries, but note what the server asked for."""
    asked: list[tuple[int, float | None]] = []

    def pause(patience: Patience, attempt: int, seconds: float | None) -> float:
        asked.append((attempt, seconds))
        return 0.0

    monkeypatch.setattr(Patience, "pause", pause)
    return asked


def files(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def all_whole(manifest: Manifest) -> bool:
    """Whether exactly the files of the manifest are there, each with its bytes."""
    expected = {entry.item.path: content(int(entry.item.path[:3])) for entry in manifest if entry.ok}
    return files(manifest.plan.root) == expected


# -- all well --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_every_file_is_fetched_whole_with_its_sum(planned: Planned, server: Server, jobs: int) -> None:
    plan = planned(*[None] * 12)
    manifest = plan.download(jobs=jobs)
    assert all_whole(manifest)
    assert [entry.item for entry in manifest] == list(plan)
    for number, entry in enumerate(manifest):
        assert (entry.status, entry.bytes, entry.error) == ("fetched", WHOLE, "")
        assert entry.sha256 == hashlib.sha256(content(number)).hexdigest()
        assert (entry.path, entry.via) == (plan.root / entry.item.path, f"{server.url}/{entry.item.path}")
    assert len(server.requests) == 12
    assert len(manifest.failed) == 0


def test_one_job_works_in_the_calling_thread(planned: Planned, toy: Toy) -> None:
    planned(*[None] * 4).download(jobs=1)
    assert toy.threads == {threading.get_ident()}


def test_several_jobs_work_in_threads_of_their_own_and_keep_few_connections(
    planned: Planned, toy: Toy, server: Server
) -> None:
    planned(*[None] * 40).download(jobs=3)
    assert threading.get_ident() not in toy.threads
    assert len(toy.threads) <= 6, "while one waits for the disk, another fetches"
    assert server.busiest <= 3
    assert server.connections <= 3


def test_a_request_says_who_asks_and_wants_the_bytes_as_they_are(planned: Planned, server: Server) -> None:
    planned(None).download()
    [(_, headers)] = server.requests
    assert headers["User-Agent"].startswith("tess-source/")
    assert headers["Accept-Encoding"] == "identity"
    assert "Range" not in headers


def test_a_file_of_unknown_size_and_length_is_taken_as_it_ends(planned: Planned) -> None:
    assert all_whole(planned(chunked, None, sizes=False).download())


def test_what_is_here_costs_no_request(planned: Planned, server: Server) -> None:
    plan = planned(*[None] * 5)
    plan.download()
    server.requests.clear()
    again = plan.download()
    assert server.requests == []
    assert {entry.status for entry in again} == {"here"}
    assert all(entry.path == plan.root / entry.item.path for entry in again)


def test_a_cut_file_from_elsewhere_is_fetched_again(planned: Planned, server: Server) -> None:
    plan = planned(None, None)
    plan.root.mkdir()
    (plan.root / "000.fits").write_bytes(content(0)[:5000])
    (plan.root / "001.fits").write_bytes(content(1))
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["fetched", "here"]
    assert all_whole(manifest)
    assert [path for path, _ in server.requests] == ["/000.fits"]


def test_an_empty_plan_is_an_empty_manifest(planned: Planned) -> None:
    assert len(planned().download()) == 0


def test_two_runs_at_once_do_not_disturb_one_another(planned: Planned) -> None:
    plan = planned(*[None] * 10)
    results: list[Manifest] = []
    threads = [threading.Thread(target=lambda: results.append(plan.download(jobs=2))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [manifest.errors for manifest in results] == [{}] * 3
    assert {*files(plan.root)} == {entry.item.path for entry in results[0]}
    assert all(all_whole(manifest) for manifest in results)


# -- failures --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
@pytest.mark.parametrize(
    ("act", "words"),
    [
        (status(404), "404 Not Found"),
        (status(403), "403 Forbidden"),
        (status(503), "503 Service Unavailable (tried 4 times)"),
        (truncated, "(tried 4 times)"),
        (shorter, "the server offers 30,680 bytes, 31,680 are expected"),
        (page, "what came is not the file but an HTML page"),
        (reset, "(tried 4 times)"),
        (status(206), "206 Partial Content"),
    ],
)
def test_one_failure_never_stops_the_rest_and_leaves_nothing_behind(
    planned: Planned, act: Act, words: str, jobs: int
) -> None:
    manifest = planned(None, act, None, None).download(jobs=jobs)
    assert [entry.status for entry in manifest] == ["fetched", "failed", "fetched", "fetched"]
    assert words in manifest[1].error
    assert manifest[1].path is None
    assert all_whole(manifest)


@pytest.mark.parametrize("act", [status(503), status(429), truncated, page, reset, empty, shorter])
def test_a_failure_that_passes_is_tried_again(planned: Planned, server: Server, act: Act) -> None:
    manifest = planned([act, act, send]).download()
    assert all_whole(manifest)
    assert server.seen["/000.fits"] == 3


def test_what_is_gone_is_not_asked_for_again(planned: Planned, server: Server) -> None:
    planned(status(404)).download()
    assert server.seen["/000.fits"] == 1


@pytest.mark.parametrize("act", [truncated, empty, page])
def test_a_bad_body_is_seen_even_where_nobody_tells_the_size(planned: Planned, act: Act) -> None:
    manifest = planned(act, sizes=False).download()
    assert manifest[0].status == "failed"
    assert files(manifest.plan.root) == {}


def test_a_body_without_length_is_checked_against_the_archives_list(planned: Planned, server: Server) -> None:
    plan = planned(chunked)
    server.files["/000.fits"] = content(0)[:20_000]
    assert plan.download().errors == {"toy:sky/000.fits": "20,000 bytes came, 31,680 were announced (tried 4 times)"}


def test_files_of_an_unknown_form_may_begin_as_they_like(planned: Planned, server: Server) -> None:
    plan = planned(None, end=".txt")
    server.files["/000.txt"] = b"just text".ljust(WHOLE)
    assert plan.download()[0].status == "fetched"


@pytest.mark.parametrize("end", [".txt", ".xml", ".pdf", ".fits.gz"])
def test_an_html_page_is_no_file_of_any_form(planned: Planned, end: str) -> None:
    assert "an HTML page" in planned(page, end=end).download()[0].error


@pytest.mark.parametrize(
    ("header", "seconds"), [("2", 2.0), ("0", 0.0), ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
)
def test_the_pause_that_a_server_asks_for_is_known(
    planned: Planned, pauses: list[tuple[int, float | None]], header: str, seconds: float | None
) -> None:
    assert all_whole(planned([status(503, Retry_After=header), send]).download())
    assert pauses == [(1, seconds)]


def test_a_server_that_cannot_be_reached_is_said(planned: Planned) -> None:
    plan = planned(None)
    gone = Session("http://127.0.0.1:9", discover=False, plugins=[Toy()])
    manifest = gone.download(plan)
    assert "Connection refused" in manifest[0].error


def test_a_mistake_in_a_plugin_costs_one_file_alone(planned: Planned, server: Server, tmp_path: Path) -> None:
    plan = planned(None, None)
    rows = [
        *({"uri": item.uri, "obs_id": "o", "size": item.size} for item in plan),
        {"uri": "toy:sky/mistake.fits", "obs_id": "o"},
    ]
    manifest = Plan.of(Products.of(rows), tmp_path / "data", "flat", session=plan.session).download()
    assert [entry.status for entry in manifest] == ["fetched", "fetched", "failed"]
    assert "KeyError" in manifest[2].error


def test_an_address_that_no_plugin_fetches_is_said(planned: Planned, tmp_path: Path) -> None:
    session = planned().session
    plan = Plan.of(Products.of([{"uri": "gopher:sky/x.fits", "obs_id": "o", "size": 1}]), tmp_path, session=session)
    assert "1 that no plugin fetches (gopher)" in plan.summary(), "it is known before anything is fetched"
    assert plan.download()[0].error == "no plugin fetches 'gopher' URIs; there are file, toy, mirror"


def test_a_plugin_that_downloads_by_itself_may_know_any_address(planned: Planned, tmp_path: Path) -> None:
    class Gopher:
        @hookimpl
        def tess_download(self, plan: Plan) -> None:
            return None

    session = planned().session
    session.register(Gopher())
    plan = Plan.of(Products.of([{"uri": "gopher:sky/x.fits", "obs_id": "o", "size": 1}]), tmp_path, session=session)
    assert "no plugin" not in plan.summary()


WAYS: dict[str, Callable[..., list[Entry]]] = {
    "download": lambda plan, **words: list(plan.download(**words)),
    "iter_download": lambda plan, **words: list(plan.iter_download(**words)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_plugin_that_downloads_is_asked_for_what_is_missing_by_both_ways(
    planned: Planned, way: str, server: Server
) -> None:
    class Couriers:
        """Brings files by hand."""

        asked: ClassVar[list[str]] = []

        @hookimpl
        def tess_download(self, plan: Plan) -> Manifest:
            entries = []
            for item in plan:
                self.asked.append(item.path)
                path = plan.root / item.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content(int(item.path[:3])))
                entries.append(Entry(item, "fetched", path, "by hand", bytes=WHOLE))
            return Manifest(plan, tuple(entries))

    plan = planned(None, None, None)
    plan.root.mkdir()
    (plan.root / "001.fits").write_bytes(content(1))
    plan.session.register(Couriers())
    seen: list[Entry] = []
    entries = WAYS[way](plan, on_entry=seen.append)
    assert Couriers.asked == ["000.fits", "002.fits"]
    assert {entry.item.path: entry.status for entry in entries} == {
        "000.fits": "fetched",
        "001.fits": "here",
        "002.fits": "fetched",
    }
    assert len(seen) == 3
    assert server.requests == []


@pytest.mark.parametrize("way", WAYS)
def test_both_ways_take_the_same_arguments(planned: Planned, way: str) -> None:
    plan, seen = planned(None, None), []
    with ThreadPoolExecutor(2) as executor:
        entries = WAYS[way](plan, jobs=2, progress=False, executor=executor, on_entry=seen.append)
    assert [entry.status for entry in entries] == ["fetched", "fetched"]
    assert {entry.item.path for entry in seen} == {entry.item.path for entry in entries}
    for wrong in ({"jobs": 0}, {"executor": 0}, {"on_entry": 3}):
        with pytest.raises(QueryError):
            WAYS[way](plan, **wrong)


def test_what_may_not_be_written_is_not_even_asked_for(planned: Planned, server: Server, tmp_path: Path) -> None:
    session = planned().session
    rows = [
        {"uri": "toy:../evil", "filename": "../evil", "obs_id": "o"},
        {"uri": None, "filename": "a.fits", "obs_id": "o"},
    ]
    manifest = Plan.of(Products.of(rows), tmp_path, "flat", session=session).download()
    assert [entry.status for entry in manifest] == ["failed", "failed"]
    assert server.requests == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_link_out_of_the_root_is_not_written_through(planned: Planned, tmp_path: Path) -> None:
    session = planned(None).session
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "o").symlink_to(outside)
    rows = [{"uri": "toy:sky/000.fits", "obs_id": "o", "size": WHOLE}]
    manifest = Plan.of(Products.of(rows), tmp_path / "root", "{obs_id}/{filename}", session=session).download()
    assert "through a symbolic link" in manifest[0].error
    assert list(outside.iterdir()) == []


def test_a_disk_that_refuses_is_an_entry_not_a_crash(planned: Planned) -> None:
    plan = planned(None)
    plan.root.parent.mkdir(exist_ok=True)
    plan.root.write_text("a file where the folder should be")
    assert plan.download()[0].status == "failed"


def test_what_failed_is_a_plan_again_and_completes(planned: Planned, server: Server) -> None:
    manifest = planned(None, status(404), None, truncated).download()
    server.acts.clear()
    server.requests.clear()
    again = manifest.failed.download()
    assert [entry.status for entry in again] == ["fetched", "fetched"]
    assert sorted(path for path, _ in server.requests) == ["/001.fits", "/003.fits"]
    assert {entry.status for entry in manifest.plan.download()} == {"here"}


# -- redirects, mirrors, proxies -------------------------------------------------------------------------------------------------

SECRETS = {"Authorization": "token abc", "Cookie": "mast_token=abc", "X-Secret": "abc"}


def test_a_redirect_is_followed_and_a_token_does_not_go_to_another_host(
    planned: Planned, toy: Toy, server: Server, other: Server
) -> None:
    other.files["/elsewhere"] = content(0)
    toy.headers = SECRETS
    assert all_whole(planned(redirect(f"{other.url}/elsewhere")).download())
    [(_, first)], [(_, second)] = server.requests, other.requests
    assert SECRETS.items() <= first.items()
    assert not SECRETS.keys() & second.keys()
    assert "abc" not in str(second)


def test_within_one_host_a_redirect_keeps_the_token(planned: Planned, toy: Toy, server: Server) -> None:
    toy.headers = SECRETS
    plan = planned(redirect("/moved.fits"))
    server.files["/moved.fits"] = content(0)
    assert all_whole(plan.download())
    assert all(SECRETS.items() <= headers.items() for _, headers in server.requests)


@pytest.mark.parametrize("value", ["token s3cr3t-abc\nX: y", "token s3cr3t-ab\u20ac"])
def test_a_secret_is_not_in_the_message_about_it(
    planned: Planned, toy: Toy, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A header that cannot be sent is cited by the libraries below."""
    caplog.set_level("DEBUG")
    toy.headers = {"Authorization": value}
    entry = planned(None).download()[0]
    assert entry.status == "failed"
    assert "s3cr3t" not in entry.error + caplog.text


def test_redirects_in_a_circle_end(planned: Planned) -> None:
    assert "the redirects do not end" in planned(redirect("/000.fits")).download()[0].error


def test_mirrors_are_tried_in_their_order(planned: Planned, server: Server, other: Server) -> None:
    other.acts["/first"] = [status(404)]
    other.files["/second"] = content(0)
    links = [
        {"subject": "toy:sky/000.fits", "kind": "mirror", "object": f"mirror:{other.url}/{name}"}
        for name in ("first", "second", "third")
    ]
    manifest = planned(status(410), None, links=links).download()
    assert all_whole(manifest)
    assert manifest[0].via == f"{other.url}/second"
    assert [path for path, _ in other.requests] == ["/first", "/second"]


def test_when_all_mirrors_fail_every_reason_is_told(planned: Planned, other: Server) -> None:
    other.acts["/x"] = [status(404)]
    links = [{"subject": "toy:sky/000.fits", "kind": "mirror", "object": f"mirror:{other.url}/x"}]
    assert (
        planned(status(410), links=links).download()[0].error
        == "the server answered 410 Gone; the server answered 404 Not Found"
    )


def test_a_mirror_serves_what_has_no_transport_of_its_own(planned: Planned, other: Server, tmp_path: Path) -> None:
    other.files["/x"] = content(0)
    links = Links.of([{"subject": "s3:sky/000.fits", "kind": "mirror", "object": f"mirror:{other.url}/x"}])
    rows = [{"uri": "s3:sky/000.fits", "obs_id": "o", "size": WHOLE}]
    assert all_whole(Plan.of(Products.of(rows), tmp_path, "flat", links=links, session=planned().session).download())


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy"])
def test_the_proxy_of_the_environment_is_used(
    planned: Planned, server: Server, other: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    plan = planned(None)
    other.url, other.files = server.url, server.files  # it answers for the server
    monkeypatch.setenv(variable, f"http://127.0.0.1:{other.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    assert all_whole(plan.download())
    assert [path for path, _ in other.requests] == [f"{server.url}/000.fits"]
    assert server.requests == []


# -- interrupts ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_an_interrupt_keeps_what_is_done_and_the_rest_completes_later(planned: Planned, jobs: int) -> None:
    def interrupt(done: int, count: int) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    plan = planned(*[None] * 40)
    with pytest.raises(Interrupted) as caught:
        plan.download(jobs=jobs, progress=interrupt)
    manifest = caught.value.manifest
    assert len(manifest) == 40
    assert {entry.error for entry in manifest if not entry.ok} == {"interrupted"}
    assert 2 <= len(manifest.ok) < 40
    kept = files(plan.root)
    assert all(kept[entry.item.path] == content(int(entry.item.path[:3])) for entry in manifest.ok)
    assert not [name for name in kept if name.endswith(".part")]
    assert all_whole(manifest.plan.download())


def test_an_interrupt_is_a_keyboard_interrupt() -> None:
    assert issubclass(Interrupted, KeyboardInterrupt)


def test_an_interrupt_does_not_wait_for_slow_bodies(planned: Planned, server: Server) -> None:
    """The server would hold them back until the end of the test."""

    def interrupt(done: int, count: int) -> None:
        if done >= 1:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        planned(stalled, stalled, stalled, None).download(progress=interrupt)
    assert not server.release.is_set()
    assert [entry.status for entry in caught.value.manifest][:3] == ["failed"] * 3
    assert not [name for name in files(caught.value.manifest.plan.root) if name.endswith(".part")]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals are sent to a thread only on POSIX")
def test_ctrl_c_while_threads_work_is_an_interrupt_with_a_manifest(planned: Planned) -> None:
    sent = threading.Event()

    def press(done: int, count: int) -> None:
        if done >= 1 and not sent.is_set():
            sent.set()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    plan = planned(None, *[stalled] * 5)
    with pytest.raises(Interrupted) as caught:
        plan.download(progress=press)
    assert [entry.error for entry in caught.value.manifest] == ["", *["interrupted"] * 5]
    assert files(plan.root) == {"000.fits": content(0)}


# -- manners ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_progress_counts_files_and_bytes_and_takes_back_what_came_in_vain(planned: Planned, jobs: int) -> None:
    told: list[tuple[int, int]] = []
    planned(None, [truncated, send], None, status(404)).download(
        jobs=jobs, progress=lambda *counts: told.append(counts)
    )
    assert told[-1] == (4, 2 * WHOLE + WHOLE)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("progress", [None, False])
def test_nothing_is_printed_where_nobody_looks(
    planned: Planned, capfd: pytest.CaptureFixture[str], progress: bool | None
) -> None:
    planned(None, status(404)).download(progress=progress)
    assert capfd.readouterr() == ("", "")


def test_a_bar_is_on_stderr_and_leaves_the_streams_alone(
    planned: Planned, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    streams: set[tuple[int, int]] = set()

    class Watch(Toy):
        def locate(self, uri: str, settings: Any) -> Request:
            streams.add((id(sys.stdout), id(sys.stderr)))
            return super().locate(uri, settings)

    plan = planned(None, None, None)
    assert plan.session is not None
    watching = Session(discover=False, plugins=[Watch(server.url)])
    before = id(sys.stdout), id(sys.stderr)
    watching.download(plan, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "3/3 files" in err
    assert streams == {before}


def test_a_program_without_stderr_downloads_all_the_same(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    manifest = planned(None, None).download()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert all_whole(manifest)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_open_files_do_not_grow_with_the_number_of_downloads(planned: Planned, server: Server) -> None:
    most: list[int] = []

    def count(*_: int) -> None:
        most.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))

    plan = planned(*[[truncated, send] if number % 10 == 0 else None for number in range(100)])
    plan.download(progress=count)
    assert (
        max(most) - min(most) <= 3 * 4 * 2
    )  # a file and two ends of a connection per job, and some that are being closed
    server.release.set()
    assert all_whole(plan.download())


# -- what somebody else does to the files meanwhile ------------------------------------------------------------------------------


def test_a_part_that_is_taken_away_between_two_tries_starts_anew(
    planned: Planned, server: Server, tmp_path: Path
) -> None:
    """Nothing may stand for bytes that are gone, least of all zeros."""

    def take_away(handler: Handler, body: bytes) -> None:
        for part in (tmp_path / "data").glob("*.part"):
            if "claim" not in part.name:
                part.unlink()
        send(handler, body)

    manifest = planned([faults.cut(0.5), take_away, send]).download()
    assert all_whole(manifest)
    assert manifest[0].sha256 == hashlib.sha256(content(0)).hexdigest()


def test_what_is_changed_while_the_run_goes_on_is_not_believed_by_the_next(planned: Planned) -> None:
    def change(entry: Entry) -> None:
        if entry.item.path == "000.fits" and entry.path is not None:
            data = bytearray(entry.path.read_bytes())
            data[5000] ^= 1
            time.sleep(0.02)  # file systems count time in steps
            entry.path.write_bytes(data)

    plan = planned(None, None)
    plan.download(on_entry=change)
    again = plan.download()
    for entry in again:
        assert entry.path is not None
        assert entry.sha256 in {None, hashlib.sha256(entry.path.read_bytes()).hexdigest()}


def test_the_cache_folder_gives_no_file_of_another_address(planned: Planned, server: Server, tmp_path: Path) -> None:
    session = planned(None, None).session
    assert session is not None

    def plan(number: int, root: Path) -> Plan:
        row = {"uri": f"toy:sky/{number:03d}.fits", "obs_id": "o", "tic": 7, "size": WHOLE}
        return Plan.of(Products.of([row]), root, "tic{tic}/lc.fits", session=session)

    assert plan(0, session.store.root).download()[0].ok
    [other] = plan(1, tmp_path / "mine").download()
    assert other.path is not None
    assert other.path.read_bytes() == content(1)


def test_a_name_that_no_system_takes_costs_one_file(planned: Planned, tmp_path: Path) -> None:
    session = planned(None).session
    items = planned(None).items.to_polars()
    long = items.with_columns(path=pl.lit("a" * 200 + ("/" + "a" * 200) * 30 + "/x.fits"), uri=pl.lit("toy:sky/x.fits"))
    manifest = Plan(Items(pl.concat([items, long])), tmp_path / "data", {}, session).download()
    assert [entry.status for entry in manifest] == ["fetched", "failed"]


def test_a_folder_that_is_a_link_in_a_circle_fails_file_by_file(planned: Planned, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert [entry.status for entry in planned(None).to(tmp_path / "loop").download()] == ["failed"]


def test_a_claim_whose_end_fails_costs_nothing(planned: Planned, monkeypatch: pytest.MonkeyPatch) -> None:
    from tess_source.download import claim as claims

    real = os.close

    def close(handle: int) -> None:
        real(handle)
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("os.close", close)
    claim = claims.Claim(planned(None).root.parent / "x.fits", 60.0)
    assert claim.take()
    claim.release()
    assert not list(planned(None).root.parent.glob("*.part"))
