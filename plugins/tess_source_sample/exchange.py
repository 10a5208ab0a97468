"""One HTTP exchange of the sample archive as plain values: what was asked, and what is to be sent in which manner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a client asked."""

    method: str
    """``"GET"``, ``"HEAD"`` or ``"POST"``."""
    path: str
    """Path without the query."""
    query: Mapping[str, tuple[str, ...]]
    """Decoded query."""
    body: Mapping[str, str]
    """Decoded form fields of a POST."""
    headers: Mapping[str, str]
    """Header fields, names in lower case."""
    raw: bytes = b""
    """Body as it came."""
    port: int = 0
    """Port that it came to."""
    changed: bool = False
    """Whether another version of the file than the usual one is to be served."""

    def first(self, name: str) -> str:
        """Return the first value of a query field, or an empty string."""
        return self.query.get(name, ("",))[0]

    @property
    def subject(self) -> str:
        """The text in which faults look for their `match`: method, path, decoded query and form."""
        query = "&".join(f"{key}={value}" for key, values in self.query.items() for value in values)
        form = "&".join(f"{key}={value}" for key, value in self.body.items())
        return f"{self.method} {self.path}?{query} {form}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is to be sent, and how honestly."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    """Seconds before the first byte."""
    stop_at: int | None = None
    """Bytes of the body after which the connection breaks."""
    reset: bool = False
    """Break it by a reset (RST) rather than a close (FIN)."""
    pause_at: int | None = None
    """Bytes of the body after which nothing comes for `pause` seconds."""
    pause: float = 0.0
    rate: float | None = None
    """Bytes per second; ``None``: as fast as it goes."""
    length: int | None = None
    """``Content-Length`` to claim instead of the true one."""
    framing: Literal["length", "chunked", "close"] = "length"
    """How the client learns where the body ends."""
