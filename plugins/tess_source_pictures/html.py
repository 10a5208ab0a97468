"""Parts of a page, made by `tess_source.display.html`, which escapes every text from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from tess_source.disk import check_place
from tess_source.display import html
from tess_source.display.html import Markup, element
from tess_source.errors import QueryError
from tess_source.paths import user_path
from tess_source_pictures.gather import curves_file

__all__ = ["Markup", "link", "page", "page_file", "table", "text"]

PAGES = (".html", ".htm")
"""How the names of pages end."""


def page_file(path: str | Path | None) -> Path:
    """Return the file that a page is to be written to.

    Raises
    ------
    QueryError
        If its name is not that of a page.
    OSError
        If it cannot be written.
    MissingExtraError
        If lightkurve or matplotlib is not installed, with which its pictures are drawn.
    """
    file = Path() if path is None else user_path(path)
    if file.suffix.lower() not in PAGES:
        raise QueryError(f"{file.name}: a page is {PAGES[0]}, e.g. {file.stem or 'star'}{PAGES[0]}")
    check_place(file)
    curves_file(None)
    return file


def text(value: object) -> Markup:
    """Return a value as HTML; None and "" become a dash."""
    return html.text("–" if value is None or value == "" else value)


def link(url: str | None, said: object) -> Markup:
    """Return a link that does not tell the page it leads to where it stands; the text alone if the address is not one of the web."""
    return html.link(url, said, rel="noreferrer")


def table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Markup:
    """Return a table, whose rows are blocks of lines on a narrow screen: each cell below the other, with its heading before it.

    Between the two, a shadow shows where there is more to be pushed into sight.
    """
    top = element("thead", element("tr", *(element("th", text(word), scope="col") for word in head)))
    body = element("tbody", "\n", *(part for row in rows for part in (element("tr", *_cells(head, row)), "\n")))
    said = element("caption", caption) if caption else ""
    return element("div", element("table", said, top, body), class_="wide", tabindex="0")


def _cells(head: Sequence[str], row: Sequence[object]) -> Iterator[Markup]:
    for name, cell in zip(head, row, strict=True):
        yield element("td", element("span", text(cell)), data_head=name)


def page(title: str, body: Iterable[object]) -> str:
    """Return a whole page: nothing in it may be loaded, nothing in it runs.

    Parameters
    ----------
    title : str
        Text for the head of the page.
    body : iterable of object
        Markup; other texts are escaped.
    """
    skeleton, style = (
        files("tess_source_pictures").joinpath(name).read_text("utf-8") for name in ("page.html", "page.css")
    )
    content = "\n".join(map(html.text, body))
    return Template(skeleton).substitute(title=text(title), style=style, content=content)
