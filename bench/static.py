"""A plain file server in processes of its own, as fast as Python can: what it serves lies in memory, and every answer may be late."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from types import TracebackType

__all__ = ["Static"]

WORKERS = 2
ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Static:
    """Serves ``/NAME-NUMBER.fits`` for each NAME that it was given; use it as a context manager.

    Parameters
    ----------
    bodies : mapping
        Name → bytes that are served under it, whatever the number.
    latency : float
        Seconds before the first byte of every answer.
    """

    def __init__(self, bodies: Mapping[str, bytes], latency: float = 0.0) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        context = get_context("fork")
        self._closing = context.Event()
        self._processes = [
            context.Process(target=_serve, args=(self._listener, dict(bodies), latency, self._closing), daemon=True)
            for _ in range(WORKERS)
        ]

    def __enter__(self) -> str:
        for process in self._processes:
            process.start()
        return self.url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
            process.join()
        self._listener.close()


def _serve(listener: socket.socket, bodies: Mapping[str, bytes], latency: float, closing: Event) -> None:
    answers = {name.encode(): _head(body) + body for name, body in bodies.items()}
    while not closing.is_set():
        connection, _ = listener.accept()
        threading.Thread(target=_talk, args=(connection, answers, latency), daemon=True).start()


def _talk(connection: socket.socket, answers: Mapping[bytes, bytes], latency: float) -> None:
    """Answer requests with two system calls each: a server that needs more of the cores would measure itself."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        with connection:
            while request := connection.recv(1 << 16):
                while not request.endswith(b"\r\n\r\n"):
                    request += connection.recv(1 << 16)
                method, path, _ = request.split(b" ", 2)
                answer = answers.get(path.strip(b"/").partition(b"-")[0], ABSENT)
                if latency:
                    time.sleep(latency)
                connection.sendall(answer if method == b"GET" else answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    except OSError:
        return  # the client went away


def _head(body: bytes) -> bytes:
    tag = f'"{len(body):x}-1"'
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/fits\r\nETag: {tag}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
