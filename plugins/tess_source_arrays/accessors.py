"""The methods ``manifest.iter_arrays()``, ``manifest.to_arrow()`` and ``manifest.to_parquet(path)`` of every manifest."""

from __future__ import annotations

from tess_source.hooks.records import Accessor
from tess_source_arrays.arrays import iter_arrays
from tess_source_arrays.arrow import to_arrow
from tess_source_arrays.parquet import to_parquet

__all__ = ["ACCESSORS"]

ACCESSORS = (
    Accessor(
        "iter_arrays", iter_arrays, "columns of each file as numpy arrays, one file after the other", of="manifest"
    ),
    Accessor("to_arrow", to_arrow, "a pyarrow table, one row per light curve", of="manifest"),
    Accessor("to_parquet", to_parquet, "a Parquet data set, one row per light curve", of="manifest"),
)
