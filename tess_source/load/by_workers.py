"""Opening of files by workers: batches of files out, their outcomes back in order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

from tess_source.errors import LoadError, QueryError, WorkersError
from tess_source.load.outcome import Outcome
from tess_source.settings import ExecutorLike, Settings
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Opened
from tess_source.units import is_whole
from tess_source.workers import Workers, check_executor, workers_of

__all__ = ["Opening", "Outcomes", "chosen_executor", "opened_by_workers"]

AHEAD = 4
"""Batches per worker from the first that is not yielded to the last that is begun: no worker waits, and results do not pile up."""
MOST = 16
"""Files of a batch at most."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The record that is sent to a worker."""

    entries: tuple[Entry, ...]
    plugins: bytes = field(repr=False)
    options: Mapping[str, Any]
    function: Callable[[Any], Any] | None
    caller: int
    """The process that asks."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of some files."""

    outcomes: Sequence[Outcome]
    wrong: Exception | None = None
    """What the function raised for the file after these."""


def chosen_executor(
    settings: Settings, function: Callable[[Any], Any] | None, executor: ExecutorLike, workers: ExecutorLike
) -> ExecutorLike:
    """Return who opens files: those that are given, else those of the session, or None for this process.

    Parameters
    ----------
    settings : Settings
    function : callable, optional
        What is called with each file. Without it the session's workers are not used: a whole object takes longer to send than to open.
    executor : object, optional
        See `tess_source.workers.workers_of`.
    workers : int or Executor, optional
        An older word for `executor`.

    Raises
    ------
    QueryError
        If an argument makes no sense, or both are given.
    """
    if not (workers is None or is_whole(workers, 1) or isinstance(workers, Executor)):
        raise QueryError(f"workers={workers!r}: give a whole number of at least 1, an executor, or None")
    if executor is not None and workers is not None:
        raise QueryError("executor= and workers= say the same: give one of them")
    given = workers if executor is None else executor
    check_executor(given)
    return given if function is None else settings.workers(given, many=False)


def opened_by_workers(
    entries: Iterable[Entry], blank: Opening, executor: Any, function: Callable[[Opening], Outcomes]
) -> Iterator[Opened]:
    """Yield what workers make of files, in order, with a few batches under way.

    Parameters
    ----------
    entries : iterable of Entry
    blank : Opening
        The record of each batch, without its files.
    executor : object
        See `tess_source.workers.workers_of`.
    function : callable
        What workers call.

    Raises
    ------
    LoadError
        If a worker dies again and again.
    Exception
        What the function of the record raises.
    """
    with workers_of(executor) as workers:
        given, sent, waiting = 0, dict[int, Opening](), dict[int, Any]()

        def jobs() -> Iterator[Opening | None]:
            for number, batch in enumerate(_batches(entries, blank, workers)):
                while number - given >= AHEAD * workers.width:
                    yield None
                sent[number] = replace(blank, entries=batch)
                yield sent[number]

        for number, result in workers.results(function, jobs(), name="open"):
            waiting[number] = result
            while given in waiting:
                yield from _opened(sent.pop(given), waiting.pop(given))
                given += 1


def _batches(entries: Iterable[Entry], blank: Opening, workers: Workers) -> Iterator[tuple[Entry, ...]]:
    """Yield files in batches; each alone if whole objects come back, or if nobody knows how many there are."""
    size = 1
    if blank.function is not None and isinstance(entries, Sized):
        size = max(1, min(MOST, math.ceil(len(entries) / (8 * workers.width))))
    left = iter(entries)
    while batch := tuple(itertools.islice(left, size)):
        yield batch


def _opened(opening: Opening, result: Outcomes | Exception) -> Iterator[Opened]:
    if isinstance(result, WorkersError):
        raise LoadError(f"the workers that open files failed: {result}") from result
    if isinstance(result, Exception):
        raise result
    for entry, outcome in zip(opening.entries, result.outcomes, strict=False):
        yield Opened(entry, outcome.value, outcome.error)
    if result.wrong is not None:
        raise result.wrong
