"""The registry of a session's plugins, which keeps what they declare and calls their hooks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import pluggy

from tess_source import config
from tess_source.display.records import RecordsByName
from tess_source.display.visible import logger
from tess_source.errors import (
    NetworkError,
    PluginConflictError,
    PluginError,
    QueryError,
    ResolverError,
    TessSourceError,
    UnknownNameError,
    ending,
    type_and_text,
)
from tess_source.hooks.discovery import (
    Reference,
    distribution_of,
    files_of_config,
    found_entry_points,
    name_of,
    origin_of,
    plugin_of,
    reference_of,
)
from tess_source.hooks.fitness import check_accessor, check_plugin_object, check_record, culprit_of, key_of, sequence_of
from tess_source.hooks.manager import HookManager
from tess_source.hooks.plugin import BUILT_IN, KEYWORDS, Plugin, reason_of
from tess_source.hooks.records import Request, Service, Transport
from tess_source.wording import Wording

if TYPE_CHECKING:
    import click

    from tess_source.hooks.records import Accessor, Citation, Column, Copy, Filter, Kind, Lookup, Source, StandIn

__all__ = ["Plugin", "Registry"]


log: logging.Logger = logger(__name__)

TABLES = {
    "tess_filters": ("filter", "filters"), "tess_kinds": ("kind", "kinds"), "tess_columns": ("column", "columns"),
    "tess_transports": ("scheme", "transports"), "tess_accessors": ("accessor", "accessors"),
    "tess_citations": ("citation", "citations"), "tess_commands": ("command", "commands"), "tess_stand_ins": ("stand-in", "stand_ins"),
    "tess_lookups": ("lookup", "lookups"), "tess_sources": ("source", "sources"), "tess_copies": ("copy", "copies"),
    "tess_services": ("service", "services"),
}  # fmt: skip
"""Noun → what its records are called, and the attribute of the registry that keeps them."""


@dataclass(eq=False, repr=False)
class Registry:
    """All plugins of a session, and the records that they declare.

    Every name (of a plugin, filter, kind, column, scheme, accessor, citation, command) has one owner. A plugin that cannot be used is kept
    as broken, with its error, and the rest work. A registry can be pickled if its plugins can; two are equal if their plugins are.
    """

    manager: HookManager = field(default_factory=HookManager)
    plugins: dict[str, Plugin] = field(default_factory=lambda: RecordsByName(noun="plugin"))
    filters: dict[str, Filter] = field(default_factory=lambda: RecordsByName(noun="filter"))
    words: dict[str, str] = field(default_factory=dict)
    """Other word for a filter → its name: see `Filter.also`."""
    kinds: dict[str, Kind] = field(default_factory=lambda: RecordsByName(noun="kind"))
    """Kinds of products that plugins declare, besides those that `tess_source.names` knows."""
    columns: dict[str, Column] = field(default_factory=lambda: RecordsByName(noun="column"))
    transports: dict[str, Transport] = field(default_factory=lambda: RecordsByName(noun="transport"))
    accessors: dict[str, Accessor] = field(default_factory=lambda: RecordsByName(noun="method"))
    citations: dict[str, Citation] = field(default_factory=lambda: RecordsByName(noun="citation"))
    """`Citation.key` → citation of a data set."""
    commands: dict[str, click.Command] = field(default_factory=lambda: RecordsByName(noun="command"))
    stand_ins: dict[str, StandIn] = field(default_factory=lambda: RecordsByName(noun="stand-in"))
    """Plugin → the archive that it stands in for."""
    lookups: dict[str, Lookup] = field(default_factory=lambda: RecordsByName(noun="look-up"))
    sources: dict[str, Source] = field(default_factory=lambda: RecordsByName(noun="source"))
    copies: dict[str, Copy] = field(default_factory=lambda: RecordsByName(noun="mirror"))
    services: dict[str, Service] = field(default_factory=lambda: RecordsByName(noun="service"))
    owners: dict[tuple[str, str], str] = field(default_factory=lambda: RecordsByName(noun="record"))
    """(what, name) → plugin, e.g. ``("filter", "sector") → "filters"``."""

    def __post_init__(self) -> None:
        self.transports["file"] = Transport("file", lambda uri, settings: Request(uri), "files of this machine")
        self.owners["scheme", "file"] = BUILT_IN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registry) and self.ready == other.ready

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.plugins)

    def _repr_html_(self) -> str:
        return RecordsByName(self.plugins, "plugin")._repr_html_()

    def __reduce__(self) -> tuple[Callable[..., Registry], tuple[object]]:
        return _unpickled, ([(reference_of(plugin, known.name), known) for plugin, known in self._objects()],)

    def __deepcopy__(self, memo: object) -> Registry:
        """Return another registry of the same plugins."""
        return _unpickled([(("object", plugin), known) for plugin, known in self._objects()])

    def _objects(self) -> list[tuple[object, Plugin]]:
        return [(self.manager.get_plugin(name), known) for name, known in self.ready.items()]

    @property
    def ready(self) -> dict[str, Plugin]:
        """The plugins that can be used."""
        ready = {name: plugin for name, plugin in self.plugins.items() if plugin.state == "ready"}
        return RecordsByName(ready, "plugin")

    # -- finding and registering --

    @classmethod
    def discover(cls, without: Iterable[str] = ()) -> Registry:
        """Load every installed plugin, in order of name, and then those that the config file names.

        Parameters
        ----------
        without : iterable of str
            Plugins to leave out, besides those of ``TESS_SOURCE_WITHOUT`` (separated by commas), or else of the config file.

        Raises
        ------
        PluginConflictError
            If two distributions claim one name, or two plugins one filter, kind, column, scheme, accessor, citation or command.
        """
        registry = cls()
        named = config.choice("without")
        off = {*without, *named.value}
        found = found_entry_points(off, lambda name, error: registry._keep_as_broken(name, "", name, error))
        files = files_of_config()
        registry._check_known(without, {*found, *files})
        registry._check_known(named.value, {*found, *files}, f"plugin in {named.origin}")
        for name, entry in found.items():
            version, origin = distribution_of(entry)
            if name in off:
                registry.plugins[name] = Plugin(name, version, origin, state="off")
            else:
                registry.load(entry.load, name, version, origin)
        for name, path in files.items():
            if name in off:
                registry.plugins[name] = Plugin(name, "", path, state="off")
            else:
                registry.load(partial(plugin_of, ("file", path)), name, "", path)
        return registry

    @staticmethod
    def _check_known(off: Iterable[str], found: Collection[str], what: str = "plugin") -> None:
        """Raise an error for a plugin to leave out that does not exist: it is most likely misspelt."""
        for name in off:
            if name not in found:
                raise UnknownNameError(what, name, found)

    def load(self, imported: Callable[[], object], name: str, version: str, origin: str) -> None:
        """Import a plugin and register it. A failure is recorded, not raised; a conflict is raised."""
        try:
            self.register(imported(), name, version=version, origin=origin)
        except (PluginConflictError, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  whatever a stranger does, e.g. sys.exit, must not stop the others
            self._keep_as_broken(name, version, origin, error)

    def _keep_as_broken(self, name: str, version: str, origin: str, error: BaseException) -> None:
        reason = reason_of(error)
        log.warning("plugin %r (%s) is not used: %s", name, origin, reason)
        self.plugins[name] = Plugin(name, version, origin, state="broken", error=reason)

    def register(
        self, plugin: object, name: str | None = None, *, version: str = "", origin: str = "", replace: bool = False
    ) -> str:
        """Add a plugin: a module, or any object with hook implementations.

        Parameters
        ----------
        plugin : object
        name : str, optional
            Its name; the module's or class's if not given.
        version, origin : str
            For ``tess-source plugins``.
        replace : bool
            Whether to remove a plugin of the same name first, so that you can run a notebook cell twice.

        Returns
        -------
        str
            Its name.

        Raises
        ------
        PluginError
            If it is a class, has no hook, an unknown hook or wrong arguments, or if its declarations fail. It is not registered then, and
            a plugin that it was to replace stays.
        PluginConflictError
            If it claims a name that is taken.
        """
        name = name or name_of(plugin)
        check_plugin_object(plugin, name)
        before = self.plugins.get(name)
        if before is not None and before.state == "ready" and not replace:
            both = f"{before.origin} and {origin or origin_of(plugin)}"
            advice = Wording("leave one out, or register with replace=True", "leave one out")
            raise PluginConflictError(f"two plugins are called {name!r}: {both}; ", advice)
        replaced = self.manager.get_plugin(name)
        if replaced is not None:
            self.unregister(name)
        try:
            hooks = self._admit(plugin, name)
        except BaseException:
            if replaced is not None and before is not None:
                self.register(replaced, name, version=before.version, origin=before.origin)
            raise
        self.plugins[name] = Plugin(name, version, origin or origin_of(plugin), hooks=hooks)
        return name

    def _admit(self, plugin: object, name: str) -> tuple[str, ...]:
        """Register a plugin with pluggy, keep what it declares, and return the names of its hooks. If that fails, undo everything."""
        try:
            self.manager.register(plugin, name)
            self.manager.check_pending()
            hooks = tuple(sorted(caller.name for caller in self.manager.get_hookcallers(plugin) or ()))
            if not hooks:
                raise PluginError(f"plugin {name!r} has no hook implementations; mark them with @tess_source.hookimpl")
            self._declare(plugin, name, hooks)
        except pluggy.PluginValidationError as error:
            self._remove(plugin, name)
            raise PluginError(f"plugin {name!r} does not fit this version of tess-source: {error}") from error
        except BaseException as error:  # ValueError is pluggy's: the same object under two names
            self._remove(plugin, name)
            if isinstance(error, TessSourceError) or not isinstance(error, ValueError):
                raise
            raise PluginError(f"plugin {name!r}: {error}") from error
        return hooks

    def unregister(self, name: str) -> None:
        """Remove a plugin, with all that it declared.

        Raises
        ------
        QueryError
            If the name is no text.
        UnknownNameError
            If there is no plugin of that name.
        """
        if not isinstance(name, str):
            known = self.manager.get_name(name)
            right = f"the name that `register` returned{f', {known!r}' if known else ''}"
            raise QueryError(f"{name!r} is no name of a plugin: give {right}")
        plugin = self.manager.get_plugin(name)
        if plugin is None:
            raise UnknownNameError("plugin", name, self.plugins)
        self._remove(plugin, name)
        del self.plugins[name]

    def _remove(self, plugin: object, name: str) -> None:
        if self.manager.get_plugin(name) is plugin:
            self.manager.unregister(name=name)
        tables = {"word": "words", **dict(TABLES.values())}
        for what, key in [pair for pair, owner in self.owners.items() if owner == name]:
            del getattr(self, tables[what])[key], self.owners[what, key]

    def _declare(self, plugin: object, name: str, hooks: Collection[str]) -> None:
        """Call the nouns of one plugin, and keep the records with the plugin as their owner."""
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        for noun in TABLES:
            if noun not in hooks:
                continue
            answers = self._declared(noun, self.manager.subset_hook_caller(noun, others), name)
            for record in (record for answer in answers for record in sequence_of(answer, noun, name)):
                self.keep(record, noun, name)

    def keep(self, record: Any, noun: str, name: str) -> None:
        """Keep one record that a plugin declares, with the plugin as its owner. Raise an error if it is wrong, or its name taken."""
        what, table = TABLES[noun]
        check_record(record, noun, name)
        key = name if what == "stand-in" else key_of(record)
        self._check_free(what, key, name)
        if what == "accessor":
            check_accessor(record, name)
        getattr(self, table)[key] = record
        self.owners[what, key] = name
        for word in getattr(record, "also", ()):
            self._check_free("word", word, name)
            self.words[word] = key
            self.owners["word", word] = name

    def _check_free(self, what: str, key: str, name: str) -> None:
        """Raise an error if what a plugin declares has a name that is taken: filters and look-ups are both keywords of searches."""
        for other in KEYWORDS if what in KEYWORDS else (what,):
            owner = self.owners.get((other, key))
            if owner is None:
                continue
            both = (
                f"plugins {owner!r} and {name!r} both declare" if owner != name else f"plugin {name!r} declares twice"
            )
            as_well = f", as a {other} and as a {what}" if other != what else ""
            raise PluginConflictError(
                f"{both} the {what} {key!r}{as_well}; leave one out with ", Wording("without=…", "--without")
            )

    def _declared(self, noun: str, caller: pluggy.HookCaller, name: str) -> Sequence[Any]:
        """Call a noun of one plugin."""
        try:
            answers: Sequence[Any] = caller()
        except (TessSourceError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise PluginError(f"plugin {name!r}: {noun} failed: {type_and_text(error)}") from error
        return answers

    def call(self, hook: str, caller: pluggy.HookCaller | None = None, **arguments: Any) -> Any:
        """Call a hook. An exception gets a note that names the plugin it comes from; a plugin cannot end the program."""
        asked: pluggy.HookCaller = caller or getattr(self.manager.hook, hook)
        try:
            return asked(**arguments)
        except KeyboardInterrupt:
            raise
        except Exception as error:
            # no plugin is to blame for a network, or for a name that nobody knows
            culprit = None if isinstance(error, NetworkError | ResolverError) else culprit_of(asked, error)
            if culprit:
                error.add_note(f"raised by plugin {culprit!r} in {hook}")
            raise
        except BaseException as error:
            raise PluginError(f"plugin {culprit_of(asked, error)!r} {ending(error)} in {hook}") from error

    def among(self, hook: str, archives: Collection[str]) -> pluggy.HookCaller:
        """Return the caller of a hook of archives that calls only the archives that are named."""
        others = [self.manager.get_plugin(name) for name in self.archives() if name not in archives]
        return self.manager.subset_hook_caller(hook, others)

    def blame(self, what: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function that a plugin declared. An exception gets a note that names the plugin."""
        try:
            return function(*arguments)
        except KeyboardInterrupt:
            raise
        except Exception as error:
            error.add_note(f"raised by plugin {self.owner(what, name)!r} in its {what} {name!r}")
            raise
        except BaseException as error:
            raise PluginError(f"plugin {self.owner(what, name)!r} {ending(error)} in its {what} {name!r}") from error

    @property
    def schemes(self) -> set[str]:
        """Schemes of the URIs that may have addresses: of transports, and of copies of an archive's files."""
        return {*self.transports, *(copy.scheme for copy in self.copies.values())}

    def implements(self, hook: str) -> bool:
        """Return whether a plugin implements a hook."""
        return bool(getattr(self.manager.hook, hook).get_hookimpls())

    def implementing(self, *hooks: str) -> list[str]:
        """Return the plugins that implement one of these hooks."""
        return [name for name, plugin in self.ready.items() if set(hooks) & set(plugin.hooks)]

    def archives(self) -> list[str]:
        """Return the names of all archives: the plugins that implement ``tess_query``, and do not only wrap it."""
        made = {
            impl.plugin_name
            for impl in self.manager.hook.tess_query.get_hookimpls()
            if not impl.hookwrapper | impl.wrapper
        }
        return [name for name in self.implementing("tess_query") if name in made]

    def owner(self, what: str, name: str) -> str:
        """Return the plugin that declared something, e.g. ``owner("filter", "sector")``."""
        return self.owners[what, name]


def _unpickled(plugins: Sequence[tuple[Reference, Plugin]]) -> Registry:
    """Return a registry with the plugins that were pickled."""
    registry = Registry()
    for reference, known in plugins:
        registry.register(plugin_of(reference), known.name, version=known.version, origin=known.origin)
    return registry
