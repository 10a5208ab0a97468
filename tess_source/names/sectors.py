"""Sectors as text, ``1-3,5``, and back."""

from __future__ import annotations

from collections.abc import Iterable

from tess_source._lazy import pl

__all__ = [
    "LAST_SECTOR",
    "SPECIAL",
    "runs_of_sectors",
    "sectors_in_words",
    "sectors_of_text",
    "text_of_sectors",
    "texts_of_sectors",
]

MOST_DIGITS = 4
"""Of a sector, as in names."""
LAST_SECTOR = 10**MOST_DIGITS - 1
"""The last sector that names can hold."""
SPECIAL = 1000
"""Sectors from here on, such as 1751, are special pointings, and not sectors of the mission."""


def runs_of_sectors(sectors: Iterable[int]) -> list[tuple[int, int]]:
    """Return the runs of consecutive sectors.

    Parameters
    ----------
    sectors : iterable of int
        In any order; repeated ones count once.

    Returns
    -------
    list of (int, int)
        First and last sector of each run, ascending.

    Examples
    --------
    >>> runs_of_sectors((5, 1, 2, 3))
    [(1, 3), (5, 5)]
    """
    runs: list[tuple[int, int]] = []
    for sector in sorted(set(sectors)):
        if runs and sector == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], sector
        else:
            runs.append((sector, sector))
    return runs


def text_of_sectors(sectors: Iterable[int]) -> str:
    """Return sectors as short text, as the filter `sector` reads it.

    Parameters
    ----------
    sectors : iterable of int
        In any order; repeated ones count once.

    Returns
    -------
    str
        Single sectors and ranges, ascending, separated by commas; empty if there are no sectors.

    Examples
    --------
    >>> text_of_sectors((2, 5, 8, 9, 10, 11, 12))
    '2,5,8-12'
    """
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs_of_sectors(sectors))


def sectors_in_words(text: str) -> str:
    """Return a text of `text_of_sectors` in words.

    Parameters
    ----------
    text : str
        Such as ``"14"`` or ``"2,5,8-12"``.

    Returns
    -------
    str
        With *sector* or *sectors* in front.

    Examples
    --------
    >>> sectors_in_words("14"), sectors_in_words("14-16")
    ('sector 14', 'sectors 14-16')
    """
    return f"sector {text}" if text.isdigit() else f"sectors {text}"


def sectors_of_text(text: str) -> tuple[int, ...]:
    """Return the sectors that a text of `text_of_sectors` names.

    Parameters
    ----------
    text : str
        Such as ``"2,5,8-12"``; may be empty.

    Returns
    -------
    tuple of int
        In the order of the text.

    Raises
    ------
    ValueError
        If it is another text, or names a sector beyond 9999, which no name can hold.

    Examples
    --------
    >>> sectors_of_text("2,5,8-12")
    (2, 5, 8, 9, 10, 11, 12)
    """
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, dash, last = part.partition("-")
        run = range(_sector(first), _sector(last if dash else first) + 1)
        if not run:
            raise ValueError(f"{part!r} is not a range of sectors: it ends before it begins")
        found += run
    return tuple(found)


def _sector(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"there is no sector {text[:20]!r}: it has more than {MOST_DIGITS} digits")
    return int(text)


def texts_of_sectors(sectors: pl.Series) -> pl.Series:
    """Return `text_of_sectors` of each row of a column.

    Parameters
    ----------
    sectors : polars.Series
        Lists of integers.

    Returns
    -------
    polars.Series
        Of String; null where the list is null.
    """
    rows = sectors.alias("sector").to_frame().with_row_index("row")
    each = rows.explode("sector").drop_nulls().unique().sort("row", "sector")
    row, sector = pl.col("row"), pl.col("sector")
    goes_on = (row == row.shift()) & (sector == sector.shift() + 1)
    runs = each.group_by((~goes_on).fill_null(value=True).cum_sum().alias("run"), maintain_order=True)
    ends = runs.agg(row.first(), first=sector.first(), last=sector.last())
    text = pl.when(pl.col("first") == pl.col("last")).then(pl.col("first").cast(pl.String))
    texts = ends.select("row", text=text.otherwise(pl.format("{}-{}", "first", "last")))
    texts = texts.group_by("row", maintain_order=True).agg(pl.col("text").str.join(","))
    found = rows.join(texts, on="row", how="left", maintain_order="left")
    return found.select(pl.when(sector.is_not_null()).then(pl.col("text").fill_null(""))).to_series()
