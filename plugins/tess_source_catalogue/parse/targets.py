"""Parses target lists: those of the TESS Science Office (2 min and 20 s), and those of the high-level science products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.tables import Layout, read_rows
from tess_source_catalogue.stored import scaled, with_strange

__all__ = ["read_hlsp_targets", "read_targets"]

ALIASES: Mapping[str, Sequence[str]] = {
    "tic": ("ticid", "tic"),
    "camera": ("camera", "cam"),
    "ccd": ("ccd",),
    "tmag": ("tmag", "tessmag", "mag"),
    "ra": ("ra", "ra_deg", "ra_j2000"),
    "dec": ("dec", "dec_deg", "dec_j2000"),
    "gaia": ("gaiadr3_id", "gaia_id", "gaia_dr3_id", "gaiadr3", "gaia", "gaia_source_id"),
    "sector": ("sector",),
}
"""Our name of a column → its names in these lists; see `tess_source_catalogue.parse.tables.Layout`."""
_TYPES = {
    "tic": "Int64", "camera": "Int32", "ccd": "Int32", "tmag": "Float64", "ra": "Float64", "dec": "Float64", "gaia": "Int64",
    "sector": "Int32",
}  # fmt: skip


def _sound() -> dict[str, pl.Expr]:
    """Return which values can be, column by column."""
    return {
        "tic": (pl.col("tic") > 0).fill_null(value=False),
        "gaia": pl.col("gaia") > 0,
        "sector": pl.col("sector") > 0,
        "camera": pl.col("camera").is_between(1, 4),
        "ccd": pl.col("ccd").is_between(1, 4),
        "ra": pl.col("ra").is_between(-360, 720),
        "dec": pl.col("dec").is_between(-90, 90),
        "tmag": pl.col("tmag").is_between(-30, 50),
    }


def read_targets(path: Path, address: str) -> pl.DataFrame:
    """Read a list of 2-min or 20-s targets. Right ascensions below 0 or above 360 degrees are moved by a turn.

    Parameters
    ----------
    path : Path
        With columns ``TICID,Camera,CCD,Tmag,RA,Dec``, separated by commas or tabs; a seventh one may be ``sector``.
    address : str
        Where it is from.

    Returns
    -------
    polars.DataFrame
        `tic` (Int64), `camera`, `ccd` (Int32), `tmag`, `ra`, `dec` [deg] (see `tess_source_catalogue.stored.scaled`), and `sector` if the
        list has it. One row per star and CCD (and sector), sorted by TIC. Rows with values that cannot be are strange: see
        `tess_source_catalogue.stored.with_strange`.

    Raises
    ------
    ValueError
        If it is no such list, or most of its rows are strange.
    OSError
        If it cannot be read.
    """
    layout = Layout(ALIASES, ("tic", "camera", "ccd", "ra", "dec"), _TYPES, _sound())
    rows, strange = read_rows(path, layout)
    rows = scaled(_around(rows.drop("gaia", strict=False)))
    key = [name for name in ("tic", "sector", "camera", "ccd") if name in rows.columns]
    return with_strange(rows.unique(key, keep="last", maintain_order=True).sort(key), strange)


def read_hlsp_targets(path: Path, address: str) -> pl.DataFrame:
    """Read the target list of a high-level science product.

    Parameters
    ----------
    path : Path
        Its header is a comment, ``#TIC_ID,RA,DEC``, or ``#GAIADR3_ID,…,TIC_ID,RA,DEC``.
    address : str
        Where it is from.

    Returns
    -------
    polars.DataFrame
        `tic`, `ra`, `dec` [deg], and `gaia` if the list has it; where it has, a row may be without a TIC id. Sorted by TIC. Rows with
        values that cannot be are strange: see `tess_source_catalogue.stored.with_strange`.

    Raises
    ------
    ValueError
        If it is no such list, or most of its rows are strange.
    OSError
        If it cannot be read.
    """
    sound = _sound()
    sound["tic"] |= pl.col("gaia").is_not_null()
    rows, strange = read_rows(path, Layout(ALIASES, ("tic", "ra", "dec"), _TYPES, sound))
    keys = [name for name in ("tic", "gaia") if name in rows.columns]
    rows = rows.with_columns(tic=pl.when(pl.col("tic") > 0).then("tic"))  # 0 or -1: not in the TIC
    rows = scaled(_around(rows.select(*keys, "ra", "dec")))
    return with_strange(rows.unique(keys, keep="last", maintain_order=True).sort(keys), strange)


def _around(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with right ascensions from 0 to 360 degrees."""
    return rows.with_columns(ra=pl.col("ra") - 360 * (pl.col("ra") / 360).floor())
