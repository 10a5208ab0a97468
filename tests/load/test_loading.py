"""Files are opened one at a time, here or in other processes, and what comes back stands in the manifest's order.

This module is itself the plugin that reads the files of these tests, so that other processes can import it.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tess_source import Session, hookimpl
from tess_source.errors import DamagedFileError, LoadError, NoReaderError, QueryError
from tess_source.hooks.discovery import from_file
from tess_source.load.loading import AHEAD, open_entry
from tess_source.tables.items import Entry, Item, Items
from tess_source.tables.loaded import Opened
from tess_source.tables.plan import Manifest, Plan
from tess_source.workers.spawned import Context


class Number:
    """What a file of these tests is opened as."""

    def __init__(self, value: int) -> None:
        self.value = value


@hookimpl
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Read a number from a text file."""
    if entry.path is None or entry.path.suffix != ".txt":
        return None
    if isinstance(options.get("times"), str):
        raise QueryError(f"times={options['times']!r}: give a number")
    text = entry.path.read_text()
    if not text.isdecimal():
        raise DamagedFileError(f"{entry.path.name} is damaged: it says {text!r}")
    return Number(int(text) * options.get("times", 1))


def squared(number: Number) -> int:
    return number.value**2


def children() -> set[str]:
    """Return the names of the processes that this one has begun; those of the dask cluster that other tests share are not its own."""
    return {child.name for child in multiprocessing.active_children() if "from Nanny" not in child.name}


def process(number: Number) -> int:
    time.sleep(0.05)  # long enough for the other process to take the next
    return os.getpid()


def slower_first(number: Number) -> int:
    time.sleep(0.3 if number.value == 0 else 0)
    return number.value


def halve_evens(number: Number) -> int:
    if number.value % 2:
        raise ArithmeticError(f"{number.value} is odd")
    return number.value // 2


def dies(number: Number) -> int:
    os._exit(7)


@pytest.fixture
def reading(session: Session) -> Session:
    session.register(sys.modules[__name__], "numbers")
    return session


Made = Callable[..., Manifest]


def iter_read(manifest: Manifest, **words: Any) -> Iterator[Opened]:
    return manifest.iter_read(**words)


def iter_load(manifest: Manifest, **words: Any) -> Iterator[Any]:
    return manifest.iter_load(**words)


def map_files(manifest: Manifest, function: Callable[[Any], Any], **words: Any) -> Iterator[Opened]:
    return manifest.map(function, **words)


@pytest.fixture
def made(tmp_path: Path, reading: Session) -> Made:
    """Write files and give their manifest; None is one that was not fetched."""

    def make(*contents: str | None, session: Session = reading, suffix: str = ".txt") -> Manifest:
        entries = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{number:03}{suffix}"
            item = Item(f"x:{path.name}", path.name)
            if content is None:
                entries.append(Entry(item, "failed", error="HTTP 404"))
                continue
            path.write_text(content)
            entries.append(Entry(item, "here", path=path))
        items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
        return Manifest(Plan(items, tmp_path, {}, session), tuple(entries))

    return make


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    """Two other processes, which the tests of this module share: to begin one takes half a second."""
    with ProcessPoolExecutor(2, mp_context=Context()) as executor:
        yield executor


@pytest.fixture(params=["here", "elsewhere"])
def workers(request: pytest.FixtureRequest) -> Executor | None:
    """Nobody else, or two other processes."""
    return request.getfixturevalue("pool") if request.param == "elsewhere" else None


@pytest.mark.parametrize("workers", ["two", 0, True, 2.5])
def test_what_is_no_number_of_workers_is_refused(made: Made, workers: Any) -> None:
    for ask in (iter_read, iter_load, lambda files, workers: map_files(files, squared, workers=workers)):
        with pytest.raises(QueryError, match=f"workers={workers!r}: give a whole number of at least 1, an executor"):
            ask(made("0", "1"), workers=workers)
    with pytest.raises(QueryError, match="function=3: give something that can be called"):
        map_files(made("0"), 3)  # type: ignore[arg-type]


def test_an_argument_that_makes_no_sense_is_raised_and_not_told_for_every_file(
    made: Made, workers: Executor | None
) -> None:
    with pytest.raises(QueryError, match="times='x': give a number"):
        list(iter_read(made("0", "1", "2"), workers=workers, times="x"))


