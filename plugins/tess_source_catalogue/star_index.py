"""An index of the stars of many target lists: it tells which lists a star is on, and the others need not be read.

To make it takes as long as a few questions without it, so it is made when the same lists are asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache

from tess_source._lazy import pl
from tess_source_catalogue.folder import ListFile

__all__ = ["lists_of_stars"]

FEW_STARS = 100
"""Most stars that are looked up; more are on most lists."""
MANY_LISTS = 12
"""Fewest lists among which they are looked up."""


class _StarIndex:
    """Which stars are on which lists."""

    def __init__(self, files: Sequence[ListFile]) -> None:
        self.files = files
        self.questions = 0

    @cached_property
    def rows(self) -> pl.DataFrame | None:
        """Sorted by `tic`, with `list`: the place of a list. None if a list is damaged: whoever reads the lists is told."""
        lists = [
            pl.scan_parquet(file.path).select("tic", list=pl.lit(place, pl.UInt16))
            for place, file in enumerate(self.files)
        ]
        try:
            return pl.concat(pl.collect_all(lists)).drop_nulls().sort("tic")
        except FileNotFoundError:
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            return None

    def lists_of(self, tics: pl.Series) -> Sequence[ListFile]:
        """Return the lists that stars are on."""
        if (rows := self.rows) is None:
            return self.files
        column, places = rows["tic"], set[int]()
        for tic in tics.to_list():
            begin, end = (int(column.search_sorted(tic, side)) for side in ("left", "right"))
            places.update(rows["list"][begin:end].to_list())
        return [self.files[place] for place in sorted(places)]


@lru_cache(maxsize=4)
def _index_of(files: tuple[ListFile, ...]) -> _StarIndex:
    return _StarIndex(files)


def lists_of_stars(files: Sequence[ListFile], tics: pl.Series) -> Sequence[ListFile]:
    """Return the lists that may have rows of stars: all at the first question to these lists, later those that have.

    Raises
    ------
    FileNotFoundError
        If an update has just replaced one of them.
    """
    if len(files) < MANY_LISTS or len(tics) > FEW_STARS:
        return files
    index = _index_of(tuple(files))
    index.questions += 1
    return files if index.questions == 1 else index.lists_of(tics)
