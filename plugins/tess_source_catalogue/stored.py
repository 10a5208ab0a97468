"""The form in which lists are stored: small, and sorted by TIC."""

from __future__ import annotations

from tess_source import names
from tess_source._lazy import pl
from tess_source_catalogue.patterns import Texts, packed

__all__ = ["files_of", "packed_files", "scaled", "strange_names", "unscaled", "with_strange", "without_strange"]

SCALE = 10_000
"""Positions are stored as whole ten-thousandths of a degree where they have no more digits, as those of the 2-min lists."""


def packed_files(uris: pl.Series, address: str = "", pipeline: str = "") -> pl.DataFrame:
    """Return a list of files in the form in which it is stored, each file once.

    Parameters
    ----------
    uris : polars.Series of str
        Their URIs; of what has none, a text.
    address : str
        Address of the list. If its name tells of a sector and a pipeline, files of others are strange.
    pipeline : str
        Files of other pipelines are strange. Empty: those of any are not.

    Returns
    -------
    polars.DataFrame
        `tic`, `gaia` (Int64, null where the name holds none), `pattern` (see `tess_source_catalogue.patterns`), `strange` (Boolean):
        whether its name was not understood, or does not belong in such a list. Sorted by TIC.
    """
    uris = uris.drop_nulls().rename("uri").unique()
    said = names.columns(uris)
    script = names.parse(address)
    strange = (said["kind"] == "other") | ~uris.str.contains(r"^[A-Za-z][A-Za-z0-9]*:\S+$")  # a name is no address
    if script.kind == "script" and script.last_sector is not None:
        strange |= ~((said["last_sector"] == script.last_sector) & (said["pipeline"] == script.pipeline)).fill_null(
            value=False
        )
    if pipeline:
        strange |= (said["pipeline"] != pipeline).fill_null(value=True)
    patterns = packed(uris, said["tic"], said["gaia"])
    rows = pl.DataFrame([said["tic"], said["gaia"], patterns.rename("pattern"), strange.rename("strange")])
    return rows.sort("tic", "gaia", "pattern")


def files_of(rows: pl.DataFrame) -> pl.Series:
    """Return the URIs of a stored list of files, in its order."""
    places = pl.int_range(rows.height, eager=True)
    return Texts(rows["pattern"]).of(places, rows).rename("uri")


def strange_names(rows: pl.DataFrame) -> list[str]:
    """Return the names, or other texts, of a list that were not understood or do not belong in it."""
    if "strange" not in rows.columns:
        return []
    if rows.schema["strange"] == pl.String:
        return rows["strange"].drop_nulls().to_list()
    return files_of(rows.filter("strange")).str.extract(r"([^/]*/*)$").to_list()


def with_strange(rows: pl.DataFrame, strange: pl.Series) -> pl.DataFrame:
    """Return rows of a table, and below them those that are not understood: of these, there is only the text, in a column `strange`.

    They are counted and shown, and are not stored as rows: see `without_strange`.
    """
    return pl.concat([rows, strange.rename("strange").to_frame()], how="diagonal") if len(strange) else rows


def without_strange(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a table that are understood; of files, all: those that are not are stored, too."""
    if rows.schema.get("strange") != pl.String:
        return rows
    return rows.filter(pl.col("strange").is_null()).drop("strange")


def scaled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `ra` and `dec` as whole numbers, where no digit is lost by it."""
    degrees = [name for name in ("ra", "dec") if frame.schema.get(name) == pl.Float64]
    whole = {name: (frame[name] * SCALE).round() for name in degrees}
    exact = [name for name, column in whole.items() if _degrees(column).eq_missing(frame[name]).all()]
    return frame.with_columns(whole[name].cast(pl.Int32) for name in exact)


def unscaled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `ra` and `dec` in degrees; the inverse of `scaled`."""
    whole = [name for name in ("ra", "dec") if name in frame.columns and frame[name].dtype == pl.Int32]
    return frame.with_columns(_degrees(frame[name]) for name in whole) if whole else frame


def _degrees(whole: pl.Series) -> pl.Series:
    """Return whole numbers in degrees, divided by a column: polars multiplies by the inverse of a constant, which is not the same."""
    return whole.cast(pl.Float64) / pl.Series([float(SCALE)]).new_from_index(0, len(whole))
