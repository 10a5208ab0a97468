"""A manifest tells what became of every file, in our words and in astroquery's, and what is missing is a plan again."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import pytest
import toys
from sample_files import content

from tess_source import Manifest, Plan, Products, Session
from tess_source.errors import LoadError
from tess_source.functions import load_plan
from tess_source.session import session_of
from tess_source.tables.items import Entry
from tess_source.tables.loaded import Loaded

TOTAL = 5


def test_a_manifest_of_some_files_of_a_plan_has_a_row_for_each_of_them(manifest: Manifest) -> None:
    some = Manifest(manifest.plan, manifest.entries[1:3])
    assert some.to_polars()["uri"].to_list() == [entry.item.uri for entry in some]
    assert (len(some.to_table()), len(some.lock().items)) == (2, 2)
    assert repr(some).startswith(some.summary())


@pytest.fixture
def plan(session: Session, tmp_path: Path) -> Plan:
    return Plan.of(Products.of(toys.product_rows()), tmp_path / "data", record={"archive": "MAST"}, session=session)


@pytest.fixture
def manifest(plan: Plan) -> Manifest:
    """Two fetched, one here before, one failed, one fetched."""
    entries = []
    for number, item in enumerate(plan):
        if number == 3:
            entries.append(Entry(item, "failed", error="the server answered 404 Not Found"))
            continue
        path = plan.root / item.path
        path.parent.mkdir(parents=True, exist_ok=True)
        content = toys.fits(item.size or 0, number)
        path.write_bytes(content)
        if number == 2:
            entries.append(Entry(item, "here", path=path, bytes=len(content)))
        else:
            digest = hashlib.sha256(content).hexdigest()
            entries.append(
                Entry(item, "fetched", path=path, via=f"http://x/{number}", bytes=len(content), sha256=digest)
            )
    return Manifest(plan, tuple(entries), seconds=1.5)


def test_there_is_an_entry_for_every_file_in_the_plans_order(plan: Plan, manifest: Manifest) -> None:
    assert len(manifest) == len(plan) == TOTAL
    assert [entry.item for entry in manifest] == list(plan)
    assert manifest[3].error == "the server answered 404 Not Found"
    assert manifest.errors == {manifest[3].item.uri: "the server answered 404 Not Found"}


def test_what_is_there_and_what_failed_are_told_apart(manifest: Manifest) -> None:
    assert [entry.status for entry in manifest.ok] == ["fetched", "fetched", "here", "fetched"]
    assert [item.uri for item in manifest.ok.plan] == [entry.item.uri for entry in manifest.ok]
    failed = manifest.failed
    assert isinstance(failed, Plan)
    assert list(failed) == [manifest[3].item]
    assert (failed.root, failed.record, failed.session) == (
        manifest.plan.root,
        manifest.plan.record,
        manifest.plan.session,
    )


def test_nothing_failed_is_an_empty_plan(manifest: Manifest) -> None:
    assert len(manifest.ok.failed) == 0
    assert manifest.ok.failed.bytes == 0


def test_a_summary_in_one_line(manifest: Manifest) -> None:
    summary = manifest.summary()
    assert summary.startswith("Manifest: 3 fetched (")
    assert "1 here before, 1 failed in 1.5 s" in summary
    assert summary in repr(manifest)
    assert "<table" in manifest._repr_html_()


def test_the_table_has_astroquerys_columns_first(manifest: Manifest) -> None:
    from astropy.table import Table

    table = manifest.to_table()
    assert isinstance(table, Table)
    assert table.colnames[:4] == ["Local Path", "Status", "Message", "URL"]
    assert list(table["Status"]) == ["COMPLETE", "COMPLETE", "COMPLETE", "ERROR", "COMPLETE"]
    assert list(table["Local Path"])[:1] == [str(manifest[0].path)]
    assert (table["Local Path"][3], table["Message"][3]) == ("", "the server answered 404 Not Found")
    assert {"uri", "kind", "tic", "status", "bytes", "sha256", "error"} <= set(table.colnames)
    assert len(manifest.ok.failed.to_table()) == 0


def test_an_empty_manifest_has_the_same_columns(manifest: Manifest) -> None:
    empty = Manifest(manifest.ok.failed, ())
    assert empty.to_table().colnames == manifest.to_table().colnames
    assert empty.summary().startswith("Manifest: 0 fetched")


def test_the_lock_knows_size_and_sum_of_every_file_that_is_there(manifest: Manifest, tmp_path: Path) -> None:
    lock = manifest.lock()
    for entry, item in zip(manifest, lock, strict=True):
        known = hashlib.sha256(entry.path.read_bytes()).hexdigest() if entry.path else None
        assert item.sha256 == known
        assert item.size == entry.item.size
    loaded = load_plan(lock.save(tmp_path / "kelt9.ecsv"), manifest.plan.root, session=session_of(manifest))
    assert loaded.items == lock.items
    holds_data = [entry.ok and entry.bytes > 2880 for entry in manifest]  # one block is a header alone
    assert loaded.here().to_list() == holds_data


def test_a_size_that_the_archive_did_not_tell_is_known_afterwards(session: Session, tmp_path: Path) -> None:
    plan = Plan.of(Products.of([{"uri": "x:1/a.fits", "obs_id": "o"}]), tmp_path, session=session)
    item = next(iter(plan))
    path = tmp_path / "a.fits"
    path.write_bytes(b"1234")
    lock = Manifest(plan, (Entry(item, "fetched", path=path, bytes=4, sha256="ab"),)).lock()
    assert [(item.size, item.sha256) for item in lock] == [(4, "ab")]


def test_an_exposure_time_that_neither_name_nor_observation_tells_is_that_of_the_header(
    session: Session, tmp_path: Path
) -> None:
    sources = {
        "mine.fits": "tess2024030031500-s0075-0000000016740101-0270-a_fast-lc.fits",
        "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_lc.fits": "tess2019226182529-s0015-0000000016740101-0151-s_lc.fits",
    }
    plan = Plan.of(Products.of([{"uri": f"x:{name}", "obs_id": "o"} for name in sources]), tmp_path, session=session)
    assert [item.exptime for item in plan] == [None, None]
    for name, source in sources.items():
        (tmp_path / name).write_bytes(content(source))
    manifest = Manifest(plan, tuple(Entry(item, "fetched", path=tmp_path / item.filename) for item in plan))
    expected = {"mine.fits": 20.0, "hlsp_tess-data-alerts_tess_phot_00307210845-s01_tess_v1_lc.fits": 120.0}
    assert dict(manifest.to_polars().select("filename", "exptime").iter_rows()) == expected
    table = manifest.to_table()
    assert dict(zip(table["filename"], table["exptime"], strict=True)) == expected
    assert {item.filename: item.exptime for item in manifest.lock()} == expected
    (tmp_path / "mine.fits").unlink()
    assert manifest.to_polars()["exptime"].null_count() == 1


# -- opening ---------------------------------------------------------------------------------------------------------------------


def test_opening_groups_what_was_read_and_puts_the_rest_aside(manifest: Manifest, session: Session) -> None:
    session.register(toys.Reader())
    loaded = manifest.read()
    opened = sum(len(group) for group in loaded.groups.values())
    assert opened + len(loaded.failed) == TOTAL
    assert manifest[3].item.uri in loaded.failed
    assert "not fetched" in str(loaded.failed[manifest[3].item.uri])


def test_without_any_reader_loading_names_each_file_with_its_reason(manifest: Manifest) -> None:
    with pytest.raises(LoadError, match="nothing could be opened") as caught:
        manifest.load()
    for entry in manifest.ok:
        assert str(entry.path) in str(caught.value)
    assert "404" in str(caught.value)


def test_what_could_not_be_opened_is_logged(
    manifest: Manifest, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    session.register(toys.Reader())
    with caplog.at_level(logging.WARNING, "tess_source"):
        loaded: Any = manifest.load()
    assert loaded is not None
    assert any("404" in record.getMessage() for record in caplog.records)


def test_files_are_opened_one_by_one_or_worked_on(manifest: Manifest, session: Session) -> None:
    session.register(toys.Reader())
    opened = list(manifest.iter_load())
    assert opened
    assert [o.value for o in manifest.map(len) if o.ok] == [len(text) for text in opened]


def test_what_an_interrupted_run_did_not_come_to_has_not_failed(manifest: Manifest) -> None:
    stopped = tuple(Entry(entry.item, "failed", error="interrupted") for entry in manifest.entries[:2])
    said = Manifest(manifest.plan, (*stopped, *manifest.entries[2:])).summary()
    assert "1 fetched (11.5 kB), 1 here before, 1 failed, 2 not begun or broken off in" in said
    assert "not begun" not in manifest.summary()


def test_what_was_opened_is_a_table_in_a_notebook() -> None:
    loaded = Loaded({"light curves": ["a", "b"]}, {"data/<cut>.fits": LoadError("it is cut & short")})
    html = loaded._repr_html_()
    assert html.count("<table") == 2
    assert "Loaded(2 light curves, 1 not opened)" in html
    assert "data/&lt;cut&gt;.fits" in html
    assert "LoadError: it is cut &amp; short" in html
    assert Loaded({}, {})._repr_html_().count("<table") == 1
