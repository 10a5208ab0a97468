"""Plugins are found, named, and blamed; one that cannot be used never stops the others."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import types
import zipfile
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import toys

from tess_source import Column, Filter, Plan, Products, Session, Transport, hookimpl
from tess_source.errors import PluginConflictError, PluginError, QueryError, UnknownNameError
from tess_source.hooks import discovery
from tess_source.hooks.discovery import from_file
from tess_source.hooks.records import Request
from tess_source.hooks.registry import Registry


def declare(**nouns: Any) -> types.ModuleType:
    """Make a plugin module that declares records."""
    module = types.ModuleType("made_up")
    for noun, records in nouns.items():
        setattr(module, noun, hookimpl(lambda records=records: records))
    return module


def some_filter(name: str = "kind") -> Filter:
    return Filter(name, lambda products, value: products["size"] > 0, "a filter")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[tuple[str, str, Any]]]:
    """Pretend that distributions offer entry points: {distribution: [(name, value, object or exception)]}."""
    offers: dict[str, list[tuple[str, str, Any]]] = {}

    class Distribution:
        def __init__(self, name: str) -> None:
            self.name, self.version = name, "1.2"

    class Entry(EntryPoint):
        def load(self) -> Any:
            thing = loaded[self.value]
            if isinstance(thing, BaseException):
                raise thing
            return thing

    loaded: dict[str, Any] = {}

    def offered(path: object) -> list[EntryPoint]:
        found = []
        for distribution, entries in offers.items():
            for name, value, thing in entries:
                loaded[value] = thing
                entry = Entry(name, value, "tess_source")
                vars(entry)["dist"] = Distribution(distribution)
                found.append(entry)
        return found

    monkeypatch.setattr("tess_source.hooks.discovery._offered", offered)
    return offers


def test_plugins_are_loaded_in_order_of_name_with_version_and_hooks(installed: Any) -> None:
    installed["package-z"] = [("zebra", "z", toys.Filters())]
    installed["package-a"] = [("ant", "a", toys.Archive())]
    registry = Registry.discover()
    assert list(registry.plugins) == ["ant", "zebra"]
    assert registry.plugins["zebra"].version == "1.2"
    assert registry.plugins["zebra"].origin == "package-z"
    assert registry.plugins["zebra"].hooks == ("tess_filters",)
    assert registry.owner("filter", "kind") == "zebra"


class SilentError(BaseException):
    """An exception that is no Exception, and has no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ImportError("no module named q"), "ImportError: no module named q"),
        (RuntimeError("boom"), "RuntimeError: boom"),
        (SyntaxError("bad"), "SyntaxError: bad"),
        (SystemExit(), "it called sys.exit while it was imported"),
        (SystemExit(0), "it called sys.exit while it was imported"),
        (GeneratorExit(), "GeneratorExit"),
        (SilentError(), "SilentError"),
    ],
)
def test_a_plugin_that_does_not_import_is_kept_as_broken_and_the_rest_work(
    installed: Any, failure: BaseException, said: str
) -> None:
    installed["bad"] = [("bad", "b", failure)]
    installed["good"] = [("good", "g", toys.Filters())]
    registry = Registry.discover()
    assert registry.plugins["bad"].state == "broken"
    assert registry.plugins["bad"].error == said
    assert "kind" in registry.filters


def test_an_interruption_while_plugins_are_imported_is_one(installed: Any) -> None:
    installed["slow"] = [("slow", "s", KeyboardInterrupt())]
    with pytest.raises(KeyboardInterrupt):
        Registry.discover()


def test_a_plugin_for_a_newer_core_is_broken_not_fatal(installed: Any) -> None:
    module = types.ModuleType("newer")
    module.tess_from_the_future = hookimpl(lambda: ())  # type: ignore[attr-defined]
    installed["newer"] = [("newer", "n", module)]
    registry = Registry.discover()
    assert registry.plugins["newer"].state == "broken"
    assert "does not fit this version" in registry.plugins["newer"].error
    assert registry.manager.get_plugin("newer") is None


def test_a_plugin_whose_declaration_fails_is_broken_and_leaves_nothing_behind(installed: Any) -> None:
    installed["half"] = [
        ("half", "h", declare(tess_filters=(some_filter("size"),), tess_columns="not a sequence of records"))
    ]
    registry = Registry.discover()
    assert registry.plugins["half"].state == "broken"
    assert "tess_columns must return a sequence" in registry.plugins["half"].error
    assert not registry.filters


