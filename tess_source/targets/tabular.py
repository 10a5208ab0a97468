"""Rows and tables of any library as rows of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

from tess_source._lazy import np
from tess_source.errors import QueryError
from tess_source.targets.columns import OBSERVATIONS, TARGET_COLUMNS, TOIS, Columns, is_missing, plain_column
from tess_source.targets.target import Target

__all__ = ["cells_of", "fields_of", "python_value", "row_of", "rows_of_table"]

_NARROW = {"float16", "float32"}
_PLAIN_UNITS = {"None", "", "deg"}


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
    fields = fields_of(value)
    if fields is None:
        return None
    columns = Columns.among(fields)
    if any(_is_column(fields[name]) for name in (columns.used if columns else fields)):
        return None
    if (
        columns is None
        and (places := next((cell for cell in fields.values() if hasattr(cell, "icrs")), None)) is not None
    ):
        return places
    columns = Columns.of(fields, f"this row ({type(value).__name__})")
    if columns.place is not None and hasattr(value, "table"):  # a row of astropy: its columns have the units
        fields = {**fields, **{name: _with_unit(fields[name], value.table[name]) for name in columns.place}}
    return columns.target(fields)


def rows_of_table(value: Any, what: str = "the table") -> Iterator[Any] | None:
    """Return the targets of the rows of a table: ours, of astropy, pandas, polars, pyarrow or numpy, an answer, or a mapping of columns.

    Parameters
    ----------
    value : object
    what : str
        What errors call it.

    Returns
    -------
    iterator of object, or None
        As `Columns.target`; None if the value is no table.

    Raises
    ------
    QueryError
        If none of its columns holds targets; the message names them.
    """
    table = _with_index(_plain_table(value))
    names = _column_names(table)
    if names is None:
        return None
    if (places := _coordinates(table)) is not None and Columns.among(names) is None:
        return iter([places])
    columns = Columns.of(names, what)
    cells = {name: table[name] for name in columns.used}
    cells = {name: list(cells_of(cell)) if _is_column(cell) else repeat(cell) for name, cell in cells.items()}
    lengths = {name: len(column) for name, column in cells.items() if isinstance(column, list)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name!r} has {length:,}" for name, length in lengths.items())
        raise QueryError(f"the columns of the table differ in length: {told}")
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=False)]
    columns.check_ids(rows)
    return map(columns.target, rows)


def cells_of(column: Any) -> Any:
    """Return the cells of a column, of the column's own precision and unit."""
    if hasattr(column, "to_pylist"):
        column = column.to_pylist()
    dtype = getattr(column, "dtype", None)
    if str(getattr(dtype, "name", dtype)).lower() in _NARROW and not hasattr(column, "to_value"):
        return (cell if is_missing(cell) else np.float32(cell) for cell in column)
    if hasattr(column, "to_value") or str(getattr(column, "unit", None)) in _PLAIN_UNITS:
        return column
    return (_with_unit(cell, column) for cell in column)


def _with_unit(cell: Any, column: Any) -> Any:
    """Return a cell of a column, with the unit of the column if it has one."""
    unit = getattr(column, "unit", None)
    if str(unit) in _PLAIN_UNITS or hasattr(cell, "to_value") or is_missing(cell) or isinstance(cell, str):
        return cell
    return cell * unit


def python_value(value: Any) -> Any:
    """Return the value of an array of no dimensions, a number without a unit, a scalar of pyarrow, or numpy's bytes, as Python's.

    An array or frame of dask is computed.
    """
    if type(value) in {str, int, float, list, tuple}:  # the most, for which numpy need not be imported
        return value
    if hasattr(value, "compute") and getattr(value, "__dask_graph__", lambda: None)() is not None:
        return value.compute()
    if hasattr(value, "as_py"):
        return value.as_py()
    if isinstance(value, np.bytes_):  # as in columns of FITS
        return value.decode("utf-8", "replace")
    if hasattr(value, "to_value") and hasattr(value, "unit"):
        return value.value if value.unit == "" else value
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0 and not value.dtype.names
    return next(iter(value.flat)) if is_scalar else value


def fields_of(value: Any) -> Mapping[str, Any] | None:
    """Return the fields of a row by name; None if the value has none.

    Parameters
    ----------
    value : object
        As for `row_of`.
    """
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
        return getattr(getattr(value, "dtype", None), "names", None) or ()
    if hasattr(value, "colnames"):
        return value.colnames if hasattr(value, "table") else ()
    is_row = callable(getattr(value, "keys", None)) and hasattr(value, "__getitem__") and not hasattr(value, "columns")
    return list(value.keys()) if is_row else ()


def _is_pandas_row(series: Any) -> bool:
    """Return whether a Series of pandas is a row of a frame, with the names of columns for its index."""
    if getattr(series, "ndim", 0) != 1 or plain_column(series.name) in _COLUMN_NAMES or series.index.name is not None:
        return False
    return len(series) > 0 and all(isinstance(name, str) for name in series.index)


_COLUMN_NAMES = frozenset({*TARGET_COLUMNS, *OBSERVATIONS, *TOIS})


def _is_column(value: Any) -> bool:
    """Return whether a value of a mapping is a whole column."""
    if isinstance(value, str | bytes | tuple):
        return False
    shape = getattr(value, "shape", None)
    return bool(shape) if shape is not None else isinstance(value, Iterable)


def _plain_table(value: Any) -> Any:
    """Return the table of an answer of lightkurve or ours, or of a lazy frame; anything else as it is."""
    if hasattr(value, "collect_schema") and hasattr(value, "collect"):
        return value.collect()
    for attribute in ("table", "observations"):
        if hasattr(getattr(value, attribute, None), "columns"):
            return getattr(value, attribute)
    return value


def _with_index(table: Any) -> Any:
    """Return a frame of pandas with its index as columns; a Series or MultiIndex as a frame, if the targets are in the index."""
    if hasattr(table, "levels") and hasattr(table, "to_frame") and any(table.names):
        return table.to_frame(index=False)
    if not hasattr(table, "reset_index") or not any(table.index.names):
        return table
    if table.ndim == 2:
        return table.reset_index()
    in_index = Columns.among([table.name]) is None and Columns.among(table.index.names) is not None
    return table.index.to_frame(index=False) if in_index else table


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
