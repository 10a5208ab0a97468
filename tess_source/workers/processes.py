"""Processes of this machine as workers. They do not run the program that has started them once more: see `tess_source.workers.spawned`.

If a function or record was defined in that program, and there is no cloudpickle to send its code, they have to run it after all.
"""

from __future__ import annotations

import importlib
import multiprocessing
import multiprocessing.spawn
import os
import pickle
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, ClassVar

from tess_source import extras
from tess_source.errors import WorkersError, ending, type_and_text
from tess_source.workers.base import Job, Workers
from tess_source.workers.counts import telling
from tess_source.workers.spawned import Context

__all__ = ["Processes", "processes", "sent_call"]

_counts: Any = None
"""In a worker: the counts of all jobs under way, in memory that the processes share."""


class Processes(Workers):
    """Some processes, begun with the first job. One that dies is replaced.

    Parameters
    ----------
    count : int
    """

    suspects: ClassVar[bool] = True

    def __init__(self, count: int) -> None:
        self._count = count
        self._context = Context()
        self._pool: ProcessPoolExecutor | None = None
        self._slots = self._context.RawArray("q", 3 * self._most)
        self._told: dict[int, Job[Any]] = {}
        self._stopped = False

    @property
    def width(self) -> int:
        """How many jobs run at the same time."""
        return self._count

    @property
    def _most(self) -> int:
        return int(self.ahead * self._count)

    @property
    def is_busy(self) -> bool:
        """Whether jobs are under way whose results nobody waits for."""
        return self._stopped

    def close(self, *, at_once: bool) -> None:
        """End the processes; if not at once, after what they are doing."""
        if self._pool is None:
            return
        if at_once:  # a shell sends Ctrl-C to them too, a notebook or a scheduler does not: they would be waited for
            for process in list((getattr(self._pool, "_processes", None) or {}).values()):
                process.terminate()
        self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def _begin(self, job: Job[Any]) -> Future[bytes]:
        sent, main = sent_call((job.function, job.record))
        slot = next((number for number in range(self._most) if number not in self._told), 0)
        if job.tell:
            self._slots[3 * slot : 3 * slot + 3] = [0, 0, 0]
            self._told[slot] = job
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count, mp_context=self._context, initializer=_prepare, initargs=(self._slots,)
            )
        return self._pool.submit(_do, sent, main, slot if job.tell else None)

    def _result(self, future: Future[bytes]) -> Any:
        self._told = {slot: job for slot, job in self._told.items() if job.future is not future}
        result = super()._result(future)
        if isinstance(result, BaseException):
            return result
        try:
            return pickle.loads(result)  # noqa: S301  written by `_do` in a process of ours
        except Exception as error:  # noqa: BLE001  whatever objects of other libraries raise when they are made again
            return WorkersError(f"its result cannot come back from another process: {type_and_text(error)}")

    def _is_lost(self, result: Any) -> bool:
        return isinstance(result, BrokenExecutor)

    def _restored(self) -> str:
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None
        return ""

    def _look_after(self) -> None:
        for slot, job in self._told.items():
            files, size, news = self._slots[3 * slot : 3 * slot + 3]
            if news and job.tell:
                self._slots[3 * slot + 2] = 0
                job.tell(files, size)

    def _stop(self, futures: list[Any]) -> None:
        super()._stop(futures)
        self._told.clear()
        self._stopped = self._stopped or any(not future.done() for future in futures)


@contextmanager
def processes(count: int) -> Iterator[Processes]:
    """Give processes as workers, and end them at the end: at once if what they do is no longer wanted."""
    workers = Processes(count)
    try:
        yield workers
    except BaseException:
        workers.close(at_once=True)
        raise
    workers.close(at_once=workers.is_busy)


def _main() -> Mapping[str, Any]:
    """Return where the main program is, for a worker that needs something of it."""
    data = multiprocessing.spawn.get_preparation_data("")
    return {name: value for name, value in data.items() if name.startswith("init_main")}


def sent_call(call: tuple[Any, Any]) -> tuple[bytes, Mapping[str, Any]]:
    """Return a function and its record as bytes, and where the main program is if they cannot be understood without it.

    What belongs to no module, or to the main program, is sent with its code if cloudpickle is there, as it is with dask.

    Raises
    ------
    WorkersError
        If that cannot be.
    """
    sent: bytes | Exception
    try:
        sent = pickle.dumps(call)
    except Exception as error:  # noqa: BLE001  whatever objects of other libraries raise
        sent = error
    if (
        isinstance(sent, bytes) and b"_main__" not in sent
    ):  # nor __mp_main__, as the main program is called in processes of others
        return sent, {}
    if extras.is_installed("cloudpickle"):
        try:
            return importlib.import_module("cloudpickle").dumps(call), {}
        except Exception as error:  # noqa: BLE001  the same
            sent = error
    if isinstance(sent, Exception):
        raise WorkersError(
            f"the function cannot be sent to another process ({type_and_text(sent)}): define it in a module, "
            "or install cloudpickle, and let it use no locks, open files and the like"
        ) from sent
    return sent, _main()


# -- in the workers --


def _prepare(slots: Any) -> None:
    global _counts  # noqa: PLW0603  one per process, set before its first job
    _counts = slots
    threading.Thread(target=_end_with_parent, name="tess-source-parent", daemon=True).start()


def _end_with_parent() -> None:
    """End this process with the one that has started it, even if that one was killed: nobody wants its results any more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(sent: bytes, main: Mapping[str, Any], slot: int | None) -> bytes:
    """Call a function with a record, and return its result, or its error, as bytes: a pool breaks at what cannot be made again."""
    try:
        multiprocessing.spawn.prepare(dict(main))
        function, record = pickle.loads(sent)  # noqa: S301  written by `_sent` of the parent

        def tell(files: int, size: int) -> None:
            if slot is not None:
                _counts[3 * slot : 3 * slot + 3] = [files, size, 1]

        with telling(tell):
            result = function(record)
    except Exception as error:  # noqa: BLE001  it is the job's
        result = error
    except SystemExit as error:
        result = WorkersError(f"its function {ending(error)}")
    return _sendable(result)


def _sendable(result: Any) -> bytes:
    try:
        sent = pickle.dumps(result)
        if isinstance(result, Exception):
            pickle.loads(sent)  # noqa: S301  written here; many classes of errors cannot be made again from their arguments
        return sent
    except Exception as wrong:  # noqa: BLE001  whatever objects of other libraries raise
        cause = result if isinstance(result, Exception) else wrong
        words = type_and_text(cause)
        lost = WorkersError(words if cause is result else f"its result cannot come back from another process: {words}")
        for note in getattr(cause, "__notes__", ()):
            lost.add_note(note)
        return pickle.dumps(lost)
