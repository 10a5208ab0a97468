"""Conversion of tables of other libraries to polars and back, without loss of nulls, masks or the width of numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tess_source._lazy import np, pl, whole
from tess_source.display.text import NumberLook
from tess_source.errors import TableError
from tess_source.targets.columns import is_null

if TYPE_CHECKING:
    import numpy.typing as npt
    from astropy.table import Column, Table

__all__ = ["SCHEME", "frame_of_uris", "texts", "to_astropy", "to_frame", "twins"]

NO_LOOKS: Mapping[str, NumberLook] = MappingProxyType({})
ASTROPY_UNITS = {"R☉": "R_sun", "M☉": "M_sun", "R⊕": "R_earth", "ppm": "1e-6", "BTJD": ""}
"""Units as people read them → as astropy does; a date has none."""
SCHEME = "[A-Za-z][A-Za-z0-9+.-]*:"
"""Expression for the beginning of a URI (RFC 3986, section 3.1)."""


def to_frame(data: Any) -> pl.DataFrame:
    """Return any table as a polars frame.

    Parameters
    ----------
    data : object
        One of our tables, a polars or pandas frame, an astropy Table, QTable or Row, an Arrow table, a structured array, a mapping of
        columns, a mapping or named tuple that is one row, or any iterable of rows or tables.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    TableError
        If it is none of these.
    """
    for fits, convert in _CONVERSIONS:
        if fits(data):
            return convert(data)
    raise TableError(
        f"{type(data).__name__} is not a table; give an astropy, pandas or polars table, or a list of dicts"
    )


def frame_of_uris(data: Any) -> pl.DataFrame | None:
    """Return URIs of files, one or several as text, as a frame with a column `uri`; None if it is anything else.

    Raises
    ------
    TableError
        If it is text, but no URI.
    """
    values = (
        data
        if isinstance(data, list | tuple)
        else next((getattr(data, name)() for name in ("to_list", "tolist") if hasattr(data, name)), [data])
    )
    if not (isinstance(values, list | tuple) and values and all(isinstance(value, str) for value in values)):
        return None
    if strange := [value for value in values if not re.match(rf"{SCHEME}\S", value)]:
        raise TableError(
            f"{strange[0]!r} is neither a table nor the URI of a file; to find files of a target, there is search({strange[0]!r})"
        )
    return pl.DataFrame({"uri": list(values)})


def _from_mapping(data: Mapping[Any, Any]) -> pl.DataFrame:
    """Convert one row, or, if each value is a list or array, columns."""
    values = {str(name): value for name, value in data.items()}
    if values and all(isinstance(value, list | tuple | np.ndarray | pl.Series) for value in values.values()):
        return pl.DataFrame(values, strict=False)
    return _from_rows([values])


def _from_astropy(data: Any) -> pl.DataFrame:
    whole("astropy")
    from astropy.table import Row

    table = _table(data) if isinstance(data, Row) else data
    return pl.DataFrame([_from_column(table[name], name) for name in table.colnames])


def _from_arrow(data: Any) -> pl.DataFrame:
    return pl.DataFrame(data)


def _from_rows(data: Iterable[Any]) -> pl.DataFrame:
    rows = list(data)
    if all(isinstance(row, Mapping) for row in rows):
        plain = [{name: None if is_null(value) else value for name, value in row.items()} for row in rows]
        return pl.DataFrame(plain, infer_schema_length=None)
    return pl.concat(map(to_frame, rows), how="diagonal_relaxed")


def _table(data: Any) -> Table:
    """Return an astropy row or a structured array as an astropy table."""
    whole("astropy")
    from astropy.table import Table

    return Table(data)


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
        values = [None if is_null(value) else value for value in frame[name].tolist()]
        columns.append(pl.Series(str(name), values, strict=False))
    return pl.DataFrame(columns)


def to_astropy(frame: pl.DataFrame, looks: Mapping[str, NumberLook] = NO_LOOKS) -> Table:
    """Return a polars frame as an astropy table.

    Parameters
    ----------
    frame : polars.DataFrame
    looks : mapping
        Column → how its numbers are shown, with their unit.

    Returns
    -------
    astropy.table.Table
        Columns with nulls are masked; lists become object columns.
    """
    whole("astropy")
    from astropy.table import Table

    made: dict[str, Column] = {}
    same = twins(frame)
    for name in frame.columns:
        twin = made.get(same.get(name, name))
        made[name] = _to_column(frame[name], name) if twin is None else twin.copy()
    table = Table([*made.values()], names=frame.columns, copy=False)
    for name in frame.columns:
        if name in looks and (unit := ASTROPY_UNITS.get(looks[name].unit, looks[name].unit)):
            table[name].unit = unit
    return table


def _to_column(series: pl.Series, name: str) -> Column:
    """Return a column whose values may be written: they are its own."""
    whole("astropy")
    from astropy.table import Column, MaskedColumn

    if series.dtype.is_nested():
        values = np.empty(len(series), dtype=object)
        values[:] = [None if item is None else item.to_list() for item in series]
        return Column(values, name=name)
    missing = series.is_null().to_numpy(writable=True)
    series = series.cast(pl.String) if series.dtype == pl.Null else series
    if series.dtype == pl.String:
        array = texts(series.fill_null(""), str)
    else:
        array = series.fill_null(False if series.dtype == pl.Boolean else 0).to_numpy(writable=True)
    return MaskedColumn(array, name=name, mask=missing) if missing.any() else Column(array, name=name)


def texts(series: pl.Series, kind: type) -> npt.NDArray[Any]:
    """Return a column of text as an array of `str` or of `object`. Where texts repeat, each is made once."""
    if 2 * series.n_unique() >= len(series):
        return np.array(series.to_list(), dtype=kind)
    distinct = series.unique(maintain_order=True).to_frame()
    codes = series.to_frame().join(
        distinct.with_row_index("__code"), on=series.name, how="left", maintain_order="left", nulls_equal=True
    )
    found: npt.NDArray[Any] = np.array(distinct.to_series().to_list(), dtype=kind)[codes["__code"].to_numpy()]
    return found


def twins(frame: pl.DataFrame) -> dict[str, str]:
    """Return for each column of text the first one with the same texts, which may be itself."""
    first: dict[object, str] = {}
    found: dict[str, str] = {}
    for name, column in ((name, frame[name]) for name, kind in frame.schema.items() if kind == pl.String):
        some = (column[place] for place in {0, len(column) // 2, len(column) - 1} if len(column))
        other = first.setdefault((column.null_count(), *some), name)
        found[name] = other if column.equals(frame[other]) else name
    return found


_CONVERSIONS: tuple[tuple[Callable[[Any], bool], Callable[[Any], pl.DataFrame]], ...] = (
    (lambda data: isinstance(data, pl.DataFrame), lambda data: data),
    (lambda data: isinstance(data, pl.LazyFrame), lambda data: data.collect()),
    (lambda data: hasattr(data, "to_polars"), lambda data: to_frame(data.to_polars())),
    (lambda data: hasattr(data, "colnames"), _from_astropy),
    (lambda data: hasattr(data, "to_dict") and hasattr(data, "iloc"), _from_pandas),
    (lambda data: isinstance(data, Mapping), _from_mapping),
    (lambda data: hasattr(data, "_asdict"), lambda data: _from_mapping(data._asdict())),
    (lambda data: bool(getattr(getattr(data, "dtype", None), "names", None)), lambda data: _from_astropy(_table(data))),
    (lambda data: hasattr(data, "__arrow_c_stream__"), _from_arrow),
    (lambda data: isinstance(data, Iterable) and not isinstance(data, str | bytes), _from_rows),
)
"""Test → conversion, for each form of a table, in this order."""
