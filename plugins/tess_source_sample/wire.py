"""HTTP/1.1 on a loopback port: reads requests, and sends replies in the manner that they ask for, faithful or not."""

from __future__ import annotations

import logging
import selectors
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from tess_source.display import visible
from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.faults import page

logger: logging.Logger = visible.logger(__name__)

CHUNK = 256 * 1024


class Server(ThreadingHTTPServer):
    """Listens on one port of 127.0.0.1, and knows its connections so that it can break them off.

    Parameters
    ----------
    answer : callable
        Request to reply.
    closing : threading.Event
        Cuts every pause short.
    port : int
        Port to listen to; 0: a free one.

    Raises
    ------
    OSError
        If the port is taken.
    """

    server_name: str
    server_port: int
    daemon_threads = True
    request_queue_size = 128
    timeout: float | None = 0.0

    def __init__(self, answer: Callable[[HttpRequest], Reply], closing: threading.Event, port: int) -> None:
        self.answer = answer
        self.closing = closing
        self._open: dict[threading.Thread, socket.socket] = {}
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._loop = threading.Thread(target=self._listen, name="sample-archive", daemon=True)
        self._wake, self._woken = socket.socketpair()

    def server_bind(self) -> None:
        """Take the port, without looking up this machine's name as the standard library would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Listen in the background."""
        self._loop.start()

    def _listen(self) -> None:
        """Take connections until `stop`, which is heard at once: `serve_forever` would look twenty times a second whether it is time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while all(key.fileobj is self for key, _ in selector.select()):
                self.handle_request()

    def stop(self) -> None:
        """Break off all connections and stop listening; returns when their threads are done."""
        self._wake.send(b"x")
        self._loop.join()
        self._wake.close()
        self._woken.close()
        with self._guard:
            threads, sockets = list(self._open), list(self._open.values())
        for connection in sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("a connection was closed already")
        for thread in threads:
            thread.join(5.0)
        self.server_close()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and know it while it lasts."""
        with self._guard:
            self._open[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                del self._open[threading.current_thread()]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a broken connection."""
        # A client that goes away is daily business here; the default would print a traceback on stderr.
        logger.debug("connection from %s broke", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests of one connection and sends the archive's replies, in the manner that they ask for."""

    protocol_version = "HTTP/1.1"
    server_version = "tess-source-sample"
    sys_version = ""
    disable_nagle_algorithm = True
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  no other server makes this handler

    def log_message(self, format: str, *args: Any) -> None:
        """Log where the program's own log goes instead of to stderr."""
        logger.debug("%s %s", self.address_string(), format % args)

    def _respond(self) -> None:
        request = self._read()
        try:
            reply = self.server.answer(request)
        except Exception:
            logger.exception("the sample archive failed on %s", request.subject)
            reply = page(500, "500 Internal Server Error")
        self._wait(reply.delay)
        self._send(reply)

    do_GET = do_HEAD = do_POST = _respond  # noqa: N815 - the names that http.server looks for

    def _read(self) -> HttpRequest:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = {key: tuple(values) for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        form = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
        port = self.server.server_address[1]
        return HttpRequest(self.command, unquote(parts.path), query, form, headers, raw, port)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.framing == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif reply.framing == "length":
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        if reply.framing == "close":
            self.send_header("Connection", "close")
        self.end_headers()
        dishonest = reply.stop_at is not None or reply.length is not None or reply.framing == "close"
        if self.command != "HEAD":
            self._send_body(reply)
        if dishonest:
            self.close_connection = True
        if reply.reset:
            self._reset()

    def _send_body(self, reply: Reply) -> None:
        for piece in _pieces(reply):
            if reply.rate:
                self._wait(len(piece) / reply.rate)
            if not piece:
                self._wait(reply.pause)
            elif reply.framing == "chunked":
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), bytes(piece)))
            else:
                self.wfile.write(piece)
        if reply.framing == "chunked" and reply.stop_at is None:
            self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.server.closing.wait(seconds)

    def _reset(self) -> None:
        """Close with a reset: with a linger time of zero, close sends RST instead of FIN."""
        self._wait(0.02)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _pieces(reply: Reply) -> Iterator[memoryview]:
    """Yield the body in pieces; an empty one marks the pause."""
    body = memoryview(reply.body)[: reply.stop_at]
    step = CHUNK if reply.rate is None else max(1, min(CHUNK, int(reply.rate / 20)))
    halts = [len(body)] if reply.pause_at is None else [min(reply.pause_at, len(body)), len(body)]
    start = 0
    for n, halt in enumerate(halts):
        for at in range(start, halt, step):
            yield body[at : min(at + step, halt)]
        start = halt
        if n < len(halts) - 1:
            yield body[:0]
