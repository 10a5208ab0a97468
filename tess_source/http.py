"""Connections for files: one pool for all threads, proxies and CA bundles from the environment as curl and requests take them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    import urllib3

__all__ = ["USER_AGENT", "Pools"]

USER_AGENT = "tess-source/{version} (+https://pypi.org/project/tess-source)"
MOST_REDIRECTS = 5
CONNECT, READ = 15.0, 60.0
"""Seconds to wait for a connection, and for the next bytes."""


class Pools:
    """Keep-alive connections, safe to share among threads.

    Parameters
    ----------
    connections : int
        Connections kept open per host.
    """

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._managers: dict[str, urllib3.PoolManager] = {}

    def get(self, url: str, headers: dict[str, str], secret: Iterable[str] = ()) -> urllib3.BaseHTTPResponse:
        """Ask for a URL; the body is not read yet.

        Redirects are followed, but cookies, authorization and what is named in `secret` go to the first host only. No status is an
        error here.

        Raises
        ------
        urllib3.exceptions.HTTPError
            If there is no answer, or redirects do not end.
        """
        import urllib3

        retries = urllib3.Retry(
            total=MOST_REDIRECTS,
            redirect=MOST_REDIRECTS,
            connect=0,
            read=0,
            status=0,
            other=0,
            respect_retry_after_header=False,  # or else a 503 with this header would become an exception that hides it
            remove_headers_on_redirect={*urllib3.Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT, *secret},
        )
        return self._manager(url).request(
            "GET",
            url,
            headers=headers,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=CONNECT, read=READ),
            retries=retries,
        )

    def close(self) -> None:
        """Close all connections."""
        for manager in self._managers.values():
            manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        parts = urlsplit(url)
        proxies = {} if proxy_bypass(parts.hostname or "") else getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        with self._lock:
            if (proxy or "") not in self._managers:
                self._managers[proxy or ""] = self._make(proxy)
            return self._managers[proxy or ""]

    def _make(self, proxy: str | None) -> urllib3.PoolManager:
        import urllib3

        options: dict[str, Any] = {"maxsize": self._connections, "ca_certs": _ca_bundle()}
        return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)


def _ca_bundle() -> str | None:
    """Give the certificates that the environment names, in the order in which requests and curl look for them; else the system's."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        if bundle := os.environ.get(name):
            return bundle
    return None
