"""Choices among what the masks have left: which of several products that say the same."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.hooks.records import Accessor, Filter
from tess_source.names.vocabulary import FILES
from tess_source.tables.among import among

from .exptime import WORDS, is_near, nominal, seconds
from .values import flag, items, text_of, whole
from .whole import OF_ALL_SECTORS
from .words import spelled_pipeline, warn_of_missing

if TYPE_CHECKING:
    from tess_source.tables.found import Found
    from tess_source.tables.listing import Products

__all__ = ["ACCESSORS", "BY_GAIA", "FILTERS", "Order"]

log: logging.Logger = logger(__name__)

DV_KINDS = ("dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
FAMILIES: Mapping[str, str] = {
    "lc": "light curve", "fast-lc": "light curve", "lc-txt": "light curve", "tp": "pixels", "fast-tp": "pixels",
}  # fmt: skip
"""Kind → family. Products of one family differ in cadence only; no choice is made among products of other kinds."""
BY_GAIA = tuple({row.pipeline: None for row in FILES if "{gaia" in row.template})
"""Pipelines that name stars by their number in Gaia."""
PIPELINES = ("SPOC", "TESS-SPOC", "QLP", "TASOC", "GSFC-ELEANOR-LITE", "TGLC")
"""Which pipeline is preferred by default: the mission's own first."""
EXPTIMES = (120.0, 20.0)
"""Which exposure time is preferred by default [s]; then the shorter."""


def _family() -> pl.Expr:
    """Return the family of each product of a star; null for all others, which are left alone."""
    family = pl.col("kind").replace_strict(FAMILIES, default=None, return_dtype=pl.String)
    return pl.when(pl.col("tic").is_not_null()).then(family)


def _latest_mask(products: Products, value: bool) -> pl.Expr:
    """Return a mask: of several runs of one search, the highest number; of two names of one product, the later time stamp."""
    if not value:
        return pl.lit(True)
    newest = pl.col("run").max().over("pipeline", "tic", "first_sector", "last_sector")
    of_search = pl.col("kind").is_in(DV_KINDS).fill_null(False)
    current = ~of_search | pl.col("run").is_null() | (pl.col("run") == newest).fill_null(False)
    return current & pl.lit(names.latest_names(products["filename"]))


def _shortest_mask(products: Products, value: bool) -> pl.Expr:
    """Return a mask: of several exposure times of one star, sector and family, the shortest."""
    if not value:
        return pl.lit(True)
    time = nominal(pl.col("exptime"))
    least = time.min().over("tic", "first_sector", "last_sector", _family())
    return _family().is_null() | time.is_null() | is_near(time, least).fill_null(False)


@dataclass(frozen=True, slots=True)
class Order:
    """An order of preference: pipelines before exposure times, then the default order."""

    pipelines: tuple[str, ...] = ()
    exptimes: tuple[float, ...] = ()
    """Nominal [s]."""

    @classmethod
    def of(cls, value: Any) -> Order | None:
        """Read True, ``"default"``, or pipelines and exposure times, best first; False is None.

        Raises
        ------
        ValueError, TypeError
            If it is none of these.
        """
        if isinstance(value, bool) or type(value).__name__ == "bool":
            return cls() if flag(value) else None
        words = items(list(value) if isinstance(value, tuple) else value)
        if words == ["default"]:
            return cls()
        pipelines, exptimes = [], []
        for word in words:
            if isinstance(word, str) and not word.isdigit() and word.lower() not in WORDS:
                pipelines.append(spelled_pipeline(word))
            else:
                exptimes.append(WORDS[word.lower()] if isinstance(word, str) and not word.isdigit() else seconds(word))
        return cls(tuple(pipelines), tuple(exptimes))

    def __str__(self) -> str:
        return ",".join([*self.pipelines, *map(text_of, self.exptimes)]) or "default"


def _one_per_sector_mask(products: Products, value: Order | None) -> pl.Series | pl.Expr:
    """Return a mask: of all light curves (and of all pixel files) of one star in one sector, the preferred one."""
    if value is None:
        return pl.lit(True)
    warn_of_missing(products, value.pipelines)
    frame = products.to_polars().with_columns(__family=_family()).with_row_index("__row")
    ranked = frame.filter(pl.col("__family").is_not_null()).with_columns(
        __pipeline=_pipeline_rank(value), __exptime=_exptime_rank(value), __text=pl.col("kind") == "lc-txt"
    )
    # the greater name has the later version; the order of the table shall not matter
    keys = ["__pipeline", "pipeline", "__exptime", "exptime", "__text", "filename", "__row"]
    ranked = ranked.sort(keys, descending=[key == "filename" for key in keys], nulls_last=True)
    return frame["__family"].is_null() | frame["__row"].is_in(among(_best_rows(ranked)))


