"""Rows and tables of any library as rows of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tess_source._lazy import np
from tess_source.targets.columns import Columns, is_missing, plain_column
from tess_source.targets.target import Target

__all__ = ["cells_of", "row_of", "rows_of_table"]

_NARROW = {"float16", "float32"}


def row_of(value: Any) -> Any:
    """Return the target of a single row, None if the value is no row.

    Parameters
    ----------
    value : object
        A mapping, a named tuple, a dataclass, a record of numpy, a row of astropy, pandas or a database.

    Returns
    -------
    object
        As `Columns.target`.

    Raises
    ------
    QueryError
        If none of its fields holds a target; the message names them.
    """
    fields = _fields(value)
    if fields is None or any(map(_is_column, fields.values())):
        return None
    return Columns.of(fields, f"this row ({type(value).__name__})").target(fields)


def rows_of_table(value: Any) -> Iterator[Any] | None:
    """Return the targets of the rows of a table (ours, astropy, pandas, polars, pyarrow, a structured array, a mapping of columns).

    Parameters
    ----------
    value : object

    Returns
    -------
    iterator of object, or None
        As `Columns.target`; None if the value is no table.

    Raises
    ------
    QueryError
        If none of its columns holds targets; the message names them.
    """
    table = value.collect() if hasattr(value, "collect_schema") and hasattr(value, "collect") else value
    if hasattr(table, "reset_index") and getattr(table, "ndim", 0) == 2 and any(table.index.names):
        table = table.reset_index()
    names = _column_names(table)
    if names is None:
        return None
    if (places := _coordinates(table)) is not None and Columns.among(names) is None:
        return iter([places])
    columns = Columns.of(names, "the table")
    cells = {name: list(cells_of(table[name])) for name in columns.used}
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    columns.check_ids(rows)
    return map(columns.target, rows)


def cells_of(column: Any) -> Any:
    """Return the cells of a column, of the column's own precision and unit."""
    if hasattr(column, "to_pylist"):
        column = column.to_pylist()
    dtype = getattr(column, "dtype", None)
    if str(getattr(dtype, "name", dtype)).lower() in _NARROW and not hasattr(column, "to_value"):
        return (cell if is_missing(cell) else np.float32(cell) for cell in column)
    unit = getattr(column, "unit", None)
    if unit is None or hasattr(column, "to_value") or str(unit) == "deg":
        return column
    return (cell if is_missing(cell) or isinstance(cell, str) else cell * unit for cell in column)


def _fields(value: Any) -> Mapping[str, Any] | None:
    """Return the fields of a row by name; None if the value has none."""
    if isinstance(value, Mapping):
        return {str(name): item for name, item in value.items()}
    if hasattr(value, "_fields") and hasattr(value, "_asdict"):  # a named tuple
        return dict(zip(value._fields, value, strict=True))
    if hasattr(value, "__dataclass_fields__") and type(value) not in {type, Target}:
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if hasattr(value, "iloc"):
        return dict(value.items()) if _is_pandas_row(value) else None
    names = _names_of_record(value)
    return {str(name): value[name] for name in names} if names else None


def _names_of_record(value: Any) -> Sequence[str]:
    """Return the names of the fields of a record of numpy, a row of astropy, or a row of a database."""
    if getattr(value, "shape", None) == ():
        return getattr(value.dtype, "names", None) or ()
    if hasattr(value, "colnames"):
        return value.colnames if hasattr(value, "table") else ()
    is_row = callable(getattr(value, "keys", None)) and hasattr(value, "__getitem__") and not hasattr(value, "columns")
    return list(value.keys()) if is_row else ()


def _is_pandas_row(series: Any) -> bool:
    """Return whether a Series of pandas is a row of a frame, with the names of columns for its index."""
    if getattr(series, "ndim", 0) != 1 or plain_column(series.name) in _COLUMN_NAMES or series.index.name is not None:
        return False
    return len(series) > 0 and all(isinstance(name, str) for name in series.index)


_COLUMN_NAMES = frozenset({"tic", "ticid", "tid", "id", "target", "targetname", "name"})


def _is_column(value: Any) -> bool:
    """Return whether a value of a mapping is a whole column."""
    if isinstance(value, str | bytes | tuple):
        return False
    shape = getattr(value, "shape", None)
    return bool(shape) if shape is not None else isinstance(value, Iterable)


def _column_names(table: Any) -> list[str] | None:
    names: Any = None
    if isinstance(table, Mapping):
        names = list(table)
    elif getattr(getattr(table, "dtype", None), "names", None):
        names = table.dtype.names
    else:
        for attribute in ("column_names", "colnames", "columns"):
            names = names if names is not None else getattr(table, attribute, None)
    return None if names is None or isinstance(names, Callable) else [str(name) for name in names]  # type: ignore[arg-type]


def _coordinates(table: Any) -> Any:
    """Return the column of an astropy table that holds coordinates (SkyCoord), if there is one."""
    if not hasattr(table, "colnames"):
        return None
    return next((table[name] for name in table.colnames if hasattr(table[name], "icrs")), None)
