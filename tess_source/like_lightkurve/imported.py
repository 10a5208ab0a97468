"""lightkurve itself: imported as a whole, and without the warning that its import gives."""

from __future__ import annotations

import functools
import sys
import warnings
from types import ModuleType

from tess_source._lazy import FILTERS, whole
from tess_source.extras import needed

__all__ = ["lightkurve"]

OKTOPUS = "Warning: the tpfmodel submodule is not available without oktopus"
"""How the warning begins that lightkurve gives when it is imported."""
FIRST = ("astropy", "astropy.units", "astropy.stats", "astropy.time", "astropy.timeseries")
"""Packages of which lightkurve imports parts. They are imported as a whole first: if another thread is importing one of them, each thread
would wait for the other, and Python then gives one of them an incomplete module."""


def lightkurve(doing: str = "opening light curves") -> ModuleType:
    """Return lightkurve, imported without the warnings of its own import.

    It warns about an optional dependency (oktopus), which would be noise for most and an error where warnings are errors. The filter is for
    this one warning and stays: `warnings.catch_warnings` would reset the filters of other threads, and hide their warnings.

    Parameters
    ----------
    doing : str
        What needs it, as the beginning of a sentence.

    Returns
    -------
    module
        The complete module: a thread waits while another thread imports it.

    Raises
    ------
    MissingExtraError
        If it is not installed, or cannot be imported.
    """
    for name in FIRST:
        whole(name)
    with FILTERS:
        _ignore_oktopus_warning()
        return needed("lightkurve", "lightkurve", doing)


@functools.cache
def _ignore_oktopus_warning() -> None:
    """Set the filter once: setting it again would remove it for a moment, in which another thread may import lightkurve."""
    if "lightkurve" not in sys.modules:
        warnings.filterwarnings("ignore", OKTOPUS, UserWarning, r"lightkurve\.prf")
