"""The way to a server: proxies and certificates from the environment, and names for what goes wrong on it.

Downloads and questions to archives use it alike. Passwords in the addresses of proxies are never shown.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tess_source.download import proxies
from tess_source.errors import NetworkError, QueryError
from tess_source.logins import PORTS, without_user
from tess_source.paths import user_path

__all__ = ["Trouble", "ca_bundle", "proxy_answer", "proxy_of", "through", "trouble_of"]

CA_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Environment variables that name a file or folder of certificates; the first that is set is used."""
NOWHERE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL})
CERTIFICATES = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself",
    19: "one in its chain is signed by itself, and not known here",
    20: "its issuer is not known here",
    62: "it is for another host",
    64: "it is for another address",
}
"""OpenSSL's code → what is wrong with a certificate."""

E = TypeVar("E", bound=BaseException)


class Trouble(NamedTuple):
    """Why a server could not be reached."""

    problem: str
    advice: str
    lasting: bool = False
    """Whether another try would fail in the same way."""

    @property
    def words(self) -> str:
        """The problem and the advice."""
        return f"{self.problem}. {self.advice}" if self.advice else self.problem


# -- proxies --


def proxy_of(url: str) -> str | None:
    """Return the proxy for an address; see `tess_source.download.proxies`, which reads the environment as curl does.

    Raises
    ------
    NetworkError
        If it is no address, or a SOCKS proxy without the package that such proxies need.
    """
    parts = urlsplit(url)
    name, given = proxies.chosen(parts.scheme)
    if not given or not parts.hostname or proxies.is_direct(parts):
        return None
    proxy = proxies.normal(given)
    if proxy is None:  # it holds a password perhaps
        raise NetworkError("proxy", f"{name} is not the address of a proxy", advice="Give one like http://host:port")
    if proxy.startswith("socks") and find_spec("socks") is None:
        raise NetworkError(
            "proxy", f"the SOCKS proxy {without_user(proxy)} needs the package PySocks, which is not installed",
            advice=f"pip install pysocks, or change {name}",
        )  # fmt: skip
    return proxy


def through(url: str, *, answered: bool = False) -> str:
    """Return in words which proxy is on the way; empty without one, or if the server answered through its tunnel, as for https."""
    proxy = None if answered and urlsplit(url).scheme == "https" else proxy_of(url)
    return f", by way of the proxy {without_user(proxy)}" if proxy else ""


# -- certificates --


def ca_bundle() -> str | None:
    """Return the file or folder of certificates that the environment names; None for the default.

    Raises
    ------
    NetworkError
        If there is no such file.
    """
    for name in CA_BUNDLES:
        if given := os.environ.get(name):
            try:
                bundle = user_path(given)
            except QueryError as error:
                raise NetworkError("certificates", f"{name}: {error}") from error
            if not bundle.exists():
                problem = f"there is no file of certificates {str(bundle)!r}, which {name} names"
                raise NetworkError("certificates", problem, advice=f"Correct or remove {name}")
            return str(bundle)
    return None


# -- what went wrong --


def trouble_of(error: BaseException, url: str) -> Trouble | None:
    """Return why a server could not be reached, from an exception of requests or urllib3; None if it was reached.

    Parameters
    ----------
    error : BaseException
    url : str
        The address that was requested.
    """
    from urllib3.exceptions import ProxyError

    causes = list(_causes(error))
    scheme = urlsplit(url).scheme
    proxy = proxy_of(url)
    at_proxy = _first(causes, ProxyError) is not None or (proxy or "").startswith("socks")
    if not at_proxy or proxy is None:
        return _trouble_at(causes, _host_of(causes, url), "")
    who = f"the proxy {without_user(proxy)}"
    for tunnel in (str(cause) for cause in causes):
        if found := re.match(r"Tunnel connection failed: (\d{3}) ?(.*)", tunnel):
            return proxy_answer(int(found[1]), found[2], url)
    origin = f"It is from {proxies.chosen(scheme)[0]}: is that right, and is the proxy up?"
    broken = f"no connection, since {who} breaks it off, or is no proxy"
    return _trouble_at(causes, who, origin) or Trouble(broken, origin)


