"""The contract between core and plugins holds: every hook is called, implemented, documented; every plugin is packaged."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

from tess_source.hooks import specs as hookspecs
from tess_source.hooks.registry import Registry
from tess_source.hooks.specs import NOUNS

CORE = ROOT / "tess_source"
FOR_PYTEST = "tess_source_testing"
"""It is a plugin of pytest, not one of tess-source."""
PLUGINS = sorted(
    path for path in (ROOT / "plugins").iterdir() if path.name.startswith("tess_source_") and path.name != FOR_PYTEST
)
HOOKS = sorted(name for role in hookspecs.ROLES for name in vars(role) if name.startswith("tess_"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def registry() -> Registry:
    """All built-in plugins, by the names under which the project offers them."""
    registry = Registry()
    for name, module in PROJECT["project"]["entry-points"]["tess_source"].items():
        registry.register(__import__(module), name)
    return registry


def strings_and_names(path: Path) -> str:
    return "\n".join(file.read_text() for file in sorted(path.rglob("*.py")))


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_with_how_answers_combine_and_what_none_means(hook: str) -> None:
    role = next(role for role in hookspecs.ROLES if hook in vars(role))
    doc = vars(role)[hook].__doc__
    assert doc
    assert re.search(r"^\s*Answers: .+\.$", doc, re.MULTILINE)
    assert hook in NOUNS or "None means" in doc


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_one_call_site_in_the_core(hook: str) -> None:
    calls = [place for called, place in call_sites() if called == hook]
    assert len(calls) == (0 if hook in NOUNS else 1), calls


@cache
def call_sites() -> list[tuple[object, str]]:
    """Return what is called by its name, and where."""
    return [
        (node.args[0].value, f"{file.name}:{node.lineno}")
        for file in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "call"
        if node.args and isinstance(node.args[0], ast.Constant)
    ]


FOR_OTHERS = {"tess_download", "tess_kinds", "tess_stand_ins"}
"""Hooks that no built-in plugin implements; each has a test and an example in the docs."""


@pytest.mark.parametrize("hook", [h for h in HOOKS if h not in FOR_OTHERS])
def test_every_hook_has_an_implementation_among_the_built_ins(registry: Registry, hook: str) -> None:
    assert getattr(registry.manager.hook, hook).get_hookimpls()


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_shown_in_the_docs(hook: str) -> None:
    assert any(hook in page.read_text() for page in (ROOT / "docs").glob("hooks-*.md"))


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_every_plugin_folder_is_registered_and_packaged(folder: Path) -> None:
    assert folder.name in PROJECT["project"]["entry-points"]["tess_source"].values()
    assert f"plugins/{folder.name}" in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugins_front_page_holds_its_hooks_and_nothing_else(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text())
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert functions
    assert all(name.startswith("tess_") for name in functions)
    assert not [node for node in tree.body if isinstance(node, ast.ClassDef)]


def test_hooks_have_no_keyword_only_arguments_which_pluggy_cannot_see() -> None:
    for role in hookspecs.ROLES:
        for name, function in vars(role).items():
            if name.startswith("tess_"):
                code: Any = function.__code__
                assert code.co_kwonlyargcount == 0


def test_no_module_configures_the_process_when_it_is_imported() -> None:
    source = strings_and_names(CORE) + "".join(map(strings_and_names, PLUGINS))
    for forbidden in (
        r"basicConfig\(",
        r"sys\.stdout *=",
        r"pd\.options",
        r"pl\.Config\.set",
        r"simplefilter\(.*\)\n\n",
        r"\beval\(",
    ):
        assert not re.search(forbidden, source), forbidden
