"""One HTTP question, one JSON answer: time-outs on every socket, bounded repetitions, and a secret that goes to one host only.

requests and urllib3 are imported here, and this module only when a question is asked.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tess_source._version import USER_AGENT
from tess_source.display.visible import logger
from tess_source.download import proxies
from tess_source.download.connection import LateError, StoppedError, Watch, watched
from tess_source.download.head import head_problem
from tess_source.download.http import seconds_to_wait
from tess_source.download.redirects import MOST_REDIRECTS, RedirectError, next_address
from tess_source.download.route import ca_bundle, proxy_answer, proxy_of, through, trouble_of
from tess_source.errors import NetworkError, ServiceError
from tess_source_mast.deadline import Deadline, OverloadError, pause
from tess_source_mast.shapes import LARGEST_ANSWER, parsed

__all__ = ["FleetingError", "Wire"]

log: logging.Logger = logger(__name__)

WHOLE = {200, 203}
"""HTTP codes of a whole answer; 203 says that a proxy has changed it, e.g. its headers."""
REPEATED = {408, 425, 429, 500, 502, 503, 504}
"""HTTP codes after which the same question may succeed."""
TOO_LARGE = {413, 414}
"""HTTP codes after which only a smaller question can succeed."""
PIECE = 2**16
"""Bytes to take from the socket at once, at most."""


class FleetingError(Exception):
    """A failure that may pass: the question is asked again.

    Parameters
    ----------
    problem : str
        What happened.
    status : int, optional
        The HTTP code, if there was one.
    overload : bool
        Whether a smaller question may succeed.
    slow : bool
        Whether it took so long that a smaller question is better than the same again.
    after : float, optional
        Seconds that the server asks to wait.
    advice : str, optional
        What to do, if it is not the archive that failed but the way to it.
    """

    def __init__(
        self,
        problem: str,
        status: int | None = None,
        *,
        overload: bool = False,
        slow: bool = False,
        after: float | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem: str = problem
        self.status: int | None = status
        self.overload: bool = overload
        self.slow: bool = slow
        self.after: float | None = after
        self.advice: str | None = advice


def _proxies_of(url: str) -> dict[str, str]:
    """Return the proxy for an address as requests takes it."""
    proxy = proxy_of(url)
    return {urlsplit(url).scheme: proxy} if proxy else {}


class Wire:
    """A connection that is kept open, for one question at a time.

    Parameters
    ----------
    advice : str
        What to do when the server fails.
    insecure_redirects : bool
        Whether redirects from https to http are followed.
    """

    def __init__(self, advice: str, insecure_redirects: bool = False) -> None:
        self.session: requests.Session = _Client(insecure_redirects)
        self._watch = Watch()
        self.session.headers["User-Agent"] = f"{_user_agent()} {self.session.headers['User-Agent']}"
        self.session.headers["Accept-Encoding"] = "gzip, deflate"  # whatever else requests could unpack
        self.session.max_redirects = MOST_REDIRECTS
        self.advice = advice

    def ask(
        self,
        service: str,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        check: Callable[[Any], Any] = lambda answer: answer,
        **request: Any,
    ) -> Any:
        """Send a request until there is an answer, and return it.

        Parameters
        ----------
        service : str
            What error messages call it.
        method, url : str
        deadline : Deadline
        check : callable
            What is made of the parsed JSON; it may raise FleetingError, or ServiceError for good.
        **request
            ``params``, ``data`` and ``headers`` of `requests.request`.

        Returns
        -------
        object
            What `check` gives.

        Raises
        ------
        ServiceError
            With the service, the HTTP code and what to do; OverloadError if a smaller question may succeed.
        """
        attempt = 0
        while True:
            deadline.check(service, "no answer")
            try:
                return check(self._answer_once(service, method, url, deadline, request))
            except FleetingError as trouble:
                last = trouble
            if attempt + 1 >= deadline.tries or (deadline.parts and last.slow):
                break
            wait = pause(attempt, last.after)
            told = _problem_text(last) if last.advice else f"{service}: {_problem_text(last)}"
            log.warning("%s; trying again in %.1f s", told, wait)
            deadline.sleep(wait, service, _problem_text(last))
            attempt += 1
        kind = OverloadError if last.overload else ServiceError if last.advice is None else NetworkError
        tried = f", tried {attempt + 1} times" if attempt else ""
        raise kind(service, f"{last.problem}{tried}", last.status, last.advice or self.advice) from last

    def close(self) -> None:
        """Close the connection."""
        self.session.close()

    def _answer_once(self, service: str, method: str, url: str, deadline: Deadline, request: Mapping[str, Any]) -> Any:
        # Whatever stands in the header Cookie, requests drops at a redirect; it is never put into the cookie jar.
        way = {"proxies": _proxies_of(url), "verify": ca_bundle() or True}
        options = {"timeout": deadline.timeouts, "stream": True, **way, **request}
        try:
            with (
                self._watch.wait(deadline.left, deadline.timeouts[1], deadline.stop) as wait,
                self.session.request(method, url, **options) as response,
            ):
                wait.body(deadline.left)
                body = _whole_body(response, service, deadline)
                wait.check()  # or else what a shut connection gave would pass for the whole
                self._check_status(service, response, body)
        except RedirectError as error:
            if error.lasting:
                raise NetworkError(service, str(error)) from error  # it says what to do
            raise ServiceError(service, str(error), advice=self.advice) from error
        except StoppedError:
            deadline.check(service, "no answer")
            raise
        except (requests.ReadTimeout, urllib3.exceptions.ReadTimeoutError, LateError) as error:
            deadline.check(service, "no answer within the time-out")
            raise FleetingError("no answer within the time-out", overload=True, slow=True) from error
        except (requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
            if trouble := trouble_of(error, url):
                if trouble.lasting:
                    raise NetworkError(service, trouble.problem, advice=trouble.advice or self.advice) from error
                raise FleetingError(trouble.problem, advice=trouble.advice or self.advice) from error
            cause = error.args[0] if error.args else error
            broken = isinstance(cause, urllib3.exceptions.ProtocolError) or not isinstance(error, OSError)
            problem = head_problem(error) or (f"the connection broke{through(url)}" if broken else "no connection")
            advice = "Does that proxy let such connections pass?" if through(url) else None
            raise FleetingError(problem, overload=broken, advice=advice) from error
        except requests.TooManyRedirects as error:
            raise ServiceError(
                service, "the server redirects too often, perhaps in a circle", advice=self.advice
            ) from error
        except (requests.RequestException, ValueError) as error:  # ValueError: a redirect to what is no address
            raise ServiceError(service, f"the request failed: {type(error).__name__}", advice=self.advice) from error
        return _parsed_json(body)

    def _check_status(self, service: str, response: requests.Response, body: bytes) -> None:
        """Raise for any status but success. Other codes below 400 tell of a part, of nothing, or of another place: they are no answer."""
        status = response.status_code
        if status in WHOLE:
            return
        if status == 407:
            trouble = proxy_answer(status, "", response.url)
            raise NetworkError(service, trouble.problem, advice=trouble.advice)
        problem = f"{response.reason or 'failed'}{through(response.url, answered=True)}"
        if status in REPEATED:
            after = seconds_to_wait(response.headers.get("Retry-After"))
            overload, slow = status >= 500 or status == 408, status in {408, 504}
            raise FleetingError(problem, status, overload=overload, slow=slow, after=after)
        if status in TOO_LARGE:
            raise OverloadError(service, problem, status, "Ask for less at a time")
        advice = _TOKEN if status in {401, 403} else self.advice
        raise ServiceError(service, problem, status, advice)


_TOKEN = "Is the MAST token valid? It is needed for exclusive data only; without one, public data are found"


class _Client(requests.Session):
    """A session of requests that finds the way to a server as downloads do, and whose connections obey the wait of their thread.

    requests' own rules for proxies, and for logins in ~/.netrc, are others.
    """

    def __init__(self, insecure_redirects: bool) -> None:
        super().__init__()
        self.trust_env = False
        self._insecure = insecure_redirects
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return the address to which an answer redirects; None if it does not. Its body is not read, however long it is."""
        if not resp.is_redirect:
            return None
        resp.raw.close()
        return next_address(resp.url, resp.headers["location"], insecure=self._insecure)

    def rebuild_proxies(self, prepared_request: requests.PreparedRequest, proxies: Any) -> dict[str, str]:
        """Return the proxy for the address of a redirect."""
        return _proxies_of(prepared_request.url or "")


