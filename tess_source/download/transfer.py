"""One try to transfer a file: its bytes are requested, written and verified as they arrive."""

from __future__ import annotations

import contextlib
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tess_source._version import USER_AGENT
from tess_source.download import http
from tess_source.download.claim import Claim
from tess_source.download.connection import LateError, StoppedError
from tess_source.download.destination import Destination
from tess_source.download.head import head_problem
from tess_source.download.part import Part, PartLostError, Source
from tess_source.download.progress import Share
from tess_source.download.redirects import RedirectError
from tess_source.download.route import proxy_answer, through, trouble_of
from tess_source.errors import DownloadError, NetworkError, bare_reason
from tess_source.files.verify import Verifier
from tess_source.hooks.records import Request
from tess_source.settings import Patience
from tess_source.tables.items import Item

if TYPE_CHECKING:
    import urllib3

__all__ = [
    "AgainError",
    "DamagedError",
    "PageError",
    "StoppedError",
    "Transfers",
    "reason_of",
    "unpacked",
    "without_secrets",
]

CHUNK = 1 << 20
"""Most bytes per read; a read returns what the system has."""
GATHER, LINGER = 1 << 19, 0.25
"""Bytes that are written and summed at a time, and seconds after which fewer are: each call makes threads wait for each other."""
RETRY = frozenset({408, 412, 416, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527})
STRAINED = frozenset({429, 503, 504})


class AgainError(DownloadError):
    """A failure that may be temporary.

    Parameters
    ----------
    problem : str
    pause : float, optional
        Seconds that the server asked to wait.
    strain : bool
        Whether it is a sign that the archive has too many requests.
    everybody : bool
        Whether the pause holds for all files of this host.
    """

    def __init__(
        self, problem: str, pause: float | None = None, *, strain: bool = False, everybody: bool = False
    ) -> None:
        self.pause: float | None = pause
        self.strain: bool = strain
        self.everybody: bool = everybody
        super().__init__(problem)


class PageError(AgainError):
    """The server sent an HTML page in place of a file."""


class DamagedError(AgainError):
    """All bytes arrived, and they are wrong."""


