"""Texts that stand in other texts, such as an obs_id in the address of its data: they are cut out of these, and share their memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from tess_source._lazy import pl
from tess_source_catalogue.patterns import FEW, Texts

__all__ = ["CutTexts", "chosen"]


def chosen(whether: pl.Series, texts: pl.Series, others: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Return texts where a mask is true, and other texts elsewhere.

    Polars copies texts when it chooses between two columns. To stack and to gather them copies none.

    Parameters
    ----------
    whether : polars.Series of bool, shape (n,)
    texts : polars.Series of str, shape (n,)
    others : callable
        Returns the texts of the rows of which the mask that it is given is true. It is not called if there are none.
    """
    if (whether := whether.fill_null(value=False)).all():
        return texts
    if not whether.any():
        return others(~whether)
    stacked = pl.concat([texts.filter(whether), others(~whether)], rechunk=True)
    return stacked.gather(pl.concat([whether.arg_true(), (~whether).arg_true()]).arg_sort())


class CutTexts:
    """Texts of rows, of a column of patterns that may stand in the patterns of a second column.

    Parameters
    ----------
    patterns, wholes : polars.Series of str, shape (n,)
    """

    def __init__(self, patterns: pl.Series, wholes: pl.Series) -> None:
        self._texts = Texts(patterns)
        self._pairs = (patterns, wholes)

    @cached_property
    def _cuts(self) -> tuple[list[tuple[int, int]], pl.Series]:
        """The characters before and after texts, each pair once, and the place among these of each pattern's. Few rows need neither."""
        cuts = [_cut(*pair) for pair in zip(*(column.to_list() for column in self._pairs), strict=True)]
        distinct = list(dict.fromkeys(cut for cut in cuts if cut))
        numbers = {cut: number for number, cut in enumerate(distinct)}
        return distinct, pl.Series([numbers[cut] if cut else None for cut in cuts], dtype=pl.UInt32)

    def of(self, places: pl.Series, rows: pl.DataFrame, wholes: pl.Series | None = None) -> pl.Series:
        """Return the text of each row, of the pattern at a place of the column.

        Parameters
        ----------
        places : polars.Series of int, shape (m,)
        rows : polars.DataFrame, shape (m, …)
            With `tic` and `gaia`.
        wholes : polars.Series of str, shape (m,), optional
            The texts of the second column.
        """
        if wholes is None or len(places) <= FEW:
            return self._texts.of(places, rows)
        return self._of(places, rows, wholes, self._cuts[1][places])

    def _of(self, places: pl.Series, rows: pl.DataFrame, wholes: pl.Series, cuts: pl.Series) -> pl.Series:
        """Cut out the most frequent of the sorts of texts, then those that are left."""
        if (usual := cuts.drop_nulls().mode().to_list()) == []:
            return self._texts.of(places, rows)
        begin, after = self._cuts[0][usual[0]]
        texts = wholes.str.slice(begin).str.head(-after) if after else wholes.str.slice(begin)
        return chosen(
            cuts == usual[0],
            texts,
            lambda left: self._of(places.filter(left), rows.filter(left), wholes.filter(left), cuts.filter(left)),
        )


def _cut(pattern: str | None, whole: str | None) -> tuple[int, int] | None:
    """Return the number of characters before and after a pattern in a second one, if these are the same for all stars."""
    if not pattern or not whole:
        return None
    before, found, after = whole.partition(pattern)
    return (len(before), len(after)) if found and "{" not in before + after else None
