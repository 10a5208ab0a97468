"""What flows between the stages: frozen tables over polars frames.

The archive's own columns keep the archive's names and values, so that a table goes back into astroquery unchanged; ours stand beside
them. They are not DataFrames: take `to_polars`, `to_pandas` or `to_table` for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self, overload

from tess_source import names
from tess_source._lazy import pl
from tess_source.display import text
from tess_source.errors import TableError, UnknownNameError
from tess_source.tables.convert import to_astropy, to_frame

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import Table as AstropyTable

    from tess_source.hooks.records import Mask

__all__ = ["Links", "Observations", "Products", "Rows"]

KIND_ORDER = ("lc", "fast-lc", "tp", "fast-tp", "dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Products of one observation are shown in this order; others follow by name."""


class Rows:
    """A frozen table with a schema that is checked when it is made.

    Parameters
    ----------
    frame : polars.DataFrame
        The rows; taken as they are.

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
    """Of these, what a narrow terminal neither leaves out nor cuts: what the table is for."""
    noun: ClassVar[str] = "row"
    """What one row is called."""
    __slots__ = ("_frame",)

    def __init__(self, frame: pl.DataFrame) -> None:
        for column, wanted in self.schema.items():
            if column not in frame.columns:
                raise TableError(
                    f"{type(self).__name__} needs a column {column!r}; there are {', '.join(frame.columns)}"
                )
            if str(frame.schema[column]) != wanted:
                message = f"column {column!r} of {type(self).__name__} is {frame.schema[column]}, not {wanted}"
                raise TableError(message)
        self._frame = frame

    @classmethod
    def of(cls, data: Any) -> Self:
        """Take a table from elsewhere: ours, polars, pandas, an astropy Table or Row, or a sequence of mappings.

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
            If it is no table, or lacks a column that nothing can stand in for.
        """
        return data if type(data) is cls else cls(cls.complete(to_frame(data)))

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Add our columns where they are missing."""
        return _cast(frame, cls.schema)

    @classmethod
    def empty(cls) -> Self:
        """Give a table without rows."""
        return cls(pl.DataFrame(schema={name: _dtype(kind) for name, kind in cls.schema.items()}))

    @classmethod
    def stack(cls, parts: Iterable[Self]) -> Self:
        """Put tables one below the other; columns that one of them lacks are null there."""
        frames = [part.to_polars() for part in parts]
        return cls(pl.concat(frames, how="diagonal_relaxed")) if frames else cls.empty()

    def mask(self, mask: Mask) -> pl.Series:
        """Turn a mask of any kind into one boolean a row; null counts as false.

        Raises
        ------
        TableError
            If it does not have one boolean a row.
        """
        if isinstance(mask, pl.Expr):
            mask = self._frame.select(mask.alias("mask"))["mask"]
            mask = pl.repeat(mask[0], len(self), eager=True) if len(mask) == 1 != len(self) else mask
        mask = mask if isinstance(mask, pl.Series) else pl.Series(mask)
        if mask.dtype != pl.Boolean or len(mask) != len(self):
            raise TableError(
                f"a mask for {len(self)} rows needs as many booleans; this has {len(mask)} of {mask.dtype}"
            )
        return mask.fill_null(value=False)

    def where(self, mask: Mask) -> Self:
        """Keep the rows for which a mask is true.

        Parameters
        ----------
        mask : polars.Expr or polars.Series or numpy.ndarray
            One boolean a row; null counts as false.
        """
        return type(self)(self._frame.filter(self.mask(mask)))

    def with_columns(self, **columns: pl.Expr | pl.Series) -> Self:
        """Give a new table with columns added or replaced."""
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

    __hash__ = None  # type: ignore[assignment]

    def to_polars(self) -> pl.DataFrame:
        """Give the polars frame."""
        return self._frame

    def to_pandas(self) -> pd.DataFrame:
        """Give a pandas frame (needs pandas, and no pyarrow)."""
        import pandas as pd

        return pd.DataFrame({name: _pandas_column(self._frame[name]) for name in self.columns}, columns=self.columns)

    def to_table(self) -> AstropyTable:
        """Give an astropy table; nulls are masked."""
        return to_astropy(self._frame)

    def __repr__(self) -> str:
        return (
            f"{self._header()}\n{text.table(self._frame, self._visible(), whole=self.whole)}"
            if len(self)
            else self._header()
        )

    def _repr_html_(self) -> str:
        return text.html(self._frame, self._visible(), self._header())

    def _header(self) -> str:
        return text.number(len(self), self.noun)

    def _visible(self) -> list[str]:
        return [name for name in self.shown if name in self._frame.columns] or self._frame.columns


