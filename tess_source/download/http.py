"""HTTP connections: one pool for all threads, with proxies and CA bundles from the environment as in curl and requests."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from tess_source.download import proxies
from tess_source.download.connection import Wait, Watch, watched
from tess_source.download.head import NUMBER
from tess_source.download.redirects import MOST_REDIRECTS, RedirectError, next_address, same_origin
from tess_source.download.route import ca_bundle, proxy_of
from tess_source.logins import without_user

if TYPE_CHECKING:
    import urllib3

__all__ = [
    "Pools",
    "Range",
    "content_range",
    "last_modified",
    "length",
    "retry_after",
    "seconds_to_wait",
    "settled_date",
    "strong_etag",
    "timestamp",
]

FEW = 2**16
"""Bytes below which the body of a redirect is read, so that its connection can be used again."""
MOST_HOSTS = 10_000
"""Hosts of one run. A pool of connections must not be closed while it is used."""
Sends: TypeAlias = "Callable[..., urllib3.BaseHTTPResponse]"
SETTLED = 60.0
"""Seconds after which a date of change is a strong validator (RFC 9110, section 8.8.2.2)."""


class Pools:
    """Pools of keep-alive connections, shared by threads.

    Parameters
    ----------
    connections : int
        Connections kept open per host.
    connect, read : float
        Seconds to wait for a connection, and for the head of the answer or the next bytes of its body.
    stop : threading.Event, optional
        Ends all waits when it is set.
    insecure_redirects : bool
        Whether redirects from https to http are followed.
    """

    def __init__(
        self,
        connections: int,
        connect: float = 15.0,
        read: float = 30.0,
        *,
        stop: threading.Event | None = None,
        insecure_redirects: bool = False,
    ) -> None:
        self._connections, self._insecure = connections, insecure_redirects
        self._connect, self._read = connect, read
        self._stop = threading.Event() if stop is None else stop
        self._watch = Watch()
        self._lock = threading.Lock()
        self._managers: dict[str | None, urllib3.PoolManager] = {}
        self._hosts: dict[tuple[str, str], Sends] = {}

    @contextmanager
    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        secret: Iterable[str] = (),
        seconds: float | None = None,
        *,
        wait: float = 0.0,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Request a URL, and yield the response, whose body is not read yet. It is closed in the end.

        Redirects are followed, but cookies, authorization and the headers named in `secret` are sent to the first host only. No status is
        an error here. No wait is longer than `seconds`, be it for the head or for the next bytes of the body. If the service makes the file
        first, `wait` is longer than ``read``, and counts in its place.

        Raises
        ------
        NetworkError
            If the environment names a proxy or certificates that cannot be used.
        RedirectError
            If there are too many redirects, or one that is not followed.
        StoppedError
            If `stop` is set, also while the body is read.
        LateError
            If there is no head of an answer within ``connect + read`` seconds, or `seconds`.
        urllib3.exceptions.HTTPError
            If the connection fails.
        """
        hidden = {name.lower() for name in secret}
        read = max(self._read, wait)
        most = self._connect + read if seconds is None else min(seconds, self._connect + read)
        with (
            self._watch.wait(most, read, self._stop) as watched,
            closing(self._response(watched, url, dict(headers), hidden, min(most, read))) as response,
        ):
            watched.check()
            watched.body()
            yield response

    @contextmanager
    def once(
        self, url: str, headers: Mapping[str, str], seconds: float, form: str = ""
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Request a URL once, and yield the response, also if it is a redirect. Its body is not read yet; it is closed in the end.

        With a form, it is posted. Head and body have `seconds` each. The exceptions are those of `get`, but for RedirectError.
        """
        posted = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        with (
            self._watch.wait(seconds, seconds, self._stop) as watched,
            closing(
                self._sent(url, {**headers, **posted}, seconds, "POST" if form else "GET", form or None)
            ) as response,
        ):
            watched.check()
            watched.body(seconds)
            yield response
            watched.check()  # or else what a shut connection gave would pass for the whole

    def _sent(
        self, url: str, headers: Mapping[str, str], read: float, method: str = "GET", body: str | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, and return the response, whose body is not read yet."""
        from urllib3 import Timeout

        parts = urlsplit(url)
        return self._sender(url, parts.scheme, parts.netloc)(
            method,
            url,
            body=body,
            headers=headers,
            redirect=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=self._connect, read=read),
            retries=_once(),
        )

    def _response(
        self, wait: Wait, url: str, headers: dict[str, str], secret: Collection[str], read: float
    ) -> urllib3.BaseHTTPResponse:
        from urllib3 import Retry

        for _ in range(MOST_REDIRECTS + 1):
            response = self._sent(url, headers, read)
            if not (location := response.get_redirect_location()):
                return response
            with closing(response):
                following = next_address(url, location, insecure=self._insecure)
                if (response.length_remaining or FEW) < FEW:  # or else it is cheaper to open another connection
                    response.drain_conn()
                wait.rest()
            if not same_origin(url, following):
                dropped = {name.lower() for name in Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT} | set(secret)
                headers = {name: value for name, value in headers.items() if name.lower() not in dropped}
            url = following
        raise RedirectError("the redirects do not end")

    def close(self) -> None:
        """Close all connections."""
        for manager in self._managers.values():
            manager.clear()

    def _sender(self, url: str, scheme: str, netloc: str) -> Sends:
        """Return what sends requests for a URL. The environment is read once per host, since that takes as long as a small file."""
        with self._lock:
            if (scheme, netloc) not in self._hosts:
                manager = self._manager(url)
                # without a proxy, a request needs nothing that a manager does
                straight = _straight(manager.connection_from_url(url)) if manager.proxy is None else manager.urlopen
                self._hosts[scheme, netloc] = straight
            return self._hosts[scheme, netloc]

    def _manager(self, url: str) -> urllib3.PoolManager:
        proxy = proxy_of(url)
        if proxy not in self._managers:
            self._managers[proxy] = self._new_manager(proxy)
        return self._managers[proxy]

    def _new_manager(self, proxy: str | None) -> urllib3.PoolManager:
        import urllib3

        bundle = ca_bundle()
        options: dict[str, Any] = {"maxsize": self._connections, "num_pools": MOST_HOSTS}
        options |= {"ca_cert_dir" if bundle and Path(bundle).is_dir() else "ca_certs": bundle}
        if proxy is None:
            return watched(urllib3.PoolManager(**options))
        if proxy.startswith("socks"):
            from urllib3.contrib.socks import SOCKSProxyManager

            user, password = proxies.user_and_password(proxy)
            return watched(SOCKSProxyManager(without_user(proxy), username=user, password=password, **options))
        return watched(urllib3.ProxyManager(without_user(proxy), proxy_headers=proxies.headers(proxy), **options))


