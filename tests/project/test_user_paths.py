"""Every path that a user gives goes through one function: a walk over all functions, methods, commands and settings that take one.

The walk finds them by their annotations and types, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import click
import pytest
from pictures_case import undrawn
from places import PLUGINS, ROOT
from program_run import Program
from syntax import FILES, nodes

import tess_source
from tess_source import Found, Manifest, Plan, Session
from tess_source.cli.general_options import GENERAL_OPTIONS
from tess_source.cli.program import build
from tess_source.cli.user_path import UserPath
from tess_source.config import DEFAULT, Choice, config_file
from tess_source.errors import QueryError
from tess_source.settings import cache_folder
from tess_source_dataset.data_set import DataSet
from tess_source_sample.server import SampleArchive

UNKNOWN = "~nobody-such/x"
TAKES_PATH = re.compile(r"^(?!Callable)(?=.*\bstr\b).*\bPath(Like)?\b")
"""An annotation of a path that a user gives. What is only a `Path` was made by us."""
ACTS_BY_IMPORT = "tess_source_dv.lightkurve"
"""A module that changes another package as soon as it is imported, and so must not be in tests that come later."""
NOT_A_FILE = {"is_explicit"}
"""Functions that ask only whether a path was given."""


# -- functions and methods --


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions and methods of all modules that are public: listed in ``__all__``, or methods of what is."""
    for module in _modules():
        for name in getattr(module, "__all__", ()):
            value = vars(module).get(name)
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if isinstance(value, FunctionType):
                yield f"{module.__name__}.{name}", value
            elif isinstance(value, type) and not getattr(value, "_is_protocol", False):
                for word, method in inspect.getmembers(value):
                    ours = str(getattr(method, "__module__", "")).startswith("tess_source")
                    if (word == "__init__" or not word.startswith("_")) and callable(method) and ours:
                        yield f"{module.__name__}.{name}.{word}", method


def _modules() -> Iterator[Any]:
    tops = ["tess_source", *sorted(folder.name for folder in PLUGINS.glob("tess_source_*"))]
    for top in map(import_module, tops):
        yield top
        for found in pkgutil.walk_packages(top.__path__, f"{top.__name__}."):
            if not found.name.endswith("__main__") and found.name != ACTS_BY_IMPORT:
                yield import_module(found.name)


def path_parameters() -> dict[str, tuple[Callable[..., Any], str]]:
    """Return every parameter that takes a user's path: its name → the function and the parameter."""
    found = {}
    for name, function in public_functions():
        try:
            parameters = inspect.signature(function).parameters.values()
        except ValueError:
            continue
        for parameter in parameters:
            if TAKES_PATH.search(str(parameter.annotation)) and name.rpartition(".")[2] not in NOT_A_FILE:
                found[f"{name}({parameter.name})"] = (function, parameter.name)
    return found


PARAMETERS = path_parameters()


