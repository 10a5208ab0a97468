"""The part of docs/mast-contract.md that lists the lines: ``python tests/live/write_page.py`` writes it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from mast_contract.line import SERVICES, Line

__all__ = ["BEGIN", "END", "rendered", "with_lines"]

BEGIN, END = "<!-- lines: python tests/live/write_page.py -->", "<!-- end of lines -->"
HEADINGS = {
    "portal": "The portal", "resolver": "The name resolver", "downloads": "Downloads", "bucket": "The public cloud copy",
    "path look-up": "The path look-up", "lists": "Lists of the archive", "target lists": "Target lists of the TESS Science Office",
    "ExoFOP": "ExoFOP", "TIC": "The TESS Input Catalog", "TESScut": "TESScut",
}  # fmt: skip


def rendered(lines: Iterable[Line]) -> str:
    """Return the lines as tables, a section per service."""
    order = list(HEADINGS)
    parts = []
    for service, found in groupby(sorted(lines, key=lambda one: order.index(one.service)), key=lambda one: one.service):
        parts += [f"### {HEADINGS[service]}", "", f"Asked of `{SERVICES[service]}`.", ""]
        parts += ["| line | what is assumed | evidence | what depends on it |", "|---|---|---|---|"]
        parts += [
            f"| `{one.name}` | {_cell(one.says)} | {_cell(one.evidence)} | {_cell(one.needed_for)} |" for one in found
        ]
        parts += [""]
    return "\n".join(parts)


def with_lines(page: str, lines: Iterable[Line]) -> str:
    """Return a page whose part between the marks lists the lines."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{rendered(lines)}\n{END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
