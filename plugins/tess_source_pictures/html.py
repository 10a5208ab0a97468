"""Parts of a page: every text that comes from elsewhere goes through here and is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from tess_source.disk import check_place
from tess_source.errors import QueryError

__all__ = ["Markup", "link", "page", "page_file", "table", "text"]


PAGES = (".html", ".htm")
"""How the names of pages end."""


def page_file(path: str | Path | None) -> Path:
    """Give the file that a page is to be written to.

    Raises
    ------
    QueryError
        If its name is not that of a page.
    OSError
        If it cannot be written.
    """
    file = Path(path or "")
    if file.suffix.lower() not in PAGES:
        raise QueryError(f"{file.name}: a page is {PAGES[0]}, e.g. {file.stem or 'star'}{PAGES[0]}")
    check_place(file)
    return file


class Markup(str):
    """HTML that was made here; any other string is text."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Turn a value into HTML: markup stays, anything else is escaped; None and "" become a dash."""
    if isinstance(value, Markup):
        return value
    return Markup("–" if value is None or value == "" else escape(str(value)))


def link(url: str | None, said: str) -> Markup:
    """Give a link, or the words alone where the address is none of the web."""
    if url is None or urlsplit(url).scheme not in {"https", "http"}:
        return text(said)
    return Markup(f'<a href="{escape(url)}" rel="noreferrer">{escape(said)}</a>')


def table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Markup:
    """Give a table, whose rows are blocks of lines on a narrow screen: each cell below the other, with its heading before it.

    Between the two, a shadow shows where there is more to be pushed into sight.
    """
    top = "".join(f'<th scope="col">{text(word)}</th>' for word in head)
    body = "\n".join(f"<tr>{_cells(head, row)}</tr>" for row in rows)
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    return Markup(
        f'<div class="wide" tabindex="0"><table>{said}<thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )


def _cells(head: Sequence[str], row: Sequence[object]) -> str:
    return "".join(
        f'<td data-head="{escape(name)}"><span>{text(cell)}</span></td>' for name, cell in zip(head, row, strict=True)
    )


def page(title: str, body: Iterable[str]) -> str:
    """Give a whole page: nothing in it may be loaded, nothing in it runs."""
    content = "\n".join(body)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""


STYLE = """
:root { color-scheme: light; --ink: #1d2733; --soft: #566373; --line: #dde3ea; --accent: #1f5fa8; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 78rem; margin: 0 auto; padding: 1rem clamp(.8rem, 3vw, 2rem) 3rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .6rem 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: .8rem; border-top: 1px solid var(--line); }
p { margin: .3rem 0 .8rem; max-width: 48rem; }
a { color: var(--accent); overflow-wrap: anywhere; }
.soft, figcaption, caption { color: var(--soft); font-size: .875rem; }
.badge { display: inline-block; background: #fff1e6; color: #8a3200; border: 1px solid #f0c6a3; border-radius: 1rem;
  font-size: .85rem; font-weight: 600; padding: .1rem .7rem; }
.warning { background: #fff6e0; border-left: 4px solid #d9a400; padding: .5rem .8rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .6rem 1rem; margin: 1rem 0; }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1rem 1.4rem; }
figure { margin: 0; min-width: 0; }
figure svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; -webkit-overflow-scrolling: touch; background:
  linear-gradient(to right, #fff 40%, transparent) left / 3rem 100%, linear-gradient(to left, #fff 40%, transparent) right / 3rem 100%,
  linear-gradient(to right, #8fa0b3, transparent) left / .8rem 100%, linear-gradient(to left, #8fa0b3, transparent) right / .8rem 100%;
  background-repeat: no-repeat; background-attachment: local, local, scroll, scroll; }
.narrow { display: none; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; margin: .4rem 0; min-width: 100%; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
summary { cursor: pointer; padding: .4rem 0; color: var(--accent); }
pre { overflow-x: auto; background: #f5f7f9; padding: .8rem; font-size: .75rem; line-height: 1.45; max-height: 30rem; }
.key { white-space: nowrap; margin-right: .6em; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .4em; }
@media (max-width: 44rem) { .broad { display: none; } .narrow { display: block; max-width: 30rem; } }
@media (max-width: 37.5rem) {
  table, tbody, tr, td { display: block; } thead { position: absolute; left: -99rem; } .wide { overflow: hidden; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: flex; gap: .8rem; border: 0; padding: .1rem 0; white-space: normal; }
  td::before { content: attr(data-head); flex: 0 0 8.5rem; color: var(--soft); }
  td > span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
  td:first-child { font-weight: 600; }
}
@media print { .wide { overflow: visible; } main { max-width: none; } }
"""
