"""A plan says what would be fetched, where to, and what is there already; saved, it can be read by anybody and trusted by nobody."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
import toys
from astropy.table import Table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sizes import size

from tess_source import Links, Plan, Products, Session
from tess_source.disk import write_whole
from tess_source.errors import LockError, QueryError, TableError
from tess_source.functions import load_plan
from tess_source.tables.items import Item
from tess_source.tables.saved import FORMAT

RECORD = {
    "question": {"targets": ["TIC 16740101"], "criteria": {}},
    "filters": [{"filter": "kind", "value": "lc", "kept": 1, "dropped": 4}],
    "server": "MAST",
    "archives": ["mast"],
    "time": "2024-03-01T12:00:00+00:00",
    "versions": {"tess-source": "0.1.0"},
}


@pytest.fixture
def products() -> Products:
    return Products.of(toys.product_rows())


@pytest.fixture
def plan(products: Products, tmp_path: Path) -> Plan:
    return Plan.of(products, tmp_path, record=RECORD, session=Session(discover=False, plugins=[toys.Archive()]))


def put(plan: Plan, item: Item, size: int | None = None) -> Path:
    path = plan.root / item.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(item.size or 0) if size is None else bytes(size))
    return path


# -- what a plan holds -----------------------------------------------------------------------------------------------------------


def test_a_plan_is_a_table_of_files_sorted_by_place(plan: Plan) -> None:
    assert len(plan) == 5
    assert plan.bytes == 2880 * (1 + 2 + 3 + 4 + 5)
    assert [item.path for item in plan] == sorted(item.path for item in plan)
    item = next(item for item in plan if item.filename == toys.LC)
    assert item == Item(
        uri=f"mast:TESS/product/{toys.LC}",
        path=f"mastDownload/TESS/{toys.LC.removesuffix('_lc.fits')}/{toys.LC}",
        size=2880,
        kind="lc",
        pipeline="SPOC",
        archive="mast",
        obs_id=toys.LC.removesuffix("_lc.fits"),
        tic=16740101,
        first_sector=14,
        last_sector=14,
        exptime=120.0,
        filename=toys.LC,
    )


def test_planning_writes_nothing(plan: Plan) -> None:
    assert plan.summary().startswith("Plan: 5 files, ")
    assert list(plan.root.iterdir()) == []


def test_a_plan_prints_what_it_would_fetch(plan: Plan) -> None:
    assert repr(plan).startswith(f"Plan: 5 files, 43.2 kB -> {plan.root}\n")
    assert "mastDownload/TESS/" in repr(plan)
    assert "<table" in plan._repr_html_()


def test_what_lies_complete_in_the_folder_is_here(plan: Plan) -> None:
    whole, cut, zeros, *_ = (item for item in plan if item.size != 2880)  # one block is a header alone
    put(plan, whole).write_bytes(toys.fits(whole.size or 0))
    put(plan, cut, size=100)
    put(plan, zeros)
    assert [item for item, here in zip(plan, plan.here(), strict=True) if here] == [whole]
    assert sorted(plan.expected()["status"]) == ["fetched"] * 4 + ["here"]


def test_a_folder_in_place_of_a_file_is_not_here(plan: Plan) -> None:
    (plan.root / plan.items["path"][0]).mkdir(parents=True)
    assert not plan.here().any()


def test_a_file_of_unknown_size_is_never_taken_as_complete(tmp_path: Path) -> None:
    plan = Plan.of(
        Products.of([{"uri": "x:y/a.fits", "obs_id": "o"}]),
        tmp_path,
        session=Session(discover=False, plugins=[toys.Archive()]),
    )
    put(plan, next(iter(plan)))
    assert not plan.here().any()
    assert "1 of unknown size" in plan.summary()


def test_a_file_that_is_a_link_out_of_the_folder_is_not_here(
    plan: Plan, tmp_path_factory: pytest.TempPathFactory
) -> None:
    item = next(iter(plan))
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.fits"
    elsewhere.write_bytes(bytes(item.size or 0))
    path = plan.root / item.path
    path.parent.mkdir(parents=True)
    path.symlink_to(elsewhere)
    assert not plan.here().any()


def test_links_in_a_circle_stop_nothing(plan: Plan) -> None:
    (plan.root / "mastDownload").symlink_to(plan.root / "circle")
    (plan.root / "circle").symlink_to(plan.root / "mastDownload")
    assert not plan.here().any()


def test_the_same_plan_can_go_elsewhere(plan: Plan, tmp_path: Path) -> None:
    other = plan.to(tmp_path / "other")
    assert (other.root, other.items) == (tmp_path / "other", plan.items)
    assert plan.root == tmp_path


def test_mirrors_come_from_links_best_first(products: Products, tmp_path: Path) -> None:
    uri = f"mast:TESS/product/{toys.LC}"
    links = [
        {"subject": uri, "kind": kind, "object": to}
        for kind, to in (("mirror", "s3:a"), ("dv-of", "x"), ("mirror", "gs:b"))
    ]
    plan = Plan.of(products, tmp_path, links=Links.of(links))
    assert {item.uri: item.mirrors for item in plan if item.mirrors} == {uri: ("s3:a", "gs:b")}


def test_a_layout_over_the_products_columns(products: Products, tmp_path: Path) -> None:
    plan = Plan.of(products, tmp_path, layout="{kind}/s{first_sector:04d}/{filename}")
    assert f"lc/s0014/{toys.LC}" in plan.items["path"].to_list()
    assert plan.record["layout"] == "{kind}/s{first_sector:04d}/{filename}"


def test_a_layout_that_makes_no_sense_is_refused(products: Products, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="no column"):
        Plan.of(products, tmp_path, layout="{sectr}/{filename}")


# -- what may not be written -----------------------------------------------------------------------------------------------------


def rows(*names: str, obs_id: str = "o") -> list[dict[str, Any]]:
    return [{"uri": f"x:{n}/{name}", "filename": name, "obs_id": obs_id, "size": 1} for n, name in enumerate(names)]


def test_a_file_without_a_safe_place_stays_in_the_plan_with_the_reason(tmp_path: Path) -> None:
    plan = Plan.of(Products.of(rows("../../evil.fits", "good.fits", "nul")), tmp_path)
    problems = {item.filename: (item.path, item.problem) for item in plan}
    assert problems["good.fits"] == ("mastDownload/MAST/o/good.fits", None)
    assert problems["../../evil.fits"][0] == problems["nul"][0] == ""
    assert "must not be in the name" in (problems["../../evil.fits"][1] or "")
    assert "2 cannot be written" in plan.summary()


@pytest.mark.parametrize("names", [("a.fits", "a.fits"), ("a.fits", "A.FITS"), ("caf\u00e9.fits", "cafe\u0301.fits")])
def test_two_files_for_one_place_are_told_apart_even_where_a_disk_would_not(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    plan = Plan.of(Products.of(rows(*names)), tmp_path, layout="flat")
    assert sorted(item.problem is None for item in plan) == [False, True]
    assert [item.problem for item in plan if item.problem] == [
        f"its place {names[1]!r} is taken by x:0/{names[0]}; choose another layout"
    ]


def test_one_uri_listed_twice_is_one_file(tmp_path: Path) -> None:
    assert len(Plan.of(Products.of([*rows("a.fits"), *rows("a.fits")]), tmp_path)) == 1


def test_files_without_an_address_stay_in_the_plan_and_say_so(tmp_path: Path) -> None:
    nowhere = [{"uri": None, "filename": name, "obs_id": "o", "size": 1} for name in ("a.fits", "b.fits")]
    plan = Plan.of(Products.of([*nowhere, *rows("c.fits")]), tmp_path)
    assert [(item.filename, item.problem) for item in plan if item.problem] == [
        ("a.fits", "the archive has no address for it"),
        ("b.fits", "the archive has no address for it"),
    ]


# -- the lock ---------------------------------------------------------------------------------------------------------------------


def test_saved_and_loaded_again_it_is_the_same(plan: Plan, tmp_path: Path) -> None:
    file = plan.save(tmp_path / "locks" / "plan.ecsv")
    loaded = load_plan(file, tmp_path)
    assert loaded.items == plan.items
    assert loaded.record == plan.record
    assert loaded.root == plan.root
    assert loaded.save(tmp_path / "again.ecsv").read_bytes() == file.read_bytes()


def test_nulls_problems_mirrors_and_checksums_survive(tmp_path: Path) -> None:
    given = [
        *rows("a.fits", "nul", "b c.fits"),
        {"uri": None, "filename": "d.fits", "obs_id": "o"},
        {"uri": "x:9/e,f.fits", "obs_id": "ö"},
    ]
    links = Links.of([{"subject": "x:0/a.fits", "kind": "mirror", "object": to} for to in ("y:1", "z:2")])
    plan = Plan.of(
        Products.of(pl.DataFrame(given).with_columns(sha256=pl.lit("00" * 32))), tmp_path, links=links, record=RECORD
    )
    loaded = load_plan(plan.save(tmp_path / "p.ecsv"), tmp_path)
    assert loaded.items == plan.items
    assert list(loaded) == list(plan)


def test_two_saves_of_one_question_differ_in_the_time_alone(products: Products, tmp_path: Path) -> None:
    later = {**RECORD, "time": "2025-01-01T00:00:00+00:00"}
    texts = [
        Plan.of(products, tmp_path, record=record).save(tmp_path / "p.ecsv").read_text().splitlines()
        for record in (RECORD, later)
    ]
    differing = [line for line, other in zip(*texts, strict=True) if line != other]
    assert differing == ["# - {time: '2024-03-01T12:00:00+00:00'}"]


def test_astropy_alone_reads_it_one_line_a_file(plan: Plan, tmp_path: Path) -> None:
    file = plan.save(tmp_path / "plan.ecsv")
    table = Table.read(file)
    assert len(table) == 5
    assert table.meta["format"] == FORMAT
    assert table.meta["filters"][0]["dropped"] == 4
    assert table["size"].dtype.kind == "i"
    lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1 + 5
    assert str(tmp_path) not in file.read_text()


def test_a_plan_that_cannot_be_saved_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "plan.ecsv"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_whole(file, b"new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a plan"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not a plan"),
        (b"uri,path\na,b\n", "is not a plan"),
        (b"# %ECSV 1.0\n# ---\n# datatype: [\n", "is not a plan"),
        (b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x, datatype: int64}\nx\n1\n", "its format is None"),
    ],
)
def test_what_is_not_a_plan_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "plan.ecsv"
    file.write_bytes(content)
    with pytest.raises(LockError, match=words) as caught:
        load_plan(file)
    assert "plan.ecsv" in str(caught.value)


def test_a_plan_of_a_later_version_is_refused(plan: Plan, tmp_path: Path) -> None:
    file = plan.save(tmp_path / "plan.ecsv")
    file.write_text(file.read_text().replace(FORMAT, "tess-source plan 2"))
    with pytest.raises(LockError, match="its format is 'tess-source plan 2'"):
        load_plan(file)


def test_a_missing_plan_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_plan(tmp_path / "none.ecsv")


@pytest.mark.parametrize("hostile", ["../../../home/x/.bashrc", "/etc/cron.d/x", "a/../../b", "a\\\\..\\\\b", "con/x"])
def test_the_paths_of_somebody_elses_plan_are_not_trusted(plan: Plan, tmp_path: Path, hostile: str) -> None:
    file = plan.save(tmp_path / "plan.ecsv")
    path = plan.items["path"][0]
    file.write_text(file.read_text().replace(f" {path} ", f' "{hostile}" '))
    loaded = load_plan(file, tmp_path)
    assert [item.problem is None for item in loaded].count(False) == 1
    assert not loaded.here().any()


def test_two_lines_of_somebody_elses_plan_cannot_share_a_place(plan: Plan, tmp_path: Path) -> None:
    file = plan.save(tmp_path / "plan.ecsv")
    one, other = plan.items["path"][:2]
    file.write_text(file.read_text().replace(f" {other} ", f" {one} "))
    assert sum("is taken by" in (item.problem or "") for item in load_plan(file)) == 1


name = st.sampled_from(["\xa0", " a", "a ", '"', "#x", "--", "nan", "0x1", "1e5", "!"])
name |= st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
number = st.none() | st.integers(0, 2**40)
row = st.fixed_dictionaries(
    {"uri": name | name.map("x:{}".format), "obs_id": st.none() | name, "filename": name, "size": number, "tic": number}
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=size(15, 250),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.lists(row, min_size=1, max_size=5, unique_by=lambda row: row["uri"]))
def test_whatever_an_archive_calls_its_files_a_plan_survives_saving(
    tmp_path: Path, given: list[dict[str, Any]]
) -> None:
    plan = Plan.of(
        Products.of(pl.DataFrame(given, schema_overrides={"obs_id": pl.String, "size": pl.Int64, "tic": pl.Int64})),
        tmp_path,
    )
    loaded = load_plan(plan.save(tmp_path / "p.ecsv"), tmp_path)
    assert list(loaded) == [replace(item, obs_id=item.obs_id or None) for item in plan]


def test_control_characters_of_an_archive_do_not_tear_the_lines_of_a_plan(tmp_path: Path) -> None:
    given = [
        {"uri": "x:1\n", "filename": "a.fits", "obs_id": "o"},
        {"uri": "x:2", "filename": "b\u2028.fits", "obs_id": "\x1e"},
    ]
    plan = Plan.of(Products.of(given), tmp_path, layout="flat")
    assert {item.uri: item.problem for item in plan}["x:1\ufffd"] == "its address 'x:1\\n' is not a URI"
    assert list(load_plan(plan.save(tmp_path / "p.ecsv"), tmp_path)) == list(plan)


# -- tables from elsewhere ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [Table, pd.DataFrame, pl.DataFrame, Products.of, list])
def test_product_tables_from_elsewhere_are_planned_alike(session: Session, tmp_path: Path, form: Any) -> None:
    plan = session.plan(form(toys.product_rows()), tmp_path)
    assert plan.items == Plan.of(Products.of(toys.product_rows()), tmp_path).items


def test_a_single_row_of_astroquery_is_a_plan_of_one_file(session: Session, tmp_path: Path) -> None:
    row = Table(toys.product_rows())[1]
    assert [item.filename for item in session.plan(row, tmp_path)] == [toys.TP]


def test_masked_values_of_astroquery_are_unknown(session: Session, tmp_path: Path) -> None:
    table = Table(toys.product_rows(), masked=True)
    table["size"].mask = [True, False, False, False, False]
    plan = session.plan(table, tmp_path)
    assert plan.items["size"].null_count() == 1


def test_to_print_a_plan_no_disk_is_touched(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def touched(*_: object, **__: object) -> None:
        raise AssertionError("the disk is asked")

    for name in ("stat", "lstat", "scandir", "open"):
        monkeypatch.setattr(os, name, touched)
    shown = plan.summary(), repr(plan), plan._repr_html_()
    monkeypatch.undo()
    assert all("5 files" in text for text in shown)


# -- plans made by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "wrong", "words"),
    [
        ("items", [], r"items=list: give Items; Plan\.of\(products, root\)"),
        ("items", Products.empty(), "items=Products: give Items"),
        ("record", None, "record=NoneType: give a mapping"),
        ("session", "abc", "session=str: give a Session, or None"),
    ],
)
def test_a_plan_made_by_hand_is_checked(plan: Plan, part: str, wrong: Any, words: str) -> None:
    with pytest.raises(TableError, match=words):
        replace(plan, **{part: wrong})


@pytest.mark.parametrize("wrong", [None, 5, b"data", ""])
def test_the_folder_of_a_plan_must_be_a_path(plan: Plan, wrong: Any) -> None:
    with pytest.raises(QueryError, match="is not a path"):
        replace(plan, root=wrong)
    with pytest.raises(QueryError, match="is not a path"):
        plan.to(wrong)


def test_a_plan_made_by_hand_takes_text_and_a_tilde_for_its_folder(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Plan(plan.items, "~/data", {}).root == tmp_path / "data"  # type: ignore[arg-type]


def test_a_table_given_for_products_is_refused_with_what_takes_it(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"list is not Products; session\.plan takes tables"):
        Plan.of([{"uri": "mast:x"}], tmp_path)  # type: ignore[arg-type]
