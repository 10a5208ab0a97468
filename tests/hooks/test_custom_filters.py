"""Filters of one's own, three ways: an installed package, an object in a notebook, one file; and what goes wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from places import ROOT
from program_run import Program, Ran

import tess_source_filters
from tess_source import Filter, Products, Session, hookimpl
from tess_source.errors import PluginConflictError, PluginError, QueryError, TableError
from tess_source.hooks.discovery import from_file

PACKAGE = ROOT / "examples" / "tess_source_proposal"
ONE_FILE = ROOT / "examples" / "my_filters.py"
KELT9 = "TIC 16740101"
ROWS = [
    {"uri": "mast:TESS/product/tess2019226182529-s0015-0000000016740101-0151-s_lc.fits", "size": 1_892_160},
    {"uri": "mast:TESS/product/tess2024223182411-s0082-0000000016740101-0278-s_lc.fits", "size": 1_892_160},
    {"uri": "mast:TESS/product/tess2019199201929-s0014-s0041-0000000016740101-00512_dvt.fits", "size": 33_557_760},
]


# -- first way: an installed package --


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example package, from a copy, without a network."""
    folder = tmp_path_factory.mktemp("package")
    source = shutil.copytree(PACKAGE, folder / "source")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--no-input", "--disable-pip-version-check"]
    words = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder / "site"), str(source)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def python(*words: str, path: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python on its own, with one more folder to import from."""
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    ours = [str(ROOT), str(ROOT / "plugins"), *(str(Path(p).resolve()) for p in inherited if p)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), *dict.fromkeys(ours)]), "COLUMNS": "200"}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, env=env, cwd=cwd)


ProgramAt = Callable[..., Ran]


@pytest.fixture
def program_at(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProgramAt]:
    """The program, run in this process, with one more folder to import from, and to find installed packages in."""
    folders: set[Path] = set()
    monkeypatch.setenv("COLUMNS", "200")

    def run(folder: Path, *words: str) -> Ran:
        if folder not in folders:
            monkeypatch.syspath_prepend(folder)
            folders.add(folder)
        return program(*words)

    yield run
    for name, module in list(sys.modules.items()):
        if any(Path(file).is_relative_to(folder) for folder in folders if (file := getattr(module, "__file__", None))):
            del sys.modules[name]


def test_an_installed_package_is_found_and_listed(site: Path) -> None:
    said = python("-m", "tess_source", "plugins", "--format", "json", path=site)
    row = {row["name"]: row for row in json.loads(said.stdout)}["proposal"]
    assert (row["version"], row["origin"], row["state"], row["hooks"]) == (
        "0.1.0",
        "tess-source-proposal",
        "ready",
        "tess_filters",
    )


def test_its_filter_is_an_option_that_tells_where_it_comes_from(site: Path, program_at: ProgramAt) -> None:
    shown = program_at(site, "search", "--help").out
    line = next(line for line in shown.splitlines() if "--proposal" in line)
    assert "G06062" in line and "[proposal]" in shown


def test_its_option_chooses_products(site: Path, program_at: ProgramAt) -> None:
    def rows(*words: str) -> list[dict[str, Any]]:
        said = program_at(site, "search", KELT9, *words, "--format", "jsonl")
        assert said.code == 0, said.err
        return [json.loads(line) for line in said.out.splitlines()]

    everything, chosen = rows("--kind", "lc"), rows("--kind", "lc", "--proposal", "G022053")
    assert {row["first_sector"] for row in chosen} == {14, 15}
    assert len(chosen) < len(everything)


def test_a_wrong_value_is_a_usage_error_that_names_the_filter(site: Path, program_at: ProgramAt) -> None:
    said = program_at(site, "search", KELT9, "--proposal", "soon")
    assert said.code == 2
    assert "filter 'proposal' cannot take" in said.err and "Traceback" not in said.err


def test_it_can_be_left_out(site: Path, program_at: ProgramAt) -> None:
    shown = program_at(site, "--without", "proposal", "search", "--help").out
    assert "--kind" in shown and "--proposal" not in shown


def install(site: Path, name: str, code: str, distribution: str) -> None:
    """Install a plugin of one module by hand."""
    (site / f"{name}.py").write_text(code)
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[tess_source]\n{name} = {name}\n")


def test_an_installed_package_that_does_not_import_is_reported_by_name_and_the_rest_work(
    tmp_path: Path, program_at: ProgramAt
) -> None:
    install(tmp_path, "rotten", "import no_such_module_anywhere\n", "tess-source-rotten")
    said = program_at(tmp_path, "plugins", "--format", "json")
    row = {row["name"]: row for row in json.loads(said.out)}["rotten"]
    assert (
        row["state"] == "broken" and "no_such_module_anywhere" in row["error"] and row["origin"] == "tess-source-rotten"
    )
    assert said.code == 1 and "'rotten'" in said.err
    said = program_at(tmp_path, "search", KELT9)
    assert said.code == 0 and "'rotten'" in said.err


def test_an_installed_package_that_claims_a_taken_name_stops_the_program_and_both_are_named(
    tmp_path: Path, program_at: ProgramAt
) -> None:
    code = "import tess_source\n@tess_source.hookimpl\ndef tess_filters():\n    return (tess_source.Filter('kind', lambda p, v: v, 'x'),)\n"
    install(tmp_path, "greedy", code, "tess-source-greedy")
    said = program_at(tmp_path, "plugins")
    assert said.code != 0
    assert "'filters' and 'greedy' both declare the filter 'kind'" in said.err and "Traceback" not in said.err
    assert program_at(tmp_path, "--without", "greedy", "plugins").code == 0


# -- second way: in a notebook --


@pytest.fixture
def session(session: Session) -> Session:
    session.register(tess_source_filters)
    return session


def declaring(*filters: Filter) -> object:
    """A plugin that declares filters, as one would write it in a notebook."""

    class Mine:
        @hookimpl
        def tess_filters(self) -> tuple[Filter, ...]:
            return filters

    return Mine()


def test_a_plugin_is_registered_in_a_notebook(session: Session) -> None:
    def keep(products: Products, value: float) -> pl.Expr:
        return pl.col("size") >= value * 1e6

    assert session.register(declaring(Filter("megabytes", keep, "size of at least so many MB", check=float))) == "Mine"
    found = session.select(ROWS, megabytes=10, kind="dvt,lc")
    assert found.products["kind"].to_list() == ["dvt"]
    assert "megabytes=10: dropped 2, kept 1 (Mine)" in map(str, found.drops)


@pytest.mark.parametrize(
    "keep",
    [
        lambda products, value: pl.col("first_sector") > value,
        lambda products, value: products["first_sector"] > value,
        lambda products, value: products["first_sector"].to_numpy() > value,
        lambda products, value: [sector > value for sector in products["first_sector"].to_list()],
    ],
    ids=["expression", "polars", "numpy", "list"],
)
def test_a_mask_may_be_an_expression_or_one_boolean_a_row(session: Session, keep: Callable[..., Any]) -> None:
    session.register(declaring(Filter("after", keep, "after a sector")))
    assert session.select(ROWS, after=14).products["first_sector"].to_list() == [15, 82]


def test_a_default_applies_once_unless_another_value_or_none_is_given(session: Session) -> None:
    session.register(
        declaring(Filter("after", lambda products, value: pl.col("first_sector") > value, "after", default=14))
    )
    assert len(session.select(ROWS).products) == 2
    assert len(session.select(ROWS, after=15).products) == 1
    assert len(session.select(ROWS, after=None).products) == 3
    assert [drop.filter for drop in session.select(ROWS).select(kind="lc").drops] == ["after", "kind"]


def test_a_choice_of_ones_own_comes_after_the_masks_and_before_the_limit(session: Session) -> None:
    def keep(products: Products, value: bool) -> pl.Series:
        return products["size"] == products["size"].max()

    session.register(declaring(Filter("biggest", keep, "the biggest", metavar="", last=1)))
    found = session.select(ROWS, limit=1, biggest=True, kind="lc")
    assert [drop.filter for drop in found.drops] == ["kind", "biggest", "limit"]
    assert found.products["first_sector"].to_list() == [15]


# -- third way: one file --


def test_one_file_is_a_plugin(session: Session) -> None:
    assert session.register(from_file(ONE_FILE)) == "my_filters"
    assert session.select(ROWS, cycle=2).products["first_sector"].to_list() == [15]
    assert session.select(ROWS, cycle=np.int64(6)).products["first_sector"].to_list() == [82]
    for wrong in (0, 9, True, "2", [2]):
        with pytest.raises(QueryError, match=r"filter 'cycle' cannot take .*: cycles are whole numbers from 1 to 8"):
            session.select(ROWS, cycle=wrong)


def test_the_program_takes_one_file(program: Program) -> None:
    said = program("--plugin", ONE_FILE, "search", KELT9, "--kind", "lc", "--cycle", "2", "--format", "jsonl")
    assert said.code == 0, said.err
    assert {json.loads(line)["first_sector"] for line in said.out.splitlines()} == {14, 15}


# -- what goes wrong --


def test_a_filter_that_fails_is_named_with_its_plugin(session: Session) -> None:
    session.register(declaring(Filter("odd", lambda products, value: 1 / value, "odd")))
    with pytest.raises(ZeroDivisionError) as caught:
        session.select(ROWS, odd=0)
    assert caught.value.__notes__ == ["raised by plugin 'Mine' in its filter 'odd'"]


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (np.array([True, False]), TableError),
        (pl.Series([True] * 4), TableError),
        (np.array([1, 0, 1]), TableError),
        (pl.Series([True, False]).to_numpy(), TableError),
        (pl.col("no_such_column") > 1, pl.exceptions.ColumnNotFoundError),
        (pl.lit(pl.Series([True, False])), TableError),
        (None, TableError),
    ],
    ids=["too short", "too long", "numbers", "numpy too short", "no column", "expression too short", "none"],
)
def test_a_mask_that_does_not_fit_is_named_with_its_plugin(session: Session, mask: Any, error: type[Exception]) -> None:
    session.register(declaring(Filter("odd", lambda products, value: mask, "odd")))
    with pytest.raises(error) as caught:
        session.select(ROWS, odd=1)
    assert "raised by plugin 'Mine' in its filter 'odd'" in caught.value.__notes__


def test_a_taken_name_is_refused_and_both_plugins_are_named(session: Session) -> None:
    with pytest.raises(PluginConflictError, match="'filters' and 'Mine' both declare the filter 'sector'"):
        session.register(declaring(Filter("sector", lambda products, value: value, "mine")))
    assert session.registry.owner("filter", "sector") == "filters"
    assert len(session.select(ROWS, sector=15).products) == 2


def test_a_filter_without_hookimpl_is_refused(session: Session) -> None:
    plugin = SimpleNamespace(__name__="hasty", tess_filters=lambda: ())
    with pytest.raises(PluginError, match=r"'hasty': tess_filters lacks @tess_source\.hookimpl"):
        session.register(plugin)


@pytest.mark.parametrize("declared", ["kind", None, 3, ({"no": "record"},)], ids=str)
def test_what_is_no_filter_is_refused(session: Session, declared: Any) -> None:
    class Wrong:
        @hookimpl
        def tess_filters(self) -> Any:
            return declared

    before = dict(session.registry.filters)
    if declared is None:  # a hook may have nothing to declare
        session.register(Wrong())
    else:
        with pytest.raises(PluginError, match="'Wrong'"):
            session.register(Wrong())
    assert session.registry.filters == before
