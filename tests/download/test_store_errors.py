"""Errors of object stores: their code is told, and the connection is used again, since a copy of an archive may lack many files."""

from __future__ import annotations

from contextlib import closing

import pytest
from serving import Act, Handler, Server

from tess_source.download.failures import AbsentError, AgainError
from tess_source.download.http import Pools
from tess_source.download.response import LONGEST_ERROR, refusal
from tess_source.errors import DownloadError

MESSAGE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%b</Code><Message>\x1b[31m of a store</Message></Error>'
)


def refused(server: Server, act: Act, times: int = 1) -> DownloadError:
    """Return the error for an answer, after some of them."""
    server.acts["/x"] = [act]
    with closing(Pools(2, read=5.0)) as pools:
        for _ in range(times):
            with pools.get(f"{server.url}/x", {}) as response:
                error = refusal(response, f"{server.url}/x")
    return error


def says(code: int, message: bytes, *, store: bool = True) -> Act:
    if not store:
        return lambda handler, body: handler.answer(message, code)
    return lambda handler, body: handler.answer(message, code, x_amz_request_id="1")


def in_chunks(handler: Handler, body: bytes) -> None:
    """Answer as S3 does, which does not announce the length of its errors."""
    message = MESSAGE % b"NoSuchKey"
    handler.send_response(404)
    handler.send_header("x-amz-request-id", "1")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(message), message))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [(404, b"NoSuchKey", AbsentError), (403, b"AccessDenied", DownloadError), (503, b"SlowDown", AgainError)],
)
def test_the_store_s_code_is_told_and_the_connection_is_used_again(
    server: Server, status: int, code: bytes, error: type[DownloadError]
) -> None:
    found = refused(server, says(status, MESSAGE % code), times=5)
    assert type(found) is error
    assert str(found).endswith(f" ({code.decode()})")
    assert server.connections == 1


def test_an_error_in_chunks_is_one_too(server: Server) -> None:
    assert str(refused(server, in_chunks, times=5)) == "the server answered 404 Not Found (NoSuchKey)"
    assert server.connections == 1


@pytest.mark.parametrize(
    "act",
    [
        says(404, MESSAGE % b"NoSuchKey", store=False),
        says(404, b""),
        says(404, MESSAGE % b"No such key"),
        says(404, b"\xff" * LONGEST_ERROR),
        says(404, b"<Code>Later</Code>".rjust(LONGEST_ERROR + 1)),
    ],
    ids=["another server", "empty", "no code", "noise", "long"],
)
def test_what_is_no_short_error_of_a_store_is_not_cited(server: Server, act: Act) -> None:
    assert str(refused(server, act)) == "the server answered 404 Not Found"


def test_an_error_that_breaks_off_is_one_by_its_status(server: Server) -> None:
    def broken(handler: Handler, body: bytes) -> None:
        handler.answer((MESSAGE % b"NoSuchKey")[:50], 404, length=1000, x_amz_request_id="1")
        handler.close_connection = True

    assert str(refused(server, broken)) == "the server answered 404 Not Found"
