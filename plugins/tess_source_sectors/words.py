"""The sectors of a star in a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tess_source._lazy import pl
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source_sectors.states import (
    DELIVERED,
    EDGE,
    FFI_ONLY,
    FUTURE,
    LISTED,
    NO_FILE,
    NO_POSITION,
    NOT_DELIVERED,
    OFF,
    SILICON,
    UNKNOWN_SECTOR,
)

__all__ = ["line", "lines"]

PARTS = (
    (DELIVERED, "a light curve in {}"),
    (NOT_DELIVERED, "a 2-min target in {}, of which the archive has no file, or not yet"),
    (LISTED, "a 2-min target in {}"),
    (FFI_ONLY, "on silicon in {} (FFI only: no 2-min target)"),
    (NO_FILE, "on silicon in {} (no 2-min file; no target list is here that says whether it was a target)"),
    (SILICON, "on silicon in {}"),
    (FUTURE, "predicted in {}"),
    (UNKNOWN_SECTOR, "nothing is known of {}"),
    (OFF, "not on silicon in {}"),
)
"""State, and how its sectors are said."""


def line(rows: pl.DataFrame, known: str, *, fast: bool = False) -> str:
    """Return one line about one star.

    Parameters
    ----------
    rows : polars.DataFrame
        Rows of `tess_source_sectors.table.SeenSectors` of one star.
    known : str
        The sectors that were looked at, in words.
    fast : bool
        Whether 20-s light curves were asked for alone, so that it is said if there are none.
    """

    def sectors(state: str) -> list[int]:
        return rows.filter(pl.col("state") == state)["sector"].drop_nulls().to_list()

    said = [
        words.format(_sectors(found)) + (_of_20_s(rows, fast=fast) if state == DELIVERED else "")
        for state, words in PARTS
        if (found := sectors(state))
    ]
    edges = rows.filter(pl.col("state") == EDGE).select("sector", "camera", "ccd").iter_rows()
    said += ["on the unexposed edge of S{} camera {} CCD {}".format(*edge) for edge in edges]
    if rows["state"].is_in([NO_POSITION]).any():
        said.append("where it lies is not known")
    return "; ".join(said) or f"not on silicon in {known}"


def _of_20_s(rows: pl.DataFrame, *, fast: bool) -> str:
    """Return in which sectors there are light curves of 20 s: nothing if there are none, unless it was asked."""
    both, alone = (
        rows.filter(pl.col("fast_lc") & has_slow)["sector"].to_list() for has_slow in (pl.col("lc"), ~pl.col("lc"))
    )
    said = [f"at 20 s, too, in {_sectors(both)}"] if both else []
    said += [f"at 20 s alone in {_sectors(alone)}"] if alone else []
    said += ["none at 20 s"] if fast and not said else []
    return f" ({'; '.join(said)})" if said else ""


def lines(rows: pl.DataFrame, known: str) -> Iterator[str]:
    """Yield a line about each star of a table, which names it by its TIC id, or else by its position in the question.

    A star that was asked for twice has one line.
    """
    told: set[int] = set()
    for (number, tic), part in rows.group_by("target", "tic", maintain_order=True):
        if tic is None or tic not in told:
            yield f"{f'TIC {tic}' if tic is not None else f'target {number}'}: {line(part, known)}"
        told.update([] if tic is None else [tic])


def _sectors(found: Iterable[int]) -> str:
    """Return sectors in words, e.g. ``sectors 14-15, 41``."""
    return sectors_in_words(text_of_sectors(found).replace(",", ", "))