class Observations(Rows):
    """What was observed: one row per observation of an archive.

    A 20-s and a 120-s light curve of one sector are two observations, and so is a data-validation search over several sectors.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "archive": "String", "obs_id": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
        "last_sector": "Int32", "exptime": "Float64", "pipeline": "String",
    }  # fmt: skip
    shown = ("tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "obs_id")
    noun = "observation"
    __slots__ = ()

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what the observation's name says, and the archive's own words where it says nothing."""
        _need(frame, "obs_id", "observations")
        frame = _default_archive(frame)
        said = names.obs_id_columns(frame["obs_id"].cast(pl.String))
        own = {
            "tic": pl.col("target_name").str.extract(r"^0*(\d+)$").cast(pl.Int64, strict=False),
            "first_sector": pl.col("sequence_number").cast(pl.Int32, strict=False),
            "last_sector": pl.col("sequence_number").cast(pl.Int32, strict=False),
            "exptime": pl.col("t_exptime").cast(pl.Float64, strict=False),
            "pipeline": pl.col("provenance_name").cast(pl.String),
        }
        return _cast(_fill(frame, said, own), cls.schema)

    def sort(self) -> Self:
        """Order by target, sector, and slower cadence first, so that the first is what most people mean."""
        keys = ["tic", "last_sector", "first_sector", "exptime", "obs_id"]
        descending = [False, False, True, True, False]
        return type(self)(self._frame.sort(keys, descending=descending, nulls_last=True, maintain_order=True))


class Products(Rows):
    """Files of observations: one row per file."""

    schema: ClassVar[Mapping[str, str]] = {
        "archive": "String", "obs_id": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
        "last_sector": "Int32", "exptime": "Float64", "pipeline": "String", "uri": "String", "filename": "String",
        "size": "Int64", "run": "Int32", "tce": "Int32",
    }  # fmt: skip
    shown = ("tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce", "size", "filename")
    noun = "product"
    __slots__ = ()

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what the file's name says; MAST's ``dataURI`` and ``productFilename`` serve as `uri` and `filename`."""
        frame = _default_archive(frame)
        for ours, theirs in (("uri", "dataURI"), ("filename", "productFilename")):
            if ours not in frame.columns and theirs in frame.columns:
                frame = frame.with_columns(pl.col(theirs).alias(ours))
        _need(frame, "uri", "products")
        last = pl.col("uri").cast(pl.String).str.extract(r"([^/:]*)$")
        known = [pl.col("filename").cast(pl.String)] if "filename" in frame.columns else []
        frame = frame.with_columns(filename=pl.coalesce(*known, last))
        said = names.columns(frame["filename"].cast(pl.String))
        return _cast(_fill(frame, said, {}), cls.schema)

    def sort(self) -> Self:
        """Order by target, sectors, cadence (slower first), observation, kind, run and TCE."""
        order = pl.col("kind").replace_strict(
            {kind: rank for rank, kind in enumerate(KIND_ORDER)}, default=len(KIND_ORDER), return_dtype=pl.Int32
        )
        keys = [
            "tic",
            "last_sector",
            "first_sector",
            "exptime",
            "archive",
            "obs_id",
            "__rank",
            "run",
            "tce",
            "filename",
            "uri",
        ]
        descending = [key in {"first_sector", "exptime"} for key in keys]
        ranked = self._frame.with_columns(order.alias("__rank"))
        return type(self)(ranked.sort(keys, descending=descending, nulls_last=True, maintain_order=True).drop("__rank"))

    def unique(self) -> Self:
        """Keep the first row of every URI, and all without one."""
        return type(self)(self._frame.filter(pl.col("uri").is_null() | pl.col("uri").is_first_distinct()))


class Links(Rows):
    """How things belong together: subject, kind, object, all three URIs or keys.

    `state` says how sure it is: ``exact``, ``bounded`` (possible, as far as a range of sectors tells) or ``unknown``; `reason` why.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "subject": "String",
        "kind": "String",
        "object": "String",
        "state": "String",
        "reason": "String",
    }
    shown = ("subject", "kind", "object", "state")
    noun = "link"
    __slots__ = ()


def _pandas_column(series: pl.Series) -> Any:
    """Give values for pandas; whole numbers as its nullable integers, so that a column's type does not depend on its nulls."""
    import pandas as pd

    values = series.to_list()
    return pd.array(values, dtype=str(series.dtype)) if series.dtype.is_signed_integer() else values


def _default_archive(frame: pl.DataFrame) -> pl.DataFrame:

    return frame if "archive" in frame.columns else frame.with_columns(archive=pl.lit("mast"))


def _need(frame: pl.DataFrame, column: str, noun: str) -> None:
    if column not in frame.columns:
        raise TableError(f"a table of {noun} needs a column {column!r}; there are {', '.join(frame.columns) or 'none'}")


def _fill(frame: pl.DataFrame, said: pl.DataFrame, own: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Take our columns from the name, then from the archive's columns, without touching any that are there already."""
    ours = [
        c
        for c in ("kind", "tic", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce")
        if c in said.columns
    ]
    missing = [column for column in ours if column not in frame.columns]
    frame = frame.with_columns(said.select(missing))
    for column in missing:
        if column in own and set(own[column].meta.root_names()) <= set(frame.columns):
            frame = frame.with_columns(pl.coalesce(pl.col(column), own[column]).alias(column))
    return frame


def _cast(frame: pl.DataFrame, schema: Mapping[str, str]) -> pl.DataFrame:

    new = [pl.lit(None, dtype=_dtype(kind)).alias(name) for name, kind in schema.items() if name not in frame.columns]
    frame = frame.with_columns(new)
    wrong = [name for name, kind in schema.items() if str(frame.schema[name]) != kind]
    try:
        return frame.with_columns([pl.col(name).cast(_dtype(schema[name])) for name in wrong])
    except pl.exceptions.PolarsError as error:
        raise TableError(f"columns {', '.join(wrong)} hold values that do not fit: {error}") from error


def _dtype(kind: str) -> Any:

    return getattr(pl, kind)
