"""Who may import whom: floors, stages that do not know each other, no circles, plugins only where one builds on another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from places import CORE, PLUGINS, ROOT
from syntax import FILES, nodes

FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "errors",
        "extras",
        "deprecation",
        "system",
        "wording",
        "synonyms",
        "keywords",
        "_version",
        "_lazy",
        "clock",
        "threads",
        "disk",
        "display",
        "names",
    ),
    ("units", "paths", "object_store", "targets", "files", "logins", "patience", "config", "settings", "origins"),
    ("tables",),
    ("hooks",),
    ("cache", "workers"),
    ("search", "download", "load"),
    ("direct",),
    ("session",),
    ("queries", "functions", "lock", "doctor", "like_lightkurve"),
    ("cli", "__init__", "__main__"),
)
"""The core from the ground up: files and folders. A file imports from its own floor and from those below."""
STAGES = {"search", "download", "load"}
TYPED = CORE / "tables" / "typed.py"
"""The one file of the core that may name plugins, and only for type checkers: the types of methods that they add."""
BUILDS_ON = {
    "tess_source_dv": {"tess_source_lightkurve", "tess_source_sectors"},
    "tess_source_pictures": {"tess_source_dv"},
    "tess_source_catalogue": {"tess_source_cloud", "tess_source_mast", "tess_source_filters"},
    "tess_source_dataset": {"tess_source_arrays", "tess_source_catalogue"},
    "tess_source_ffi": {"tess_source_cloud", "tess_source_filters", "tess_source_lightkurve", "tess_source_sectors"},
    "tess_source_testing": {"tess_source_mast", "tess_source_sample"},
    "tess_source_tesscut": {"tess_source_sectors", "tess_source_stars"},
    "tess_source_sample": {"tess_source_sectors"},
    "tess_source_sectors": {"tess_source_catalogue", "tess_source_filters", "tess_source_stars"},
    "tess_source_stars": {"tess_source_mast", "tess_source_filters"},
}
"""Plugin → the plugins that it really builds on."""
LONGEST = 400


@cache
def file_of(module: str) -> Path | None:
    """Return the file of a module of ours."""
    top, *rest = module.split(".")
    base = (CORE.parent if top == "tess_source" else PLUGINS).joinpath(top, *rest)
    return next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)


@cache
def imports(file: Path) -> frozenset[Path]:
    """Return the files of ours that a file imports: at its top, in functions, and for type checkers."""
    return frozenset(found for found in _imports(file) if found != file)


def _imports(file: Path) -> Iterator[Path]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from filter(None, (file_of(alias.name) for alias in node.names if _ours(alias.name)))
        elif isinstance(node, ast.ImportFrom) and node.module and _ours(node.module):
            assert node.level == 0
            for alias in node.names:
                if found := file_of(f"{node.module}.{alias.name}") or file_of(node.module):
                    yield found


def _ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0].startswith("tess_source")


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def is_core(file: Path) -> bool:
    return file.is_relative_to(CORE)


def unit(file: Path) -> str:
    """Return the folder, or the file, of the core that stands in the table of floors."""
    return file.relative_to(CORE).with_suffix("").parts[0]


def plugin(file: Path) -> str:
    return file.relative_to(PLUGINS).parts[0]


def floor(file: Path) -> int:
    return next(number for number, names in enumerate(FLOORS) if unit(file) in names)


def test_every_file_of_the_core_stands_on_a_floor() -> None:
    known = {name for names in FLOORS for name in names}
    assert {unit(file) for file in FILES if is_core(file)} == known


def test_the_page_on_architecture_has_the_same_floors_and_plugins() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (.*) \|$", page, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in reversed(rows)] == [set(names) for names in FLOORS]
    assert set(re.findall(r"^    (tess_source_\w+)/ ", page, re.MULTILINE)) == {
        one.name for one in PLUGINS.glob("tess_source_*")
    }


def wrong_import(file: Path, found: Path) -> str:
    """Return why a file may not import another, or nothing if it may."""
    if is_core(file) and is_core(found):
        if floor(found) > floor(file):
            return "it stands above"
        strange = {unit(file), unit(found)} <= STAGES and unit(file) != unit(found)
        return "stages do not know each other" if strange else ""
    if is_core(file):
        return "" if file == TYPED else "the core imports no plugin"
    if is_core(found) or plugin(found) == plugin(file) or plugin(found) in BUILDS_ON.get(plugin(file), set()):
        return ""
    return "this plugin does not build on that one"


def test_imports_run_downwards() -> None:
    wrong = ((file, found, wrong_import(file, found)) for file in FILES for found in imports(file))
    assert [(name(file), name(found), why) for file, found, why in wrong if why] == []


@pytest.mark.parametrize(
    ("file", "found", "why"),
    [
        ("errors.py", "session.py", "it stands above"),
        ("search/select.py", "load/loading.py", "stages do not know each other"),
        ("session.py", "../plugins/tess_source_dv/__init__.py", "the core imports no plugin"),
        ("session.py", "errors.py", ""),
    ],
)
def test_a_wrong_import_is_seen(file: str, found: str, why: str) -> None:
    assert wrong_import((CORE / file).resolve(), (CORE / found).resolve()) == why


def test_the_core_names_plugins_for_type_checkers_only() -> None:
    checked = [node for node in ast.parse(TYPED.read_text()).body if isinstance(node, ast.If)]
    inside = {alias.lineno for block in checked for alias in ast.walk(block) if isinstance(alias, ast.ImportFrom)}
    lines = TYPED.read_text().splitlines()
    assert {n for n, line in enumerate(lines, 1) if "import" in line and "tess_source_" in line} <= inside


def circles() -> list[list[str]]:
    """Return the circles of imports, by a depth-first search."""
    found: list[list[str]] = []
    done: set[Path] = set()

    def visit(file: Path, way: list[Path]) -> None:
        if file in way:
            found.append([name(part) for part in way[way.index(file) :]])
        elif file not in done:
            for other in sorted(imports(file)):
                if not (file == TYPED and not is_core(other)):
                    visit(other, [*way, file])
            done.add(file)

    for file in FILES:
        visit(file, [])
    return found


def test_there_is_no_circle_of_imports() -> None:
    assert circles() == []


def test_no_file_is_long() -> None:
    lengths = {name(file): len(file.read_text().splitlines()) for file in FILES}
    assert {file: length for file, length in lengths.items() if length > LONGEST} == {}


def test_no_class_name_stands_twice() -> None:
    names: dict[str, list[str]] = {}
    for file in FILES:
        for node in nodes(file):
            if isinstance(node, ast.ClassDef):
                names.setdefault(node.name, []).append(name(file))
    assert {name: files for name, files in names.items() if len(files) > 1} == {}


def test_polars_and_numpy_come_through_the_lazy_module() -> None:
    heavy = [
        f"{name(file)}, line {alias.lineno}: {alias.name}"
        for file in FILES
        for node in nodes(file)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] in {"polars", "numpy"} and alias.name != "numpy.typing"
    ]
    assert [where for where in heavy if not where.startswith("tess_source/_lazy.py")] == []


def test_a_part_of_astropy_is_imported_after_the_whole() -> None:
    """Or else two threads that are the first to use it may get half a module: see `tess_source._lazy.whole`."""
    functions = [(file, node) for file in FILES for node in nodes(file) if isinstance(node, ast.FunctionDef)]
    early = []
    for file, function in functions:
        inside = list(ast.walk(function))
        parts = [n.lineno for n in inside if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("astropy")]
        if parts:
            calls = [n.lineno for n in inside if isinstance(n, ast.Call) and "whole" in ast.unparse(n.func)]
            if min(calls, default=10**6) >= min(parts):
                early.append(f"{name(file)}, {function.name}, line {min(parts)}")
    assert functions
    assert early == []
