"""Entries that are kept as columns are the entries that came, and a manifest of many files is shown without making them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tess_source import Manifest, Plan, Products
from tess_source.object_store.path import ObjectPath, Root
from tess_source.tables import entry_rows, items
from tess_source.tables.entry_rows import EntryNotes, EntryRows
from tess_source.tables.items import COPIED, FAILED, FETCHED, HERE, Entry, Item, ItemRows

COUNT = 30


def plan_of(count: int, root: Root = Path("data")) -> Plan:
    names = [f"tess2018206045859-s0001-{number:016}-0120-s_lc.fits" for number in range(count)]
    rows = [
        {
            "uri": f"mast:TESS/product/{n}",
            "filename": n,
            "obs_id": n[:-8],
            "kind": "lc",
            "archive": "mast",
            "size": 10 + number,
        }
        for number, n in enumerate(names)
    ]
    return Plan.of(Products.of(rows) if rows else Products.empty(), root)


def entry_of(number: int, item: Item, root: Root) -> Entry:
    """Make an entry, of another kind for every number."""
    place = root / item.path
    where = (
        {"object": place, "object_etag": "e"} if isinstance(place, ObjectPath) else {"path": place, "mtime_ns": number}
    )
    kinds = (
        Entry(item, FETCHED, via=f"https://host/{number}", bytes=number, sha256=f"{number:064x}", etag="e", **where),
        Entry(item, FAILED, error=f"404 {number}"),
        Entry(item, HERE, bytes=number, **where),
        Entry(item, COPIED, Path("elsewhere") / item.filename, bytes=number),
        Entry(item, FAILED, error="no such file: \udcff é"),
        Entry(replace(item, size=5, mirrors=("a:b", "c:d")), FETCHED, bytes=number, **where),
    )
    return kinds[number % len(kinds)]


@pytest.fixture(params=[Path("data"), Path("/data"), ObjectPath("s3", "bucket", "prefix")], ids=str)
def plan(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setattr(entry_rows, "BLOCK", 7)
    monkeypatch.setattr(ItemRows, "BLOCK", 4)
    return plan_of(COUNT, request.param)


def noted(plan: Plan) -> tuple[EntryNotes, list[Entry]]:
    entries = [entry_of(number, item, plan.root) for number, item in enumerate(plan)]
    notes = EntryNotes(plan.items, plan.root)
    for number in sorted(range(len(plan)), key=lambda number: number * 7 % 11):
        notes[number] = entries[number]
    return notes, entries


def test_entries_that_come_in_any_order_are_given_back_as_they_were(plan: Plan) -> None:
    notes, entries = noted(plan)
    assert [notes[number] for number in range(COUNT)] == entries
    assert list(notes) == entries
    rows = notes.rows()
    assert list(rows) == entries
    assert [rows[number] for number in (0, 5, -1)] == [entries[0], entries[5], entries[-1]]
    assert rows[3:20:4] == tuple(entries[3:20:4])
    assert rows == tuple(entries)
    assert rows != tuple(entries[1:])
    assert rows != tuple(reversed(entries))
    assert pickle.loads(pickle.dumps(rows)) == rows  # noqa: S301
    with pytest.raises(IndexError):
        rows[COUNT]


def test_a_second_entry_of_a_file_takes_the_place_of_the_first(plan: Plan) -> None:
    notes, entries = noted(plan)
    for number, item in enumerate(plan):
        notes[number] = entries[number] = entry_of(number + 1, item, plan.root)
    assert list(notes.rows()) == entries


def test_files_without_an_entry_were_interrupted(plan: Plan) -> None:
    notes = EntryNotes(plan.items, plan.root)
    notes[3] = entry_of(0, notes.items[3], plan.root)
    assert notes.missing() == [number for number in range(COUNT) if number != 3]
    assert 3 in notes
    assert 4 not in notes
    rows = notes.rows()
    assert [entry.error for entry in rows if not entry.ok] == ["interrupted"] * (COUNT - 1)
    assert rows[3] == entry_of(0, notes.items[3], plan.root)
    assert f"{COUNT - 1} not begun or broken off" in Manifest(plan, rows).summary()


def test_files_are_found_by_uri_and_path(plan: Plan) -> None:
    notes = EntryNotes(plan.items, plan.root)
    assert [notes.number_of(item) for item in plan] == list(range(COUNT))
    assert notes.number_of(replace(notes.items[3], path="x")) is None


def test_a_manifest_of_columns_tells_what_one_of_objects_tells(plan: Plan) -> None:
    notes, entries = noted(plan)
    columns, objects = Manifest(plan, notes.rows()), Manifest(plan, tuple(entries))
    assert isinstance(columns.entries, EntryRows)
    assert columns == objects
    assert repr(columns) == repr(objects)
    assert columns._repr_html_() == objects._repr_html_()
    assert columns.errors == objects.errors
    assert columns.failed == objects.failed
    assert list(columns.ok) == list(objects.ok)
    assert len(columns.ok) + len(columns.failed) == COUNT
    assert columns.to_polars().equals(objects.to_polars())


def test_an_empty_plan_has_no_entries() -> None:
    plan = plan_of(0)
    rows = EntryNotes(plan.items, plan.root).rows()
    assert list(rows) == []
    assert "0 fetched" in Manifest(plan, rows).summary()


def test_many_files_are_planned_shown_and_counted_without_an_object_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    plan = plan_of(300)
    notes = EntryNotes(plan.items, plan.root)
    for number, item in enumerate(plan):
        notes[number] = Entry(item, FAILED, error="404") if number == 5 else Entry(item, FETCHED, plan.root / item.path)
    manifest = Manifest(plan, notes.rows())
    monkeypatch.setattr(items, "Item", lambda *_: made.append("item"))
    monkeypatch.setattr(entry_rows, "Entry", lambda *_, **__: made.append("entry"))
    again = plan_of(300)
    for value in (again, manifest, manifest.entries, manifest.failed, manifest.ok):
        assert "file" in repr(value) or "Manifest" in repr(value) or "entries" in repr(value)
        value._repr_html_()
        assert len(value) in {1, 299, 300}
    assert manifest.summary().startswith("Manifest: 299 fetched")
    assert again.bytes == plan.bytes
    assert made == []


def test_items_are_given_one_by_one_by_number_and_as_slices() -> None:
    products = Products.of(
        pl.DataFrame(
            {
                "uri": [f"mast:TESS/{n}" for n in range(50)],
                "filename": [f"long_enough_name_{n}.fits" for n in range(50)],
            }
        )
    )
    plan = Plan.of(products, "data", "flat")
    assert [item.path for item in plan] == sorted(products["filename"])
    assert ItemRows(plan.items)[2:40:9] == tuple(list(plan)[2:40:9])
