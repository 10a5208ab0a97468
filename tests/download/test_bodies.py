"""The bodies of downloads: pages, encodings, bodies without an end, zip files that unpack to very much. No wrong file is ever accepted."""

from __future__ import annotations

import gzip
import io
import itertools
import random
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fuzz import attempts
from serving import Act, Handler, Server, content, etag

from tess_source import Entry, Manifest, Plan, Products, Request, Session, Transport, hookimpl
from tess_source.settings import Patience, Settings

HASTE = Patience(tries=2, first=0.0, longest=0.01, connect=30.0, read=30.0, look=0.01, largest=1_000_000)
CALM = replace(HASTE, longest=1000.0)
"""Patience that gives no host up."""
FITS = content(1)
TEXT = b"# sector,TIC\n" + b"14,16740101\n" * 500
SORRY = b"<html><body>Sorry</body></html>"
TRUTH = {
    ".fits": FITS,
    ".fits.gz": gzip.compress(FITS, mtime=0),
    ".xml": b'<?xml version="1.0"?><dv:dvTargetResults xmlns:dv="x"><a/></dv:dvTargetResults>',
    ".pdf": b"%PDF-1.4\n" + b"text" * 500 + b"\n%%EOF\n",
    ".csv": TEXT,
    ".txt": b"text\n" * 500,
    ".sh": b"#!/bin/sh\ncurl -C - -L -o a.fits https://example.org\n",
    ".png": b"\x89PNG\r\n\x1a\n" + bytes(500),
    ".txt.gz": gzip.compress(TEXT, mtime=0),
    ".html": SORRY,
    ".json": b'{"error": "is part of this file"}',
}
"""Ending → the bytes of the file."""


class Lab:
    """Fetches ``lab:`` addresses from the server of a test."""

    def __init__(self, server: str, unpack: str = "") -> None:
        self.server, self.unpack = server, unpack

    @hookimpl
    def tess_transports(self) -> tuple[Transport, ...]:
        return (Transport("lab", self.locate),)

    def locate(self, uri: str, settings: Settings) -> Sequence[Request]:
        return [Request(f"{self.server}/{uri.partition(':')[2]}", unpack=self.unpack)]


def fetch(
    server: Server, root: Path, ends: Iterable[str], *, sized: bool = False, unpack: str = "",
    patience: Patience = HASTE, jobs: int = 4,
) -> Manifest:  # fmt: skip
    """Fetch files with these endings, one each."""
    rows = []
    for number, end in enumerate(ends):
        server.files[f"/{number:03d}{end}"] = TRUTH[end]
        rows.append({"uri": f"lab:{number:03d}{end}", "obs_id": "o", "size": len(TRUTH[end]) if sized else None})
    session = Session(discover=False, plugins=[Lab(server.url, unpack)], jobs=jobs)
    session.settings = replace(session.settings, patience=patience, progress=False)
    return Plan.of(Products.of(rows), root, "flat", session=session).download()


def act_always(server: Server, end: str, *acts: Act) -> None:
    server.acts[f"/000{end}"] = list(acts)


def answer(body: bytes | None = None, **headers: str) -> Act:
    """Answer with a body, or with the file, under these headers."""
    return lambda handler, truth: handler.answer(truth if body is None else body, **headers)


