"""The API reference: every public name is on a page, and its docstring says all that there is to say."""

from __future__ import annotations

import ast
import doctest
import inspect
import io
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest
from reference_pages import on_pages
from sizes import STRESS

import tess_source
from tess_source import Session, errors, set_default_session
from tess_source.hooks.registry import Registry
from tess_source.tables.accessors import HOMES
from tess_source_sample.server import SampleArchive

SECTION = re.compile(r"^(\w[\w ]*)\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", re.MULTILINE | re.DOTALL)
OURS = ("tess_source", "tess_source_")
OF_SESSIONS = {"tess_source.settings.Settings.of", "tess_source.settings.Settings.authorization"}
"""What the session itself calls; the page leaves it out."""
PROTOCOLS_OF_PLUGINS = "tess_source.hooks.specs"
"""Its methods are hooks, whose arguments the page on plugins explains once for all of them."""


def is_method(member: object) -> bool:
    """Return whether it is a function of a class; Python 3.13 takes cached properties for routines, too."""
    return (inspect.isroutine(member) or inspect.ismethod(member)) and not isinstance(member, cached_property)


def public_callables() -> Iterator[tuple[str, Any]]:
    """Yield the functions on the pages, and the methods of the classes there that are written in this project."""
    for path, shown in on_pages().items():
        if inspect.isclass(shown):
            if shown.__module__ == PROTOCOLS_OF_PLUGINS:
                continue
            for name, member in inspect.getmembers(shown, is_method):
                plain = inspect.unwrap(getattr(member, "__func__", member))
                ours = str(getattr(plain, "__module__", "")).startswith(OURS)
                if not name.startswith("_") and ours and not overrides(shown, name):
                    yield f"{plain.__module__}.{plain.__qualname__}", member
        elif inspect.isroutine(shown):
            yield path, shown


def overrides(of: type, name: str) -> bool:
    """Return whether a method stands in for one of a class from elsewhere, which documents it, such as click's."""
    return any(name in vars(base) for base in of.__mro__ if not base.__module__.startswith("tess_source"))


CALLABLES = {name: one for name, one in public_callables() if name not in OF_SESSIONS}


def accessors() -> dict[str, Any]:
    """Return class and name → function of the methods that built-in plugins add."""
    names = Registry.discover().accessors.values()
    return {f"{HOMES[one.of].__name__}.{one.name}": one.function for one in names}


def sections(of: Any) -> dict[str, str]:
    return dict(SECTION.findall((inspect.getdoc(of) or "") + "\n"))


def documented(of: Any) -> list[str]:
    """Return the parameters that a docstring documents, as they are written, e.g. ``**words``."""
    heads = re.findall(r"^(\S.*?)(?: : .*)?$", sections(of).get("Parameters", ""), re.MULTILINE)
    return [name.strip() for head in heads for name in head.split(",")]


def parameters(of: Any, *, first: bool = True) -> list[str]:
    stars = {inspect.Parameter.VAR_KEYWORD: "**", inspect.Parameter.VAR_POSITIONAL: "*"}
    seen = list(inspect.signature(of).parameters.values())[0 if first else 1 :]
    return [stars.get(one.kind, "") + one.name for one in seen if one.name not in {"self", "cls"}]


def test_every_public_name_is_on_a_page_of_the_reference() -> None:
    shown = on_pages()
    for name in set(tess_source.__all__) - {"__version__"}:
        one = getattr(tess_source, name)
        assert any(one is other for other in shown.values()), f"tess_source.{name} is on no page of docs/api"
    for name in errors.__all__:
        if inspect.isclass(getattr(errors, name)):
            assert f"tess_source.errors.{name}" in shown


def test_what_methods_of_plugins_return_is_on_a_page_of_the_reference() -> None:
    classes = {path.rpartition(".")[2] for path in on_pages()} | {"Path", "Figure", "SearchResult", "Table", "int"}
    for name, function in accessors().items():
        returned = {*re.findall(r"[A-Z]\w+", str(function.__annotations__["return"]))} - {"Iterator"}
        assert returned <= classes, name


@pytest.mark.parametrize("name", CALLABLES, ids=lambda name: name.removeprefix("tess_source."))
def test_a_docstring_documents_every_parameter_and_what_is_returned(name: str) -> None:
    check(CALLABLES[name])


