"""Whatever stands in the columns, names and messages of a view: as HTML it has the same elements, and a terminal shows it harmlessly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import toys
from hostile import is_harmless, links, parts, texts
from hypothesis import given, settings
from sizes import STRESS, size

from tess_source import Found, Links, Manifest, Observations, Plan, Products, Session
from tess_source._lazy import pl
from tess_source.errors import LoadError
from tess_source.like_lightkurve.result import SearchTable
from tess_source.lock.check import Verified
from tess_source.lock.compare import Changes
from tess_source.tables.found import Drop
from tess_source.tables.items import Entry, Items
from tess_source.tables.loaded import Loaded
from tess_source.tables.rows import Rows, polars_schema
from tess_source.targets.target import Query, Target
from tess_source_dv.candidates.matching import Candidates, Relations
from tess_source_dv.read.tces import TCEs
from tess_source_dv.sets.table import Sets

TABLES: tuple[type[Rows], ...] = (
    Observations, Products, Links, Items, Verified, Changes, Relations, Candidates, TCEs, Sets,
)  # fmt: skip


@cache
def session() -> Session:
    return Session(discover=False, plugins=[toys.Archive(), toys.Filters()])


@cache
def found() -> Found:
    return session().search(16740101)


def hostile(rows: Rows, evil: str) -> Any:
    """Return a table with a text in every text column."""
    frame = rows.to_polars()
    names = [name for name, kind in frame.schema.items() if kind == pl.String]
    return type(rows)(frame.with_columns(pl.lit(evil).alias(name) for name in names))


def table(kind: type[Rows], evil: str) -> Rows:
    schema = polars_schema(kind)
    row = {name: evil if dtype == pl.String else None for name, dtype in schema.items()}
    return kind(pl.DataFrame([row] * 3, schema=schema))


def answer(evil: str) -> Found:
    query = Query((Target(evil, tic=16740101), Target(evil, ra=1.0, dec=1.0, resolver=evil)), {"obs_id": [evil]})
    drops = (Drop(evil, evil, evil, 1, 2),)
    return found().replace(
        query=query, drops=drops, products=hostile(found().products, evil), observations=hostile(found().observations, evil),
        from_store="2026-01-01T00:00:00Z",
    )  # fmt: skip


def plan(evil: str) -> Plan:
    items = hostile(Plan.of(found().products, "data").items, evil).with_columns(uri=pl.lit(f"{evil}:x"))
    return Plan(items, Path(f"data/{evil}".replace("\0", "0")), {"server": evil}, session())


def manifest(evil: str) -> Manifest:
    return Manifest(plan(evil), tuple(Entry(item, "failed", error=evil) for item in plan(evil)))


def loaded(evil: str) -> Loaded:
    return Loaded({evil: [1, 2]}, {evil: LoadError(evil), f"{evil}2": ValueError(evil)})


def searched(evil: str) -> SearchTable:
    shown = found().replace(products=found().products.with_columns(pipeline=pl.lit(evil)))
    made = SearchTable(shown)
    made.display_extra_columns = ["obs_id", "dataURI"]
    made.table["target_name"] = [evil] * len(made)
    made.table["dataURI"] = [evil] * len(made)
    return made


VIEWS: dict[str, Callable[[str], Any]] = {
    "found": answer,
    "found nothing": lambda evil: answer(evil).replace(products=Products.empty()),
    "plan": plan,
    "manifest": manifest,
    "loaded": loaded,
    "search table": searched,
    "empty search table": lambda evil: SearchTable(answer(evil).replace(products=Products.empty())),
    **{kind.__name__: lambda evil, kind=kind: table(kind, evil) for kind in TABLES},  # type: ignore[misc]
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@settings(max_examples=size(6, 1000), derandomize=not STRESS)
@given(evil=texts)
def test_a_view_has_the_same_elements_whatever_it_shows(view: Callable[[str], Any], evil: str) -> None:
    shown = view(evil)
    page = shown._repr_html_()
    assert parts(page) == parts(view("x")._repr_html_())
    assert {link.rpartition("/")[0] for link in links(page)} <= {"https://archive.stsci.edu/hlsp"}
    assert is_harmless(page)
    assert page.startswith('<div class="tex2jax_ignore mathjax_ignore">')  # or else a notebook makes formulas of it
    assert is_harmless(repr(shown))
    if hasattr(shown, "summary"):
        assert shown.summary().isprintable()
    if hasattr(shown, "explain"):
        assert is_harmless(shown.explain())


def test_the_scheme_of_an_address_is_no_markup() -> None:
    items = plan("x").items.with_columns(uri=pl.lit("<img src=x onerror=alert(1)>:x"))
    shown = replace(plan("x"), items=items)
    assert "that no plugin fetches (<img" in shown.summary()
    assert "<img" not in shown._repr_html_()
