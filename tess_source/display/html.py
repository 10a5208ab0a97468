"""HTML: the one place where it is made. Every text and every attribute is escaped here, so that data never become markup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from types import MappingProxyType
from urllib.parse import urlsplit

from tess_source._lazy import pl
from tess_source.display.text import MOST_ROWS, PLAIN, NumberLook, cell, head_and_tail
from tess_source.display.visible import visible

__all__ = ["Markup", "attributes", "element", "link", "table", "text", "view"]


LONG = 40
"""Characters from which a text of several words is broken into lines."""


class Markup(str):
    """HTML that this module made; any other string is text, which is escaped."""

    __slots__ = ()


def text(*values: object) -> Markup:
    """Return values one after the other as HTML: markup stays, anything else is escaped, control characters too."""
    return Markup("".join(value if isinstance(value, Markup) else escape(visible(value)) for value in values))


def attributes(**values: object) -> Markup:
    """Return attributes of an element, with a blank before each.

    Parameters
    ----------
    **values
        Name → value; ``_`` stands for ``-`` in names, and a last ``_`` is left out (``class_``). Attributes with an address or a
        program are refused: a link is made by `link`.
    """
    names = {name.rstrip("_").replace("_", "-"): value for name, value in values.items()}
    if refused := [name for name in names if name.startswith("on") or name in {"href", "src", "srcdoc", "action"}]:
        raise ValueError(f"no element has an attribute {refused[0]!r} here")
    return Markup("".join(f' {name}="{_quoted(value)}"' for name, value in names.items()))


def _quoted(value: object) -> str:
    return escape(visible(value))


def element(name: str, *content: object, **values: object) -> Markup:
    """Return an element.

    Parameters
    ----------
    name : str
        Of the element, e.g. ``"p"``; never from data.
    *content : object
        What is in it: see `text`.
    **values
        Its attributes: see `attributes`.
    """
    return Markup(f"<{name}{attributes(**values)}>{text(*content)}</{name}>")


def view(*content: object) -> Markup:
    """Return what a notebook shows of an object: see `text`. Notebooks would typeset what stands between dollar signs; here they do not."""
    return element("div", *content, class_="tex2jax_ignore mathjax_ignore")


def link(url: str | None, said: object, **values: object) -> Markup:
    """Return a link with further attributes, or the text alone if `url` is not a plain address of the web, without a user."""
    if url is None or not _is_web_address(url):
        return text(said)
    return Markup(f'<a href="{escape(url)}"{attributes(**values)}>{text(said)}</a>')


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return known and url.isprintable() and " " not in url and "\\" not in url


def table(
    frame: pl.DataFrame, columns: Sequence[str], title: str, rows: int = MOST_ROWS,
    looks: Mapping[str, NumberLook] = MappingProxyType({}),
) -> Markup:  # fmt: skip
    """Return columns of a frame as a table, in a box of its own, so that a wide one is scrolled and not the page.

    Text is aligned left and numbers right, in headings too, whatever the front end does. A name is never broken; words are. Colours are
    those of the front end, light or dark.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
        Which to show; those without any value are left out.
    title : str
        The caption.
    rows : int
        Most rows to show.
    looks : mapping
        Column → how its numbers are shown.
    """
    head, tail = head_and_tail(frame.height, rows)
    columns = [name for name in columns if frame[name].null_count() < frame.height] or columns
    shown = frame.select(columns)
    sides = ["right" if frame.schema[name].is_numeric() else "left" for name in columns]
    look = [looks.get(name, PLAIN) for name in columns]
    body = [
        _row("td", map(cell, row, look), sides)
        for row in [*shown.head(head).iter_rows(), *shown.tail(tail).iter_rows()]
    ]
    if hidden := frame.height - head - tail:
        more = element("td", f"… {hidden:,} more …", colspan=len(columns), style="text-align:left")
        body.insert(head, element("tr", more))
    caption = element("caption", title, style="text-align:left;white-space:nowrap")
    headings = [one.heading(name) for name, one in zip(columns, look, strict=True)]
    made = element("table", caption, element("thead", _row("th", headings, sides)), element("tbody", *body))
    return element("div", made, style="overflow-x:auto")


def _row(kind: str, texts: Iterable[str], sides: Sequence[str]) -> Markup:
    return element(
        "tr", *(element(kind, said, style=_style(said, side)) for said, side in zip(texts, sides, strict=True))
    )


def _style(said: str, side: str) -> str:
    if len(said) > LONG and " " in said:
        return f"text-align:{side};min-width:20em;white-space:normal"
    return f"text-align:{side};white-space:nowrap"
