"""Answers, plans, manifests, tables and sessions are pickled and copied, and work afterwards."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import forked
import pytest
import toys

import tess_source_filters
from tess_source import SearchTable, Session, hookimpl
from tess_source.errors import LoadError, PluginError
from tess_source.hooks.discovery import FILE_PREFIX, from_file
from tess_source.hooks.records import Accessor
from tess_source.tables.found import Found
from tess_source.tables.items import Entry
from tess_source.tables.plan import Manifest, Plan

SECRET = "do-not-tell"


def count_of(found: Found) -> int:
    return len(found)


class Counts:
    """Adds a method to what was found."""

    @hookimpl
    def tess_accessors(self) -> tuple[Accessor, ...]:
        return (Accessor("count_of", count_of, "how many"),)


FILE = """
from tess_source import Filter, hookimpl
from tess_source._lazy import pl

@hookimpl
def tess_filters():
    return (Filter("smaller", lambda products, value: pl.col("size") < value, "smaller than", check=int),)
"""


def unpickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))  # noqa: S301  our own bytes


WAYS: dict[str, Callable[[Any], Any]] = {
    **{f"pickle {protocol}": unpickled(protocol) for protocol in range(2, 6)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.fixture(params=WAYS)
def again(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    return WAYS[request.param]


@pytest.fixture
def rich(tmp_path: Path) -> Session:
    """A session with a token, and with plugins of every sort: a module, a file, and objects."""
    file = tmp_path / "smaller.py"
    file.write_text(FILE)
    plugins = [toys.Archive(), tess_source_filters, toys.Reader(), from_file(file), Counts()]
    return Session("http://127.0.0.1:9", token=SECRET, jobs=3, max_age="2h", discover=False, plugins=plugins)


@pytest.fixture
def found(rich: Session) -> Found:
    return rich.search(16740101, kind=["lc", "tp", "fast-lc"])


@pytest.fixture
def manifest(found: Found, tmp_path: Path) -> Manifest:
    plan = found.plan(tmp_path)
    ends = ("here", "failed", "here")
    return Manifest(plan, tuple(Entry(item, end) for item, end in zip(plan, ends, strict=True)), 1.5)


def test_a_session_keeps_its_settings_and_plugins_but_no_token(rich: Session, again: Callable[[Any], Any]) -> None:
    other = again(rich)
    assert other == rich
    assert (other.settings.jobs, other.settings.max_age, other.settings.token) == (3, 7200.0, None)
    assert list(other.registry.ready) == list(rich.registry.ready)
    assert other.search(16740101, smaller=3000).products == rich.search(16740101, smaller=3000).products


def test_what_was_found_is_equal_and_can_be_worked_with(found: Found, again: Callable[[Any], Any]) -> None:
    other = again(found)
    assert (other.products, other.observations, other.links) == (found.products, found.observations, found.links)
    assert (other.query, other.drops, other.record) == (found.query, found.drops, found.record)
    assert other.session == found.session
    assert other.count_of() == len(found) == 3
    assert len(other.select(kind="lc").plan("there")) == 1
    assert repr(other) == repr(found)


def test_a_plan_is_equal_and_can_be_worked_with(found: Found, tmp_path: Path, again: Callable[[Any], Any]) -> None:
    plan = found.plan(tmp_path)
    other = again(plan)
    assert (other, list(other), other.to_text()) == (plan, list(plan), plan.to_text())
    assert other.expected().equals(plan.expected())


def test_a_manifest_is_equal_whatever_was_asked_of_it_before(manifest: Manifest, again: Callable[[Any], Any]) -> None:
    before = len(pickle.dumps(manifest))
    assert (len(manifest.ok), len(manifest.failed)) == (2, 1)
    assert len(pickle.dumps(manifest)) == before
    other = again(manifest)
    assert (other, other.seconds, other.plan.session) == (manifest, 1.5, manifest.plan.session)
    assert (len(other.ok), len(other.failed), other.errors) == (2, 1, manifest.errors)


def test_a_table_of_the_front_door_keeps_its_rows(found: Found, again: Callable[[Any], Any]) -> None:
    table = SearchTable(found)[[2, 0]]
    table.display_extra_columns = ["dataURI"]
    other = again(table)
    assert list(other.table["dataURI"]) == list(table.table["dataURI"])
    assert other.found.products == table.found.products
    assert other.display_extra_columns == ["dataURI"]
    assert repr(other) == repr(table)


def test_a_token_is_in_no_pickle(rich: Session, found: Found, manifest: Manifest) -> None:
    for value in (rich, found, found.plan("x"), manifest, SearchTable(found)):
        for protocol in range(2, 6):
            assert SECRET.encode() not in pickle.dumps(value, protocol)


def test_a_copy_with_plugins_of_its_own_leaves_the_first_alone(rich: Session) -> None:
    other = copy.deepcopy(rich)
    other.unregister("Counts")
    assert "Counts" in rich.registry.ready
    assert other != rich


def local_plugin() -> object:
    class Local:
        @hookimpl
        def tess_load(self, entry: Entry) -> object | None:
            return None

    return Local()


@pytest.mark.parametrize("pickled", [lambda session: session, lambda session: session.search(16740101)])
def test_a_plugin_that_cannot_be_pickled_is_named(
    session: Session, pickled: Callable[[Session], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cloudpickle", raising=False)
    session.register(toys.Archive())
    session.register(local_plugin(), "mine")
    with pytest.raises(PluginError, match=r"plugin 'mine' cannot be pickled: .*; define its class in a module"):
        pickle.dumps(pickled(session))


def test_where_dask_pickles_by_value_a_plugin_of_a_notebook_travels(session: Session) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    session.register(local_plugin(), "mine")
    assert list(pickle.loads(cloudpickle.dumps(session)).registry.ready) == ["mine"]  # noqa: S301  our own bytes


def test_a_plugin_that_cannot_be_pickled_can_be_copied(session: Session) -> None:
    session.register(local_plugin(), "mine")
    for other in (copy.copy(session), copy.deepcopy(session)):
        assert other == session
        assert other.registry.manager.get_plugin("mine") is session.registry.manager.get_plugin("mine")


def test_a_plugin_that_cannot_be_pickled_is_named_where_files_are_opened_elsewhere(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cloudpickle", raising=False)
    session = Session(discover=False)
    session.register(local_plugin(), "mine")
    with pytest.raises(LoadError, match=r"work without workers: .*'mine'"):
        list(manifest.using(session).iter_load(workers=1))


def test_an_unpickled_plugin_of_a_file_is_the_module_that_there_is(rich: Session) -> None:
    other = pickle.loads(pickle.dumps(rich))  # noqa: S301  our own bytes
    assert other.registry.manager.get_plugin("smaller") is sys.modules[f"{FILE_PREFIX}smaller"]


def test_values_work_in_spawned_processes() -> None:
    found = forked.search()
    plan: Plan = found.plan("there")
    with get_context("spawn").Pool(1) as pool:
        assert [pool.apply(len, (value,)) for value in (found, plan, found.products)] == [5, 5, 5]
        assert pool.map(forked.lcs, [found]) == [1]
        (back,) = pool.map(copy.copy, [found])
    assert back.products == found.products
    assert back.session == found.session
