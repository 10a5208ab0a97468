"""Rules by which the sample archive misbehaves: the same way every time, counted.

A rule strikes the requests that its `match` fits, after letting `after` of them pass, `times` times. The first rule of
the list that strikes a request is the only one; latencies add to it. What a rule does is one small function here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from tess_source_sample.exchange import HttpRequest, Reply

IDENTITY = {"x-amz-request-id": "SAMPLE0000000000", "x-amz-id-2": "c2FtcGxl"}
"""Headers by which an object store numbers its answers."""
FOREVER = {"always", "all", "none", "inf"}
"""What may be written for `times` on the command line instead of a number."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    Raises
    ------
    ValueError
        If there is no such kind.
    """

    kind: str
    """One of `KINDS`."""
    match: str = ""
    """Text that occurs in the request: in its path, its decoded query or its form (``"Mast.Caom.Products"``)."""
    times: int | None = 1
    """How many requests it strikes; ``None``: all."""
    after: int = 0
    """How many matching requests pass unharmed first."""
    status: int = 503
    """HTTP status (kind ``status``)."""
    retry_after: float | None = None
    """Seconds in the header ``Retry-After`` (kind ``status``)."""
    seconds: float = 1.0
    """Length of a ``latency`` or a ``stall``."""
    rate: float = 100_000.0
    """Bytes per second (kind ``slow``)."""
    at: float = 0.5
    """Where in the body it strikes: a fraction up to 1, or a number of bytes."""
    by: int = 1000
    """How many bytes too many ``wrong-length`` claims; negative: too few."""
    chunked: bool = True
    """``no-length``: chunks, or else the end of the connection ends the body."""
    message: str = "Timeout expired. The timeout period elapsed prior to completion of the operation."
    """``msg`` of a ``json-error``."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(sorted(KINDS))}")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read a rule as it is written on a command line.

        Parameters
        ----------
        text : str
            ``KIND[:VALUE][:NAME=VALUE]…``, as ``"status:503:times=2:match=Products"``, ``"latency:0.5:times=always"``.
            VALUE alone is the kind's main quantity: the status, the seconds, the rate, or where it strikes.

        Returns
        -------
        Fault

        Raises
        ------
        ValueError
            If the kind or a name is unknown, or a value is no number.
        """
        kind, *parts = text.split(":")
        options: dict[str, str] = {}
        if parts and "=" not in parts[0]:
            options[MAIN.get(kind, "at")] = parts.pop(0)
        last = ""
        for part in parts:
            name, equals, value = part.partition("=")
            if equals and name in _OPTIONS:
                options[name], last = value, name
            elif last == "match":  # addresses have colons of their own
                options[last] += f":{part}"
            else:
                raise ValueError(f"a fault has no {name!r}; it has {', '.join(_OPTIONS)}")
        return cls(kind, **{name: _OPTIONS[name](value) for name, value in options.items()})

    def offset(self, body: bytes) -> int:
        """Return where in a body it strikes [byte].

        Parameters
        ----------
        body : bytes
            The body.
        """
        return int(len(body) * self.at) if self.at <= 1 else min(int(self.at), len(body))


class Faults:
    """The rules of one archive with their counters. Safe to use from many threads."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._seen: list[int] = []
        self._struck: list[int] = []
        for rule in rules:
            self.add(rule)

    def add(self, rule: Fault) -> None:
        """Add a rule; it counts from now on."""
        with self._lock:
            self._rules.append(rule)
            self._seen.append(0)
            self._struck.append(0)

    def clear(self) -> None:
        """Drop all rules: the archive answers without faults from now on."""
        with self._lock:
            self._rules, self._seen, self._struck = [], [], []

    @property
    def struck(self) -> int:
        """How many requests were struck so far, latencies included."""
        with self._lock:
            return sum(self._struck)

    def strike(self, subject: str) -> list[Fault]:
        """Count a request and return the rules that strike it: any number of latencies, and at most one other."""
        chosen: list[Fault] = []
        with self._lock:
            for n, rule in enumerate(self._rules):
                if rule.match not in subject:
                    continue
                self._seen[n] += 1
                due = self._seen[n] > rule.after and (rule.times is None or self._struck[n] < rule.times)
                free = rule.kind == "latency" or all(other.kind == "latency" for other in chosen)
                if due and free:
                    self._struck[n] += 1
                    chosen.append(rule)
        return chosen


def mislead(request: HttpRequest, faults: Iterable[Fault]) -> HttpRequest:
    """Return the request as the archive is to understand it."""
    for fault in faults:
        if fault.kind == "ignore-range":
            headers = {name: value for name, value in request.headers.items() if name not in {"range", "if-range"}}
            request = replace(request, headers=headers)
        elif fault.kind == "ignore-conditions":
            names = {"if-none-match", "if-modified-since"}
            headers = {name: value for name, value in request.headers.items() if name not in names}
            request = replace(request, headers=headers)
        elif fault.kind == "changed":
            request = replace(request, changed=True)
    return request


