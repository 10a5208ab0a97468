"""The frozen tables of observations, products and links.

The archive's own columns keep the archive's names and values, so that a table goes back into astroquery unchanged; our columns are added.
The tables are not DataFrames: use `to_polars`, `to_pandas` or `to_table` for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Self

from tess_source import names
from tess_source._lazy import pl
from tess_source.display.text import NumberLook
from tess_source.errors import TableError
from tess_source.tables.among import among
from tess_source.tables.rows import Rows, with_schema

__all__ = ["Links", "Observations", "Products"]

KIND_ORDER = ("lc", "fast-lc", "tp", "fast-tp", "dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Products of one observation are shown in this order; others follow by name."""


FEW_ROWS = 10_000
"""Fewer rows are sorted by all keys at once."""
NAMED = ("kind", "tic", "first_sector", "last_sector", "exptime", "pipeline")
"""Columns that names of observations and of files tell; those of files also tell `run` and `tce`."""
OBS_ID_OF_TARGET = r"^(tess\d{13}-s\d{4}-\d{16}-\d{4}-[a-z](?:_fast)?)[_-](?:lc|tp)\.fits(?:\.gz)?$"
"""SPOC's light curves and pixels of a target, whose name is that of their observation with an ending."""


TIC_OF_TARGET = r"^(?i:TIC)?[ _-]*0*(\d{1,12})(?:\.0+)?$"
"""MAST's name of a target that is a star: bare digits; longer numbers are ids of other catalogues, such as Gaia's."""


class Observations(Rows):
    """Observations, one row per observation of an archive.

    A 20-s and a 120-s light curve of one sector are two observations. A data-validation search over several sectors is one observation.
    `observation` is the archive's own key of a row, the same text as in its products; null if the archive has none.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "archive": "String", "obs_id": "String", "observation": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
        "last_sector": "Int32", "exptime": "Float64", "pipeline": "String",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = ("tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "obs_id")
    noun = "observation"
    __slots__ = ()

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with our columns added, from the obs_id, or else from the archive's columns.

        Parameters
        ----------
        frame : polars.DataFrame
            Rows from elsewhere, with ``obs_id``.

        Raises
        ------
        TableError
            If there is no ``obs_id``.
        """
        _check_column(frame, "obs_id", "observations")
        frame = _with_archive(frame)
        number = pl.col("sequence_number").cast(pl.Int32, strict=False)
        sector = pl.when(number >= 1).then(
            number
        )  # MAST's -999 is for files of all sectors of a star, such as DIAMANTE's
        own = {
            "tic": pl.col("target_name").cast(pl.String).str.extract(TIC_OF_TARGET).cast(pl.Int64, strict=False),
            "first_sector": sector,
            "last_sector": sector,
            "exptime": pl.col("t_exptime").cast(pl.Float64, strict=False),
            "pipeline": pl.col("provenance_name").cast(pl.String),
        }
        return with_schema(_with_columns_of_name(frame, "obs_id", names.obs_id_columns, own), cls.schema)

    def having(self, products: Products) -> Self:
        """Return the observations to which some of these products belong.

        They are matched by `observation`, the archive's own key, if both rows have it; else by `obs_id`.

        Parameters
        ----------
        products : Products
            Files of some of the observations.
        """
        keys, files = ["archive", "observation"], products.to_polars()
        known = pl.col("observation").is_not_null()
        rows = self._frame.with_row_index("__row")
        found = [
            rows.join(files, on=keys, how="semi"),
            rows.join(files.filter(~known), on="obs_id", how="semi"),
            rows.filter(~known).join(files, on="obs_id", how="semi"),
        ]
        numbers = pl.concat([part["__row"] for part in found])
        return self.where(rows["__row"].is_in(among(numbers)))

    def sort(self) -> Self:
        """Return the rows sorted by target, sector and exposure time, longer ones first, so that the usual observation comes first."""
        return type(self)(_sorted(self._frame, ["obs_id"]))


