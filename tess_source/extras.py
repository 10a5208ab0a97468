"""Optional libraries: each is imported where it is first used, and an error says how to install one that is missing."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType

from tess_source._lazy import whole
from tess_source.errors import MissingExtraError, type_and_text
from tess_source.wording import Wording

__all__ = ["check", "is_installed", "needed"]

DISTRIBUTIONS = {"tess_stars2px": "tess-point"}
"""Module → name under which it is installed, where that is another."""


def is_installed(library: str) -> bool:
    """Return whether the top-level package of a module is there, without importing it.

    A folder without Python code is not a package, though Python would import any folder of that name, e.g. one with data.
    """
    name = library.partition(".")[0]
    if sys.modules.get(name) is not None:
        return True
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return False
    return spec is not None and spec.origin is not None


def check(library: str, extra: str, doing: str | Wording) -> None:
    """Check that an optional library is installed, before work is done that would be in vain. The arguments are those of `needed`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    if not is_installed(library):
        raise MissingExtraError(doing, f" needs {_distribution(library)}: pip install 'tess-source[{extra}]'")


def _distribution(library: str) -> str:
    name = library.partition(".")[0]
    return DISTRIBUTIONS.get(name, name)


def needed(library: str, extra: str, doing: str | Wording) -> ModuleType:
    """Import and return an optional library.

    Parameters
    ----------
    library : str
        Name of the module, e.g. ``"matplotlib.figure"``.
    extra : str
        The extra that brings it, e.g. ``"pictures"``.
    doing : str or Wording
        What needs it, as the beginning of a sentence: ``"opening light curves"``.

    Raises
    ------
    MissingExtraError
        If it is not installed, or cannot be imported; the message says which.
    """
    check(library, extra, doing)
    try:
        whole(library)
    except Exception as error:
        raise MissingExtraError(
            f"{_distribution(library)} is installed, but cannot be imported ({type_and_text(error)}): "
            "pip check may say what it lacks"
        ) from error
    return sys.modules[library]