def _best_rows(ranked: pl.DataFrame) -> pl.Series:
    """Return the rows that are preferred, of rows with the preferred first.

    A file of all sectors of a star (DIAMANTE) stands against those of all its sectors: it is taken if it is preferred to each of them, and
    then in place of them. Other files of no sector are of one that nobody tells: they stand against each other.
    """
    star, by_sector = ["tic", "__family"], ranked
    of_all = pl.col("first_sector").is_null() & pl.col("pipeline").is_in(OF_ALL_SECTORS).fill_null(False)
    taken = ranked.filter(of_all)
    if taken.height:
        first = ranked.join(taken, on=star, how="semi", maintain_order="left").unique(
            star, keep="first", maintain_order=True
        )
        taken = first.filter(of_all)
        by_sector = ranked.filter(~of_all).join(taken, on=star, how="anti", maintain_order="left")
    best = by_sector.unique([*star, "first_sector", "last_sector"], keep="first", maintain_order=True)
    _warn_of_neighbours(by_sector, best)
    return pl.concat([taken["__row"], best["__row"]])


def _warn_of_neighbours(ranked: pl.DataFrame, best: pl.DataFrame) -> None:
    """Log a warning if one was taken of several stars of Gaia that the TIC has as one: nothing tells which is meant."""
    key = ["tic", "first_sector", "last_sector", "__family", "pipeline"]
    rows = ranked.filter(pl.col("pipeline").is_in(BY_GAIA)).join(best, on=key, how="semi")
    rows = rows.with_columns(gaia=names.columns(rows["filename"])["gaia"])
    taken = rows.group_by(key).agg(pl.col("gaia").drop_nulls().n_unique()).filter(pl.col("gaia") > 1)
    if taken.height:
        log.warning(
            "%s by %s for one of several stars of Gaia that are one star of the TIC (TIC %s): the name with the largest number is taken; "
            "choose among them by name",
            *(text.number(taken.height, "light curve"), text.first(taken["pipeline"].unique().sort(), text.FEW)),
            text.first(taken["tic"].unique().sort(), text.FEW),
        )


def _pipeline_rank(order: Order) -> pl.Expr:
    ordered = dict.fromkeys(name.lower() for name in (*order.pipelines, *PIPELINES))
    ranks = {name: rank for rank, name in enumerate(ordered)}
    return pl.col("pipeline").str.to_lowercase().replace_strict(ranks, default=len(ranks), return_dtype=pl.Int32)


def _exptime_rank(order: Order) -> pl.Expr:
    times = list(dict.fromkeys((*order.exptimes, *EXPTIMES)))
    rank = pl.lit(len(times))
    for place, time in reversed(list(enumerate(times))):
        rank = pl.when(is_near(nominal(pl.col("exptime")), time)).then(place).otherwise(rank)
    return rank


def _limit_mask(products: Products, value: int) -> pl.Expr:
    return pl.int_range(pl.len()) < value


FILTERS = (
    Filter(
        "latest",
        _latest_mask,
        "of several runs of one data-validation search, only the latest (the highest run number); of two names of one product, the later",
        check=flag,
        metavar="",
        last=1,
    ),
    Filter(
        "shortest",
        _shortest_mask,
        "of several cadences of one star and sector, only the shortest",
        check=flag,
        metavar="",
        last=1,
    ),
    Filter(
        "one_per_sector",
        _one_per_sector_mask,
        "one light curve (and one pixel file) per star and sector, best first: SPOC,QLP or 20,SPOC or default",
        check=Order.of,
        metavar="ORDER",
        choices=lambda: ("default", *PIPELINES),
        last=1,
    ),
    Filter("limit", _limit_mask, "no more than the first N products", check=whole, metavar="N", last=2, most=int),
)


def one_per_sector(found: Found, prefer: Any = True) -> Found:
    """Keep one light curve, and one pixel file, of each star and sector.

    Parameters
    ----------
    found : Found
        The answer to a search.
    prefer : list of str or float, optional
        Pipelines and exposure times [s], best first, e.g. ``["SPOC", "QLP"]``; what is not named comes after these: SPOC, TESS-SPOC, QLP,
        and 120 s before 20 s. A pipeline that nobody has heard of, or several of which none is there, are logged as a warning.

    Returns
    -------
    Found

    Examples
    --------
    >>> everything = tess_source.search("TIC 16740101", kind=["lc", "fast-lc"])
    >>> len(everything), len(everything.one_per_sector(["SPOC", 120]))
    (8, 6)
    """
    return found.select(one_per_sector=prefer)


ACCESSORS = (Accessor("one_per_sector", one_per_sector, "one light curve (and one pixel file) per star and sector"),)
