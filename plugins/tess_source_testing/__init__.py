"""Tests without a network for packages that build on tess-source: a sample archive in place of MAST, and a check of plugins.

Names are imported when they are first used: pytest imports this package at its start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tess_source_sample.added import Transit as Transit
    from tess_source_sample.faults import Fault as Fault
    from tess_source_sample.server import Recorded as Recorded
    from tess_source_sample.server import SampleArchive as SampleArchive
    from tess_source_testing.astroquery import astroquery_at as astroquery_at
    from tess_source_testing.check import check_plugin as check_plugin
    from tess_source_testing.fault_texts import faults_of_text as faults_of_text
    from tess_source_testing.offline import no_connections as no_connections
    from tess_source_testing.pointed import mast_itself as mast_itself
    from tess_source_testing.pointed import sample_archive as sample_archive
    from tess_source_testing.table import sample_observations as sample_observations
    from tess_source_testing.table import sample_products as sample_products
    from tess_source_testing.vcr import register_matchers as register_matchers
    from tess_source_testing.vcr import vcr_config as vcr_config

_HOMES = {
    "Fault": "tess_source_sample.faults",
    "Recorded": "tess_source_sample.server",
    "SampleArchive": "tess_source_sample.server",
    "Transit": "tess_source_sample.added",
    "astroquery_at": "tess_source_testing.astroquery",
    "check_plugin": "tess_source_testing.check",
    "faults_of_text": "tess_source_testing.fault_texts",
    "mast_itself": "tess_source_testing.pointed",
    "no_connections": "tess_source_testing.offline",
    "register_matchers": "tess_source_testing.vcr",
    "sample_archive": "tess_source_testing.pointed",
    "sample_observations": "tess_source_testing.table",
    "sample_products": "tess_source_testing.table",
    "vcr_config": "tess_source_testing.vcr",
}

__all__ = [
    "Fault",
    "Recorded",
    "SampleArchive",
    "Transit",
    "astroquery_at",
    "check_plugin",
    "faults_of_text",
    "mast_itself",
    "no_connections",
    "register_matchers",
    "sample_archive",
    "sample_observations",
    "sample_products",
    "vcr_config",
]

if not TYPE_CHECKING:  # or else every misspelt name would be right to a type checker

    def __getattr__(name: str) -> object:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
