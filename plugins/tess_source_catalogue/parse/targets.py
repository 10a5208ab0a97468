"""Parses target lists: those of the TESS Science Office (2 min and 20 s), and those of the high-level science products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.tables import check_rows, numbers, read_table
from tess_source_catalogue.stored import scaled

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
"""Our name of a column → its names in these lists; see `tess_source_catalogue.parse.tables.read_table`."""
_TYPES = {
    "tic": "Int64", "camera": "Int32", "ccd": "Int32", "tmag": "Float64", "ra": "Float64", "dec": "Float64", "gaia": "Int64",
    "sector": "Int32",
}  # fmt: skip


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
        list has it. One row per star and CCD (and sector), sorted by TIC.

    Raises
    ------
    ValueError
        If it is no such list, or holds values that cannot be.
    OSError
        If it cannot be read.
    """
    rows = _read(path, ("tic", "camera", "ccd", "ra", "dec"))
    if rows["tic"].null_count():
        raise ValueError(f"{path.name} has rows without a TIC id")
    key = [name for name in ("tic", "sector", "camera", "ccd") if name in rows.columns]
    return scaled(rows.drop("gaia", strict=False)).unique(key, keep="last", maintain_order=True).sort(key)


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
        `tic`, `ra`, `dec` [deg], and `gaia` if the list has it; where it has, a row may be without a TIC id. Sorted by TIC.

    Raises
    ------
    ValueError
        If it is no such list, or holds values that cannot be.
    OSError
        If it cannot be read.
    """
    rows = _read(path, ("tic", "ra", "dec"))
    keys = [name for name in ("tic", "gaia") if name in rows.columns]
    rows = scaled(rows.select(*keys, "ra", "dec"))
    if rows.select(pl.all_horizontal([pl.col(name).is_null() for name in keys]).any()).item():
        raise ValueError(f"{path.name} has rows without an id")
    return rows.unique(keys, keep="last", maintain_order=True).sort(keys)


def _read(path: Path, needed: Sequence[str]) -> pl.DataFrame:
    rows = numbers(read_table(path, ALIASES, needed), _TYPES, path.name)
    if "gaia" in rows.columns:
        rows = rows.with_columns(tic=pl.when(pl.col("tic") > 0).then("tic"))  # 0 or -1: not in the TIC
    sound = {name: pl.col(name) > 0 for name in ("tic", "gaia", "sector")}
    sound |= {name: pl.col(name).is_between(1, 4) for name in ("camera", "ccd")}
    sound |= {"ra": pl.col("ra").is_between(-360, 720), "dec": pl.col("dec").is_between(-90, 90)}
    sound |= {"tmag": pl.col("tmag").is_between(-30, 50)}
    check_rows(rows, sound, path.name)
    around = pl.col("ra") - 360 * (pl.col("ra") / 360).floor()
    return rows.with_columns(ra=around).select(name for name in ALIASES if name in rows.columns)
