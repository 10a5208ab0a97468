"""How data-validation products belong together: members to sets, sets to data, and to the sets that they supersede."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.names.vocabulary import FILES
from tess_source.tables.listing import Links, Observations
from tess_source_dv.sets.few import FEW, IS_MEMBER, RANGE, SINGLE, links_of_few
from tess_source_dv.sets.members import members, sets_among
from tess_source_dv.sets.superseded import REASONS, superseded
from tess_source_dv.sets.used import BOUNDED, EXACT, OBSERVED, candidates, known, used

if TYPE_CHECKING:
    from tess_source.tables.listing import Products

__all__ = ["KINDS", "link", "needed", "observed"]

KINDS = ("dv-set", "dv-of", "dv-of-fast", "supersedes")
"""Kinds of links made here."""
TOLD = {
    "dvr-xml": "its report says so",
    "dvt": "its time series says so",
    "target list": "the archive's target list says so",
}


def link(products: Products, exactly: pl.DataFrame | None = None) -> Links | None:
    """Return links: from data-validation products to their sets, and from sets to their data and to the sets that they supersede.

    Parameters
    ----------
    products : Products
    exactly : polars.DataFrame, optional
        Sectors that are known exactly, as `tess_source_dv.sets.used.known` gives them; without it, what names tell.

    Returns
    -------
    Links or None
        None without data-validation products. Kinds:

        ``dv-set``
            subject: URI of a product; object: key of its set (see `tess_source_dv.sets.members`); always ``exact``.
        ``dv-of``
            subject: key of a set; object: URI of a light curve or pixel file of the same target by the same pipeline (120 s for SPOC,
            full-frame images for TESS-SPOC) in a sector of the search. ``exact`` for a search of one sector, and where the sectors are
            known. ``bounded`` for a range: it is that of the search, and may hold sectors that were observed but not used.
        ``dv-of-fast``
            The same for 20-s data, which were not searched, but show the same transits.
        ``supersedes``
            subject: key of a set; object: key of an older set. ``bounded`` where it is only probable. For each older set the first is the
            one to name. See `tess_source_dv.sets.superseded`.
    """
    if exactly is None and len(products) <= FEW and (few := links_of_few(products.to_polars())) is not None:
        return Links(few) if len(few) else None
    if (dv := members(products)).is_empty():
        return None
    sets, exactly = sets_among(dv), known() if exactly is None else exactly
    within = candidates(sets, observed(products))
    own = dv.select(subject="uri", kind=pl.lit("dv-set"), object="set", state=pl.lit(EXACT), reason=pl.lit(IS_MEMBER))
    usage = used(sets, within, exactly)
    return Links(pl.concat([own, _source_links(sets, within, usage), _supersedes_links(sets, usage)], rechunk=True))


def needed(observations: Observations) -> pl.Expr:
    """Tell which observations may hold products that are linked: those of pipelines that make data-validation products."""
    pipelines = {row.pipeline for row in FILES if row.kind == "dvt"}  # others' reports belong to no run
    return pl.col("pipeline").is_null() | pl.col("pipeline").is_in(sorted(pipelines))


def observed(products: Products) -> pl.DataFrame:
    """List the light curves and pixels: columns `pipeline`, `tic`, `sector`, `kind` (of link), `object` (their URI)."""
    relation = pl.col("kind").replace_strict(OBSERVED, default=None, return_dtype=pl.String)
    frame = products.to_polars().select("pipeline", "tic", sector="first_sector", kind=relation, object="uri")
    return frame.drop_nulls().rechunk()


def _source_links(sets: pl.DataFrame, within: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    """Return the links from sets to the data of their target and pipeline in the sectors that they used or may have used."""
    of = within["id"]  # the place of a set in both tables
    data = within.hstack([sets["set"][of], *usage[["state", "source", "sectors"]][of]])
    told = (usage["state"] == EXACT) & (usage["source"] != "name")
    if told.any():
        data = data.filter(~told[of] | pl.col("sector").is_in(pl.col("sectors")))
    reasons = {"name": SINGLE, **TOLD}
    return data.select(
        subject="set",
        kind="kind",
        object="object",
        state=pl.when(pl.col("state") == EXACT).then(pl.lit(EXACT)).otherwise(pl.lit(BOUNDED)),
        reason=pl.col("source").replace_strict(reasons, default=RANGE, return_dtype=pl.String),
    )


def _supersedes_links(sets: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    """Return the links between sets: which supersedes which."""
    keys = sets["set"]
    pairs = superseded(sets, usage)
    return pairs.select(
        subject=keys.gather(pairs["by"]),
        kind=pl.lit("supersedes"),
        object=keys.gather(pairs["id"]),
        state=pl.when(pl.col("why") == "probably").then(pl.lit(BOUNDED)).otherwise(pl.lit(EXACT)),
        reason=pl.col("why").replace_strict(REASONS, return_dtype=pl.String),
    )
