"""Listing products: many observations a request, halved when that is too much for the server."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import TableError
from tess_source.names.vocabulary import FFI_TARGETS
from tess_source.settings import Settings
from tess_source.tables.listing import Observations, Products
from tess_source_mast.batches import MOST_AT_A_TIME, batches, in_parallel
from tess_source_mast.deadline import Deadline, OverloadError
from tess_source_mast.frames import frame
from tess_source_mast.guard import check_rows
from tess_source_mast.shapes import typed, unlike

if TYPE_CHECKING:
    import threading

__all__ = ["MOST_OBSERVATIONS", "list_products"]

log: logging.Logger = logger(__name__)

SERVICE = "Mast.Caom.Products"
MOST_OBSERVATIONS = 500
"""Observations in one request."""
KNOWN: Mapping[str, str] = {
    **Products.schema,
    **dict.fromkeys(("obsID", "parent_obsid", "dataURI", "productFilename", "prvversion"), "String"),
}
"""Columns that we compute with, and their polars types."""
TOLD = ("tic", "first_sector", "last_sector", "exptime", "pipeline")
"""What an observation tells of its products where their names do not."""
ENDINGS: Mapping[str, str] = {
    r"[_-]ll?c\.fits(?:\.gz)?$": "lc", r"[_-]ll?c\.txt$": "lc-txt", r"[_-]tp\.fits(?:\.gz)?$": "tp",
}  # fmt: skip
"""Ending of the name of a high-level science product, by MAST's rules for these → kind."""
TRIES_OF_A_HALF = 2
"""How often a half is tried: the whole has been tried before."""


def list_products(observations: Observations, settings: Settings, *, large: bool = False) -> Products | None:
    """List the products of those observations that are MAST's.

    Parameters
    ----------
    observations : Observations
        Joined by `obsid`, the archive's number; never by `obs_id`.
    settings : Settings
    large : bool
        Whether there may be more than `tess_source_mast.guard.MOST_ROWS` of them.

    Returns
    -------
    Products or None
        None if no observation is MAST's. Full-frame images are passed over, with a warning.

    Raises
    ------
    QueryError
        If there are too many.
    TableError
        If an observation has no obsid.
    ServiceError
        If the archive fails, or answers in part only.
    """
    ours = observations.to_polars().filter(pl.col("archive") == "mast")
    if not ours.height:
        return None
    ours = _without_images(ours.with_columns(obsid=_obsids(ours)))
    if not large:
        check_rows(ours["obsid"].n_unique(), listing=True)
    wanted = list(batches(dict.fromkeys(ours["obsid"]), MOST_OBSERVATIONS))

    def ask(batch: list[str], stop: threading.Event) -> list[_ProductPart]:
        return _product_parts(batch, settings, Deadline(settings.timeout, stop=stop))

    answers = in_parallel(ask, wanted, min(MOST_AT_A_TIME, settings.jobs), "batches")
    parts = [part for parts in answers for part in parts]
    if foreign := sum(part.foreign for part in parts):
        log.warning("%s gave %d products of observations that were not asked for; they are left out", SERVICE, foreign)
    frames = [part.rows for part in parts if part.rows.width]
    log.info("%s: %d rows", SERVICE, sum(map(len, frames)))
    if not frames:
        return Products.empty()
    found = pl.concat(frames, how="diagonal_relaxed").with_columns(archive=pl.lit("mast"))
    if "parent_obsid" in found.columns:
        found = found.with_columns(observation=pl.col("parent_obsid").cast(pl.String))
    return _with_values_of_observations(Products.of(found), ours)


def _obsids(ours: pl.DataFrame) -> pl.Series:
    """Return the archive's numbers as text, from columns of any type."""
    if "obsid" not in ours.columns:
        raise TableError("observations need a column 'obsid', the archive's number, for their products to be listed")
    column = ours["obsid"]
    if column.dtype.is_float():
        column = column.cast(pl.Int64, strict=False)
    numbers = column.cast(pl.String).str.strip_chars()
    wrong = numbers.filter(~numbers.str.contains(r"^\d+$").fill_null(value=False))
    if len(wrong):
        raise TableError(f"obsid is the archive's number of an observation, not {wrong[0]!r} (obs_id is its name)")
    return numbers


