"""One try to transfer a file: its bytes are requested, written and verified as they arrive."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tess_source import disk
from tess_source._version import USER_AGENT
from tess_source.download import http
from tess_source.download.claim import Claim
from tess_source.download.connection import LateError, StoppedError
from tess_source.download.destination import Destination
from tess_source.download.failures import (
    FEW,
    MANY,
    AbsentError,
    AgainError,
    ChangedError,
    DamagedError,
    PageError,
    UnchangedError,
    UnreachableError,
    reason_of,
)
from tess_source.download.head import FinalResponse, head_problem
from tess_source.download.part import Part, PartLostError, Sender
from tess_source.download.progress import Share
from tess_source.download.redirects import RedirectError
from tess_source.download.response import (
    EMPTY,
    check_rest,
    check_version,
    encoding_of,
    expected_size,
    refusal,
    source_of,
)
from tess_source.download.route import through, trouble_of
from tess_source.errors import DownloadError, NetworkError, bare_reason
from tess_source.files.beginning import TEXT_ENDINGS, ending_of
from tess_source.files.cards import BLOCK
from tess_source.files.etags import md5_of
from tess_source.files.gzipped import GZIP
from tess_source.files.verify import Verifier
from tess_source.hooks.records import Request
from tess_source.settings import Patience
from tess_source.tables.items import Item

if TYPE_CHECKING:
    import urllib3

__all__ = ["CHUNK", "Task", "Transfers"]

CHUNK = 1 << 20
"""Bytes of a file of this machine that are read at a time."""
GATHER, LINGER = 182 * BLOCK, 0.25
"""Bytes that are written and summed at a time, and seconds after which fewer are: each call makes threads wait for each other.

More bytes would not stay in the caches of a processor until they are summed. Whole blocks of FITS need no copy.
"""


@dataclass
class Task:
    """The file, address and part of one try."""

    item: Item
    request: Request
    part: Part
    claim: Claim
    share: Share
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Headers by which the server is asked whether the file has changed. They follow redirects."""
    encodings: Collection[str] = ()
    """Encodings in which the file may come, e.g. ``gzip``; its part is then encoded, too."""
    only_look: bool = False
    """Whether to stop before the first byte of the file."""
    quick: bool = False
    """Whether it is a first try at one of several addresses: if it is in vain, the next one is tried at once."""
    encoding: str = ""
    """The encoding in which it came."""
    head: Mapping[str, str] = field(default_factory=dict)
    """Headers of the response that its bytes are from; case does not matter."""

    def verifier(self, expected: int | None, etag: str = "") -> Verifier:
        """Return a verifier of the item's bytes, of which an object store may have told the ETag."""
        md5 = md5_of(self.item.etag) or md5_of(etag)
        name = self.item.path.rpartition("/")[2] + (".gz" if self.encoding == "gzip" else "")
        return Verifier(name, size=expected, sha256=self.item.sha256, kind=self.item.kind, md5=md5)

    def is_packed(self, begin: bytes | memoryview) -> bool:
        """Return whether a text came compressed, by its first bytes, where it may: not every server says so."""
        may = "gzip" in self.encodings and not self.encoding and ending_of(self.item.path) in TEXT_ENDINGS
        return may and bytes(begin[: len(GZIP)]) == GZIP


