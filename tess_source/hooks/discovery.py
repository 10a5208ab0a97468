"""Plugins from entry points, from files, and from another process."""

from __future__ import annotations

import importlib.util
import pickle
import sys
import threading
import types
from collections.abc import Callable, Container
from functools import lru_cache
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from pathlib import Path
from typing import Any

from tess_source import config
from tess_source.errors import PluginConflictError, PluginError, type_and_text
from tess_source.paths import user_path
from tess_source.wording import keyword

__all__ = [
    "GROUP",
    "Reference",
    "distribution_of",
    "files_of_config",
    "found_entry_points",
    "from_file",
    "installed",
    "name_of",
    "origin_of",
    "plugin_of",
    "reference_of",
]

GROUP = "tess_source"
"""The entry-point group under which packages offer plugins."""
FILE_PREFIX = "tess_source_file_"
"""Prefix of the name of a module that was made from a single file."""

_importing = threading.RLock()
"""Lock held while a file is imported, as Python's own import waits for a module that another thread is importing."""

Reference = tuple[str, object]
"""How another process gets the same plugin: ``("module", name)``, ``("file", path)`` or ``("object", plugin)``."""


def installed(unread: Callable[[str, Exception], object] = lambda name, error: None) -> list[EntryPoint]:
    """Return the entry points of all distributions. They are looked for again once a folder of ``sys.path`` has changed.

    Parameters
    ----------
    unread : callable
        Called with the name and the error of each distribution that may offer plugins, but cannot be read.
    """
    try:
        return list(_offered(tuple((str(folder), _time_of_change(folder)) for folder in sys.path)))
    except Exception:  # noqa: BLE001  one damaged distribution is enough, and it may raise anything
        return [entry for distribution in distributions() for entry in _offered_by(distribution, unread)]


@lru_cache(maxsize=1)
def _offered(path: tuple[tuple[str, int], ...]) -> tuple[EntryPoint, ...]:
    """Return what is offered as long as no folder of the path changes: whatever is installed or removed adds or takes a folder there.

    It is kept, since the program and each session ask, and each time a file of every distribution would be read.
    """
    return tuple(entry_points(group=GROUP))


def _time_of_change(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


def _offered_by(distribution: Distribution, unread: Callable[[str, Exception], object]) -> list[EntryPoint]:
    try:
        return [entry for entry in distribution.entry_points if entry.group == GROUP]
    except Exception as error:  # noqa: BLE001  as above
        folder = getattr(
            distribution, "_path", None
        )  # on disk or in a zip file; Distribution has no public name for it
        if folder is not None and _names_our_group(folder / "entry_points.txt"):
            unread(folder.name, error)
        return []


def _names_our_group(file: Any) -> bool:
    try:
        return GROUP.encode() in file.read_bytes()
    except OSError:
        return False


def found_entry_points(
    off: Container[str], unread: Callable[[str, Exception], object] = lambda name, error: None
) -> dict[str, EntryPoint]:
    """Return entry points, sorted by name. The same one found twice, as in an editable install, counts once.

    Parameters
    ----------
    off : container of str
        Names of plugins to leave out: of these, two may be claimed.
    unread : callable
        See `installed`.
    """
    found: dict[str, EntryPoint] = {}
    for entry in sorted(installed(unread), key=lambda entry: (entry.name, distribution_of(entry)[1])):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value and entry.name not in off:
            one, two = distribution_of(other)[1], distribution_of(entry)[1]
            raise PluginConflictError(
                f"two distributions claim the plugin name {entry.name!r}: {one} ({other.value}) and {two} ({entry.value}); "
                "uninstall one, or leave both out with ",
                keyword("without", entry.name),
            )
    return found


def distribution_of(entry: EntryPoint) -> tuple[str, str]:
    """Return version and name of the distribution that an entry point belongs to."""
    if entry.dist is None:
        return "", entry.value
    try:
        version, name = _version_and_name(entry.dist)
    except Exception:  # noqa: BLE001  without metadata, each version of Python raises another error, or none
        return "", entry.value
    return version, name or entry.value


@lru_cache(maxsize=64)
def _version_and_name(distribution: Distribution) -> tuple[str, str]:
    """Return what all entry points of a distribution share: its metadata are read and parsed anew whenever they are asked for."""
    return str(distribution.version or ""), str(distribution.name or "")


def files_of_config() -> dict[str, str]:
    """Return the plugin files that ``TESS_SOURCE_PLUGINS`` or the config file names: name → absolute path.

    Relative paths of the config file are taken from its folder.

    Raises
    ------
    PluginConflictError
        If two files have the same name.
    """
    named = config.choice("plugins")
    found: dict[str, str] = {}
    for file in map(named.path, named.value):
        if found.setdefault(file.stem, str(file)) != str(file):
            raise PluginConflictError(f"two plugin files are called {file.stem!r}: {found[file.stem]} and {file}")
    return found


def from_file(path: str | Path) -> types.ModuleType:
    """Import one file as a plugin module, without touching ``sys.path``.

    Parameters
    ----------
    path : str or Path
        A Python file.

    Returns
    -------
    module
        To register with a session.

    Raises
    ------
    PluginError
        If there is no such file, or it fails while it is imported; the message names it.
    """
    with _importing:
        return _imported(user_path(path))


def _imported(file: Path) -> types.ModuleType:
    path = str(file)
    spec = importlib.util.spec_from_file_location(f"{FILE_PREFIX}{file.stem}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise PluginError(f"plugin file {path!r} is not a Python file that can be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look a module up by its name
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # SystemExit too: a plugin cannot end the program
        sys.modules.pop(spec.name, None)
        if isinstance(error, KeyboardInterrupt):
            raise
        raise PluginError(f"plugin file {path!r} failed while it was imported: {type_and_text(error)}") from error
    return module


def reference_of(plugin: object, name: str) -> Reference:
    """Return how another process gets the same plugin: modules by name, files by path, other objects as they are.

    Raises
    ------
    PluginError
        If it is an object that cannot be pickled; the message names the plugin. With cloudpickle at work, as in dask, that is not known
        beforehand.
    """
    if not isinstance(plugin, types.ModuleType):
        try:
            pickle.dumps(plugin)
        except Exception as error:
            if "cloudpickle" not in sys.modules:
                raise PluginError(
                    f"plugin {name!r} cannot be pickled: {error}; define its class in a module, or register a module"
                ) from error
        return "object", plugin
    if plugin.__name__.startswith(FILE_PREFIX):
        return "file", plugin.__file__
    return "module", plugin.__name__


def plugin_of(reference: Reference) -> object:
    """Return the plugin that `reference_of` described."""
    how, what = reference
    if how == "object":
        return what
    return _module_of_file(str(what)) if how == "file" else import_module(str(what))


def _module_of_file(path: str) -> types.ModuleType:
    """Return the module of a file: the one in this process, if there is one, so that its classes are the same."""
    with _importing:
        known = sys.modules.get(f"{FILE_PREFIX}{Path(path).stem}")
        return known if known is not None and known.__file__ == path else from_file(path)


def name_of(plugin: object) -> str:
    """Return the default name of a plugin: that of the module or class, without the common prefix."""
    name = str(getattr(plugin, "__name__", None) or type(plugin).__name__).rsplit(".", 1)[-1]
    return name.removeprefix(FILE_PREFIX).removeprefix("tess_source_")


def origin_of(plugin: object) -> str:
    """Return where a plugin comes from: its file, or the module of its class."""
    return str(getattr(plugin, "__file__", None) or getattr(plugin, "__module__", "") or type(plugin).__module__)
