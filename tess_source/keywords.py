"""Misspelt keyword arguments: Python's own error does not know what lightkurve or astroquery call the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from tess_source.errors import did_you_mean

__all__ = ["naming_keywords", "naming_keywords_of_methods"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)


def naming_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that says which keyword argument is right if it is called with one that it does not have.

    Examples
    --------
    >>> @naming_keywords
    ... def download(products, root=None): ...
    >>> download([], download_dir="x")
    Traceback (most recent call last):
    TypeError: download() takes no argument 'download_dir'; did you mean 'root'?
    """
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return function
    shown = function.__qualname__.rpartition("<locals>.")[2].removesuffix(".__init__")
    known = [one.name for one in parameters if one.kind in {one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY}]

    @wraps(function)
    def called(*args: P.args, **words: P.kwargs) -> R:
        for name in words:
            if name not in known:
                raise TypeError(f"{shown}() takes no argument {name!r}{did_you_mean(name, known)}")
        return function(*args, **words)

    return called


def naming_keywords_of_methods(cls: C) -> C:
    """Return a class whose constructor and public methods say which keyword argument is right: see `naming_keywords`."""
    for name, member in list(vars(cls).items()):
        if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
            setattr(cls, name, naming_keywords(member))
    return cls
