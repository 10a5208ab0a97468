"""Warnings of what will go: functions, arguments and names. For hooks, pluggy has its own (``hookspec(warn_on_impl=…)``)."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import ParamSpec, TypeVar

__all__ = ["deprecated", "moved"]

P = ParamSpec("P")
R = TypeVar("R")


def deprecated(instead: str, *, since: str, until: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator of functions that still work, but will go.

    Parameters
    ----------
    instead : str
        What to use in its place, e.g. ``"session.search(…)"``.
    since, until : str
        The release that warns first, and the release without the function: see `tess_source.hooks.stability.LEVELS`.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **words: P.kwargs) -> R:
            warnings.warn(
                _message(f"{function.__qualname__}()", instead, since, until), DeprecationWarning, stacklevel=2
            )
            return function(*args, **words)

        return called

    return decorate


def moved(module: str, homes: Mapping[str, str], *, since: str, until: str) -> Callable[[str], object]:
    """Return a module's ``__getattr__`` for names that are elsewhere now.

    Parameters
    ----------
    module : str
        The module that had them, ``__name__``.
    homes : mapping
        Name → where it is now, e.g. ``{"Filter": "tess_source.hooks.records.Filter"}``.
    since, until : str
        See `deprecated`.
    """

    def __getattr__(name: str) -> object:  # noqa: N807  modules have functions of this name
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name, obj=sys.modules[module])
        warnings.warn(_message(f"{module}.{name}", homes[name], since, until), DeprecationWarning, stacklevel=2)
        home, _, there = homes[name].rpartition(".")
        found: object = getattr(import_module(home), there)
        return found

    return __getattr__


def _message(what: str, instead: str, since: str, until: str) -> str:
    return f"{what} is deprecated since tess-source {since} and will go in {until}; use {instead}"