def raising(error: BaseException) -> Any:
    def noun() -> Any:
        raise error

    return noun


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("boom"), "RuntimeError: boom"),
        (ValueError(), "ValueError"),
        (SystemExit(3), "SystemExit: 3"),
        (RecursionError("deep"), "RecursionError: deep"),
        (GeneratorExit(), "GeneratorExit"),
    ],
)
@pytest.mark.parametrize("noun", ["tess_filters", "tess_columns", "tess_commands", "tess_stand_ins"])
def test_a_plugin_whose_declaration_raises_is_broken_and_the_rest_work(
    installed: Any, noun: str, error: BaseException, said: str
) -> None:
    module = declare(tess_kinds=())
    setattr(module, noun, hookimpl(raising(error)))
    installed["bad"], installed["good"] = [("bad", "b", module)], [("good", "g", toys.Filters())]
    registry = Registry.discover()
    assert registry.plugins["bad"].state == "broken"
    assert registry.plugins["bad"].error == f"plugin 'bad': {noun} failed: {said}"
    assert list(registry.ready) == ["good"]


class Hostile:
    """A plugin of which each attribute fails."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __dir__(self) -> list[str]:
        return ["tess_filters"]


@pytest.mark.parametrize(
    "make",
    [Hostile, lambda: 7, lambda: None, lambda: "text", lambda: toys.Filters, object, lambda: types.ModuleType("empty")],
)
def test_what_is_no_plugin_is_broken_and_the_rest_work(installed: Any, make: Callable[[], Any]) -> None:
    installed["bad"], installed["good"] = [("bad", "b", make())], [("good", "g", toys.Filters())]
    registry = Registry.discover()
    assert registry.plugins["bad"].state == "broken"
    assert registry.plugins["bad"].error
    assert list(registry.ready) == ["good"]


@pytest.mark.parametrize(
    ("records", "problem"),
    [
        ({"tess_filters": ["sector"]}, "'sector', which is not a Filter"),
        ({"tess_filters": [Filter]}, "which is not a Filter"),
        ({"tess_filters": [Filter("a", None, "help")]}, "whose keep is None, not a function"),  # type: ignore[arg-type]
        ({"tess_filters": [Filter(7, len, "help")]}, "whose name is 7, not a str"),  # type: ignore[arg-type]
        ({"tess_filters": [Filter("a", len, b"help")]}, "whose help is b'help', not a str"),  # type: ignore[arg-type]
        ({"tess_filters": [Filter("a", len, "", choices=["x"])]}, "not a function"),  # type: ignore[arg-type]
        ({"tess_filters": [some_filter("not a word")]}, "'not a word' cannot be the name of a filter"),
        ({"tess_filters": [some_filter("class")]}, "'class' cannot be the name of a filter"),
        ({"tess_columns": [Column("", len, "")]}, "which has no name"),  # type: ignore[arg-type]
        ({"tess_columns": 5}, "must return a sequence of records, not int"),
        ({"tess_transports": [Transport("s3", "https://")]}, "whose locate is 'https://', not a function"),  # type: ignore[arg-type]
        ({"tess_commands": [print]}, "which is not a click.Command with a name"),
    ],
)
def test_a_record_that_would_fail_later_is_refused_at_once(records: dict[str, Any], problem: str) -> None:
    registry = Registry()
    with pytest.raises(PluginError, match=re.escape(problem)):
        registry.register(declare(**records), "bad")
    assert not registry.owners.keys() - {("scheme", "file")}


def test_a_damaged_distribution_is_listed_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (
        ("bad-1", b"[tess_source]\nno equals sign\n"),
        ("worse-1", b"[tess_source]\n\xff = 1\n"),
        ("other-1", b"x"),
    ):
        (tmp_path / f"{name}.dist-info").mkdir()
        (tmp_path / f"{name}.dist-info" / "entry_points.txt").write_bytes(text)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as pack:
        pack.writestr("packed-1.dist-info/entry_points.txt", b"[tess_source]\n\xff = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    registry = Registry.discover()
    broken = {name for name, plugin in registry.plugins.items() if plugin.state == "broken"}
    assert broken == {"bad-1.dist-info", "worse-1.dist-info", "packed-1.dist-info"}
    assert "mast" in registry.ready


def test_what_is_installed_or_removed_while_a_process_runs_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    before = {entry.name for entry in discovery.installed()}
    assert {entry.name for entry in discovery.installed()} == before
    for name in ("late", "later"):
        (tmp_path / f"{name}-1.dist-info").mkdir()
        (tmp_path / f"{name}-1.dist-info" / "entry_points.txt").write_text(f"[tess_source]\n{name} = toys:Bare\n")
        os.utime(tmp_path, ns=(0, len(name)))  # a clock may be coarse
        assert name in {entry.name for entry in discovery.installed()}
    shutil.rmtree(tmp_path / "late-1.dist-info")
    os.utime(tmp_path, ns=(0, 0))
    assert {entry.name for entry in discovery.installed()} == {*before, "later"}


def test_a_distribution_without_metadata_still_offers_its_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare-1.dist-info").mkdir()
    (tmp_path / "bare-1.dist-info" / "entry_points.txt").write_text("[tess_source]\nbare = toys:Bare\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(toys, "Bare", toys.Filters(), raising=False)
    assert Registry.discover(without=["filters"]).plugins["bare"].state == "ready"


class OwnExit(BaseException):
    """What is no `Exception`, and not of Python itself."""


ENDINGS = [
    (SystemExit(), "called sys.exit"),
    (GeneratorExit("x"), "raised GeneratorExit: x"),
    (OwnExit(), "raised OwnExit"),
    (BaseExceptionGroup("several", [SystemExit()]), r"raised BaseExceptionGroup: several \(1 sub-exception\)"),
]
"""What would end the program, and what is said of it."""


@pytest.mark.parametrize(("error", "said"), ENDINGS)
def test_a_hook_cannot_end_the_program(session: Session, error: BaseException, said: str) -> None:
    class Quitter:
        @hookimpl
        def tess_resolve(self, target: str) -> None:
            raise error

    session.register(Quitter())
    with pytest.raises(PluginError, match=f"plugin 'Quitter' {said} in tess_resolve"):
        session.search("some star")


@pytest.mark.parametrize(("error", "said"), ENDINGS)
def test_what_a_plugin_declares_cannot_end_the_program(tmp_path: Path, error: BaseException, said: str) -> None:
    def ends(*_: Any) -> Any:
        raise error

    session = Session(discover=False, cache=tmp_path / "cache", jobs=1)
    session.register(declare(tess_filters=(Filter("odd", ends, "odd"),), tess_transports=(Transport("odd", ends),)))
    products = Products.of([{"uri": f"odd:{name}.fits", "obs_id": "o", "size": 2880} for name in "ab"])
    with pytest.raises(PluginError, match=f"{said} in its filter 'odd'"):
        session.registry.blame("filter", "odd", session.registry.filters["odd"].keep, products, 1)
    manifest = Plan.of(products, tmp_path, "flat", session=session).download()
    assert [entry.status for entry in manifest] == ["failed"] * 2
    assert all(re.search(f"the plugin of odd: addresses {said}", entry.error) for entry in manifest)


def test_two_distributions_that_claim_one_name_are_refused_and_both_are_named(installed: Any) -> None:
    installed["one"] = [("dv", "one.dv", toys.Filters())]
    installed["two"] = [("dv", "two.dv", toys.Filters())]
    with pytest.raises(PluginConflictError, match=r"'dv': one \(one.dv\) and two \(two.dv\)"):
        Registry.discover()
    assert Registry.discover(without=["dv"]).plugins["dv"].state == "off"


def test_the_same_entry_point_seen_twice_counts_once(installed: Any) -> None:
    installed["one"] = [("a", "m", toys.Filters()), ("a", "m", toys.Filters())]
    assert list(Registry.discover().plugins) == ["a"]


@pytest.mark.parametrize(
    ("noun", "what", "record"),
    [
        ("tess_filters", "filter 'kind'", some_filter()),
        ("tess_columns", "column 'age'", Column("age", lambda products, links: products["size"], "years")),
        ("tess_transports", "scheme 's3'", Transport("s3", lambda uri, settings: Request(uri))),
    ],
)
def test_two_plugins_that_claim_one_name_are_refused_and_both_are_named(
    session: Session, noun: str, what: str, record: Any
) -> None:
    session.registry.register(declare(**{noun: (record,)}), "first")
    with pytest.raises(PluginConflictError, match=f"'first' and 'second' both declare the {what}"):
        session.registry.register(declare(**{noun: (record,)}), "second")
    assert "second" not in session.registry.plugins
    assert session.registry.manager.get_plugin("second") is None


def test_plugins_can_be_left_out_by_argument_and_by_environment(
    installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed["one"] = [("a", "a", toys.Filters()), ("b", "b", toys.Archive())]
    monkeypatch.setenv("TESS_SOURCE_WITHOUT", "b")
    assert {p.name: p.state for p in Session(without=["a"]).registry.plugins.values()} == {"a": "off", "b": "off"}


def test_leaving_out_a_plugin_that_is_not_there_is_an_error_with_the_nearest_name(installed: Any) -> None:
    installed["one"] = [("filters", "a", toys.Filters())]
    with pytest.raises(UnknownNameError, match="unknown plugin 'filter'; did you mean 'filters'"):
        Registry.discover(without=["filter"])


def test_a_function_without_hookimpl_is_refused_since_it_would_never_be_called(session: Session) -> None:
    module = types.ModuleType("forgetful")
    module.tess_filters = lambda: ()  # type: ignore[attr-defined]
    with pytest.raises(PluginError, match=r"tess_filters lacks @tess_source\.hookimpl"):
        session.register(module)


def test_an_object_without_hooks_is_refused(session: Session) -> None:
    with pytest.raises(PluginError, match="no hook implementations"):
        session.register(object())


def test_wrong_argument_names_are_refused(session: Session) -> None:
    class Wrong:
        @hookimpl
        def tess_list(self, rows: Any) -> None:
            """Take an argument that does not exist."""

    with pytest.raises(PluginError, match="rows"):
        session.register(Wrong())


def test_a_plugin_can_be_taken_out_again_with_all_it_declared(session: Session) -> None:
    name = session.register(toys.Filters())
    session.registry.unregister(name)
    assert not session.registry.filters
    session.register(toys.Filters())
    assert "kind" in session.registry.filters


def test_a_plugin_is_taken_out_by_its_name_and_not_by_itself(session: Session) -> None:
    plugin = toys.Filters()
    name = session.register(plugin)
    with pytest.raises(QueryError, match=f"is no name of a plugin: give the name that `register` returned, '{name}'"):
        session.unregister(plugin)  # type: ignore[arg-type]


def test_an_error_in_a_hook_names_its_plugin(session: Session) -> None:
    class Bad:
        @hookimpl
        def tess_list(self, observations: Any) -> None:
            raise ZeroDivisionError("oops")

    session.register(toys.Archive())
    session.registry.register(Bad(), "bad-lister")
    with pytest.raises(ZeroDivisionError) as caught:
        session.search(16740101)
    assert "raised by plugin 'bad-lister' in tess_list" in caught.value.__notes__


def test_an_error_in_a_filter_names_its_plugin(session: Session) -> None:
    session.register(toys.Archive())
    session.registry.register(
        declare(tess_filters=(Filter("bad", lambda products, value: products["nope"], "bad"),)), "mine"
    )
    with pytest.raises(UnknownNameError) as caught:
        session.search(16740101, bad=1)
    assert "raised by plugin 'mine' in its filter 'bad'" in caught.value.__notes__


def test_a_file_serves_as_a_plugin(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport tess_source\n"
        "@dataclass\nclass Thing:\n    x: int = 1\n"
        "@tess_source.hookimpl\ndef tess_filters():\n"
        "    return (tess_source.Filter('mine', lambda products, value: products['size'] > value, 'my own'),)\n"
    )
    session = Session(discover=False, plugins=[from_file(file)])
    assert session.registry.owner("filter", "mine") == "mine"


@pytest.mark.parametrize(
    ("content", "problem"),
    [("1/0\n", "ZeroDivisionError"), ("x = (\n", "SyntaxError"), (None, "cannot|not a Python file")],
)
def test_a_file_that_cannot_be_imported_is_named(tmp_path: Path, content: str | None, problem: str) -> None:
    file = tmp_path / "broken.py"
    if content is not None:
        file.write_text(content)
    with pytest.raises(PluginError, match=f"broken.py.*({problem})"):
        from_file(file)


def test_the_builtin_plugins_enter_by_the_door_of_strangers() -> None:
    registry = Registry.discover()
    ours = {
        entry.name
        for entry in importlib.metadata.entry_points(group="tess_source")
        if entry.dist and entry.dist.name == "tess-source"
    }
    if not ours:
        pytest.skip("tess-source is not installed in this environment")
    assert {"arrays", "dv", "filters", "lightkurve", "mast", "pictures", "sample"} <= ours
    assert {registry.plugins[name].state for name in ours} == {"ready"}