def _without_images(ours: pl.DataFrame) -> pl.DataFrame:
    """Return the observations without full-frame images, and warn of those left out."""
    tests = {
        "target_name": pl.col("target_name").is_in(FFI_TARGETS),
        "dataproduct_type": pl.col("dataproduct_type") == "image",
    }
    known = [test.fill_null(value=False) for name, test in tests.items() if name in ours.columns]
    if not known:
        return ours
    images = ours.filter(pl.any_horizontal(known))
    if images.height:
        log.warning(
            "the products of %s of full-frame images are not listed (%s): there are thousands in each; "
            "to find them, ask for kind 'ffi', and for the pixels around a target for kind 'cutout'",
            *(text.number(images.height, "observation"), text.first(images["obs_id"], text.FEW)),
        )
    return ours.filter(~pl.any_horizontal(known))


@dataclass(frozen=True, slots=True)
class _ProductPart:
    """The products of some observations, and the number of rows that were not asked for."""

    rows: pl.DataFrame
    foreign: int


def _product_parts(obsids: list[str], settings: Settings, deadline: Deadline) -> list[_ProductPart]:
    """Return the products of observations, asked for at once or, if that is too much for the server, half by half."""
    from tess_source_mast.portal import portal

    deadline = replace(deadline, parts=len(obsids) > 1)
    try:
        pages = portal(settings).ask(SERVICE, {"obsid": ",".join(obsids)}, settings, deadline)
    except OverloadError as error:
        if len(obsids) == 1:
            raise
        middle = len(obsids) // 2
        log.warning("%s; asking for %d observations at a time", error, middle)
        deadline = replace(deadline, tries=TRIES_OF_A_HALF)
        return [
            part for half in (obsids[:middle], obsids[middle:]) for part in _product_parts(half, settings, deadline)
        ]
    found = typed(SERVICE, frame(SERVICE, pages), KNOWN, needed=("dataURI",), keys=("obsID", "parent_obsid"))
    return [_rows_of_parents(found, obsids)]


def _rows_of_parents(found: pl.DataFrame, obsids: Sequence[str]) -> _ProductPart:
    """Return the products of the observations that were asked for: servers have given others (astroquery issue 1917)."""
    if "parent_obsid" not in found.columns:
        return _ProductPart(found, 0)
    known = found.filter(pl.col("parent_obsid").is_in(list(obsids)))
    if found.height and not known.height:
        asked, given = (text.first(numbers, text.FEW) for numbers in (obsids, found["parent_obsid"].unique()))
        raise unlike(SERVICE, f"asked for the products of {asked}, it gave those of {given} only")
    return _ProductPart(known, found.height - known.height)


def _with_values_of_observations(products: Products, observations: pl.DataFrame) -> Products:
    """Return products with `ra` and `dec` [deg] of their observation, and of what their names do not say, see `TOLD`."""
    parent = next((name for name in ("parent_obsid", "obsID") if name in products.columns), None)
    if parent is None:
        return products
    frame = observations.unique("obsid", keep="first", maintain_order=True)
    places = [
        (pl.col(theirs).cast(pl.Float64, strict=False) if theirs in frame.columns else pl.lit(None, pl.Float64)).alias(
            ours
        )
        for ours, theirs in (("ra", "s_ra"), ("dec", "s_dec"))
    ]
    values = frame.select("obsid", *places, *(pl.col(name).alias(f"__{name}") for name in TOLD))
    own = products.to_polars().drop("ra", "dec", strict=False)
    found = own.join(values, left_on=parent, right_on="obsid", how="left", maintain_order="left")
    filled = found.with_columns(
        *(pl.coalesce(name, f"__{name}").alias(name) for name in TOLD), kind=_kind_of_series(found.columns)
    )
    return Products(filled.drop(f"__{name}" for name in TOLD))


def _kind_of_series(columns: Sequence[str]) -> pl.Expr:
    """Return the kind of products: where a name is strange, the ending says what a time series of another pipeline is."""
    if not {"obs_collection", "dataproduct_type"} <= {*columns}:
        return pl.col("kind")
    series = (pl.col("obs_collection") == "HLSP") & (pl.col("dataproduct_type") == "timeseries")
    kind = pl.col("kind")
    for ending, meant in ENDINGS.items():
        strange = (pl.col("kind") == "other") & series & pl.col("filename").str.to_lowercase().str.contains(ending)
        kind = pl.when(strange).then(pl.lit(meant)).otherwise(kind)
    return kind
