"""Parts of a page: every text from elsewhere is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from tess_source.disk import check_place
from tess_source.display.text import escape
from tess_source.errors import QueryError
from tess_source.paths import user_path

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
    """
    file = Path() if path is None else user_path(path)
    if file.suffix.lower() not in PAGES:
        raise QueryError(f"{file.name}: a page is {PAGES[0]}, e.g. {file.stem or 'star'}{PAGES[0]}")
    check_place(file)
    return file


class Markup(str):
    """HTML that was made here; any other string is text."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return a value as HTML: markup stays, anything else is escaped; None and "" become a dash."""
    if isinstance(value, Markup):
        return value
    return Markup("–" if value is None or value == "" else escape(str(value)))


def link(url: str | None, said: str) -> Markup:
    """Return a link, or the text alone if the address is not one of the web."""
    if url is None or urlsplit(url).scheme not in {"https", "http"}:
        return text(said)
    return Markup(f'<a href="{escape(url)}" rel="noreferrer">{escape(said)}</a>')


def table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Markup:
    """Return a table, whose rows are blocks of lines on a narrow screen: each cell below the other, with its heading before it.

    Between the two, a shadow shows where there is more to be pushed into sight.
    """
    top = "".join(f'<th scope="col">{text(word)}</th>' for word in head)
    body = "\n".join(f"<tr>{_cells_html(head, row)}</tr>" for row in rows)
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    return Markup(
        f'<div class="wide" tabindex="0"><table>{said}<thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )


def _cells_html(head: Sequence[str], row: Sequence[object]) -> str:
    return "".join(
        f'<td data-head="{escape(name)}"><span>{text(cell)}</span></td>' for name, cell in zip(head, row, strict=True)
    )


def page(title: str, body: Iterable[str]) -> str:
    """Return a whole page: nothing in it may be loaded, nothing in it runs.

    Parameters
    ----------
    title : str
        Text for the head of the page.
    body : iterable of str
        HTML, with all its texts escaped.
    """
    skeleton, style = (
        files("tess_source_pictures").joinpath(name).read_text("utf-8") for name in ("page.html", "page.css")
    )
    return Template(skeleton).substitute(title=text(title), style=style, content="\n".join(body))
