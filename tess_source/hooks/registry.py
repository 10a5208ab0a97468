"""Finding, loading, naming and blaming plugins."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from tess_source.errors import PluginConflictError, PluginError, TessSourceError, UnknownNameError
from tess_source.hooks import specs as hookspecs

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Column, Filter, Transport

__all__ = ["GROUP", "Plugin", "Registry", "from_file"]

GROUP = "tess_source"
"""The entry-point group under which packages offer plugins."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin, as ``tess-source plugins`` shows it."""

    name: str
    version: str = ""
    origin: str = ""
    """The distribution, module or file that it came from."""
    state: str = "ready"
    """``ready``, ``broken`` or ``off``."""
    hooks: tuple[str, ...] = ()
    error: str = ""
    """Why it is broken."""


@dataclass
class Registry:
    """All plugins of a session, and what they declare.

    Every name (of a plugin, filter, column, scheme, accessor, command) has one owner. A plugin that cannot be used is kept as broken,
    with its error, and the rest work.
    """

    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(GROUP))
    plugins: dict[str, Plugin] = field(default_factory=dict)
    filters: dict[str, Filter] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    transports: dict[str, Transport] = field(default_factory=dict)
    accessors: dict[str, Accessor] = field(default_factory=dict)
    commands: dict[str, click.Command] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    """(what, name) → plugin, e.g. ``("filter", "sector") → "filters"``."""

    def __post_init__(self) -> None:
        for role in hookspecs.ROLES:
            self.manager.add_hookspecs(role)

    @classmethod
    def discover(cls, without: Iterable[str] = ()) -> Registry:
        """Load every installed plugin, in order of name.

        Parameters
        ----------
        without : iterable of str
            Plugins to leave out, besides those in ``TESS_SOURCE_WITHOUT`` (separated by commas).

        Raises
        ------
        PluginConflictError
            If two distributions claim one name, or two plugins one filter, column, scheme, accessor or command.
        """
        registry = cls()
        off = {*without, *filter(None, os.environ.get("TESS_SOURCE_WITHOUT", "").split(","))}
        found = _entry_points(off)
        registry.check_known(off, found)
        for name, entry in found.items():
            version, origin = _distribution(entry)
            if name in off:
                registry.plugins[name] = Plugin(name, version, origin, state="off")
            else:
                registry.load(entry, version, origin)
        return registry

    @staticmethod
    def check_known(off: Iterable[str], found: Mapping[str, EntryPoint]) -> None:
        """Refuse to leave out a plugin that is not there: it is most likely a slip of the pen."""
        for name in off:
            if name not in found:
                raise UnknownNameError("plugin", name, found)

    def load(self, entry: EntryPoint, version: str, origin: str) -> None:
        """Import an entry point and register it; a failure is recorded, not raised, a conflict is raised."""
        try:
            plugin = entry.load()
        except Exception as error:  # noqa: BLE001  whatever a stranger's import does must not stop the others
            self._broken(entry.name, version, origin, error)
            return
        try:
            self.register(plugin, entry.name, version=version, origin=origin)
        except PluginConflictError:
            raise
        except PluginError as error:
            self._broken(entry.name, version, origin, error)

    def _broken(self, name: str, version: str, origin: str, error: BaseException) -> None:
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, PluginError) else str(error)
        log.warning("plugin %r (%s) is not used: %s", name, origin, reason)
        self.plugins[name] = Plugin(name, version, origin, state="broken", error=reason)

    def register(self, plugin: object, name: str | None = None, *, version: str = "", origin: str = "") -> str:
        """Add a plugin: a module, or any object with hook implementations.

        Parameters
        ----------
        plugin : object
        name : str, optional
            Its name; the module's or class's if not given.
        version, origin : str
            For ``tess-source plugins``.

        Returns
        -------
        str
            Its name.

        Raises
        ------
        PluginError
            If it has no hook, a hook that this version does not know, wrong arguments, or fails to declare. It is not registered then.
        PluginConflictError
            If it claims a name that is taken.
        """
        name = name or _name_of(plugin)
        if name in self.plugins and self.plugins[name].state == "ready":
            taken = self.plugins[name].origin
            message = f"two plugins are called {name!r}: {taken} and {origin or _origin_of(plugin)}; leave one out"
            raise PluginConflictError(message)
        _check_marked(plugin, name)
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
            hooks = tuple(sorted(caller.name for caller in self.manager.get_hookcallers(plugin) or ()))
            if not hooks:
                raise PluginError(f"plugin {name!r} has no hook implementations; mark them with @tess_source.hookimpl")
            self._declare(plugin, name)
        except pluggy.PluginValidationError as error:
            self._forget(plugin, name)
            raise PluginError(f"plugin {name!r} does not fit this version of tess-source: {error}") from error
        except ValueError as error:  # pluggy: the same object under two names
            self._forget(plugin, name)
            raise error if isinstance(error, TessSourceError) else PluginError(f"plugin {name!r}: {error}") from error
        except BaseException:
            self._forget(plugin, name)
            raise
        self.plugins[name] = Plugin(name, version, origin or _origin_of(plugin), hooks=hooks)
        return name

    def unregister(self, name: str) -> None:
        """Take a plugin out again, with all that it declared."""
        plugin = self.manager.get_plugin(name)
        if plugin is None:
            raise UnknownNameError("plugin", name, self.plugins)
        self._forget(plugin, name)
        del self.plugins[name]

    def _forget(self, plugin: object, name: str) -> None:
        if self.manager.get_plugin(name) is plugin:
            self.manager.unregister(name=name)
        tables: dict[str, dict[str, Any]] = self._tables()
        for what, key in [pair for pair, owner in self.owners.items() if owner == name]:
            del tables[what][key]
            del self.owners[what, key]

    def _tables(self) -> dict[str, dict[str, Any]]:
        return {
            "filter": self.filters, "column": self.columns, "scheme": self.transports, "accessor": self.accessors,
            "command": self.commands,
        }  # fmt: skip

    def _declare(self, plugin: object, name: str) -> None:
        """Ask one plugin's nouns, and give what it declares an owner."""
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        for noun, (what, table) in zip(hookspecs.NOUNS, self._tables().items(), strict=True):
            answers = self.call(noun, caller=self.manager.subset_hook_caller(noun, others))
            for record in (record for answer in answers for record in _sequence(answer, noun, name)):
                key = getattr(record, "key", None) or getattr(record, "scheme", None) or getattr(record, "name", None)
                if not isinstance(key, str):
                    raise PluginError(f"plugin {name!r}: {noun} gave {record!r}, which has no name")
                if (owner := self.owners.get((what, key))) is not None:
                    message = (
                        f"plugins {owner!r} and {name!r} both declare the {what} {key!r}; leave one out with --without"
                    )
                    raise PluginConflictError(message)
                if what == "accessor":
                    _check_accessor(record, name)
                table[key] = record
                self.owners[what, key] = name

    def call(self, hook: str, caller: pluggy.HookCaller | None = None, **arguments: Any) -> Any:
        """Call a hook; an exception carries a note that names the plugin it came from."""
        caller = caller or getattr(self.manager.hook, hook)
        try:
            return caller(**arguments)
        except Exception as error:
            if culprit := self._culprit(caller, error):
                error.add_note(f"raised by plugin {culprit!r} in {hook}")
            raise

    def _culprit(self, caller: pluggy.HookCaller, error: BaseException) -> str | None:
        """Find the innermost hook implementation in a traceback."""
        codes = {getattr(unwrap(impl.function), "__code__", None): impl.plugin_name for impl in caller.get_hookimpls()}
        frames = list(_frames(error.__traceback__))
        return next((codes[code] for code in reversed(frames) if code in codes), None)

    def owner(self, what: str, name: str) -> str:
        """Give the plugin that declared something, e.g. ``owner("filter", "sector")``."""
        return self.owners[what, name]


