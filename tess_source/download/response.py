"""Whether a response is the file that was requested, or the rest of it, by its status and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.download import http
from tess_source.download.failures import AgainError
from tess_source.download.part import Part, Source
from tess_source.download.route import proxy_answer, through
from tess_source.errors import DownloadError
from tess_source.tables.items import Item

if TYPE_CHECKING:
    import urllib3

__all__ = ["check_rest", "expected_size", "refusal", "source_of"]

RETRY = frozenset({408, 412, 416, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527})
STRAINED = frozenset({429, 503, 504})


def source_of(response: urllib3.BaseHTTPResponse, url: str) -> Source:
    """Return the marks by which the file of a response is told from other versions of it."""
    tag = http.strong_etag(response)
    return Source(url, tag, "" if tag else http.last_modified(response))


def refusal(response: urllib3.BaseHTTPResponse, url: str) -> DownloadError:
    """Return the error for a response whose status is not that of a file."""
    problem = f"the server answered {response.status} {response.reason or ''}".rstrip() + through(url, answered=True)
    if response.status == 407:
        problem = proxy_answer(407, "", url).words
    if response.status not in RETRY:
        return DownloadError(problem)
    strain = response.status in STRAINED
    return AgainError(problem, http.retry_after(response), strain=strain, everybody=response.status == 429)


def expected_size(item: Item, response: urllib3.BaseHTTPResponse) -> int | None:
    """Return the size that the file must have; the archive's list and the server must agree."""
    announced = http.length(response)
    if item.size is not None and announced is not None and item.size != announced:
        kind = response.headers.get("Content-Type", "").lower()
        page = " (an HTML page)" if kind.startswith("text/html") else ""
        raise AgainError(f"the server offers {announced:,} bytes{page}, {item.size:,} are expected")
    return item.size if item.size is not None else announced


def check_rest(response: urllib3.BaseHTTPResponse, part: Part) -> None:
    """Check that a response with status 206 is the rest of the same file: nothing else is ever appended."""
    found, source = http.content_range(response), part.source
    assert source is not None
    tag, changed = http.strong_etag(response), response.headers.get("Last-Modified", "").strip()
    same = tag == source.etag if source.etag else changed == source.modified
    fits = found is not None and part.expected is not None and found == (part.count, part.expected - 1, part.expected)
    if not (same and fits and http.length(response) in {None, (part.expected or 0) - part.count}):
        part.forget()
        raise AgainError("the server did not continue the file where it was asked to")
