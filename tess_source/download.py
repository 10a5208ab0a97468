"""The downloader that answers last: a pool of threads, whole files or none, and an entry for every item.

A file appears under its final name only when all its bytes are there. Until then they are in a ``.part`` with a name of its own beside
it, so that two runs cannot write into one another, and nothing depends on locks.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import paths
from tess_source.errors import DownloadError, Interrupted, TessSourceError
from tess_source.http import USER_AGENT, Pools
from tess_source.manifest import FAILED, FETCHED, HERE, Entry, Manifest
from tess_source.plan import Item, Plan, is_here
from tess_source.progress import Progress
from tess_source.waiting import wait_for

if TYPE_CHECKING:
    import urllib3

    from tess_source.records import Request, Settings, Transport

__all__ = ["download"]

log = logging.getLogger(__name__)

CHUNK = 1 << 18
TRIES = 4
LONGEST_PAUSE = 60.0
RETRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class _StoppedError(Exception):
    """The run was interrupted while a file was being fetched."""


class _AgainError(DownloadError):
    """A failure that may pass.

    Parameters
    ----------
    problem : str
    pause : float, optional
        Seconds that the server asked to wait.
    """

    def __init__(self, problem: str, pause: float | None = None) -> None:
        self.pause = pause
        super().__init__(problem)


def download(plan: Plan, transports: Mapping[str, Transport], settings: Settings) -> Manifest:
    """Fetch a plan.

    Parameters
    ----------
    plan : Plan
    transports : mapping
        URI scheme → how to fetch it.
    settings : Settings

    Returns
    -------
    Manifest
        One entry per item, in the plan's order.

    Raises
    ------
    Interrupted
        On Ctrl-C, with the manifest of what was done; no ``.part`` is left.
    """
    started = time.monotonic()
    items = list(plan)
    entries: list[Entry | None] = [_without_request(plan.root, item, transports) for item in items]
    todo = [index for index, entry in enumerate(entries) if entry is None]
    with Progress(settings.progress, len(todo), sum(items[i].size or 0 for i in todo)) as bar:
        run = _Run(plan.root, transports, settings, Pools(settings.jobs), bar)
        try:
            _work(todo, lambda index: entries.__setitem__(index, run.entry(items[index])), settings.jobs, run)
        except KeyboardInterrupt:
            raise Interrupted(_manifest(plan, items, entries, started)) from None
        finally:
            run.pools.close()
    return _manifest(plan, items, entries, started)


def _manifest(plan: Plan, items: Sequence[Item], entries: Sequence[Entry | None], started: float) -> Manifest:
    whole = (entry or Entry(item, FAILED, error="interrupted") for item, entry in zip(items, entries, strict=True))
    return Manifest(plan, tuple(whole), seconds=time.monotonic() - started)


def _without_request(root: Path, item: Item, transports: Mapping[str, Transport]) -> Entry | None:
    """Give the entry of an item that needs no request: it is here, or cannot be fetched at all."""
    if item.problem is not None:
        return Entry(item, FAILED, error=item.problem)
    if path := is_here(root, item):
        return Entry(item, HERE, path=path, bytes=item.size or 0, sha256=item.sha256)
    if not any(_scheme(uri) in transports for uri in (item.uri, *item.mirrors)):
        return Entry(
            item,
            FAILED,
            error=f"no plugin fetches {_scheme(item.uri)!r} URIs; there are {', '.join(transports) or 'none'}",
        )
    return None


def _scheme(uri: str) -> str:
    return uri.partition(":")[0]


def _work(todo: Sequence[int], do: Callable[[int], None], jobs: int, run: _Run) -> None:
    """Do all jobs; with one worker in the calling thread, so that recorded tests and debuggers can follow."""
    if jobs <= 1 or len(todo) <= 1:
        for index in todo:
            do(index)
        return
    queue = iter(todo)
    lock = threading.Lock()

    def worker() -> None:
        while not run.stop.is_set():
            with lock:
                index = next(queue, None)
            if index is None:
                return
            try:
                do(index)
            except BaseException:  # e.g. Ctrl-C, raised by a progress callback: the other workers need not go on
                run.halt()
                raise

    count = min(jobs, len(todo))
    with ThreadPoolExecutor(count, thread_name_prefix="tess-source") as pool:
        try:
            workers = [pool.submit(worker) for _ in range(count)]
            wait_for(workers)
        except BaseException:  # Ctrl-C can come as soon as the first of them works
            run.halt()
            raise
    for done in workers:
        done.result()


class _Run:
    """What all files of one download share."""

    def __init__(
        self,
        root: Path,
        transports: Mapping[str, Transport],
        settings: Settings,
        pools: Pools,
        bar: Progress,
    ) -> None:
        self.root, self.transports, self.settings = root, transports, settings
        self.pools, self.bar, self.stop = pools, bar, threading.Event()
        self._bodies: set[urllib3.BaseHTTPResponse] = set()
        self._lock = threading.Lock()

    def halt(self) -> None:
        """Let all workers stop soon: also those that wait for the next bytes of a slow server."""
        self.stop.set()
        with self._lock:
            for body in self._bodies:
                with contextlib.suppress(OSError, ValueError, RuntimeError):  # it is at its end, or closed
                    body.shutdown()

    def entry(self, item: Item) -> Entry:
        """Fetch one item from its URI, or else from its mirrors; whatever goes wrong becomes the entry's error."""
        problems: list[str] = []
        for uri in (item.uri, *item.mirrors):
            if (transport := self.transports.get(_scheme(uri))) is None:
                continue
            try:
                request = transport.locate(uri, self.settings)
                path, count, digest = self._with_retries(item, request)
            except _StoppedError:
                return Entry(item, FAILED, error="interrupted")
            except (TessSourceError, OSError, ValueError) as error:
                problems.append(_reason(error))
                continue
            except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
                problems.append(f"{type(error).__name__}: {error}")
                continue
            self.bar.file_done()
            return Entry(item, FETCHED, path=path, via=request.url, bytes=count, sha256=digest)
        self.bar.file_done()
        log.info("%s: %s", item.uri, "; ".join(problems))
        return Entry(item, FAILED, error="; ".join(problems))

    def _with_retries(self, item: Item, request: Request) -> tuple[Path, int, str]:
        for attempt in range(1, TRIES + 1):
            try:
                return self._fetch(item, request)
            except _AgainError as error:
                if attempt == TRIES:
                    raise DownloadError(f"{error} (tried {TRIES} times)") from error
                pause = _pause(attempt, error.pause)
                log.debug("%s: %s; again in %.1f s", item.uri, error, pause)
                if self.stop.wait(pause):
                    raise _StoppedError from error
        raise AssertionError("unreachable")

    def _fetch(self, item: Item, request: Request) -> tuple[Path, int, str]:
        """Fetch, check, and only then give the file its name."""
        path = paths.inside(self.root, item.path)
        with _part_of(path) as part:
            count, digest = self._receive(item, request, part)
            paths.inside(self.root, item.path)  # a link may have come meanwhile
            part.replace(path)
        return path, count, digest

    def _receive(self, item: Item, request: Request, part: Path) -> tuple[int, str]:
        from urllib3.exceptions import HTTPError, MaxRetryError

        headers = {
            "User-Agent": USER_AGENT.format(version=_version()),
            "Accept-Encoding": "identity",
            **request.headers,
        }
        received = 0
        try:
            with self._body(self.pools.get(request.url, headers, request.headers)) as response:
                _check_status(response)
                expected = _expected(item, response)
                digest = hashlib.sha256()
                with part.open("xb") as file:
                    for chunk in self._chunks(response):
                        if not received:
                            _check_start(item, chunk)
                        file.write(chunk)
                        digest.update(chunk)
                        received += len(chunk)
                        self.bar.add(len(chunk))
                    file.flush()
                    os.fsync(file.fileno())
                if not received and item.size != 0:
                    raise _AgainError("an empty file came")
                if expected is not None and received != expected:
                    raise _AgainError(f"{received:,} bytes came, {expected:,} were announced")
                response.release_conn()
        except MaxRetryError as error:
            self.bar.add(-received)
            problem = "the redirects do not end" if "redirect" in str(error.reason) else _reason(error.reason or error)
            raise _AgainError(problem) from error
        except HTTPError as error:
            self.bar.add(-received)
            raise _AgainError(_reason(error)) from error
        except BaseException:
            self.bar.add(-received)
            raise
        return received, digest.hexdigest()

    @contextlib.contextmanager
    def _body(self, response: urllib3.BaseHTTPResponse) -> Iterator[urllib3.BaseHTTPResponse]:
        """Keep a response among those that `halt` cuts off, and close it in the end."""
        with self._lock:
            self._bodies.add(response)
        try:
            if self.stop.is_set():  # `halt` came while the server was about to answer
                raise _StoppedError
            yield response
        finally:
            with self._lock:
                self._bodies.discard(response)
            response.close()

    def _chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        for chunk in response.stream(CHUNK, decode_content=False):
            if self.stop.is_set():
                raise _StoppedError
            yield chunk


