"""The catalogue: the lists that archives publish, on your own disk, which answer as an archive."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import Source
from tess_source_catalogue import sources


@hookimpl
def tess_sources() -> Sequence[Source]:
    """Declare the lists of MAST and of the TESS Science Office."""
    return sources.SOURCES
