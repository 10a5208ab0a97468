"""Optional libraries: each is imported where it is first used, and an error says how to install one that is missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from tess_source.errors import MissingExtraError

__all__ = ["needed"]


def needed(library: str, extra: str, doing: str) -> ModuleType:
    """Import and return an optional library.

    Parameters
    ----------
    library : str
        Name of the module, e.g. ``"matplotlib.figure"``.
    extra : str
        The extra that brings it, e.g. ``"pictures"``.
    doing : str
        What needs it, as the beginning of a sentence: ``"opening light curves"``.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library.partition(".")[0]:
            raise  # it is installed, and lacks something itself
        name = library.partition(".")[0]
        raise MissingExtraError(f"{doing} needs {name}: pip install 'tess-source[{extra}]'") from error
