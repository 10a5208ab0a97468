"""One file: looked for, claimed, fetched with patience, verified while it comes, and only then given its name."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from tess_source import paths
from tess_source._version import USER_AGENT
from tess_source.download import http
from tess_source.download.folder import Folder
from tess_source.download.part import Claim, Part, PartLostError, Source
from tess_source.download.throttle import Strain
from tess_source.errors import DownloadError, TessSourceError
from tess_source.files.verify import Verifier, form_of, problem_of
from tess_source.tables.manifest import FAILED, FETCHED, HERE, Entry
from tess_source.tables.plan import Item

if TYPE_CHECKING:
    import urllib3

    from tess_source.download.progress import Progress, Share
    from tess_source.hooks.records import Request
    from tess_source.settings import Patience

__all__ = ["Fetcher", "KnownFiles", "scheme_of"]

log = logging.getLogger(__name__)

CHUNK = 1 << 20
"""Bytes that are asked for at a time; what comes is what the system has."""
GATHER, LINGER = 1 << 19, 0.25
"""Bytes that are written and summed at a time, and seconds after which fewer are: each call has threads wait for each other."""
RETRY = frozenset({408, 412, 416, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527})
STRAINED = frozenset({429, 503, 504})


class StoppedError(Exception):
    """The run was interrupted while a file was being fetched."""


class AgainError(DownloadError):
    """A failure that may pass.

    Parameters
    ----------
    problem : str
    pause : float, optional
        Seconds that the server asked to wait.
    strain : bool
        Whether it is a sign that too much is asked of the archive.
    everybody : bool
        Whether the pause holds for all files of this host.
    """

    def __init__(
        self, problem: str, pause: float | None = None, *, strain: bool = False, everybody: bool = False
    ) -> None:
        self.pause, self.strain, self.everybody = pause, strain, everybody
        super().__init__(problem)


class KnownFiles(Protocol):
    """Remembers which files were verified."""

    def get(self, path: str, found: os.stat_result, /) -> object | None:
        """Give what is known of a file that did not change since."""


class Fetcher:
    """Fetches single files; one for all threads of a run.

    Parameters
    ----------
    folder : Folder
    schemes : collection of str
        URI schemes that are fetched.
    locate : callable
        URI of such a scheme → request.
    patience : Patience
    jobs : int
        Connections at most.
    bar : Progress
    known : KnownFiles, optional
        Files that need not be read again.
    """

    def __init__(
        self,
        folder: Folder,
        schemes: Collection[str],
        locate: Callable[[str], Request],
        patience: Patience,
        jobs: int,
        bar: Progress,
        known: KnownFiles | None = None,
    ) -> None:
        self.folder, self.schemes, self.locate = folder, schemes, locate
        self.patience, self.bar, self.known = patience, bar, known
        self.pools = http.Pools(jobs, patience.connect, patience.read)
        self._headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        self.stop = threading.Event()
        self.strain = Strain(jobs, self.stop)
        self._bodies: set[urllib3.BaseHTTPResponse] = set()
        self._lock = threading.Lock()

    def halt(self) -> None:
        """Let all threads stop soon: also those that wait for the next bytes of a slow server."""
        self.stop.set()
        self.strain.wake()
        with self._lock:
            for body in self._bodies:
                with contextlib.suppress(OSError, ValueError, RuntimeError):  # it is at its end, or closed
                    body.shutdown()

    def entry(self, item: Item, counted: int | None) -> Entry | None:
        """See to one item; whatever goes wrong becomes the entry's error.

        Parameters
        ----------
        item : Item
        counted : int or None
            Its bytes in the bar's total; None if it is not counted there, because it seems to be here.

        Returns
        -------
        Entry or None
            None: another process is fetching it, look again later.
        """
        share = self.bar.share(counted or 0)
        try:
            entry = (self._here(item) if counted is None else None) or self._claimed(item, share)
        except StoppedError:
            return Entry(item, FAILED, error="interrupted")
        except (TessSourceError, OSError, ValueError) as error:
            entry = Entry(item, FAILED, error=_reason(error))
        if entry is None:
            return None
        if entry.status != HERE or counted is not None:
            share.done(ok=entry.status == FETCHED)
        if not entry.ok:
            log.info("%s: %s", item.uri, entry.error)
        return entry

    def _here(self, item: Item) -> Entry | None:
        """Give the entry of a file that lies whole in the folder."""
        if item.size is None and item.sha256 is None and form_of(item.path, item.kind) in {"other", "html"}:
            return None  # nothing would tell a whole file from a part of one
        try:
            found = (self.folder.root / item.path).lstat()
            path = paths.inside(self.folder.root, item.path)
            if stat.S_ISLNK(found.st_mode):
                found = path.stat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode) or item.size not in {None, found.st_size}:
            return None
        known = self.known.get(item.path, found) if self.known is not None else None
        digest: str | None = getattr(known, "sha256", None)
        if known is None or item.sha256 not in {None, digest}:
            if problem := problem_of(path, size=item.size, sha256=item.sha256, kind=item.kind):
                log.info("%s is fetched again: %s", path, problem)
                return None
            digest = item.sha256
        return Entry(item, HERE, path=path, bytes=found.st_size, sha256=digest)

    def _claimed(self, item: Item, share: Share) -> Entry | None:
        uris = [uri for uri in (item.uri, *item.mirrors) if scheme_of(uri) in self.schemes]
        if not uris:
            there = ", ".join(self.schemes) or "none"
            raise DownloadError(f"no plugin fetches {scheme_of(item.uri)!r} URIs; there are {there}")
        path = self.folder.place(item.path)
        claim = Claim(path, self.patience.stale)
        if not claim.take():
            return None
        try:
            here = self._here(item)  # another may have finished it just now
            return here or self._from_any(item, path, uris, claim, share)
        finally:
            claim.release()

    def _from_any(self, item: Item, path: Path, uris: Iterable[str], claim: Claim, share: Share) -> Entry:
        """Fetch an item from its URI, or else from its mirrors."""
        problems: list[str] = []
        for uri in uris:
            secrets: tuple[str, ...] = ()
            try:
                request = self.locate(uri)
                secrets = tuple(request.headers.values())
                part = self._with_retries(item, path, request, claim, share)
            except (StoppedError, KeyboardInterrupt):
                raise
            except (TessSourceError, ValueError) as error:
                problems.append(without(_reason(error), secrets))
            except OSError as error:  # of this machine, not of the server: a mirror would not help
                return Entry(item, FAILED, error="; ".join([*problems, _reason(error)]))
            except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
                problems.append(without(f"{type(error).__name__}: {error}", secrets))
            else:
                digest = part.verifier.sha256 if part.verifier is not None else None
                return Entry(item, FETCHED, path, request.url, part.count, digest, mtime_ns=part.mtime_ns)
        return Entry(item, FAILED, error="; ".join(problems))

    def _with_retries(self, item: Item, path: Path, request: Request, claim: Claim, share: Share) -> Part:
        part = Part(path, claim.name)
        host = urlsplit(request.url).netloc
        failed: set[str] = set()
        vain = tries = 0
        try:
            self._adopt(part, item, request, claim)
            while True:
                before, tries = part.count, tries + 1
                with self.strain.slot(host) as since:
                    try:
                        self._receive(item, request, part, claim, share)
                        break
                    except AgainError as error:
                        problem = error
                hold = min(self.patience.longest, problem.pause or 0.0) if problem.everybody else 0.0
                eased = problem.strain and self.strain.lower(since, host, hold) and problem.everybody
                digest = part.verifier.sha256 if part.verifier is not None else ""
                if isinstance(problem, DamagedError):
                    if digest in failed:
                        raise DownloadError(f"{problem} (the same bytes came twice)")
                    failed.add(digest)
                    part.forget()
                grown = part.continues(request.url) is not None and part.count > before
                if not (grown or eased):  # "too many requests" is no fault of this file while there can be fewer
                    vain += 1
                if vain >= self.patience.tries or tries >= self.patience.most:
                    raise DownloadError(f"{problem} (tried {tries} times)") from problem
                pause = _pause(self.patience, max(1, vain), problem.pause)
                log.debug("%s: %s; again in %.1f s", item.uri, problem, pause)
                if self.stop.wait(pause):
                    raise StoppedError
            self.strain.ease()
            self.folder.check(path)
            part.file.replace(path)
        except BaseException:
            part.remove()
            raise
        return part

    def _adopt(self, part: Part, item: Item, request: Request, claim: Claim) -> None:
        """Go on where a run that is gone had to stop, if it was at this very file."""
        if (left := claim.left) is None:
            return
        claim.left = None
        if left.source.url == request.url and item.size in {None, left.expected}:
            part.adopt(left, self._verifier(item, left.expected))
        with contextlib.suppress(OSError):
            left.part.unlink(missing_ok=True)

    def _verifier(self, item: Item, expected: int | None) -> Verifier:
        name = item.path.rpartition("/")[2]
        return Verifier(name, size=expected, sha256=item.sha256, kind=item.kind)

    # -- one try --

    def _receive(self, item: Item, request: Request, part: Part, claim: Claim, share: Share) -> None:
        """Ask once, and write what comes; when this returns, the part is whole."""
        from urllib3.exceptions import HTTPError, IncompleteRead, MaxRetryError, SSLError
        from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

        headers = {**self._headers, **request.headers}
        if source := part.continues(request.url):
            headers |= {"Range": f"bytes={part.count}-", "If-Range": source.condition}
        try:
            with self._body(self.pools.get(request.url, headers, request.headers)) as response:
                self._begin(item, request, response, part, asked=source is not None)
                share.expect(part.expected or 0)
                share.at(part.count)
                self._write(item, response, part, claim, share)
                response.release_conn()
        except MaxRetryError as error:
            cause = error.reason or error
            if isinstance(cause, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
                raise DownloadError(_reason(cause)) from error
            problem = "the redirects do not end" if "redirect" in str(cause) else _reason(cause)
            raise AgainError(problem, strain=isinstance(cause, Urllib3TimeoutError)) from error
        except HTTPError as error:
            broke = any(isinstance(cause, IncompleteRead) for cause in (error, *error.args))
            problem = f"the connection broke after {part.count:,} bytes" if broke else _reason(error)
            raise AgainError(problem, strain=isinstance(error, Urllib3TimeoutError)) from error

    def _begin(
        self, item: Item, request: Request, response: urllib3.BaseHTTPResponse, part: Part, *, asked: bool
    ) -> None:
        """Look at status and headers, whether this is the file, or the rest of it."""
        if response.status == 206 and asked:
            _check_rest(response, part)
        elif response.status == 200:
            expected = _expected(item, response)
            self.folder.room(part.path, expected)
            tag = http.strong_etag(response)
            source = Source(request.url, tag, "" if tag else http.last_modified(response))
            part.restart(self._verifier(item, expected), expected, source)
        else:
            problem = f"the server answered {response.status} {response.reason or ''}".rstrip()
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

    def _write(self, item: Item, response: urllib3.BaseHTTPResponse, part: Part, claim: Claim, share: Share) -> None:
        verifier = part.verifier
        assert verifier is not None
        with self._opened(part) as write:
            claim.note(part.source or Source(response.url or ""), part.expected)
            for chunk in _gathered(self._chunks(response)):
                write(chunk)
                verifier.feed(chunk)
                share.at(verifier.size)
                claim.beat()
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

    @staticmethod
    @contextlib.contextmanager
    def _opened(part: Part) -> Iterator[Callable[[bytes], None]]:
        try:
            with part.open() as write:
                yield write
        except PartLostError as error:
            part.forget()
            raise AgainError(str(error)) from error

    @contextlib.contextmanager
    def _body(self, response: urllib3.BaseHTTPResponse) -> Iterator[urllib3.BaseHTTPResponse]:
        """Keep a response among those that `halt` cuts off, and close it in the end."""
        with self._lock:
            self._bodies.add(response)
        try:
            if self.stop.is_set():  # `halt` came while the server was about to answer
                raise StoppedError
            yield response
        finally:
            with self._lock:
                self._bodies.discard(response)
            response.close()

    def _chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Give what comes as it comes: a read of a fixed size would wait for ever on a trickle."""
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


