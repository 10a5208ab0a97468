"""Typical sizes of files, for those whose size no archive has told: a plan of them can still say about how large it is."""

from __future__ import annotations

from collections.abc import Mapping

from tess_source._lazy import pl
from tess_source.display import text

__all__ = ["about", "expected_bytes", "typical_sizes"]

TYPICAL: Mapping[tuple[str, str, float], int] = {
    ("SPOC", "lc", 120): 2_000_000,
    ("SPOC", "tp", 120): 47_000_000,
    ("SPOC", "fast-lc", 20): 10_500_000,
    ("SPOC", "fast-tp", 20): 280_000_000,
    ("SPOC", "dvt", 120): 4_700_000,
    ("SPOC", "dvr-xml", 120): 250_000,
    ("SPOC", "dvr-pdf", 120): 30_000_000,
    ("SPOC", "dvm", 120): 7_500_000,
    ("SPOC", "dvs", 120): 1_100_000,
    ("QLP", "lc", 1800): 80_640,
    ("QLP", "lc", 600): 215_000,
    ("QLP", "lc", 200): 674_000,
    ("TESS-SPOC", "lc", 1800): 164_000,
    ("TESS-SPOC", "lc", 600): 409_000,
    ("TESS-SPOC", "lc", 200): 1_180_000,
    ("TESS-SPOC", "tp", 1800): 3_900_000,
    ("TESS-SPOC", "tp", 600): 11_000_000,
    ("TESS-SPOC", "tp", 200): 32_000_000,
    ("TGLC", "lc", 1800): 57_600,
    ("TGLC", "lc", 600): 165_000,
    ("TGLC", "lc", 200): 500_000,
}
"""Pipeline, kind and exposure time [s] → bytes of such a file of one sector of 27 days: the middle of real product lists."""
LONG = {97: 2, 98: 2}
"""Sectors of another length than 27 days, in such sectors."""
SEVERAL = {"dvt": 5, "dvr-xml": 4}
"""Kinds whose files about several sectors are larger by a factor. The sectors that were used are not known from the name."""


def typical_sizes(frame: pl.DataFrame) -> pl.Series:
    """Return the typical size of each file [byte], null where it is not known.

    Parameters
    ----------
    frame : polars.DataFrame
        Products or items, with `pipeline`, `kind`, `exptime` [s], `first_sector` and `last_sector`.
    """
    rows = [(*key, size) for key, size in TYPICAL.items()]
    table = pl.DataFrame(rows, schema=["pipeline", "kind", "exptime", "typical"], orient="row").cast(
        {"exptime": pl.Float64}
    )
    wanted = frame.select(
        "pipeline", "kind", pl.col("exptime").cast(pl.Float64), "first_sector", "last_sector"
    ).rechunk()
    several = pl.col("first_sector") < pl.col("last_sector")
    factor = (
        pl.when(several)
        .then(pl.col("kind").replace_strict(SEVERAL, default=1, return_dtype=pl.Int64))
        .otherwise(pl.col("last_sector").replace_strict(LONG, default=1, return_dtype=pl.Int64))
    )
    joined = wanted.join(table, on=["pipeline", "kind", "exptime"], how="left", maintain_order="left")
    return joined.select(pl.col("typical") * factor).to_series()


def expected_bytes(frame: pl.DataFrame) -> int:
    """Return how large files are together [byte], with the typical sizes of those of unknown size as far as these are known.

    Parameters
    ----------
    frame : polars.DataFrame
        As for `typical_sizes`, with `size`.
    """
    return int(frame.select(pl.coalesce("size", typical_sizes(frame).alias("typical"))).to_series().sum() or 0)


def about(frame: pl.DataFrame) -> str:
    """Return in words how large the files of unknown size are together, e.g. ``"about 1.2 GB"``; empty if that is not known.

    Parameters
    ----------
    frame : polars.DataFrame
        As for `typical_sizes`, with `size`.
    """
    unknown = frame.filter(pl.col("size").is_null())
    sizes = typical_sizes(unknown) if unknown.height else pl.Series(dtype=pl.Int64)
    return f"about {text.size(float(sizes.sum()))}" if len(sizes) > sizes.null_count() else ""
