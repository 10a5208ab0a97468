"""Files opened one at a time, here or in other processes."""

from __future__ import annotations

import functools
import gc
import itertools
import logging
import os
import pickle
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from tess_source.errors import LoadError, NoReaderError, QueryError, TessSourceError
from tess_source.hooks.registry import from_file
from tess_source.load.reasons import Reasons

if TYPE_CHECKING:
    from tess_source.session import Session
    from tess_source.tables.manifest import Entry, Manifest

__all__ = ["Opened", "iter_load", "iter_read", "map_files", "open_entry"]

log = logging.getLogger(__name__)

_count = itertools.count(1)
"""Files that this process has opened."""

SWEEP = 500
"""After so many files a process looks for objects that refer to themselves in circles, as astropy's indices do. Python looks for them
by number, not by size, and a light curve is few objects and many bytes."""
AHEAD = 4
"""Files under way per worker: enough that none waits, few enough that results do not pile up."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One file of a manifest, and what became of it."""

    entry: Entry
    value: Any = None
    """The opened file, or what the function made of it."""
    error: Exception | None = None
    """Why it could not be opened."""

    @property
    def ok(self) -> bool:
        """Whether it was opened."""
        return self.error is None


def open_entry(session: Session, entry: Entry, options: Mapping[str, Any]) -> object:
    """Open one file of a manifest by the plugins of a session.

    Parameters
    ----------
    session : Session
        Whose plugins are asked.
    entry : Entry
        The file.
    options : mapping
        Passed to the readers.

    Raises
    ------
    FileNotFoundError
        If it was not fetched.
    NoReaderError
        If no plugin reads such files.
    LoadError
        If it cannot be opened.
    OSError
        If it cannot be read.
    """
    if not entry.ok:
        raise FileNotFoundError(f"it was not fetched: {entry.error}")
    opened: object | None = session.registry.call("tess_load", entry=entry, options=options)
    if opened is None:
        maker = entry.item.pipeline or "unknown origin"
        raise NoReaderError(f"no reader for {entry.item.kind!r} files of {maker}")
    return opened


def iter_read(manifest: Manifest, *, workers: int | Executor | None = None, **options: Any) -> Iterator[Opened]:
    """Open the files of a manifest one after the other, in its order; nothing is kept.

    Parameters
    ----------
    manifest : Manifest
        What was downloaded.
    workers : int or Executor, optional
        Open the files in so many other processes, or in an executor of your own: see `map_files`. The objects are pickled to come
        back, which takes longer than opening a light curve: for those, hand a function to `map_files` instead.
    **options
        Passed to the readers, e.g. ``flux_column="sap_flux"``.

    Yields
    ------
    Opened
        One per file, with its object or the reason why there is none.

    Raises
    ------
    QueryError
        If an argument makes no sense, whatever the file.
    LoadError
        If a process dies, or a plugin cannot be sent to the others.
    """
    return _each(manifest, None, workers, options)


def iter_load(manifest: Manifest, *, workers: int | Executor | None = None, **options: Any) -> Iterator[Any]:
    """Open the files of a manifest as `iter_read` does; one that cannot be opened is logged as a warning and passed over.

    Files that share a reason are logged twice at most: the first when it comes, and at the end how many more there were.

    Yields
    ------
    object
        E.g. a lightkurve.LightCurve.
    """
    return _values(iter_read(manifest, workers=workers, **options))


def map_files(
    manifest: Manifest,
    function: Callable[[Any], Any],
    *,
    workers: int | Executor | None = None,
    **options: Any,
) -> Iterator[Opened]:
    """Open every file of a manifest and give what a function makes of it, in the order of the manifest.

    Parameters
    ----------
    manifest : Manifest
        What was downloaded.
    function : callable
        Takes an opened file. What it returns is all that comes back from another process, so let it be small.
    workers : int or Executor, optional
        In how many other processes to do it; None: in this one. Each of them starts a new Python, imports the plugins' libraries again
        (for lightkurve some seconds), and finds the function by its name: it must be defined in a module, and a script needs its
        ``if __name__ == "__main__":``. An executor of `concurrent.futures` is used as it is, and left open.
    **options
        Passed to the readers.

    Yields
    ------
    Opened
        One per file, with what the function returned, or the reason why the file could not be opened. At most `AHEAD` files per worker
        are under way, however many there are.

    Raises
    ------
    LoadError
        If a process dies, or a plugin cannot be sent to the others.
    Exception
        What the function raises, with a note that names the file.
    """
    return _each(manifest, function, workers, options)


