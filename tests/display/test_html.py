"""HTML is made in one place, and no text or attribute of it becomes markup."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import links, parts, said, texts
from hypothesis import given
from places import CORE, PLUGINS

from tess_source.display import html
from tess_source.display.visible import visible

SOURCES = [*CORE.rglob("*.py"), *PLUGINS.rglob("*.py")]
ELSEWHERE = {CORE / "display" / "html.py", *(PLUGINS / "tess_source_sample").rglob("*.py")}
"""The place where it is made, and the server, whose pages are those of a server."""


@given(texts)
def test_texts_and_attributes_stay_what_they_are(evil: str) -> None:
    made = html.element("p", evil, html.element("b", evil, class_=evil), data_head=evil)
    assert parts(made) == [("p", "data-head"), ("b", "class"), ("/b",), ("/p",)]
    assert said(made) == visible(evil) * 2


@given(texts)
def test_an_address_of_anything_but_the_web_is_no_link(evil: str) -> None:
    assert not links(html.link(f"javascript:{evil}", evil))
    for url in (evil, f"https://{evil}", f"https://host/{evil}"):
        assert all(re.match(r"https?://[^\s@\\]+", link) for link in links(html.link(url, evil)))


@pytest.mark.parametrize(
    "url",
    [
        None, "", "javascript:alert(1)",
        " javascript:alert(1)", "java\nscript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x",
        "file:///etc/passwd", "//host/x", "/x", "https:x", "https://", "http://[::1", "https://a@host/", "https://me:secret@host/",
        "https://host/\n", "https://host/\u202e", "https://good.org\\@evil.org", "https://host/a b",
    ],
)  # fmt: skip
def test_only_plain_addresses_of_the_web_become_links(url: str | None) -> None:
    assert html.link(url, "<x>") == "&lt;x&gt;"


def test_links_may_have_further_attributes_but_no_program() -> None:
    assert (
        html.link("https://host/?a=1&b", "x", rel="noreferrer")
        == '<a href="https://host/?a=1&amp;b" rel="noreferrer">x</a>'
    )
    for name in ("onclick", "href", "src"):
        with pytest.raises(ValueError, match=name):
            html.element("p", **{name: "x"})


def test_markup_is_not_escaped_twice_and_all_else_is_once() -> None:
    assert html.text(html.text("<"), "<", None, 1) == "&lt;&lt;None1"


def strings(file: Path) -> Iterator[str]:
    """Yield the strings of a file, of f-strings too, that are not docstrings."""
    tree = ast.parse(file.read_text())
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_no_other_file_makes_html() -> None:
    tag = re.compile(r"</?(a|b|p|td|tr|th|pre|div|span|table|figure|h\d|dl|details)\b[^(]*>")
    for file in set(SOURCES) - ELSEWHERE:
        source = file.read_text()
        assert not tag.search(source) or not [one for one in strings(file) if tag.search(one)], file
        assert "import escape\n" not in source, file
        assert "Markup(" not in source or file.name == "svg.py", file  # of what matplotlib made and escaped
