"""What is added to every question, unless a criterion of the question excludes it: TESS, and no full-frame images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from tess_source.names.vocabulary import FFI_TARGETS, FILES

__all__ = ["DEFAULTS", "defaults"]

DEFAULTS: Mapping[str, Any] = {"project": "TESS", "dataproduct_type": "timeseries"}
"""Without the first, a cone finds other missions too. Without the second, a question for one star took minutes instead of
seconds (lightkurve pull request 715), since every cone holds full-frame images."""

COLLECTIONS = ("TESS", "HLSP")
"""The collections with data of TESS."""
PIPELINES = frozenset(row.pipeline for row in FILES if row.kind in {"lc", "dvt"})
"""Pipelines that make time series. TICA makes images alone; what others make is not known."""
OF_TESS: Mapping[str, str] = {"instrument_name": "Photometer", "filters": "TESS", "wavelength_region": "Optical"}
"""Columns that have one value for all observations of TESS; another value is of another mission."""
IDENTITIES = ("obs_id", "obsid", "objid", "dataurl", "jpegurl")
"""Columns whose value is of one observation."""


def defaults(criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Return the criteria that are added to others.

    A default is left out if its own column is given, even with None; if an observation is named; and if one of the values of
    another criterion is of data for which the default cannot hold.

    Parameters
    ----------
    criteria : mapping
        Column, in any case → value or list of values.

    Returns
    -------
    dict
        The part of `DEFAULTS` that applies.
    """
    given = {name.lower(): value for name, value in criteria.items() if value is not None}
    own = {name.lower() for name in criteria}
    excluded = {column for test, columns in _EXCLUDE.items() if _is_met(test, given) for column in columns}
    return {name: value for name, value in DEFAULTS.items() if name not in own | excluded}


def _is_none_of(*words: str) -> Callable[[str], bool]:
    """Return a test of a value, which may have wildcards: whether it is none of these words."""
    return lambda value: not _fits_any(value, words)


def _is_image(value: str) -> bool:
    """Return whether a target name is that of full-frame images. A mere wildcard is not."""
    return _says_something(value) and _fits_any(value, FFI_TARGETS)


def _says_something(value: str) -> bool:
    return bool(value.strip("*%"))


def _is_exact(value: str) -> bool:
    return not {"*", "%"} & set(value)


def _fits_any(value: str, words: Iterable[str]) -> bool:
    pattern = value.replace("%", "*").replace("[", "[[]").replace("?", "[?]").lower()
    return any(fnmatchcase(word.lower(), pattern) for word in words)


_EXCLUDE: Mapping[tuple[str, Callable[[str], bool]], tuple[str, ...]] = {
    **{(name, _is_exact): ("project",) for name in IDENTITIES},
    **{(name, _says_something): ("dataproduct_type",) for name in IDENTITIES},
    ("obs_collection", _is_none_of(*COLLECTIONS)): ("project", "dataproduct_type"),
    **{(name, _is_none_of(word)): ("project", "dataproduct_type") for name, word in OF_TESS.items()},
    ("project", _is_none_of("TESS")): ("dataproduct_type",),
    ("provenance_name", _is_none_of(*PIPELINES)): ("dataproduct_type",),
    ("target_name", _is_image): ("dataproduct_type",),
}
"""A column and a test of its values → the defaults that are left out if one of its values passes the test."""


def _is_met(test: tuple[str, Callable[[str], bool]], given: Mapping[str, Any]) -> bool:
    column, holds = test
    value: Any = given.get(column)
    one = isinstance(value, str | bytes) or not isinstance(value, Collection) or getattr(value, "ndim", 1) == 0
    values = [value] if one else value
    return any(holds(str(item)) for item in values if item is not None)
