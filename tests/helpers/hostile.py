"""Texts that try to become markup or to command a terminal, and what a page is made of besides texts."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import strategies as st

MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>", "' onmouseover='alert(1)", "&lt;b&gt;",
    "&#60;i>", "]]>", "<![CDATA[", "<!--", "-->", "--!>", "</pre></td></table></p>", "<a href='javascript:alert(1)'>x</a>",
    "javascript:alert(1)", "data:text/html,<b>", "`", "<", "\\", "$x^{2}$", "$title", "{0}", "%s", "[bold]",
)  # fmt: skip
COMMANDS = (
    "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x9b2J", "\x9d0;x\x9c", "\x07", "\b\b\b", "\r", "\x7f", "\x00", "\t", "\n",
    "\x85", "\u2028", "\u202e", "\u2066", "\u2069", "\u200b", "\u200f", "\ufeff", "\xad", "\xa0", "\U000e0041",
)  # fmt: skip
"""What steers a terminal, turns the direction of writing, or is not to be seen."""
ALL = "".join((*MARKUP, *COMMANDS))

texts: st.SearchStrategy[str] = st.lists(
    st.sampled_from((*MARKUP, *COMMANDS)) | st.text(max_size=5), min_size=1, max_size=4
).map("x".join)


def is_harmless(said: str) -> bool:
    """Return whether a terminal may print something: nothing in it but what can be seen, and line feeds."""
    return all(line.isprintable() for line in said.split("\n"))


class _Parts(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[tuple[str, ...]] = []
        self.said: list[str] = []
        self.links: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, *(name for name, _ in attrs)))
        self.links |= {value or "" for name, value in attrs if name in {"href", "src", "action", "xlink:href"}}

    def handle_endtag(self, tag: str) -> None:
        self.parts.append((f"/{tag}",))

    def handle_comment(self, data: str) -> None:
        self.parts.append(("comment",))

    def handle_decl(self, decl: str) -> None:
        self.parts.append(("declaration",))

    def unknown_decl(self, data: str) -> None:
        self.parts.append(("declaration",))

    def handle_pi(self, data: str) -> None:
        self.parts.append(("instruction",))

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def parts(page: str) -> list[tuple[str, ...]]:
    """Return the elements of a page with the names of their attributes, its comments and its declarations, without any text."""
    return _Parts(page).parts


def links(page: str) -> set[str]:
    """Return the addresses that a page names."""
    return _Parts(page).links


def said(page: str) -> str:
    """Return all texts of a page."""
    return "".join(_Parts(page).said)
