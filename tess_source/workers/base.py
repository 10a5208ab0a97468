"""What all workers have in common: jobs are drawn as workers become free, and results come in the order in which jobs end."""

from __future__ import annotations

import logging
import queue
import secrets
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

from tess_source.display.visible import logger
from tess_source.errors import WorkersError, type_and_text
from tess_source.system import cores
from tess_source.threads import LISTEN
from tess_source.workers.counts import Tell, telling

__all__ = ["Here", "Job", "OthersExecutor", "Workers", "done_future"]

log: logging.Logger = logger(__name__)

J = TypeVar("J")
R = TypeVar("R")

TRIES = 3
"""How often a job is begun at most, if workers die that may have died of it."""

OnCounts: TypeAlias = Callable[[int, int, int], object]
"""Function that is called with the number of a job, and the files and bytes that it has done so far."""


@dataclass(slots=True)
class Job(Generic[J]):
    """A record under way."""

    number: int
    record: J
    function: Callable[[J], Any]
    key: str
    """Name in the scheduler, unlike all others; what dask's dashboard shows begins with it."""
    tell: Tell | None
    """Takes how far it is."""
    tries: int = 0
    future: Any = field(default=None, repr=False)


class Workers(ABC):
    """Workers that call functions. Get one by `tess_source.workers.workers_of`, which also ends what it has begun."""

    ahead: ClassVar[float] = 2
    """Jobs under way per job that can run, so that no worker waits for the next."""
    suspects: ClassVar[bool] = False
    """Whether any job under way may be to blame for the loss of a worker. Then each is done again alone, to tell which it was."""

    @property
    @abstractmethod
    def width(self) -> int:
        """How many jobs run at the same time, at least 1. The workers of a cluster may come and go."""

    @property
    def sharing(self) -> int:
        """How many of these jobs run in one process, at least 1."""
        return 1

    def results(
        self,
        function: Callable[[J], R],
        jobs: Iterable[J | None],
        name: str = "work",
        on_counts: OnCounts | None = None,
    ) -> Iterator[tuple[int, R | Exception]]:
        """Call a function with each record of many, and yield the results as they come.

        A worker that dies is no failure: its job is done again, up to `TRIES` times. So a job may be done twice, even at the same time.

        Parameters
        ----------
        function : callable
            A function of a module, so that other processes find it; called with one record.
        jobs : iterable
            Records that can be pickled. They are drawn when workers become free, at most about two per worker ahead. None: there is nothing
            to begin before another job has ended.
        name : str
            Name of the jobs, which dask's dashboard shows.
        on_counts : callable, optional
            Called in this thread with the number of a job, and the files and bytes that it has done so far: see
            `tess_source.workers.teller`. Workers that are threads or processes of another executor tell nothing.

        Yields
        ------
        tuple of int and object
            The number of the record, from 0, and what the function returned or the exception that it raised.
        """
        counts: queue.SimpleQueue[tuple[int, int, int]] = queue.SimpleQueue()
        run = _Course(self, function, iter(jobs), f"{name}-{secrets.token_hex(3)}0", counts if on_counts else None)
        try:
            for job, result in run:
                while on_counts and not counts.empty():
                    told = counts.get()
                    if told[0] in run.running:  # what has ended is known better
                        on_counts(*told)
                if job is not None:
                    yield job.number, result
        finally:
            self._stop([job.future for job in run.running.values()])

    @abstractmethod
    def _begin(self, job: Job[Any]) -> Any:
        """Begin a job, and return its future, whose `add_done_callback` may call from any thread."""

    def _result(self, future: Any) -> Any:
        """Return what the function returned or raised."""
        try:
            return future.result()
        except (Exception, CancelledError) as error:  # noqa: BLE001  it is the job's, and the other jobs go on
            return error

    def _is_lost(self, result: Any) -> bool:
        """Return whether the worker was lost, so that the job can be done again."""
        return False

    def _restored(self) -> str:
        """Make good the loss of workers; return an empty text, or why no job can be begun again."""
        return ""

    def _look_after(self) -> None:
        """Look after the workers; called several times per second."""
        return

    def _stop(self, futures: list[Any]) -> None:
        for future in futures:
            future.cancel()


