"""What plugins do with files and addresses: readers, collectors, transports, copies and lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from tess_source.hooks.records import Copy, Request, Source, Transport
from tess_source.settings import Settings
from tess_source.tables.items import Entry, Item
from tess_source.tables.listing import Products
from tess_source_testing.checks.findings import Findings

__all__ = ["check_addresses", "check_collector", "check_reader", "check_source"]

STRANGE = {"notes.txt": b"not a file of TESS\n", "table.csv": b"a,b\n1,2\n", "picture.png": b"\x89PNG\r\n\x1a\n"}
"""Files that no plugin is for, unless it says so by a kind of its own."""


def check_reader(findings: Findings, function: Callable[..., Any], folder: Path) -> None:
    """Check that a reader leaves files alone that are not its own."""
    for name, content in STRANGE.items():
        path = folder / name
        path.write_bytes(content)
        entry = Entry(Item(f"strange:{name}", name, len(content), filename=name), "fetched", path=path)
        outcome = findings.call(lambda entry=entry: function(entry=entry, options={}))
        right = "return None for files that are not yours, by entry.item.kind, so that other plugins are asked"
        if findings.works(f"tess_load, {name}", outcome, right) and outcome.value is not None:
            findings.problem("tess_load", f"opened {name}, of kind 'other', as {type(outcome.value).__name__}; {right}")


def check_collector(findings: Findings, function: Callable[..., Any]) -> None:
    """Check that a collector leaves objects alone that are not its own."""
    outcome = findings.call(lambda: function(objects=[object(), "text", 3]))
    right = "return a mapping of kinds to your own objects, or None"
    if findings.works("tess_collect", outcome, right):
        made = outcome.value
        if made is not None and not isinstance(made, Mapping):
            findings.problem("tess_collect", f"returned {type(made).__name__}; {right}")
        elif made and any(len(group) for group in made.values()):
            findings.problem("tess_collect", f"claims objects that are not its own, as {next(iter(made))!r}; {right}")


def check_addresses(findings: Findings, record: Transport | Copy, products: Products, settings: Settings) -> None:
    """Check that addresses follow from URIs alone."""
    where = f"copy {record.name!r}" if isinstance(record, Copy) else f"scheme {record.scheme!r}"
    begins = f"{record.scheme}:"
    uris = [uri for uri in products["uri"] if uri.startswith(begins)][:3] or [f"{begins}folder/file.fits"]
    right = "locate must return a Request, or a sequence of them, the same each time, and ask no one"
    for uri in uris:
        first, again = findings.call(record.locate, uri, settings), findings.call(record.locate, uri, settings)
        if first.worded or isinstance(first.error, ValueError):
            continue  # it says what is wrong with this URI
        if not findings.works(f"{where}, {uri}", first, right):
            return
        requests = [first.value] if isinstance(first.value, Request) else first.value
        if not _are_requests(requests) or not (requests or isinstance(record, Copy)):
            findings.problem(f"{where}, {uri}", f"returned {first.value!r}; {right}")
            return
        if wrong := [one.url for one in requests if not one.url.startswith(("http://", "https://", "file:"))]:
            findings.problem(f"{where}, {uri}", f"the address {wrong[0]!r} is neither http, https nor file; {right}")
            return
        if again.value != first.value:
            findings.problem(f"{where}, {uri}", f"other addresses the second time; {right}")
            return


def _are_requests(answer: object) -> TypeGuard[Sequence[Request]]:
    return (
        isinstance(answer, Sequence) and not isinstance(answer, str) and all(isinstance(one, Request) for one in answer)
    )


def check_source(findings: Findings, record: Source, folder: Path) -> None:
    """Check that the addresses of lists are a pure function, and that what is no list is refused."""
    where = f"source {record.name!r}"
    outcome = findings.call(record.locate, record.since, ())
    right = "locate must return a sequence of addresses for a sector and the links of the index"
    if findings.works(where, outcome, right):
        made = outcome.value
        if made is not None and (not isinstance(made, Sequence) or isinstance(made, str)):
            findings.problem(where, f"returned {made!r}; {right}")
    page = folder / "page.html"
    page.write_text("<html><body>not found</body></html>\n", encoding="utf-8")
    parsed = findings.call(record.parse, page, "https://archive.example/list")
    if not parsed.ok and not isinstance(parsed.error, ValueError):
        findings.problem(
            where, f"parse raised {parsed.said} for a page of HTML; raise ValueError for what is no such list"
        )
