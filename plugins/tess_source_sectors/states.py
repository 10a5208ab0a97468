"""What is known of a star in a sector, and why there is no more."""

from __future__ import annotations

from functools import cache, lru_cache

from tess_source._lazy import pl

__all__ = [
    "DELIVERED", "EDGE", "FFI_ONLY", "FUTURE", "LISTED", "NOT_DELIVERED", "NO_FILE", "NO_POSITION", "OFF", "SILICON", "STATES",
    "UNKNOWN_SECTOR", "with_states",
]  # fmt: skip

DELIVERED = "delivered"
NOT_DELIVERED = "target, not delivered"
LISTED = "target"
FFI_ONLY = "on silicon, FFI only"
NO_FILE = "on silicon, no 2-min file"
SILICON = "on silicon"
EDGE = "on the unexposed edge"
OFF = "not on silicon"
FUTURE = "future"
UNKNOWN_SECTOR = "sector not known"
NO_POSITION = "no position"
STATES = {
    DELIVERED: "the archive has a 2-min or 20-s light curve",
    NOT_DELIVERED: "it is on the list of 2-min targets, but the archive has no light curve of it, or not yet",
    LISTED: "it is on the list of 2-min targets; whether the archive has its light curve was not asked, or is not known here",
    FFI_ONLY: "on the science pixels of a CCD, but not on the list of 2-min targets: full-frame images only",
    NO_FILE: "on the science pixels, and the archive has no 2-min light curve; no target list is here that says whether it was a target",
    SILICON: "on the science pixels of a CCD; whether there is a 2-min light curve was not asked, or is not known here",
    EDGE: "on the image of a CCD, but on its columns or rows that are not exposed",
    OFF: "on no CCD",
    FUTURE: "on silicon in a sector that is newer than those known here, as tess-point predicts",
    UNKNOWN_SECTOR: "where the CCDs of this sector lie is not known here",
    NO_POSITION: "where the star lies is not known",
}
"""All states, and what they mean."""
UNSURE = 1.0
"""Distance from the edge of the science pixels [arcmin] below which it is not sure on which side a star is."""


def with_states(rows: pl.DataFrame, sectors: str) -> pl.DataFrame:
    """Return rows with their `state`, and a line that says `why`.

    Parameters
    ----------
    rows : polars.DataFrame
        With `sector`, `ra`, `margin`, `known` (whether the CCDs of the sector are), `listed` (whether it is a 2-min target there; null if
        there is no list), `lc`, `fast_lc`, `hlsp` (null if no archive was asked), and perhaps `ahead` (whether only tess-point knows it).
    sectors : str
        The sectors that are known, in words.
    """
    if "ahead" not in rows.columns:
        rows = rows.with_columns(ahead=False)
    return rows.with_columns(state=_state()).with_columns(why=_why(sectors))


@cache
def _state() -> pl.Expr:
    """Return the state of a row."""
    shown = pl.col("margin").is_null() & ((pl.col("hlsp") != "") | pl.col("dv"))  # whatever its position says
    on, delivered = (pl.col("margin") >= 0) | shown, pl.col("lc") | pl.col("fast_lc")
    asked = pl.col("lc").is_not_null()
    return (
        pl.when(delivered).then(pl.lit(DELIVERED))
        .when(pl.col("listed") & asked).then(pl.lit(NOT_DELIVERED))
        .when(pl.col("listed")).then(pl.lit(LISTED))
        .when(pl.col("ahead") & ~shown.fill_null(value=False)).then(pl.lit(FUTURE))
        .when(on & ~pl.col("listed")).then(pl.lit(FFI_ONLY))
        .when(on & asked).then(pl.lit(NO_FILE))
        .when(on).then(pl.lit(SILICON))
        .when(pl.col("margin") < 0).then(pl.lit(EDGE))
        .when(pl.col("ra").is_null()).then(pl.lit(NO_POSITION))
        .when(~pl.col("known")).then(pl.lit(UNKNOWN_SECTOR))
        .otherwise(pl.lit(OFF))
    )  # fmt: skip


@lru_cache(maxsize=4)
def _why(sectors: str) -> pl.Expr:
    """Return in a line why the state is what it is."""
    light = (
        pl.when(pl.col("lc") & pl.col("fast_lc")).then(pl.lit("2-min and 20-s light curves are at the archive"))
        .when(pl.col("lc")).then(pl.lit("a 2-min light curve is at the archive"))
        .otherwise(pl.lit("a 20-s light curve is at the archive, but no 2-min one"))
    )  # fmt: skip
    said = (
        pl.when(pl.col("state") == DELIVERED).then(light)
        .when(pl.col("state") == OFF).then(pl.lit("on no CCD in ") + _sectors(sectors))
        .otherwise(pl.col("state").replace_strict(STATES, return_dtype=pl.String))
    )  # fmt: skip
    outside = pl.format("; {}′ outside the science pixels", (-pl.col("margin")).round(1))
    elsewhere = (
        pl.col("margin").is_null()
        & pl.col("ra").is_not_null()
        & ~pl.col("state").is_in([OFF, FUTURE, NO_POSITION, UNKNOWN_SECTOR])
    )
    notes = (
        pl.when(pl.col("state") == EDGE).then(outside),
        pl.when(elsewhere & pl.col("known")).then(pl.lit("; by its position it would not be on silicon")),
        pl.when(pl.col("hlsp") != "").then(pl.format("; products of {}", pl.col("hlsp"))),
        pl.when(pl.col("margin").abs() < UNSURE).then(pl.lit("; so near the edge that it is not sure")),
    )
    return pl.concat_str(said, *(note.otherwise(pl.lit("")) for note in notes))


def _sectors(known: str) -> pl.Expr:
    """Return the sector of a row in words, or all that are known if it has none."""
    every = pl.lit(f"sectors {known}")
    return pl.when(pl.col("sector").is_null()).then(every).otherwise(pl.format("sector {}", "sector"))