def test_files_that_share_a_reason_are_logged_twice_at_most(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    manifest = made("1", *["damage"] * 5)
    assert len(list(iter_load(manifest))) == 1
    first, rest = (record.getMessage() for record in caplog.records)
    assert "was not opened" in first
    assert rest.startswith("4 more files were not opened: each is damaged: it says 'damage' (")
    assert rest.endswith("and 1 more)")


def test_files_come_in_the_order_of_the_manifest(made: Made, workers: Executor | None) -> None:
    manifest = made("3", "1", "2")
    results = list(iter_read(manifest, workers=workers, times=10))
    assert [result.value.value for result in results] == [30, 10, 20]
    assert [result.entry for result in results] == list(manifest)
    assert all(result.ok for result in results)


def test_a_file_that_cannot_be_opened_is_told_in_its_place_and_the_others_come(
    made: Made, workers: Executor | None
) -> None:
    manifest = made("1", "rubbish", None, "4")
    (manifest[3].path or Path()).unlink()
    results = list(iter_read(manifest, workers=workers))
    assert [type(result.error) for result in results] == [
        type(None),
        DamagedFileError,
        FileNotFoundError,
        FileNotFoundError,
    ]
    assert "says 'rubbish'" in str(results[1].error)
    assert "HTTP 404" in str(results[2].error)
    assert [result.ok for result in results] == [True, False, False, False]


def test_a_file_that_no_plugin_reads_says_so(made: Made, reading: Session) -> None:
    manifest = made("1", suffix=".dat")
    (result,) = iter_read(manifest)
    assert isinstance(result.error, NoReaderError)
    with pytest.raises(NoReaderError, match="no reader for 'other' files of unknown origin"):
        open_entry(reading.registry, manifest[0], {})


def test_loading_passes_over_what_cannot_be_opened_and_logs_it(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tess_source"):
        assert [number.value for number in iter_load(made("1", "rubbish", "3"))] == [1, 3]
    (record,) = caplog.records
    assert "001.txt was not opened: 001.txt is damaged" in record.getMessage()


def test_nothing_is_opened_before_it_is_asked_for_and_nothing_is_kept(
    made: Made, reading: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[weakref.ref[Number]] = []
    read = reading.registry.call

    def watched(hook: str, **arguments: Any) -> Any:
        number = read(hook, **arguments)
        opened.append(weakref.ref(number))
        return number

    monkeypatch.setattr(reading.registry, "call", watched)
    numbers = iter_load(made(*map(str, range(5))))
    assert not opened
    for count, number in enumerate(numbers, 1):
        assert len(opened) == count
        assert [ref() is None for ref in opened] == [True] * (count - 1) + [False]
        assert number.value == count - 1
        del number


def test_a_function_sees_every_file_and_its_results_keep_the_order(made: Made, workers: Executor | None) -> None:
    manifest = made("0", "1", "2", "rubbish", "4")
    assert [result.value for result in map_files(manifest, squared, workers=workers)] == [0, 1, 4, None, 16]
    assert [result.value for result in map_files(manifest, slower_first, workers=workers)] == [
        0,
        1,
        2,
        None,
        4,
    ]


def test_workers_are_other_processes_and_as_many_as_were_asked_for(made: Made) -> None:
    manifest = made(*"0123456789")
    assert {result.value for result in map_files(manifest, process)} == {os.getpid()}
    others = {result.value for result in map_files(manifest, process, workers=np.int64(2))}  # as any library counts
    assert 1 <= len(others) <= 2
    assert os.getpid() not in others


@pytest.mark.parametrize("workers", [None, 2])
def test_what_the_function_raises_is_raised_and_names_the_file(made: Made, workers: int | None) -> None:
    before = children()
    results = map_files(made("2", "3", "4"), halve_evens, workers=workers)
    assert next(results).value == 1
    with pytest.raises(ArithmeticError, match="3 is odd") as caught:
        next(results)
    assert any("001.txt" in note for note in caught.value.__notes__)
    assert children() <= before


def test_a_process_that_dies_is_told_as_such(made: Made) -> None:
    with pytest.raises(LoadError, match="the workers that open files failed"):
        list(map_files(made("1", "2"), dies, workers=1))


def test_who_stops_early_leaves_no_process_behind(made: Made) -> None:
    before = children()
    results = iter_read(made(*"0123456789"), workers=1)
    assert next(results).ok
    assert children() - before
    results.close()  # type: ignore[attr-defined]
    assert children() <= before


class Patient(Executor):
    """Runs a task when its result is asked for, and counts the tasks that were handed in."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, task: Any, /, *arguments: Any, **words: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        future.set_result(task(*arguments, **words))
        return future


def test_only_a_few_files_are_under_way_however_many_there_are(made: Made) -> None:
    executor = Patient()
    for taken, result in enumerate(iter_read(made(*map(str, range(900))), workers=executor), 1):
        assert result.ok
        assert executor.submitted <= taken - 1 + AHEAD * (os.cpu_count() or 1)
    assert executor.submitted == 900


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_an_executor_of_the_user_is_used_and_left_open(made: Made, kind: type[Executor]) -> None:
    context = {"mp_context": multiprocessing.get_context("spawn")} if kind is ProcessPoolExecutor else {}
    with kind(1, **context) as executor:  # type: ignore[call-arg]
        for _ in range(2):
            results = map_files(made("1", "2", "3"), squared, workers=executor)
            assert [result.value for result in results] == [1, 4, 9]
        assert executor.submit(pow, 2, 3).result() == 8


@pytest.mark.parametrize("workers", [0, -1, True, False])
def test_a_number_of_workers_that_makes_no_sense_is_refused_at_once(made: Made, workers: int) -> None:
    with pytest.raises(QueryError, match="workers="):
        iter_read(made("1"), workers=workers)


PLUGIN = '''
from tess_source import hookimpl

@hookimpl
def tess_load(entry, options):
    """Give the text."""
    return entry.path.read_text()
'''


def test_a_plugin_in_a_file_works_in_other_processes_too(made: Made, tmp_path: Path) -> None:
    (tmp_path / "my_texts.py").write_text(PLUGIN)
    session = Session(discover=False, plugins=[from_file(tmp_path / "my_texts.py")])
    assert list(iter_load(made("a", "b", session=session), workers=1)) == ["a", "b"]


def test_a_plugin_that_only_this_process_has_is_refused_with_a_way_out(made: Made) -> None:
    class Local:
        @hookimpl
        def tess_load(self, entry: Entry) -> object | None:
            """Give the text."""
            return entry.path and entry.path.read_text()

    manifest = made("a", session=Session(discover=False, plugins=[Local()]))
    assert list(iter_load(manifest)) == ["a"]
    with pytest.raises(LoadError, match="work without workers"):
        list(iter_load(manifest, workers=1))


def standard_deviation(curve: Any) -> float:
    import numpy as np

    return float(np.nanstd(curve.flux.value.filled(np.nan)))


def test_light_curves_are_closed_one_by_one_and_worked_on_elsewhere(tmp_path: Path) -> None:
    import tess_source_lightkurve
    from tess_source import names
    from tess_source_sample.files import make

    filename = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
    content, entries = make(filename), []
    for number in range(6):
        path = tmp_path / str(number) / filename
        path.parent.mkdir()
        path.write_bytes(content)
        name = names.parse(filename)
        item = Item(f"x:{number}", f"{number}/{filename}", kind=name.kind, pipeline=name.pipeline)
        entries.append(Entry(item, "here", path=path))
    items = Items.of([{"uri": entry.item.uri, "path": entry.item.path} for entry in entries])
    session = Session(discover=False, plugins=[tess_source_lightkurve])
    manifest = Manifest(Plan(items, tmp_path, {}, session), tuple(entries))
    here = []
    for curve in iter_load(manifest, quality_bitmask="hard"):
        here.append(standard_deviation(curve))
        (Path(curve.meta["FILENAME"])).unlink()
    assert not any(entry.path and entry.path.exists() for entry in entries)
    for entry in entries:
        (entry.path or Path()).write_bytes(content)
    there = [result.value for result in map_files(manifest, standard_deviation, workers=1, quality_bitmask="hard")]
    assert there == here
    assert len(there) == 6