@pytest.fixture(scope="module")
def values(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the functions need besides the path, by the names of their parameters and by their classes."""
    folder = tmp_path_factory.mktemp("values")
    session = Session(shared_archive.url, cache=folder / "cache")
    found = session.search(16740101, sector=14, kind=["lc", "dvr-xml", "dvt"])
    manifest = found.select(kind="lc").plan(folder).download()
    dvt = next(entry.path for entry in found.select(kind="dvt").plan(folder).download())
    opened = tess_source.open(dvt, session=session)[0]
    return {
        "found": found, "light": found.select(kind="lc"), "source": found, "manifest": manifest, "plan": manifest.plan,
        "products": found.products, "what": found, "session": session, "path": folder / "x.svg", "options": {},
        "server": None, "archive": None, "token": None, "timeout": 9, "jobs": 1, "max_age": None, "offline": None,
        "tce": opened, "kind": type(opened), "Choice": Choice(None, DEFAULT), "Session": session, "Settings": session.settings,
        "place": folder / "curves", "DataSet": DataSet(session, folder / "curves"),
        "SessionCatalogue": session.catalogue(),
        "Found": found, "Plan": manifest.plan, "Manifest": manifest, "DVLightCurve": opened,
        "SearchTable": tess_source.search_lightcurve(16740101, sector=14, session=session),
    }  # fmt: skip


@pytest.mark.parametrize("place", PARAMETERS)
def test_a_path_of_an_unknown_user_is_refused_wherever_a_path_is_taken(place: str, values: Mapping[str, Any]) -> None:
    function, parameter = PARAMETERS[place]
    with pytest.raises(QueryError, match="does not know a user 'nobody-such'"):
        _called(function, parameter, values, place)


def _called(function: Callable[..., Any], parameter: str, values: Mapping[str, Any], place: str) -> None:
    """Call a function with the path of an unknown user, and with what else it needs."""
    signature = inspect.signature(function)
    several = "Iterable" in str(signature.parameters[parameter].annotation) and parameter in {"files", "paths"}
    words: dict[str, Any] = {parameter: [UNKNOWN] if several else UNKNOWN}
    for other in signature.parameters.values():
        needed = other.default is other.empty and other.kind not in {other.VAR_POSITIONAL, other.VAR_KEYWORD}
        if other.name in {"self", "cls"} and needed:
            words[other.name] = values[place.split("(", maxsplit=1)[0].rsplit(".", 2)[1]]
        elif other.name != parameter and (needed or other.name in {"session", "found"}):
            words[other.name] = values[other.name]
            if other.name == "path" and "html" in function.__name__:
                words["path"] = values["path"].with_suffix(".html")
    if "self" in words and function.__name__ == "__init__":
        words["self"] = object.__new__(type(words["self"]))  # it must not be made a second time
    positional = [
        words.pop(other.name)
        for other in signature.parameters.values()
        if other.kind is other.POSITIONAL_ONLY and other.name in words
    ]
    if "self" in words:
        positional.insert(0, words.pop("self"))
    result = function(*positional, **words)
    if hasattr(result, "__enter__"):
        result.__enter__()


def test_the_walk_finds_what_it_is_for() -> None:
    for place in (
        "tess_source.session.Session.__init__(cache)", "tess_source.session.Session.download(root)", "tess_source.functions.open(what)",
        "tess_source.tables.plan.Plan.save(path)", "tess_source.like_lightkurve.result.SearchTable.download_all(download_dir)",
        "tess_source_arrays.parquet.to_parquet(path)", "tess_source_pictures.page.show_html(root)",
        "tess_source.settings.cache_folder(given)",
    ):  # fmt: skip
        assert place in PARAMETERS


def test_no_function_turns_a_users_path_into_a_path_by_itself() -> None:
    for file in FILES:
        for function in nodes(file):
            if isinstance(function, ast.FunctionDef) and function.name != "user_path":
                given = {
                    argument.arg
                    for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
                    if argument.annotation is not None and TAKES_PATH.search(ast.unparse(argument.annotation))
                }
                for call in ast.walk(function) if given else ():
                    if isinstance(call, ast.Call) and ast.unparse(call.func) in {"Path", "map", "os.fspath"}:
                        names = {node.id for word in call.args for node in ast.walk(word) if isinstance(node, ast.Name)}
                        by_itself = ast.unparse(call.func) != "map" or ast.unparse(call.args[0]) == "Path"
                        assert not (by_itself and names & given), f"{file.relative_to(ROOT)}:{call.lineno}"


# -- the program --


def commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    for word, child in getattr(command, "commands", {}).items():
        yield from commands(child, f"{name} {word}".strip())


def test_every_option_and_argument_that_is_a_path_expands_a_tilde() -> None:
    program = build(Session())
    parameters = [(name, parameter) for name, command in commands(program) for parameter in command.params]
    parameters += [("", parameter) for parameter in GENERAL_OPTIONS]
    paths = [
        (name, parameter)
        for name, parameter in parameters
        if isinstance(parameter.type, click.Path | click.File) or parameter.metavar in {"FILE", "DIR", "LOCK", "PATH"}
    ]
    assert {"get", "verify", "lock diff", "dv", "plot", "show", "demo", ""} <= {name for name, _ in paths}
    for name, parameter in paths:
        assert isinstance(parameter.type, UserPath), (name, parameter.name)


def test_the_program_takes_a_tilde_in_lists_and_options(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    (home / "stars.txt").write_text("TIC 16740101\n")
    ran = program(
        "get", "@~/stars.txt", "--sector", 14, "--kind", "lc", "--to=~/dd", "--lock=~/star.ecsv", "--cache=~/cache"
    )
    assert ran.code == 0, ran.err
    assert program("verify", "~/star.ecsv", "--to=~/dd").code == 0
    assert program("dv", "16740101", "--plot=~/runs.svg").code == 0
    assert program("search", "16740101", "--plugin=~/none.py").err.count(str(home / "none.py")) == 1
    assert {entry.name for entry in home.iterdir()} >= {"dd", "star.ecsv", "runs.svg"}
    assert not list(here.iterdir())


def test_the_program_says_that_a_user_is_unknown(program: Program) -> None:
    for words in (
        ["get", "16740101", f"--to={UNKNOWN}"], ["search", f"@{UNKNOWN}"], ["--cache", UNKNOWN, "cache", "info"], ["verify", UNKNOWN],
        ["show", "16740101", f"--html={UNKNOWN}.html"], ["lock", "diff", UNKNOWN, UNKNOWN], ["search", "--plugin", UNKNOWN],
    ):  # fmt: skip
        ran = program(*words)
        assert ran.code == 2, (words, ran.err)
        assert "does not know a user 'nobody-such'" in re.sub(r"\s+", " ", ran.err)


# -- settings --


def test_settings_expand_a_tilde_from_each_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Session(cache="~/a").store.root == tmp_path / "a"
    assert Session(cache=Path("~/a")).store.root == tmp_path / "a"
    assert Session(cache="~/a") == Session(cache=tmp_path / "a")
    monkeypatch.setenv("TESS_SOURCE_CONFIG", "~/settings.toml")
    assert config_file() == tmp_path / "settings.toml"
    (tmp_path / "settings.toml").write_text("cache = '~/b'\n")
    assert cache_folder() == tmp_path / "b"
    monkeypatch.setenv("TESS_SOURCE_CACHE", "~/c")
    assert cache_folder() == tmp_path / "c"


@pytest.mark.parametrize("name", ["TESS_SOURCE_CACHE", "TESS_SOURCE_CONFIG"])
def test_a_setting_with_an_unknown_user_is_an_error_in_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, UNKNOWN)
    with pytest.raises(QueryError, match="does not know a user 'nobody-such'"):
        cache_folder()


# -- a tilde is the same folder for what writes and what reads --


def test_files_are_found_again_where_a_tilde_put_them(
    archive: SampleArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    undrawn(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    session = Session(archive.url, cache=tmp_path / "cache")
    rows = tess_source.search_lightcurve("TIC 16740101", sector=14, exptime=120, session=session)
    assert rows.download(download_dir="~/dd").sector == 14
    found: Found = session.search(16740101, sector=14, kind="lc")
    plan: Plan = found.plan("~/dd")
    assert plan.here().all()
    manifest: Manifest = plan.download()
    lock = manifest.lock().save("~/star.ecsv")
    assert lock == tmp_path / "home" / "star.ecsv"
    assert session.load_plan("~/star.ecsv", "~/dd").here().all()
    name = manifest[0].path.relative_to(tmp_path / "home") if manifest[0].path else ""
    assert len(session.open(f"~/{name}")) == 1
    assert manifest.to_parquet("~/set.parquet").files == (tmp_path / "home" / "set.parquet",)
    assert found.show_html("~/star.html", "~/dd") == tmp_path / "home" / "star.html"
    assert not list((tmp_path / "here").iterdir())