def _frames(traceback: types.TracebackType | None) -> Iterator[types.CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next


def _entry_points(off: Iterable[str]) -> dict[str, EntryPoint]:
    """Find entry points, sorted by name; the same one seen twice (an editable install can do that) counts once."""
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, _distribution(entry)[1])):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value and entry.name not in off:
            one, two = _distribution(other)[1], _distribution(entry)[1]
            raise PluginConflictError(
                f"two distributions claim the plugin name {entry.name!r}: {one} ({other.value}) and {two} ({entry.value}); "
                f"uninstall one, or leave both out with --without {entry.name}"
            )
    return found


def _distribution(entry: EntryPoint) -> tuple[str, str]:
    return (entry.dist.version, entry.dist.name) if entry.dist else ("", entry.value)


def _sequence(answer: Any, noun: str, name: str) -> Sequence[Any]:
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return answer
    raise PluginError(f"plugin {name!r}: {noun} must return a sequence of records, not {type(answer).__name__}")


def _name_of(plugin: object) -> str:
    name = getattr(plugin, "__name__", None) or type(plugin).__name__
    return str(name).rsplit(".", 1)[-1].removeprefix("tess_source_file_")


def _origin_of(plugin: object) -> str:
    return str(getattr(plugin, "__file__", None) or getattr(plugin, "__module__", "") or type(plugin).__module__)


def _check_accessor(accessor: Accessor, name: str) -> None:
    """Refuse a name that could never be called as a method, or that would hide one that the class has itself."""
    from tess_source.tables.accessors import Extended
    from tess_source.tables.found import Found
    from tess_source.tables.manifest import Manifest

    owners: tuple[type[Extended], ...] = (Found, Manifest)
    owner = next((one for one in owners if one.accessors_of == accessor.of), None)
    if owner is None or not accessor.name.isidentifier() or accessor.name.startswith("_"):
        raise PluginError(f"plugin {name!r}: {accessor.key!r} cannot be the name of an accessor")
    if hasattr(owner, accessor.name) or accessor.name in owner.__dataclass_fields__:
        message = f"plugin {name!r} declares the accessor {accessor.name!r}, which {owner.__name__} has itself"
        raise PluginConflictError(message)


def _check_marked(plugin: object, name: str) -> None:
    """Refuse a ``tess_*`` function without ``@hookimpl``: pluggy would pass it over in silence."""
    for attribute in dir(plugin):
        if not attribute.startswith("tess_") or attribute.startswith("tess_source"):
            continue
        function = getattr(plugin, attribute, None)
        if callable(function) and not isinstance(function, type) and not hasattr(function, "tess_source_impl"):
            raise PluginError(f"plugin {name!r}: {attribute} lacks @tess_source.hookimpl, so it would never be called")


def from_file(path: str | Path) -> types.ModuleType:
    """Import one file as a plugin module, without touching ``sys.path``.

    Parameters
    ----------
    path : str or Path
        A Python file.

    Raises
    ------
    PluginError
        If there is no such file, or it fails while it is imported; the message names it.
    """
    file = Path(path)
    spec = importlib.util.spec_from_file_location(f"tess_source_file_{file.stem}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise PluginError(f"plugin file {str(path)!r} is not a Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look a module up by its name
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        raise PluginError(
            f"plugin file {str(path)!r} failed while it was imported: {type(error).__name__}: {error}"
        ) from error
    return module
