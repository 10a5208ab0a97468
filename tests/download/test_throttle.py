"""Large downloads and busy archives: constant memory, no open files left, fewer transfers at a time while the archive complains."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import other_process
import pytest
from serving import Handler, Server, content, send, status
from sizes import size
from test_kills import start as start  # noqa: PLC0414  the fixture

from tess_source.download import throttle
from tess_source.download.progress import Progress
from tess_source.download.throttle import Throttle
from tess_source.settings import Patience

MANY = size(500, 5000)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and open files are counted in /proc")
def test_thousands_of_files_in_one_run(server: Server, start: Callable[..., BaseProcess], tmp_path: Path) -> None:
    """Memory stays within 150 MB of what it was at the start, and open files do not add up."""
    body = content(0)
    sizes = {f"{number:04d}.fits": len(body) for number in range(MANY)}
    server.files = dict.fromkeys((f"/{name}" for name in sizes), body)
    process = start(other_process.report_on_many, server.url, tmp_path / "data", sizes, tmp_path / "report.json")
    process.join(300)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["done"] == MANY
    assert max(report["memory"]) - report["memory"][0] < 150e6
    assert max(report["memory"][25:]) - max(report["memory"][2:10]) < 4000 * MANY, "it grows with the number of files"
    assert max(report["handles"]) - report["handles"][0] <= 8 * 3
    assert report["handles"][-1] <= report["handles"][0] + 2
    truth = hashlib.sha256(body).digest()
    assert {hashlib.sha256(path.read_bytes()).digest() for path in (tmp_path / "data").iterdir()} == {truth}
    assert len(server.requests) == MANY


def test_an_archive_under_strain_is_asked_for_less_at_a_time_and_all_comes(server: Server, tmp_path: Path) -> None:
    """It refuses whoever comes while it is at two files already."""
    refused = 0

    def busy(handler: Handler, body: bytes) -> None:
        nonlocal refused
        assert isinstance(handler.server, Server)
        if handler.server.busy > 2:
            refused += 1
            status(429)(handler, body)
        else:
            time.sleep(0.002)
            send(handler, body)

    server.files = {f"/{number:03d}.fits": content(number) for number in range(60)}
    server.acts = {path: [busy] for path in server.files}
    sizes = {path[1:]: len(body) for path, body in server.files.items()}
    assert all(entry.ok for entry in other_process.run_of(server.url, tmp_path, sizes, jobs=8))
    assert refused < 60


def test_where_an_archive_complains_again_and_again_it_is_asked_ever_more_rarely() -> None:
    strain, needed = Throttle(3, threading.Event()), []
    for _ in range(10):
        strain.lower(time.monotonic(), "a")
        assert strain.limit == 1
        count = 0
        while strain.limit < 3:
            strain.ease()
            count += 1
        needed.append(count)
    assert needed == [5, 9, 17, 33, 65, 129, 129, 129, 129, 129]


def test_slots_are_halved_once_by_what_was_under_way_and_come_back_one_by_one() -> None:
    strain = Throttle(8, threading.Event())
    with strain.slot("a") as first, strain.slot("a") as second:
        strain.lower(first, "a")
        strain.lower(second, "a")
    assert strain.limit == 4
    with strain.slot("a") as later:
        strain.lower(later, "a")
    assert strain.limit == 2
    for _ in range(2 + 2 * 3):
        strain.ease()
    assert strain.limit == 4, "where it complained once, twice as many successes are asked for"
    for _ in range(100):
        strain.ease()
    assert strain.limit == 8
    for _ in range(10):
        strain.lower(time.monotonic(), "a")
    assert strain.limit == 1


def test_no_more_slots_are_given_than_there_are() -> None:
    strain, busy, most = Throttle(3, threading.Event()), [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(20):
            with strain.slot("a"):
                with lock:
                    busy[0] += 1
                    most[0] = max(most[0], busy[0])
                time.sleep(0.0005)
                with lock:
                    busy[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3


def test_a_host_that_asks_for_a_pause_is_left_alone_and_others_are_not(clock: list[float]) -> None:
    strain, before = waiting(4, clock), clock[0]
    strain.lower(before, "busy", hold=0.2)
    with strain.slot("other") as other:
        assert other == before
    with strain.slot("busy") as again:
        assert again - before >= 0.2


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that throttles see [s]; the services that they know are forgotten."""
    now = [100.0]
    monkeypatch.setattr(throttle, "_services", defaultdict(throttle._Service))
    monkeypatch.setattr(throttle, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def waiting(jobs: int, clock: list[float]) -> Throttle:
    """Return a throttle that waits by moving the clock."""
    strain = Throttle(jobs, threading.Event())

    def wait(seconds: float) -> bool:
        assert 0 < seconds <= 0.1, "Ctrl-C is heard"
        clock[0] += seconds
        return True

    monkeypatched: Any = strain._change
    monkeypatched.wait = wait
    return strain


@pytest.mark.parametrize("per_second", [5.0, 1.0, 0.5, 2.5])
def test_no_more_requests_begin_in_a_second_than_a_service_allows_also_in_several_runs(
    per_second: float, clock: list[float]
) -> None:
    begun = []
    for strain in (waiting(8, clock), waiting(1, clock)):
        for _ in range(8):
            with strain.slot("a", per_second, 10) as since:
                begun.append(since)
                clock[0] += 0.01
    many = max(1, int(per_second))
    assert all(later - first >= many / per_second - 1e-6 for first, later in zip(begun, begun[many:], strict=False))
    assert begun[-1] - begun[0] <= 16 / per_second + 1
    with waiting(8, clock).slot("b") as since:
        assert since == clock[0], "another host does not wait"


def test_no_more_requests_are_under_way_than_a_service_allows_also_in_several_runs(clock: list[float]) -> None:
    one, other = waiting(8, clock), waiting(8, clock)
    busy = ExitStack()
    busy.enter_context(one.slot("a", 0.0, 2))
    busy.enter_context(other.slot("a", 0.0, 2))
    ends = iter([False] * 3 + [True])

    def wait(seconds: float) -> bool:
        if next(ends):
            busy.close()
        return True

    condition: Any = one._change
    condition.wait = wait
    with one.slot("a", 0.0, 2):
        assert next(ends, None) is None
    with other.slot("b", 0.0, 2):
        pass
    assert {name: service.active for name, service in throttle._services.items()} == {"a": 0, "b": 0}


def test_who_waits_for_a_service_stops_when_all_stops_and_is_not_counted(clock: list[float]) -> None:
    strain = Throttle(8, threading.Event())
    with strain.slot("a", 1.0, 1):
        strain._stop.set()
        with strain.slot("a", 1.0, 1):
            pass
    assert throttle._services["a"].active == 0


def test_who_waits_for_a_slot_stops_when_all_stops() -> None:
    stop = threading.Event()
    strain = Throttle(1, stop)
    waited = threading.Event()

    def wait() -> None:
        with strain.slot("a"):
            waited.set()

    with strain.slot("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not waited.is_set()
        stop.set()
        strain.wake()
        thread.join(60)
    assert waited.is_set()


@pytest.mark.parametrize(
    ("attempt", "asked", "least", "most"),
    [
        (1, None, 0.375, 0.625),
        (2, None, 0.75, 1.25),
        (3, None, 1.5, 2.5),
        (20, None, 60, 60),
        (1, 7.0, 7, 7),
        (1, 9e9, 60, 60),
    ],
)
def test_pauses_double_obey_the_server_and_are_capped(
    attempt: int, asked: float | None, least: float, most: float
) -> None:
    pauses = {Patience().pause(attempt, asked) for _ in range(50)}
    assert all(least <= pause <= most for pause in pauses)
    assert len(pauses) > 1 or least == most, "there is jitter"


# -- the bar ---------------------------------------------------------------------------------------------------------------------


def test_the_bar_is_honest_to_its_end() -> None:
    """What comes twice is counted once, what fails is not counted, and sizes are corrected when they become known."""
    told: list[tuple[int, int]] = []
    bar = Progress(lambda *counts: told.append(counts), files=3, size=300, typical={"mast:x": 50})
    whole, again, failed, unknown = bar.share(100), bar.share(100), bar.share(100), bar.share(None, "mast:x")
    assert bar._size == 350
    whole.at(60)
    whole.at(100)
    again.at(80)
    again.at(0)
    again.at(100)
    failed.at(50)
    unknown.expect(70)
    unknown.at(70)
    for share in (whole, again, unknown):
        share.done(ok=True)
    failed.done(ok=False)
    assert told[-1] == (4, 270)
    assert bar._size == 270
    assert min(count for _, count in told) >= 0
