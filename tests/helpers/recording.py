"""How HTTP is recorded and played: what counts as the same request, and what may stand in a cassette."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from places import ROOT
from shortening import shortened

CASSETTES = ROOT / "cassettes"
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

REDIRECTED = ("https://stpubdata.s3.us-east-1.amazonaws.com",)
"""Further hosts to which MAST redirects."""

KEPT_REQUEST_HEADERS = {"range", "if-range", "content-type"}
KEPT_RESPONSE_HEADERS = {
    "content-type", "content-length", "content-range", "accept-ranges", "etag", "last-modified", "location", "retry-after",
}  # fmt: skip
MATCH_ON = ("method", "scheme", "host", "port", "path", "query", "body", "range")


def cassette_folder(test_file: Path) -> Path:
    """Cassettes mirror the tests: tests/plugins/mast/test_x.py has cassettes/plugins/mast/test_x/."""
    return CASSETTES / test_file.relative_to(ROOT / "tests").with_suffix("")


def clean_request(request: Any) -> Any:
    """Make a request look as if it had gone to MAST, without what differs from run to run and without any secret."""
    parts = urlsplit(request.uri)
    if parts.hostname == "127.0.0.1":
        target = request.uri.split(parts.netloc, 1)[1]
        request.uri = next((host for begin, host in HOMES.items() if target.startswith(begin)), MAST) + target
    request.headers = {name: value for name, value in request.headers.items() if name.lower() in KEPT_REQUEST_HEADERS}
    if request.body:
        request.body = _without_cache_breaker(request.body)
    return request


def _without_cache_breaker(body: bytes) -> bytes:
    """Take out astroquery's random number; the question itself stays, byte for byte comparable."""
    text = body.decode()
    if not text.startswith("request="):
        return body
    question = json.loads(unquote(text.removeprefix("request=")))
    question.pop("cacheBreaker", None)
    return f"request={quote(json.dumps(question))}".encode()


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Keep the headers that matter: no cookies, no dates, no names of servers; and of a long list, its beginning."""
    headers = {name: value for name, value in response["headers"].items() if name.lower() in KEPT_RESPONSE_HEADERS}
    return shortened({**response, "headers": headers})


def same_range(one: Any, other: Any) -> None:
    """Tell requests for different parts of a file apart; raises AssertionError as vcrpy expects of a matcher."""
    for header in ("range", "if-range"):
        assert _header(one, header) == _header(other, header)


def _header(request: Any, wanted: str) -> str | None:
    return next((str(value) for name, value in request.headers.items() if name.lower() == wanted), None)