def _values(results: Iterable[Opened]) -> Iterator[Any]:
    """Pass over what could not be opened: the first file of a reason is told at once, how many shared it at the end."""
    reasons = Reasons()
    try:
        for result in results:
            file = str(result.entry.path or result.entry.item.uri)
            if result.ok:
                yield result.value
            elif reasons.add(file, result.error):
                log.warning("%s was not opened: %s", file, result.error)
    finally:
        for line in reasons.repeated("opened"):
            log.warning("%s", line)


def _each(
    manifest: Manifest,
    function: Callable[[Any], Any] | None,
    workers: int | Executor | None,
    options: Mapping[str, Any],
) -> Iterator[Opened]:
    from tess_source.session import default_session

    is_number = isinstance(workers, int) and not isinstance(workers, bool) and workers >= 1
    if not (workers is None or is_number or isinstance(workers, Executor)):
        raise QueryError(f"workers={workers!r}: give a whole number of at least 1, an executor, or None")
    if function is not None and not callable(function):
        raise QueryError(f"function={function!r}: give something that can be called with an opened file")
    session = manifest.plan.session or default_session()
    if workers is None:
        return (Opened(entry, *_work(session, entry, options, function)) for entry in manifest)
    return _elsewhere(manifest, functools.partial(_task, _reference(session), options, function), workers)


def _work(
    session: Session, entry: Entry, options: Mapping[str, Any], function: Callable[[Any], Any] | None
) -> tuple[Any, Exception | None]:
    if not next(_count) % SWEEP:
        gc.collect()
    try:
        opened = open_entry(session, entry, options)
    except QueryError:  # an argument that is wrong for every file
        raise
    except (TessSourceError, OSError, ValueError) as error:
        return None, error
    if function is None:
        return opened, None
    try:
        return function(opened), None
    except Exception as error:
        error.add_note(f"raised by the function for {entry.path}")
        raise


# -- in other processes --


def _elsewhere(
    entries: Iterable[Entry], task: Callable[[Entry], tuple[Any, Exception | None]], workers: int | Executor
) -> Iterator[Opened]:
    """Keep a few files under way, and give results in order."""
    with _executor(workers) as (pool, width):
        waiting: deque[tuple[Entry, Future[tuple[Any, Exception | None]]]] = deque()
        try:
            for entry in entries:
                waiting.append((entry, pool.submit(task, entry)))
                if len(waiting) >= width * AHEAD:
                    yield _result(*waiting.popleft())
            while waiting:
                yield _result(*waiting.popleft())
        except BrokenExecutor as error:
            raise LoadError(
                f"a process that opened files died ({error}); was memory short? try fewer workers"
            ) from error
        finally:
            for _, future in waiting:
                future.cancel()


def _result(entry: Entry, future: Future[tuple[Any, Exception | None]]) -> Opened:
    return Opened(entry, *future.result())


@contextmanager
def _executor(workers: int | Executor) -> Iterator[tuple[Executor, int]]:
    """Give an executor, and how many may work in it; ours is closed at the end, also if nobody takes the rest.

    New processes are spawned, not forked: a copy of a process with threads (polars has some) may hang.
    """
    if isinstance(workers, Executor):
        yield workers, os.cpu_count() or 1
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        yield pool, workers
    finally:
        pool.shutdown(cancel_futures=True)


def _task(
    plugins: bytes, options: Mapping[str, Any], function: Callable[[Any], Any] | None, entry: Entry
) -> tuple[Any, Exception | None]:
    return _work(_session(plugins), entry, options, function)


def _reference(session: Session) -> bytes:
    """Write down the plugins of a session: modules by name, files by path, other objects as they are."""
    plugins = {
        name: session.registry.manager.get_plugin(name)
        for name, plugin in session.registry.plugins.items()
        if plugin.state == "ready"
    }
    try:
        return pickle.dumps({name: _place(plugin) for name, plugin in plugins.items()})
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise LoadError(f"a plugin cannot be sent to other processes, work without workers: {error}") from error


def _place(plugin: object) -> tuple[str, object]:
    if not isinstance(plugin, types.ModuleType):
        return "object", plugin
    if plugin.__name__.startswith("tess_source_file_"):
        return "file", plugin.__file__
    return "module", plugin.__name__


@functools.cache
def _session(plugins: bytes) -> Session:
    """Make the session of a worker, once."""
    from tess_source.session import Session

    session = Session(discover=False)
    for name, (how, what) in pickle.loads(plugins).items():  # noqa: S301  written by `_reference` of the parent
        session.register(
            from_file(str(what)) if how == "file" else import_module(str(what)) if how == "module" else what,
            name,
        )
    return session
