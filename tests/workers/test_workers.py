"""Workers of all kinds do the same: every job is done, and what a worker loses is done again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import clusters
import pytest
from sizes import STRESS

from tess_source import Session
from tess_source.errors import QueryError, WorkersError
from tess_source.workers import Workers, check_executor, counts, workers_of
from tess_source.workers import dask as dask_workers
from tess_source.workers.spawned import Context

pytestmark = pytest.mark.filterwarnings("ignore")

KINDS = ["none", "threads", "processes", "dask"]


@pytest.fixture(scope="module")
def processes() -> Iterator[Workers]:
    """Two processes, which all tests of this module share."""
    with workers_of(2) as found:
        yield found


@pytest.fixture(params=KINDS)
def workers(request: pytest.FixtureRequest) -> Iterator[Workers]:
    """Workers of each kind."""
    if request.param == "processes":
        yield request.getfixturevalue("processes")
        return
    with ThreadPoolExecutor(2) as pool:
        given = {"none": None, "threads": pool}
        executor = request.getfixturevalue("cluster") if request.param == "dask" else given[request.param]
        with workers_of(executor) as found:
            yield found


def test_every_job_is_done_and_a_mistake_is_the_result_of_its_job(workers: Workers) -> None:
    assert dict(workers.results(clusters.twice, range(9), name="double")) == {n: 2 * n for n in range(9)}
    results = dict(workers.results(clusters.mistaken, range(5)))
    assert repr(results.pop(3)) == "ZeroDivisionError('a mistake of the function')"
    assert results == {0: 0, 1: 1, 2: 2, 4: 4}
    assert workers.width >= 1


def test_jobs_are_drawn_as_workers_become_free(workers: Workers) -> None:
    drawn = 0

    def jobs() -> Iterator[int]:
        nonlocal drawn
        while True:  # for ever
            drawn += 1
            yield drawn

    for done, (_, result) in enumerate(workers.results(clusters.twice, jobs()), 1):
        assert isinstance(result, int)
        assert drawn <= done + max(4, 2 * workers.width)
        if done == 12:
            break


def test_a_job_that_depends_on_another_waits_for_it(workers: Workers) -> None:
    got: dict[int, Any] = {}

    def jobs() -> Iterator[int | None]:
        for number in range(4):
            while len(got) < number:
                yield None
            yield number

    for number, result in workers.results(clusters.twice, jobs()):
        got[number] = result
    assert got == {0: 0, 1: 2, 2: 4, 3: 6}


SLOW = pytest.mark.skipif(not STRESS, reason="starts processes of a cluster, which takes long: make stress")
OTHERS = pytest.mark.parametrize("workers", ["processes", "dask"], indirect=True)
"""Workers that are other processes."""


@OTHERS
def test_the_job_of_a_worker_that_is_killed_is_done_again(workers: Workers, tmp_path: Path) -> None:
    results = dict(workers.results(clusters.dying_once, ((tmp_path, number) for number in range(6))))
    assert results == dict(enumerate(range(6)))
    assert (tmp_path / "died").exists()


def test_a_job_that_kills_each_worker_fails_alone(processes: Workers) -> None:
    results = dict(processes.results(clusters.deadly, range(6)))
    assert "was memory short?" in str(results.pop(2))
    assert results == {0: 0, 1: 1, 3: 3, 4: 4, 5: 5}


@SLOW
def test_a_job_that_kills_each_worker_of_a_cluster_fails_alone(cluster: Any) -> None:
    with workers_of(cluster) as workers:
        results = dict(workers.results(clusters.deadly, range(6)))
    assert isinstance(results[2], WorkersError)
    assert "4 workers died one after the other" in str(results.pop(2))
    assert results == {0: 0, 1: 1, 3: 3, 4: 4, 5: 5}


@OTHERS
def test_a_job_tells_how_far_it_is(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "EVERY", 0.0)
    told: list[tuple[int, int, int]] = []
    results = workers.results(clusters.telling, range(3), on_counts=lambda *it: told.append(it))
    assert dict(results) == {0: 0, 1: 1, 2: 2}
    assert {number for number, _, _ in told} <= {0, 1, 2}
    assert told
    assert all(size == files * number for number, files, size in told)


def test_names_of_jobs_are_readable_on_the_dashboard(cluster: Any) -> None:
    from dask.utils import key_split

    with workers_of(cluster) as workers:
        names = workers.results(clusters.key_of_task, range(3), name="fetch")
        keys = [str(key) for _, key in names]
    assert {key_split(key) for key in keys} == {"fetch"}
    assert len({*keys}) == 3


def test_who_stops_early_cancels_what_waits(cluster: Any) -> None:
    with workers_of(cluster) as workers:
        for _ in workers.results(clusters.briefly, range(1000)):
            break
    clusters.until(lambda: not cluster.processing() or not any(cluster.processing().values()))
    assert not any(cluster.processing().values())


def test_a_script_without_a_guard_does_not_start_itself_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from tess_source.workers import workers_of\n"
        "print('main')\n"
        "def double(number): return 2 * number\n"
        "with workers_of(2) as workers:\n"
        "    print(sorted(dict(workers.results(double, range(3))).items()))\n"
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout.splitlines() == ["main", "[(0, 0), (1, 2), (2, 4)]"], run.stderr


def test_workers_of_a_program_that_is_killed_end_with_it(tmp_path: Path) -> None:
    script = (
        "from tess_source.workers import workers_of; import clusters\n"
        "with workers_of(1) as workers:\n"
        "    for _, process in workers.results(clusters.process, iter(int, 1)): print(process, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path])}
    program = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment)
    assert program.stdout is not None
    worker = int(program.stdout.readline())
    program.kill()
    program.stdout.close()
    program.wait()
    clusters.until(lambda: not clusters.runs(worker))
    assert not clusters.runs(worker)


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_a_function_that_ends_the_program_ends_no_worker(kind: str, request: pytest.FixtureRequest) -> None:
    executor = request.getfixturevalue("cluster") if kind == "dask" else 1
    before = clusters.pids(executor) if kind == "dask" else None
    with workers_of(executor) as workers:
        ((_, result),) = workers.results(sys.exit, [3])
    assert isinstance(result, WorkersError)
    assert str(result) == "its function called sys.exit"
    assert before is None or clusters.pids(executor) == before


@pytest.mark.parametrize("kind", ["processes", "dask"])
def test_a_function_that_cannot_be_sent_is_told_as_such(
    kind: str, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    lock = threading.Lock()
    executor = request.getfixturevalue("cluster") if kind == "dask" else 1
    with workers_of(executor) as workers:
        ((_, result),) = workers.results(lambda _: lock, [3])
    assert isinstance(result, WorkersError)
    assert "the function cannot be sent to another process (TypeError: cannot pickle '_thread.lock' object)" in str(
        result
    )
    assert capfd.readouterr().err == ""


def test_an_executor_that_takes_no_more_jobs_is_told_as_such() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with workers_of(pool) as workers:
        ((_, result),) = workers.results(clusters.twice, [3])
    assert isinstance(result, WorkersError)
    assert str(result) == "RuntimeError: cannot schedule new futures after shutdown"


def test_an_executor_whose_process_died_is_told_as_such() -> None:
    with ProcessPoolExecutor(1, mp_context=Context()) as pool, workers_of(pool) as workers:
        ((_, result),) = workers.results(os._exit, [3])
    assert isinstance(result, WorkersError)
    assert str(result).startswith("BrokenProcessPool: ")


# -- what cannot be used ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["", "dask", "http//x", "my host:8786", 0, -1, 1.5, True, 10**9, [], object()])
def test_what_stands_for_no_workers_is_refused(executor: Any) -> None:
    with pytest.raises(QueryError, match=r"give an executor of concurrent\.futures, a client of dask"):
        check_executor(executor)


@pytest.mark.parametrize("executor", [None, 1, 3, "local", "tcp://host:8786", "tls://host:1", "host:8786", "/a/b.json"])
def test_what_stands_for_workers_is_taken(executor: Any) -> None:
    check_executor(executor)


def test_as_many_processes_as_no_machine_has_are_refused() -> None:
    with pytest.raises(QueryError, match="processes=1000: give a whole number of at least 1, and at most 256"):
        Session(processes=1000)


def test_an_address_at_which_nobody_answers_is_named_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "ANSWER", 0.5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(WorkersError, match=f"no dask scheduler answers at '{address}'"), workers_of(address):
            pass


def test_what_listens_there_but_is_no_scheduler_is_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(WorkersError, match=f"no dask scheduler answers at '{address}'"), workers_of(address):
            pass


def test_a_scheduler_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "ANSWER", 0.5)
    with (
        pytest.raises(WorkersError, match=r"no dask scheduler answers at '.*none\.json'"),
        workers_of(str(tmp_path / "none.json")),
    ):
        pass


def test_a_client_that_is_closed_is_refused(cluster: Any) -> None:
    from distributed import Client

    client = Client(cluster.scheduler.address, set_as_default=False)
    client.close()
    with pytest.raises(WorkersError, match="dask's client is closed"), workers_of(client):
        pass


def test_the_address_of_a_scheduler_stands_for_its_workers(cluster: Any) -> None:
    with workers_of(cluster.scheduler.address) as workers:
        assert dict(workers.results(clusters.twice, range(3))) == {0: 0, 1: 2, 2: 4}
    with workers_of(cluster.get_executor()) as workers:
        assert workers.width == 2


def test_workers_with_another_version_are_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "__version__", "0.0.1")
    with (
        pytest.raises(WorkersError, match=r"has tess-source .*, and this program 0\.0\.1: install the same"),
        workers_of(cluster),
    ):
        pass


def test_workers_without_tess_source_are_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "PROBE", "tess_source_of_another_planet:__version__")
    with pytest.raises(WorkersError, match=r"cannot import tess-source .*install tess-source"), workers_of(cluster):
        pass


# -- clusters that come and go ---------------------------------------------------------------------------------------------------


def test_a_cluster_without_workers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with clusters.threads_here(0) as client, workers_of(client) as workers:
        timer = threading.Timer(0.3, lambda: client.cluster.scale(1))
        timer.start()
        assert dict(workers.results(clusters.twice, range(6))) == {n: 2 * n for n in range(6)}
        timer.join()


@SLOW
def test_an_adaptive_cluster_starts_workers_when_there_is_work_and_ends_them() -> None:
    with clusters.cluster_of_processes(0) as client:
        client.cluster.adapt(minimum=0, maximum=2, interval="100ms", wait_count=2)
        assert not client.nthreads()
        with workers_of(client) as workers:
            for number, result in workers.results(clusters.briefly, range(60)):
                assert number == result
        clusters.until(lambda: not client.nthreads())
        assert not client.nthreads()
        with workers_of(client) as workers:
            assert dict(workers.results(clusters.twice, range(6))) == {n: 2 * n for n in range(6)}


@SLOW
def test_a_job_that_exceeds_the_memory_limit_of_its_workers_fails_alone() -> None:
    with clusters.cluster_of_processes(1, memory_limit="700MB") as client, workers_of(client) as workers:
        results = dict(workers.results(clusters.greedy, range(5)))
    assert "was their memory too small?" in str(results.pop(2))
    assert results == {0: 0, 1: 1, 3: 3, 4: 4}


@SLOW
@pytest.mark.parametrize("ending", ["end", "error", "ctrl-c"])
def test_processes_of_a_local_cluster_end_with_the_run(ending: str) -> None:
    script = f"""
