"""A server that speaks S3, in a thread of this process: moto's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

__all__ = ["KEYS", "SECRET", "S3Server", "s3_server"]

SECRET = "not-for-anybodys-eyes/7h3s3cr3t+K3y"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKE1234", "AWS_SECRET_ACCESS_KEY": SECRET}
"""Keys that no output may show."""
NUMBERS = count(1)


class S3Server:
    """A running server.

    Parameters
    ----------
    url : str
    """

    def __init__(self, url: str) -> None:
        self.url: str = url

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

    def new_bucket(self) -> str:
        """Make an empty bucket, and return its name."""
        name = f"bucket-{next(NUMBERS)}"
        self.backend.create_bucket(name, "us-east-1")
        return name

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Return all objects of a bucket: key → bytes."""
        return {key: self.backend.get_object(bucket, key).value for key in list(self.backend.buckets[bucket].keys)}

    def uploads(self, bucket: str) -> list[Any]:
        """Return the multipart uploads of a bucket that were neither completed nor aborted."""
        return list(self.backend.list_multipart_uploads(bucket).values())


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server for a while."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print a line per request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()
