"""Which of many target lists stars are on: the others need not be read.

To read the stars of all lists takes as long as a few questions without them, so it is done when the same lists are asked again.
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


class _Stars:
    """The stars of lists, in the order of their TIC ids."""

    def __init__(self, files: Sequence[ListFile]) -> None:
        self.files = files
        self.questions = 0

    @cached_property
    def rows(self) -> pl.DataFrame | None:
        """`tic`, and `list`: the place of a list. None if a list is damaged: whoever reads the lists is told."""
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
def _stars_of(files: tuple[ListFile, ...]) -> _Stars:
    return _Stars(files)


def lists_of_stars(files: Sequence[ListFile], tics: pl.Series) -> Sequence[ListFile]:
    """Return the lists that may have rows of stars: once lists are asked again, those that do.

    Raises
    ------
    FileNotFoundError
        If an update has just replaced one of them.
    """
    if len(files) < MANY_LISTS or len(tics) > FEW_STARS:
        return files
    stars = _stars_of(tuple(files))
    stars.questions += 1
    return files if stars.questions == 1 else stars.lists_of(tics)
