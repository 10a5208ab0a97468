"""Checks of plugins when they are registered, and the plugin that an error comes from."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from inspect import unwrap
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from tess_source.errors import PluginConflictError, PluginError
from tess_source.hooks.records import (
    Accessor,
    Citation,
    Column,
    Copy,
    Filter,
    Kind,
    Lookup,
    Service,
    Source,
    StandIn,
    Transport,
)
from tess_source.hooks.signatures import hook_problems
from tess_source.names import KINDS
from tess_source.settings import ARCHIVE, ONLY
from tess_source.tables import found, plan  # noqa: F401  their classes have methods that no accessor may hide
from tess_source.tables.accessors import HOMES

if TYPE_CHECKING:
    import pluggy

__all__ = [
    "RECORDS",
    "SEARCH_WORDS",
    "check_accessor",
    "check_plugin_object",
    "check_record",
    "culprit_of",
    "sequence_of",
]


RECORDS: Mapping[str, Any] = {
    "tess_filters": Filter, "tess_kinds": Kind, "tess_columns": Column, "tess_transports": Transport, "tess_accessors": Accessor,
    "tess_citations": Citation, "tess_stand_ins": StandIn, "tess_lookups": Lookup, "tess_sources": Source,
    "tess_copies": Copy, "tess_services": Service,
}  # fmt: skip
"""Noun → the class of its records. Commands are click's."""
SEARCH_WORDS = ("targets", "radius", "wildcards", "archive", "refresh", "missing", "large", "session")
"""Arguments of searches, which no filter or look-up can be called: nobody could give it a value."""
PLAIN: Mapping[str, type] = {"str": str, "bool": bool, "int": int, "float": float}
"""Annotation → type, of the fields of records that are not functions."""


def check_plugin_object(plugin: object, name: str) -> None:
    """Raise an error if an object cannot be a plugin.

    Raises
    ------
    PluginError
        For a class in place of an instance, and for hooks that would not be called as meant, e.g. a ``tess_*`` function without
        ``@hookimpl``: see `tess_source.hooks.signatures.hook_problems`.
    """
    if isinstance(plugin, type):
        raise PluginError(f"plugin {name!r} is a class: register an instance of it, {plugin.__name__}()")
    if plugin is None or isinstance(plugin, str | bytes | int | float):
        raise PluginError(f"{plugin!r} is not a plugin; give a module, or an instance of a class with hooks")
    if problems := hook_problems(plugin):
        raise PluginError(f"plugin {name!r}: {'; '.join(problems)}")


