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
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tess_source.display import visible
from tess_source_sample import envelope, lists, portal, tesscut
from tess_source_sample.added import Transit, add_star
from tess_source_sample.bucket import NAME, Bucket
from tess_source_sample.conditions import conditional, dated, zipped
from tess_source_sample.contents import Contents
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import Fault, Faults, flipped, mislead, page, spoil
from tess_source_sample.lists.folder import published_folder
from tess_source_sample.own_files import add_file
from tess_source_sample.store import MadeFiles, etag
from tess_source_sample.wire import Server

if TYPE_CHECKING:
    from tess_source_sample.added import Flux

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


class SampleArchive:
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
        self.requests: list[Recorded] = []
        """Every request so far, in the order in which they were answered."""
        self.closing: threading.Event = threading.Event()
        self._executing = executing
        self._polls: Counter[bytes] = Counter()
        self._lock = threading.Lock()
        self._port = port
        self._servers: list[Server] = []

    # -- running ---------------------------------------------------------------------------------------------

    def start(self) -> SampleArchive:
        """Listen, and answer in the background."""
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

    # -- adding ----------------------------------------------------------------------------------------------

    def add(
        self,
        star: int | str,
        sectors: int | str | Iterable[int],
        light_curve: Flux | Mapping[int, Flux] | None = None,
        transits: Iterable[Transit | Mapping[str, float]] = (),
        dv: bool = False,
        *,
        exptime: int = 120,
        name: str | Iterable[str] = (),
        ra: float | None = None,
        dec: float | None = None,
        tmag: float | None = None,
    ) -> tuple[str, ...]:
        """Add observations of a star by SPOC: light curve, target pixels and, if asked for, data validation.

        They are found in every way in which the archive answers, also while it runs. The same call gives the same files.

        Parameters
        ----------
        star : int or str
            TIC number, ``"TIC n"``, or the name of a star that the archive knows.
        sectors : int, str or iterable of int
            Sectors of the mission: ``3``, ``[3, 4]``, ``range(1, 14)``, ``"1-3,5"``.
        light_curve : array_like, callable or mapping, optional
            Relative flux, all that the star does: transits are not put on it. An array has one value per cadence from the start of
            the sector on, NaN, None or masked where there is none; a short one makes a short file. A function is given the times
            [BTJD] of all cadences of a sector, shape (n,). One for all sectors, or a mapping from sector to its own. PDCSAP_FLUX is the
            relative flux times ``15000 * 10 ** (-0.4 * (tmag - 10))`` e-/s; there are no flags and no gaps. If None, light is
            simulated: transits, noise, flags and gaps.
        transits : iterable of Transit or mapping
            The star's planets: those in its simulated light, and the TCEs of its data validation, in this order.
        dv : bool
            Whether there is data validation: one run per sector, and one of all sectors if there are several.
        exptime : int
            120 or 20 s.
        name : str or iterable of str
            Names that the resolver shall know.
        ra, dec : float, optional
            Position [deg, ICRS]. If None, a place on the CCDs of the sectors, always the same for a star.
        tmag : float, optional
            Magnitude in the TESS band; 10 if None.

        Returns
        -------
        tuple of str
            URIs of the new files.

        Raises
        ------
        QueryError
            If something is not as described, if the star is there already in such a sector, or if what the archive knows of it is said
            otherwise. Nothing is added then.
        """
        return add_star(
            *(self.catalogue, star, sectors, light_curve, transits, dv), exptime=exptime, name=name, ra=ra, dec=dec, tmag=tmag
        )

    def add_file(
        self,
        path: str | Path,
        *,
        uri: str | None = None,
        obs_id: str | None = None,
        star: int | None = None,
        sector: int | None = None,
        exptime: float | None = None,
        ra: float | None = None,
        dec: float | None = None,
    ) -> str:
        """Add a file as it is: a real one, or one of your own pipeline. It is sent byte by byte.

        Its rows are made of its name and, for FITS, of its header: star, sector, exposure time, position and times. It takes the place
        of a file that has the same URI. It is read now, and may be removed afterwards.

        Parameters
        ----------
        path : str or pathlib.Path
            File whose name is that of a product of SPOC or of a pipeline that `tess_source.names` knows.
        uri : str, optional
            Its URI, such as ``"mast:TESS/product/tess…_lc.fits"``. Then the name in it counts.
        obs_id : str, optional
            The observation that shall list it. If None, that of its name.
        star, sector : int, optional
            TIC number and sector, where neither name nor header tell, or tell otherwise.
        exptime : float, optional
            Exposure time [s], likewise.
        ra, dec : float, optional
            Position [deg, ICRS], likewise.

        Returns
        -------
        str
            Its URI.

        Raises
        ------
        QueryError
            If its name is not understood and neither `uri` nor `obs_id` is given, or if nothing says of which star or sector it is.
        OSError
            If it cannot be read.
        """
        told = {"uri": uri, "obs_id": obs_id, "star": star, "sector": sector, "exptime": exptime, "ra": ra, "dec": dec}
        return add_file(self.catalogue, path, {key: value for key, value in told.items() if value is not None})

    # -- answering -------------------------------------------------------------------------------------------

    def answer(self, request: HttpRequest) -> Reply:
        """Return what is to be sent for a request, faults and latency included, and record it."""
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
        if self.redirect and (key := self.bucket.keys.get(uri)):
            return Reply(302, {"Location": f"{self.mirror}/{NAME}/{quote(key)}"})
        return self._file(request, uri)

    def _file(self, request: HttpRequest, uri: str) -> Reply:
        file = self.catalogue.file(uri)
        if file is None:
            return page(404, "404 Not Found")
        filename, size, modified = file
        made = self.catalogue.own(uri) or self.store.get(filename, size)
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
