"""Nothing that stands in rows, messages, names and files commands the terminal; what a program reads is not changed for it."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table
from hostile import ALL, COMMANDS, is_harmless
from program_run import Program
from serving import Server, serving

from tess_source.cli import program
from tess_source.display.visible import visible
from tess_source.lock.scripts import LANGUAGES
from tess_source.tables.items import Entry
from tess_source_mast import deadline, portal
from tess_source_sample.server import SampleArchive

PLUGIN = f"""
from tess_source import Observations, Products, Request, Target, Transport, hookimpl
from tess_source.errors import ServiceError
from tess_source.hooks.records import Field

EVIL = {ALL!r}
PRODUCT = {{"obsID": "1", "obs_id": EVIL, "dataURI": "mast:TESS/" + EVIL, "productFilename": EVIL, "size": 2880, "obs_collection": "TESS"}}

@hookimpl
def tess_resolve(target):
    if target == "broken":
        raise ValueError(EVIL)
    if target == "failing":
        raise ServiceError(EVIL, EVIL, 500, EVIL)
    return Target(target, ra=1.0, dec=1.0, resolver=EVIL)

@hookimpl
def tess_query(query, settings):
    return Observations.of([{{"obs_id": EVIL, "target_name": "1", "obsid": "1"}}])

@hookimpl
def tess_list(observations):
    return Products.of([PRODUCT, {{**PRODUCT, "productFilename": "b" + EVIL, "obsID": "2"}}])

@hookimpl
def tess_fields(what):
    return [Field(EVIL, description=EVIL)]

@hookimpl
def tess_transports():
    return (Transport("mast", lambda uri, settings: Request("http://127.0.0.1:9/x")),)
"""


@pytest.fixture
def hostile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program with one archive, whose every text is hostile."""
    file = tmp_path / "evil.py"
    file.write_text(PLUGIN)
    return Program(capsys, "--without", "mast", "--plugin", str(file), "--cache", str(tmp_path / "cache"))


COMMANDS_OF_PROGRAM = (
    ("search", "KELT-9"), ("search", "broken"),
    ("-vv", "search", "broken"), ("search", "failing"), ("search", "1", "--radius", "\x9b"),
    ("\x1b[31m",), ("search", "--\x1b"), ("fields",), ("get", "1", "--to", "d\x1b[31m", "--dry-run"),
    ("--server", "\x1b", "plugins"), ("--plugin", "\x1b.py", "plugins"),
    ("--cache", "c\x1b", "cache", "info"),
)  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS_OF_PROGRAM, ids=lambda words: visible(" ".join(words))[:30])
def test_nothing_commands_the_terminal(
    words: Sequence[str], hostile: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = hostile(*words)
    assert ran.out + ran.err
    assert "cannot be imported" not in ran.err
    assert is_harmless(ran.out)
    assert is_harmless(ran.err)


def test_a_hostile_text_makes_no_line_of_its_own(hostile: Program) -> None:
    ran = hostile("search", "failing")
    assert [line[:6] for line in ran.err.splitlines()] == ["error:", "  rais"]
    assert len(hostile("search", "KELT-9").out.splitlines()) == 2


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "ecsv"])
def test_what_a_program_reads_holds_the_values_as_they_are(form: str, hostile: Program, tmp_path: Path) -> None:
    ran = hostile("search", "KELT-9", "--format", form)
    assert ran.code == 0
    if form == "ecsv":
        (tmp_path / "x.ecsv").write_bytes(ran.out.encode())
        rows: Any = Table.read(tmp_path / "x.ecsv", format="ascii.ecsv")
    elif form == "csv":
        rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    else:
        rows = json.loads(ran.out) if form == "json" else list(map(json.loads, ran.out.split("\n")[:-1]))
        assert is_harmless(ran.out)  # by JSON's own escapes
    assert "\x1b]0;title\x07" in rows[0]["obs_id"]
    if form != "ecsv":  # astropy's reader of it takes tabs and the like for blanks
        assert rows[0]["obs_id"].replace("\r", "") == ALL.replace("\r", "")


@pytest.mark.parametrize("form", ["table", "csv"])
def test_on_a_terminal_no_format_commands_it(form: str, hostile: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    ran = hostile("search", "KELT-9", "--format", form)
    assert "<script>" in ran.out
    assert is_harmless(ran.out)


def test_a_mistake_of_ours_is_shown_with_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(*_: object) -> None:
        raise ZeroDivisionError("\x1b[31m\x9b")

    monkeypatch.setattr(program, "build", wrong)
    ran = Program(capsys)("plugins")
    assert ran.code == 1
    assert "Traceback" in ran.err
    assert r"ZeroDivisionError: \x1b[31m\x9b" in ran.err
    assert is_harmless(ran.err)


# -- what comes from servers and disks --


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


def test_reasons_and_headers_of_a_server_are_escaped(
    server: Server,
    hostile: Program,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answers(handler: Any, body: bytes) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        handler.wfile.write(b"HTTP/1.1 404 \x1b[31m\x9b2J\x07\r\nContent-Length: 0\r\nX: \x1b\r\n\r\n")

    monkeypatch.setattr(deadline, "PAUSE", 0.0)
    portal._portal.cache_clear()
    monkeypatch.setattr("serving.Handler.do_POST", lambda self: answers(self, b""), raising=False)
    monkeypatch.setattr("serving.Handler.do_GET", lambda self: answers(self, b""))
    run = Program(capsys, "--server", server.url, "--cache", str(tmp_path))
    for words in (("search", "1"), ("search", "KELT-9"), ("-vv", "fields")):
        ran = run(*words)
        assert ran.code == 1
        assert r"\x1b[31m" in ran.err
        assert is_harmless(ran.err)


def test_names_of_files_that_are_not_utf_8_are_shown(
    archive: SampleArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / os.fsdecode(b"a\xff\x1b")
    try:
        root.mkdir()
    except OSError:
        pytest.skip("this system has no such names")
    lock = tmp_path / "lock.ecsv"
    run = Program(capsys, "--server", archive.url, "--cache", str(tmp_path / "cache"))
    ran = run("get", "16740101", "--sector", 14, "--kind", "lc", "--to", root, "--lock", lock, "--format", "json")
    assert ran.code == 0
    assert is_harmless(ran.out + ran.err)
    (root / os.fsdecode(b"\xfe.fits")).write_bytes(b"x")
    (root / "a\nb\x9b.fits").write_bytes(b"x")
    for form in ("table", "json"):
        ran = run("verify", lock, "--to", root, "--format", form)
        assert "2 extra" in ran.err
        assert is_harmless(ran.out + ran.err)
    for language in LANGUAGES:
        words = ("--curl",) if language == "curl" else ()
        assert is_harmless(run("lock", "script", *words, lock).out)


def test_errors_of_entries_may_hold_any_text() -> None:
    from tess_source.tables.entries import as_frame
    from tess_source.tables.items import Items, item_from

    items = Items.of([{"uri": "mast:TESS/x.fits", "path": "x.fits", "filename": "x.fits"}])
    frame = as_frame(items, [Entry(item_from(items[0]), "failed", error="".join(COMMANDS) + "\ud800")])
    assert frame["error"][0] == "".join(COMMANDS) + r"\ud800"
