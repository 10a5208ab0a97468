"""The products of a search laid out as lightkurve does: its columns, and its order but for one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import np, pl
from tess_source.tables.convert import to_astropy

if TYPE_CHECKING:
    from astropy.table import Table

    from tess_source.tables.found import Found

__all__ = ["table_of"]

AUTHORS = ("SPOC", "TESS-SPOC", "QLP")
"""Who comes first, as in lightkurve; then all others by name."""
FAST = 60.0
"""Files of shorter exposures [s] come behind the others of their pipeline and year; lightkurve puts them before."""
OURS = (
    "observation", "kind", "tic", "first_sector", "last_sector", "exptime", "pipeline", "uri", "filename", "run", "tce",
)  # fmt: skip
"""Columns of ours, which lightkurve's table has not."""
PREFIX = "our "
"""Set before their names while they are needed; no archive's column begins so."""


def table_of(found: Found) -> Table:
    """Lay out the products of a search as lightkurve does.

    Parameters
    ----------
    found : Found

    Returns
    -------
    astropy.table.Table
        A row per product: the archive's columns of its observation, then those of the product (with ``_products`` behind a name that
        both have), and lightkurve's ``exptime`` [s], ``distance`` [arcsec], ``author``, ``mission``, ``year``, ``#``. Targets are in the
        order in which they were asked for, stars of a cone from the middle outwards; within one, SPOC comes first, then TESS-SPOC, QLP
        and others, and within those year, exposure time (under a minute last) and sector.
    """
    joined = _joined(found)
    described = joined.with_columns(**_described(joined))
    ordered = _sorted(described, found)
    table = to_astropy(ordered.drop([name for name in ordered.columns if name.startswith(PREFIX)]))
    table.add_column(np.arange(len(table)), name="#")
    for name, unit, shape in (("exptime", "s", ".0f"), ("distance", "arcsec", ".1f")):
        table[name].unit = unit
        table[name].format = shape
    return table


def _joined(found: Found) -> pl.DataFrame:
    """Put each product behind its observation."""
    keys = ["archive", "obs_id"]
    observed = found.observations.to_polars().drop(OURS, strict=False).unique(keys, keep="first", maintain_order=True)
    files = found.products.to_polars()
    for theirs, ours in (("dataURI", "uri"), ("productFilename", "filename")):
        known = [theirs] if theirs in files.columns else []
        files = files.with_columns(pl.coalesce(*known, ours).alias(theirs))
    files = files.rename({name: PREFIX + name for name in OURS})
    both = [name for name in files.columns if name in observed.columns and name not in keys]
    files = files.rename({name: f"{name}_products" for name in both}).with_row_index(PREFIX + "row")
    joined = files.join(observed, on=keys, how="left", maintain_order="left")
    joined = joined.with_columns(pl.coalesce(name, f"{name}_products") for name in both)
    new = [name for name in files.columns if name not in keys]
    return joined.select([*observed.columns, *new]).rename({"archive": PREFIX + "archive"})


def _described(joined: pl.DataFrame) -> dict[str, pl.Expr]:
    """Make the columns that lightkurve adds; where the archive says nothing, the name of the file does."""

    def said(*names: str, dtype: type[pl.DataType]) -> pl.Expr:
        known = [pl.col(name).cast(dtype) for name in names if name in joined.columns]
        return pl.coalesce(*known, pl.lit(None, dtype=dtype))

    first, last = pl.col(PREFIX + "first_sector"), pl.col(PREFIX + "last_sector")
    one = pl.format("TESS Sector {}", first.cast(pl.String).str.zfill(2))
    more = pl.format("TESS Sectors {}-{}", *(number.cast(pl.String).str.zfill(2) for number in (first, last)))
    began = pl.datetime(1858, 11, 17) + pl.duration(days=said("t_min", dtype=pl.Float64).floor())  # MJD 0
    return {
        "target_name": said("target_name", PREFIX + "tic", dtype=pl.String),
        "s_ra": said("s_ra", dtype=pl.Float64),
        "s_dec": said("s_dec", dtype=pl.Float64),
        "obsid": said("obsid", "obsID", dtype=pl.String),
        "exptime": said("t_exptime", PREFIX + "exptime", dtype=pl.Float64),
        "distance": said("separation", "distance", dtype=pl.Float64).fill_null(0.0),
        "author": said("provenance_name", PREFIX + "pipeline", dtype=pl.String),
        "mission": pl.when(first == last).then(one).otherwise(pl.coalesce(more, pl.lit("TESS"))),
        "year": began.dt.year().cast(pl.Int64),
    }


def _sorted(described: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Order the rows; coordinates of one star differ a little between pipelines, which must not set these apart."""
    asked = {
        target.tic: place for place, target in reversed(list(enumerate(found.query.targets))) if target.tic is not None
    }
    places = pl.col(PREFIX + "tic").replace_strict(asked, default=len(asked), return_dtype=pl.Int64)
    ranks = {author: rank for rank, author in enumerate(AUTHORS)}
    keys = [
        places,
        pl.col("distance").min().over("target_name"),
        pl.col("target_name"),
        pl.col("author").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64),
        pl.col("author"),
        pl.col("year"),
        pl.col("exptime") < FAST,
        pl.col("exptime"),
        pl.col("mission"),
        pl.col(PREFIX + "row"),
    ]
    return described.sort(*keys, nulls_last=True)
