"""Rows of products from names of files: what a name says, when an exposure began, and which others are of the same exposure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tess_source import names
from tess_source._lazy import pl
from tess_source.hooks.records import Field
from tess_source.tables.listing import Products
from tess_source.tables.rows import polars_schema
from tess_source_ffi.times import STAMP

__all__ = ["ARCHIVE", "FIELDS", "observation_name", "products_of"]

ARCHIVE = "ffi"
SAME = 2
"""Images of one CCD that start less than this apart are of one exposure [s]: a reprocessing moved the names of some by a second."""
EXTRA = {"camera": pl.Int32, "ccd": pl.Int32, "start": pl.String, "cadence": pl.Int64, "same_as": pl.String}
_OF_CCD = (
    Field("camera", "Camera", "integer", description="camera, 1 to 4"),
    Field("ccd", "CCD", "integer", description="CCD of the camera, 1 to 4"),
)
FIELDS: Mapping[str, Sequence[Field]] = {
    "observations": _OF_CCD,
    "products": (
        *_OF_CCD,
        Field(
            "start",
            "Start",
            "string",
            "UTC",
            "start of the exposure at the spacecraft, from the name",
            "2022-09-02T18:02:05",
        ),
        Field("cadence", "Cadence", "integer", description="TICA's number of the image"),
        Field("same_as", "Same exposure", "string", description="names of other images of the same exposure"),
    ),
}
"""What this archive's tables have beside the columns of all."""
URIS = {"TICA": "mast:HLSP/tica/s{}/cam{}-ccd{}/{}"}
MISSION = "mast:TESS/product/"


def observation_name(pipeline: str, sector: pl.Expr, camera: pl.Expr, ccd: pl.Expr) -> pl.Expr:
    """Return the archive's name of the observation with all images of a CCD in a sector."""
    form = "hlsp_tica_s{}-cam{}-ccd{}" if pipeline == "TICA" else "tess-s{}-{}-{}"
    return pl.format(form, sector.cast(pl.String).str.zfill(4), camera, ccd)


def products_of(held: pl.DataFrame, kinds: Collection[str]) -> Products:
    """Return products.

    Parameters
    ----------
    held : polars.DataFrame
        `name` and `size` [bytes]. Names of other kinds, or that are not understood, are left out; a name that is there twice comes once.
    kinds : collection of str

    Returns
    -------
    Products
        Also with `camera`, `ccd`, `start` (UTC, ISO, null if the name does not tell it), `cadence` (TICA's number of the image), and
        `same_as`: the names of other images of the same exposure, with commas.
    """
    held = held.sort("size", nulls_last=True).unique("name", keep="first")
    frame = pl.concat([held.rename({"name": "filename"}), names.columns(held["name"])], how="horizontal")
    frame = frame.filter(pl.col("kind").is_in([*kinds]), pl.col("ccd").is_not_null())
    if frame.is_empty():
        return Products(pl.DataFrame(schema=polars_schema(Products) | EXTRA))
    sector = pl.col("first_sector").cast(pl.String).str.zfill(4)
    is_tica = (pl.col("pipeline") == "TICA") & (pl.col("kind") == "ffi")
    obs_id = (
        pl.when(pl.col("pipeline") == "TICA")
        .then(observation_name("TICA", *_CHIP))
        .otherwise(observation_name("SPOC", *_CHIP))
    )
    frame = frame.with_columns(
        archive=pl.lit(ARCHIVE),
        obs_id=obs_id,
        observation=obs_id,
        uri=pl.when(is_tica)
        .then(pl.format(URIS["TICA"], sector, "camera", "ccd", "filename"))
        .otherwise(MISSION + pl.col("filename")),
        start=pl.when(pl.col("kind").is_in(["ffi", "ffir"])).then(_start()),
        cadence=pl.col("filename").str.extract(r"-(\d{8})-cam").cast(pl.Int64),
    )
    return Products(_with_same(frame.sort("filename")).select(*Products.schema, *EXTRA)).sort()


_CHIP = (pl.col("first_sector"), pl.col("camera"), pl.col("ccd"))


def _start() -> pl.Expr:
    """Return the start of an exposure (UTC, ISO), from the 13 digits in its name."""
    return pl.col("timestamp").str.to_datetime("%Y%j%H%M%S", strict=False).dt.strftime(STAMP)


def _with_same(frame: pl.DataFrame) -> pl.DataFrame:
    """Return images with `same_as`."""
    chip = ("pipeline", "kind", "first_sector", "camera", "ccd")
    frame = frame.with_row_index("__row").sort(*chip, "start", "filename")
    begin = pl.col("start").str.to_datetime(STAMP).dt.epoch("s")
    frame = frame.with_columns(__new=((begin - begin.shift(1).over(chip)) >= SAME).fill_null(value=True).cum_sum())
    several = frame.filter(pl.len().over("__new") > 1).select("__row", "__new", "filename")
    pairs = several.join(several, on="__new", suffix="_other").filter(pl.col("__row") != pl.col("__row_other"))
    same = pairs.sort("__row", "filename_other").group_by("__row").agg(same_as=pl.col("filename_other").str.join(","))
    return frame.join(same, on="__row", how="left").sort("__row")
