"""Asking services politely: each question once, one at a time per host, no file of more than 3 MB, and all of it counted."""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from tess_source.download.probe import Probe, ServiceAnswer
from tess_source.errors import ServiceError
from tess_source.settings import Settings, at_server
from tess_source_mast.hosts import INVOKE

__all__ = ["DOWN", "LARGEST", "Asking", "DownError", "Got", "Question", "Strange"]

LARGEST = 3_000_000
"""Most bytes of one answer."""
HEAD = 16_384
"""Bytes of a list that are read where its beginning is enough."""
DOWN = {407, 408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524}
"""HTTP codes by which a service says that it cannot answer now."""
TOLD = ("Content-Type", "Content-Encoding", "Content-Range", "ETag", "Last-Modified", "Location", "Server")
"""Headers that a report may tell."""
POLLS = 8
"""How often a question that is being worked on is asked again."""


class DownError(Exception):
    """A service does not answer, or says that it cannot now."""


class Strange(ValueError):  # noqa: N818  it says of an answer that it is strange
    """An answer that is not of the form that is looked at."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    url: str
    form: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    most: int = HEAD


@dataclass(frozen=True, slots=True)
class Got:
    """What came."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float
    whole: bool
    """Whether the body is all that there was."""

    @property
    def plain(self) -> bytes:
        """The body, unpacked as far as it is here."""
        if self.headers.get("Content-Encoding", "").lower() != "gzip":
            return self.body
        try:
            return zlib.decompressobj(wbits=31).decompress(self.body, 40 * LARGEST)
        except zlib.error as error:
            raise Strange(f"a body that cannot be unpacked: {error}") from error

    @property
    def text(self) -> str:
        """The body as text."""
        return self.plain.decode("utf-8-sig", "replace")

    @property
    def lines(self) -> list[str]:
        """The lines of the body that are here in full."""
        lines = self.text.splitlines()
        return lines if self.whole else lines[:-1]

    @property
    def json(self) -> Any:
        """The body as JSON, of an answer with status 200."""
        if self.status != 200:
            raise Strange(self.said)
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise Strange(f"HTTP {self.status}, and no JSON: {self.text[:120]}") from error

    @property
    def said(self) -> str:
        """Status and telling headers in one line; no cookies, and no queries of addresses, which may be signed."""
        told = {name: self.headers[name].partition("?")[0] for name in TOLD if name in self.headers}
        return ", ".join([f"HTTP {self.status}", *(f"{name}: {value}" for name, value in told.items())])


Carry: TypeAlias = Callable[[Question], Got]
"""Asks one question; raises DownError."""


class Asking:
    """The questions of a run.

    Parameters
    ----------
    server : str, optional
        Base URL of a server in the place of all hosts, e.g. a sample archive.
    seconds : float
        Longest wait for the head of an answer, and for its body.
    carry : callable, optional
        What asks in place of the network.
    """

    def __init__(self, server: str | None = None, seconds: float = 25.0, carry: Carry | None = None) -> None:
        self._settings = Settings(server)
        self.server = self._settings.server
        self._probe = Probe(seconds)
        self._carry = carry or self._asked
        self._known: dict[Question, Got] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self.requests: Counter[str] = Counter()
        """Requests per host."""
        self.bytes: Counter[str] = Counter()
        """Bytes of bodies per host, as they came."""
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds to the head of each answer, per host."""
        self.executing = 0
        """Answers that said that the question is being worked on."""
        self.pause = 1.0
        """Before a question that is being worked on is asked again [s]."""

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, most: int = HEAD, form: str = "") -> Got:
        """Ask, and return the answer, of whatever status. What has been answered is not asked again.

        Raises
        ------
        DownError
            If there is none.
        """
        question = Question(at_server(url, self._settings), form, tuple(sorted((headers or {}).items())), most)
        with self._locks[urlsplit(url).netloc]:
            got = self._known.get(question) or self._counted(urlsplit(url).netloc, question)
            if got.status not in DOWN:  # the next line may have more luck
                self._known[question] = got
            return got

    def file(self, url: str, headers: Mapping[str, str] | None = None, *, most: int = HEAD) -> Got:
        """Ask for a file, also where redirects lead, but for a service that says that it cannot now."""
        for _ in range(5):
            got = self.up(self.get(url, headers, most=most))
            if not (300 < got.status < 400 and got.status != 304 and "Location" in got.headers):
                return got
            url = urljoin(url, got.headers["Location"])
        raise Strange("redirects that do not end")

    def up(self, got: Got) -> Got:
        """Return an answer, unless it says that the service cannot answer now."""
        if got.status in DOWN:
            raise DownError(f"HTTP {got.status}")
        return got

    def portal(self, service: str, params: Mapping[str, Any], **more: Any) -> Any:
        """Ask the portal as astroquery does, and return its answer, of whatever status but EXECUTING.

        Raises
        ------
        DownError
        """
        return self.up(self.portal_reply(service, params, **more)).json

    def portal_reply(self, service: str, params: Mapping[str, Any], **more: Any) -> Got:
        """Ask the portal as astroquery does: again and again, until the question is no longer being worked on."""
        question = {"service": service, "params": params, "format": "json", **more}
        form = f"request={quote(json.dumps(question))}"
        for poll in range(POLLS):
            # a header that no server looks at makes each poll a question of its own
            got = self.get(INVOKE, {"X-Poll": str(poll)} if poll else {}, most=LARGEST, form=form)
            if got.status != 200 or not (isinstance(got.json, dict) and got.json.get("status") == "EXECUTING"):
                return got
            self.executing += 1
            time.sleep(self.pause)
        raise DownError(f"still EXECUTING after {POLLS} questions")

    def _counted(self, host: str, question: Question) -> Got:
        self.requests[host] += 1
        got = self._carry(question)
        self.bytes[host] += len(got.body)
        self.times[host].append(got.seconds)
        return got

    def _asked(self, question: Question) -> Got:
        try:
            answer: ServiceAnswer = self._probe.ask(
                question.url, form=question.form, headers=dict(question.headers), most=question.most
            )
        except ServiceError as error:
            raise DownError(error.problem) from error
        return Got(answer.status, answer.headers, answer.body, answer.seconds, answer.whole)
