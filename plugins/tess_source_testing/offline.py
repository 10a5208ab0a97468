"""No connections to other machines."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def no_connections() -> Iterator[None]:
    """Refuse to look up hosts, while the block lasts."""
    real = socket.getaddrinfo

    def refused(host: Any, *_args: Any, **_words: Any) -> Any:
        raise RuntimeError(f"a connection to {host!r} was tried")

    vars(socket)["getaddrinfo"] = refused
    try:
        yield
    finally:
        vars(socket)["getaddrinfo"] = real
