"""Conversion of tables of other libraries to polars and back, without loss of nulls, masks or the width of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, pl, whole
from tess_source.errors import TableError

if TYPE_CHECKING:
    from astropy.table import Column, Table

__all__ = ["to_astropy", "to_frame"]


def to_frame(data: Any) -> pl.DataFrame:
    """Return any table as a polars frame.

    Parameters
    ----------
    data : object
        One of our tables, a polars or pandas frame, an astropy Table, QTable or Row, a mapping or a sequence of mappings.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    TableError
        If it is none of these.
    """
    if isinstance(data, pl.DataFrame):
        return data
    if hasattr(data, "to_polars"):
        return to_frame(data.to_polars())
    if hasattr(data, "colnames"):
        return _from_astropy(data)
    if hasattr(data, "to_dict") and hasattr(data, "iloc"):
        return _from_pandas(data)
    if isinstance(data, Mapping):
        data = [data]
    if (
        isinstance(data, Sequence)
        and not isinstance(data, str | bytes)
        and all(isinstance(row, Mapping) for row in data)
    ):
        return pl.DataFrame(list(data), infer_schema_length=None)
    raise TableError(
        f"{type(data).__name__} is not a table; give an astropy, pandas or polars table, or a list of dicts"
    )


def _from_astropy(data: Any) -> pl.DataFrame:
    whole("astropy")
    from astropy.table import Row, Table

    table = Table(data) if isinstance(data, Row) else data
    return pl.DataFrame([_from_column(table[name], name) for name in table.colnames])


def _from_column(column: Any, name: str) -> pl.Series:
    values = np.ma.asarray(getattr(column, "value", column))
    plain = values.tolist()
    if values.dtype.kind == "S":
        plain = [item.decode() if isinstance(item, bytes) else item for item in plain]
    if values.dtype.kind in "SU":
        return pl.Series(name, plain, dtype=pl.String)
    return pl.Series(name, plain, strict=False)


def _from_pandas(data: Any) -> pl.DataFrame:
    """Convert column by column: polars' own conversion needs pyarrow, which is not a dependency."""
    frame = data.to_frame().T if getattr(data, "ndim", 2) == 1 else data
    columns = []
    for name in frame.columns:
        values = [None if _is_missing(value) else value for value in frame[name].tolist()]
        columns.append(pl.Series(str(name), values, strict=False))
    return pl.DataFrame(columns)


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or type(value).__name__ in {"NAType", "NaTType"}
        or (isinstance(value, float) and math.isnan(value))
    )


def to_astropy(frame: pl.DataFrame) -> Table:
    """Return a polars frame as an astropy table.

    Parameters
    ----------
    frame : polars.DataFrame

    Returns
    -------
    astropy.table.Table
        Columns with nulls are masked; lists become object columns.
    """
    whole("astropy")
    from astropy.table import Table

    return Table({name: _to_column(frame[name], name) for name in frame.columns})


def _to_column(series: pl.Series, name: str) -> Column:
    whole("astropy")
    from astropy.table import Column, MaskedColumn

    if series.dtype.is_nested():
        values = np.empty(len(series), dtype=object)
        values[:] = [None if item is None else item.to_list() for item in series]
        return Column(values, name=name)
    missing = series.is_null().to_numpy()
    series = series.cast(pl.String) if series.dtype == pl.Null else series
    if series.dtype == pl.String:
        array = np.array(series.fill_null("").to_list(), dtype=str)
    else:
        array = series.fill_null(False if series.dtype == pl.Boolean else 0).to_numpy()
    return MaskedColumn(array, name=name, mask=missing) if missing.any() else Column(array, name=name)