def check_record(record: Any, noun: str, name: str) -> None:
    """Raise an error if a declared record is of another class than the noun's, or has a field of another type than its annotation.

    Raises
    ------
    PluginError
    """
    if noun == "tess_commands":
        click: Any = sys.modules.get("click")  # if nobody has imported it, no command was made
        if click is None or not isinstance(record, click.Command) or not record.name:
            raise PluginError(f"plugin {name!r}: {noun} gave {record!r}, which is not a click.Command with a name")
        return
    made = RECORDS[noun]
    if not isinstance(record, made):
        raise PluginError(f"plugin {name!r}: {noun} gave {record!r}, which is not a {made.__name__}")
    for part, optional, plain in _checked_fields(made):
        value = getattr(record, part)
        if not (optional and value is None) and not (callable(value) if plain is None else isinstance(value, plain)):
            wanted = "a function" if plain is None else f"a {plain.__name__}"
            raise PluginError(f"plugin {name!r}: {noun} gave a {made.__name__} whose {part} is {value!r}, not {wanted}")
    if isinstance(record, Filter | Lookup) and not _is_keyword(record.name):
        what = "filter" if isinstance(record, Filter) else "look-up"
        raise PluginError(
            f"plugin {name!r}: {record.name!r} cannot be the name of a {what}: it is used as a keyword argument"
        )
    words = (record.name, *getattr(record, "also", ())) if isinstance(record, Filter | Lookup) else ()
    if taken := [word for word in words if word in SEARCH_WORDS]:
        raise PluginError(
            f"plugin {name!r}: {taken[0]!r} cannot be the name of a filter or look-up: searches have an argument of this name"
        )
    if isinstance(record, Kind) and record.name in KINDS:
        raise PluginError(
            f"plugin {name!r}: the kind {record.name!r} is known already ({KINDS[record.name]}); give a kind of your own another name"
        )
    if isinstance(record, Lookup) and not record.columns:
        raise PluginError(f"plugin {name!r}: the look-up {record.name!r} declares no columns")
    if isinstance(record, Filter) and isinstance(record.needs, str):
        raise PluginError(f"plugin {name!r}: the filter {record.name!r} needs a list of columns, not {record.needs!r}")
    if isinstance(record, Filter) and (isinstance(record.also, str) or not all(map(_is_keyword, record.also))):
        raise PluginError(
            f"plugin {name!r}: the filter {record.name!r} has other words {record.also!r}: give a list of keywords"
        )
    if isinstance(record, Copy) and (record.name == ARCHIVE or record.name.endswith(ONLY)):
        raise PluginError(
            f"plugin {name!r}: {record.name!r} cannot be the name of a copy: as a value of prefer it means something else"
        )
    if isinstance(record, Service) and not record.address.startswith(("https://", "http://")):
        raise PluginError(
            f"plugin {name!r}: the service {record.name!r} has no http or https address, but {record.address!r}"
        )
    if not any(getattr(record, part, None) for part in ("key", "scheme", "name", "archive")):
        raise PluginError(f"plugin {name!r}: {noun} gave {record!r}, which has no name")


def _is_keyword(word: str) -> bool:
    """Return whether a word can be the name of an argument."""
    return word.isidentifier() and not iskeyword(word)


@cache
def _checked_fields(made: Any) -> list[tuple[str, bool, type | None]]:
    """Return the fields of a record whose values can be checked: name, whether None is allowed, and the type, None for a function."""
    checked = []
    for part in fields(made):
        said = str(part.type)
        plain = PLAIN.get(said.removesuffix(" | None"))
        if plain is not None or said.startswith("Callable"):
            checked.append((part.name, said.endswith(" | None"), plain))
    return checked


def check_accessor(accessor: Accessor, name: str) -> None:
    """Raise an error for an accessor that cannot be called as a method, or that would hide a method of the class.

    Raises
    ------
    PluginError
    PluginConflictError
    """
    owner = HOMES.get(accessor.of)
    unknown = owner is None and accessor.of != "session"  # its class stands above, and may not be imported yet
    if unknown or not accessor.name.isidentifier() or accessor.name.startswith("_"):
        raise PluginError(f"plugin {name!r}: {accessor.key!r} cannot be the name of an accessor")
    own = {*dir(owner), *getattr(owner, "__annotations__", ())} if owner is not None else set()
    if owner is not None and accessor.name in own:
        message = f"plugin {name!r} declares the accessor {accessor.name!r}, which {owner.__name__} has itself"
        raise PluginConflictError(message)


def key_of(record: Any) -> str:
    """Return the name of a record that no two plugins can both claim."""
    return str(getattr(record, "key", None) or getattr(record, "name", None) or record.scheme)


def sequence_of(answer: Any, noun: str, name: str) -> Sequence[Any]:
    """Return the answer of a noun, which must be a sequence of records.

    Raises
    ------
    PluginError
    """
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        return answer
    raise PluginError(f"plugin {name!r}: {noun} must return a sequence of records, not {type(answer).__name__}")


def culprit_of(caller: pluggy.HookCaller, error: BaseException) -> str | None:
    """Return the plugin whose hook implementation is innermost in a traceback."""
    codes = {getattr(unwrap(impl.function), "__code__", None): impl.plugin_name for impl in caller.get_hookimpls()}
    frames = list(_frames(error.__traceback__))
    return next((codes[code] for code in reversed(frames) if code in codes), None)


def _frames(traceback: types.TracebackType | None) -> Iterator[types.CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next
