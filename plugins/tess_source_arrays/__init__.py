"""Light curves for machine learning: numpy arrays, Arrow tables and Parquet data sets, read directly from the FITS tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tess_source import hookimpl

if TYPE_CHECKING:
    from tess_source.hooks.records import Accessor


@hookimpl
def tess_accessors() -> Sequence[Accessor]:
    """Return manifest.iter_arrays, manifest.to_arrow and manifest.to_parquet."""
    from tess_source_arrays.accessors import ACCESSORS

    return ACCESSORS
