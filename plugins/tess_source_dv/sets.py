"""DV sets: what one data-validation run produced for one target.

The key is (pipeline, TIC, first sector, last sector, run). Never the time stamp: a mini-report may carry another one than its siblings,
and a re-run of a sector may move it. TESS-SPOC's runs have no number; the version of the release stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import names

if TYPE_CHECKING:
    import polars as pl

    from tess_source.tables import Products

__all__ = ["KEY", "KINDS", "members"]

KINDS = ("dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Products of a run."""
KEY = ("pipeline", "tic", "first_sector", "last_sector", "edition")
"""What tells one set from another; `edition` is the run with five digits, or the version."""


def members(products: Products) -> pl.DataFrame:
    """List the data-validation products with the set that each belongs to.

    Parameters
    ----------
    products : Products

    Returns
    -------
    polars.DataFrame
        Columns `uri`, those of `KEY`, and `set`: the key as text, e.g. ``"SPOC/16740101/s0014-s0055/00652"``. A product whose name does not
        tell all of the key is not among them: nothing is guessed.
    """
    import polars as pl

    frame = products.to_polars().filter(pl.col("kind").is_in(KINDS))
    unnumbered = frame.select(pl.when(pl.col("run").is_null()).then("filename")).to_series()
    runs = pl.col("run").cast(pl.String).str.zfill(5)
    frame = frame.with_columns(version=names.columns(unnumbered)["version"])
    # Unequal chunks make polars 2.1 panic when it joins texts, hence rechunk.
    frame = frame.select("uri", *KEY[:-1], edition=pl.coalesce(runs, "version")).drop_nulls().rechunk()
    first, last = (pl.col(column).cast(pl.String).str.zfill(4) for column in ("first_sector", "last_sector"))
    return frame.with_columns(set=pl.format("{}/{}/s{}-s{}/{}", "pipeline", "tic", first, last, "edition"))
