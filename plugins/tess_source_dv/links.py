"""What a data-validation product was made from, as far as names tell; whole columns at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source.tables import Links
from tess_source_dv.sets import members

if TYPE_CHECKING:
    import polars as pl

    from tess_source.tables import Products

__all__ = ["link"]

RELATIONS = {"lc": "dv-of", "tp": "dv-of", "fast-lc": "dv-of-fast", "fast-tp": "dv-of-fast"}
"""Kind of product → kind of link. The searches run on 120-s data; 20-s data of the same sectors show the same transits."""
IS_MEMBER = "made by this run for this target"
SINGLE = "a search of this sector alone"
RANGE = "within the range of sectors searched; which of them were used, the name does not tell"


def link(products: Products) -> Links | None:
    """Relate data-validation products to their set, and to light curves and pixels of the sectors that they may have used.

    Parameters
    ----------
    products : Products

    Returns
    -------
    Links or None
        None without data-validation products. Kinds:

        ``dv-set``
            subject: URI of a product; object: key of its set (see `tess_source_dv.sets`); always ``exact``.
        ``dv-of``
            subject: URI of a product; object: URI of a light curve or pixel file of the same target by the same pipeline (120 s for SPOC,
            full-frame images for TESS-SPOC) in a sector of the search. ``exact`` for a search of one sector. ``bounded`` for a range:
            the range is that of the search, and may hold sectors that were observed but not used.
        ``dv-of-fast``
            The same for 20-s data.
    """
    import polars as pl

    dv = members(products)
    if dv.is_empty():
        return None
    own = dv.select(subject="uri", kind=pl.lit("dv-set"), object="set", state=pl.lit("exact"), reason=pl.lit(IS_MEMBER))
    return Links(pl.concat([own, _sources(dv, _observed(products))]))


def _observed(products: Products) -> pl.DataFrame:
    """List the light curves and pixels: columns pipeline, tic, sector, kind (of link), object."""
    import polars as pl

    relation = pl.col("kind").replace_strict(RELATIONS, default=None, return_dtype=pl.String)
    frame = products.to_polars().select("pipeline", "tic", sector="first_sector", kind=relation, object="uri")
    return frame.drop_nulls()


def _sources(dv: pl.DataFrame, observed: pl.DataFrame) -> pl.DataFrame:
    """Join sets to data by target and pipeline, keep the sectors within the search, and give every member what its set has."""
    import polars as pl

    single = pl.col("first_sector") == pl.col("last_sector")
    sets = dv.select("set", "pipeline", "tic", "first_sector", "last_sector").unique("set", maintain_order=True)
    used = (
        sets.join(observed, on=["pipeline", "tic"], maintain_order="left_right")
        .filter(pl.col("sector").is_between("first_sector", "last_sector"))
        .select("set", "kind", "object", single=single)
    )
    return (
        dv.select("set", subject="uri")
        .join(used, on="set", maintain_order="left_right")
        .select(
            "subject",
            "kind",
            "object",
            state=pl.when("single").then(pl.lit("exact")).otherwise(pl.lit("bounded")),
            reason=pl.when("single").then(pl.lit(SINGLE)).otherwise(pl.lit(RANGE)),
        )
    )
