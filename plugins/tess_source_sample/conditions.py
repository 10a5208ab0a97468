"""Parts and conditions of HTTP: what a client that has a file already, or a part of it, is answered (RFC 9110)."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from tess_source_sample.exchange import HttpRequest, Reply
from tess_source_sample.store import etag


def dated(body: bytes, modified: float, headers: Mapping[str, str], tag: str = "") -> Reply:
    """Return a file with its strong entity tag and the date of its last change, given as a Modified Julian Date."""
    day = datetime(1858, 11, 17, tzinfo=UTC) + timedelta(seconds=round(modified * 86400))  # HTTP has whole seconds
    dates = {"ETag": tag or etag(body), "Last-Modified": format_datetime(day, usegmt=True)}
    return Reply(200, {**headers, **dates}, body)


def zipped(request: HttpRequest, whole: Reply) -> Reply:
    """Return the file packed where the client takes that; it is another representation, with a tag of its own."""
    words = request.headers.get("accept-encoding", "").replace(" ", "").split(",")
    if not {"gzip", "*"} & set(words) or "range" in request.headers:
        return whole
    tag = whole.headers["ETag"].removesuffix('"') + '-gzip"'
    headers = {**whole.headers, "ETag": tag, "Content-Encoding": "gzip"}
    return replace(whole, headers=headers, body=gzip.compress(whole.body, 6, mtime=0))


def conditional(request: HttpRequest, whole: Reply) -> Reply:
    """Return 304 for a client that has this version already; else the file, or the part of it that is asked for."""
    if _is_known(request, whole):
        kept = ("ETag", "Last-Modified", "Vary")
        return Reply(304, {name: whole.headers[name] for name in kept if name in whole.headers})
    return _part(request, whole)


def _is_known(request: HttpRequest, whole: Reply) -> bool:
    tags, since = (request.headers.get(name) for name in ("if-none-match", "if-modified-since"))
    if tags is not None:  # tags count alone where there are any
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {"*", whole.headers["ETag"]})
    if since is None:
        return False
    try:
        return parsedate_to_datetime(whole.headers["Last-Modified"]) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):  # no date, or one without its zone: as if there were none
        return False


def _part(request: HttpRequest, whole: Reply) -> Reply:
    """Return the part of a file that a Range header asks for (section 14), or the whole of it."""
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", "").replace(" ", ""))
    condition = request.headers.get("if-range")
    if condition is not None and condition not in {whole.headers["ETag"], whole.headers["Last-Modified"]}:
        return whole
    if wanted is None or not (wanted[1] or wanted[2]):
        return whole
    size = len(whole.body)
    if wanted[1]:
        start, end = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
    else:
        start, end = max(0, size - int(wanted[2])), size - 1
    if start >= size or start > end:
        return Reply(416, {"Content-Range": f"bytes */{size}"})
    headers = {**whole.headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    return replace(whole, status=206, headers=headers, body=whole.body[start : end + 1])
