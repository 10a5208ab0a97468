"""The base class of the frozen tables: rows over a polars frame, with a schema that is checked when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, TypeVar, overload

from tess_source._lazy import check_fork, np, pl
from tess_source.display import html, text
from tess_source.errors import TableError, UnknownNameError
from tess_source.extras import needed
from tess_source.tables.convert import texts, to_astropy, to_frame, twins

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    from astropy.table import Table as AstropyTable

__all__ = ["Mask", "Rows", "joined", "polars_schema", "thrifty", "with_schema", "with_texts_once"]

RowsT = TypeVar("RowsT", bound="Rows")
Mask: TypeAlias = "pl.Expr | pl.Series | npt.NDArray[np.bool_]"
"""The rows to keep: a polars expression, or one boolean per row."""


class Rows:
    """A frozen table with a schema that is checked when it is made.

    Parameters
    ----------
    frame : polars.DataFrame
        The rows, used as they are.

    Raises
    ------
    TableError
        If a column of the schema is missing or of another type.
    """

    schema: ClassVar[Mapping[str, str]] = {}
    """Columns that must be there, and their polars types."""
    shown: ClassVar[Sequence[str]] = ()
    """Columns that are printed, if they are there."""
    whole: ClassVar[Sequence[str]] = ()
    """Columns of these that are neither left out nor cut on a narrow terminal."""
    looks: ClassVar[Mapping[str, text.NumberLook]] = {}
    """Column → how its numbers are shown."""
    noun: ClassVar[str] = "row"
    """Word for one row."""
    __slots__ = ("_held",)

    def __init__(self, frame: pl.DataFrame) -> None:
        types = _types(frame)
        for column, wanted in self.schema.items():
            if column not in types:
                raise TableError(f"{type(self).__name__} needs a column {column!r}; there are {', '.join(types)}")
            if types[column] != wanted:
                message = f"column {column!r} of {type(self).__name__} is {types[column]}, not {wanted}"
                raise TableError(message)
        self._held = frame

    @property
    def _frame(self) -> pl.DataFrame:
        """The rows, after a check that polars can be used: see `tess_source._lazy.check_fork`."""
        check_fork()
        return self._held

    @classmethod
    def of(cls, data: Any) -> Self:
        """Return the table of rows from elsewhere: ours, polars, pandas, an astropy Table or Row, or a sequence of mappings.

        Parameters
        ----------
        data : object
            The rows.

        Returns
        -------
        Rows
            With our columns added where they are missing.

        Raises
        ------
        TableError
            If it is not a table, or lacks a column that is required.
        """
        return data if type(data) is cls else cls(cls.complete(to_frame(data)))

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with our columns added where they are missing.

        Parameters
        ----------
        frame : polars.DataFrame
            Rows from elsewhere.
        """
        return with_schema(frame, cls.schema)

    @classmethod
    def empty(cls) -> Self:
        """Return a table without rows."""
        return cls(pl.DataFrame(schema=polars_schema(cls)))

    @classmethod
    def stack(cls, parts: Iterable[Self]) -> Self:
        """Return tables stacked one below the other; columns that one of them lacks are null there.

        Parameters
        ----------
        parts : iterable of Rows
            Tables of this class.
        """
        frames = [part.to_polars() for part in parts]
        return cls(pl.concat(frames, how="diagonal_relaxed")) if frames else cls.empty()

    def mask(self, mask: Mask | bool) -> pl.Series:
        """Return a mask of any kind as one boolean per row; null counts as false.

        Parameters
        ----------
        mask : polars.Expr or polars.Series or numpy.ndarray or bool
            One boolean per row, or one for all.

        Raises
        ------
        TableError
            If it does not have one boolean per row.
        """
        if isinstance(mask, bool):
            return pl.Series([mask]).new_from_index(0, len(self))
        if isinstance(mask, pl.Expr):
            found = self._frame.select(mask.alias("mask"))["mask"]
            if len(found) not in {1, len(self)}:  # polars 2.1 gives some of what is one for all once per chunk
                found = self._frame.rechunk().select(mask.alias("mask"))["mask"]
            mask = found.new_from_index(0, len(self)) if len(found) == 1 != len(self) else found
        mask = mask if isinstance(mask, pl.Series) else pl.Series(mask)
        if len(mask) == len(self) and (mask.dtype == pl.Null or not len(mask)):
            return pl.repeat(value=False, n=len(self), eager=True)  # a list without values has no type yet
        if mask.dtype != pl.Boolean or len(mask) != len(self):
            raise TableError(
                f"a mask for {len(self)} rows needs as many booleans; this has {len(mask)} of {mask.dtype}"
            )
        return mask.fill_null(value=False) if mask.null_count() else mask

    def where(self, mask: Mask | bool) -> Self:
        """Return the rows for which a mask is true.

        Parameters
        ----------
        mask : polars.Expr or polars.Series or numpy.ndarray or bool
            One boolean per row, or one for all; null counts as false.
        """
        kept = self.mask(mask)
        return self if kept.all() else type(self)(self._frame.filter(kept))

    def with_columns(self, **columns: pl.Expr | pl.Series) -> Self:
        """Return a new table with columns added or replaced.

        Parameters
        ----------
        **columns
            Name of a column → a polars expression, or one value per row.
        """
        return type(self)(self._frame.with_columns(**columns))

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self._frame.columns

    def __len__(self) -> int:
        return self._frame.height

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._frame.iter_rows(named=True)

    @overload
    def __getitem__(self, key: str) -> pl.Series: ...
    @overload
    def __getitem__(self, key: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | Mask) -> Self: ...
    def __getitem__(self, key: Any) -> Any:
        """Get a column by name, a row by number, or rows by slice, numbers or mask."""
        if isinstance(key, str):
            if key not in self._frame.columns:
                raise UnknownNameError("column", key, self._frame.columns)
            return self._frame[key]
        if isinstance(key, slice):
            return type(self)(self._frame[key])
        if isinstance(key, pl.Expr):
            return self.where(key)
        if isinstance(key, Integral):
            return self._frame.row(int(key), named=True)
        picked = pl.Series(key) if len(key) else pl.Series(key, dtype=pl.Int64)
        return self.where(picked) if picked.dtype == pl.Boolean else type(self)(self._frame[picked.cast(pl.Int64)])

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._frame.equals(other._frame)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def to_polars(self) -> pl.DataFrame:
        """Return the polars frame."""
        return self._frame

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas frame.

        Raises
        ------
        MissingExtraError
            If pandas is not installed. pyarrow need not be.
        """
        pd = needed("pandas", "pandas", "making pandas tables")
        made: dict[str, Any] = {}
        same = twins(self._frame)
        for name in self.columns:
            twin = made.get(same.get(name, name))
            made[name] = _pandas_column(self._frame[name]) if twin is None else twin
        return pd.DataFrame(made, columns=self.columns)

    def to_table(self) -> AstropyTable:
        """Return an astropy table with units; nulls are masked."""
        return to_astropy(self._frame, self.looks)

    def __repr__(self) -> str:
        return (
            f"{self._header()}\n{text.table(self._frame, self.visible, whole=self.whole, looks=self.looks)}"
            if len(self)
            else self._header()
        )

    def _repr_html_(self) -> html.Markup:
        return html.view(html.table(self._frame, self.visible, self._header(), looks=self.looks))

    def _header(self) -> str:
        return text.number(len(self), self.noun)

    @property
    def visible(self) -> list[str]:
        """The columns that are shown; those of them that are empty are left out where there is little room."""
        return [name for name in self.shown if name in self._frame.columns] or self._frame.columns


def _pandas_column(series: pl.Series) -> Any:
    """Return values for pandas, with whole numbers as nullable integers, so that a column's type does not depend on its nulls."""
    import pandas as pd

    if series.dtype.is_signed_integer():
        array = pd.arrays.IntegerArray
        return array(series.fill_null(0).to_numpy(writable=True), series.is_null().to_numpy(writable=True))
    if series.dtype == pl.String:
        return texts(series, object)
    return series.to_list()


