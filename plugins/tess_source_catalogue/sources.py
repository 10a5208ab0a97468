"""The lists that the catalogue is made from, a record per source."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source.hooks.records import Source

__all__ = ["SOURCES"]

SOURCES: Sequence[Source] = ()
