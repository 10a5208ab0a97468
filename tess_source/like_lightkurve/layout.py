"""The table of a search's products with lightkurve's columns and almost its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import np, pl
from tess_source.tables.convert import to_astropy

if TYPE_CHECKING:
    from astropy.table import Table

    from tess_source.tables.found import Found

__all__ = ["table_of"]

AUTHORS = ("SPOC", "TESS-SPOC", "QLP")
"""Pipelines that come first, as in lightkurve; then all others by name."""
FAST = 60.0
"""Files of shorter exposures [s] come after the others of their pipeline and year. In lightkurve they come first."""
OURS = (
    "observation", "kind", "tic", "first_sector", "last_sector", "exptime", "pipeline", "uri", "filename", "run", "tce",
)  # fmt: skip
"""Our columns that lightkurve's table does not have."""
PREFIX = "our "
"""Prefix of their names while they are needed; no archive's column begins so."""


def table_of(found: Found) -> Table:
    """Return the products of a search as a table like lightkurve's.

    Parameters
    ----------
    found : Found

    Returns
    -------
    astropy.table.Table
        One row per product: the archive's columns of its observation, then those of the product (with the suffix ``_products`` if both
        have the name), and lightkurve's ``exptime`` [s], ``distance`` [arcsec], ``author``, ``mission``, ``year``, ``#``. Targets are in
        the order of the search, stars of a cone by distance. The rows of a target are sorted by pipeline (SPOC, TESS-SPOC, QLP, then
        others), year, exposure time (under a minute last) and sector.
    """
    joined = _products_and_observations(found)
    described = joined.with_columns(**_lightkurve_columns(joined))
    ordered = _sorted(described, found)
    table = to_astropy(ordered.drop([name for name in ordered.columns if name.startswith(PREFIX)]))
    table.add_column(np.arange(len(table)), name="#")
    for name, unit, shape in (("exptime", "s", ".0f"), ("distance", "arcsec", ".1f")):
        table[name].unit = unit
        table[name].format = shape
    return table


def _products_and_observations(found: Found) -> pl.DataFrame:
    """Return the products joined to their observations."""
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


def _lightkurve_columns(joined: pl.DataFrame) -> dict[str, pl.Expr]:
    """Return the columns that lightkurve adds, from the archive's columns or else from the names of the files."""

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
        "exptime": pl.when(
            pl.col(PREFIX + "kind") == "cutout"
        )  # of these lightkurve gives the time that is left after all losses
        .then(said("t_exptime", dtype=pl.Float64))
        .otherwise(said(PREFIX + "exptime", "t_exptime", dtype=pl.Float64)),  # some t_exptime of the archive are wrong
        "distance": said("separation", "distance", dtype=pl.Float64).fill_null(0.0),
        "author": said("provenance_name", PREFIX + "pipeline", dtype=pl.String),
        "mission": pl.when(first == last).then(one).otherwise(pl.coalesce(more, pl.lit("TESS"))),
        "year": began.dt.year().cast(pl.Int64),
    }


def _sorted(described: pl.DataFrame, found: Found) -> pl.DataFrame:
    """Return the rows sorted. Coordinates of a star differ a little between pipelines, which must not affect the order."""
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