def in_chunks(body: bytes | None = None, **headers: str) -> Act:
    """Answer without a length."""

    def act(handler: Handler, truth: bytes) -> None:
        data = truth if body is None else body
        handler.send_response(200)
        for name, value in ({"Transfer_Encoding": "chunked"} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Connection", "close")  # or else another request may come this way before it is closed
        handler.end_headers()
        chunk = f"{len(data):x}\r\n".encode() + data + b"\r\n" if data else b""
        handler.wfile.write(data if headers.get("Transfer_Encoding") == "identity" else chunk + b"0\r\n\r\n")
        handler.close_connection = True  # else a client that does not take these for chunks waits

    return act


def is_true(entry: Entry, end: str) -> bool:
    return entry.ok and entry.path is not None and entry.path.read_bytes() == TRUTH[end]


def left_over(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*.part")]


# -- pages --


@pytest.mark.parametrize(
    ("kind", "sized"), [("text/html", True), ("TEXT/HTML; charset=utf-8", False), ("application/xhtml+xml", False)]
)
def test_what_is_html_by_its_media_type_is_never_another_file(
    server: Server, tmp_path: Path, kind: str, sized: bool
) -> None:
    ends = list(TRUTH)
    for number, end in enumerate(ends):
        server.acts[f"/{number:03d}{end}"] = [answer(Content_Type=kind)]
    manifest = fetch(server, tmp_path, ends, sized=sized)
    assert [end for entry, end in zip(manifest, ends, strict=True) if entry.ok] == [".html"]
    assert "what came is not the file but an HTML page" in manifest[0].error


def test_what_is_json_by_its_media_type_is_no_table(server: Server, tmp_path: Path) -> None:
    ends = list(TRUTH)
    for number, end in enumerate(ends):
        server.acts[f"/{number:03d}{end}"] = [answer(Content_Type="application/problem+json")]
    manifest = fetch(server, tmp_path, ends)
    assert [end for entry, end in zip(manifest, ends, strict=True) if entry.ok] == [".json"]
    assert "a JSON message" in manifest[0].error


def test_any_other_media_type_is_not_asked(server: Server, tmp_path: Path) -> None:
    kinds = ("", "text/plain", "application/octet-stream", "application/gzip", "binary", "x/y; z")
    ends = [end for end in TRUTH for _ in kinds]
    for number, end in enumerate(ends):
        server.acts[f"/{number:03d}{end}"] = [answer(Content_Type=kinds[number % len(kinds)])]
    assert all(is_true(entry, end) for entry, end in zip(fetch(server, tmp_path, ends), ends, strict=True))


@pytest.mark.parametrize("act", [answer(b""), in_chunks(b"")])
def test_an_empty_body_is_no_file_unless_the_list_says_so(server: Server, tmp_path: Path, act: Act) -> None:
    ends = list(TRUTH)
    server.acts = {f"/{number:03d}{end}": [act] for number, end in enumerate(ends)}
    manifest = fetch(server, tmp_path, ends)
    assert not any(entry.ok for entry in manifest)
    assert "the server sent an empty file" in manifest[4].error
    server.files["/none.txt"] = b""
    session = Session(discover=False, plugins=[Lab(server.url)])
    plan = Plan.of(Products.of([{"uri": "lab:none.txt", "obs_id": "o", "size": 0}]), tmp_path, "flat", session=session)
    assert plan.download()[0].ok


# -- encodings --


@pytest.mark.parametrize("sized", [True, False], ids=["sized", "unsized"])
def test_a_stored_gz_file_is_the_file_however_it_is_labelled(server: Server, tmp_path: Path, sized: bool) -> None:
    labels = ("gzip", "x-gzip", "GZIP", "identity", "identity, gzip", "aws-chunked", "none")
    cases = list(itertools.product((".fits.gz", ".txt.gz"), (answer, in_chunks), labels))
    for number, (end, send, label) in enumerate(cases):
        act = send(Content_Encoding=label, Content_Type="application/gzip")
        server.acts[f"/{number:03d}{end}"] = [act]
    manifest = fetch(server, tmp_path, [end for end, _, _ in cases], sized=sized)
    assert [case for case, entry in zip(cases, manifest, strict=True) if not is_true(entry, case[0])] == []


LABELS = ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, gzip", "nonsense", "")


@pytest.mark.parametrize("sized", [True, False], ids=["sized", "unsized"])
@pytest.mark.parametrize("send", [answer, in_chunks], ids=["length", "chunked"])
def test_what_a_server_encodes_unasked_is_refused(
    server: Server, tmp_path: Path, send: Callable[..., Act], sized: bool
) -> None:
    """Also without a label, and a ``.gz`` that is compressed once more: its bytes tell. Of JSON without a size, nothing tells."""
    cases = [case for case in itertools.product(TRUTH, LABELS) if sized or case != (".json", "")]
    for number, (end, label) in enumerate(cases):
        encoded = zlib.compress(TRUTH[end]) if label == "deflate" else gzip.compress(TRUTH[end])
        headers = {"Content_Encoding": label} if label else {}
        server.acts[f"/{number:03d}{end}"] = [send(encoded, **headers)]
    manifest = fetch(server, tmp_path, [end for end, _ in cases], sized=sized, patience=CALM)
    assert [case for case, entry in zip(cases, manifest, strict=True) if entry.ok or raw(entry)] == []
    assert not left_over(tmp_path)


def test_a_transfer_encoding_that_was_not_asked_for_is_refused(server: Server, tmp_path: Path) -> None:
    framings = ("gzip, chunked", "chunked, chunked", "gzip", "identity, chunked", "deflate")
    cases = list(itertools.product((".txt", ".fits", ".txt.gz"), framings))
    for number, (end, framing) in enumerate(cases):
        server.acts[f"/{number:03d}{end}"] = [in_chunks(gzip.compress(TRUTH[end]), Transfer_Encoding=framing)]
    manifest = fetch(server, tmp_path, [end for end, _ in cases])
    assert [entry.error for entry in manifest] == [
        f"the server sends the file encoded ({framing}), which was not asked for" for _, framing in cases
    ]


def cut_then(label_first: str, label_rest: str) -> list[Act]:
    """Break off the first answer, and continue it, each under a label."""

    def first(handler: Handler, body: bytes) -> None:
        headers = {"Content_Encoding": label_first} if label_first else {}
        handler.answer(body[: len(body) // 2], length=len(body), ETag=etag(body), **headers)
        handler.close_connection = True

    def rest(handler: Handler, body: bytes) -> None:
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        headers = {"Content_Encoding": label_rest} if label_rest else {}
        headers |= {"Content_Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        handler.answer(body[start:], 206 if start else 200, ETag=etag(body), **headers)

    return [first, rest]


@pytest.mark.parametrize(
    ("end", "first", "rest", "resumed"),
    [
        (".fits.gz", "gzip", "gzip", True),
        (".fits.gz", "gzip", "", True),
        (".fits.gz", "", "x-gzip", True),
        (".fits.gz", "gzip", "br", False),
        (".fits", "", "", True),
        (".fits", "", "gzip", False),
        (".fits", "gzip", "", False),
    ],
)
def test_a_body_is_continued_only_as_it_is(
    server: Server, tmp_path: Path, end: str, first: str, rest: str, resumed: bool
) -> None:
    act_always(server, end, *cut_then(first, rest))
    [entry] = fetch(server, tmp_path, [end])
    assert is_true(entry, end) is resumed
    assert entry.ok is resumed


# -- limits --


def endless(piece: bytes, head: bytes = b"") -> Act:
    def act(handler: Handler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(head)
        for _ in range(2000):
            handler.wfile.write(piece)
        handler.close_connection = True

    return act


@pytest.mark.parametrize(
    ("end", "head", "piece"),
    [
        (".txt", b"", b"text\n" * 10_000),
        (".txt", b"", b" " * 50_000),
        (".xml", b"<a>", b"<b/>" * 10_000),
        (".html", b"<html>", b"<p>text" * 10_000),
        (".pdf", b"%PDF-1.4", b"text" * 10_000),
        (".txt.gz", gzip.compress(b"a", mtime=0), gzip.compress(b"b", mtime=0) * 2000),
    ],
)
def test_a_body_without_an_end_is_cut_off(server: Server, tmp_path: Path, end: str, head: bytes, piece: bytes) -> None:
    act_always(server, end, endless(piece, head))
    [entry] = fetch(server, tmp_path, [end])
    assert "what comes has no end: more than 1,000,000 bytes" in entry.error
    assert server.seen[f"/000{end}"] == 1
    assert not list(tmp_path.iterdir())


def test_a_body_of_a_known_size_has_no_such_limit(server: Server, tmp_path: Path) -> None:
    few = replace(HASTE, largest=100)
    assert is_true(fetch(server, tmp_path / "a", [".fits"], sized=True, patience=few)[0], ".fits")
    assert is_true(fetch(server, tmp_path / "b", [".txt"], patience=few)[0], ".txt")
    act_always(server, ".txt", in_chunks())
    assert "has no end: more than 100 bytes" in fetch(server, tmp_path / "c", [".txt"], patience=few)[0].error


def test_the_disk_is_looked_at_while_a_body_of_unknown_size_comes(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tess_source.system.room", lambda folder: 1000)
    act_always(server, ".txt", in_chunks())
    assert "the disk is full" in fetch(server, tmp_path, [".txt"])[0].error
    assert not list(tmp_path.iterdir())


# -- zip files --


def packed(data: bytes, name: str = "a.fits", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as pack:
        pack.writestr(name, data)
    return out.getvalue()


def with_large_list(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for number in range(count):
            pack.writestr(f"{number}{'x' * 200}/", b"")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed(bytes(3_000_000)), "holds a file of 3,000,000 bytes, more than 1,000,000; Patience(largest=…)"),
        (with_large_list(5000), "not a whole zip file: the list of its files has "),
        (packed(FITS, method=zipfile.ZIP_BZIP2), "its compression has the number 12, and 0 and 8 are known"),
        (packed(FITS, method=zipfile.ZIP_LZMA), "its compression has the number 14"),
        (packed(FITS)[:200] + b"\xff" * 50 + packed(FITS)[250:], "not a whole zip file"),
        (packed(SORRY), "what the zip file holds is not the file: it is an HTML page"),
    ],
    ids=["bomb", "list", "bzip2", "lzma", "damaged", "page"],
)
def test_a_zip_file_that_is_too_much_or_not_whole_is_refused(
    server: Server, tmp_path: Path, data: bytes, said: str
) -> None:
    act_always(server, ".fits", answer(data))
    [entry] = fetch(server, tmp_path, [".fits"], unpack="zip")
    assert said in entry.error
    assert not list(tmp_path.iterdir())


def test_a_damaged_zip_file_costs_its_entry(server: Server, tmp_path: Path) -> None:
    wrong: list[tuple[int, str]] = []
    whole = packed(FITS)
    server.acts.clear()
    batch = list(attempts(40, 1000))
    for number, chance in batch:
        place = chance.randrange(len(whole))
        changed = bytearray(whole)
        changed[place] ^= 1 << chance.randrange(8)
        server.acts[f"/{number:03d}.fits"] = [answer(bytes(changed))]
    for (number, _), entry in zip(batch, fetch(server, tmp_path, [".fits"] * len(batch), unpack="zip"), strict=True):
        if (entry.ok and not is_true(entry, ".fits")) or raw(entry):
            wrong.append((number, entry.error))
    assert wrong == []
    assert not left_over(tmp_path)


# -- by chance --


def raw(entry: Entry) -> bool:
    """Return whether an error is that of Python, and not in words."""
    return "Error:" in entry.error or "Exception" in entry.error


def strange(chance: random.Random, truth: bytes) -> Act:
    """Return an answer that is not the file, or is not plainly the file."""
    body = chance.choice((
        SORRY, SORRY.upper(), b"<!-- a -->" + SORRY, b" " * 80 + SORRY, b"<body>", SORRY.decode().encode("utf-16"),
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', b'<?xml version="1.0"?><Error/>', b"", truth,
        gzip.compress(truth), gzip.compress(gzip.compress(truth)), zlib.compress(truth), gzip.compress(SORRY),
        b'{"error": "gone"}', b'[{"message": 1}]',
    ))  # fmt: skip
    headers = {
        "Content_Type": chance.choice(
            ("text/html", "text/plain", "application/json", "application/gzip", "", "\xe9", "text/html;;;=", "x" * 999)
        ),
        "Content_Encoding": chance.choice(
            ("gzip", "x-gzip", "deflate", "br", "identity", "gzip, gzip", ",", "", "²", "gzip;q=1")
        ),
        "Transfer_Encoding": chance.choice(("gzip, chunked", "chunked", "chunked, gzip", "identity", "Chunked")),
        "ETag": chance.choice(('"a"', "W/", "", '"' * 99)),
        "Content_Range": chance.choice(("bytes 0-1/2", "bytes */0", "²")),
        "Last_Modified": chance.choice(("yesterday", "Mon, 01 Jan 2024 00:00:00 GMT")),
    }
    if body == truth and chance.random() < 0.3:
        return answer()
    chosen = dict(chance.sample(sorted(headers.items()), chance.randrange(len(headers))))
    if "Transfer_Encoding" in chosen or chance.random() < 0.3:
        return in_chunks(body, **chosen)
    return answer(body, **chosen)


def test_no_answer_by_chance_becomes_a_wrong_file(server: Server, tmp_path: Path) -> None:
    ends, sizes = sorted(TRUTH.keys() - {".json", ".html"}), [True, False]  # these two may hold anything
    wrong: list[tuple[int, str, str]] = []
    batch = list(attempts(60, 1000))
    for sized in sizes:
        chosen = [chance.choice(ends) for _, chance in batch]
        server.seen.clear()
        server.acts = {
            f"/{number:03d}{end}": [strange(chance, TRUTH[end])]
            for (number, chance), end in zip(batch, chosen, strict=True)
        }
        patience = replace(CALM, tries=1)
        manifest = fetch(server, tmp_path / str(sized), chosen, sized=sized, patience=patience)
        for (number, _), end, entry in zip(batch, chosen, manifest, strict=True):
            if (entry.ok and not is_true(entry, end)) or raw(entry):
                wrong.append((number, end, entry.error or str(entry.path and entry.path.read_bytes()[:40])))
        assert sum(entry.ok for entry in manifest) > len(batch) // 100, "some are the file"
        assert not left_over(tmp_path)
    assert wrong == []
