"""Faults between an archive and a disk, each as actions of a server, and what happens to the file.

``python tests/helpers/faults.py`` writes the table into ``docs/downloads.md``; ``test_faults.py`` proves every line of it.
"""

from __future__ import annotations

import gzip
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from places import DOCS
from serving import (
    Act,
    Handler,
    Server,
    chunked,
    content,
    empty,
    etag,
    page,
    redirect,
    reset,
    send,
    shorter,
    stalled,
    status,
    truncated,
)

BEGIN, END = "<!-- faults -->", "<!-- /faults -->"
PAGE = DOCS / "downloads.md"


@dataclass(frozen=True)
class Fault:
    """One fault."""

    words: str
    acts: tuple[Act, ...]
    """What the server does at each request for the file; the last one again and again."""
    error: str = ""
    """Error of the entry (a regular expression); empty if the file is complete in the end, byte for byte."""
    resumed: bool = False
    """Whether only the rest is fetched after the fault."""
    locked: bool = False
    """Whether the plan knows the sha256."""
    sized: bool = True
    """Whether the archive's list has sizes."""


def cut(at: float, **headers: str) -> Act:
    """Break off the connection somewhere in the body, also in that of a continuation."""

    def act(handler: Handler, body: bytes) -> None:
        wanted = handler.headers.get("Range", "")
        start = int(wanted[6:-1]) if wanted else 0
        rest = body[start:]
        handler.send_response(206 if start else 200)
        for name, value in ({"ETag": etag(body)} | headers).items():
            if value:
                handler.send_header(name.replace("_", "-"), value)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        handler.send_header("Content-Length", str(len(rest)))
        handler.end_headers()
        handler.wfile.write(rest[: int(len(rest) * at)])
        handler.close_connection = True

    return act


def broken(handler: Handler, body: bytes) -> None:
    """Reset the connection in the middle of the body."""
    handler.send_response(200)
    handler.send_header("ETag", etag(body))
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:10_000])
    handler.wfile.flush()
    time.sleep(0.02)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.rfile.close()
    handler.connection.close()
    handler.close_connection = True


def whole(handler: Handler, body: bytes) -> None:
    """Ignore Range."""
    handler.answer(body, ETag=etag(body))


def part(first: int = 0, last: int = 0, total: int = 0, tag: str | None = None, body_from: int = 0) -> Act:
    """Answer a Range with a 206 that is off by so many bytes, or of another version."""

    def act(handler: Handler, body: bytes) -> None:
        start = int(handler.headers["Range"][6:-1])
        where = f"bytes {start + first}-{len(body) - 1 + last}/{len(body) + total}"
        handler.answer(body[start + body_from :], 206, ETag=etag(body) if tag is None else tag, Content_Range=where)

    return act


def no_range(handler: Handler, body: bytes) -> None:
    """Answer a Range with a 206 that does not say which part it is."""
    handler.answer(body[int(handler.headers["Range"][6:-1]) :], 206, ETag=etag(body))


def spoiled(spoil: Callable[[bytes], bytes]) -> Act:
    """Send other bytes than those of the file."""
    return lambda handler, body: handler.answer(spoil(body))


def flipped(body: bytes) -> bytes:
    return body[:20_001] + bytes([body[20_001] ^ 0x10]) + body[20_002:]


def zeroed(body: bytes) -> bytes:
    return body[:12_288] + bytes(4096) + body[16_384:]


def longer(handler: Handler, body: bytes) -> None:
    handler.answer(body + b"\0" * 2880)


def too_much(handler: Handler, body: bytes) -> None:
    """Send more than the file without saying how much."""
    chunked(handler, body + b"\0" * 2880)