def spoil(reply: Reply, request: HttpRequest, faults: Iterable[Fault], mirror: str) -> Reply:
    """Return the reply as it is to be sent.

    Parameters
    ----------
    reply : Reply
        What an honest archive would send.
    request : HttpRequest
        What it answers.
    faults : iterable of Fault
        The rules that strike.
    mirror : str
        Base URL of the second port, for redirects.
    """
    for fault in faults:
        reply = KINDS[fault.kind](fault, reply, request, mirror)
    return reply


def page(status: int, title: str) -> Reply:
    """Return a page as gateways and proxies send it in place of an answer."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n".encode()
    return Reply(status, {"Content-Type": "text/html; charset=utf-8"}, body)


def store_error(status: int, code: str, message: str, **more: str) -> Reply:
    """Return an error of an object store."""
    said = {
        "Code": code,
        "Message": message,
        **more,
        "RequestId": IDENTITY["x-amz-request-id"],
        "HostId": IDENTITY["x-amz-id-2"],
    }
    elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{elements}</Error>'.encode()
    return Reply(status, {**IDENTITY, "Content-Type": "application/xml"}, body)


def _as_is(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    del fault, request, mirror  # these work on the request, in `mislead`
    return reply


def _latency(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, delay=reply.delay + fault.seconds)


def _status(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    failed = page(fault.status, f"{fault.status} Error")
    if fault.retry_after is None:
        return failed
    return replace(failed, headers={**failed.headers, "Retry-After": f"{fault.retry_after:g}"})


def _slow_down(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return store_error(503, "SlowDown", "Please reduce your request rate.")


def _truncate(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, stop_at=fault.offset(reply.body))


def _reset(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, stop_at=fault.offset(reply.body), reset=True)


def _slow(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, rate=fault.rate)


def _stall(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, pause_at=fault.offset(reply.body), pause=fault.seconds)


def _wrong_length(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, length=max(0, len(reply.body) + fault.by))


def _html(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return page(200, "The archive is down for maintenance")


def _no_length(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, framing="chunked" if fault.chunked else "close")


def _location(request: HttpRequest, base: str) -> dict[str, str]:
    query = urlencode([(key, value) for key, values in request.query.items() for value in values])
    return {"Location": f"{base}{request.path}" + (f"?{query}" if query else "")}


def _redirect(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    # 307 keeps a POST a POST.
    return Reply(302 if request.method != "POST" else 307, _location(request, mirror))


def _redirect_loop(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return Reply(302 if request.method != "POST" else 307, _location(request, ""))


def _garbage(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return replace(reply, body=flipped(reply.body, fault.offset(reply.body)))


def flipped(body: bytes, at: int) -> bytes:
    """Return the same number of bytes with 64 of them, from `at` on, inverted."""
    end = min(len(body), at + 64)
    start = max(0, end - 64)
    return body[:start] + bytes(byte ^ 0xFF for byte in body[start:end]) + body[end:]


def _json(value: object) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(value).encode())


def _json_error(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return _json({"status": "ERROR", "msg": fault.message, "data": [], "fields": [], "paging": None})


def _empty(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    paging = {"page": 1, "pageSize": 50000, "pagesFiltered": 0, "rows": 0, "rowsFiltered": 0, "rowsTotal": 0}
    answer = {"status": "COMPLETE", "msg": "", "data": [], "fields": [], "paging": paging}
    if request.path.endswith("/invoke") and reply.status == 200:
        answer["fields"] = json.loads(reply.body).get("fields", [])
    return _json(answer)


def _bad_json(fault: Fault, reply: Reply, request: HttpRequest, mirror: str) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, b'{"status": "COMPLETE", "msg": "", "data": [{"obs')


KINDS: dict[str, Callable[[Fault, Reply, HttpRequest, str], Reply]] = {
    "latency": _latency,
    "status": _status,
    "slow-down": _slow_down,
    "truncate": _truncate,
    "reset": _reset,
    "slow": _slow,
    "stall": _stall,
    "wrong-length": _wrong_length,
    "html": _html,
    "no-length": _no_length,
    "redirect": _redirect,
    "redirect-loop": _redirect_loop,
    "ignore-range": _as_is,
    "ignore-conditions": _as_is,
    "changed": _as_is,
    "garbage": _garbage,
    "json-error": _json_error,
    "empty": _empty,
    "bad-json": _bad_json,
}
"""What each kind does to an honest reply."""

MAIN = {"status": "status", "latency": "seconds", "stall": "seconds", "slow": "rate", "wrong-length": "by"}
"""Which option a value without a name sets; ``at`` for kinds that are not here."""


def _times_of_text(text: str) -> int | None:
    return None if text.lower() in FOREVER else int(text)


def _flag_of_text(text: str) -> bool:
    return text.lower() in {"1", "true", "yes"}


_CONVERTERS: dict[str, Callable[[str], Any]] = {
    "times": _times_of_text,
    "after": int,
    "status": int,
    "by": int,
    "retry_after": float,
    "seconds": float,
    "rate": float,
    "at": float,
    "chunked": _flag_of_text,
}
_OPTIONS: dict[str, Callable[[str], Any]] = {
    item.name: _CONVERTERS.get(item.name, str) for item in fields(Fault) if item.name != "kind"
}
