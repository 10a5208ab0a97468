"""README.md on a package index: its links and pictures lead to the repository."""

from __future__ import annotations

import re
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from places import ROOT

from hatch_build import with_absolute_links

HOME = "https://example.org/one/two"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


class Addresses(HTMLParser):
    """Collects where the links and pictures of a page lead."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(MarkdownIt("commonmark").enable("table").render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in {"href", "src", "srcset"}]


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """What the wheel says of itself."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(packed.read(name))


def description(metadata: Message) -> str:
    """Return the long description, which is the body of the metadata."""
    body = metadata.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode()


def test_no_link_of_the_long_description_is_relative(metadata: Message) -> None:
    found = Addresses(description(metadata)).found
    assert len(found) > 20
    assert [address for address in found if not address.startswith(("https://", "#"))] == []


def test_links_into_the_repository_lead_to_files_that_are_there(metadata: Message) -> None:
    base = PROJECT["urls"]["Source"] + "/"
    inside = [address.removeprefix(base) for address in Addresses(description(metadata)).found if base in address]
    assert len(inside) > 20
    for address in inside:
        kind, head, path = address.split("/", 2)
        assert (kind in {"blob", "raw"}, head) == (True, "HEAD")
        assert (ROOT / path.partition("#")[0]).exists(), address


def test_the_text_is_that_of_the_readme_but_for_the_links(metadata: Message) -> None:
    base = PROJECT["urls"]["Source"]
    back = description(metadata).replace(f"{base}/blob/HEAD/", "").replace(f"{base}/raw/HEAD/", "")
    assert back == (ROOT / "README.md").read_text(encoding="utf-8")
    assert metadata["Description-Content-Type"].startswith("text/markdown")


def test_source_documentation_changes_and_issues_have_addresses(metadata: Message) -> None:
    named = dict(value.split(", ") for value in metadata.get_all("Project-URL") or ())
    assert set(named) == {"Source", "Documentation", "Changelog", "Issues"}
    assert all(address.startswith(named["Source"]) for address in named.values())


def test_no_extra_refers_to_the_package_itself(metadata: Message) -> None:
    """Old versions of pip would look for it on the index."""
    assert [value for value in metadata.get_all("Requires-Dist") or () if "tess-source" in value] == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[a](docs/a.md)", f"[a]({HOME}/blob/HEAD/docs/a.md)"),
        ("[a](./docs/a.md#part)", f"[a]({HOME}/blob/HEAD/docs/a.md#part)"),
        ('[a](docs/a.md "title")', f'[a]({HOME}/blob/HEAD/docs/a.md "title")'),
        ("[`a`](docs/a.md), [b](B)", f"[`a`]({HOME}/blob/HEAD/docs/a.md), [b]({HOME}/blob/HEAD/B)"),
        ("![a](a.png)", f"![a]({HOME}/raw/HEAD/a.png)"),
        ("[![a](a.png)](docs/a.md)", f"[![a]({HOME}/raw/HEAD/a.png)]({HOME}/blob/HEAD/docs/a.md)"),
        ("[a]: docs/a.md", f"[a]: {HOME}/blob/HEAD/docs/a.md"),
        ('<a href="docs/a.md">a</a>', f'<a href="{HOME}/blob/HEAD/docs/a.md">a</a>'),
        ('<img alt="a" src="a.png">', f'<img alt="a" src="{HOME}/raw/HEAD/a.png">'),
        ('<source media="x" srcset="a.png">', f'<source media="x" srcset="{HOME}/raw/HEAD/a.png">'),
    ],
)
def test_a_relative_link_leads_to_the_repository(text: str, wanted: str) -> None:
    assert with_absolute_links(text, HOME) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://example.org/x)", "[a](#part)", "[a](mailto:a@example.org)", "![a](//example.org/a.png)", "[a]: http://b",
        "`[a](b.md)`", "```\n[a](b.md)\n```", "[1](see below)", "f(x)[0](y", '<a href="https://a">a</a>', "a <b> (c)", "",
    ],
)  # fmt: skip
def test_other_links_and_code_stay_as_they_are(text: str) -> None:
    assert with_absolute_links(text, HOME) == text


def test_each_of_the_three_uses_has_at_most_five_lines_of_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    uses = text.partition("## Three uses, five lines each\n")[2].partition("\n## ")[0].split("\n**")[1:]
    assert len(uses) == 3
    for use in uses:
        shown = re.search(r"```python.*?\n(.*?)\n```", use, re.DOTALL)
        assert shown
        lines = shown[1].splitlines()
        session = any(line.startswith(">>> ") for line in lines)
        code = [line for line in lines if line.strip() and (not session or line.startswith((">>> ", "... ")))]
        asked = [line for line in code if session and re.fullmatch(r">>> \w+", line)]
        assert 3 <= len(code) - len(asked) <= 5, code