def chunked_cut(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(f"{len(body):x}\r\n".encode() + body[:9000])
    handler.close_connection = True


def until_closed(amount: float) -> Act:
    """Send a body that ends with the connection, as in HTTP/1.0."""

    def act(handler: Handler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body[: int(len(body) * amount)])
        handler.close_connection = True

    return act


def trickle(handler: Handler, body: bytes) -> None:
    """Send a few bytes now and then, for ever: no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    assert isinstance(handler.server, Server)
    for start in range(0, 400, 4):
        handler.wfile.write(body[start : start + 4])
        handler.wfile.flush()
        if handler.server.release.wait(0.02):
            break
    handler.close_connection = True


def slow(handler: Handler, body: bytes) -> None:
    """Send slowly, but above what counts as stalled."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for start in range(0, len(body), 4000):
        handler.wfile.write(body[start : start + 4000])
        handler.wfile.flush()
        time.sleep(0.03)


def silent(handler: Handler, body: bytes) -> None:
    """Take the request, and say nothing."""
    assert isinstance(handler.server, Server)
    handler.server.release.wait(5)
    handler.close_connection = True


def raw(text: bytes) -> Act:
    """Say something that is not HTTP."""

    def act(handler: Handler, body: bytes) -> None:
        handler.wfile.write(text)
        handler.close_connection = True

    return act


def interim(handler: Handler, body: bytes) -> None:
    """Send an interim answer first (RFC 9110, section 15.2)."""
    handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    send(handler, body)


def circle(handler: Handler, body: bytes) -> None:
    handler.answer(b"", 302, Location=handler.path)


DATE = "Mon, 01 Jan 2024 00:00:00 GMT"


def dated(handler: Handler, body: bytes) -> None:
    """Continue a file whose versions only a date tells apart."""
    start = int(handler.headers["Range"][6:-1])
    where = f"bytes {start}-{len(body) - 1}/{len(body)}"
    assert handler.headers["If-Range"] == DATE
    handler.answer(body[start:], 206, Last_Modified=DATE, Content_Range=where)


def compressed(handler: Handler, body: bytes) -> None:
    """Compress though the client wants the bytes as they are."""
    handler.answer(gzip.compress(body), Content_Encoding="gzip")


def lengths(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Content-Length", str(len(body) + 1))
    handler.end_headers()
    handler.wfile.write(body)
    handler.close_connection = True


def other_file(handler: Handler, body: bytes) -> None:
    handler.answer(content(99))


def maintenance(handler: Handler, body: bytes) -> None:
    handler.answer(b"<!DOCTYPE html>\n<html>down for maintenance</html>", Content_Type="text/html; charset=utf-8")


FOUR = "(tried 4 times)"
CUT = cut(0.5)
FAULTS = (
    Fault("body cut once", (CUT, send), resumed=True),
    Fault("body cut three times", (CUT, CUT, CUT, send), resumed=True),
    Fault("body cut before its first byte", (cut(0.0), send)),
    Fault("body cut at its last byte", (cut(0.99997), send), resumed=True),
    Fault("body cut once; versions differ only by date", (cut(0.5, ETag="", Last_Modified=DATE), dated), resumed=True),
    Fault("body cut once; weak tag", (cut(0.5, ETag='W/"1"'), send)),
    Fault("body cut, then Range is ignored", (CUT, whole)),
    Fault("body cut, then 206 from a wrong place", (CUT, part(first=-10, body_from=-10), send)),
    Fault("body cut, then 206 to a wrong end", (CUT, part(last=-1), send)),
    Fault("body cut, then 206 of another length", (CUT, part(total=5), send)),
    Fault("body cut, then 206 of another version", (CUT, part(tag='"other"'), send)),
    Fault("body cut, then 206 without a tag", (CUT, part(tag=""), send)),
    Fault("body cut, then 206 without its range", (CUT, no_range, send)),
    Fault("body cut, then 416", (CUT, status(416), send)),
    Fault("body cut, then an HTML page", (CUT, page, send)),
    Fault("body cut, then 503, then the rest", (CUT, status(503), send), resumed=True),
    Fault("body always cut, no mark of the version", (truncated,), f"the connection broke.*{FOUR}"),
    Fault("connection reset in the body", (broken, send)),  # the system may throw away what had come: nothing to resume
    Fault("connection closed without an answer", (reset, send)),
    Fault("connection always closed without an answer", (reset,), FOUR),
    Fault("chunked body, no length", (chunked,)),
    Fault("chunked body cut", (chunked_cut, send)),
    Fault("body ends with the connection", (until_closed(1.0),)),
    Fault("body ends with the connection, too early", (until_closed(0.5), send)),
    Fault("the same, size unknown", (until_closed(0.5), send), sized=False),
    Fault("empty body", (empty, send)),
    Fault("empty body, size unknown", (empty, send), sized=False),
    Fault("Content-Length too large", (truncated, send)),
    Fault("file shorter than the archive's list says", (shorter,), r"31,680 are expected \(tried 4"),
    Fault("file longer than the archive's list says", (longer,), r"31,680 are expected \(tried 4"),
    Fault("more bytes than the list says, no length", (too_much, send)),
    Fault("extra bytes at the end, size unknown", (too_much, send), sized=False),
    Fault("two different Content-Length", (lengths, send)),
    Fault("one bit flipped", (spoiled(flipped), send)),
    Fault("one bit always flipped", (spoiled(flipped),), "CHECKSUM.*the same bytes came twice"),
    Fault("a page of zeros in the middle", (spoiled(zeroed), send)),
    Fault("another whole file of the same size, with a lock", (other_file, send), locked=True),
    Fault("always another whole file, with a lock", (other_file,), "its bytes are others than expected", locked=True),
    Fault("HTML page of the right size", (page, send)),
    Fault("always an HTML page of the right size", (page,), f"an HTML page.*{FOUR}"),
    Fault("HTML page of another size", (maintenance, send)),
    Fault("always an HTML page, size unknown", (maintenance,), f"an HTML page.*{FOUR}", sized=False),
    Fault("compressed in transfer without being asked", (compressed,), "the server offers"),
    Fault("no answer", (silent, send)),
    Fault("body stops without an end", (stalled, send)),
    Fault("a trickle below the rate floor", (trickle, send)),
    Fault("slow, above the rate floor", (slow,)),
    Fault("429 with Retry-After", (status(429, Retry_After="1"), send)),
    Fault("503 with Retry-After", (status(503, Retry_After="1"), send)),
    Fault("503 always", (status(503),), f"503 Service Unavailable {FOUR[:-1]}".replace("(", r"\(")),
    Fault("500", (status(500), send)),
    Fault("502", (status(502), send)),
    Fault("504", (status(504), send)),
    Fault("408", (status(408), send)),
    Fault("401", (status(401),), "401 Unauthorized"),
    Fault("403", (status(403),), "403 Forbidden"),
    Fault("404", (status(404),), "404 Not Found"),
    Fault("410", (status(410),), "410 Gone"),
    Fault("204", (status(204),), "204 No Content"),
    Fault("206 without a Range", (status(206),), "206 Partial Content"),
    Fault("redirect that does not end", (circle,), "the redirects do not end"),
    Fault("redirect to nothing", (redirect("/none"),), "404 Not Found"),
    Fault("redirect to a file of this machine", (redirect("file:///etc/hostname"),), FOUR),
    Fault("redirect to a closed port", (redirect("http://127.0.0.1:9/x"),), f"refused.*{FOUR}"),
    Fault("redirect without an address", (status(302),), "302 Found"),
    Fault("an interim answer first", (interim,)),
    Fault("not HTTP at all", (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), send)),
    Fault("headers that do not end", (raw(b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 200 + b"\r\n"), send)),
)


def table() -> str:
    """Return the table of all faults and their results."""
    lines = ["| fault | the file |", "|---|---|"]
    for fault in FAULTS:
        comes = "complete (resumed)" if fault.resumed else "complete"
        lines.append(f"| {fault.words} | {'missing; the entry has the reason' if fault.error else comes} |")
    return "\n".join(lines)


def written(text: str) -> str:
    """Return the page with the table inserted."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
    sys.exit(0)
