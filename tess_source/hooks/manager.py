"""The plugin manager: pluggy's, which looks only at what can be a hook."""

from __future__ import annotations

from types import FunctionType, MethodType, ModuleType
from typing import Any

import pluggy

from tess_source.hooks import specs
from tess_source.hooks.discovery import GROUP

__all__ = ["HookManager"]

PREFIX = "tess_"
"""How the name of every hook begins."""
FUNCTIONS = (FunctionType, MethodType, staticmethod, classmethod)
"""What can be a hook in a module."""


class HookManager(pluggy.PluginManager):
    """Knows the hooks of `tess_source.hooks.specs`.

    pluggy inspects every attribute of every role and plugin, those of `object` too, each time a session is made. That was half of its time.
    """

    def __init__(self) -> None:
        super().__init__(GROUP)
        for role in specs.ROLES:
            self.add_hookspecs(role)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> Any:
        """Return the options of a hook of a role, or None for anything else."""
        return super().parse_hookspec_opts(module_or_class, name) if name.startswith(PREFIX) else None

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Return the options of a plugin's implementation of a hook, or None for anything else."""
        if isinstance(plugin, ModuleType) and not isinstance(vars(plugin).get(name), FUNCTIONS):
            return None
        return super().parse_hookimpl_opts(plugin, name)
