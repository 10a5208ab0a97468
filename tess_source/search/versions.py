"""The versions of the libraries that an answer depends on, for its record."""

from __future__ import annotations

import functools
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

DISTRIBUTIONS = ("tess-source", "astroquery", "astropy", "lightkurve")


def versions() -> dict[str, str]:
    """Return distribution → version; ``not installed`` for those that are not there."""
    return {name: _version(name) for name in DISTRIBUTIONS}


@functools.cache
def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
