"""Downloads by workers: processes, an executor of `concurrent.futures`, or a dask cluster.

Each job is one batch of files, sent as one record that can be pickled: executors have keywords of their own, and small jobs cost more than
small files. The plugins of this process make the addresses, which are sent with the files. So plugins of any origin work: modules, files,
objects of a notebook. The worker makes the connections. Workers return entries, never bytes.
"""

from __future__ import annotations

import itertools
import logging
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tess_source.disk import temporary_beside
from tess_source.display.visible import logger
from tess_source.download.addresses import Addresses
from tess_source.download.progress import Progress
from tess_source.download.run import Run
from tess_source.download.shares import FIRST, NEAR, Batches, Located, Parcel, Returned
from tess_source.errors import TessSourceError, WorkersError, type_and_text
from tess_source.hooks.records import Request, Transport
from tess_source.object_store.path import Root
from tess_source.settings import ARCHIVE, Settings
from tess_source.tables.items import FAILED, INTERRUPTED, Entry, Item
from tess_source.units import is_whole, plain_number
from tess_source.workers import Workers, teller, workers_of

__all__ = ["Batch", "entries", "work"]

log: logging.Logger = logger(__name__)

LOOK = 1.0
"""Seconds between two looks of a worker whether its batch is still wanted."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The record that is sent to a worker."""

    items: tuple[Item, ...]
    addresses: Mapping[str, Located] = field(repr=False)
    """URI → addresses, or the reason why there are none. Headers may hold a secret."""
    schemes: tuple[str, ...]
    root: Root
    token: str
    """Name of a file in the root that a worker must see while the batch is wanted. Otherwise it would write to another disk. Empty if the
    root is not a folder."""
    settings: Settings
    lost: Mapping[str, str] = field(default_factory=dict)
    """Hosts that earlier batches gave up → why."""
    holds: Mapping[str, float] = field(default_factory=dict)
    """Hosts that earlier batches were asked to leave alone → for how many seconds."""


def entries(
    executor: Any,
    items: Mapping[int, Item],
    root: Root,
    addresses: Addresses,
    settings: Settings,
    bar: Progress,
) -> Iterator[tuple[int, Entry]]:
    """Fetch files with workers.

    No more than ``settings.jobs`` connections to archives are open at the same time, however many workers there are. Object stores allow
    each worker as many as `tess_source.download.shares.PER_WORKER` says.

    Parameters
    ----------
    executor : object
        See `tess_source.workers.workers_of`.
    items : mapping
        Number → item.
    root : Path or ObjectPath
        A place that all workers share.
    addresses : Addresses
        They are found in this process.
    settings : Settings
    bar : Progress

    Yields
    ------
    tuple of int and Entry
        In the order in which batches end; every number once.

    Raises
    ------
    WorkersError
        If the workers cannot be reached. If they are lost later, the entries say so.
    """
    if not items:
        return
    token = None
    if isinstance(root, Path):
        root = root.absolute()
        root.mkdir(parents=True, exist_ok=True)
        token = temporary_beside(root / "workers")
        token.touch()
    plain = replace(settings, progress=False, token=None, prefer=ARCHIVE, executor=None)
    try:
        with workers_of(executor) as workers:
            first = NEAR if is_whole(plain_number(executor), 1) else FIRST
            batches = Batches(items, addresses, settings.jobs, lambda: workers.width, lambda: workers.sharing, first)
            yield from _fetched(
                workers, batches, Batch((), {}, addresses.schemes, root, token.name if token else "", plain), bar
            )
    finally:
        if token is not None:
            token.unlink(missing_ok=True)


def _fetched(workers: Workers, batches: Batches, blank: Batch, bar: Progress) -> Iterator[tuple[int, Entry]]:
    sent: dict[int, Parcel] = {}
    numbers = itertools.count()
    told: dict[int, tuple[int, int]] = {}

    def jobs() -> Iterator[Batch | None]:
        for part in batches:
            if part is None:
                yield None
                continue
            sent[next(numbers)] = part
            yield replace(
                blank,
                items=tuple(batches.items[number] for number in part.numbers),
                addresses=part.addresses,
                settings=replace(blank.settings, jobs=part.jobs, patience=part.patience_of(blank.settings.patience)),
                lost=batches.lost[part.quick],
                holds=batches.holds(),
            )

    def count(number: int, files: int, size: int) -> None:
        before = told.get(number, (0, 0))
        told[number] = files, size
        bar.change(files=files - before[0], bytes=size - before[1])

    try:
        for number, result in workers.results(work, jobs(), name="fetch", on_counts=count):
            count(number, 0, 0)  # its entries count from here on
            part = sent.pop(number)  # its addresses would fill the memory
            items = [batches.items[n] for n in part.numbers]
            yield from batches.returned(part, _returned(result, items))
    except WorkersError as error:
        log.warning("%s", error)
        for number in batches.left():
            yield number, Entry(batches.items[number], FAILED, error=str(error))


def _returned(result: Returned | Exception, items: list[Item]) -> Returned:
    if isinstance(result, Returned):
        return result
    problem = f"its worker failed: {result if isinstance(result, WorkersError) else type_and_text(result)}"
    return Returned([Entry(item, FAILED, error=problem) for item in items], {})


# -- in the workers --


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
    if not _is_wanted(batch):
        problem = f"the folder {str(batch.root)!r} on {socket.gethostname()!r} is not the one of the program that asks"
        error = f"{problem}; workers need a folder that all of them share"
        return Returned([Entry(item, FAILED, error=error) for item in batch.items], {})
    run = _run_of(batch)
    looked = time.monotonic()
    try:
        for _ in run:
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                if not _is_wanted(batch):
                    break
    except KeyboardInterrupt:
        log.info("interrupted; what was fetched is kept")
    pairs = zip(batch.items, run.entries, strict=True)
    got = [entry or Entry(item, FAILED, error=INTERRUPTED) for item, entry in pairs]
    return Returned(got, dict(run.lost), run.holds, run.was_lowered)


def _is_wanted(batch: Batch) -> bool:
    return not (batch.token and isinstance(batch.root, Path)) or (batch.root / batch.token).exists()


def _run_of(batch: Batch) -> Run:
    def locate(uri: str, settings: Settings) -> tuple[Request, ...]:
        found = batch.addresses[uri]
        if isinstance(found, str):
            raise TessSourceError(found)
        return found

    transports = {scheme: Transport(scheme, locate) for scheme in batch.schemes}
    settings = replace(batch.settings, progress=teller() or False)
    return Run(batch.items, batch.root, transports, settings, lost=batch.lost, holds=batch.holds)