import multiprocessing, os, clusters
from tess_source.workers import workers_of
try:
    with workers_of("local") as workers:
        print(*{{pid for _, pid in workers.results(clusters.process, range(20))}}, flush=True)
        if {ending!r} == "error": 1 / 0
        if {ending!r} == "ctrl-c": os.kill(os.getpid(), 2); import time; time.sleep(5)
except (ZeroDivisionError, KeyboardInterrupt): pass
print(multiprocessing.active_children(), flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path])}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    pids, children = run.stdout.splitlines()
    assert children == "[]"
    assert not [pid for pid in pids.split() if clusters.runs(int(pid))]


def test_a_cluster_that_never_has_a_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "LONGEST", 0.2)
    monkeypatch.setattr(dask_workers, "EVERY", 0.05)
    never = pytest.raises(WorkersError, match=r"has had no worker for .*what is done is kept")
    with clusters.threads_here(0) as client, workers_of(client) as workers, never:
        dict(workers.results(clusters.twice, range(6)))


def test_a_scheduler_that_restarts_is_connected_to_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with clusters.scheduler() as first:
        address = first.address
        with workers_of(address) as workers:
            done = 0
            for number, result in workers.results(clusters.briefly, range(20)):
                assert result == number
                done += 1
                if done == 3:
                    first.restart()
    assert done == 20


def test_a_scheduler_that_is_gone_for_good_costs_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_workers, "RETURN", 0.3)
    with clusters.scheduler() as first, workers_of(first.address) as workers:
        monkeypatch.setattr(dask_workers, "ANSWER", 0.3)
        workers._client._timeout = 0.3  # type: ignore[attr-defined]  # for so long it tries to connect again
        results = workers.results(clusters.briefly, range(20))
        begun = [next(results) for _ in range(2)]
        first.stop()
        rest = dict(results)
    assert all(number == result for number, result in begun)
    lost = [result for result in rest.values() if isinstance(result, Exception)]
    assert lost
    assert all("is gone: what is done is kept" in str(error) for error in lost)
    assert len(begun) + len(rest) == 20
