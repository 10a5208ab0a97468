"""What can be wrong with the hooks of a plugin before any is called: their names, their marks, their arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import FunctionType
from typing import Any

from tess_source.errors import did_you_mean
from tess_source.hooks.specs import ROLES

__all__ = ["hook_problems", "marked_functions"]

MARK = "tess_source_impl"
"""The attribute with which `tess_source.hookimpl` marks a function."""
PREFIX = "tess_"

ARGUMENTS: dict[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)[1:]
    for role in ROLES
    for name, function in vars(role).items()
    if name.startswith(PREFIX)
}
"""Hook → its arguments."""


def marked_functions(plugin: object) -> dict[str, Callable[..., Any]]:
    """Return the hooks that a plugin implements: name of the hook → function."""
    functions = ((_hook_of(name, function), function) for name, function in _candidates(plugin))
    return {hook: function for hook, function in functions if hasattr(function, MARK) and hook in ARGUMENTS}


def hook_problems(plugin: object) -> list[str]:
    """Return what is wrong with the hooks of a plugin, with what would be right: hooks that would never be called, or not as meant."""
    return [
        problem
        for name, function in _candidates(plugin)
        for problem in _problems(name, getattr(function, "__func__", function), inspect.ismethod(function))
    ] + [
        f"{name} is marked with @hookimpl, but the name of a hook begins with {PREFIX!r}, so it would never be called"
        for name, function in vars(plugin if inspect.ismodule(plugin) else type(plugin)).items()
        if isinstance(function, FunctionType) and hasattr(function, MARK)
        if not name.startswith(PREFIX) and not function.__name__.startswith(PREFIX)  # another name of a hook is none
    ]


def _candidates(plugin: object) -> Iterator[tuple[str, Any]]:
    """Yield what a plugin has that can be a hook, by its name."""
    for name in dir(plugin):
        if name.startswith(PREFIX) and not name.startswith("tess_source_"):
            function = getattr(plugin, name, None)
            if callable(function) and not isinstance(function, type):
                yield name, function


def _hook_of(name: str, function: Any) -> str:
    return str((getattr(function, MARK, None) or {}).get("specname") or name)


@lru_cache(maxsize=512)  # each session registers the same plugins again
def _problems(name: str, function: Any, bound: bool) -> tuple[str, ...]:
    """Return what is wrong with one function whose name begins as that of a hook."""
    hook, marks = _hook_of(name, function), getattr(function, MARK, None)
    hint = did_you_mean(hook, ARGUMENTS) if hook not in ARGUMENTS else ""
    if marks is None:
        absent = f", and there is no hook {hook!r}{hint}" if hint else ""
        return (f"{name} lacks @tess_source.hookimpl, so it would never be called{absent}",)
    if hook not in ARGUMENTS:
        optional = marks.get("optionalhook")
        return () if optional else (f"{hook} does not fit this version of tess-source: there is no such hook{hint}",)
    return tuple(f"{hook} {problem}" for problem in _problems_of_arguments(hook, function, bound, marks))


def _problems_of_arguments(hook: str, function: Any, bound: bool, marks: Any) -> Iterator[str]:
    """Yield what is wrong with a marked function: pluggy gives arguments by position, and only those that have no default."""
    known = ARGUMENTS[hook]
    has = f"the hook has {', '.join(known)}" if known else "the hook has no arguments"
    parameters = list(inspect.signature(function).parameters.values())[1 if bound else 0 :]
    for one in parameters:
        if one.kind in {one.VAR_POSITIONAL, one.VAR_KEYWORD}:
            stars = "*" if one.kind is one.VAR_POSITIONAL else "**"
            yield f"takes {stars}{one.name}, which would always be empty: name the arguments that you need; {has}"
        elif one.kind is one.KEYWORD_ONLY and (one.default is one.empty or one.name in known):
            yield f"takes {one.name!r} as a keyword only, which is never given: put it before the *; {has}"
        elif one.default is not one.empty and one.name in known:
            yield f"gives {one.name!r} a default, so that it always has this value: leave the default out"
        elif one.default is one.empty and one.name not in known:
            yield f"takes {one.name!r}, which the hook does not have{did_you_mean(one.name, known) or '; ' + has}"
    wraps = marks.get("wrapper") or marks.get("hookwrapper")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield "is async, and nothing would wait for it: make it a plain function"
    elif inspect.isgeneratorfunction(function) and not wraps:
        yield "yields: return a whole answer, or mark a wrapper with @hookimpl(wrapper=True)"
