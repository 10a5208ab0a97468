"""Downloads by other people's workers: any executor, in batches, with the same promises."""

from __future__ import annotations

import hashlib
import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from serving import WHOLE, Handler, Server, content, send, stalled, status
from sizes import size

from tess_source import Manifest, Plan, Products, Request, Session, Transport, hookimpl
from tess_source.download import downloader, throttle
from tess_source.download import executor as elsewhere
from tess_source.errors import QueryError
from tess_source.settings import Settings
from tess_source.tables.interrupted import Interrupted
from tess_source.tables.items import Entry

FILES = 30
SECRET = "token of nobody"


@pytest.fixture
def plan(server: Server, tmp_path: Path) -> Plan:
    """A plan whose plugin cannot be pickled, nor be found by another process."""

    class Notebook:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            headers = {"Authorization": SECRET}
            return (Transport("toy", lambda uri, settings: Request(f"{settings.server}/{uri[-8:]}", headers)),)

    server.files = {f"/{number:03d}.fits": content(number) for number in range(FILES)}
    rows = [{"uri": f"toy:{number:03d}.fits", "obs_id": "o", "size": WHOLE} for number in range(FILES)]
    session = Session(server.url, discover=False, plugins=[Notebook()], jobs=4)
    return Plan.of(Products.of(rows), tmp_path / "data", "flat", session=session)


def all_whole(manifest: Manifest) -> bool:
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in manifest.plan.root.iterdir()
        if path.is_file()
    }
    truth = {
        entry.item.path: hashlib.sha256(content(int(entry.item.path[:3]))).hexdigest() for entry in manifest if entry.ok
    }
    return sums == truth and all(entry.sha256 in {None, truth[entry.item.path]} for entry in manifest if entry.ok)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"executor": "dask"}, "executor='dask': give an executor of concurrent.futures"),
        ({"executor": "my host:8786"}, "the address of dask's scheduler"),
        ({"executor": 0}, "a whole number of processes"),
        ({"executor": True}, "executor=True: give an executor"),
        ({"executor": 2.5}, "a client of dask"),
        ({"on_entry": 5}, "on_entry=5: give something that can be called"),
    ],
    ids=str,
)
def test_what_is_no_executor_or_cannot_be_called_is_refused_before_anything_is_fetched(
    plan: Plan, server: Server, words: dict[str, Any], told: str
) -> None:
    with pytest.raises(QueryError, match=told):
        plan.download(**words)
    if "executor" in words:
        with pytest.raises(QueryError, match=told):
            list(plan.iter_download(**words))
    assert not plan.root.exists()


def test_a_pool_of_processes_fetches_a_plan(plan: Plan, server: Server) -> None:
    server.acts["/007.fits"] = [status(404)]
    with ProcessPoolExecutor(size(1, 2), mp_context=multiprocessing.get_context("spawn")) as pool:
        manifest = plan.download(executor=pool)
        again = plan.download(executor=pool)
    assert [entry.item.path for entry in manifest] == [item.path for item in plan]
    assert {entry.item.path: entry.error for entry in manifest if not entry.ok} == {
        "007.fits": "the server answered 404 Not Found"
    }
    assert all_whole(manifest)
    assert all(entry.status == "here" for entry in again if entry.ok)
    assert server.busiest <= 4
    assert all(headers["Authorization"] == SECRET for _, headers in server.requests)


@pytest.mark.filterwarnings("ignore")
def test_the_executor_of_a_dask_client_fetches_a_plan(plan: Plan, server: Server, cluster: Any) -> None:
    for pure in (True, False):  # also where dask takes equal calls for one
        manifest = plan.download(executor=cluster.get_executor(pure=pure))
        assert [entry.status for entry in manifest] == ["fetched"] * FILES
        assert all_whole(manifest)
        for path in plan.root.iterdir():
            path.unlink()
    assert len(server.requests) == 2 * FILES
    assert server.busiest <= 4


@pytest.mark.parametrize(("workers", "jobs"), [(8, 4), (3, 8), (2, 4), (4, 4), (1, 5)][: size(2, 5)])
def test_connections_are_divided_among_workers(plan: Plan, server: Server, workers: int, jobs: int) -> None:
    server.acts = {path: [lambda h, b: (time.sleep(0.01), send(h, b))[-1]] for path in server.files}
    with ThreadPoolExecutor(workers) as pool:
        assert all_whole(plan.download(executor=pool, jobs=jobs))
    assert server.busiest <= jobs


