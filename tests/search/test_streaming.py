"""Answers that are larger than memory come in parts of whole stars, and the parts together are the whole answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from program_run import Program

from tess_source import Observations, Products, Query, Session, hookimpl
from tess_source._lazy import pl
from tess_source.errors import QueryError, ServiceError
from tess_source.search import streaming
from tess_source_mast import observations
from tess_source_sample.server import SampleArchive


@pytest.fixture(scope="module")
def shared_archive() -> Iterator[SampleArchive]:
    with SampleArchive(extra=2) as running:
        yield running


@pytest.fixture
def session(archive: SampleArchive) -> Session:
    return Session(archive.url)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts of about twenty observations, of pages of as many."""
    monkeypatch.setattr(streaming, "PART", 20)
    monkeypatch.setattr(streaming, "SAMPLED", 2)
    monkeypatch.setattr(observations, "ROWS_OF_PART", 20)


SEARCHES: dict[str, dict[str, Any]] = {
    "everything": {"project": "TESS"},
    "light curves": {"project": "TESS", "kind": "lc"},
    "two filters": {"project": "TESS", "kind": ["lc", "dvt"], "sector": "14-41"},
    "a sector": {"sector": 14},
    "stars": {"targets": [16740101, 307210830, 5]},
    "a place": {"targets": (307.86, 39.94), "radius": "1 deg"},
    "nothing": {"proposal_id": "none"},
    "declinations": {"project": "TESS", "dec": ">0", "kind": "lc"},
}


@pytest.mark.parametrize("words", SEARCHES.values(), ids=SEARCHES)
def test_the_parts_are_the_whole_answer_in_its_order(session: Session, words: dict[str, Any]) -> None:
    whole, parts = session.search(**words, large=True), list(session.iter_search(**words, large=True))
    tables = [
        (Products.stack(part.products for part in parts), whole.products),
        (Observations.stack(part.observations for part in parts), whole.observations),
    ]
    for stacked, table in tables:
        assert stacked == table or not len(stacked) + len(table)
    links = pl.concat(part.links.to_polars() for part in parts)
    assert links.sort(pl.all()).equals(whole.links.to_polars().sort(pl.all()))
    kept = {drop.filter: 0 for drop in whole.drops}
    for part in parts:
        for drop in part.drops:
            kept[drop.filter] += drop.kept
    assert kept == {drop.filter: drop.kept for drop in whole.drops}


def test_a_star_is_in_one_part(session: Session) -> None:
    parts = [set(part.observations["tic"]) for part in session.iter_search(project="TESS")]
    assert len(parts) > 2
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_a_filter_that_chooses_among_all_products_is_refused(session: Session) -> None:
    for choice in ({"limit": 5}, {"latest": True}, {"one_per_sector": True}):
        with pytest.raises(QueryError, match=f"filter '{next(iter(choice))}' chooses among all products"):
            session.iter_search(project="TESS", **choice)
    assert next(session.iter_search(project="TESS", limit=None))


def test_the_guard_holds_for_parts_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source_mast.guard.MOST_ROWS", 5)
    with pytest.raises(QueryError, match="more than 5 are fetched only if you say so"):
        next(session.iter_search(project="TESS"))
    assert len(next(session.iter_search(project="TESS", large=True)))


def test_offline_all_is_one_part(archive: SampleArchive, tmp_path: Path) -> None:
    online = Session(archive.url, cache=tmp_path, without=["catalogue"])
    whole = online.search(16740101)
    offline = Session(archive.url, cache=tmp_path, offline=True, without=["catalogue"])
    (part,) = offline.iter_search(16740101)
    assert part.products == whole.products


class Night:
    """An archive that gives pages, or fails after the first."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails

    @hookimpl
    def tess_query(self, query: Query) -> Observations:
        raise AssertionError("pages are asked for")

    @hookimpl
    def tess_pages(self, query: Query, take: Callable[[Observations], object]) -> bool:
        for first in (40, 0):
            take(
                Observations.of(
                    [{"archive": "night", "obs_id": f"n{n}", "tic": n % 30} for n in range(first, 40 + first)]
                )
            )
            if self.fails:
                raise ServiceError("night", "it is day")
        return True

    @hookimpl
    def tess_list(self, observations: Observations) -> Products:
        rows = observations.to_polars().select("archive", "obs_id", "tic", uri="night:" + pl.col("obs_id"))
        return Products.of(rows)


def test_pages_in_any_order_become_parts_in_order() -> None:
    session = Session(discover=False, plugins=[Night()])
    tics = [tic for part in session.iter_search(weather="fine") for tic in part.products["tic"]]
    assert tics == sorted(n % 30 for n in range(80))


def test_a_failure_on_the_way_is_raised_before_any_part() -> None:
    session = Session(discover=False, plugins=[Night(fails=True)])
    with pytest.raises(ServiceError, match="it is day"):
        next(session.iter_search(weather="fine"))


# -- the program --


@pytest.mark.parametrize(
    ("form", "show", "filters"),
    [
        ("csv", "products", ()),
        ("csv", "observations", ()),
        ("ecsv", "products", ("--kind", "lc")),
        ("json", "products", ("--kind", "lc,dvt")),
        ("jsonl", "links", ("--kind", "lc")),
    ],
)
def test_the_program_writes_part_by_part_what_it_writes_at_once(
    program: Program, form: str, show: str, filters: tuple[str, ...]
) -> None:
    words = ("search", "-c", "project=TESS", "--format", form, "--show", show, *filters)
    whole, parts = program(*words), program(*words, "--yes")
    assert whole.code == parts.code == 0
    if show == "links":
        assert sorted(parts.out.splitlines()) == sorted(whole.out.splitlines())
    else:
        assert parts.out == whole.out
    assert "part by part" in parts.err
    assert "part by part" not in whole.err


def test_the_program_explains_the_parts_and_names_stars_without_observations(program: Program) -> None:
    said = program("search", 16740101, 5, "--kind", "lc", "--format", "jsonl", "--yes", "--explain")
    assert {json.loads(line)["kind"] for line in said.out.splitlines()} == {"lc"}
    assert "Found 12 observations, 6 products, part by part" in said.err
    assert "1 TIC id without observations: 5" in said.err
    assert "kind=lc: dropped 90, kept 6 (filters)" in said.err


def test_the_program_says_why_nothing_was_found(program: Program) -> None:
    for form, empty in (("csv", ""), ("json", "[]\n")):
        said = program("search", 5, "--format", form, "--yes")
        assert (said.code, said.out) == (3, empty)
        assert "the archive answered and has none" in said.err


def test_choices_and_tables_for_people_hold_all_in_memory(program: Program) -> None:
    for words in (("--format", "csv", "--limit", 3), ("--format", "table"), ()):
        said = program("search", 16740101, *words, "--yes")
        assert said.code == 0
        assert "part by part" not in said.err


def test_the_program_refuses_without_yes_and_names_it(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tess_source_mast.guard.MOST_ROWS", 5)
    for words in (("search", "--sector", "14-26"), ("get", "--sector", "14-26", "--to", tmp_path)):
        said = program(*words)
        assert said.code == 2
        assert "or go on with --yes" in said.err
    assert program("search", "--sector", "14-26", "--yes").code == 0
    assert program("count", "--sector", "14-26").code == 0


def test_progress_is_on_stderr(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        list(session.iter_search(project="TESS", large=True))
    assert any("page 2 of" in line for line in caplog.messages)
    listed = [line for line in caplog.messages if "are listed" in line]
    assert len(listed) > 2
    assert listed[-1] == "products of 74 of 74 observations are listed"
