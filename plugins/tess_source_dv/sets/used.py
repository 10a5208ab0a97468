"""What is known of the sectors that each set really used, and from where.

A claim about sectors has one of three states: ``exact``; ``bounded``: the range is that of the search, the candidates are the observed
sectors within it; ``unknown``: a range, and nothing is listed that was observed within it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


__all__ = ["BOUNDED", "EXACT", "SOURCES", "UNKNOWN", "candidates", "known", "used"]

EXACT, BOUNDED, UNKNOWN = "exact", "bounded", "unknown"
SOURCES = ("dvr-xml", "dvt", "target list")
"""Where exact sectors come from, besides the name of a search of one sector; the first that has them is used."""
OBSERVED = {"lc": "dv-of", "tp": "dv-of", "fast-lc": "dv-of-fast", "fast-tp": "dv-of-fast"}
"""Kind of product → kind of link. The searches run on 120-s data; 20-s data of the same sectors show the same transits."""


def known(rows: Iterable[tuple[str, Sequence[int], str]] = ()) -> pl.DataFrame:
    """Return the table of sectors that are known exactly.

    Parameters
    ----------
    rows : iterable of (set, sectors, source)
        Key of a set, the sectors that it used, and one of `SOURCES`.

    Returns
    -------
    polars.DataFrame
        Columns `set` (String), `sectors` (list of Int32, ascending), `source` (String): one row per set, from the first source
        that has them. Rows without sectors are left out.
    """
    schema: dict[str, Any] = {"set": pl.String, "sectors": pl.List(pl.Int32), "source": pl.String}
    given = sorted((row for row in rows if len(row[1])), key=lambda row: SOURCES.index(row[2]))
    if not given:
        return pl.DataFrame(schema=schema)
    frame = pl.DataFrame([(key, sorted(set(s)), source) for key, s, source in given], schema=schema, orient="row")
    return frame.unique("set", keep="first", maintain_order=True)


def candidates(sets: pl.DataFrame, observed: pl.DataFrame) -> pl.DataFrame:
    """Return, for each set, the light curves and pixels of its target and pipeline in the range of its search.

    Parameters
    ----------
    sets : polars.DataFrame
        As `tess_source_dv.sets.members.sets_among` gives it.
    observed : polars.DataFrame
        As `tess_source_dv.sets.links.observed` gives it.

    Returns
    -------
    polars.DataFrame
        Columns `id` (of the set), `sector`, `kind` (of link), `object`: in the order of the sets.
    """
    ranges = sets[["id", "pipeline", "tic", "first_sector", "last_sector"]]
    rows = ranges.join(observed, on=["pipeline", "tic"], maintain_order="left_right")
    return rows.filter(pl.col("sector").is_between("first_sector", "last_sector"))[["id", "sector", "kind", "object"]]


def used(sets: pl.DataFrame, within: pl.DataFrame, exactly: pl.DataFrame) -> pl.DataFrame:
    """Return, for each set, the sectors that it used or may have used.

    Parameters
    ----------
    sets : polars.DataFrame
        As `tess_source_dv.sets.members.sets_among` gives it.
    within : polars.DataFrame
        As `candidates` gives it.
    exactly : polars.DataFrame
        As `known` gives it.

    Returns
    -------
    polars.DataFrame
        One row per set, in the same order: `id`, `sectors` (list of Int32, ascending; null if unknown), `state` and `source`.
    """
    ranges = sets[["id", "set", "first_sector", "last_sector"]]
    several = (sets["first_sector"] < sets["last_sector"])[within["id"]]  # ids are places
    seen = within[["id", "sector"]].filter(several & (within["kind"] == "dv-of")).unique()
    seen = seen.group_by("id").agg(pl.col("sector").sort().alias("candidates"))
    single = pl.col("first_sector") == pl.col("last_sector")
    itself = pl.concat_list("first_sector").cast(pl.List(pl.Int32))
    if exactly.is_empty():
        joined = ranges.with_columns(pl.lit(None, exactly.schema[name]).alias(name) for name in ("sectors", "source"))
    else:
        joined = ranges.join(exactly.rechunk(), on="set", how="left", maintain_order="left")
    joined = joined.join(seen, on="id", how="left", maintain_order="left")
    is_exact = single | pl.col("sectors").is_not_null()
    observed_some = pl.col("candidates").is_not_null()
    return joined.select(
        "id",
        sectors=pl.when(single).then(itself).otherwise(pl.coalesce("sectors", "candidates")),
        state=pl.when(is_exact)
        .then(pl.lit(EXACT))
        .when(observed_some)
        .then(pl.lit(BOUNDED))
        .otherwise(pl.lit(UNKNOWN)),
        source=pl.when(single)
        .then(pl.lit("name"))
        .when(is_exact)
        .then("source")
        .when(observed_some)
        .then(pl.lit("observed in range"))
        .otherwise(pl.lit("range")),
    )
