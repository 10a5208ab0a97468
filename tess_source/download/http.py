"""HTTP connections: one pool for all threads, with proxies and CA bundles from the environment as in curl and requests."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tess_source.download import proxies
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
    "strong_etag",
]

MOST_REDIRECTS = 5
SETTLED = 60.0
"""Seconds after which a date of change is a strong validator (RFC 9110, section 8.8.2.2)."""


class Pools:
    """Pools of keep-alive connections, shared by threads.

    Parameters
    ----------
    connections : int
        Connections kept open per host.
    connect, read : float
        Seconds to wait for a connection, and for the next bytes.
    """

    def __init__(self, connections: int, connect: float = 15.0, read: float = 30.0) -> None:
        from urllib3 import Timeout

        self._connections = connections
        self._timeout = Timeout(connect=connect, read=read)
        self._lock = threading.Lock()
        self._managers: dict[str | None, urllib3.PoolManager] = {}
        self._hosts: dict[tuple[str, str], urllib3.PoolManager] = {}

    def get(self, url: str, headers: dict[str, str], secret: Iterable[str] = ()) -> urllib3.BaseHTTPResponse:
        """Request a URL; the body is not read yet.

        Redirects are followed, but cookies, authorization and the headers named in `secret` are sent to the first host only. No status is
        an error here.

        Raises
        ------
        NetworkError
            If the environment names a proxy or certificates that cannot be used.
        urllib3.exceptions.HTTPError
            If there is no answer, or there are too many redirects.
        """
        return self._manager(url).request(
            "GET",
            url,
            headers=headers,
            preload_content=False,
            decode_content=False,
            timeout=self._timeout,
            retries=_retries(frozenset(secret)),
        )

    def close(self) -> None:
        """Close all connections."""
        for manager in self._managers.values():
            manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        """Return the pool for a URL. The environment is read once per host, since that takes as long as a small file."""
        parts = urlsplit(url)
        host = parts.scheme, parts.netloc
        with self._lock:
            if host not in self._hosts:
                proxy = proxy_of(url)
                if proxy not in self._managers:
                    self._managers[proxy] = self._new_manager(proxy)
                self._hosts[host] = self._managers[proxy]
            return self._hosts[host]

    def _new_manager(self, proxy: str | None) -> urllib3.PoolManager:
        import urllib3

        bundle = ca_bundle()
        options: dict[str, Any] = {"maxsize": self._connections}
        options |= {"ca_cert_dir" if bundle and Path(bundle).is_dir() else "ca_certs": bundle}
        if proxy is None:
            return urllib3.PoolManager(**options)
        if proxy.startswith("socks"):
            from urllib3.contrib.socks import SOCKSProxyManager

            user, password = proxies.user_and_password(proxy)
            return SOCKSProxyManager(without_user(proxy), username=user, password=password, **options)
        return urllib3.ProxyManager(without_user(proxy), proxy_headers=proxies.headers(proxy), **options)


@functools.lru_cache(maxsize=16)
def _retries(secret: frozenset[str]) -> urllib3.Retry:
    """Return a policy that follows redirects and repeats nothing: requests are repeated where the bytes are counted."""
    from urllib3 import Retry

    return Retry(
        total=MOST_REDIRECTS,
        redirect=MOST_REDIRECTS,
        connect=0,
        read=0,
        status=0,
        other=0,
        respect_retry_after_header=False,  # or else a 503 with this header would become an exception that hides it
        remove_headers_on_redirect={*Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT, *secret},
    )


class Range(NamedTuple):
    """The bytes that a response with status 206 holds."""

    first: int
    last: int
    total: int


def content_range(response: urllib3.BaseHTTPResponse) -> Range | None:
    """Read ``Content-Range``; None if it is missing, not in bytes, or without the file's total size."""
    found = re.fullmatch(r"bytes +(\d+)-(\d+)/(\d+)", response.headers.get("Content-Range", "").strip(), re.IGNORECASE)
    return Range(*map(int, found.groups())) if found else None


def length(response: urllib3.BaseHTTPResponse) -> int | None:
    """Read ``Content-Length``."""
    announced = response.headers.get("Content-Length", "").strip()
    return int(announced) if announced.isascii() and announced.isdecimal() else None


def strong_etag(response: urllib3.BaseHTTPResponse) -> str:
    """Read ``ETag``; empty if it is missing, or weak, so that different bytes may have the same tag."""
    tag: str = response.headers.get("ETag", "").strip()
    return tag if len(tag) > 2 and tag[0] == tag[-1] == '"' else ""


def last_modified(response: urllib3.BaseHTTPResponse) -> str:
    """Read ``Last-Modified``; empty if it is missing, or so recent that the file may have changed within the same second."""
    said: str = response.headers.get("Last-Modified", "").strip()
    changed, sent = _timestamp(said), _timestamp(response.headers.get("Date", ""))
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
    if value.isascii() and value.isdecimal():
        return float(value)
    moment = _timestamp(value)
    return None if moment is None else max(0.0, moment - time.time())


def _timestamp(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()  # "-0000" stands for UTC too
    except (ValueError, TypeError, OverflowError):
        return None
