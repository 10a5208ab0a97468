"""A server that speaks S3, in a thread of this process: moto's."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

__all__ = ["KEYS", "SECRET", "Answer", "S3Server", "hang_up", "reset", "s3_server"]

SECRET = "not-for-anybodys-eyes/7h3s3cr3t+K3y"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKE1234", "AWS_SECRET_ACCESS_KEY": SECRET}
"""Keys that no output may show."""
NUMBERS = count(1)


Environ = Mapping[str, Any]
Fault = Callable[[Environ], "Answer | None"]


class Answer(NamedTuple):
    """An answer in place of the store's."""

    status: str
    """E.g. ``"503 Slow Down"``."""
    code: str = ""
    """The store's own code, e.g. ``"SlowDown"``."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """The body, if it is no error of the store's own form."""


class Asked(NamedTuple):
    """A request that came."""

    method: str
    path: str
    query: str


class S3Server:
    """A running server, which may answer otherwise than the store would."""

    def __init__(self) -> None:
        self.url: str = ""
        self.requests: list[Asked] = []
        """All requests so far, also those that met a fault."""
        self.faults: list[Fault] = []
        """Asked in turn with each request: the first answer is given in place of the store's."""

    def fail(self, answer: Answer, times: int = 10**9, method: str = "", ending: str = "") -> None:
        """Answer the next requests so, of a method and of paths with an ending if given."""
        left = count(times, -1)

        def fault(environ: Environ) -> Answer | None:
            fits = environ["REQUEST_METHOD"].endswith(method) and environ["PATH_INFO"].endswith(ending)
            return answer if fits and next(left) > 0 else None

        self.faults.append(fault)

    def count(self, method: str, ending: str = "") -> int:
        """Return how many requests of a method came for paths with an ending."""
        return sum(asked.method == method and asked.path.endswith(ending) for asked in self.requests)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request as a WSGI application."""
        self.requests.append(Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]))
        for fault in list(self.faults):
            if (answer := fault(environ)) is not None:
                error = f"<Error><Code>{answer.code}</Code><Message>{SECRET}</Message></Error>" if answer.code else ""
                body = answer.body or error.encode()
                start_response(
                    answer.status, [("Content-Length", str(len(body))), ("Connection", "close"), *answer.headers]
                )
                return [body]
        return self._app(environ, start_response)  # type: ignore[no-any-return]

    @cached_property
    def _app(self) -> Any:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        return DomainDispatcherApplication(create_backend_app)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which obstore, boto3 and others find the server."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}

    @property
    def backend(self) -> S3Backend:
        """What the server holds, to look into it or to damage it."""
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]

    def new_bucket(self, name: str = "") -> str:
        """Make an empty bucket, in place of an older one of this name if any, and return its name."""
        name = name or f"bucket-{next(NUMBERS)}"
        if name in self.backend.buckets:
            self.backend.buckets[name].keys.clear()
            self.backend.delete_bucket(name)
        self.backend.create_bucket(name, "us-east-1")
        return name

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return all objects of a bucket: key → bytes."""
        return {key: self.backend.get_object(bucket, key).value for key in list(self.backend.buckets[bucket].keys)}

    def uploads(self, bucket: str) -> list[Any]:
        """Return the multipart uploads of a bucket that were neither completed nor aborted."""
        return list(self.backend.list_multipart_uploads(bucket).values())


def reset(environ: Environ) -> None:
    """Break the connection of a request, in the middle of its body."""
    environ["wsgi.input"].read(min(100, int(environ.get("CONTENT_LENGTH") or 0)))
    hang_up(environ)


def hang_up(environ: Environ) -> None:
    """Break the connection of a request."""
    connection = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionError("broken on purpose")


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server for a while."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Silent(MotoRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            """Print nothing: neither requests nor faults."""

    running = S3Server()
    server = make_server("127.0.0.1", 0, running, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    running.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
