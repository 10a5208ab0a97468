"""Types are real for those who build on this package: a sample of theirs is right, and each of its mistakes is seen by both checkers."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import toys
from places import CORE, PLUGINS, ROOT
from sizes import size

import tess_source
from tess_source import Session
from tess_source.hooks.registry import Registry

DOWNSTREAM = Path(__file__).with_name("downstream")
EXAMPLE = ROOT / "examples" / "tess_source_proposal"
"""The package of the example is looked at too: it has no mistake."""
GALLERY = ROOT / "examples" / "gallery"
PAGE = ROOT / "docs" / "plugins.md"
MISTAKES = DOWNSTREAM / "mistakes.py"
TYPED = CORE / "tables" / "typed.py"
PACKAGES = ["tess_source", *sorted(path.name for path in PLUGINS.glob("tess_source_*"))]
ON_LIGHTKURVE = {
    "tess_source_dv.read.curves.DVLightCurve",
    "tess_source_dv.read.curves.DVTimeSeries",
    "tess_source_dv.read.read_dvt.read_dvt",
    "tess_source_dv.read.read_dvt.read_tce",
}
"""Subclasses of lightkurve's classes, which say no types, and what returns them."""
Errors = set[tuple[str, int]]
"""File → line of each error."""


def ran(module: str, *words: str | Path, cwd: Path = DOWNSTREAM) -> str:
    """Run a checker over the sample, with this checkout's packages; give its stdout."""
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install 'tess-source[lint]'")
    path = os.pathsep.join(map(str, (ROOT, PLUGINS, DOWNSTREAM, EXAMPLE, GALLERY)))
    env = {**os.environ, "MYPYPATH": path, "PYTHONPATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    command = [sys.executable, "-m", module, *map(str, words)]
    run = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert run.returncode in {0, 1}, run.stdout + run.stderr  # 1: it found mistakes; more: it could not work
    return run.stdout


def errors_of_mypy(folder: Path) -> Errors:
    """Run it with the settings of ``make lint``, which then finds in the cache what was checked here."""
    samples = (MISTAKES, DOWNSTREAM / "pipeline", EXAMPLE, *sorted(GALLERY.glob("*.py")), *files_of_page(folder))
    found = map(json.loads, ran("mypy", "--output", "json", *samples, cwd=ROOT).splitlines())
    return {
        (os.path.relpath(ROOT / line["file"], DOWNSTREAM), line["line"])
        for line in found
        if line["severity"] == "error"
    }


def files_of_page(folder: Path) -> list[Path]:
    """Write the files that the page on plugins gives to mypy, which have no mistake."""
    blocks = re.findall(r'^```python title="(\w+\.py)"\n(.*?)^```$', PAGE.read_text(), re.MULTILINE | re.DOTALL)
    contents = {name: content for name, content in blocks if name in {"year_plugin.py", "check_year.py"}}
    assert len(contents) == 2
    for name, content in contents.items():
        (folder / name).write_text(content)
    return [folder / name for name in contents]


def errors_of_pyright(folder: Path) -> Errors:
    del folder
    found = json.loads(ran("pyright", "--pythonpath", sys.executable, "--outputjson"))["generalDiagnostics"]
    return {
        (os.path.relpath(one["file"], DOWNSTREAM), one["range"]["start"]["line"] + 1)
        for one in found
        if one["severity"] == "error"
    }


@pytest.mark.parametrize("errors_of", [errors_of_mypy, errors_of_pyright])
def test_a_strict_checker_sees_every_mistake_and_no_other(errors_of: Callable[[Path], Errors], tmp_path: Path) -> None:
    lines = MISTAKES.read_text().splitlines()
    wrong = {(MISTAKES.name, number) for number, line in enumerate(lines, 1) if line.endswith("# wrong")}
    assert len(wrong) > 30
    assert errors_of(tmp_path) == wrong


@pytest.mark.parametrize("package", PACKAGES[: size(1, len(PACKAGES))])
def test_every_public_name_has_a_declared_type(package: str) -> None:
    words = ("--pythonpath", sys.executable, "--verifytypes", package, "--ignoreexternal", "--outputjson")
    symbols = json.loads(ran("pyright", *words))["typeCompleteness"]["symbols"]
    public = [symbol for symbol in symbols if symbol["isExported"]]
    assert len(public) > 50
    unknown = {symbol["name"] for symbol in public if not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]}
    assert unknown - ON_LIGHTKURVE == set()


def test_the_plugin_of_the_sample_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOWNSTREAM)
    plugin = importlib.import_module("pipeline.small_files")
    session = Session(discover=False, plugins=[toys.Archive(), plugin])
    found = session.search(16740101)
    assert len(found.select(small=3 * 2880)) == len(plugin.small(found, 3 * 2880)) == 3


# -- what is written twice for type checkers is the same twice ---------------------------------------------------------


def methods() -> Iterator[tuple[str, ast.FunctionDef]]:
    for home in ast.parse(TYPED.read_text()).body:
        for block in home.body if isinstance(home, ast.ClassDef) else ():
            if isinstance(block, ast.If):
                yield from ((home.name, method) for method in block.body if isinstance(method, ast.FunctionDef))


def declared() -> dict[str, Callable[..., object]]:
    accessors = Registry.discover(()).accessors.values()
    ours = [one for one in accessors if one.function.__module__.startswith("tess_source_")]
    return {one.key: one.function for one in ours}


def key(home: str, method: ast.FunctionDef) -> str:
    """The accessor's key: see `tess_source.hooks.records.Accessor.key`."""
    return method.name if home == "FoundMethods" else f"{home.removesuffix('Methods').lower()}.{method.name}"


def test_every_method_of_a_built_in_plugin_is_typed() -> None:
    assert sorted(key(home, method) for home, method in methods()) == sorted(declared())


@pytest.mark.parametrize(("home", "method"), [pytest.param(*one, id=key(*one)) for one in methods()])
def test_a_typed_method_is_what_the_plugin_has(home: str, method: ast.FunctionDef) -> None:
    theirs = inspect.signature(declared()[key(home, method)])
    this, *parameters = theirs.parameters.values()
    assert home.removesuffix("Methods").lower() == this.name
    args = method.args
    ours = [*args.args[1:], *args.kwonlyargs, *([args.kwarg] if args.kwarg else [])]
    assert {arg.arg: ast.unparse(arg.annotation) for arg in ours if arg.annotation} == {
        parameter.name: parameter.annotation for parameter in parameters
    }
    by_name = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    assert by_name == [arg.arg for arg in args.kwonlyargs]
    defaults = [parameter.default for parameter in parameters if parameter.default is not parameter.empty]
    assert defaults == [ast.literal_eval(default) for default in (*args.defaults, *args.kw_defaults) if default]
    assert theirs.return_annotation == ast.unparse(method.returns or method).replace("Self", "Found")


def test_every_public_name_stands_in_all_of_the_front() -> None:
    assert set(tess_source.__all__) == {"__version__", *tess_source._HOME}
    front = ast.parse((CORE / "__init__.py").read_text())
    imported = {
        (node.module, alias.name, alias.asname)
        for block in front.body
        if isinstance(block, ast.If)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {(f"tess_source.{module}", name, name) for name, module in tess_source._HOME.items()}
