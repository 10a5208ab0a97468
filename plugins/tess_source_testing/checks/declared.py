"""The hooks of a plugin, and the records that it declares."""

from __future__ import annotations

import inspect
import pickle
import types
from collections.abc import Callable, Mapping
from typing import Any

from tess_source.errors import PluginConflictError, PluginError, TessSourceError
from tess_source.hooks.discovery import distribution_of, found_entry_points, plugin_of, reference_of
from tess_source.hooks.fitness import key_of, sequence_of
from tess_source.hooks.registry import Registry
from tess_source.hooks.signatures import marked_functions
from tess_source.hooks.specs import NOUNS
from tess_source_testing.checks.findings import Findings

__all__ = ["built_ins", "check_accessors", "check_hints", "check_pickle", "check_program", "declared"]

DISTRIBUTION = "tess-source"


def built_ins(plugin: object) -> Registry:
    """Return the registry of all built-in plugins but this one."""
    registry = Registry()
    for name, entry in found_entry_points(()).items():
        version, origin = distribution_of(entry)
        if origin == DISTRIBUTION and entry.value != getattr(plugin, "__name__", ""):
            registry.load(entry.load, name, version, origin)
    return registry


def declared(findings: Findings, plugin: object, name: str, registry: Registry) -> dict[str, list[Any]]:
    """Return what a plugin declares that can be used: noun → records. They are kept in the registry."""
    functions = marked_functions(plugin)
    return {noun: _records(findings, functions[noun], noun, name, registry) for noun in NOUNS if noun in functions}


def _records(findings: Findings, function: Callable[..., Any], noun: str, name: str, registry: Registry) -> list[Any]:
    first, again = findings.call(function), findings.call(function)
    right = "a declaration returns a tuple of records, and asks nobody and opens nothing"
    if not findings.works(noun, first, right) or first.value is None:
        return []
    try:
        records = list(sequence_of(first.value, noun, name))
    except PluginError as error:
        findings.problem(noun, _bare(error, name, noun))
        return []
    if not again.ok or list(map(_facts, again.value or ())) != list(map(_facts, records)):
        findings.problem(noun, "declares something else the second time; a declaration depends on nothing")
    good = []
    for record in records:
        try:
            registry.keep(record, noun, name)
        except (PluginError, PluginConflictError) as error:
            findings.problem(noun, _bare(error, name, noun))
        else:
            good.append(record)
    return good


def _bare(error: TessSourceError, name: str, noun: str) -> str:
    """Return a message without what the report says already."""
    return str(error).removeprefix(f"plugin {name!r}").removeprefix(":").strip().removeprefix(f"{noun} ")


def _facts(record: Any) -> tuple[object, ...]:
    """Return what must be the same of a record each time: functions may be made anew."""
    names = getattr(type(record), "__slots__", ())
    if not names:
        return (type(record), getattr(record, "name", None))
    values = ((name, getattr(record, name)) for name in names)
    return (
        type(record),
        *((name, value) for name, value in values if not callable(value) and not isinstance(value, Mapping)),
    )


def check_accessors(findings: Findings, records: list[Any]) -> None:
    """Check that accessors can be called as methods."""
    for record in records:
        where = f"accessor {record.key!r}"
        parameters = list(inspect.signature(record.function).parameters.values())
        first = parameters[0] if parameters else None
        if first is None or first.kind in {first.KEYWORD_ONLY, first.VAR_KEYWORD}:
            findings.problem(
                where, f"its function must take the {record.of.capitalize()} as its first argument, by position"
            )
        if not inspect.getdoc(record.function):
            findings.note(where, "its function has no docstring, which would be that of the method")


def check_program(findings: Findings, records: Mapping[str, list[Any]], name: str, registry: Registry) -> None:
    """Check that options and commands do not have the names of the program's own."""
    if not {"tess_filters", "tess_lookups", "tess_commands"} & {*records}:
        return
    from tess_source.cli.program import build
    from tess_source.session import Session

    session = Session(discover=False)
    session.registry.filters.update(registry.filters)
    session.registry.lookups.update(registry.lookups)
    session.registry.commands.update({key_of(one): one for one in records.get("tess_commands", ())})
    session.registry.owners.update(registry.owners)
    made = findings.call(build, session)
    if not findings.works("tess_commands", made, "choose another name"):
        return
    shown: Any = made.value.commands["search"]
    for record in (*records.get("tess_filters", ()), *records.get("tess_lookups", ())):
        if record.name not in shown.filters:
            option = f"--{record.name.replace('_', '-')}"
            findings.problem(
                f"filter {record.name!r}", f"the program has an option {option} itself; choose another name"
            )


def check_pickle(findings: Findings, plugin: object, name: str) -> None:
    """Check that other processes get the same plugin."""
    try:
        how, what = reference_of(plugin, name)
        copy = plugin_of((how, pickle.loads(pickle.dumps(what))))  # noqa: S301  it was pickled in this line
    except Exception as error:  # noqa: BLE001  whatever a stranger's object raises while it is pickled
        reason = str(error).removeprefix(f"plugin {name!r} ")
        findings.note("pickle", f"other processes, as of dask, cannot use this plugin: {reason}")
        return
    if sorted(marked_functions(copy)) != sorted(marked_functions(plugin)):
        findings.problem("pickle", "what another process gets has other hooks; define the class in a module")


def check_hints(findings: Findings, plugin: object) -> None:
    """Note hooks without type hints: with them a type checker sees what this check cannot."""
    functions = marked_functions(plugin)
    bare = sorted(
        name for name, function in functions.items() if not getattr(_plain(function), "__annotations__", None)
    )
    if bare:
        roles = "see tess_source.hooks.specs for the types"
        findings.note(", ".join(bare), f"without type hints, so that no type checker sees their mistakes; {roles}")


def _plain(function: Any) -> Any:
    return function.__func__ if isinstance(function, types.MethodType) else function