class Strict(Executor):
    """Takes what schedulers take: a picklable call without keywords; it must be unlike all others."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.shown: list[str] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        assert not keywords
        [record] = arguments
        call = pickle.dumps((function, record))
        assert call not in self.seen
        self.seen.add(call)
        self.shown.append(repr(record))
        future: Future[Any] = Future()
        function, record = pickle.loads(call)  # noqa: S301  its own
        future.set_result(pickle.loads(pickle.dumps(function(record))))  # noqa: S301
        return future


def test_a_task_is_one_picklable_record_unlike_all_others(plan: Plan) -> None:
    strict = Strict()
    assert all_whole(plan.download(executor=strict))
    for path in plan.root.iterdir():
        path.unlink()
    assert all_whole(plan.download(executor=strict))
    assert len(strict.seen) <= 2 * FILES / 2
    assert not [text for text in strict.shown if SECRET in text]


class Failing(Strict):
    """Loses some tasks, and then breaks."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
        if len(self.seen) == 1:
            self.seen.add(b"")
            lost: Future[Any] = Future()
            lost.set_exception(RuntimeError("killed worker"))
            return lost
        if len(self.seen) > 4:
            raise RuntimeError("the pool is broken")
        return super().submit(function, *arguments, **keywords)


def test_a_worker_that_dies_costs_its_files_alone(plan: Plan) -> None:
    manifest = plan.download(executor=Failing())
    errors = set(manifest.errors.values())
    assert errors == {
        "its worker failed: RuntimeError: killed worker",
        "its worker failed: RuntimeError: the pool is broken",
    }
    assert len(manifest) == FILES
    assert len(manifest.ok)
    assert all_whole(manifest)
    assert all_whole(manifest.plan.download(executor=Strict()))


def test_a_worker_that_sees_another_disk_is_found_out(plan: Plan, server: Server) -> None:
    class Blind(Strict):
        def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Future[Any]:
            for token in plan.root.glob(".*.part"):
                token.unlink()
            return super().submit(function, *arguments, **keywords)

    manifest = plan.download(executor=Blind())
    assert "workers need a folder that all of them share" in manifest[0].error
    assert len(manifest.ok) == 0
    assert server.requests == []


def test_a_mistake_in_a_plugin_costs_one_file(plan: Plan) -> None:
    class Mistaken:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            def locate(uri: str, settings: Any) -> Request:
                if "003" in uri:
                    raise KeyError("mistake")
                return Request(f"{settings.server}/{uri[-8:]}")

            return (Transport("toy", locate),)

    assert plan.session is not None
    session = Session(plan.session.settings.server, discover=False, plugins=[Mistaken()])
    manifest = session.download(plan, executor=Strict())
    assert {entry.item.path: entry.error for entry in manifest if not entry.ok} == {"003.fits": "KeyError: 'mistake'"}


def test_an_executor_that_has_nothing_to_do_is_not_asked(plan: Plan) -> None:
    plan.download()
    assert len(elsewhere.__all__)
    empty = Plan.of(Products.empty(), plan.root, "flat", session=plan.session)
    strict = Strict()
    assert len(empty.download(executor=strict)) == 0
    assert not strict.seen


# -- entries as they come --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 4])
def test_entries_come_as_files_are_done(plan: Plan, server: Server, jobs: int) -> None:
    release = threading.Event()

    def held(handler: Handler, body: bytes) -> None:
        release.wait(60)
        send(handler, body)

    last = f"/{FILES - 1:03d}.fits"
    server.acts[last] = [held]
    entries = plan.iter_download(jobs=jobs)
    first = [next(entries) for _ in range(FILES - 1)]
    assert all(entry.ok for entry in first)
    assert (plan.root / last[1:]).exists() is False
    release.set()
    assert [entry.item.path for entry in entries] == [last[1:]]


@pytest.mark.parametrize("jobs", [1, 4])
def test_who_stops_early_stops_the_download(plan: Plan, server: Server, jobs: int) -> None:
    server.acts = {path: [stalled] for path in [*server.files][1:]}
    for entry in plan.iter_download(jobs=jobs):
        assert entry.ok
        break
    server.release.set()
    time.sleep(0.1)  # who goes on would ask for all
    assert len(server.requests) <= 1 + 2 * jobs
    assert not list(plan.root.glob("*.part"))


