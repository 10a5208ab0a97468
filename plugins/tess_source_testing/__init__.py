"""Tests without a network for packages that build on tess-source: a sample archive in place of MAST, and a check of plugins.

Names are imported when they are first used: pytest imports this package at its start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tess_source_sample.server import SampleArchive as SampleArchive
    from tess_source_testing.check import check_plugin as check_plugin
    from tess_source_testing.table import sample_observations as sample_observations
    from tess_source_testing.table import sample_products as sample_products

_HOMES = {
    "SampleArchive": "tess_source_sample.server",
    "check_plugin": "tess_source_testing.check",
    "sample_observations": "tess_source_testing.table",
    "sample_products": "tess_source_testing.table",
}

__all__ = [
    "SampleArchive",
    "check_plugin",
    "sample_observations",
    "sample_products",
]

if not TYPE_CHECKING:  # or else every misspelt name would be right to a type checker

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
