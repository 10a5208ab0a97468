"""A table of products like those that searches find, to try filters and columns on without an archive."""

from __future__ import annotations

from functools import cache
from typing import Any

from tess_source._lazy import pl
from tess_source.tables.listing import Observations, Products

__all__ = ["sample_observations", "sample_products"]

STARS = (16740101, 307210830, 25132999)
"""KELT-9, L 98-59, and a star of QLP's."""
MOST = 4
"""Products per star and kind: enough for every case, few enough for many filters."""

IMAGES: list[dict[str, Any]] = [
    {
        "uri": f"mast:TESS/product/tess2022245{hour}0512-s0056-{camera}-{ccd}-0243-s_ffic.fits",
        "start": f"2022-09-02 {hour}:05:12",
        "camera": camera,
        "ccd": ccd,
        "size": 35_542_080,
    }
    for hour, camera, ccd in ((18, 1, 1), (18, 1, 4), (19, 4, 2))
]
IMAGES.append(
    {
        "uri": "tesscut:tess-s0056-1-1_307.859806_39.938824_10x15_astrocut.fits",
        "start": None,
        "camera": 1,
        "ccd": 1,
        "size": 3_000_000,
    }
)
"""Full-frame images and a cut-out, of no observation that is in the table."""


def sample_products() -> Products:
    """Return a table of products like those that searches find, without asking an archive.

    It has light curves, pixels and data validation of SPOC at 20 s and 120 s, of one and of several sectors, light curves of other
    pipelines, full-frame images and a cut-out; MAST's columns and ours; the columns that look-ups add, such as `tmag` and `camera`; and
    nulls where such tables have them.

    Returns
    -------
    Products
        About a hundred rows of three stars, sorted as searches sort them. It is a new table each time.
    """
    return Products(_tables()[1].clone())


def sample_observations() -> Observations:
    """Return the observations of `sample_products`."""
    return Observations(_tables()[0].clone())


@cache
def _tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return observations and products, from what the sample archive holds."""
    from tess_source_sample.contents import Contents

    contents = Contents()
    seen = [row for row in contents.observations if row["target_name"] in map(str, STARS)]
    seen = [{**row, "obsid": str(row["obsid"]), "observation": str(row["obsid"])} for row in seen]
    rows = [row for one in seen for row in contents.products[int(one["obsid"])]]
    files = [{**row, "obsID": str(row["obsID"]), "observation": str(row["obsID"])} for row in rows]
    observations = Observations.of(seen).sort()
    products = Products.stack([Products.of(files), Products.of(IMAGES)]).sort().to_polars()
    few = pl.int_range(pl.len()).over("tic", "kind", "pipeline") < MOST
    products = products.filter(few)
    return observations.to_polars(), _with_looked_up(products)


def _with_looked_up(products: pl.DataFrame) -> pl.DataFrame:
    """Return products with values that look-ups add: made up, the same for all rows of a star, null where no star is known."""
    star = pl.col("tic") % 97
    chip = (pl.col("first_sector") % 4 + 1).cast(pl.Int64)
    return products.with_columns(
        camera=pl.coalesce("camera", chip),
        ccd=pl.coalesce("ccd", chip),
        ra=(star * 3.7).cast(pl.Float64),
        dec=(star - 40.0).cast(pl.Float64),
        tmag=5.0 + star / 10,
        teff=3000.0 + star * 50,
        radius=0.3 + star / 50,
        mass=0.3 + star / 60,
        logg=pl.when(pl.col("tic") != STARS[2]).then(4.0 + star / 200),
        distance=10.0 + star,
        contamination=pl.when(pl.col("tic") != STARS[2]).then(star / 1000),
        pmra=star * 1.0,
        pmdec=-star * 2.0,
        toi=pl.when(pl.col("tic") == STARS[1]).then(pl.lit("175.01")),
        toi_disposition=pl.when(pl.col("tic") == STARS[1]).then(pl.lit("KP")),
    )