def test_entries_come_from_an_executor_too(plan: Plan) -> None:
    assert {entry.item.path for entry in plan.iter_download(executor=Strict())} == {item.path for item in plan}


@pytest.mark.parametrize("executor", [None, Strict()])
def test_a_callback_is_given_every_entry_in_the_calling_thread(plan: Plan, executor: Executor | None) -> None:
    given: list[Entry] = []
    threads: set[int] = set()

    def note(entry: Entry) -> None:
        given.append(entry)
        threads.add(threading.get_ident())

    manifest = plan.download(executor=executor, on_entry=note)
    assert sorted(given, key=lambda entry: entry.item.path) == list(manifest)
    assert threads == {threading.get_ident()}
    given.clear()
    assert len(plan.download(on_entry=note)) == len(given)


@pytest.mark.parametrize("jobs", [1, 4])
def test_a_mistake_in_a_callback_is_raised_as_it_is(plan: Plan, jobs: int) -> None:
    def mistaken(*_: Any) -> None:
        raise ZeroDivisionError("a mistake of the caller")

    with pytest.raises(ZeroDivisionError, match="a mistake of the caller"):
        plan.download(jobs=jobs, progress=mistaken)
    with pytest.raises(ZeroDivisionError, match="a mistake of the caller"):
        plan.download(jobs=jobs, on_entry=mistaken)
    assert all_whole(plan.download())


def test_ctrl_c_with_an_executor_keeps_what_is_done(plan: Plan) -> None:
    def press(entry: Entry) -> None:
        raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        plan.download(executor=Strict(), on_entry=press)
    manifest = caught.value.manifest
    assert len(manifest.ok)
    assert {entry.error for entry in manifest if not entry.ok} == {"interrupted"}
    assert not list(plan.root.glob("*.part"))


def test_files_of_a_service_with_limits_are_fetched_by_the_process_that_keeps_to_them(
    plan: Plan, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Notebook:
        @hookimpl
        def tess_transports(self) -> tuple[Transport, ...]:
            def locate(uri: str, settings: Settings) -> Request:
                return Request(f"{settings.server}/{uri[-8:]}", at_once=3 if uri.startswith("slow") else 0)

            return (Transport("slow", locate), Transport("toy", locate))

    rows = [
        {"uri": f"{'slow' if number < 5 else 'toy'}:{number:03d}.fits", "obs_id": "o", "size": WHOLE}
        for number in range(FILES)
    ]
    session = Session(server.url, discover=False, plugins=[Notebook()], jobs=4)
    limits: list[int] = []
    batches: list[int] = []
    begin, work = throttle._Service.begin, elsewhere.work
    monkeypatch.setattr(throttle._Service, "begin", lambda *it: (limits.append(it[2]), begin(*it))[1])
    monkeypatch.setattr(elsewhere, "work", lambda batch: (batches.append(len(batch.items)), work(batch))[1])
    with ThreadPoolExecutor(2) as executor:
        manifest = Plan.of(Products.of(rows), plan.root, "flat", session=session).download(executor=executor)
    assert all_whole(manifest) and not manifest.failed
    assert len(limits) >= 5 and sum(batches) == FILES - 5


def test_many_files_are_fetched_by_processes_if_there_are_some_and_few_by_threads(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    by: list[Any] = []
    fetched = elsewhere.entries

    def entries(executor: Any, *rest: Any) -> Any:
        by.append(executor)
        with ThreadPoolExecutor(executor) as pool:  # the start of processes is tested elsewhere, and takes long
            yield from fetched(pool, *rest)

    monkeypatch.setattr(elsewhere, "entries", entries)
    session = plan.session
    assert isinstance(session, Session)
    session.settings = replace(session.settings, processes=2)
    monkeypatch.setattr(downloader, "MANY", (FILES + 1, FILES * WHOLE + 1))
    assert all_whole(plan.download())
    assert by == []
    for path in plan.root.iterdir():
        path.unlink()
    monkeypatch.setattr(downloader, "MANY", (FILES + 1, FILES * WHOLE))
    manifest = plan.download()
    assert by == [2]
    assert all_whole(manifest)
    assert {entry.status for entry in manifest} == {"fetched"}
