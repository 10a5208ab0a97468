"""Pages of the archive with links to its lists."""

from __future__ import annotations

from collections.abc import Iterable

from tess_source_sample.contents import Contents
from tess_source_sample.lists import scripts, tables
from tess_source_sample.lists.document import Document, latest_release

SCRIPTS = "/missions/tess/download_scripts"
TABLES = "/missions/tess/catalogs/tce"


def _link(path: str) -> str:
    return f'<a href="{path}">{path.rpartition("/")[2]}</a>'


def _table(rows: Iterable[Iterable[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n{body}</table>\n"


def _page(title: str, body: str, modified: float) -> Document:
    text = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n<body><h1>{title}</h1>\n{body}</body></html>\n"
    return Document(text, modified, "text/html; charset=utf-8")


def tce_page(contents: Contents) -> Document | None:
    """Return ``bulk_downloads_tce.html``."""
    runs = tables.all_runs(contents)
    return table_index(runs, max(map(latest_release, runs.values())) + 30) if runs else None


def table_index(searches: Iterable[tuple[int, int]], modified: float) -> Document:
    """Return the page for these first and last sectors: single sectors in its fifth table, several in its sixth, newest first."""
    layout = _table([["&nbsp;"]]) * 4
    newest = sorted(searches, key=lambda ends: ends[::-1], reverse=True)
    single, several = ([ends for ends in newest if (ends[0] < ends[1]) is many] for many in (False, True))
    body = layout + _table(_row(*ends) for ends in single) + _table(_row(*ends) for ends in several)
    return _page("TESS Bulk Downloads: TCE statistics", body, modified)


def _row(first: int, last: int) -> list[str]:
    title = f"Sector {first}" if first == last else f"Sectors {first}-{last}"
    return [title, "", _link(f"{TABLES}/{tables.table_name(first, last)}")]


def script_page(contents: Contents) -> Document | None:
    """Return ``bulk_downloads_ffi-tp-lc-dv.html``: a row per sector with links to its scripts."""
    sectors = sorted({row["sequence_number"] for row in contents.observations if row["provenance_name"] == "SPOC"})
    rows, modified = [], 0.0
    for sector in sectors:
        found = {kind: scripts.of_sector(contents, str(sector), kind) for kind in scripts.GROUPS}
        modified = max([modified, *(script.modified for script in found.values() if script)])
        links = [
            _link(f"{SCRIPTS}/sector/tesscurl_sector_{sector}_{kind}.sh") for kind, script in found.items() if script
        ]
        rows.append([f"Sector {sector}", *links])
    return _page("TESS Bulk Downloads", _table(rows), modified) if rows else None
