"""The columns of the catalogue's tables, with their polars types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl

if TYPE_CHECKING:
    from polars._typing import SchemaDict

__all__ = ["OBSERVATIONS", "PORTAL", "PRODUCTS", "SIZES", "TARGETS", "TCES", "polars_types"]

PORTAL: Mapping[str, str] = {
    "obsid": "String", "objID": "String", "t_min": "Float64", "t_max": "Float64", "t_obs_release": "Float64", "proposal_id": "String",
    "proposal_pi": "String", "proposal_type": "String", "obs_title": "String", "target_classification": "String", "s_region": "String",
    "jpegURL": "String", "calib_level": "Int64", "dataRights": "String", "mtFlag": "Boolean", "srcDen": "Float64",
}  # fmt: skip
"""Columns of observations that only the portal's own rows know."""

OBSERVATIONS: Mapping[str, str] = {
    "archive": "String", "obs_id": "String", "observation": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
    "last_sector": "Int32", "exptime": "Float64", "pipeline": "String", "target_name": "String", "obs_collection": "String",
    "provenance_name": "String", "project": "String", "instrument_name": "String", "filters": "String", "wavelength_region": "String",
    "intentType": "String", "dataproduct_type": "String", "sequence_number": "Int64", "t_exptime": "Float64", "em_min": "Float64",
    "em_max": "Float64", "s_ra": "Float64", "s_dec": "Float64", "dataURL": "String", **PORTAL,
    "tmag": "Float64", "camera": "Int32", "ccd": "Int32",
}  # fmt: skip
"""Columns of observations: ours, the portal's under its own names, and those of the target lists."""

PRODUCTS: Mapping[str, str] = {
    "archive": "String", "obs_id": "String", "observation": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
    "last_sector": "Int32", "exptime": "Float64", "pipeline": "String", "uri": "String", "filename": "String", "size": "Int64",
    "etag": "String",
    "run": "Int32", "tce": "Int32", "obs_collection": "String", "dataproduct_type": "String", "description": "String",
    "dataURI": "String", "productFilename": "String", "productType": "String", "productGroupDescription": "String",
    "productSubGroupDescription": "String", "project": "String", "obsID": "String", "parent_obsid": "String", "proposal_id": "String",
    "tmag": "Float64", "camera": "Int32", "ccd": "Int32", "ra": "Float64", "dec": "Float64",
}  # fmt: skip
"""Columns of products: ours, the portal's under its own names where they are certain, and those of the star."""

SIZES: Mapping[str, str] = {"tic": "Int64", "uri": "String", "size": "Int64", "etag": "String"}
"""Columns of listings: exact sizes [byte], and ETags, which are sums."""

TARGETS: Mapping[str, str] = {
    "tic": "Int64", "sector": "Int32", "camera": "Int32", "ccd": "Int32", "tmag": "Float64", "ra": "Float64", "dec": "Float64",
    "exptime": "Float64", "pipeline": "String",
}  # fmt: skip
"""Columns of target lists."""

TCES: Mapping[str, str] = {
    "tic": "Int64", "tce": "Int32", "first_sector": "Int32", "last_sector": "Int32", "period": "Float64", "period_err": "Float64",
    "epoch": "Float64", "epoch_err": "Float64", "duration": "Float64", "duration_err": "Float64", "depth": "Float64",
    "depth_err": "Float64", "radius": "Float64", "radius_err": "Float64", "snr": "Float64", "sectors": "String",
}  # fmt: skip
"""Columns of tables of TCEs."""


def collection() -> pl.Expr:
    """Return the portal's collection of files, by their pipeline."""
    return pl.when(pl.col("pipeline") == "SPOC").then(pl.lit("TESS")).otherwise(pl.lit("HLSP"))


def polars_types(columns: Mapping[str, str]) -> SchemaDict:
    """Return columns with polars' own types."""
    types: dict[str, Any] = {name: getattr(pl, kind) for name, kind in columns.items()}
    return types
