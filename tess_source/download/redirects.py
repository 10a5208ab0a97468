"""Redirects: where one leads, and which are not followed."""

from __future__ import annotations

import contextlib
from urllib.parse import urljoin, urlsplit

from tess_source.logins import origin, without_user

__all__ = ["MOST_REDIRECTS", "RedirectError", "next_address", "same_origin"]

MOST_REDIRECTS = 5
"""Redirects in a row that are followed."""

NO_ADDRESS = "the server redirects to what is no address"


class RedirectError(Exception):
    """A redirect that is not followed.

    Parameters
    ----------
    problem : str
    lasting : bool
        Whether another try would fail in the same way.
    """

    def __init__(self, problem: str, *, lasting: bool = False) -> None:
        self.lasting: bool = lasting
        super().__init__(problem)


def next_address(url: str, location: str, *, insecure: bool) -> str:
    """Return the address to which a redirect leads.

    Parameters
    ----------
    url : str
        The address that was asked.
    location : str
        The header ``Location`` of the answer, in which each character stands for one byte.
    insecure : bool
        Whether a redirect from https to http is allowed.

    Raises
    ------
    RedirectError
        If it leads nowhere, or must not be followed.
    """
    from urllib3.exceptions import LocationValueError
    from urllib3.util import parse_url

    with contextlib.suppress(UnicodeError):  # most servers that send other than ASCII mean UTF-8
        location = location.encode("latin-1").decode()
    if not location.strip():
        raise RedirectError("the server redirects, and does not say where")
    try:
        parts = parse_url(urljoin(url, location.strip()))
        given = urlsplit(location.strip())
        sound = bool(parts.host and (given.netloc or not given.scheme)) or parts.scheme not in {"http", "https"}
    except (ValueError, LocationValueError):
        raise RedirectError(NO_ADDRESS) from None
    if not sound:
        raise RedirectError(NO_ADDRESS)
    if parts.scheme not in {"http", "https"}:
        raise RedirectError(f"the server redirects to an address of {parts.scheme!r}; http and https are followed")
    if urlsplit(url).scheme == "https" and parts.scheme == "http" and not insecure:
        raise RedirectError(
            f"the server redirects from https to http, to {parts.host}, where anyone may read and change what is sent; if this must be, "
            "set TESS_SOURCE_INSECURE_REDIRECTS=1",
            lasting=True,
        )
    return parts.url


def same_origin(one: str, other: str) -> bool:
    """Return whether two addresses have the same scheme, host and port."""
    from urllib3.util import parse_url

    first, second = (parse_url(without_user(url)).url for url in (one, other))
    return origin(first) == origin(second)