def _gathered(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Put small chunks together; what came before an error is given before it is raised, for it counts."""
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


class PageError(AgainError):
    """An HTML page came in place of a file."""


class DamagedError(AgainError):
    """All bytes came, and they are wrong."""


def scheme_of(uri: str) -> str:
    """Give what stands before the colon."""
    return uri.partition(":")[0]


def without(text: str, secrets: Iterable[str]) -> str:
    """Take what is secret out of a message, e.g. of one that cites a header that cannot be sent."""
    words = {word for secret in secrets for word in re.split(r"[\s=;,]+", secret) if len(word) >= 4}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "***")
    return text


def _expected(item: Item, response: urllib3.BaseHTTPResponse) -> int | None:
    """Give the size that the file must have; the archive's list and the server must agree."""
    announced = http.length(response)
    if item.size is not None and announced is not None and item.size != announced:
        kind = response.headers.get("Content-Type", "").lower()
        page = " (an HTML page)" if kind.startswith("text/html") else ""
        raise AgainError(f"the server offers {announced:,} bytes{page}, {item.size:,} are expected")
    return item.size if item.size is not None else announced


def _check_rest(response: urllib3.BaseHTTPResponse, part: Part) -> None:
    """Make sure that a 206 is the rest of this very file: nothing else is ever appended."""
    found, source = http.content_range(response), part.source
    assert source is not None
    tag, changed = http.strong_etag(response), response.headers.get("Last-Modified", "").strip()
    same = tag == source.etag if source.etag else changed == source.modified
    fits = found is not None and part.expected is not None and found == (part.count, part.expected - 1, part.expected)
    if not (same and fits and http.length(response) in {None, (part.expected or 0) - part.count}):
        part.forget()
        raise AgainError("the server did not continue the file where it was asked to")


def _pause(patience: Patience, attempt: int, asked: float | None) -> float:
    return patience.pause(attempt, asked)


def _reason(error: BaseException) -> str:
    """Say what went wrong in words; urllib3 puts the connection object in front, and a redirect's address may hold a signature."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    message = str(error) or type(error).__name__
    if message.startswith(("HTTPConnection", "HTTPSConnection", "<")) and ": " in message:
        message = message.split(": ", 1)[1]
    return re.sub(r"\?[^\s'\")]+", "?…", message)
