"""lightkurve's readers, by type of file, and their arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tess_source._lazy import whole
from tess_source.errors import LoadError, QueryError, did_you_mean
from tess_source.extras import imported_lightkurve
from tess_source_lightkurve.options import check_values

if TYPE_CHECKING:
    from astropy.io.fits import HDUList

__all__ = ["arguments", "check", "detect", "is_pixels", "lightkurve", "reader_of"]

LIGHT_CURVES = ("TessLightCurve", "QLP", "ELEANOR", "TASOC", "TGLC", "CDIPS", "PATHOS", "generic", "Folded")
"""Types of lightkurve's `detect_filetype` that TESS light curves can have."""
PIXELS = "TessTargetPixelFile"
COMMON = ("quality_bitmask", "flux_column")
"""The most frequent arguments, which are accepted for all files."""


def lightkurve() -> ModuleType:
    """Return lightkurve, complete, and without the warnings of its own import: see `tess_source.extras.imported_lightkurve`.

    Raises
    ------
    MissingExtraError
        If it is not installed, or cannot be imported.
    """
    return imported_lightkurve("opening light curves")


def detect(hdus: HDUList) -> str | None:
    """Return lightkurve's word for the type of a file; None if it has none."""
    try:
        filetype: str | None = lightkurve().io.detect_filetype(hdus)
    except (IndexError, AttributeError, KeyError, TypeError):  # e.g. an image where it looks for a table
        return None
    return filetype


def is_pixels(filetype: str) -> bool:
    """Return whether lightkurve opens this type as a pixel file."""
    return filetype.endswith("TargetPixelFile")


def reader_of(filetype: str) -> Callable[..., Any] | None:
    """Return the function or class with which `lightkurve.read` opens a type; None if this version has none."""
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
    """Check that arguments make sense for some file.

    Raises
    ------
    QueryError
        If none of lightkurve's readers for TESS takes an argument or its value.
    """
    known = (
        dict.fromkeys([*COMMON, *_argument_names(PIXELS), *_light_curve_arguments()])
        if set(options) - set(COMMON)
        else COMMON
    )
    for name in options:
        if name not in known:
            raise QueryError(f"lightkurve's readers take no argument {name!r}{_hint(name, known)}")
    if options:
        check_values(options)


def _hint(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f"; they take {', '.join(known)}"


def arguments(filetype: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments for one file.

    Arguments of light curves only (``flux_column``) are left out for pixel files, and those of pixel files only (``targetid``) for light
    curves, so that one call can open both. No other arguments are left out.

    Parameters
    ----------
    filetype : str
        Of lightkurve's `detect_filetype`.
    options : mapping
        The user's arguments for all files.

    Raises
    ------
    LoadError
        If the reader of this file cannot take an argument; the message names it and those that it takes.
    """
    taken = _argument_names(filetype)
    elsewhere = _light_curve_arguments() if is_pixels(filetype) else _argument_names(PIXELS)
    for name in options:
        if name not in taken and name not in elsewhere:
            hint = did_you_mean(name, taken) or f"; it takes {', '.join(taken) or 'none'}"
            raise LoadError(f"lightkurve's reader of {filetype} files takes no argument {name!r}{hint}")
    return {name: value for name, value in options.items() if name in taken}


@functools.cache
def _light_curve_arguments() -> frozenset[str]:
    return frozenset(name for filetype in LIGHT_CURVES for name in _argument_names(filetype))


@functools.cache
def _argument_names(filetype: str) -> tuple[str, ...]:
    """Return the names of a reader's arguments; those of a class are also collected from its bases."""
    reader = reader_of(filetype)
    makers = [vars(base).get("__init__") for base in reader.__mro__[:-1]] if isinstance(reader, type) else [reader]
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [p for make in makers if make for p in inspect.signature(make).parameters.values() if p.kind in named]
    return tuple(dict.fromkeys(p.name for p in parameters if p.name not in {"self", "path", "filename"}))
