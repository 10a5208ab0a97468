"""lightkurve's readers: which there are for a file, and which arguments each takes."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source._lazy import whole
from tess_source.errors import LoadError, QueryError, did_you_mean

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

__all__ = ["READING", "arguments", "check", "detect", "is_pixels", "lightkurve", "reader_of"]

LIGHT_CURVES = ("TessLightCurve", "QLP", "ELEANOR", "TASOC", "TGLC", "CDIPS", "PATHOS", "generic", "Folded")
"""Types of lightkurve's `detect_filetype` that TESS light curves can have."""
PIXELS = "TessTargetPixelFile"
COMMON = ("quality_bitmask", "flux_column")
"""Arguments that are mostly given, and that every reader of light curves takes or is let off."""

OKTOPUS = "Warning: the tpfmodel submodule is not available without oktopus"
"""How the warning begins that lightkurve gives when it is imported."""

FIRST = ("astropy", "astropy.units", "astropy.stats", "astropy.time", "astropy.timeseries")
"""Packages that lightkurve imports parts of. If another thread is just importing the whole, each would wait for the other, and Python then
gives one of them half a module; so the whole comes first."""
READING = threading.RLock()
"""Is held while `lightkurve.read` works: it silences warnings for the whole process, and two threads would take back each other's
filters."""


def lightkurve() -> ModuleType:
    """Import lightkurve, without the warning of its own import.

    It warns about an optional dependency (oktopus), which would be noise for most and an error where warnings are errors. The filter is for
    this one warning and stays: `warnings.catch_warnings` would take back what other threads set meanwhile, and hide their warnings.

    Returns
    -------
    module
        The whole of it: a thread that comes while another imports it waits.
    """
    _expect_warning()
    for name in FIRST:
        whole(name)
    return import_module("lightkurve")


@functools.cache
def _expect_warning() -> None:
    """Do this once: to set a filter again is to take it away for a moment, in which another thread may import."""
    if "lightkurve" not in sys.modules:
        warnings.filterwarnings("ignore", OKTOPUS, UserWarning, r"lightkurve\.prf")


def detect(hdus: HDUList) -> str | None:
    """Give lightkurve's word for what a file is; None if it has none."""
    try:
        filetype: str | None = lightkurve().io.detect_filetype(hdus)
    except (IndexError, AttributeError, KeyError, TypeError):  # e.g. an image where it looks for a table
        return None
    return filetype


def is_pixels(filetype: str) -> bool:
    """Whether lightkurve makes a pixel file of this type."""
    return filetype.endswith("TargetPixelFile")


def reader_of(filetype: str) -> Callable[..., Any] | None:
    """Give the function or class by which `lightkurve.read` opens a type; None if this version has none."""
    whole("astropy")
    from astropy.io import registry

    lk = lightkurve()
    if filetype == "generic":
        reader: Callable[..., Any] = lk.io.generic.read_generic_lightcurve
        return reader
    if is_pixels(filetype):
        return getattr(lk, filetype, None)
    try:
        found: Callable[..., Any] = registry.get_reader(filetype.removesuffix("LightCurve").lower(), lk.LightCurve)
    except registry.IORegistryError:
        return None
    return found


def check(options: Mapping[str, Any]) -> None:
    """Look whether arguments make sense, whatever the file.

    Raises
    ------
    QueryError
        If no reader of lightkurve's for TESS takes an argument, or none understands its value.
    """
    known = (
        dict.fromkeys([*COMMON, *_taken(PIXELS), *_light_curve_arguments()]) if set(options) - set(COMMON) else COMMON
    )
    for name in options:
        if name not in known:
            raise QueryError(f"lightkurve's readers take no argument {name!r}{_hint(name, known)}")
    bitmask, column = options.get("quality_bitmask"), options.get("flux_column", "pdcsap_flux")
    if isinstance(bitmask, str) and bitmask not in (words := lightkurve().utils.TessQualityFlags.OPTIONS):
        close = did_you_mean(bitmask, words)
        raise QueryError(f"quality_bitmask={bitmask!r}: give a number, or {', '.join(map(repr, words))}{close}")
    if not isinstance(column, str):
        raise QueryError(f"flux_column={column!r}: give the name of a column, e.g. 'sap_flux'")


def _hint(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f"; they take {', '.join(known)}"


def arguments(filetype: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the arguments for one file.

    What only light curves have (``flux_column``) is left out for pixel files, and what only pixel files have (``targetid``) for light
    curves, so that one call can open both. Nothing else is left out.

    Parameters
    ----------
    filetype : str
        Of lightkurve's `detect_filetype`.
    options : mapping
        What the user gave for all files.

    Raises
    ------
    LoadError
        If the reader of this file cannot take an argument; the message names it and those that it takes.
    """
    taken = _taken(filetype)
    elsewhere = _light_curve_arguments() if is_pixels(filetype) else _taken(PIXELS)
    for name in options:
        if name not in taken and name not in elsewhere:
            hint = did_you_mean(name, taken) or f"; it takes {', '.join(taken) or 'none'}"
            raise LoadError(f"lightkurve's reader of {filetype} files takes no argument {name!r}{hint}")
    return {name: value for name, value in options.items() if name in taken}


@functools.cache
def _light_curve_arguments() -> frozenset[str]:
    return frozenset(name for filetype in LIGHT_CURVES for name in _taken(filetype))


@functools.cache
def _taken(filetype: str) -> tuple[str, ...]:
    """Name the arguments of a reader; those of a class are spread over its bases."""
    reader = reader_of(filetype)
    makers = [vars(base).get("__init__") for base in reader.__mro__[:-1]] if isinstance(reader, type) else [reader]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [p for make in makers if make for p in inspect.signature(make).parameters.values() if p.kind in named]
    return tuple(dict.fromkeys(p.name for p in parameters if p.name not in {"self", "path", "filename"}))