class _Course(Generic[J]):
    """The jobs of one call of `Workers.results`."""

    def __init__(
        self,
        workers: Workers,
        function: Callable[[J], Any],
        records: Iterator[J | None],
        key: str,
        counts: queue.SimpleQueue[tuple[int, int, int]] | None,
    ) -> None:
        self._workers, self._function, self._records, self._key, self._counts = workers, function, records, key, counts
        self.running: dict[int, Job[J]] = {}
        self._again: deque[Job[J]] = deque()
        """Jobs whose worker was lost."""
        self._done: queue.SimpleQueue[Job[J]] = queue.SimpleQueue()
        self._drawn, self._all_drawn = 0, False

    def __iter__(self) -> Iterator[tuple[Job[J] | None, Any]]:
        """Yield jobs and their results; None now and then."""
        while True:
            self._begin_more()
            if not self.running:
                if self._all_drawn and not self._again:
                    return
                raise RuntimeError("no job is given, and none is under way")
            try:
                job = self._done.get(timeout=LISTEN)  # in short pieces, or else Ctrl-C is not heard
            except queue.Empty:
                job = None
            self._workers._look_after()
            if job is None:
                yield None, None
                continue
            del self.running[job.number]
            result, job.future = self._workers._result(job.future), None
            if not self._workers._is_lost(result):
                yield job, result
            elif why := self._workers._restored():
                yield job, WorkersError(why)
            elif job.tries >= TRIES:
                yield job, WorkersError(f"its worker was lost {job.tries} times: was memory short?")
            else:
                log.info("%s: its worker was lost (%s); it is done again", job.key, result)
                self._again.append(job)

    def _begin_more(self) -> None:
        while self._again and not (self.running and self._workers.suspects):
            self._begin(self._again.popleft())
        if self._again:
            return
        most = max(1, round(self._workers.ahead * self._workers.width))
        while not self._all_drawn and len(self.running) < most:
            try:
                record = next(self._records)
            except StopIteration:
                self._all_drawn = True
                return
            if record is None:
                return
            number, self._drawn = self._drawn, self._drawn + 1
            self._begin(Job(number, record, self._function, f"{self._key}-{number}", self._tell(number)))

    def _tell(self, number: int) -> Tell | None:
        if (counts := self._counts) is None:
            return None
        return lambda files, size: counts.put((number, files, size))

    def _begin(self, job: Job[J]) -> None:
        job.tries += 1
        try:
            job.future = self._workers._begin(job)
        except Exception as error:  # noqa: BLE001  e.g. a broken pool, or a record that cannot be sent: the failure of this job
            job.future = done_future(error)
        self.running[job.number] = job
        job.future.add_done_callback(lambda _: self._done.put(job))


class Here(Workers):
    """The calling thread, one job after the other."""

    ahead: ClassVar[float] = 1

    @property
    def width(self) -> int:
        """How many jobs run at the same time."""
        return 1

    def _begin(self, job: Job[Any]) -> Future[Any]:
        with telling(job.tell or (lambda files, size: None)):
            try:
                result = job.function(job.record)
            except Exception as error:  # noqa: BLE001  as with other workers
                return done_future(error)
        future: Future[Any] = Future()
        future.set_result(result)
        return future


class OthersExecutor(Workers):
    """An executor that somebody else has made, and ends.

    Parameters
    ----------
    executor : Executor
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    @property
    def width(self) -> int:
        """How many jobs run at the same time."""
        most = getattr(self._executor, "_max_workers", None)
        return most if isinstance(most, int) and most > 0 else cores()

    @property
    def sharing(self) -> int:
        """How many of them run in one process."""
        return self.width if isinstance(self._executor, ThreadPoolExecutor) else 1

    def _begin(self, job: Job[Any]) -> Future[Any]:
        try:
            return self._executor.submit(job.function, job.record)
        except RuntimeError as error:  # it was shut down, or has broken
            raise WorkersError(type_and_text(error)) from error

    def _result(self, future: Any) -> Any:
        result = super()._result(future)
        return WorkersError(type_and_text(result)) if isinstance(result, BrokenExecutor) else result


def done_future(error: Exception) -> Future[Any]:
    """Return a future that has failed."""
    failed: Future[Any] = Future()
    failed.set_exception(error)
    return failed
