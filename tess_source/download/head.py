"""The head of an answer, its status and headers: it is read as HTTP wants it, and refused if it contradicts itself."""

from __future__ import annotations

import contextlib
import re
from email.errors import FirstHeaderLineIsContinuationDefect, InvalidHeaderDefect, MissingHeaderBodySeparatorDefect
from http.client import HTTPException, HTTPMessage, HTTPResponse, RemoteDisconnected, UnknownProtocol, parse_headers
from typing import IO

from tess_source.display.visible import beginning

__all__ = ["NUMBER", "FinalResponse", "HeadError", "head_problem"]

MOST_INTERIM = 20
"""Interim answers (1xx) before the real one, at most."""

NUMBER = r"[0-9]{1,18}"
"""A number of bytes; longer ones are none."""
PLAIN = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([ -~]*)\r\n")
"""A line of a head that all readers read alike."""
LONGEST_LINE, MOST_LINES = 65536, 99
"""Limits of http.client, whose errors are raised."""
BODILESS = frozenset({204, 304})
"""Statuses of answers without a body."""


class HeadError(HTTPException):
    """The head of an answer is not HTTP, or contradicts itself."""


class FinalResponse(HTTPResponse):
    """An answer with a sound head. Interim answers before it are passed over (RFC 9110, section 15.2), not only 100 as in http.client."""

    status: int
    reason: str
    version: int
    headers: HTTPMessage
    msg: HTTPMessage
    code: int
    chunked: bool
    chunk_left: int | None
    will_close: bool
    length: int | None
    """Bytes that are still to come, if known."""
    _begun: bool = False
    """Whether some of the body was read, after which nothing is left in the stream's own buffer."""

    def begin(self) -> None:
        """Read the head.

        Raises
        ------
        HeadError
            If it is none.
        http.client.RemoteDisconnected
            If nothing came.
        """
        if self.headers is not None:
            return
        try:
            version, self.status, reason = self._read_status()
            self.reason = reason.strip()
            self.headers = self.msg = headers_of(self.fp)
            self._frame(version)
        except RemoteDisconnected:
            raise
        except HTTPException as error:
            raise HeadError(f"what came is not HTTP ({type(error).__name__})") from error
        if problem := _problem_of(self.headers):
            raise HeadError(problem)

    def _frame(self, version: str) -> None:
        """Note how the body ends, as http.client does."""
        if version != "HTTP/0.9" and not version.startswith("HTTP/1."):
            raise UnknownProtocol(version)
        self.code = self.status
        self.version = 10 if version in {"HTTP/1.0", "HTTP/0.9"} else 11
        self.chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = self._check_close()  # type: ignore[attr-defined]
        length = self.headers.get("Content-Length", "").strip()
        self.length = int(length) if not self.chunked and re.fullmatch(NUMBER, length) else None
        if self.status in BODILESS or 100 <= self.status < 200 or self._method == "HEAD":  # type: ignore[attr-defined]
            self.length = 0
        if not self.will_close and not self.chunked and self.length is None:
            self.will_close = True

    def read_into(self, buffer: memoryview) -> int:
        """Read what has arrived into a buffer, and return the number of bytes; 0 at the end.

        It is `http.client.HTTPResponse.read1` without new memory for each piece. What came together with the head is returned by itself:
        it would be lost if the next read failed.
        """
        if self.fp is None or self.chunked or not self._begun:
            self._begun = True
            data = self.read1(len(buffer))
            buffer[: len(data)] = data
            return len(data)
        left = len(buffer) if self.length is None else min(self.length, len(buffer))
        count: int = self.fp.raw.readinto(buffer[:left]) or 0
        if self.length is not None:
            self.length -= count
        if not count or self.length == 0:
            self._close_conn()  # type: ignore[attr-defined]
        return count

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM + 1):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == 101:
                return version, status, _as_text(reason)
            parse_headers(self.fp)
        raise HTTPException(f"more than {MOST_INTERIM} interim answers")


def headers_of(stream: IO[bytes]) -> HTTPMessage:
    """Read the headers of an answer, to the empty line behind them.

    `http.client.parse_headers` takes them for an e-mail, which costs more than the rest of a small file's head. So it reads only those that
    have a line which is not plain.

    Raises
    ------
    http.client.HTTPException
        If a line is too long, or there are too many.
    """
    lines: list[bytes] = []
    headers = HTTPMessage()
    while (line := stream.readline(LONGEST_LINE + 1)) != b"\r\n":
        lines.append(line)
        found = PLAIN.fullmatch(line)
        if found is None or len(line) > LONGEST_LINE or len(lines) > MOST_LINES:
            break
        headers.set_raw(found[1].decode(), found[2].decode())
    else:
        return headers
    return parse_headers(_Continued(lines, stream))


class _Continued:
    """A stream from which some lines were read already."""

    def __init__(self, lines: list[bytes], stream: IO[bytes]) -> None:
        self._lines, self._stream = iter(lines), stream

    def readline(self, most: int = -1, /) -> bytes:
        """Return the next line."""
        line = next(self._lines, None)
        return self._stream.readline(most) if line is None else line


def _as_text(reason: str) -> str:
    """Return a reason phrase, in which each character stands for one byte, as most servers that send other than ASCII mean it: in UTF-8."""
    with contextlib.suppress(UnicodeError):
        reason = reason.encode("latin-1").decode()
    return beginning(reason)


def head_problem(error: BaseException) -> str:
    """Return what is wrong with the head of an answer, from an exception of urllib3 or requests; empty if that is not the cause."""
    if isinstance(error, HeadError):
        return str(error)
    inner = (part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException))
    return next(filter(None, map(head_problem, inner)), "")


def _problem_of(headers: HTTPMessage) -> str:
    """Return what is wrong with the headers of an answer, so that its body cannot be told from what follows; empty if nothing is."""
    broken = MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect, InvalidHeaderDefect
    if any(isinstance(defect, broken) for defect in headers.defects):
        return "the head of the answer has a line that is no header"
    lengths = {length.strip() for line in headers.get_all("Content-Length", ()) for length in line.split(",")}
    if not all(re.fullmatch(NUMBER, length) for length in lengths):
        return "the head of the answer gives a length that is no number"
    if len(set(map(int, lengths))) > 1:
        return "the head of the answer gives two different lengths"
    return ""