@pytest.mark.parametrize("name", accessors())
def test_a_method_of_a_plugin_documents_every_parameter_and_what_is_returned(name: str) -> None:
    check(accessors()[name], first=False)


def check(one: Any, *, first: bool = True) -> None:
    text, told = inspect.getdoc(one) or "", sections(one)
    summary = text.split("\n\n")[0]
    assert summary.endswith(".") and not re.search(r": see `[\w.]+`\.$", summary), summary
    wanted, given = parameters(one, first=first), documented(one)
    assert given == wanted or (not first and given[1:] == wanted), f"documented are {given}, there are {wanted}"
    bare = re.findall(r"^(\S.*)\n(?=\S|\Z)", told.get("Parameters", ""), re.MULTILINE)
    assert not bare, f"nothing is said of {bare}"
    returned = str(inspect.signature(one).return_annotation)
    if returned not in {"None", "<class 'inspect._empty'>"} and not re.match(r"Return|Yield|Get ", text):
        assert {"Returns", "Yields"} & told.keys(), "it is not said what is returned"
    for error in raised(one):
        assert error in text, f"{error} is raised, and not documented"


def raised(one: Any) -> set[str]:
    """Return the errors that a function itself raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(one))))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)]
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)} - {"NotImplementedError"}


SLOW = {"Found.plot", "Found.plot_coverage", "Found.show_html", "Found.tces", "search_tesscut"}
"""Their examples take seconds, and the pages on pictures and on data validation run the like."""
WITH_EXAMPLES = {
    "Found": ("select", "plan", "download", "explain", "urls", "load"),
    "Manifest": ("load", "read", "map", "lock"),
}
"""Methods that must have an example, besides all functions of `tess_source` and all methods of plugins."""


def examples() -> dict[str, Any]:
    """Return all that has an example, and all that must have one."""
    functions = {name: getattr(tess_source, name) for name in tess_source.__all__ if name.islower()}
    must = {name: one for name, one in functions.items() if inspect.isfunction(one)} | accessors()
    must |= {
        f"{of}.{name}": getattr(getattr(tess_source, of), name) for of, names in WITH_EXAMPLES.items() for name in names
    }
    must |= {"Session": Session}
    others = {name: one for name, one in CALLABLES.items() if ">>> " in (inspect.getdoc(one) or "")}
    return must | {name: one for name, one in others.items() if one not in must.values()}


@pytest.fixture(scope="module")
def around(shared_archive: SampleArchive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What examples take for granted: a session, an answer with two light curves, its plan and manifest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("examples"))
        session = Session(shared_archive.url, cache="cache")
        set_default_session(session)
        found = session.search("TIC 16740101", kind="lc", sector=range(14, 17))
        plan = found.plan("data")
        yield {"tess_source": tess_source, "session": session, "found": found, "plan": plan, "manifest": plan.download(),
               "plugin": ToyPlugin()}  # fmt: skip
        set_default_session(None)


class ToyPlugin:
    """A plugin that declares nothing."""

    @tess_source.hookimpl
    def tess_kinds(self) -> list[Any]:
        return []


@pytest.mark.parametrize("name", examples(), ids=lambda name: name.removeprefix("tess_source."))
def test_the_example_of_a_docstring_does_what_it_shows(name: str, around: dict[str, Any]) -> None:
    text = inspect.getdoc(examples()[name]) or ""
    assert ">>> " in text, "there is no example"
    if name in SLOW and not STRESS:
        return
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    test.globs = dict(around)
    set_default_session(around["session"])
    told = io.StringIO()
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    doctest.DocTestRunner(optionflags=flags, verbose=False).run(test, out=told.write)
    if problems := told.getvalue():
        pytest.fail(problems, pytrace=False)


def test_methods_of_a_session_have_the_docstrings_of_the_functions_without_the_parameter_session() -> None:
    for name in ("search", "iter_search", "count", "fields", "download", "load_plan", "open"):
        text = inspect.getdoc(getattr(Session, name)) or ""
        function = getattr(tess_source, name)
        assert "session" not in documented(getattr(Session, name))
        assert sections(function).keys() == sections(getattr(Session, name)).keys(), name
        assert f"tess_source.{name}(" not in text
