"""A dask cluster as workers: one of this machine that ends with the run, or one that others have started.

Dask is imported only here, and only if it is used.
"""

from __future__ import annotations

import itertools
import json
import logging
import pickle
import pkgutil
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tess_source import extras
from tess_source._version import __version__
from tess_source.display import activity
from tess_source.display.visible import logger
from tess_source.errors import QueryError, WorkersError, bare_reason, ending, type_and_text
from tess_source.system import cores
from tess_source.threads import LISTEN
from tess_source.workers.base import Job, Workers
from tess_source.workers.counts import Tell, telling
from tess_source.workers.processes import sent_call
from tess_source.workers.spawned import without_main

__all__ = ["DaskWorkers", "connected", "local", "of_client"]

log: logging.Logger = logger(__name__)

ANSWER = 10.0
"""Most seconds until a scheduler answers."""
RETURN = 60.0
"""Most seconds until a scheduler that was lost is back."""
LONGEST = 3600.0
"""Most seconds without any worker. Those of a batch system may have to queue."""
EVERY = 1.0
"""Seconds between two questions about the workers."""
LEAST = 4
"""Jobs under way at least: an adaptive cluster starts workers when it has something to do."""
PROBE = "tess_source:__version__"
"""What every worker must have."""
_numbers = itertools.count()


