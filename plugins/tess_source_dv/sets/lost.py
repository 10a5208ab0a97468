"""What a superseding set lost: TCEs of the older one that the newer has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source_dv.candidates.matching import match

if TYPE_CHECKING:
    from tess_source_dv.read.tces import TCEs

__all__ = ["lost"]


def lost(sets: pl.DataFrame, tces: TCEs | None = None) -> pl.Series:
    """Return, for each superseded set, the TCEs that the superseding set does not have.

    Parameters
    ----------
    sets : polars.DataFrame
        Columns `set`, `superseded_by` (keys) and `tces` (their number; null if unknown).
    tces : TCEs, optional
        From the reports that were read.

    Returns
    -------
    polars.Series
        Of String, one per row. Where the reports of both were read: the lost TCEs with their periods, e.g. ``"TCE 2 (3.6904 d)"``, or
        ``"nothing"``. Else, if the newer set has fewer: how many there are at least. Null where nothing is known or nothing superseded.
    """
    counts = sets.select(superseded_by="set", left="tces").rechunk()
    joined = sets.rechunk().join(counts, on="superseded_by", how="left", maintain_order="left")
    fewer = pl.col("tces") - pl.col("left")
    by_count = joined.select(pl.when(fewer > 0).then(pl.format("at least {} of {} TCEs", fewer, "tces"))).to_series()
    if tces is None or not len(tces):
        return by_count.rename("lost")
    compared = _lost_by_ephemeris(sets, tces)
    return pl.Series(
        "lost",
        [compared.get(key, counted) for key, counted in zip(sets["set"], by_count, strict=True)],
        dtype=pl.String,
    )


def _lost_by_ephemeris(sets: pl.DataFrame, tces: TCEs) -> dict[str, str]:
    """Return what was lost, by set, for the sets of which both reports were read; TCEs are compared by ephemeris."""
    read = set(tces["set"].drop_nulls())
    pairs = sets.filter(pl.col("set").is_in(list(read)) & pl.col("superseded_by").is_in(list(read)))
    if pairs.is_empty():
        return {}
    candidates: dict[str, dict[int, tuple[int, float | None]]] = {}
    for row in match(tces.where(pl.col("set").is_not_null())):
        if row["tce"] is not None:
            candidates.setdefault(row["set"], {})[row["candidate"]] = row["tce"], row["period"]
    found = {}
    for older, newer in pairs.select("set", "superseded_by").iter_rows():
        gone = [told for number, told in candidates[older].items() if number not in candidates[newer]]
        found[older] = ", ".join(_text_of_tce(*told) for told in sorted(gone, key=lambda told: told[0])) or "nothing"
    return found


def _text_of_tce(number: int, period: float | None) -> str:
    return f"TCE {number}" + (f" ({period:.6g} d)" if period is not None else "")
