"""What was read for the last question: next, the files of its observations are listed, all at once or some stars at a time."""

from __future__ import annotations

from functools import lru_cache

from tess_source._lazy import pl
from tess_source.tables.listing import FEW_ROWS
from tess_source_catalogue.folder import PresentLists
from tess_source_catalogue.found_rows import FoundRows

__all__ = ["Answered", "recent", "rows_of"]

FEW = 1000
"""Observations that are looked up in Python, which takes less time than operations on columns."""
KEPT = 100_000
"""Rows that are kept until the next question. Of more, only until the files of the last star are listed."""
_IDENTITY = ("obs_id", "kind", "first_sector", "last_sector", "pipeline", "dataURL")


class Answered:
    """Observations that were found, and the rows of which they were made.

    Parameters
    ----------
    found : FoundRows
        In the order of the observations.
    observations : polars.DataFrame
        They are not kept. Hashes tell them again, since texts would need ten times the memory.
    """

    def __init__(self, found: FoundRows, observations: pl.DataFrame) -> None:
        self.found: FoundRows = found
        self.height: int = observations.height
        few = self.height <= FEW
        self._places = {key: place for place, key in enumerate(_identities(observations))} if few else {}
        self._hashes = pl.Series(dtype=pl.UInt64) if few else observations[[*_IDENTITY]].hash_rows()
        self._tics = pl.Series(dtype=pl.Int64) if few else observations["tic"]

    def rows_of(self, observations: pl.DataFrame) -> FoundRows | None:
        """Return the rows of observations, in their order; None if one of them was not found, or cannot be told from another one."""
        places = self._places_of_few(observations) if self.height <= FEW else self._places_of_many(observations)
        return None if places is None else FoundRows(self.found.rows[places], self.found.bundles)

    def is_last(self, observations: pl.DataFrame) -> bool:
        """Return whether the last star is among those of observations."""
        return bool(observations["tic"].tail(1).eq_missing(self._tics.tail(1)).all())

    def _places_of_few(self, observations: pl.DataFrame) -> list[int] | None:
        wanted = [self._places[key] for key in _identities(observations) if key in self._places]
        return wanted if len(self._places) == self.height and len(wanted) == observations.height else None

    def _places_of_many(self, observations: pl.DataFrame) -> slice | pl.Series | None:
        """Find observations among those of their stars, which are usually the same ones."""
        hashes, begin, end = observations[[*_IDENTITY]].hash_rows(), *self._stars(observations["tic"])
        among = self._hashes[begin:end]
        if hashes.equals(among):
            return slice(begin, end)
        known = pl.DataFrame({"hash": among}).with_row_index("place", begin)
        found = pl.DataFrame({"hash": hashes}).join(known, on="hash", how="left", maintain_order="left")["place"]
        return found if len(found) == len(hashes) and not found.null_count() else None

    def _stars(self, tics: pl.Series) -> tuple[int, int]:
        """Return where the first of the stars begins and the last one ends. Few rows are not sorted; those without a TIC id come last."""
        if self.height < FEW_ROWS:
            return 0, self.height
        known = self._tics.head(self.height - self._tics.null_count())
        ends = pl.Series([tics.min(), tics.max()], dtype=pl.Int64)
        begin, end = known.len(), self.height
        if ends[0] is not None:
            begin = int(known.search_sorted(ends[:1], side="left")[0])
        if not tics.null_count():
            end = int(known.search_sorted(ends[1:], side="right")[0])
        return begin, end


@lru_cache(maxsize=8)
def recent(lists: PresentLists) -> list[Answered]:
    """Return what was read of these lists for the last question to them: a list of one, at most."""
    del lists
    return []


def rows_of(observations: pl.DataFrame, read: list[Answered]) -> FoundRows | None:
    """Return the rows of observations if they were found by the last question. Many rows are forgotten with the last star."""
    answered = read[:1]
    if not answered or not {*_IDENTITY, "tic"} <= {*observations.columns}:
        return None
    rows = answered[0].rows_of(observations)
    if answered[0].height > KEPT and answered[0].is_last(observations) and read[:1] == answered:
        read.clear()
    return rows


def _identities(observations: pl.DataFrame) -> list[tuple[object, ...]]:
    return observations[[*_IDENTITY]].rows()
