"""The workers that ``executor=`` stands for."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from tess_source.errors import QueryError
from tess_source.settings import MOST_PROCESSES
from tess_source.units import is_whole, plain_number
from tess_source.wording import keyword
from tess_source.workers.base import Here, OthersExecutor, Workers

__all__ = ["LOCAL", "check_address", "check_executor", "workers_of"]

LOCAL = "local"
_ADDRESS = re.compile(r"[a-z]+://\S+|\S+\.json|[\w.-]+:\d+")
"""Address of a scheduler, or the file that it writes."""


def check_executor(executor: Any, name: str = "executor") -> None:
    """Raise an error if an argument is none of those of `workers_of`, before any work is done.

    Raises
    ------
    QueryError
        If it is none.
    """
    plain = plain_number(executor)
    if executor is None or isinstance(executor, Executor) or _is_of_dask(executor):
        return
    if (is_whole(plain, 1) and plain <= MOST_PROCESSES) or (isinstance(executor, str) and _is_address(executor)):
        return
    raise QueryError(
        keyword(name, executor),
        ": give an executor of concurrent.futures, a client of dask, 'local', the address of dask's scheduler (tcp://host:8786), "
        f"or a whole number of processes, at most {MOST_PROCESSES}",
    )


def check_address(text: str, name: str) -> None:
    """Raise an error if a text is neither ``local`` nor the address of a dask scheduler.

    Raises
    ------
    QueryError
        If it is neither.
    """
    if not _is_address(text):
        raise QueryError(
            f"{name} {text}: give local, or the address of dask's scheduler, e.g. tcp://host:8786, or the path of the "
            "file that it writes (….json)"
        )


def _is_address(text: str) -> bool:
    return text == LOCAL or _ADDRESS.fullmatch(text) is not None


@contextmanager
def workers_of(executor: Any) -> Iterator[Workers]:
    """Give the workers that an argument stands for. What is begun here is ended at the end.

    Parameters
    ----------
    executor : int, str, distributed.Client, Executor, or None
        A whole number: so many processes of this machine. ``"local"``: a dask cluster of this machine. The address of a dask scheduler, or
        the path of the file that it writes (``….json``): the workers of its cluster. A client or cluster of dask. An executor of
        `concurrent.futures`; that of a dask client stands for the client. None: the calling thread.

    Yields
    ------
    Workers

    Raises
    ------
    QueryError
        If it is none of these.
    WorkersError
        If the workers cannot be reached or used.
    MissingExtraError
        If dask is needed and not installed.
    """
    check_executor(executor)
    if executor is None:
        yield Here()
    elif is_whole(count := plain_number(executor), 1):
        from tess_source.workers.processes import processes

        with processes(int(count)) as workers:
            yield workers
    elif isinstance(executor, str):
        from tess_source.workers import dask

        with dask.local() if executor == LOCAL else dask.connected(executor) as workers:
            yield workers
    elif _is_of_dask(executor):
        from tess_source.workers import dask

        with dask.of_client(executor) as workers:
            yield workers
    else:
        yield OthersExecutor(executor)


def _is_of_dask(executor: Any) -> bool:
    """Return whether it is a client, a client's executor, or a cluster, without importing dask."""
    if (distributed := sys.modules.get("distributed")) is None:
        return False
    from_client = isinstance(executor, Executor) and isinstance(getattr(executor, "_client", None), distributed.Client)
    return from_client or isinstance(executor, distributed.Client | distributed.deploy.Cluster)
