"""The page on troubleshooting has every error class, and the family of every message that the code can give."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT
from syntax import FILES, nodes

from tess_source import errors

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
PROGRAMS_OF_OURS = {"tess_source_sample", "tess_source_testing"}
"""Plugins for tests, whose errors are for those who write tests."""
SOURCES = [file for file in FILES if not PROGRAMS_OF_OURS & {*file.parts}]
ANY = "…"
WORDED = {
    "UnknownNameError": "unknown …", "NotAskedForError": "unknown …", "NoColumnError": "it has no column …",
    "OfflineError": "offline, and not in the cache folder: …",
}  # fmt: skip
"""What classes make of their arguments."""
LITERAL = 8
"""Fewer letters than this of a message's own are no family: it is put together elsewhere."""
WORDS = 4
"""A family on the page has at least so many letters of its own, or it would hold every message."""


@functools.cache
def of_kinds(*kinds: type[ast.AST]) -> tuple[tuple[Path, ast.AST], ...]:
    """Return the classes and calls of all files, each with its file."""
    return tuple((file, node) for file in SOURCES for node in nodes(file) if isinstance(node, kinds))


@functools.cache
def classes() -> frozenset[str]:
    """Return the names of all error classes of the project: those that stand on `TessSourceError`."""
    known, found = {"TessSourceError"}, True
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for _, node in of_kinds(ast.ClassDef, ast.Call)
        if isinstance(node, ast.ClassDef)
    }
    while found:
        found = {name for name, of in bases.items() if of & known} - known
        known |= found
    return frozenset(known)


def template(node: ast.expr) -> str:
    """Return the text of a message, with … for what is put in."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(map(template, values))
        case ast.BinOp(left=left, right=right):
            return template(left) + template(right)
        case _:
            return ANY


@functools.cache
def messages() -> tuple[tuple[str, str, str], ...]:
    """Return where, class and template of all errors that are made in the code."""
    return tuple(_messages())


def _messages() -> Iterator[tuple[str, str, str]]:
    for file, node in of_kinds(ast.ClassDef, ast.Call):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes()):
            continue
        parts, kind = list(map(template, node.args)), node.func.id
        where = f"{file.relative_to(ROOT)}:{node.lineno}"
        if kind in {"ServiceError", "NetworkError", "OverloadError"}:
            yield where, kind, ": ".join(parts[:2])
        else:
            yield where, kind, WORDED.get(kind) or "".join(parts)


@functools.cache
def patterns() -> list[re.Pattern[str]]:
    """Return the messages that the page lists, as patterns."""
    cells = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| ")]
    listed = [text for cell in cells for text in re.findall(r"`([^`]+)`", cell)]
    with_words = [text for text in listed if len(re.findall("[a-zA-Z]", text)) >= WORDS]
    return [re.compile(".*".join(map(re.escape, text.split(ANY))), re.DOTALL) for text in with_words]


def test_the_page_names_every_class_of_errors() -> None:
    for name in errors.__all__:
        assert not isinstance(getattr(errors, name), type) or f"`{name}`" in PAGE or f" {name}" in PAGE, name


def test_the_page_has_the_family_of_every_message() -> None:
    known = patterns()
    missing = [
        f"{where}: {kind}: {text}"
        for where, kind, text in messages()
        if len(re.findall(r"[a-zA-Z]", text)) >= LITERAL and not any(one.fullmatch(text) for one in known)
    ]
    assert not missing, "add to docs/troubleshooting.md:\n" + "\n".join(missing)


def test_every_family_on_the_page_is_one_of_a_message() -> None:
    given = [text for _, _, text in messages()]
    source = "".join(file.read_text() for file in SOURCES)
    for one in patterns():
        words = max(one.pattern.replace("\\", "").split(".*"), key=len)
        assert any(one.fullmatch(text) for text in given) or words.strip(" :;") in source, one.pattern


@pytest.mark.parametrize("text", ["a word that no page has ever had", "… nobody lists this …"])
def test_a_message_that_is_not_on_the_page_is_found(text: str) -> None:
    assert not any(one.fullmatch(text) for one in patterns())