def _straight(pool: urllib3.HTTPConnectionPool) -> Sends:
    """Return a function that sends requests for whole URLs by the pool of their host."""

    def send(method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return pool.urlopen(method, target, assert_same_host=False, **options)

    return send


@functools.cache
def _once() -> urllib3.Retry:
    """Return a policy that repeats nothing: requests are repeated where the bytes are counted."""
    from urllib3 import Retry

    return Retry(total=0, respect_retry_after_header=False)


class Range(NamedTuple):
    """The bytes that a response with status 206 holds."""

    first: int
    last: int
    total: int


def content_range(response: urllib3.BaseHTTPResponse) -> Range | None:
    """Read ``Content-Range``; None if it is missing, not in bytes, or without the file's total size."""
    pattern = f"bytes +({NUMBER})-({NUMBER})/({NUMBER})"
    found = re.fullmatch(pattern, response.headers.get("Content-Range", "").strip(), re.IGNORECASE)
    return Range(*map(int, found.groups())) if found else None


def length(response: urllib3.BaseHTTPResponse) -> int | None:
    """Read ``Content-Length``; the same number may stand there several times (RFC 9110, section 8.6)."""
    lengths = {length.strip() for length in response.headers.get("Content-Length", "").split(",")}
    announced = lengths.pop() if len(lengths) == 1 else ""
    return int(announced) if re.fullmatch(NUMBER, announced) else None


def strong_etag(response: urllib3.BaseHTTPResponse) -> str:
    """Read ``ETag``; empty if it is missing, or weak, so that different bytes may have the same tag."""
    tag: str = response.headers.get("ETag", "").strip()
    return tag if re.fullmatch(r'"[\x21\x23-\x7e\x80-\xff]{1,1000}"', tag) else ""  # it is sent again, in a header


def last_modified(response: urllib3.BaseHTTPResponse) -> str:
    """Read ``Last-Modified``; empty if it is missing, or so recent that the file may have changed within the same second."""
    return settled_date(response.headers)


def settled_date(headers: Mapping[str, str]) -> str:
    """Read ``Last-Modified`` as `last_modified` does, from headers whose names do not depend on case."""
    said = headers.get("Last-Modified", "").strip()
    changed, sent = timestamp(said), timestamp(headers.get("Date", ""))
    return said if changed is not None and (sent is None or sent - changed >= SETTLED) else ""


def retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return the seconds that a response asks to wait (``Retry-After``); None without this header."""
    return seconds_to_wait(response.headers.get("Retry-After"))


def seconds_to_wait(header: str | None) -> float | None:
    """Return the seconds that a header ``Retry-After`` asks to wait (RFC 9110, section 10.2.3).

    Parameters
    ----------
    header : str or None
        A number of seconds, or a date.

    Returns
    -------
    float or None
        Not negative; None without a header, or if it is neither.
    """
    value = (header or "").strip()
    if re.fullmatch("[0-9]+", value):
        return float(value)  # infinite if it has hundreds of digits
    moment = timestamp(value)
    return None if moment is None else max(0.0, moment - time.time())


def timestamp(date: str) -> float | None:
    """Return a date of HTTP in seconds since 1970; None if it is none."""
    if not re.fullmatch("[ -~]{6,60}", date):  # the parser is made for letters, and raises anything
        return None
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()  # "-0000" stands for UTC too
    except (ValueError, TypeError, OverflowError, LookupError):
        return None
