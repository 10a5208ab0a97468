"""Which names are of one product: a reprocessing may move the time stamp in a name by a second.

The light curves and target pixels of sector 6 were ``tess2018349182459-s0006-…`` and are ``tess2018349182500-s0006-…`` since; 298
full-frame images of sector 2 are at the archive under both names. Everything else in such names is equal. Full-frame images of one CCD are
200 s apart or more, so a few seconds never lead from one to the next.
"""

from __future__ import annotations

import re
from typing import Any

from tess_source._lazy import pl

__all__ = ["RENAMING", "latest_names", "product_numbers", "same_product"]

RENAMING = 5
"""Seconds by which the time stamps of two names of one product may differ."""

PARTS = r"^tess(?P<year>[0-9]{4})(?P<day>[0-9]{3})(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})(?P<rest>-s[0-9]{4}-.*)$"
STAMPED = r"^tess[0-9]{13}-s[0-9]{4}-"
STAMP_END = len("tess2018349182459")
UNITS = ("year", "day", "hour", "minute", "second")


def same_product(one: str, other: str) -> bool:
    """Return whether two names are of one product: they are equal, except that a reprocessing moved the time stamp by a few seconds.

    Parameters
    ----------
    one, other : str
        File names, obs_ids, or the last components of paths, URLs or MAST URIs.

    Returns
    -------
    bool
        The files may still have different bytes: of one star, sector and kind, but of different processings.
    """
    first, second = (name.replace("\\", "/").rpartition("/")[2] for name in (one, other))
    if first == second:
        return True
    parts = [re.fullmatch(PARTS, name) for name in (first, second)]
    if parts[0] is None or parts[1] is None or parts[0]["rest"] != parts[1]["rest"]:
        return False
    stamps = [_seconds(*(int(part[unit]) for unit in UNITS)) for part in parts if part]
    return bool(abs(stamps[0] - stamps[1]) <= RENAMING)


def product_numbers(names: pl.Series) -> pl.Series:
    """Return one number per name of a column; names of one product have the same number, see `same_product`.

    Parameters
    ----------
    names : polars.Series of str, shape (n,)
        File names, obs_ids, paths, URLs or MAST URIs.

    Returns
    -------
    polars.Series of UInt32, shape (n,)
        The position of the first name of the product, from 0. Names that lead from one to the next in steps of a few seconds are of one
        product. Nulls stay null.
    """
    last = pl.col("name").str.replace(r"(?s)^.*[/\\]", "")
    frame = names.cast(pl.String).alias("name").to_frame().select(last).with_row_index("row")
    rest = pl.when(pl.col("name").str.contains(STAMPED)).then(pl.col("name").str.slice(STAMP_END)).otherwise("name")
    twice = frame.with_columns(rest=rest).filter(pl.col("rest").is_duplicated() & pl.col("rest").is_not_null())
    parts = twice.with_columns(pl.col("name").str.extract_groups(PARTS).alias("parts"))
    stamp = _seconds(*(pl.col("parts").struct.field(unit).cast(pl.Int64) for unit in UNITS))
    parts = parts.select("row", "rest", stamp=stamp.fill_null(0)).sort("rest", "stamp")
    begins = (pl.col("rest") != pl.col("rest").shift()) | (pl.col("stamp").diff() > RENAMING)
    firsts = parts.select("row", first=pl.col("row").min().over(begins.fill_null(value=True).cum_sum()))
    every = frame.join(firsts, on="row", how="left", maintain_order="left")
    return every.select(number=pl.when(pl.col("name").is_not_null()).then(pl.coalesce("first", "row"))).to_series()


def latest_names(names: pl.Series) -> pl.Series:
    """Return whether each name of a column has the latest time stamp of all names of its product there, see `same_product`.

    Parameters
    ----------
    names : polars.Series of str, shape (n,)
        File names or obs_ids, without folders.

    Returns
    -------
    polars.Series of bool, shape (n,)
        True for nulls, and for all of several equal names. The name says nothing of the processing: of the light curves of sector 6, those
        with the later stamp are the later ones (``DATA_REL`` 42, not 8); for the full-frame images of sector 2 it is not documented.
    """
    frame = pl.DataFrame({"name": names.cast(pl.String), "product": product_numbers(names)})
    latest = pl.col("name") == pl.col("name").max().over("product")  # the names differ in nothing but the stamp
    return frame.select(latest.fill_null(value=True)).to_series()


def _seconds(year: Any, day: Any, hour: Any, minute: Any, second: Any) -> Any:
    """Return the seconds since the year 1, of numbers or of expressions for columns of numbers."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 + day
    return ((days * 24 + hour) * 60 + minute) * 60 + second
