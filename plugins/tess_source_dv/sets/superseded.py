"""Which sets are superseded, by which, and why.

MAST keeps every run and marks none as obsolete. Two rules, both within one pipeline and target:

- *The same search again.* Of sets over the same range, the one with the highest run number is current.
- *Subsumed.* A set is subsumed by one of a higher run number that used all its sectors. It is a convention, widespread and sensible, not
  a statement of SPOC's. Where the sectors of either are only bounded it is probable: every sector that the one may have used lies within
  the range of the other.

In all runs that we know, run numbers grow with the date of processing, over all searches alike; this is not documented. TESS-SPOC has
versions instead; equal ones supersede nothing.
"""

from __future__ import annotations

from tess_source._lazy import pl

__all__ = ["REASONS", "superseded"]

REASONS = {
    "again": "later run of the same search",
    "subsumed": "later run with all these sectors",
    "probably": "probably: later run over a range with all these sectors",
}
"""Short word → reason."""


def superseded(sets: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Return all pairs of sets of which one supersedes the other.

    Parameters
    ----------
    sets : polars.DataFrame
        As `tess_source_dv.sets.members.sets_among` gives it.
    used : polars.DataFrame
        As `tess_source_dv.sets.used.used` gives it.

    Returns
    -------
    polars.DataFrame
        Columns `id` (of the older set), `by` (of the newer), `why` (a key of `REASONS`). By older set, later runs first; the first of
        several is the one to name: the latest run of the same search, else the latest run of all that subsume it.
    """
    first, last = pl.col("first_sector"), pl.col("last_sector")
    slim = sets.hstack([used["sectors"], used["state"]]).select(
        "id", "pipeline", "tic", "first_sector", "last_sector", "order",
        exact=pl.col("state") == "exact",
        lo=pl.coalesce(pl.col("sectors").list.first(), first),
        hi=pl.coalesce(pl.col("sectors").list.last(), last),
    )  # fmt: skip
    newer = slim.clone()
    newer.columns = ["by", "pipeline", "tic", "from_", "to", "by_order", "by_exact", "by_lo", "by_hi"]
    again = (first == pl.col("from_")) & (last == pl.col("to"))
    # What is not known exactly may have used all of its range; what is known, nothing outside of its first and last sector.
    least = pl.when("by_exact").then("by_lo").otherwise("from_")
    most = pl.when("by_exact").then("by_hi").otherwise("to")
    pairs = (
        slim.join(newer, on=["pipeline", "tic"])
        .filter((pl.col("by_order") > pl.col("order")) & (again | ((pl.col("lo") >= least) & (pl.col("hi") <= most))))
        .select("id", "order", "by", "by_order", again=again, sure=pl.col("exact") & pl.col("by_exact"), by_exact="by_exact",
                width=pl.col("to") - pl.col("from_"))
    )  # fmt: skip
    pairs = _without_refuted(pairs, used)
    why = pl.when("again").then(pl.lit("again")).when("sure").then(pl.lit("subsumed")).otherwise(pl.lit("probably"))
    keys = ["order", "id", "again", "by_order", "width", "by"]
    pairs = pairs.sort(keys, descending=[True, False, True, True, True, False])
    return pairs.select("id", "by", why=why)


def _without_refuted(pairs: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs without those whose newer set is known not to have used all sectors of the older."""
    doubtful = ~pl.col("again") & pl.col("by_exact")
    rest = pairs.filter(doubtful)
    if rest.is_empty():
        return pairs
    clear = pairs.filter(~doubtful)
    sectors = used.select("id", "sectors")
    rest = rest.join(sectors, on="id", how="left").join(
        sectors.rename({"id": "by", "sectors": "theirs"}), on="by", how="left"
    )
    missing = pl.col("sectors").list.set_difference("theirs").list.len()
    return pl.concat([clear, rest.filter((missing == 0).fill_null(False)).select(clear.columns)])
