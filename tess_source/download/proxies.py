"""Which proxy the environment names for an address: curl's rules, for questions to archives and for downloads.

``http_proxy`` is for http, ``https_proxy`` or ``HTTPS_PROXY`` for https, ``all_proxy`` or ``ALL_PROXY`` for what these do not name. A name
in lower case goes first, and a variable that is empty counts as unset. ``HTTP_PROXY`` is not read: behind a web server, a stranger sets it
with a header ``Proxy``. ``no_proxy`` or ``NO_PROXY`` lists the hosts that are asked directly.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Any
from urllib import request
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urlsplit

from tess_source.logins import PORTS, basic, user_of, without_user

__all__ = ["chosen", "headers", "is_direct", "normal", "user_and_password"]

SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
SYSTEM = "the proxy in the system's settings"
_system_proxies: Any = getattr(request, "getproxies_macosx_sysconf", getattr(request, "getproxies_registry", dict))
_system_bypass: Any = getattr(
    request, "proxy_bypass_macosx_sysconf", getattr(request, "proxy_bypass_registry", lambda host: False)
)
"""The settings of macOS and Windows, which hold where no variable names a proxy."""


def chosen(scheme: str) -> tuple[str, str]:
    """Return the variable that names the proxy for addresses of a scheme, and its value, which is empty if there is none."""
    variables = _proxy_variables(scheme)
    if name := next((name for name in variables if os.environ.get(name, "").strip()), ""):
        return name, os.environ[name].strip()
    return SYSTEM, str(_system_proxies().get(scheme, ""))


def _proxy_variables(scheme: str) -> list[str]:
    names = [name for word in (scheme, "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())]
    return [name for name in names if name != "HTTP_PROXY"]


def is_direct(address: SplitResult) -> bool:
    """Return whether ``no_proxy`` names the host of an address.

    Its entries are separated by commas or blanks. ``*`` alone stands for all hosts. A name stands for itself and for all names below it,
    with or without a dot in front. An IP address may be one of IPv6, in brackets or not, or a network in CIDR notation. An entry may end in
    a port, which curl does not know: then it holds for this port only.
    """
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    host, port = (address.hostname or "").rstrip("."), address.port or PORTS.get(address.scheme)
    if listed.strip() == "*" or any(_is_named(host, port, entry) for entry in re.split(r"[\s,]+", listed) if entry):
        return True
    return not os.environ.get("no_proxy", os.environ.get("NO_PROXY")) and bool(_system_bypass(host))


def _is_named(host: str, port: int | None, entry: str) -> bool:
    """Return whether an entry of ``no_proxy`` names a host."""
    if found := re.fullmatch(r"(\[.*\]|[^:]*):(\d{1,5})", entry):
        return int(found[2]) == port and _is_named(host, port, found[1])
    name = entry.strip("[]")
    try:
        return ipaddress.ip_address(host.partition("%")[0]) in ipaddress.ip_network(name, strict=False)
    except ValueError:  # one of them is a name
        name = name.lower().strip(".")
        return bool(name) and f".{host}".endswith(f".{name}") and not _is_ip(host)


def _is_ip(host: str) -> bool:
    return ":" in host or re.fullmatch(r"[\d.]+", host) is not None


def normal(given: str) -> str | None:
    """Return the address of a proxy in its normal form, ``scheme://user:password@host:port``; None if it is not the address of one.

    Parameters
    ----------
    given : str
        Without a scheme, http is meant.
    """
    address = given if "://" in given else f"http://{given}"
    bare, user = without_user(address), user_of(address)
    try:
        parts = urlsplit(bare)
        known = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0 and "@" not in bare
    except ValueError:
        return None
    if not known:
        return None
    quoted = ":".join(quote(unquote_to_bytes(part), safe="") for part in user.split(":", 1)) if user.strip(":") else ""
    return f"{parts.scheme}://{quoted}{'@' if quoted else ''}{parts.netloc}"


def headers(proxy: str) -> dict[str, str]:
    """Return the header with the user and password of a proxy, in normal form; empty if it has none."""
    user = user_of(proxy)
    return {"Proxy-Authorization": basic(user)} if user else {}


def user_and_password(proxy: str) -> tuple[str | None, str | None]:
    """Return user and password of a SOCKS proxy, in normal form; None if it has none."""
    name, _, password = user_of(proxy).partition(":")
    return (unquote(name), unquote(password)) if name else (None, None)
