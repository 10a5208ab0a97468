"""Specimens: one made-up file per kind and sector that lists may have. What a question keeps of them tells which lists it needs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tess_source._lazy import pl
from tess_source.names.vocabulary import FFI_ERAS, FILES
from tess_source_catalogue.columns import collection
from tess_source_catalogue.declared import sources_of_files
from tess_source_catalogue.folder import PresentLists

__all__ = ["specimens"]


@lru_cache(maxsize=8)
def specimens(lists: PresentLists, newest: int) -> pl.DataFrame:
    """Return a file of each kind of each list that there can be up to a sector."""
    times = {(row.pipeline, row.kind): row.exptime for row in FILES}
    kinds = [
        {
            "source": name,
            "pipeline": source.pipeline,
            "kind": kind,
            "since": source.since,
            "several": source.several,
            "time": _time(times, source.pipeline, kind),
        }
        for name, source in sources_of_files(lists).items()
        for kind in source.kinds
    ]
    schema: dict[str, Any] = {
        "source": pl.String,
        "pipeline": pl.String,
        "kind": pl.String,
        "since": pl.Int32,
        "several": pl.Boolean,
        "time": pl.Float64,
    }
    sectors = pl.DataFrame({"last_sector": pl.int_range(1, newest + 1, dtype=pl.Int32, eager=True)})
    frame = pl.DataFrame(kinds, schema=schema).join(sectors, how="cross")
    return frame.with_columns(
        exptime=pl.coalesce("time", _era()),
        first_sector=pl.when("several").then(pl.lit(1, pl.Int32)).otherwise("last_sector"),
        published=pl.col("last_sector") >= pl.col("since"),
        provenance_name="pipeline",
        sequence_number=pl.col("last_sector").cast(pl.Int64),
        obs_collection=collection(),
        project=pl.lit("TESS"),
        dataproduct_type=pl.lit("timeseries"),
    ).with_columns(t_exptime="exptime")


def _time(times: Mapping[tuple[str, str], Any], pipeline: str, kind: str) -> float | None:
    """Return the exposure time of a kind of file [s]; None for those made from full-frame images."""
    time = times.get((pipeline, kind))
    return float(time) if isinstance(time, int | float) else None


def _era() -> pl.Expr:
    """Return the exposure time of full-frame images [s]."""
    time = pl.lit(float(FFI_ERAS[-1][1]))
    for last, seconds in reversed(FFI_ERAS[:-1]):
        time = pl.when(pl.col("last_sector") <= last).then(float(seconds)).otherwise(time)
    return time
