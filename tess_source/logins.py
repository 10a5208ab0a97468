"""User names and passwords in addresses: they are taken out, sent to their own host only, and never shown or saved."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from tess_source.errors import QueryError

__all__ = ["PORTS", "Login", "basic", "check_server", "origin", "taken_out", "user_of", "without_user"]

PORTS = {"http": 80, "https": 443}
"""Scheme → the port that an address of it has if it names none."""
_USER = re.compile(r"([a-z][a-z0-9+.-]*://)([^/?#]*)@", re.IGNORECASE)
"""The beginning of an address with a user: all before the last ``@`` of its authority (RFC 3986, section 3.2), as in curl."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password, and the one host that may be sent them."""

    origin: tuple[str, str, int | None]
    """Scheme, host and port."""
    header: str = field(repr=False)
    """Value of the header ``Authorization``."""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for an address: none if it is of another host."""
        return {"Authorization": self.header} if origin(url) == self.origin else {}


def taken_out(url: str) -> tuple[str, Login | None]:
    """Return an http or https address without its user name and password, and these.

    Parameters
    ----------
    url : str
        Special characters of user name and password are percent-encoded.

    Returns
    -------
    url : str
    login : Login or None
        None if there is no user name and no password.
    """
    found = _USER.match(url)
    if found is None or found[1].lower() not in {"http://", "https://"}:
        return url, None
    bare, user = without_user(url), user_of(url)
    return bare, Login(origin(bare), basic(user)) if user.strip(":") else None


def user_of(url: str) -> str:
    """Return ``user:password`` of an address as it stands there; empty if it has none."""
    found = _USER.match(url)
    return found[2] if found else ""


def without_user(url: str) -> str:
    """Return an address without the user name and password that it may have."""
    found = _USER.match(url)
    return found[1] + url[found.end() :] if found else url


def basic(user: str) -> str:
    """Return what is sent for ``user:password``, percent-encoded as in an address: the bytes that curl sends (RFC 7617)."""
    name, _, password = user.partition(":")
    return "Basic " + b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(password)).decode()


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address; what is no address has an origin of its own."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return "", url, None


def check_server(server: str | None) -> None:
    """Raise an error if a server is not an http or https address.

    Raises
    ------
    QueryError
    """
    address = server or "https://none"
    if "@" in address:  # it may hold a password, so it is not shown
        problem = "the server is not an address like 'https://user:password@host:port'"
        raise QueryError(f"{problem}: in user and password, write %2F for /, %3F for ?, %23 for #, %25 for %")
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or not address.isprintable() or " " in address:
        raise QueryError(
            f"the server {server!r} is not an address like 'https://mast.stsci.edu' or 'http://127.0.0.1:8000'"
        )
