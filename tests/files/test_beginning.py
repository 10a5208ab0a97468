"""What a server sends in place of a file is known by its first bytes, and no true file is taken for it."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from fuzz import attempts

from tess_source.files.beginning import MOST, Beginning
from tess_source.files.verify import Verifier, form_of
from tess_source_sample.files import make

SORRY = "<html><head><title>503</title></head><body>Sorry</body></html>"
PAGES = {
    "html": SORRY,
    "capitals": SORRY.upper(),
    "attributes": "<HTML lang='en'\n>",
    "only html": "<html",
    "doctype": "<!DOCTYPE html>",
    "old doctype": '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">',
    "xhtml": '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "xhtml and doctype": '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">\n<html/>',
    "prefixed xhtml": '<?xml version="1.0"?><h:html xmlns:h="http://www.w3.org/1999/xhtml"/>',
    "comment": f"<!-- gateway > - -- -->{SORRY}",
    "long comment": f"<!--{'x' * 5000}-->\n{SORRY}",
    "two comments": f"<!-- a --> <!-- <b> -->{SORRY}",
    "80 blanks": " " * 80 + SORRY,
    "many blank lines": "\r\n" * 20_000 + SORRY,
    "body": "<body bgcolor=white>Sorry",
    "head": "<head><title>",
    "script": "<?php echo 1; ?>" + SORRY,
}
"""Text of pages that are one for all but HTML files."""
SHREDS = {
    "title": "<title>503 Service Unavailable</title>",
    "heading": "<h1>Bad Gateway</h1>",
    "center": "<center>nginx</center>",
    "meta": '<meta charset="utf-8"><p>Sorry',
    "a break": "<br />\n<b>Warning</b>: fopen()",
    "json": '{"error": "not found"}',
    "json of a gateway": '\n{ "message" : "Internal server error"}',
    "json list": '[{"error": 404}]',
    "nothing in json": "{}",
}
"""Text of messages that are one for tables, text, and files that begin otherwise."""
ERRORS = {
    "S3": '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>',
    "SOAP": '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>',
    "SOAP 1.2": '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><e:Fault/></e:Body></e:Envelope>',
    "OGC": '<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"/>',
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
KINDS = ("a.fits", "a.fits.gz", "a.pdf", "a.xml", "a.txt", "a.csv", "a.tsv", "a.ecsv", "a.sh", "a.tbl", "a.dat", "a.png", "a.jpg",
         "a.gif", "a.gz", "a.txt.gz", "a.tar", "a.tgz", "a.tar.gz", "a.zip", "a.npz", "a.parquet", "a.fits.fz")  # fmt: skip


def problem(name: str, data: bytes, chunk: int = 1 << 20) -> str | None:
    verifier = Verifier(name)
    for start in range(0, len(data), chunk):
        verifier.feed(memoryview(data)[start : start + chunk])
    return verifier.finish()


def in_tar(name: str, data: bytes, form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as pack:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        pack.addfile(member, io.BytesIO(data))
    return out.getvalue()


def old_tar() -> bytes:
    """Give a tar file of the form before POSIX, which has no signature."""
    block = bytearray(in_tar("a", b"data"))
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block[:512]):06o}\0 ".encode()
    return bytes(block)


def in_zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return out.getvalue()


# -- in place of a file --


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_a_file_whatever_its_encoding_and_what_comes_first(page: str, encoding: str) -> None:
    data = PAGES[page].encode(encoding)
    taken = [
        name for name in (*KINDS, "a.unknown", "noend", "a.md") if "an HTML page" not in (problem(name, data) or "")
    ]
    assert taken == []


@pytest.mark.parametrize(
    "first",
    ["\xa0", "\u2028", "\u200b\u200e", "\x01\x02", "\0\0", "<!>", "<!->", "<!-->", "<!-- a --!>", "<![if !IE]>", "<![CDATA[a]]>",
     "\ufeff\n\xa0"],
)  # fmt: skip
def test_what_browsers_pass_over_hides_no_page(first: str) -> None:
    assert [name for name in KINDS if not problem(name, (first + SORRY).encode())] == []


@pytest.mark.parametrize(
    "piece",
    ["<a href='/'>Moved</a>", "<form action='login'>", "<img src=x>", "<table><tr><td>x", "<span>x</span>", "<frameset>", "<main>x</main>",
     "<b>Fatal error</b>: x", "<ul><li>x", "<address>Apache</address>", "<!DOCTYPE", "HTTP/1.1 502 Bad Gateway\r\n\r\n",
     '{"timestamp": "2026-01-01", "status": 500}', '{"__type": "x"}', '{"requestId": "x"}', '{"path": "/", "error": "x"}'],
)  # fmt: skip
def test_a_piece_of_a_page_is_no_file_of_a_known_type(piece: str) -> None:
    assert [name for name in KINDS if name != "a.xml" and not problem(name, piece.encode())] == []


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("message", [*SHREDS, *ERRORS])
def test_no_message_is_a_file_of_a_known_type(message: str, encoding: str) -> None:
    data = (SHREDS | ERRORS)[message].encode(encoding)
    assert [name for name in KINDS if problem(name, data) is None] == []


@pytest.mark.parametrize("message", ERRORS)
def test_no_message_in_xml_is_a_file_of_any_type(message: str) -> None:
    taken = [name for name in ("a.xml", "a.html", "a.unknown", "noend") if not problem(name, ERRORS[message].encode())]
    assert taken == []


@pytest.mark.parametrize("name", ["a.txt.gz", "a.csv.gz", "a.gz", "a.tgz", "a.tar", "a.tar.gz"])
def test_a_page_that_is_compressed_is_none_either(name: str) -> None:
    assert problem(name, gzip.compress(SORRY.encode())) is not None
    twice = gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0))
    assert problem(name, twice) == "it is compressed twice"


def test_pieces_of_any_size_give_the_same_answer() -> None:
    texts = {**PAGES, **SHREDS, **ERRORS}
    different = [
        (name, key)
        for name in KINDS
        for key, text in texts.items()
        if len(text) < 500 and (problem(name, text.encode()) is None) != (problem(name, text.encode(), chunk=1) is None)
    ]
    assert different == []


def test_no_page_by_chance_is_a_file() -> None:
    taken: list[tuple[int, str, str]] = []
    for number, chance in attempts(200):
        text = "".join(
            chance.choice(("\n", " " * 80, "\t", "<!-- a -->", "<!-- <p> \n-->", "<?pi a?>", "<!--" + "-" * 99 + "-->"))
            for _ in range(chance.randrange(12))
        )
        text += chance.choice([page for page in PAGES.values() if not page.startswith("<?xml")])
        name = chance.choice(KINDS)
        data = "".join(chance.choice((c.upper(), c.lower())) for c in text).encode(chance.choice(ENCODINGS))
        if problem(name, data, chance.choice((1 << 20, 100))) is None:
            taken.append((number, name, text[:200]))
    assert taken == []


def test_blanks_without_an_end_are_searched_up_to_a_limit() -> None:
    beginning = Beginning("a.txt", "other")
    for _ in range(MOST // 1000 + 1):
        assert beginning.undecided
        beginning.feed(b" " * 1000)
    assert (beginning.undecided, beginning.problem) == (False, None)


def test_a_comment_in_a_comment_takes_no_time() -> None:
    """The search never goes back: else this would take minutes."""
    beginning = Beginning("a.txt", "other")
    beginning.feed(b"<!-- -->" * 8000 + b"<!--" * 8000)
    beginning.finish()
    assert beginning.problem is None


# -- true files --

TRUE = {
    "a.txt": [b"just text", b"# comment", b"", b"a < b", b"<1 sigma", b"<- arrow", b"\xef\xbb\xbftext", b"{not json}", b"[1] a reference",
              "text".encode("utf-16"), b" " * 200, b"<TICKER>,<DATE>\n", b"Column <b>Name</b>", b"<!-- a note --> text"],
    "a.csv": [b"a,b\n1,2\n", b"#a\n1\n", b"\xef\xbb\xbfa;b\n", b"\n\n\na\n", b"{a},b\n", b"<1,2\n", b"obsID,<br>\n",
              b"<object>,<date>\n", b"<b>;<u>\n"],
    "a.sh": [b"#!/bin/sh\ncurl -C -", b"\n#!/bin/bash\n", b"[ -f a ] || exit\n", b"{ echo a; }\n"],
    "a.dat": [b"\0\1\2", b"1.0 2.0\n", b"<"],
    "a.ecsv": [b"# %ECSV 1.0\n# ---\n"],
    "a.tbl": [b"\\fixlen = T\n|a|\n"],
    "a.html": [SORRY.encode(), b"<!doctype html>", b"text"],
    "a.htm": [SORRY.encode()],
    "a.xhtml": [PAGES["xhtml"].encode()],
    "a.svg": [b'<?xml version="1.0"?><svg/>', b"<svg xmlns='x'/>"],
    "a.md": [b"<h1 align='center'>tess</h1>", b"<!-- a --> # Title", b"<p>text"],
    "a.json": [b'{"error": 1}', b"[]", b"{}"],
    "a.ipynb": [b'{"cells": []}'],
    "a.unknown": [b"<data/>", b'{"error": 1}', b"\x1f\x8b", b"", b"\0" * 600],
    "a.xml": [b'<?xml version="1.0"?><dv:dvTargetResults xmlns:dv="x"/>', b"<svg/>", b"<!-- a --><table/>",
              '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16")],
    "a.xsd": [b'<xs:schema xmlns:xs="x"/>'],
    "a.png": [b"\x89PNG\r\n\x1a\n" + bytes(20)],
    "a.jpg": [b"\xff\xd8\xff\xe0" + bytes(9)],
    "a.gif": [b"GIF89a" + bytes(9)],
    "a.tar": [in_tar("a.txt", b"data"), old_tar(), bytes(10_240),
              in_tar("ü" * 200, b"x", tarfile.PAX_FORMAT), in_tar("b" * 300, b"", tarfile.GNU_FORMAT),
              gzip.compress(in_tar("a", b"x"))],
    "a.tgz": [gzip.compress(in_tar("a", b"x"))],
    "a.tar.gz": [gzip.compress(in_tar("a", b"x" * 9999))],
    "a.txt.gz": [gzip.compress(b"text"), gzip.compress(b""), gzip.compress(b"t" * 100_000), gzip.compress(b"a") + gzip.compress(b"b")],
    "a.sh.gz": [gzip.compress(b"#!/bin/sh\n" * 9, mtime=0)],
    "a.gz": [gzip.compress(b"\0\1\2\3", mtime=0)],
    "a.zip": [in_zip(a=b"x"), in_zip()],
    "a.npz": [in_zip(a=b"x")],
    "a.npy": [b"\x93NUMPY\1\0"],
    "a.parquet": [b"PAR1" + bytes(20) + b"PAR1"],
    "a.fits.fz": [b"SIMPLE  =                    T"],
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_true_files_are_never_refused(name: str) -> None:
    found = {
        data[:40]: said
        for data in TRUE[name]
        for chunk in (1 << 20, 1)
        if (chunk > 1 or len(data) < 2000) and (said := problem(name, data, chunk))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.png", b"\x89PNX", "it does not begin as a file of the type .png"),
        ("a.gz", b"text", "it does not begin as a file of the type .gz"),
        ("a.txt.gz", b"\x1f\x8b\x08" + b"\xff" * 900, "its compressed bytes are damaged"),
        ("a.zip", b"PK", "it does not begin as a file of the type .zip"),
        ("a.tar", b"text" * 999, "it is not a tar file"),
        ("a.tar", b"text", "it is not a tar file"),
        ("a.csv", gzip.compress(b"a,b", mtime=0), "it is compressed, though its name does not say so"),
        ("a.txt", zlib.compress(b"text"), "it is compressed, though its name does not say so"),
        ("a.html", zlib.compress(b"text", 9), "it is compressed, though its name does not say so"),
        ("a.sh", in_zip(a=b"text"), "it is compressed, though its name does not say so"),
        ("a.sh", b'<?xml version="1.0"?><anything/>', "it is an XML message"),
        ("a.csv", b"<svg/>", "it is an XML message"),
    ],
)
def test_what_does_not_begin_as_its_type_is_said(name: str, data: bytes, reason: str) -> None:
    assert (problem(name, data) or "").startswith(reason)


@pytest.mark.parametrize("name", [
    "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits", "tess2019198215352-s0014-0000000016740101-0150-s_tp.fits",
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvt.fits", "tess2019199201929-s0014-s0014-0000000016740101-00240_dvr.xml",
    "tess2019199201929-s0014-s0014-0000000016740101-00240_dvm.pdf",
])  # fmt: skip
def test_files_of_the_sample_archive_begin_as_they_should(name: str) -> None:
    assert problem(name, make(name, 400_320)) is None


@pytest.mark.real
def test_no_real_file_is_refused_by_its_beginning(real: Path) -> None:
    found: dict[str, str | None] = {}
    for path in sorted(real.rglob("*")):
        if path.is_file():
            beginning = Beginning(path.name, form_of(path.name))
            with path.open("rb") as file:
                beginning.feed(file.read(MOST))
            beginning.finish()
            found[path.name] = beginning.problem
    assert len(found) > 50
    assert {name: reason for name, reason in found.items() if reason} == {}
