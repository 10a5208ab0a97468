"""Files: the archive's downloads, where they lead, their parts and conditions."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, urlsplit

from mast_contract.asking import LARGEST, Asking, Got
from mast_contract.line import expect, line
from mast_contract.portal_lines import XML
from tess_source_cloud.keys import key_of
from tess_source_mast.hosts import DOWNLOAD

LC = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"
"""A light curve of pi Mensae: 2,039,040 bytes in each of its releases."""
LC_SIZE = 2_039_040
ABSENT = LC.replace("0000000261136679", "0000000000000000")
SMALL = f"mast:TESS/product/{XML[2]}"
FIRST = {"Range": "bytes=0-99"}
IDENTITY = {"x-amz-request-id", "x-amz-id-2"}
STALE = '"00000000000000000000000000000000"'


def download(uri: str) -> str:
    """Return the archive's address of a file."""
    return f"{DOWNLOAD}?uri={quote(uri, safe=':/')}"


def check_part(got: Got, size: int | None = None) -> None:
    """Check that the first hundred bytes came, as such."""
    expect(got.status == 206 and len(got.body) == 100, "HTTP 206 with 100 bytes", f"{got.said}, {len(got.body)} bytes")
    told = re.fullmatch(r"bytes 0-99/(\d+)", got.headers.get("Content-Range", ""))
    expect(told and size in {None, int(told[1])}, f"Content-Range: bytes 0-99/{size or '…'}", got.said)


def check_validators(got: Got) -> None:
    """Check that a file has a strong tag and a date."""
    tag = got.headers.get("ETag", "")
    expect(re.fullmatch(r'"[^"]+"', tag), "a strong ETag", got.said)
    expect(got.headers.get("Last-Modified"), "Last-Modified", got.said)


# -- downloads --


@line(
    "download-redirect", "downloads", "A download is redirected (302, 307 or the like) to the file's object in the bucket.", "O",
    "check of MD5s of files that come by way of MAST",
)  # fmt: skip
def _redirect(ask: Asking) -> str:
    got = ask.up(ask.get(download(LC)))
    place = urlsplit(got.headers.get("Location", ""))
    key = key_of(LC) or ""
    leads = "stpubdata" in f"{place.netloc}{place.path}" and place.path.endswith(f"/{key}")
    expect(300 < got.status < 400 and leads, f"a redirect to stpubdata, {key}", got.said)
    return f"HTTP {got.status}"


@line(
    "download-store", "downloads", "What the redirect leads to has headers of the object store: `x-amz-request-id`, or `Server: AmazonS3`.",
    "D",
    "that its ETags count as MD5s",
)  # fmt: skip
def _store(ask: Asking) -> None:
    got = ask.file(download(LC), FIRST)
    names = {name.lower() for name in got.headers}
    expect(names & IDENTITY or got.headers.get("Server") == "AmazonS3", "such a header", got.said)


@line(
    "download-range", "downloads", "A part of a file is answered by 206 and `Content-Range` with the size of the whole.",
    "V (code of others)",
    "going on with interrupted downloads; sizes",
)  # fmt: skip
def _range(ask: Asking) -> None:
    check_part(ask.file(download(LC), FIRST), LC_SIZE)


@line(
    "download-validators", "downloads", "A file has a strong `ETag` and `Last-Modified`.",
    "O", "going on with interrupted downloads safely",
)  # fmt: skip
def _validators(ask: Asking) -> str:
    got = ask.file(download(LC), FIRST)
    check_validators(got)
    return got.headers["ETag"]


@line(
    "download-if-range", "downloads", "With `If-Range`, the part comes if the ETag is the file's, and else the whole file with status 200.",
    "D (HTTP)", "that parts of two versions of a file are never put together",
)  # fmt: skip
def _if_range(ask: Asking) -> None:
    tag = ask.file(download(LC), FIRST).headers.get("ETag", "")
    check_part(ask.file(download(LC), {**FIRST, "If-Range": tag}), LC_SIZE)
    other = ask.file(download(LC), {**FIRST, "If-Range": STALE}, most=200)
    expect(other.status == 200, "HTTP 200 for another ETag", other.said)


@line(
    "download-past-end", "downloads", "A range behind the end of a file is answered by 416.",
    "O", "an unfinished file that is longer than the whole",
)  # fmt: skip
def _past_end(ask: Asking) -> None:
    got = ask.file(download(LC), {"Range": "bytes=999999999999-"})
    expect(got.status == 416, "HTTP 416", got.said)


@line(
    "download-absent",
    "downloads",
    "A file that does not exist is answered by 404.",
    "V",
    "that it is not asked for again and again",
)
def _absent(ask: Asking) -> None:
    got = ask.file(download(ABSENT))
    expect(got.status == 404, "HTTP 404", got.said)


@line(
    "download-sum", "downloads", "An ETag without a dash is the MD5 of the file, and the file has the bytes that the list says.",
    "O (ETag), V (size)", "check of downloads and folders",
)  # fmt: skip
def _sum(ask: Asking) -> str:
    got = ask.file(download(SMALL), most=LARGEST)
    expect(got.status == 200 and len(got.body) == XML[3], f"{XML[3]} bytes", f"{got.said}, {len(got.body)} bytes")
    tag = got.headers.get("ETag", "").strip('"')
    if "-" in tag:
        return f"of parts: {tag}"
    md5 = hashlib.md5(got.body, usedforsecurity=False).hexdigest()
    expect(tag == md5, f"the MD5 {md5}", tag)
    return tag


@line(
    "download-fits",
    "downloads",
    "A light curve is a FITS file that is not packed.",
    "V",
    "loading, and checks while bytes arrive",
)
def _fits(ask: Asking) -> None:
    got = ask.file(download(LC), FIRST)
    expect(got.body.startswith(b"SIMPLE  =                    T"), "SIMPLE = T", got.body[:40])
    expect(not got.headers.get("Content-Encoding"), "no Content-Encoding", got.said)
