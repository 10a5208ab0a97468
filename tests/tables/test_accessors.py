"""Plugins add methods to what a search found; names are checked, and owned."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any

import pytest
import toys

from tess_source import Accessor, Found, Session, hookimpl
from tess_source.errors import PluginConflictError, PluginError


def counted(found: Found, kind: str, *, least: int = 0) -> int:
    """Count the products of a kind."""
    return max(least, int((found.products["kind"] == kind).sum()))


class Counting:
    def __init__(self, name: str = "counted") -> None:
        self.name = name

    @hookimpl
    def tess_accessors(self) -> Sequence[Accessor]:
        return (Accessor(self.name, counted, "number of products of a kind"),)


@pytest.fixture
def found(session: Session) -> Found:
    for plugin in (toys.Archive(), Counting()):
        session.register(plugin)
    return session.search(16740101)


def test_an_accessor_is_called_as_a_method_of_what_was_found(found: Found) -> None:
    assert (found.counted("lc"), found.counted(kind="lc", least=5)) == (1, 5)
    assert found.counted.__doc__ == "Count the products of a kind."
    assert found.counted.__name__ == "counted"


def test_it_is_among_the_names_that_a_notebook_completes(found: Found) -> None:
    assert {"counted", "select", "products"} <= set(dir(found))


def test_a_slip_of_the_pen_is_an_error_with_the_nearest_name(found: Found) -> None:
    with pytest.raises(AttributeError, match="no attribute 'count', and no plugin adds one; did you mean 'counted'"):
        found.count()
    assert not hasattr(found, "zzz")
    assert not hasattr(found, "_private")


def test_what_was_found_can_be_copied_and_pickled_as_before(found: Found) -> None:
    alone = found.replace(session=None)
    assert copy.copy(alone).products == pickle.loads(pickle.dumps(alone)).products == found.products  # noqa: S301  our own


@pytest.mark.parametrize("name", ["select", "products", "to_table", "query"])
def test_what_found_has_itself_cannot_be_claimed(session: Session, name: str) -> None:
    with pytest.raises(PluginConflictError, match=f"accessor '{name}', which Found has itself"):
        session.register(Counting(name))
    assert not session.registry.accessors


@pytest.mark.parametrize("name", ["two words", "_hidden", "1st"])
def test_a_name_that_is_none_is_refused(session: Session, name: str) -> None:
    with pytest.raises(PluginError, match="cannot be the name of an accessor"):
        session.register(Counting(name))


def test_two_plugins_cannot_claim_one_name(session: Session) -> None:
    session.register(Counting(), "one")
    with pytest.raises(PluginConflictError, match="'one' and 'two' both declare the accessor 'counted'"):
        session.register(Counting(), "two")


def test_it_goes_with_its_plugin(found: Found) -> None:
    session: Any = found.session
    session.registry.unregister("Counting")
    assert not hasattr(found, "counted")