OF_STARS, OF_TOIS = ("tmag", "teff", "radius", "mass", "distance"), ("toi", "toi_disposition")
"""Columns of products that are shown if they were asked for. A catalogue has `tmag` all the same."""


class Products(Rows):
    """Files of observations, one row per file."""

    schema: ClassVar[Mapping[str, str]] = {
        "archive": "String", "obs_id": "String", "observation": "String", "kind": "String", "tic": "Int64", "first_sector": "Int32",
        "last_sector": "Int32", "exptime": "Float64", "pipeline": "String", "uri": "String", "filename": "String",
        "size": "Int64", "run": "Int32", "tce": "Int32",
    }  # fmt: skip
    shown: ClassVar[Sequence[str]] = (
        "tic", "kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce", "size", "filename",
    )  # fmt: skip
    looks: ClassVar[Mapping[str, NumberLook]] = {
        "tmag": NumberLook(decimals=2), "teff": NumberLook(decimals=0), "radius": NumberLook(decimals=3), "mass": NumberLook(decimals=3),
        "distance": NumberLook(decimals=2),
    }  # fmt: skip
    noun = "product"
    __slots__ = ()

    @property
    def visible(self) -> list[str]:
        """The columns that are shown: also what was looked up of stars, and for images, when and by which CCD each was taken."""
        own = super().visible
        images = ("camera", "ccd", "start") if "start" in self.columns and self["start"].count() else ()
        stars = OF_STARS if "teff" in self.columns else ()
        at = own.index("size") if "size" in own else len(own)
        return [*own[:at], *(name for name in (*images, *stars, *OF_TOIS) if name in self.columns), *own[at:]]

    @classmethod
    def complete(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """Return a frame with our columns added, from the file name, and from MAST's ``dataURI`` and ``productFilename``.

        Parameters
        ----------
        frame : polars.DataFrame
            Rows from elsewhere, with ``uri`` or ``dataURI``.

        Raises
        ------
        TableError
            If there is neither.
        """
        frame = _with_archive(frame)
        for ours, theirs in (("uri", "dataURI"), ("filename", "productFilename")):
            if ours not in frame.columns and theirs in frame.columns:
                frame = frame.with_columns(pl.col(theirs).alias(ours))
        _check_column(frame, "uri", "products")
        last = pl.col("uri").cast(pl.String).str.extract(r"([^/:]*)$")
        frame = _filled(frame, "filename", last)
        frame = _filled(frame, "obs_id", pl.col("filename").str.extract(OBS_ID_OF_TARGET))
        return with_schema(
            _with_columns_of_name(frame, "filename", names.columns, {}, (*NAMED, "run", "tce")), cls.schema
        )

    def sort(self) -> Self:
        """Return the rows sorted by target, sectors, exposure time (longer first), observation, kind, run and TCE."""
        ranks = {kind: rank for rank, kind in enumerate(KIND_ORDER)}
        if len(self) < FEW_ROWS:
            kinds = self._frame["kind"].to_list()
            order = pl.lit(pl.Series([ranks.get(kind, len(ranks)) for kind in kinds], dtype=pl.Int32))
        else:
            order = pl.col("kind").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int32)
        ranked = self._frame.with_columns(order.alias("__rank"))
        return type(self)(
            _sorted(ranked, ["archive", "obs_id", "__rank", "run", "tce"], ["filename", "uri"]).drop("__rank")
        )

    def unique(self) -> Self:
        """Return the first row per URI, and all rows without one."""
        uris = self._frame["uri"]
        if uris.hash().n_unique() == len(
            uris
        ):  # equal texts have equal hashes: so all differ, which is told in less time
            return self
        return type(self)(self._frame.filter(uris.is_null() | uris.is_first_distinct()))


