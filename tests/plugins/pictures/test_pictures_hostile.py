"""Names, pipelines, runs and reasons from an archive are texts in pictures and pages: never markup, formulas or addresses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
import toys
from hostile import ALL, MARKUP, is_harmless, links, parts
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures_case import curve
from sizes import STRESS, size

from tess_source import Found, Session
from tess_source._lazy import pl
from tess_source.tables.rows import polars_schema
from tess_source.targets.target import Target
from tess_source_dv.draw.coverage import plot_coverage
from tess_source_dv.read.tces import TCEs
from tess_source_dv.sets.table import Sets
from tess_source_dv.sets.used import EXACT
from tess_source_pictures import page
from tess_source_pictures.html import table, text
from tess_source_pictures.plot import draw
from tess_source_pictures.svg import Inliner

TIC = 307210830


def sets(evil: str) -> Sets:
    row = {name: evil for name, kind in polars_schema(Sets).items() if kind == pl.String}
    row |= {"set": f"{evil}/{TIC}/{evil}", "sectors": "2,5", "state": EXACT, "reason": f"probably {evil}"}
    rows: list[dict[str, Any]] = [
        {
            **row,
            "tic": TIC,
            "first_sector": 2,
            "last_sector": 5,
            "run": number,
            "tces": 1,
            "set": f"{row['set']}{number}",
        }
        for number in (1, 2)
    ]
    return Sets(pl.DataFrame(rows, schema=polars_schema(Sets)))


def shape(picture: str) -> list[tuple[str, ...]]:
    """Return the groups of an SVG with the names of their attributes; letters are paths, of which there may be any number."""
    letters = {"path", "use", "defs", "style"}
    found = [(one.tag.rpartition("}")[2], *sorted(one.attrib)) for one in ElementTree.fromstring(picture).iter()]
    return [one for one in found if one[0] not in letters and not (one[0] == "g" and "transform" in one)]


def test_texts_in_pictures_are_texts(tmp_path: Path) -> None:
    def pictures(evil: str) -> list[str]:
        figures = draw([replace(curve(1), pipeline=evil)], [], evil), plot_coverage(sets(evil), tic=TIC)
        return [Inliner().inline(figure, evil) for figure in figures]

    plain, hostile = pictures("x"), pictures(f"{''.join(MARKUP)} $\\frac{{$ \x1b[31m\u202e\0")
    assert list(map(shape, hostile)) == list(map(shape, plain))
    assert all(link.startswith(("#", "data:")) for one in hostile for link in links(one))


@settings(max_examples=size(5, 1000), derandomize=not STRESS)
@given(evil=st.lists(st.sampled_from(MARKUP) | st.text(max_size=4), max_size=3).map("x".join))
def test_tables_and_heads_of_pages_keep_their_elements(evil: str) -> None:
    made = table([evil, "b"], [[evil, text(evil)], [None, evil]], evil)
    assert parts(made) == parts(table(["x", "b"], [["x", text("x")], [None, "x"]], "x" if evil else ""))
    assert [one for one in parts(page.page(evil, [made, evil])) if one[0] == "script"] == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", f"https://host/{ALL}", "file:///etc/passwd", ""])
def test_every_part_of_a_page_keeps_its_elements(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(evil: str, address: str) -> str:
        monkeypatch.setattr(page, "_web_address", lambda found, uri: address)
        monkeypatch.setattr(page, "members", lambda rows: documents(evil))
        known = contents(evil)
        found = [
            *page._head_html(known),
            *page._tces_html(known, Inliner()),
            *page._sets_html(known),
            *page._lock_html(known),
        ]
        return page.page(known.title, found)

    hostile = made(ALL, url)
    assert parts(hostile) == parts(made("x", ""))
    assert links(hostile) == {"data:,"}
    assert is_harmless(hostile)


def documents(evil: str) -> pl.DataFrame:
    key = sets(evil)["set"][0]
    return pl.DataFrame({"set": [key], "uri": [evil], "tce": pl.Series([None], dtype=pl.Int32), "kind": ["dvr-pdf"]})


def contents(evil: str) -> Any:
    """Return what a page shows, with one text in every place that holds one."""
    schema = polars_schema(TCEs)
    row = {name: evil if kind == pl.String else None for name, kind in schema.items()}
    ours = sets(evil)
    dv = SimpleNamespace(best=ours[0], sets=ours, tces=TCEs(pl.DataFrame([row], schema=schema)))
    record = {"server": evil, "time": evil, "versions": {evil: evil}}
    found = answer(evil, record)
    return page._Contents(found, found, TIC, Path(), None, dv, None, (), {}, {evil: evil})  # type: ignore[arg-type]


def answer(evil: str, record: dict[str, Any]) -> Found:
    found = Session(discover=False, plugins=[toys.Archive()]).search(TIC)
    query = replace(found.query, targets=(Target(evil, tic=TIC), Target(evil, ra=1.0, dec=1.0, resolver=evil)))
    return found.replace(query=query, record=record)
