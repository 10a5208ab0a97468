"""Reads the portal's own observation rows, as an update has fetched them."""

from __future__ import annotations

from pathlib import Path

from tess_source._lazy import pl
from tess_source_catalogue.columns import PORTAL, polars_types
from tess_source_catalogue.stored import with_strange

__all__ = ["read_observations"]

KEYS = {
    "tic": "Int64", "first_sector": "Int32", "last_sector": "Int32", "exptime": "Float64", "pipeline": "String", "obs_id": "String",
    "s_ra": "Float64", "s_dec": "Float64",
}  # fmt: skip


def read_observations(path: Path, address: str) -> pl.DataFrame:
    """Read rows of observations of stars; those of full-frame images are left out.

    Parameters
    ----------
    path : Path
        A Parquet file of `tess_source.tables.listing.Observations`.
    address : str
        Where it is from.

    Returns
    -------
    polars.DataFrame
        `tic`, `first_sector`, `last_sector`, `exptime`, `pipeline`, `obs_id`, `s_ra`, `s_dec`, and the columns of
        `tess_source_catalogue.columns.PORTAL`, null where the portal did not give them. Sorted by TIC.
        Rows whose obs_id is not understood are strange: see `tess_source_catalogue.stored.with_strange`.

    Raises
    ------
    ValueError
        If it is no such file.
    OSError
        If it cannot be read.
    """
    wanted = polars_types({**KEYS, **PORTAL})
    try:
        rows = pl.read_parquet(path)
        missing = [name for name in (*KEYS, "kind") if name not in rows.columns]
        if missing:
            raise ValueError(f"{path.name} has no columns {', '.join(missing)}: it has no rows of observations")
        columns = [
            (pl.col(name).cast(kind) if name in rows.columns else pl.lit(None, kind)).alias(name)
            for name, kind in wanted.items()
        ]
        strange = rows.filter(pl.col("kind").fill_null("other") == "other")["obs_id"].fill_null(
            "a row without an obs_id"
        )
        known = rows.filter(pl.col("kind") != "other", pl.col("tic").is_not_null())
        return with_strange(known.select(columns).sort("tic", "last_sector", "first_sector", "exptime"), strange)
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"{path.name} has no rows of observations: {error}") from error
