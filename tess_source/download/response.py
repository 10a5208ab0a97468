"""Whether a response is the file that was requested, or the rest of it, by its status and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from tess_source.display.visible import visible_line
from tess_source.download import http
from tess_source.download.failures import FEW, MANY, AbsentError, AgainError, PageError
from tess_source.download.part import Part, Sender
from tess_source.download.route import proxy_answer, through
from tess_source.errors import DownloadError
from tess_source.files.beginning import HTML_PAGE, JSON_MESSAGE, ending_of, expects_html, never_json
from tess_source.files.etags import content_tag, is_of_object_store, md5_of
from tess_source.hooks.records import Request
from tess_source.tables.items import Item

if TYPE_CHECKING:
    import urllib3

__all__ = ["EMPTY", "check_rest", "check_version", "encoding_of", "expected_size", "message_in", "refusal", "source_of"]

RETRY = frozenset({408, 412, 416, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527})
STRAINED = frozenset({429, 503, 504})
ABSENT = frozenset({404, 410})
LONGEST_ERROR = 1 << 12
"""Most bytes of an error that is read; it has a few hundred."""
LONGEST_MESSAGE = 300
"""Characters of a server's message that are shown."""
CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
EMPTY = "the server sent an empty file"
UNCHANGED = frozenset({"", "identity", "none", "binary", "utf-8", "aws-chunked"})
"""Words in ``Content-Encoding`` that change no bytes; S3 keeps ``aws-chunked`` of some uploads."""
STORED = {
    ".gz": "gzip",
    ".tgz": "gzip",
    ".svgz": "gzip",
    ".z": "compress",
    ".bz2": "bzip2",
    ".xz": "xz",
    ".br": "br",
    ".zst": "zstd",
}
"""Ending → the word that a server may say about such a file as it is stored."""


def source_of(response: urllib3.BaseHTTPResponse, request: Request, encoding: str = "") -> Sender:
    """Return the marks by which the file of a response is told from other versions of it."""
    tag = http.strong_etag(response)
    plain = not encoding and is_of_object_store(response.headers, known=request.etag_is_md5)
    return Sender(request.url, tag, "" if tag else http.last_modified(response), content_tag(tag) if plain else "")


def check_version(item: Item, source: Sender) -> None:
    """Check that a file is the one that the archive's list has, as far as ETags tell.

    Raises
    ------
    DownloadError
        If both have an MD5, and they differ.
    """
    wanted, offered = md5_of(item.etag), md5_of(source.content)
    if wanted and offered and wanted != offered:
        raise DownloadError(f"the server has another version: its MD5 is {offered}, {wanted} is expected")


def refusal(response: urllib3.BaseHTTPResponse, url: str) -> DownloadError:
    """Return the error for a response whose status is not that of a file."""
    status = f"{response.status} {response.reason or ''}".rstrip()
    said = _said_in_error(response)
    problem = f"the server answered {status}{f' ({said})' if said else ''}{through(url, answered=True)}"
    if response.status == 407:
        problem = proxy_answer(407, "", url).words
    if response.status not in RETRY:
        return (AbsentError if response.status in ABSENT else DownloadError)(problem)
    too_many = response.status == 429
    files = FEW if too_many else 0 if response.status in {412, 416} else MANY
    strain = response.status in STRAINED
    return AgainError(problem, http.retry_after(response), strain=strain, everybody=too_many, files=files)


def message_in(body: bytes) -> str:
    """Return the message in an answer in JSON, such as ``{"msg": "No FFIs found"}``, or all of it if it has no such field.

    Returns
    -------
    str
        In one line, of at most `LONGEST_MESSAGE` characters; empty if it is not JSON.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = told.get("msg") if isinstance(told, dict) else None
    return visible_line(str(said or told))[:LONGEST_MESSAGE]


def _said_in_error(response: urllib3.BaseHTTPResponse) -> str:
    """Return the code of an object store's error, e.g. ``NoSuchKey``, or the message of a service in JSON; empty if it is neither.

    The message is read to its end, or else the connection could not be used again: a copy of an archive may lack thousands of files.
    """
    from urllib3.exceptions import HTTPError

    is_json = "json" in str(response.headers.get("Content-Type", "")).lower()
    if not (is_json or is_of_object_store(response.headers)) or (http.length(response) or 0) > LONGEST_ERROR:
        return ""
    try:
        message = response.read(LONGEST_ERROR)
    except (HTTPError, OSError):
        return ""
    if is_json:
        return message_in(message)
    code = CODE.search(message)
    return code[1].decode() if code else ""


def expected_size(item: Item, response: urllib3.BaseHTTPResponse, encodings: Collection[str] = ()) -> int | None:
    """Return the size that the file must have; the archive's list and the server must agree.

    Parameters
    ----------
    item : Item
    response : urllib3.BaseHTTPResponse
    encodings : collection of str
        Encodings of the body that were asked for, e.g. ``gzip``. The size is that of the encoded body.

    Raises
    ------
    PageError
        If the response is a page or a message by its ``Content-Type``.
    AgainError
        If they do not agree.
    DownloadError
        If the body is encoded, e.g. compressed by the server.
    """
    page = _page_of(item, response)
    announced = http.length(response)
    if item.size is not None and announced is not None and item.size != announced:
        words = f" ({page})" if page else ""
        raise AgainError(f"the server offers {announced:,} bytes{words}, {item.size:,} are expected")
    if page:
        raise PageError(page)
    if (encoding := encoding_of(item, response)) and encoding not in encodings:
        raise DownloadError(f"the server sends the file encoded ({encoding}), which was not asked for")
    if announced == 0 and item.size is None and item.sha256 is None:
        raise AgainError(EMPTY)
    return item.size if item.size is not None else announced


def encoding_of(item: Item, response: urllib3.BaseHTTPResponse) -> str:
    """Return how the server has encoded a body that was requested as it is; empty if it has not.

    Many servers label so a file that is stored compressed, e.g. a ``.fits.gz``: its bytes are the file.
    """
    words = (word.strip().lower() for word in response.headers.get("Content-Encoding", "").split(","))
    codings = [word for word in words if word not in UNCHANGED]
    if len(codings) == 1 and codings[0].removeprefix("x-") == STORED.get(ending_of(item.path)):
        codings = []
    framing = response.headers.get("Transfer-Encoding", "").strip().lower()
    return ", ".join(code.removeprefix("x-") for code in codings) or (
        framing if framing not in {"", "identity", "chunked"} else ""
    )


def _page_of(item: Item, response: urllib3.BaseHTTPResponse) -> str:
    """Return what a response is in place of the file by its ``Content-Type``; empty if it may be the file."""
    media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media in {"text/html", "application/xhtml+xml"} and not expects_html(item.path):
        return HTML_PAGE
    if (media == "application/json" or media.endswith("+json")) and never_json(item.path):
        return JSON_MESSAGE
    return ""


def check_rest(item: Item, response: urllib3.BaseHTTPResponse, part: Part, encodings: Collection[str] = ()) -> None:
    """Check that a response with status 206 is the rest of the same file: nothing else is ever appended."""
    found, source = http.content_range(response), part.source
    assert source is not None
    tag, changed = http.strong_etag(response), response.headers.get("Last-Modified", "").strip()
    same = tag == source.etag if source.etag else changed == source.modified
    same = same and encoding_of(item, response) in {"", *encodings}
    fits = found is not None and part.expected is not None and found == (part.count, part.expected - 1, part.expected)
    if not (same and fits and http.length(response) in {None, (part.expected or 0) - part.count}):
        part.forget()
        raise AgainError("the server did not continue the file where it was asked to")
