"""The sample archive on loopback: MAST's addresses, what is answered there, and a record of every request."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from tess_source.display import visible
from tess_source.display.records import Records
from tess_source_sample import envelope, lists, portal, tesscut
from tess_source_sample.additions import Additions
from tess_source_sample.bucket import NAME, Bucket
from tess_source_sample.conditions import conditional, dated, zipped
from tess_source_sample.contents import Contents
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import Fault, Faults, flipped, mislead, page, spoil
from tess_source_sample.lists.folder import published_folder
from tess_source_sample.store import MadeFiles, etag
from tess_source_sample.wire import Server

logger: logging.Logger = visible.logger(__name__)

TOKEN = "sample-token"
"""What ``/whoami`` takes as a signed-in user's token; it opens nothing."""

RECORDED_HEADERS = (
    *("user-agent", "accept", "accept-encoding", "range", "if-range", "if-none-match", "if-modified-since"),
    *("authorization", "cookie", "host"),
)
MEDIA_TYPES = {"fits": "application/fits", "pdf": "application/pdf", "xml": "text/xml", "txt": "text/plain"}


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request that the archive got."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    """Decoded query."""
    body: Mapping[str, Any]
    """Decoded form; the field ``request`` is parsed from its JSON."""
    headers: Mapping[str, str]
    """Some of the header fields, names in lower case."""
    status: int
    """HTTP status of the reply."""
    port: int
    """Port that it came to: the archive's, or that of its redirects."""
    uri: str | None = None
    """URI of the file that was asked for."""

    @property
    def service(self) -> str | None:
        """Portal service that was asked, as ``Mast.Caom.Products``."""
        request = self.body.get("request")
        return request.get("service") if isinstance(request, dict) else None


