"""Which of several DV sets: the words for it, and the widest set of each target."""

from __future__ import annotations

from tess_source._lazy import pl

__all__ = ["CHOICES", "widest"]

CHOICES = ("current", "widest", "all")


def widest(sets: pl.DataFrame) -> pl.Series:
    """Return the keys of the widest sets: of each target and pipeline the one with most sectors, of equals the one with the higher run.

    Parameters
    ----------
    sets : polars.DataFrame
        Columns `set`, `pipeline`, `tic`, `sector_count` (null counts as 0), `order` (the larger, the later), `first_sector` and
        `last_sector`.
    """
    keys = [pl.col("sector_count").fill_null(0), "order", "last_sector", "first_sector"]
    ranked = sets.sort(keys, descending=True, maintain_order=True)
    return ranked.unique(["pipeline", "tic"], keep="first")["set"]
