"""Full-frame images: found by listings, never by the archive's product list, and opened as images with their coordinates."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import StandIn


@hookimpl
def tess_stand_ins() -> Sequence[StandIn]:
    """Declare the kinds of images and of files that belong to a CCD."""
    return ()