@contextlib.contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    """Give a name beside a file that nobody else uses; it is gone afterwards, unless it was renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name[:180]}.{uuid.uuid4().hex[:12]}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    if response.status == 200:
        return
    problem = f"the server answered {response.status} {response.reason or ''}".rstrip()
    if response.status in RETRY:
        raise _AgainError(problem, _retry_after(response))
    raise DownloadError(problem)


def _expected(item: Item, response: urllib3.BaseHTTPResponse) -> int | None:
    """Give the size that the file must have; the archive's list and the server must agree."""
    announced = response.headers.get("Content-Length", "")
    length = int(announced) if announced.isdecimal() else None
    if item.size is not None and length is not None and item.size != length:
        raise _AgainError(f"the server offers {length:,} bytes, the archive's list says {item.size:,}")
    return item.size if item.size is not None else length


def _check_start(item: Item, chunk: bytes) -> None:
    """Refuse an HTML page in place of a FITS file."""
    if item.path.endswith(".fits") and not b"SIMPLE  =".startswith(chunk[:9]):
        shown = " (an HTML page)" if chunk.lstrip()[:1] == b"<" else ""
        raise _AgainError(f"what came is not a FITS file{shown}")


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Read Retry-After: seconds, or a date."""
    from email.utils import parsedate_to_datetime

    value: str = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        return float(max(0.0, parsedate_to_datetime(value).timestamp() - time.time()))
    except (ValueError, TypeError):
        return None


def _pause(attempt: int, asked: float | None) -> float:
    """Seconds before the next try: what the server asked for, or about 0.5, 1, 2 with jitter; never longer than a minute."""
    own = 0.5 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
    return float(min(LONGEST_PAUSE, max(own, asked or 0.0)))


def _reason(error: BaseException) -> str:
    """Say what went wrong in words; urllib3 puts the connection object in front."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    message = str(error)
    return (
        message.split(": ", 1)[1]
        if message.startswith(("HTTPConnection", "HTTPSConnection", "<")) and ": " in message
        else message
    )


def _version() -> str:
    from tess_source import __version__

    return __version__
