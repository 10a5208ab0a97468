"""A small server that does as it is told, and files for it: what tests of downloads share."""

from __future__ import annotations

import hashlib
import re
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WHOLE = 31_680
"""Bytes of a toy file: a header and ten blocks of data."""


@cache
def content(number: int, size: int = WHOLE) -> bytes:
    """Give the bytes of a small FITS file with the sum of its data; they differ from file to file."""
    data = (f"{number:06d}".encode() * WHOLE)[: WHOLE - 2880]
    total = sum(struct.unpack(f">{len(data) // 4}I", data))
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    cards = ["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    1"]
    cards += [f"NAXIS1  = {len(data):20d}", f"DATASUM = '{total}'", "END"]
    return ("".join(card.ljust(80) for card in cards).ljust(2880).encode() + data)[:size]


# -- a server that does as it is told --------------------------------------------------------------------------------------------

Act = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Or else a body waits for the receipt of its head."""
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        path = self.path.removeprefix(self.server.url)  # a proxy is asked for the whole address
        with self.server.lock:
            self.server.seen[path] += 1
            acts = self.server.acts.get(path, [send])
            act = acts[min(self.server.seen[path], len(acts)) - 1]
            self.server.requests.append((self.path, dict(self.headers)))
            self.working = True
            self.server.busy += 1
            self.server.busiest = max(self.server.busiest, self.server.busy)
        try:
            act(self, self.server.files.get(path, b""))
        finally:
            self.end_work()

    def end_work(self) -> None:
        """Count this request as done, before its last bytes: a client that has them may ask for more at once."""
        with self.server.lock:
            self.server.busy -= self.working
            self.working = False

    def answer(self, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_work()
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """Clients beyond it try again after a second or more."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, bytes] = {}
        self.acts: dict[str, list[Act]] = {}
        self.seen: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.busy = self.busiest = self.connections = 0
        self.lock = threading.Lock()
        self.release = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what is tested."""


def etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def send(handler: Handler, body: bytes) -> None:
    """Send a file, or the rest of it that is asked for, as a good server does."""
    tag, wanted = etag(body), re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
    if wanted is None or handler.headers.get("If-Range", tag) != tag:
        handler.answer(body, ETag=tag)
    elif (start := int(wanted[1])) >= len(body):
        handler.answer(b"", 416, Content_Range=f"bytes */{len(body)}")
    else:
        handler.answer(body[start:], 206, ETag=tag, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")


def status(code: int, **headers: str) -> Act:
    return lambda handler, body: handler.answer(b"busy", code, **headers)


def truncated(handler: Handler, body: bytes) -> None:
    handler.answer(body[:-1000], length=len(body))
    handler.close_connection = True


def shorter(handler: Handler, body: bytes) -> None:
    handler.answer(body[:-1000])


def page(handler: Handler, body: bytes) -> None:
    handler.answer(b"<html><body>Service unavailable</body></html>".ljust(len(body)))


def empty(handler: Handler, body: bytes) -> None:
    handler.answer(b"")


def reset(handler: Handler, body: bytes) -> None:
    handler.close_connection = True


def chunked(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(body), 10_000):
        chunk = body[start : start + 10_000]
        handler.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


def stalled(handler: Handler, body: bytes) -> None:
    """Begin, and then keep the client waiting until the test is over."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[:1000])
    handler.wfile.flush()
    assert isinstance(handler.server, Server)
    handler.server.release.wait(30)
    handler.close_connection = True


def redirect(to: str) -> Act:
    return lambda handler, body: handler.answer(b"", 302, Location=to)


def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    thread.join()
    server.server_close()