class _Adapter(HTTPAdapter):
    """An adapter whose connections obey the wait of their thread, and that sends to proxies what downloads send."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        watched(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return watched(super().proxy_manager_for(proxy, **options))

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        return proxies.headers(proxy)


def _user_agent() -> str:
    return f"{USER_AGENT} astroquery/{version('astroquery')}"


def _whole_body(response: requests.Response, service: str, deadline: Deadline) -> bytes:
    """Return the whole body, unpacked. It is read piece by piece, so that a slow answer does not outlast the deadline.

    It is unpacked here, since urllib3 before 2.6 unpacks a piece whatever comes out, which may be a thousand times as large.

    Raises
    ------
    ServiceError
        If it is larger than `LARGEST_ANSWER`, or packed in another way than was asked for.
    """
    response.raw.decode_content = False  # as an attribute: vcrpy's replay takes no such argument
    coding = response.headers.get("Content-Encoding", "").strip().lower() or "identity"
    if coding not in CODINGS:
        raise ServiceError(service, f"the answer is packed as {coding[:40]!r}, which was not asked for", advice=_LIMIT)
    unpacker = None if coding == "identity" else zlib.decompressobj(wbits=47)  # gzip or zlib, whichever it is
    body = bytearray()
    while piece := response.raw.read1(PIECE):
        deadline.check(service, "the answer came too slowly")
        try:
            body += unpacker.decompress(piece, LARGEST_ANSWER + 1 - len(body)) if unpacker else piece
        except zlib.error as error:
            raise FleetingError("the answer cannot be unpacked", overload=True) from error
        if len(body) > LARGEST_ANSWER:
            raise ServiceError(service, f"the answer is larger than {LARGEST_ANSWER:,} bytes, unpacked", advice=_LIMIT)
    return bytes(body)


CODINGS = ("identity", "gzip", "x-gzip", "deflate")
"""How answers may be packed: one of these, and only once."""
_LIMIT = "No page of the archive is so: is a proxy or another server in its place? If not, ask for less at a time"


def _parsed_json(body: bytes) -> Any:
    try:
        return parsed(body)
    except ValueError as error:
        raise FleetingError(f"the answer is {error}") from error


def _problem_text(trouble: FleetingError) -> str:
    return trouble.problem if trouble.status is None else f"HTTP {trouble.status} {trouble.problem}"
