"""An archive need not list what filters drop; the answer is the same as if it had listed everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import tess_source_dv
import tess_source_filters
import tess_source_mast
from tess_source import Column, Filter, Found, Links, Observations, Products, Query, Session, hookimpl
from tess_source_sample.server import SampleArchive

KELT9, L98, TOI3505 = 16740101, 307210830, 390988385


class Counting:
    """Passes on to MAST's plugin, and notes what is listed."""

    def __init__(self) -> None:
        self.listed: list[Observations] = []
        self.queries: list[Query] = []

    tess_resolve = staticmethod(tess_source_mast.tess_resolve)
    tess_query = staticmethod(tess_source_mast.tess_query)

    @hookimpl
    def tess_list(self, observations: Observations, query: Query, settings: Any) -> Products | None:
        self.listed.append(observations)
        self.queries.append(query)
        return tess_source_mast.tess_list(observations, query, settings)

    @property
    def count(self) -> int:
        return sum(map(len, self.listed))


def session_with(archive: SampleArchive, counting: Counting, *more: Any, **words: Any) -> Session:
    session = Session(archive.url, discover=False, **words)
    session.registry.register(counting, "mast", version="1")
    for plugin in (tess_source_dv, tess_source_filters, *more):
        session.register(plugin)
    return session


def same(one: Found, other: Found) -> bool:
    """Tell whether two answers are the same: products with all columns, observations, and the links of what is left."""
    links = [found.narrowed().links.to_polars().sort(pl.all()) for found in (one, other)]
    return one.products == other.products and one.observations == other.observations and links[0].equals(links[1])


QUESTIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "a sector": (KELT9, {"sector": 14}),
    "a sector and a kind": (KELT9, {"sector": [14, 15], "kind": "lc"}),
    "a pipeline": (L98, {"pipeline": "QLP", "sector": 8}),
    "the first": ([KELT9, L98, TOI3505], {"limit": 3}),
    "the first of a kind": ([KELT9, L98, TOI3505], {"kind": "tp", "limit": 2}),
    "more than there are": ([KELT9, L98], {"sector": 14, "limit": 1000}),
    "none": (KELT9, {"sector": 99}),
    "runs": (L98, {"dv": "current", "sector": 8}),
    "by a choice": (KELT9, {"one_per_sector": True, "sector": 14}),
    "a cone": ("307.8598 39.9388", {"radius": 300, "sector": 14, "kind": "lc"}),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_the_same_as_if_everything_had_been_listed(archive: SampleArchive, question: str) -> None:
    targets, words = QUESTIONS[question]
    radius = {"radius": words["radius"]} if "radius" in words else {}
    filters = {name: value for name, value in words.items() if name != "radius"}
    counting = Counting()
    narrowed = session_with(archive, counting).search(targets, **radius, **filters)
    whole = session_with(archive, Counting()).search(targets, **radius).select(**filters)
    assert same(narrowed, whole)
    assert counting.count <= len(narrowed.observations)


def test_what_lies_in_other_sectors_and_belongs_to_no_run_is_not_listed(archive: SampleArchive) -> None:
    counting = Counting()
    found = session_with(archive, counting).search(TOI3505, sector=14)
    assert len(found.products)
    assert counting.count < len(found.observations)
    listed = pl.concat([part.to_polars() for part in counting.listed], how="diagonal_relaxed")
    others = listed.filter(~pl.col("pipeline").is_in(["SPOC", "TESS-SPOC"]))
    assert set(others["first_sector"].drop_nulls()) <= {14}


def test_a_limit_lists_the_first_stars_only(archive: SampleArchive) -> None:
    counting = Counting()
    everyone = session_with(archive, Counting()).search(sector=14).observations
    found = session_with(archive, counting).search(sector=14, limit=5)
    assert len(found) == 5
    stars = pl.concat([part.to_polars() for part in counting.listed], how="diagonal_relaxed")["tic"].n_unique()
    assert stars <= 5 < everyone["tic"].n_unique() or everyone["tic"].n_unique() <= 5


def test_the_query_holds_all_that_was_asked(archive: SampleArchive) -> None:
    counting = Counting()
    session_with(archive, counting).search(KELT9, kind="lc", sector=14, obs_collection="TESS")
    [query] = counting.queries
    assert {name: str(value) for name, value in query.filters.items()} == {"kind": "lc", "sector": "14"}
    assert dict(query.criteria) == {"obs_collection": "TESS"}
    assert [target.tic for target in query.targets] == [KELT9]
    assert query.archives == ("mast",)


class Ranks:
    """A filter that looks at the whole table: the largest file."""

    @hookimpl
    def tess_filters(self) -> tuple[Filter, ...]:
        return (
            Filter(
                "largest", lambda products, value: pl.col("size") == pl.col("size").max(), "the largest", check=bool
            ),
        )


class Counts:
    """A column that counts all products of a star."""

    @hookimpl
    def tess_columns(self) -> tuple[Column, ...]:
        return (Column("files", lambda products, links: pl.len().over("tic"), "files of the star"),)


class Beside:
    """Relates all files to each other, and does not tell which it needs."""

    @hookimpl
    def tess_link(self, products: Products) -> Links:
        uris = products["uri"].to_list()
        return Links.of([{"subject": uri, "kind": "beside", "object": uris[0]} for uri in uris])


@pytest.mark.parametrize(
    ("plugin", "words"),
    [(Ranks(), {"largest": True}), (Counts(), {}), (Beside(), {})],
    ids=["filter", "column", "link"],
)
def test_everything_is_listed_if_a_plugin_may_need_it(
    archive: SampleArchive, plugin: object, words: dict[str, Any]
) -> None:
    counting = Counting()
    found = session_with(archive, counting, plugin).search(TOI3505, sector=14, **words)
    assert counting.count == len(found.observations)


# -- what is remembered --


def test_a_remembered_answer_serves_every_question_that_it_holds_enough_for(
    archive: SampleArchive, tmp_path: Path
) -> None:
    def search(**filters: Any) -> tuple[Found, int]:
        counting = Counting()
        found = session_with(archive, counting, cache=tmp_path).search(TOI3505, **filters)
        return found, counting.count

    first, some = search(sector=[14, 15])
    assert first.from_store is None
    narrower, asked = search(sector=14)
    assert (narrower.from_store is not None, asked) == (True, 0)
    whole = session_with(archive, Counting()).search(TOI3505)
    assert same(narrower, whole.select(sector=14))
    other, asked = search(sector=41)
    assert other.from_store is None
    assert asked == len(whole.observations) > some, "now everything is listed, so that it serves all that follow"
    assert search(kind="dvr-xml")[0].from_store
    assert same(search()[0], whole)


def test_the_mark_of_what_was_listed_is_seen_nowhere(archive: SampleArchive, tmp_path: Path) -> None:
    for _ in range(2):
        found = session_with(archive, Counting(), cache=tmp_path).search(TOI3505, sector=14)
        assert not [name for name in found.observations.columns if name.startswith("_")]
