"""Downloads by the workers of a `concurrent.futures.Executor`, e.g. of a process pool or a dask client.

Each task is one batch of files, sent as one positional record that can be pickled: executors have keywords of their own, and small tasks
cost more than small files. Every record is unique, so that a scheduler does not reuse the result of an earlier download.
The plugins of this process make the addresses, which are sent with the files. So plugins of any origin work: modules, files, objects of a
notebook. The worker makes the connections. Workers return entries, never bytes.
"""

from __future__ import annotations

import logging
import math
import socket
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from tess_source.disk import temporary_beside
from tess_source.display.visible import logger
from tess_source.download.addresses import Addresses
from tess_source.download.run import Run
from tess_source.errors import QueryError, TessSourceError, type_and_text
from tess_source.hooks.records import Request, Transport
from tess_source.settings import ARCHIVE, Settings
from tess_source.tables.items import FAILED, INTERRUPTED, Entry, Item
from tess_source.threads import LISTEN

__all__ = ["Batch", "check_executor", "entries", "work"]

log: logging.Logger = logger(__name__)

MOST = 50
"""Files of a batch at most."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The record that is sent to a worker."""

    items: tuple[Item, ...]
    addresses: Mapping[str, tuple[Request, ...] | str] = field(repr=False)
    """URI → addresses, or the reason why there are none. Headers may hold a secret."""
    schemes: tuple[str, ...]
    root: str
    token: str
    """Name of a file in the root that a worker must see. Otherwise it would write to another disk."""
    settings: Settings
    lost: Mapping[str, str] = field(default_factory=dict)
    """Hosts that earlier batches gave up → why."""


class Returned(NamedTuple):
    """What a worker returns: the entries of a batch, in the order of its items, and the hosts that it gave up."""

    entries: list[Entry]
    lost: Mapping[str, str]


def check_executor(executor: Any) -> None:
    """Raise an error if the argument is not an executor, before anything is fetched.

    Raises
    ------
    QueryError
        If the argument is neither an executor nor None.
    """
    if not isinstance(executor, Executor | None):
        raise QueryError(
            f"executor={executor!r}: give an executor of concurrent.futures, e.g. a ProcessPoolExecutor or dask's "
            "client.get_executor(pure=False), or None"
        )


def entries(
    executor: Executor,
    items: Mapping[int, Item],
    root: Path,
    addresses: Addresses,
    settings: Settings,
) -> Iterator[tuple[int, Entry]]:
    """Fetch files with the workers of an executor.

    No more than ``settings.jobs`` connections are open at the same time, however many workers there are.

    Parameters
    ----------
    executor : Executor
    items : mapping
        Number → item.
    root : Path
        A folder that all workers share.
    addresses : Addresses
        They are found in this process.
    settings : Settings

    Yields
    ------
    tuple of int and Entry
        In the order in which batches end; every number once.
    """
    if not items:
        return
    top = root.absolute()
    top.mkdir(parents=True, exist_ok=True)
    token = temporary_beside(top / "workers")
    token.touch()
    width, jobs = _width_and_jobs(executor, settings.jobs)
    plain = replace(settings, jobs=jobs, progress=False, token=None, prefer=ARCHIVE)
    batches = iter(_batches(sorted(items), width))
    running: dict[Future[Returned], Sequence[int]] = {}
    lost: dict[str, str] = {}
    try:
        while True:
            while len(running) < width and (numbers := next(batches, None)):
                part = tuple(items[number] for number in numbers)
                located = {uri: _located(uri, addresses) for item in part for uri in addresses.uris_of(item)}
                batch = Batch(part, located, addresses.schemes, str(top), token.name, plain, dict(lost))
                running[_future_of(executor, batch)] = numbers
            if not running:
                return
            done, _ = wait(running, timeout=LISTEN, return_when=FIRST_COMPLETED)
            for future in done:
                numbers = running.pop(future)
                result = _result(future, [items[n] for n in numbers])
                lost |= result.lost
                yield from zip(numbers, result.entries, strict=True)
    finally:
        for future in running:
            future.cancel()
        token.unlink(missing_ok=True)


def work(batch: Batch) -> Returned:
    """Fetch the files of a batch. Workers run this function.

    Parameters
    ----------
    batch : Batch

    Returns
    -------
    Returned
        Failures are entries too.
    """
    root = Path(batch.root)
    if not (root / batch.token).exists():
        problem = f"the folder {batch.root!r} on {socket.gethostname()!r} is not the one of the program that asks"
        error = f"{problem}; workers need a folder that all of them share"
        return Returned([Entry(item, FAILED, error=error) for item in batch.items], {})
    run = _run_of(batch, root)
    try:
        for _ in run:
            pass
    except KeyboardInterrupt:
        log.info("interrupted; what was fetched is kept")
    pairs = zip(batch.items, run.entries, strict=True)
    return Returned([entry or Entry(item, FAILED, error=INTERRUPTED) for item, entry in pairs], dict(run.lost))


def _run_of(batch: Batch, root: Path) -> Run:
    def locate(uri: str, settings: Settings) -> tuple[Request, ...]:
        found = batch.addresses[uri]
        if isinstance(found, str):
            raise TessSourceError(found)
        return found

    transports = {scheme: Transport(scheme, locate) for scheme in batch.schemes}
    return Run(batch.items, root, transports, batch.settings, lost=batch.lost)


def _located(uri: str, addresses: Addresses) -> tuple[Request, ...] | str:
    try:
        return addresses.of(uri) or addresses.why_none(uri)
    except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
        return type_and_text(error)


def _future_of(executor: Executor, batch: Batch) -> Future[Returned]:
    try:
        return executor.submit(work, batch)
    except Exception as error:  # noqa: BLE001  e.g. a broken pool: the files of this batch are reported as failed
        failed: Future[Returned] = Future()
        failed.set_exception(error)
        return failed


def _result(future: Future[Returned], items: Sequence[Item]) -> Returned:
    try:
        return future.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001  a worker that died must not cost the other batches
        problem = f"its worker failed: {type_and_text(error)}"
        return Returned([Entry(item, FAILED, error=problem) for item in items], {})


def _width_and_jobs(executor: Executor, jobs: int) -> tuple[int, int]:
    """Divide connections among workers: return the number of batches at the same time, and of connections per batch."""
    workers = max(1, _worker_count(executor) or jobs)
    width = min(workers, jobs)
    return width, jobs // width


def _worker_count(executor: Any) -> int | None:
    """Return how many tasks an executor runs at the same time; None if unknown."""
    if isinstance(most := getattr(executor, "_max_workers", None), int):
        return most
    ncores = getattr(getattr(executor, "_client", None), "ncores", None)  # dask
    return None if ncores is None else sum(ncores().values())


def _batches(numbers: Sequence[int], width: int) -> Iterator[Sequence[int]]:
    """Yield batches of at most `MOST` numbers, small enough that all workers have work until the end."""
    size = max(1, min(MOST, math.ceil(len(numbers) / (4 * width))))
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
