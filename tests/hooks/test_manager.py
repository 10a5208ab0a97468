"""The plugin manager finds every hook, however it is written, and looks at nothing else."""

from types import ModuleType
from typing import Any

import pluggy
import pytest

from tess_source import hookimpl
from tess_source.hooks import specs
from tess_source.hooks.manager import HookManager


class Written:
    """The ways in which a hook may be written in a class."""

    @hookimpl
    def tess_kinds(self) -> tuple[()]:
        return ()

    @hookimpl(specname="tess_columns")
    def of_another_name(self) -> tuple[()]:
        return ()

    @staticmethod
    @hookimpl
    def tess_filters() -> tuple[()]:
        return ()


def as_module() -> ModuleType:
    """Return the same hooks in a module: two as functions, one as the bound method of an object."""
    written, module = Written(), ModuleType("written")
    vars(module).update(
        tess_filters=Written.tess_filters, another=written.of_another_name, tess_kinds=written.tess_kinds
    )
    return module


@pytest.mark.parametrize("plugin", [Written(), as_module()], ids=["object", "module"])
def test_every_hook_of_a_plugin_is_found_whatever_its_function_is_called(plugin: Any) -> None:
    manager = HookManager()
    manager.register(plugin, "written")
    manager.check_pending()
    assert {caller.name for caller in manager.get_hookcallers(plugin) or ()} == {
        "tess_kinds", "tess_columns", "tess_filters",
    }  # fmt: skip


def test_the_hooks_are_those_that_pluggy_finds_in_the_roles() -> None:
    plain = pluggy.PluginManager("tess_source")
    for role in specs.ROLES:
        plain.add_hookspecs(role)
    assert sorted(vars(HookManager().hook)) == sorted(vars(plain.hook))


class Lazy:
    """A stand-in for a module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked for")


def test_what_stands_in_a_module_beside_functions_is_not_touched() -> None:
    module = as_module()
    vars(module)["lazy"] = Lazy()
    HookManager().register(module, "written")
