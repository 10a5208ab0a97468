"""How large files of unknown size are about."""

from __future__ import annotations

import polars as pl
import pytest

from tess_source.tables.typical_sizes import about, typical_sizes


def row(
    kind: str, exptime: float, first: int, last: int, pipeline: str = "SPOC", size: int | None = None
) -> pl.DataFrame:
    schema = {"size": pl.Int64, "exptime": pl.Float64}
    values = {
        "pipeline": pipeline,
        "kind": kind,
        "exptime": exptime,
        "first_sector": first,
        "last_sector": last,
        "size": size,
    }
    return pl.DataFrame([values], schema_overrides=schema)


@pytest.mark.parametrize(
    ("one", "real"),
    [
        (row("lc", 120, 14, 14), 2_039_040),
        (row("lc", 120, 97, 97), 3_960_000),
        (row("fast-lc", 20, 75, 75), 10_500_000),
        (row("dvt", 120, 14, 14), 4_760_640),
        (row("dvt", 120, 14, 86), 22_014_720),
        (row("lc", 1800, 2, 2, "QLP"), 80_640),
        (row("lc", 200, 81, 81, "TESS-SPOC"), 1_180_800),
    ],
    ids=["light curve", "long sector", "20 s", "DV", "DV of several", "QLP", "TESS-SPOC"],
)
def test_typical_sizes_are_near_real_ones(one: pl.DataFrame, real: int) -> None:
    assert typical_sizes(one)[0] == pytest.approx(real, rel=0.25)


def test_only_files_of_unknown_size_count() -> None:
    both = pl.concat([row("lc", 120, 14, 14), row("tp", 120, 14, 14, size=5)])
    assert about(both) == "about 2.0 MB"
    assert about(row("lc", 120, 14, 14, size=5)) == ""
    assert about(row("lc", 120, 14, 14, pipeline="NEW")) == ""