def joined(parts: list[RowsT]) -> RowsT:
    """Return tables stacked one below the other, as `Rows.stack` does, and empty the list. See `thrifty`.

    Columns are copied one after the other, so that memory holds one of them twice, not all.

    Parameters
    ----------
    parts : list of Rows
        Tables of one class.
    """
    kind = type(parts[0])
    stacked = [kind.stack(parts).to_polars()]
    parts.clear()
    return kind(_thrifty(stacked))


def thrifty(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of which each column is in one piece, and takes no memory of its own if it repeats one value, or another column."""
    return _thrifty([frame])


def with_texts_once(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return a frame of which a column takes the memory of each of its few texts once.

    Parameters
    ----------
    frame : polars.DataFrame
    column : str
        A column of texts that repeat.
    """
    texts = frame[column].unique().to_list()  # a new column of them: others would keep all texts of the old one
    once = pl.DataFrame({"text": texts, "once": texts}, schema={"text": pl.String, "once": pl.String})
    rows = frame.select(text=column).join(once, on="text", how="left", maintain_order="left")
    return frame.with_columns(rows["once"].alias(column))


def _thrifty(given: list[pl.DataFrame]) -> pl.DataFrame:
    """Take the frame out of a list: the caller holds it no more, so the memory of each column is free as soon as it is copied."""
    frame = given.pop()
    if frame.is_empty():
        return frame
    rows = sorted({0, frame.height // 2, frame.height - 1})  # tell of most columns that their values differ
    twins: dict[object, str] = {}
    for name in frame.columns:  # one after the other: what is looked at takes memory until it is replaced
        column = frame[name]
        some = column.gather(rows).to_list()
        if some.count(some[0]) == len(some) and _is_constant(column, some[0]):
            frame = frame.with_columns(pl.lit(some[0], column.dtype).alias(name))
            continue
        twin = twins.setdefault((column.dtype, column.null_count(), *some), name)
        if twin != name and column.equals(frame[twin]):
            frame = frame.with_columns(frame[twin].alias(name))
        elif column.n_chunks() > 1:
            frame = frame.with_columns(column.rechunk())
    return frame


def _is_constant(column: pl.Series, value: object) -> bool:
    gaps = column.null_count()
    return gaps == len(column) if value is None else not gaps and bool((column == value).all())


def polars_schema(table: type[Rows]) -> dict[str, Any]:
    """Return the schema of a table with polars' own types."""
    return {name: _polars_type(kind) for name, kind in table.schema.items()}


def with_schema(frame: pl.DataFrame, schema: Mapping[str, str]) -> pl.DataFrame:
    """Return a frame with all columns of a schema, of its types; those that were missing are null.

    Raises
    ------
    TableError
        If values do not fit.
    """
    types = _types(frame)
    new = [pl.lit(None, dtype=_polars_type(kind)).alias(name) for name, kind in schema.items() if name not in types]
    frame = frame.with_columns(new) if new else frame
    wrong = [name for name, kind in schema.items() if types.get(name, kind) != kind]
    if not wrong:
        return frame
    gaps = [pl.col(name).fill_nan(None) for name in wrong if frame[name].dtype.is_float()]  # numpy has no null
    try:
        return frame.with_columns(gaps).with_columns([pl.col(name).cast(_polars_type(schema[name])) for name in wrong])
    except pl.exceptions.PolarsError as error:
        raise TableError(f"columns {', '.join(wrong)} hold values that do not fit: {error}") from error


def _types(frame: pl.DataFrame) -> dict[str, str]:
    """Return the type of each column in words. `DataFrame.schema` makes as much anew each time that it is asked for a column."""
    return {name: str(kind) for name, kind in zip(frame.columns, frame.dtypes, strict=True)}


def _polars_type(kind: str) -> Any:
    return getattr(pl, kind)
