"""A server that sends bytes as they are, and the heads of answers, right and wrong: what a head fuzzer needs."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

from fuzz import STRANGE, altered

HEADERS = (
    "Content-Length", "Content-Range", "Retry-After", "Location", "ETag", "Last-Modified", "Date", "Transfer-Encoding",
    "Content-Encoding", "Content-Type", "Connection", "Set-Cookie", "Keep-Alive", "Trailer", "Proxy-Authenticate", "",
)  # fmt: skip
VALUES = (
    *map(str, STRANGE), "-1", "+5", "0x10", "1_000", "31680, 31681", "9" * 4301, "9" * 19, "1e3", "\xb2", "\xff\xfe",
    "bytes 0-1/2", "bytes " + "9" * 4301 + "-1/2", "http://[::1", "http://", "//", "file:///etc/passwd", "ftp://127.0.0.1/x",
    "data:,x", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://127.0.0.1:1/\xff", "http://" + "a" * 70 + "/", "/",
    "gzip", "chunked, chunked", "close", "Mon, 99 Foo 99999 99:99:99 GMT", "a\r\n b", "x" * 70_000, '"\r"',
    "multipart/mixed; boundary=a", "text/html; charset=\xff", "a=b; Max-Age=" + "9" * 4301, "Mon, 01 Jan 0001 00:00:00 +2359",
)  # fmt: skip
STATUS_LINES = (
    b"HTTP/1.1 " + b"9" * 4301 + b" OK", b"HTTP/0.9 200 OK", b"HTTP/2 200", b"HTTP/1.1 200", b"HTTP/1.1", b"", b"<html>",
    b"HTTP/1.1 \xb2\xb2\xb2 OK", b"HTTP/1.1 -200 OK", b"HTTP/1.1 2_00 OK", b"HTTP/1.1 099 OK", b"HTTP/1.1 1000 OK",
    b"ICY 200 OK", b"SSH-2.0-x", b"HTTP/1.1 101 Switch", b"HTTP/1.1 102 Wait", b"HTTP/1.1 204 None", b"HTTP/1.1 304 Same",
    b"HTTP/1.1 407 \x1b[31m", b"HTTP/1.1 429 \xff", b"x" * 70_000, b"HTTP/9.9 200 OK",
)  # fmt: skip


def wrong_answer(good: list[bytes], chance: random.Random) -> bytes:
    """Return an answer whose head is not what it was."""
    answer = chance.choice(good)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    match chance.randrange(7):
        case 0:
            lines[0] = chance.choice(STATUS_LINES)
        case 1 | 2:
            line = f"{chance.choice(HEADERS)}: {chance.choice(VALUES)}".encode(errors="replace")
            lines.insert(chance.randrange(1, len(lines) + 1), line)
        case 3:
            lines[chance.randrange(len(lines))] = chance.randbytes(chance.choice((1, 10, 1000)))
        case 4:
            lines += [b"X-%d: y" % number for number in range(chance.choice((50, 120, 5000)))]
        case 5:
            return chance.choice((b"\n", b"\r", b"\n\n")).join([*lines, b"", body])
        case _:
            return altered(head, chance) + b"\r\n\r\n" + body
    return b"\r\n".join([*lines, b"", body])


@contextlib.contextmanager
def raw_server(answer: Callable[[str], bytes | Iterable[bytes]]) -> Iterator[str]:
    """Serve bytes: the answer to each path, at once or piece by piece. After each, the connection is closed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=100)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request:
                if not (got := connection.recv(65536)):
                    return
                request += got
            answered = answer(request.split(b" ", 2)[1].decode("latin-1"))
            for piece in [answered] if isinstance(answered, bytes) else answered:
                connection.sendall(piece)

    def work() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()
