"""Nobody fetches terabytes by accident: a plan of more than 1 TB is an error that says how large it is, until you say that it is meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toys
from program_run import Program

from tess_source import Found, Links, Manifest, Observations, Products, Query, Session
from tess_source.errors import QueryError
from tess_source.functions import download
from tess_source.tables.items import Entry

HUGE = 400 * 10**9


@pytest.fixture
def session() -> Session:
    return Session(discover=False, plugins=[toys.Archive()])


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Five files of 400 GB."""
    return [{**row, "size": HUGE} for row in toys.product_rows()]


@pytest.fixture
def found(session: Session, rows: list[dict[str, Any]]) -> Found:
    return session.found(Products.of(rows))


WAYS: dict[str, Callable[[Session, Found, Path], object]] = {
    "found.plan": lambda session, found, folder: found.plan(folder),
    "found.download": lambda session, found, folder: found.download(folder),
    "session.plan": lambda session, found, folder: session.plan(found, folder),
    "session.download": lambda session, found, folder: session.download(found, folder),
    "session.iter_download": lambda session, found, folder: session.iter_download(found, folder),
    "a table": lambda session, found, folder: session.download(found.products.to_polars(), folder),
    "tess_source.download": lambda session, found, folder: download(found, folder, session=session),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=[*WAYS])
def test_more_than_a_terabyte_is_refused_before_anything_is_fetched(
    session: Session, found: Found, tmp_path: Path, way: Callable[[Session, Found, Path], object]
) -> None:
    with pytest.raises(QueryError, match=r"^5 files of 2\.0 TB are more than 1\.0 TB: .* or give large=True"):
        way(session, found, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_it_is_planned_if_it_is_meant(session: Session, found: Found, tmp_path: Path) -> None:
    for plan in (found.plan(tmp_path, large=True), session.plan(found, tmp_path, large=True)):
        assert plan.summary().startswith("Plan: 5 files, 2.0 TB")


def test_a_search_for_a_large_answer_says_so_for_its_plan_too(
    session: Session, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    found = Found(Products.of(rows), Observations.empty(), Links.empty(), Query((), {}, large=True), session=session)
    assert len(found.plan(tmp_path)) == 5


def test_a_part_that_is_smaller_is_planned(found: Found, tmp_path: Path) -> None:
    two = found.replace(products=found.products[:2])
    assert two.plan(tmp_path).bytes == 2 * HUGE
    assert found.summary().startswith("Found 0 observations, 5 products (2.0 TB)")


def test_a_lock_was_meant_and_so_was_the_rest_of_a_download(session: Session, found: Found, tmp_path: Path) -> None:
    plan = found.plan(tmp_path / "data", large=True)
    locked = session.load_plan(plan.save(tmp_path / "lock.ecsv"), tmp_path / "data")
    failed = Manifest(locked, tuple(Entry(item, "failed", error="no") for item in locked)).failed
    for again in (locked, failed):
        assert again.summary().startswith("Plan: 5 files, 2.0 TB")
        assert session._plan_of(again, None, "mast", large=False) == again


def test_the_program_goes_on_with_yes(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tess_source.tables.typical_sizes.LARGE", 1000)
    question = ("get", "TIC 16740101", "--kind", "lc", "--sector", "14", "--to", str(tmp_path / "data"))
    said = program(*question)
    assert said.code == 2 and "1 file of 2.0 MB is more than" in said.err and "give --yes" in said.err
    assert not (tmp_path / "data").exists()
    assert program(*question, "--dry-run").code == 0  # it fetches nothing
    assert program(*question, "--yes").code == 0
    assert len([*(tmp_path / "data").rglob("*.fits")]) == 1