class SampleArchive(Additions):
    """A sample archive like MAST, on 127.0.0.1.

    Use it as a context manager, or with `start` and `stop`.

    Parameters
    ----------
    port : int
        Port to listen to; 0: a free one.
    latency : float
        Seconds that every request waits for its answer.
    faults : iterable of Fault
        Rules by which it misbehaves; more can be added to `faults` at any time.
    executing : int
        How often each question to the portal is answered EXECUTING before its result.
    redirect : bool
        Whether downloads are redirected to a second port, as MAST does to its cloud store, if that has the file. A fault that is to
        strike the file and not the redirect then needs a `match` like ``"stpubdata"``.
    extra : int
        Number of made-up targets beside the true catalogue, for measurements.
    mission : pathlib.Path, optional
        Folder of lists, as `tess_source_sample.mission.generate` writes it, to serve in place of those that are made from what the
        portal has.
    images : mapping, optional
        Sector → number of full-frame images of each CCD, in place of a few.

    Raises
    ------
    OSError
        If the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        latency: float = 0.0,
        faults: Iterable[Fault] = (),
        executing: int = 0,
        redirect: bool = False,
        extra: int = 0,
        mission: Path | None = None,
        images: Mapping[int, int] | None = None,
    ) -> None:
        self.catalogue: Contents = Contents(extra, images)
        """Everything that it has."""
        self.store: MadeFiles = MadeFiles(self.catalogue.make)
        """Its files."""
        self.bucket: Bucket = Bucket(self.catalogue, self.store)
        """Its public copy in the cloud."""
        self.faults: Faults = Faults(faults)
        """How it misbehaves."""
        self.latency = latency
        self.redirect = redirect
        self._published = published_folder(mission) if mission else partial(lists.published, self.catalogue)
        self.requests: list[Recorded] = Records(noun="request")
        """Every request so far, in the order in which they were answered."""
        self.closing: threading.Event = threading.Event()
        self._executing = executing
        self._polls: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        self._port = port
        self._servers: list[Server] = []

    # -- running ---------------------------------------------------------------------------------------------

    def start(self) -> SampleArchive:
        """Listen, and answer in the background.

        Returns
        -------
        SampleArchive
            Itself.
        """
        self.closing.clear()
        self._servers = [Server(self.answer, self.closing, self._port), Server(self.answer, self.closing, 0)]
        for server in self._servers:
            server.start()
        return self

    def stop(self) -> None:
        """Break off all connections and stop listening; returns when every thread is done."""
        self.closing.set()
        for server in self._servers:
            server.stop()
        self._servers = []

    def wait(self) -> None:
        """Block until `stop` is called from elsewhere or the program is interrupted."""
        while not self.closing.wait(1.0):
            pass

    def __enter__(self) -> SampleArchive:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Base URL, ``http://127.0.0.1:PORT``.

        Raises
        ------
        RuntimeError
            If the archive is not running.
        """
        return self._url(0)

    @property
    def mirror(self) -> str:
        """Base URL of the second port, where redirects lead."""
        return self._url(1)

    def _url(self, which: int) -> str:
        if not self._servers:
            raise RuntimeError("the sample archive is not running: use it as a context manager, or call start()")
        return self._servers[which].url

    def clear(self) -> None:
        """Forget the requests recorded so far."""
        with self._lock:
            self.requests.clear()

    # -- answering -------------------------------------------------------------------------------------------

    def answer(self, request: HttpRequest) -> Reply:
        """Return what is to be sent for a request, faults and latency included, and record it.

        Parameters
        ----------
        request : HttpRequest
            The request.
        """
        faults = self.faults.strike(request.subject)
        understood = mislead(request, faults)
        reply = spoil(self._route(understood), understood, faults, self.mirror)
        self._record(request, reply.status)
        return replace(reply, delay=reply.delay + self.latency)

    def _route(self, request: HttpRequest) -> Reply:
        path = request.path.rstrip("/")
        routes: dict[str, Callable[[HttpRequest], Reply]] = {
            "/api/v0/invoke": self._invoke,
            "/api/v0.1/Download/file": self._download,
            "/api/v0.1/path_lookup": self._look_up,
            "/portal/Mashup/Mashup.asmx/columnsconfig": _columns_config,
            "/Santa-war/query": self._resolve,
            "/whoami": _whoami,
            **{place: partial(cut, self.catalogue) for place, cut in tesscut.ROUTES.items()},
        }
        route = routes.get(path)
        return route(request) if route else self._list(request, path) or self._object(request)

    def _object(self, request: HttpRequest) -> Reply:
        return self.bucket.answer(request) or page(404, "404 Not Found")

    def _look_up(self, request: HttpRequest) -> Reply:
        return _json_reply({uri: self.bucket.look_up(uri) for uri in request.query.get("uri", ())})

    def _list(self, request: HttpRequest, path: str) -> Reply | None:
        document = self._published(path)
        if document is None:
            return None
        text, modified = document.text, document.modified
        if request.changed:
            text, modified = text.rstrip().rpartition("\n")[0] + "\n", modified + 365
        headers = {"Content-Type": document.media, "Accept-Ranges": "bytes", "Vary": "Accept-Encoding"}
        return conditional(request, zipped(request, dated(text.encode(), modified, headers)))

    def _invoke(self, request: HttpRequest) -> Reply:
        text = request.body.get("request") or request.first("request")
        try:
            question = json.loads(text)
        except ValueError:
            return _json_reply(envelope.error("The request is not JSON"))
        if not isinstance(question, dict):
            return _json_reply(envelope.error("The request is not an object"))
        with self._lock:
            self._polls[request.raw] += 1
            running = self._polls[request.raw] <= self._executing
        return _json_reply(envelope.executing() if running else portal.invoke(self.catalogue, question))

    def _resolve(self, request: HttpRequest) -> Reply:
        every = request.first("resolveAll").lower() == "true"
        names = request.query.get("name", ())
        return _json_reply(portal.resolve(self.catalogue, names, request.first("resolver") or None, every))

    def _download(self, request: HttpRequest) -> Reply:
        uri = request.first("uri")
        if self.redirect and (key := self.bucket.objects.key(uri)):
            return Reply(302, {"Location": f"{self.mirror}/{NAME}/{quote(key)}"})
        return self._file(request, uri)

    def _file(self, request: HttpRequest, uri: str) -> Reply:
        file = self.catalogue.file(uri)
        if file is None:
            return page(404, "404 Not Found")
        filename, size, modified = file
        try:
            made = self.catalogue.own(uri) or self.store.get(filename, size)
        except KeyError:  # a row that was added, of a file that cannot be simulated
            return page(404, "404 Not Found")
        body, tag = made.body, made.etag
        if request.changed:
            body = flipped(body, len(body) // 2)
            tag, modified = etag(body), modified + 365
        headers = {
            "Content-Type": MEDIA_TYPES.get(uri.rpartition(".")[2], "application/octet-stream"),
            "Content-Disposition": f'attachment; filename="{filename}"',
            "Accept-Ranges": "bytes",
        }
        return conditional(request, dated(body, modified, headers, tag))

    def _record(self, request: HttpRequest, status: int) -> None:
        body: dict[str, Any] = dict(request.body)
        try:
            body["request"] = json.loads(body["request"])
        except (KeyError, ValueError):
            logger.debug("a request without a readable question: %s", request.path)
        headers = {name: request.headers[name] for name in RECORDED_HEADERS if name in request.headers}
        uri = request.first("uri") or self.bucket.uri(request.path)
        entry = Recorded(request.method, request.path, request.query, body, headers, status, request.port, uri)
        with self._lock:
            self.requests.append(entry)


def _json_reply(value: object) -> Reply:
    return Reply(200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(value).encode())


def _columns_config(request: HttpRequest) -> Reply:
    return _json_reply(portal.columns_config(request.body.get("colConfigId") or request.first("colConfigId")))


def _whoami(request: HttpRequest) -> Reply:
    shown = f"{request.headers.get('cookie', '')} {request.headers.get('authorization', '')}"
    anonymous = TOKEN not in shown
    person = {} if anonymous else {"display_name": "Sample User", "email": "sample@example.org"}
    ezid = "anonymous" if anonymous else "sample"
    return _json_reply({"anon": anonymous, "ezid": ezid, "attrib": person, "scopes": [], "token": None})
