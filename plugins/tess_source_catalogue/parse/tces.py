"""Parses MAST's tables of threshold crossing events (TCEs)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.parse.tables import Layout, read_rows
from tess_source_catalogue.stored import with_strange

__all__ = ["read_tces"]

ALIASES: Mapping[str, Sequence[str]] = {
    "tic": ("ticid", "tic"),
    "tce": ("tce_plnt_num", "planet_number", "tce_num"),
    "sectors": ("tce_sectors", "sectors"),
    "period": ("tce_period", "orbitalPeriodDays"),
    "period_err": ("tce_period_err", "orbitalPeriodDays_err"),
    "epoch": ("tce_time0bt", "transitEpochBtjd"),
    "epoch_err": ("tce_time0bt_err", "transitEpochBtjd_err"),
    "duration": ("tce_duration", "transitDurationHours"),
    "duration_err": ("tce_duration_err", "transitDurationHours_err"),
    "depth": ("tce_depth", "transitDepthPpm"),
    "depth_err": ("tce_depth_err", "transitDepthPpm_err"),
    "radius": ("tce_prad", "planetRadiusEarthRadii"),
    "radius_err": ("tce_prad_err", "planetRadiusEarthRadii_err"),
    "snr": ("tce_model_snr",),
}
"""Our name of a column → its names in these tables, the second ones in those of 2018 and 2019; see
`tess_source_catalogue.parse.tables.Layout`."""
_VALUES = [name for name in ALIASES if name not in {"tic", "tce", "sectors"}]
_TYPES = {"tic": "Int64", "tce": "Int32", **dict.fromkeys(_VALUES, "Float64")}


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
        are infinite values. Sorted by TIC and number. Rows without a possible id or with a text in place of a number are strange: see
        `tess_source_catalogue.stored.with_strange`.

    Raises
    ------
    ValueError
        If it is no such table, or most of its rows are strange.
    OSError
        If it cannot be read.
    """
    sound = {name: (pl.col(name) > 0).fill_null(value=False) for name in ("tic", "tce")}
    rows, strange = read_rows(path, Layout(ALIASES, ("tic", "tce", "period"), _TYPES, sound))
    values = [name for name in _VALUES if name in rows.columns]  # of fits that did not converge, some are infinite
    rows = rows.with_columns(pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in values)
    errors = [name for name in values if name.endswith("_err")]
    rows = rows.with_columns(pl.when(pl.col(name) >= 0).then(name).alias(name) for name in errors)
    return with_strange(rows.unique(maintain_order=True).sort("tic", "tce"), strange)