def proxy_answer(status: int, reason: str, url: str) -> Trouble:
    """Return what it means that a proxy itself answered with an HTTP code."""
    who, origin = f"the proxy {without_user(proxy_of(url) or '')}".rstrip(), proxies.chosen(urlsplit(url).scheme)[0]
    if status == 407:
        advice = f"Give them in {origin} as http://user:password@host:port, with special characters as %40 and the like"
        return Trouble(f"no connection, since {who} asks for another user name and password (HTTP 407)", advice, True)
    said = f"HTTP {status} {reason}".strip()
    advice = f"It is from {origin}: may it be used for this host?"
    return Trouble(
        f"no connection, since {who} answers {said} for {urlsplit(url).hostname}", advice, status in {403, 405}
    )


def _trouble_at(causes: list[BaseException], who: str, advice: str) -> Trouble | None:
    """Return the trouble with one host, which may be a proxy; `advice` is for the trouble of a host that does not answer."""
    from urllib3.exceptions import ConnectTimeoutError

    numbers = {getattr(cause, "errno", None) for cause in causes}
    if _first(causes, ssl.SSLError):
        return _secure_trouble(causes, who, advice)
    if _first(causes, socket.gaierror):
        problem = f"no connection, since the name of {who} is unknown: it cannot be looked up"
        return Trouble(problem, advice or "Is the name right, and is this machine connected to a network?")
    if numbers & NOWHERE:
        return Trouble(f"no network: {who} cannot be reached from this machine", advice or _REACHED)
    if errno.ECONNREFUSED in numbers:
        return Trouble(f"no connection, since {who} refused it ({os.strerror(errno.ECONNREFUSED)})", advice)
    if _first(causes, ConnectTimeoutError):  # the errors above are wrapped in it too
        return Trouble(f"no connection within the time-out: {who} does not answer", advice or _REACHED)
    return None


def _secure_trouble(causes: list[BaseException], who: str, advice: str) -> Trouble:
    """Return the trouble with TLS."""
    if certificate := _first(causes, ssl.SSLCertVerificationError):
        wrong = CERTIFICATES.get(certificate.verify_code, certificate.verify_message)
        problem = f"no secure connection, since the certificate of {who} is refused: {wrong}"
        return Trouble(problem, _about_certificates(), lasting=True)
    tls = _first(causes, ssl.SSLError)
    if isinstance(tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Trouble(f"no secure connection, since {who} breaks it off", advice)
    if any(word in str(tls) for word in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")):
        plain = f"no secure connection, since {who} answers without TLS"
        return Trouble(plain, advice or "Is its address one of http, not https?", lasting=True)
    problem = f"no secure connection to {who}: {getattr(tls, 'reason', None) or tls}"
    return Trouble(problem, advice or _about_certificates(), lasting="X509" in str(tls))


def _about_certificates() -> str:
    """Return which certificates are trusted, and how to name others."""
    if name := next((name for name in CA_BUNDLES if os.environ.get(name)), ""):
        return f"Trusted are those of {os.environ[name]}, which {name} names: does it hold that of your network? Is the clock right?"
    return f"If your network has certificates of its own, name their file in {CA_BUNDLES[0]}. Is the clock right?"


_REACHED = "Is this machine connected to a network, and may it reach that host? Some networks need a proxy: HTTPS_PROXY"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, and those that it wraps in one way or another, each once."""
    seen: set[int] = set()
    left: list[Any] = [error]
    while left:
        one = left.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            inner = (getattr(one, name, None) for name in ("reason", "original_error"))
            left += [*inner, *one.args, one.__cause__]  # not its context, which may be anything that you were handling


def _first(causes: list[BaseException], kind: type[E]) -> E | None:
    return next((cause for cause in causes if isinstance(cause, kind)), None)


def _host_of(causes: list[BaseException], url: str) -> str:
    """Return the host that could not be reached: another than the address's after a redirect."""
    from urllib3.exceptions import MaxRetryError

    last = _first(causes, MaxRetryError)
    pool: Any = getattr(last, "pool", None) if last is not None else None
    parts = urlsplit(url)
    there = (parts.scheme, parts.hostname, parts.port) if pool is None else (pool.scheme, pool.host, pool.port)
    scheme, host, port = there
    return str(host) if port in {None, PORTS.get(scheme)} else f"{host}:{port}"
