"""A figure as a part of an HTML page: an SVG element that asks for nothing and shares no id with its neighbours."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tess_source.display.html import Markup, attributes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Inliner"]

RESOLUTION = 200
"""Of the points, which are pixels within the SVG [1/inch]."""
HEAD = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
SIZE = re.compile(
    r'(<svg\b[^>]*?) height="[^"]*"([^>]*?) width="[^"]*"|(<svg\b[^>]*?) width="[^"]*"([^>]*?) height="[^"]*"'
)
IDS = re.compile(r'(?<=\bid=")[^"]+(?=")|(?<=href="#)[^"]+(?=")|(?<=url\(#)[^)]+(?=\))')


class Inliner:
    """Makes the SVG elements of one page, whose ids it counts: the same page twice is the same bytes twice."""

    def __init__(self) -> None:
        self._numbers: Iterator[int] = itertools.count(1)

    def inline(self, figure: Figure, said: str) -> Markup:
        """Return a figure as an SVG element.

        Parameters
        ----------
        figure : matplotlib.figure.Figure
        said : str
            Description of the figure for readers who cannot see it.
        """
        out = io.StringIO()
        figure.savefig(out, format="svg", dpi=RESOLUTION, metadata={"Date": None, "Creator": None})
        text = METADATA.sub("", HEAD.sub("", out.getvalue(), count=1), count=1)
        text = SIZE.sub(lambda match: "".join(part for part in match.groups() if part), text, count=1)
        known: dict[str, str] = {}
        text = IDS.sub(lambda match: self._own_id(known, match[0]), text)
        named = attributes(role="img", aria_label=said)
        return Markup(text.replace("<svg", f"<svg{named}", 1))  # matplotlib has escaped its texts

    def _own_id(self, known: dict[str, str], name: str) -> str:
        if name not in known:
            known[name] = f"s{next(self._numbers)}"
        return known[name]