class DaskWorkers(Workers):
    """The workers of a cluster, by a client of dask.

    Parameters
    ----------
    client : distributed.Client
    reconnect : callable, optional
        Returns a new client in place of one that has lost its scheduler. None: there will be none.

    Raises
    ------
    QueryError
        If the client is closed, or an asynchronous one.
    WorkersError
        If workers have no tess-source, or another version of it.
    """

    def __init__(self, client: Any, reconnect: Callable[[], Any] | None = None) -> None:
        if client.asynchronous:
            raise QueryError("executor= is an asynchronous client of dask: give one made without asynchronous=True")
        self._client = client
        self._reconnect = reconnect
        self._topic = f"tess-source-{next(_numbers)}"
        self._tell: dict[str, Tell] = {}
        self._subscribed = self._is_gone = False
        self._looked = self._seen = time.monotonic()
        self._threads: dict[str, int] = {}
        self._checked: set[str] = set()
        self._where: str = getattr(client.scheduler, "address", "")
        """Address of the scheduler, which a client that was closed forgets."""
        self._check_client()
        self._look()

    @property
    def width(self) -> int:
        """How many jobs run at the same time."""
        if time.monotonic() - self._looked > EVERY:
            self._look()
        return max(LEAST // 2, sum(self._threads.values()))

    def _begin(self, job: Job[Any]) -> Any:
        self._check_client()
        if job.tell is not None:
            if not self._subscribed:
                self._client.subscribe_topic(self._topic, self._told)
                self._subscribed = True
            self._tell[job.key] = job.tell
        sent, _ = sent_call((job.function, job.record))  # dask's own way logs pages of traceback where it cannot
        task = (sent, job.key, self._topic if job.tell else "")
        # nothing of the job is a keyword, and its key is unlike all others: see dask's ``pure`` and other keywords
        return self._client.submit(_do, task, key=job.key, pure=False)

    def _told(self, event: Any) -> None:
        key, files, size = event[1]
        if tell := self._tell.get(key):
            tell(files, size)

    def _result(self, future: Any) -> Any:
        if isinstance(future, Future):  # it did not begin
            return super()._result(future)
        self._tell.pop(future.key, None)
        result = super()._result(future)
        future.release()  # or else a worker that dies later loses it, and it is done again for nobody
        if type(result).__name__ == "KilledWorker":
            return WorkersError(
                f"{result.allowed_failures + 1} workers died one after the other while they did it: "
                "was their memory too small?"
            )
        if isinstance(result, ImportError) and "tess_source" in str(result):
            return WorkersError(_lack(self._where, str(result)))
        return result

    def _is_lost(self, result: Any) -> bool:
        return isinstance(result, BaseException) and type(result).__name__ in {"FutureCancelledError", "CancelledError"}

    @property
    def sharing(self) -> int:
        """How many of them run in one process."""
        return max(self._threads.values(), default=LEAST)

    def _restored(self) -> str:
        """Wait until the scheduler is back: the client connects again by itself, or else we make a new one."""
        if self._client.status == "running":
            return ""
        if self._is_gone:
            return _gone(self._where)
        where = self._where
        log.warning("the connection to dask's scheduler at %s is lost; waiting up to %.0f s for it", where, RETURN)
        end = time.monotonic() + RETURN
        while time.monotonic() < end:
            if self._client.status == "closed":
                if self._reconnect is None:
                    break
                try:
                    self._client = self._reconnect()
                except WorkersError as error:
                    log.debug("%s", error)
            if self._client.status == "running":
                log.warning("connected again to dask's scheduler at %s", where)
                self._seen, self._subscribed = time.monotonic(), False
                return ""
            time.sleep(LISTEN)
        self._is_gone = True
        return _gone(where)

    def _check_client(self) -> None:
        if self._client.status in {"closed", "closing"}:
            raise WorkersError(_gone(self._where))

    def _look(self) -> None:
        """Note which workers there are, and check those that are new."""
        self._looked = time.monotonic()
        if self._client.status != "running":
            return
        try:
            self._threads = dict(self._client.nthreads())
        except (
            OSError,
            RuntimeError,
            ValueError,
            AttributeError,
        ) as error:  # the connection was lost, as the jobs tell
            log.debug("dask's scheduler does not tell its workers: %s", type_and_text(error))
            return
        if self._threads:
            self._seen = self._looked
        if new := set(self._threads) - self._checked:
            self._checked |= new
            _check_versions(self._client, sorted(new))

    def _look_after(self) -> None:
        if time.monotonic() - self._looked > EVERY:
            self._look()
        if self._threads:
            return
        missing = time.monotonic() - self._seen
        where = self._where
        activity.step(f"waiting for a worker of the dask cluster at {where}")
        if missing > LONGEST:
            raise WorkersError(
                f"the dask cluster at {where} has had no worker for {missing:.0f} s; what is done is kept"
            )

    def _stop(self, futures: list[Any]) -> None:
        if self._client.status == "running":
            if futures:
                self._client.cancel(futures, force=True)
            if self._subscribed:
                self._client.unsubscribe_topic(self._topic)
        self._subscribed = False
        self._tell.clear()


def _check_versions(client: Any, workers: list[str]) -> None:
    answers = client.run(pkgutil.resolve_name, PROBE, workers=workers, on_error="return")
    for worker, answer in answers.items():
        if isinstance(answer, ImportError | AttributeError):
            raise WorkersError(_lack(worker, type_and_text(answer)))
        if isinstance(answer, str) and answer != __version__:
            raise WorkersError(
                f"the worker at {worker} has tess-source {answer}, and this program {__version__}: install the same"
            )


def _gone(where: str) -> str:
    gone = f", or its scheduler at {where} is gone" if where else ""
    return f"dask's client is closed{gone}: what is done is kept; do the rest with a new client"


def _lack(worker: str, problem: str) -> str:
    return f"the worker at {worker} cannot import tess-source ({problem}): install tess-source {__version__} on all"


@contextmanager
def of_client(given: Any) -> Iterator[DaskWorkers]:
    """Give the workers of a client, of its executor, or of a cluster, which stay as they are."""
    if hasattr(given, "scheduler_address") and not hasattr(given, "scheduler_comm"):  # a cluster
        with extras.needed("distributed", "dask", "a dask cluster").Client(given, set_as_default=False) as client:
            yield DaskWorkers(client)
    else:
        yield DaskWorkers(getattr(given, "_client", given))


@contextmanager
def connected(address: str) -> Iterator[DaskWorkers]:
    """Give the workers of the cluster at an address, or of a scheduler file, and end the connection at the end.

    Raises
    ------
    WorkersError
        If no scheduler answers there.
    """
    with ExitStack() as closing:

        def connect() -> Any:
            return closing.enter_context(_client_at(address))

        yield DaskWorkers(connect(), connect)


def _client_at(address: str) -> Any:
    distributed = extras.needed("distributed", "dask", "a dask cluster")
    try:
        # dask's client waits for ever for a file that is not there
        place = json.loads(Path(address).read_text())["address"] if address.endswith(".json") else address
        _greeted(place)
        return distributed.Client(place, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError, LookupError) as error:
        raise WorkersError(
            f"no dask scheduler answers at {address!r} ({bare_reason(error)}): give the address that it shows when it starts, "
            "e.g. tcp://host:8786"
        ) from error


def _greeted(address: str) -> None:
    """Wait until what listens at an address says anything, as schedulers do at once: dask's client would wait for ever.

    Raises
    ------
    OSError
        If nothing comes.
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        with socket.create_connection((parts.hostname, parts.port), ANSWER) as connection:
            if not connection.recv(1):
                raise ConnectionError("it closes the connection")


@contextmanager
def local() -> Iterator[DaskWorkers]:
    """Give the workers of a new cluster of processes on this machine, one per core, and end it at the end."""
    distributed = extras.needed("distributed", "dask", "a dask cluster")
    import dask.config

    with dask.config.set({"distributed.worker.multiprocessing-method": without_main()}):
        cluster = distributed.LocalCluster(
            n_workers=cores(), threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        )
        with cluster, distributed.Client(cluster, set_as_default=False) as client:
            log.info("dask's dashboard: %s", client.dashboard_link)
            yield DaskWorkers(client)


# -- in the workers --


def _do(task: tuple[bytes, str, str]) -> Any:
    """Call a function with a record. What it has done so far is an event of the scheduler, which the client has subscribed to."""
    from distributed import get_worker

    sent, key, topic = task
    worker = get_worker()
    tell: Tell = (
        (lambda files, size: worker.log_event(topic, (key, files, size))) if topic else (lambda files, size: None)
    )
    function, record = pickle.loads(sent)  # noqa: S301  written by `_begin` of the client
    try:
        with telling(tell):
            return function(record)
    except SystemExit as error:  # or else it ends the worker, and all that try it again
        raise WorkersError(f"its function {ending(error)}") from error
