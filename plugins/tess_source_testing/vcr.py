"""How vcrpy records and plays what tess-source asks: what counts as the same request, and what may stand in a cassette."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from tess_source_testing.ports import is_listening

__all__ = ["HOMES", "MATCH_ON", "clean_request", "clean_response", "register_matchers", "same_range", "vcr_config"]

MAST = "https://mast.stsci.edu"
HOMES = {
    "/Santa-war": "https://mastresolver.stsci.edu",
    "/missions/": "https://archive.stsci.edu",
    "/hlsps/": "https://archive.stsci.edu",
    "/tess/bulk_downloads/": "https://archive.stsci.edu",
    "/public/target_lists/": "https://tess.mit.edu",
    "/tess/download_": "https://exofop.ipac.caltech.edu",
    "/wp-content/": "https://tess.mit.edu",
    "/tess/public/": "https://stpubdata.s3.amazonaws.com",
    "/mast/hlsp/": "https://stpubdata.s3.amazonaws.com",
    "/?list-type=": "https://stpubdata.s3.amazonaws.com",
}
"""Begin of a path and query → its host; the others are MAST's."""

KEPT_REQUEST_HEADERS = {"range", "if-range", "content-type"}
KEPT_RESPONSE_HEADERS = {
    "content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified", "location", "retry-after",
}  # fmt: skip
MATCH_ON = ("method", "scheme", "host", "port", "path", "query", "body", "tess_range")


def vcr_config() -> dict[str, Any]:
    """Return a configuration of vcrpy for tess-source's requests.

    Requests are the same if all of `MATCH_ON` is. Bodies count, since all questions to MAST's portal have one address, and so does the
    header Range, since parts of a file do. Headers that are not known to matter are left out, and with them tokens and cookies. What a
    sample archive on this machine answered is recorded as if the host in whose place it stood had.

    Returns
    -------
    dict
        Arguments of ``vcr.VCR``, whose matcher ``tess_range`` `register_matchers` brings.
    """
    return {
        "match_on": list(MATCH_ON),
        "before_record_request": clean_request,
        "before_record_response": clean_response,
        "decode_compressed_response": True,
    }


def register_matchers(vcr: Any) -> None:
    """Teach a ``vcr.VCR`` the matcher ``tess_range``. With pytest-recording, tess-source's plugin for pytest has done it.

    Parameters
    ----------
    vcr : vcr.VCR
        The recorder.
    """
    vcr.register_matcher("tess_range", same_range)


def clean_request(request: Any) -> Any:
    """Make a request look as if it had gone to MAST, without what differs from run to run and without any secret."""
    parts = urlsplit(request.uri)
    if parts.hostname == "127.0.0.1" and is_listening(parts.port):
        target = request.uri.split(parts.netloc, 1)[1]
        request.uri = next((host for begin, host in HOMES.items() if target.startswith(begin)), MAST) + target
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_REQUEST_HEADERS}
    if request.body:
        request.body = _without_cache_breaker(request.body)
    return request


def _without_cache_breaker(body: bytes) -> bytes:
    """Take out astroquery's random number; the question itself stays, byte for byte comparable."""
    if not body.startswith(b"request="):
        return body
    try:
        question = json.loads(unquote(body.decode().removeprefix("request=")))
        question.pop("cacheBreaker", None)
    except (ValueError, AttributeError, RecursionError):  # somebody else's form
        return body
    return f"request={quote(json.dumps(question))}".encode()


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Keep the headers that matter: no cookies, no dates, no names of servers."""
    headers = {name: value for name, value in response["headers"].items() if name.lower() in KEPT_RESPONSE_HEADERS}
    return {**response, "headers": headers}


def same_range(one: Any, other: Any) -> None:
    """Tell requests for different parts of a file apart; raises AssertionError as vcrpy expects of a matcher."""
    for header in ("range", "if-range"):
        assert _header(one, header) == _header(other, header)


def _header(request: Any, wanted: str) -> str | None:
    return next((str(value) for name, value in request.headers.items() if name.lower() == wanted), None)
