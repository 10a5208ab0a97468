"""Parses MAST's tables of threshold crossing events (TCEs)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.tables import check_rows, numbers, read_table

__all__ = ["read_tces"]

ALIASES: Mapping[str, Sequence[str]] = {
    "tic": ("ticid", "tic"),
    "tce": ("tce_plnt_num", "planet_number", "tce_num"),
    "sectors": ("tce_sectors", "sectors"),
    "period": ("tce_period",),
    "period_err": ("tce_period_err",),
    "epoch": ("tce_time0bt",),
    "epoch_err": ("tce_time0bt_err",),
    "duration": ("tce_duration",),
    "duration_err": ("tce_duration_err",),
    "depth": ("tce_depth",),
    "depth_err": ("tce_depth_err",),
    "radius": ("tce_prad",),
    "radius_err": ("tce_prad_err",),
    "snr": ("tce_model_snr",),
}
"""Our name of a column → its names in these tables; see `tess_source_catalogue.parse.tables.read_table`."""


def read_tces(path: Path, address: str) -> pl.DataFrame:
    """Read a table of TCEs.

    Parameters
    ----------
    path : Path
        ``tess…_dvr-tcestats.csv``.
    address : str
        Where it is from.

    Returns
    -------
    polars.DataFrame
        `tic`, `tce`, `period`, `period_err` [d], `epoch`, `epoch_err` [BTJD], `duration`, `duration_err` [h], `depth`, `depth_err` [ppm],
        `radius`, `radius_err` [Earth radii], `snr`, `sectors` as in the table. Errors of -1 mean that there is none: null. So
        are infinite values.
        Sorted by TIC and number.

    Raises
    ------
    ValueError
        If it is no such table, or holds values that cannot be.
    OSError
        If it cannot be read.
    """
    text = read_table(path, ALIASES, ("tic", "tce", "period"))
    types = {name: "Float64" for name in ALIASES if name not in {"tic", "tce", "sectors"}}
    rows = numbers(text, {"tic": "Int64", "tce": "Int32", **types}, path.name)
    if rows["tic"].null_count() or rows["tce"].null_count():
        raise ValueError(f"{path.name} has rows without a TIC id or the number of the TCE")
    check_rows(rows, {"tic": pl.col("tic") > 0, "tce": pl.col("tce") > 0}, path.name)
    values = [name for name in types if name in rows.columns]  # of fits that did not converge, some are infinite
    rows = rows.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in values)
    errors = [name for name in values if name.endswith("_err")]
    rows = rows.with_columns(pl.when(pl.col(name) >= 0).then(name).alias(name) for name in errors)
    return rows.unique(maintain_order=True).sort("tic", "tce")