@dataclass
class Task:
    """The file, address and part of one try."""

    item: Item
    request: Request
    part: Part
    claim: Claim
    share: Share

    def verifier(self, expected: int | None) -> Verifier:
        """Return a verifier of the item's bytes."""
        name = self.item.path.rpartition("/")[2]
        return Verifier(name, size=expected, sha256=self.item.sha256, kind=self.item.kind)


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
                raise DownloadError(f"there is no file {str(path)!r}")
            size = path.stat().st_size
            if task.item.size not in {None, size}:
                raise DownloadError(f"{str(path)!r} has {size:,} bytes, {task.item.size:,} are expected")
            source = path.open("rb")
        except OSError as error:
            if isinstance(error, DownloadError):
                raise
            raise DownloadError(f"{str(path)!r} cannot be read: {bare_reason(error)}") from error
        with source:
            self.destination.room(task.part, size)
            task.part.restart(task.verifier(size), size, Source(task.request.url))
            task.share.expect(size)
            self._write(task, iter(lambda: source.read(GATHER), b""))

    # -- over http --

    def _over_http(self, task: Task) -> None:
        from urllib3.exceptions import HTTPError, IncompleteRead, MaxRetryError, ProtocolError
        from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

        part, request = task.part, task.request
        headers = {**self._headers, **request.headers}
        if source := part.continues(request.url):
            headers |= {"Range": f"bytes={part.count}-", "If-Range": source.condition}
        try:
            with self._pools.get(request.url, headers, request.headers) as response:
                self._check_response(task, response, asked=source is not None)
                task.share.expect(part.expected or 0)
                task.share.at(part.count)
                self._write(task, _joined_chunks(self._chunks_of(response)))
                response.release_conn()
        except NetworkError as error:
            raise DownloadError(str(error)) from error
        except RedirectError as error:
            raise (DownloadError if error.lasting else AgainError)(str(error)) from error
        except LateError as error:
            raise AgainError(str(error), strain=True) from error
        except MaxRetryError as error:
            cause = error.reason or error
            problem = reason_of(cause)
            if isinstance(cause, ProtocolError):
                problem = head_problem(cause) or f"the connection broke before an answer came{through(request.url)}"
            if trouble := trouble_of(error, request.url):
                problem = trouble.words
                if trouble.lasting:
                    raise DownloadError(problem) from error
            raise AgainError(problem, strain=isinstance(cause, Urllib3TimeoutError)) from error
        except HTTPError as error:
            broke = any(isinstance(cause, IncompleteRead) for cause in (error, *error.args))
            problem = f"the connection broke after {part.count:,} bytes" if broke else reason_of(error)
            raise AgainError(problem, strain=isinstance(error, Urllib3TimeoutError)) from error

    def _check_response(self, task: Task, response: urllib3.BaseHTTPResponse, *, asked: bool) -> None:
        """Check by status and headers that the response is the file, or the rest of it."""
        part = task.part
        if response.status == 206 and asked:
            _check_rest(response, part)
        elif response.status == 200:
            expected = _expected_size(task.item, response)
            self.destination.room(part, expected)
            tag = http.strong_etag(response)
            source = Source(task.request.url, tag, "" if tag else http.last_modified(response))
            part.restart(task.verifier(expected), expected, source)
        else:
            way = through(task.request.url, answered=True)
            problem = f"the server answered {response.status} {response.reason or ''}".rstrip() + way
            if response.status == 407:
                problem = proxy_answer(407, "", task.request.url).words
            if response.status in {412, 416}:
                part.forget()
            if response.status not in RETRY:
                raise DownloadError(problem)
            raise AgainError(
                problem,
                http.retry_after(response),
                strain=response.status in STRAINED,
                everybody=response.status == 429,
            )

    def _write(self, task: Task, chunks: Iterable[bytes]) -> None:
        part, verifier = task.part, task.part.verifier
        assert verifier is not None
        with _open_part(part) as write:
            task.claim.note(part.source or Source(task.request.url), part.expected)
            for chunk in chunks:
                if self.stop.is_set():
                    raise StoppedError
                write(chunk)
                verifier.feed(chunk)
                task.share.at(verifier.size)
                task.claim.beat()
                if verifier.problem is not None:  # nothing can make it right: do not wait for the rest
                    break
        if verifier.problem is None and part.expected is not None and verifier.size < part.expected:
            raise AgainError(f"{verifier.size:,} bytes came, {part.expected:,} were announced")
        if problem := verifier.finish():
            if verifier.size and verifier.is_page():
                raise PageError("what came is not the file but an HTML page")
            if verifier.size == part.expected or part.expected is None:
                raise DamagedError(f"what came is not the file: {problem}")
            part.forget()
            raise AgainError(f"what came is not the file: {problem}")

    def _chunks_of(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Yield bytes as they arrive: a read of a fixed size would wait for ever on a slow stream."""
        begin, came = time.monotonic(), 0
        while chunk := response.read1(CHUNK):
            if self.stop.is_set():
                raise StoppedError
            yield chunk
            came += len(chunk)
            if (now := time.monotonic()) - begin >= self.patience.over:
                if came < self.patience.slowest * (now - begin):
                    raise AgainError(f"the transfer stalled: {came:,} bytes in {now - begin:.0f} s", strain=True)
                begin, came = now, 0
        if self.stop.is_set():
            raise StoppedError


@contextlib.contextmanager
def _open_part(part: Part) -> Iterator[Callable[[bytes], None]]:
    try:
        with part.open() as write:
            yield write
    except PartLostError as error:
        part.forget()
        raise AgainError(str(error)) from error


def _joined_chunks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield small chunks joined to larger ones. Bytes that arrived before an error are yielded before it is raised."""
    from urllib3.exceptions import HTTPError

    pending: list[bytes] = []
    size, begin = 0, time.monotonic()
    try:
        for chunk in chunks:
            pending.append(chunk)
            size += len(chunk)
            if size >= GATHER or time.monotonic() - begin > LINGER:
                yield b"".join(pending)
                pending, size, begin = [], 0, time.monotonic()
    except (AgainError, OSError, HTTPError):
        if pending:
            yield b"".join(pending)
        raise
    if pending:
        yield b"".join(pending)


def unpacked(packed: Part, task: Task, destination: Destination) -> None:
    """Write the one file of a zip file to the part of a task, and verify it.

    Raises
    ------
    DownloadError
        If it is no zip file, or does not hold exactly one file.
    OSError
        If this machine cannot write the file.
    """
    try:
        with packed.read() as file, zipfile.ZipFile(file) as pack:
            members = [member for member in pack.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise DownloadError(f"what came is a zip file with {len(members)} files in it, one is expected")
            size = members[0].file_size
            if task.item.size not in {None, size}:
                raise DownloadError(f"the zip file holds a file of {size:,} bytes, {task.item.size:,} are expected")
            destination.room(task.part, size)
            verifier = task.verifier(size)
            with pack.open(members[0]) as source, task.part.open() as write:
                while chunk := source.read(CHUNK):
                    write(chunk)
                    verifier.feed(chunk)
                    task.claim.beat()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DownloadError(f"what came is not a whole zip file: {error}") from error
    if problem := verifier.finish():
        raise DownloadError(f"what the zip file holds is not the file: {problem}")
    task.part.restart(verifier, size, Source(task.request.url))


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a message without secrets, e.g. one that cites a header that cannot be sent."""
    words = {word for secret in secrets for word in re.split(r"[\s=;,]+", secret) if len(word) >= 4}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "***")
    return text


def _expected_size(item: Item, response: urllib3.BaseHTTPResponse) -> int | None:
    """Return the size that the file must have; the archive's list and the server must agree."""
    announced = http.length(response)
    if item.size is not None and announced is not None and item.size != announced:
        kind = response.headers.get("Content-Type", "").lower()
        page = " (an HTML page)" if kind.startswith("text/html") else ""
        raise AgainError(f"the server offers {announced:,} bytes{page}, {item.size:,} are expected")
    return item.size if item.size is not None else announced


def _check_rest(response: urllib3.BaseHTTPResponse, part: Part) -> None:
    """Check that a response with status 206 is the rest of the same file: nothing else is ever appended."""
    found, source = http.content_range(response), part.source
    assert source is not None
    tag, changed = http.strong_etag(response), response.headers.get("Last-Modified", "").strip()
    same = tag == source.etag if source.etag else changed == source.modified
    fits = found is not None and part.expected is not None and found == (part.count, part.expected - 1, part.expected)
    if not (same and fits and http.length(response) in {None, (part.expected or 0) - part.count}):
        part.forget()
        raise AgainError("the server did not continue the file where it was asked to")


def reason_of(error: BaseException) -> str:
    """Return what went wrong, in words, without urllib3's connection object and the queries of addresses, which may hold a signature."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    message = str(error) or type(error).__name__
    if message.startswith(("HTTPConnection", "HTTPSConnection", "<")) and ": " in message:
        message = message.split(": ", 1)[1]
    return re.sub(r"\?[^\s'\")]+", "?…", message)