class Links(Rows):
    """Relations of subject and object by kind; subject and object are URIs or keys.

    `state` is ``exact``, ``bounded`` (possible, as far as a range of sectors tells) or ``unknown``; `reason` explains it.

    Look links up by subject, object and kind, not by their place in the table: the order of stars and kinds is not defined, and differs
    between small and large answers. Links of one kind with the same subject keep the order in which the plugin gave them, and so do
    links of one kind with the same object: of the sets that supersede another, the first is the one to name.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "subject": "String",
        "kind": "String",
        "object": "String",
        "state": "String",
        "reason": "String",
    }
    shown: ClassVar[Sequence[str]] = ("subject", "kind", "object", "state")
    noun = "link"
    __slots__ = ()


def _sorted(frame: pl.DataFrame, *further: Sequence[str]) -> pl.DataFrame:
    """Return rows sorted by target, sectors and exposure time, longer ones first; those that are equal in these, by further keys.

    Few rows are equal in all numbers, and to sort millions of texts takes long: each group of keys sorts only what is equal so far.
    """
    keys, down = ["tic", "last_sector", "first_sector", "exptime"], {"first_sector", "exptime"}
    if frame.height < FEW_ROWS:
        keys += [key for more in further for key in more]
        return frame.sort(keys, descending=[key in down for key in keys], nulls_last=True, maintain_order=True)
    order = frame.select(keys).with_row_index("__row")
    order = order.sort(keys, descending=[key in down for key in keys], nulls_last=True, maintain_order=True)
    rows, tied = order["__row"], _tied(order, keys)
    for more in further:
        if not tied.any():
            break
        keys = [*keys, *more]
        some = frame.select(keys)[rows.filter(tied)].with_columns(__row=rows.filter(tied))
        some = some.sort(keys, descending=[key in down for key in keys], nulls_last=True, maintain_order=True)
        places = tied.arg_true()
        rows = rows.scatter(places, some["__row"])
        tied = pl.zeros(len(rows), dtype=pl.Boolean, eager=True).scatter(places, _tied(some, keys))
    return frame if rows.is_sorted() else frame[rows]  # a copy of millions of rows takes time and memory


def _tied(rows: pl.DataFrame, keys: Sequence[str]) -> pl.Series:
    """Return the mask of rows that are equal to a neighbour in some columns."""
    same = pl.all_horizontal(pl.col(key).eq_missing(pl.col(key).shift()) for key in keys)
    equal = rows.select(same & (pl.int_range(pl.len()) > 0)).to_series()
    return equal | equal.shift(-1, fill_value=False)


def _with_archive(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if "archive" in frame.columns else frame.with_columns(archive=pl.lit("mast"))


def _filled(frame: pl.DataFrame, column: str, value: pl.Expr) -> pl.DataFrame:
    """Return a frame with a column of text, where it has no value, from an expression."""
    known = pl.col(column).cast(pl.String)
    if column not in frame.columns:
        return frame.with_columns(value.alias(column))
    return frame.with_columns(pl.coalesce(known, value) if frame[column].null_count() else known)


def _check_column(frame: pl.DataFrame, column: str, noun: str) -> None:
    if column not in frame.columns:
        raise TableError(f"a table of {noun} needs a column {column!r}; there are {', '.join(frame.columns) or 'none'}")


def _with_columns_of_name(
    frame: pl.DataFrame, column: str, read: Callable[[pl.Series], pl.DataFrame], own: Mapping[str, pl.Expr],
    needed: Sequence[str] = NAMED,
) -> pl.DataFrame:  # fmt: skip
    """Return a frame with our columns that are missing, from a column of names, or else from the archive's columns.

    Names are read only if a column is missing: millions of them take seconds.
    """
    if {*needed} <= {*frame.columns}:
        return frame
    said = read(frame[column].cast(pl.String))
    missing = [name for name in (*NAMED, "run", "tce") if name in said.columns and name not in frame.columns]
    frame = frame.with_columns(said.select(missing))
    for name in missing:
        if name in own and set(own[name].meta.root_names()) <= set(frame.columns):
            frame = frame.with_columns(pl.coalesce(pl.col(name), own[name]).alias(name))
    return frame
