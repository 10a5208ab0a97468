"""Optional libraries: each is imported where it is first used, and an error says how to install one that is missing."""

from __future__ import annotations

import functools
import sys
import warnings
from importlib.util import find_spec
from types import ModuleType

from tess_source._lazy import FILTERS, whole
from tess_source.errors import MissingExtraError, type_and_text
from tess_source.wording import Wording

__all__ = ["check", "imported_lightkurve", "is_installed", "needed"]

DISTRIBUTIONS = {"tess_stars2px": "tess-point"}
"""Module → name under which it is installed, where that is another."""
OKTOPUS = "Warning: the tpfmodel submodule is not available without oktopus"
"""How the warning begins that lightkurve gives when it is imported."""
BEFORE_LIGHTKURVE = ("astropy", "astropy.units", "astropy.stats", "astropy.time", "astropy.timeseries")
"""Packages of which lightkurve imports parts. They are imported as a whole first: if another thread is importing one of them, each thread
would wait for the other, and Python then gives one of them an incomplete module."""


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


def imported_lightkurve(doing: str | Wording) -> ModuleType:
    """Import and return lightkurve, without the warnings of its own import.

    The module is complete: a thread waits while another imports it.

    It warns about an optional dependency (oktopus), which would be noise for most and an error where warnings are errors. The filter is for
    this one warning and stays: `warnings.catch_warnings` would reset the filters of other threads, and hide their warnings.

    Parameters
    ----------
    doing : str or Wording
        What needs it: see `needed`.

    Raises
    ------
    MissingExtraError
        If it is not installed, or cannot be imported.
    """
    for name in BEFORE_LIGHTKURVE:
        whole(name)
    with FILTERS:
        _ignore_oktopus_warning()
        return needed("lightkurve", "lightkurve", doing)


@functools.cache
def _ignore_oktopus_warning() -> None:
    """Set the filter once: setting it again would remove it for a moment, in which another thread may import lightkurve."""
    if "lightkurve" not in sys.modules:
        warnings.filterwarnings("ignore", OKTOPUS, UserWarning, r"lightkurve\.prf")
