"""What a star is: the TESS Input Catalog, and the objects of interest."""

from __future__ import annotations

from collections.abc import Sequence

from tess_source import hookimpl
from tess_source.hooks.records import Lookup


@hookimpl
def tess_lookups() -> Sequence[Lookup]:
    """Declare the columns that the TESS Input Catalog fills."""
    return ()
