"""DV products by their set: what one data-validation run produced for one target.

The key is (pipeline, TIC, first sector, last sector, run). Never the time stamp: a mini-report may carry another one than its siblings,
and a re-run of a sector may move it. TESS-SPOC's runs have no number; the version of the release stands in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source import names
from tess_source._lazy import pl
from tess_source.tables.among import among
from tess_source.tables.listing import Products

if TYPE_CHECKING:
    from tess_source.tables.found import Found

__all__ = ["KEY", "KINDS", "all_products", "members", "sets_among"]

KINDS = ("dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Products of a run."""
KEY = ("pipeline", "tic", "first_sector", "last_sector", "edition")
"""What tells one set from another; `edition` is the run with five digits, or the version."""


def members(products: Products) -> pl.DataFrame:
    """Return the data-validation products with the set that each belongs to.

    Parameters
    ----------
    products : Products

    Returns
    -------
    polars.DataFrame
        Columns `uri`, `kind`, `tce`, `run`, those of `KEY`, and `set`: the key as text, e.g. ``"SPOC/16740101/s0014-s0055/00652"``. A
        product whose name does not tell all of the key is not among them: nothing is guessed.
    """
    frame = products.to_polars().filter(pl.col("kind").is_in(KINDS))
    edition = pl.col("run").cast(pl.String).str.zfill(5)
    if frame["run"].null_count():
        unnumbered = frame.select(pl.when(pl.col("run").is_null()).then("filename")).to_series()
        edition = pl.coalesce(edition, pl.lit(names.columns(unnumbered)["version"]))
    first, last = (pl.col(column).cast(pl.String).str.zfill(4) for column in ("first_sector", "last_sector"))
    # A key is null if any part of it is. Unequal chunks make polars 2.1 panic when it joins texts, hence rechunk.
    dv = frame.select(
        "uri", "kind", "tce", "run", *KEY[:-1], edition=edition,
        set=pl.concat_str("pipeline", pl.lit("/"), "tic", pl.lit("/s"), first, pl.lit("-s"), last, pl.lit("/"), edition),
    ).rechunk()  # fmt: skip
    return dv.drop_nulls(["uri", "set"]) if dv["uri"].null_count() or dv["set"].null_count() else dv


def sets_among(dv: pl.DataFrame) -> pl.DataFrame:
    """Return the sets that products belong to, in the order of their first products.

    Parameters
    ----------
    dv : polars.DataFrame
        As `members` gives it.

    Returns
    -------
    polars.DataFrame
        Columns `id` (UInt32, from 0), `set`, `run`, those of `KEY`, and `order` (Int32): the larger, the later, within one pipeline: the
        run, or the number of the version.
    """
    version = pl.col("edition").str.extract(r"(\d+)").cast(pl.Int32, strict=False)
    sets = dv[["set", "run", *KEY]].unique("set", maintain_order=True).with_row_index("id")
    return sets.with_columns(order=pl.coalesce(pl.col("run"), version, 0))


def all_products(found: Found) -> Products:
    """Return all products that a search found, including those that a selection left out.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Products
        Those of `found`; behind them the others, with what their names say.
    """
    links = found.links.to_polars()
    subjects = links.filter(pl.col("kind") == "dv-set")["subject"]
    objects = links.filter(pl.col("kind").is_in(["dv-of", "dv-of-fast"]))["object"]
    uris = pl.concat([subjects, objects]).unique(maintain_order=True).rename("uri")
    others = uris.filter(~uris.is_in(among(found.products["uri"])))
    return Products.stack([found.products, Products.of(others.to_frame())]) if len(others) else found.products