@dataclass
class Transfers:
    """Transfers by single tries, for all threads of a run.

    Parameters
    ----------
    destination : Destination
    patience : Patience
    jobs : int
        Connections at most.
    insecure_redirects : bool
        Whether redirects from https to http are followed.
    """

    destination: Destination
    patience: Patience
    jobs: int
    insecure_redirects: bool = False
    stop: threading.Event = field(default_factory=threading.Event)
    """Stops all tries soon."""

    def __post_init__(self) -> None:
        self._pools = http.Pools(
            self.jobs,
            self.patience.connect,
            self.patience.read,
            stop=self.stop,
            insecure_redirects=self.insecure_redirects,
        )
        self._here = threading.local()
        self._headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}

    def halt(self) -> None:
        """Stop all tries soon, also those that wait for a server."""
        self.stop.set()

    def close(self) -> None:
        """Close all connections."""
        self._pools.close()

    def receive(self, task: Task) -> None:
        """Request a file once, and write its bytes. When this returns, the part is whole.

        Raises
        ------
        AgainError
            If it failed, and may succeed in another try.
        DownloadError
            If it failed, and would fail again.
        StoppedError
            If the run was stopped.
        OSError
            If this machine cannot write the file, e.g. because the disk is full.
        """
        scheme = urlsplit(task.request.url).scheme
        if scheme in {"http", "https"}:
            self._over_http(task)
        elif scheme == "file":
            self._from_disk(task)
        else:
            raise DownloadError(f"{scheme or task.request.url!r} addresses cannot be fetched; http, https and file can")

    # -- files of this machine --

    def _from_disk(self, task: Task) -> None:
        parts = urlsplit(task.request.url)
        if parts.netloc not in {"", "localhost"}:
            raise DownloadError(f"{task.request.url!r} is a file of another machine, {parts.netloc!r}")
        path = Path(url2pathname(parts.path))
        try:
            if not path.is_file():
                raise AbsentError(f"there is no file {str(path)!r}")
            size = path.stat().st_size
            if task.item.size not in {None, size}:
                raise DownloadError(f"{str(path)!r} has {size:,} bytes, {task.item.size:,} are expected")
            source = disk.opened(path, links=True)
        except DownloadError:
            raise
        except OSError as error:
            raise DownloadError(f"{str(path)!r} cannot be read: {bare_reason(error)}") from error
        with source:
            self.destination.room(task.part, size)
            task.part.restart(task.verifier(size), size, Sender(task.request.url))
            task.share.expect(size)
            self._write(task, iter(lambda: source.read(GATHER), b""))

    # -- over http --

    def _over_http(self, task: Task) -> None:
        from urllib3.exceptions import HTTPError, IncompleteRead, MaxRetryError, ProtocolError
        from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

        part, request = task.part, task.request
        headers = {**self._headers, **request.headers}
        if task.encodings:
            headers["Accept-Encoding"] = ", ".join(task.encodings)
        if (source := part.continues(request.url)) is None:
            headers |= task.conditions
        else:
            headers |= {"Range": f"bytes={part.count}-", "If-Range": source.condition}
        seconds = self.patience.quick if task.quick else None
        try:
            with self._pools.get(request.url, headers, request.headers, seconds, wait=request.wait) as response:
                self._check_response(task, response, asked=source is not None)
                task.share.expect(part.expected or 0)
                task.share.at(part.count)
                self._write(task, self._gathered(response, seconds or self.patience.over))
                response.release_conn()
        except NetworkError as error:
            raise DownloadError(str(error)) from error
        except RedirectError as error:
            raise (DownloadError if error.lasting else AgainError)(str(error)) from error
        except LateError as error:
            raise AgainError(str(error), strain=True, files=FEW if task.quick else MANY) from error
        except MaxRetryError as error:
            cause = error.reason or error
            problem = reason_of(cause)
            if isinstance(cause, ProtocolError):
                problem = head_problem(cause) or f"the connection broke before an answer came{through(request.url)}"
            strain = isinstance(cause, Urllib3TimeoutError)
            if trouble := trouble_of(error, request.url):
                if trouble.lasting:
                    raise DownloadError(trouble.words) from error
                raise UnreachableError(trouble.words, strain=strain, files=FEW) from error
            raise AgainError(problem, strain=strain, files=MANY) from error
        except HTTPError as error:
            broke = any(isinstance(cause, IncompleteRead | OSError) for cause in (error, *error.args))
            problem = f"the connection broke after {part.count:,} bytes" if broke else reason_of(error)
            raise AgainError(problem, strain=isinstance(error, Urllib3TimeoutError), files=MANY) from error

    def _check_response(self, task: Task, response: urllib3.BaseHTTPResponse, *, asked: bool) -> None:
        """Check by status and headers that the response is the file, or the rest of it."""
        part, url = task.part, task.request.url
        if response.status == 206 and asked:
            check_rest(task.item, response, part, {task.encoding})
        elif response.status == 304 and task.conditions:
            raise UnchangedError("it has not changed")
        elif response.status == 200:
            expected = expected_size(task.item, response, task.encodings)
            if task.only_look:
                raise ChangedError("it is there, and it has changed")
            task.encoding = encoding_of(task.item, response)
            task.head = response.headers
            self.destination.room(part, expected)
            source = source_of(response, task.request, task.encoding)
            check_version(task.item, source)
            part.restart(task.verifier(expected, source.content), expected, source)
        else:
            if response.status in {412, 416}:
                part.forget()
            raise refusal(response, url)

    def _write(self, task: Task, chunks: Iterable[bytes | memoryview]) -> None:
        part, verifier = task.part, task.part.verifier
        assert verifier is not None
        with _open_part(part) as write:
            task.claim.note(part.source or Sender(task.request.url), part.expected)
            for chunk in chunks:
                if self.stop.is_set():
                    raise StoppedError
                if part.expected is None:
                    self._check_end(part, len(chunk))
                if not verifier.size and task.is_packed(chunk):
                    task.encoding = "gzip"
                    verifier = part.verifier = task.verifier(part.expected, part.source.content if part.source else "")
                write(chunk)
                verifier.feed(chunk)
                task.share.at(verifier.size)
                task.claim.beat()
                if verifier.problem is not None:  # nothing can make it right: do not wait for the rest
                    break
        if verifier.problem is None and part.expected is not None and verifier.size < part.expected:
            raise AgainError(f"{verifier.size:,} bytes came, {part.expected:,} were announced")
        if part.expected is None and not verifier.size and task.item.sha256 is None:
            raise AgainError(EMPTY)
        if problem := verifier.finish():
            if verifier.page:
                raise PageError(verifier.page)
            if verifier.size == part.expected or part.expected is None:
                raise DamagedError(f"what came is not the file: {problem}")
            part.forget()
            raise AgainError(f"what came is not the file: {problem}")

    def _check_end(self, part: Part, more: int) -> None:
        """Check that a body of unknown size is not too large, and that there is room for its next bytes."""
        if part.count + more > self.patience.largest:
            raise DownloadError(
                f"what comes has no end: more than {self.patience.largest:,} bytes, and nothing tells its size; "
                "Patience(largest=…) sets this limit"
            )
        self.destination.room(part, more)

    def _gathered(self, response: urllib3.BaseHTTPResponse, over: float) -> Iterator[memoryview]:
        """Yield what arrives in pieces, each in the same memory. What arrived before an error is yielded before it is raised."""
        buffer = self._buffer()
        size, begin = 0, time.monotonic()
        read = self._reader(response, over)
        while True:
            try:
                count = read(buffer[size:])
            except Exception:
                if size:
                    yield buffer[:size]
                raise
            size += count
            if size and (not count or size == len(buffer) or time.monotonic() - begin > LINGER):
                yield buffer[:size]
                size, begin = 0, time.monotonic()
            if not count:
                return

    def _buffer(self) -> memoryview:
        """Return the memory of this thread: new memory for each piece would cost as much as its sums."""
        if not hasattr(self._here, "buffer"):
            self._here.buffer = memoryview(bytearray(GATHER))
        buffer: memoryview = self._here.buffer
        return buffer

    def _reader(self, response: urllib3.BaseHTTPResponse, over: float) -> Callable[[memoryview], int]:
        """Return a function that reads what has arrived: a read of a fixed size would wait for ever on a slow stream.

        It raises an error if few bytes came over some seconds.
        """
        read = _reader_of(response)
        begin, came = time.monotonic(), 0

        def checked(buffer: memoryview) -> int:
            nonlocal begin, came
            count = read(buffer)
            if self.stop.is_set():
                raise StoppedError
            came += count
            if count and (now := time.monotonic()) - begin >= over:
                if came < self.patience.slowest * (now - begin):
                    problem = f"the transfer stalled: {came:,} bytes in {now - begin:.0f} s"
                    raise AgainError(problem, strain=True, files=MANY)
                begin, came = now, 0
            return count

        return checked


@contextlib.contextmanager
def _open_part(part: Part) -> Iterator[Callable[[bytes | memoryview], None]]:
    try:
        with part.open() as write:
            yield write
    except PartLostError as error:
        part.forget()
        raise AgainError(str(error)) from error


def _reader_of(response: urllib3.BaseHTTPResponse) -> Callable[[memoryview], int]:
    """Return a function that reads what has arrived of a body into a buffer, without the layers of urllib3 if the response is our own."""
    plain = getattr(response, "_original_response", None)
    if not isinstance(plain, FinalResponse):  # it is a recording
        return functools.partial(_read, response)
    from urllib3.exceptions import IncompleteRead

    def read(buffer: memoryview) -> int:
        with response._error_catcher():  # type: ignore[attr-defined]
            count = plain.read_into(buffer)
            if not count and plain.length:
                raise IncompleteRead(0, plain.length)
        return count

    return read


def _read(response: urllib3.BaseHTTPResponse, buffer: memoryview) -> int:
    data = response.read1(len(buffer))
    buffer[: len(data)] = data
    return len(data)
