"""Makes the tables of observations and of products that searches return, of rows that were found and their bundles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.tables.listing import FEW_ROWS
from tess_source_catalogue.bundles import KEYS, Bundles
from tess_source_catalogue.columns import OBSERVATIONS, PORTAL, PRODUCTS, polars_types
from tess_source_catalogue.found_rows import FoundRows

if TYPE_CHECKING:
    from polars._typing import SchemaDict

__all__ = ["in_order", "observation_rows", "product_rows", "with_sizes"]

ARCHIVE = "catalogue"
CARRIED = ("observation", "obsid", "proposal_id")
"""Columns that products have from their observations, if these have them."""
POSITIONS = {"s_ra": "ra", "s_dec": "dec"}
"""The portal's positions, and those of the target lists."""


def in_order(found: FoundRows) -> FoundRows:
    """Return the rows of observations in about the order in which they are shown."""
    return FoundRows(_in_order(found.rows, found.bundles.rank, "bundle"), found.bundles) if found.rows.height else found


def observation_rows(found: FoundRows) -> pl.DataFrame:
    """Return the table of observations: the columns of `tess_source_catalogue.columns.OBSERVATIONS`."""
    types = polars_types(OBSERVATIONS)
    if not found.rows.height:
        return pl.DataFrame(schema=types)
    rows, bundles = found
    addresses = bundles.addresses.of(rows["bundle"], rows)
    obs_ids = _obs_ids(rows, bundles, addresses)
    table = _saying(rows, bundles.said, rows["bundle"]).with_columns(
        *_nulls(types, set(PORTAL) - set(rows.columns)),
        obs_id=obs_ids,
        observation=obs_ids,
        archive=pl.lit(ARCHIVE),
        target_name=pl.col("tic").cast(pl.String),
        provenance_name=pl.col("pipeline"),
        project=pl.lit("TESS"),
        filters=pl.lit("TESS"),
        intentType=pl.lit("science"),
        dataproduct_type=pl.lit("timeseries"),
        t_exptime=pl.col("exptime"),
        dataURL=addresses,
        **{name: pl.coalesce(_here(rows, name, other)) for name, other in POSITIONS.items()},
    )
    return _typed(table, types)


def product_rows(
    found: FoundRows, observations: pl.DataFrame, kinds: Collection[str] | None, *, aligned: bool = False
) -> pl.DataFrame:
    """Return the table of the files of observations: the columns of `tess_source_catalogue.columns.PRODUCTS`.

    Parameters
    ----------
    found : FoundRows
    observations : polars.DataFrame
    kinds : collection of str, optional
        Kinds of files. None: all.
    aligned : bool
        Whether the rows are those of the observations, in the same order, whose addresses of data are the same, too.
    """
    types = polars_types(PRODUCTS)
    if not found.rows.height or not observations.height:
        return pl.DataFrame(schema=types)
    rows = _aligned(found.rows, observations) if aligned else _matched(found, observations)
    files = found.bundles.files(kinds)
    rows = _with_files(rows, files.of_bundles[rows["bundle"]])
    rows = _in_order(rows, files.rank, "file")
    numbers = rows["file"]
    uris, filenames = files.texts(numbers, rows)
    table = _saying(rows, files.said, numbers).with_columns(
        *_nulls(types, {"size", "etag", "proposal_id"} - set(rows.columns)),
        project=pl.col("pipeline"),  # the same column under two names takes the room of one
        archive=pl.lit(ARCHIVE),
        uri=uris,
        dataURI=uris,
        filename=filenames,
        productFilename=filenames,
        observation=_keys_of_observations(rows),
        dataproduct_type=pl.lit("timeseries"),
        **dict.fromkeys(("obsID", "parent_obsid"), _known(rows, "obsid")),
        **{other: pl.coalesce(_here(rows, other, name)) for name, other in POSITIONS.items()},
    )
    return _typed(table, types)


def with_sizes(products: pl.DataFrame, listings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return products with the sizes and ETags of listings, which have the columns of `tess_source_catalogue.columns.SIZES`."""
    if not listings:
        return products
    known = pl.concat(listings).select("uri", "size", "etag").unique("uri", keep="last")
    found = products.drop("size", "etag").join(known, on="uri", how="left", maintain_order="left")
    return found.select(products.columns)


def _keys_of_observations(rows: pl.DataFrame) -> pl.Series:
    """Return the archive's own key of the observations of files: the obs_id, unless they have another."""
    obs_ids = rows["obs_id"]
    if "observation" not in rows.columns or (given := rows["observation"]).eq_missing(obs_ids).all():
        return obs_ids
    return given.fill_null(obs_ids)


def _in_order(rows: pl.DataFrame, ranks: pl.Series, number: str) -> pl.DataFrame:
    """Return many rows in about the order in which they are shown, as long as they are narrow: to sort a table of all columns takes long.

    Parameters
    ----------
    rows : polars.DataFrame
    ranks : polars.Series
        By the place that the column `number` of the rows holds.
    number : str
    """
    if rows.height < FEW_ROWS:
        return rows
    rows = rows.with_columns(rank=ranks[rows[number]])
    return rows.sort("tic", "rank", nulls_last=True, maintain_order=True).drop("rank")


def _matched(found: FoundRows, observations: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of observations that are asked for, with what they have of `CARRIED`, and under their obs_ids.

    A reprocessing may have changed an obs_id since, so it decides only where several observations have the same keys.
    """
    rows, bundles = found
    narrow = rows[_own(rows)]
    star = pl.col("tic").fill_null(-1).alias("star")  # stars without a TIC id are to be compared, too
    keyed = narrow.with_columns(star, sort=bundles.sort[rows["bundle"]]).with_row_index("row")
    asked = observations.select(star, *KEYS).join(bundles.sorts, on=KEYS, how="left", maintain_order="left")
    asked = asked[["star", "sort"]].with_row_index("place")
    kept = keyed.join(asked, on=["star", "sort"], how="inner")
    carried = observations[_carried(observations)][kept["place"]]
    if any(kept[name].n_unique() < len(kept) for name in ("place", "row")):
        same = (_obs_ids(rows, bundles)[kept["row"]] == carried["obs_id"]).fill_null(value=False)
        kept, carried = kept.filter(same), carried.filter(same)
    return kept[[*narrow.columns]].hstack(carried)


def _aligned(rows: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of observations, in the same order, as `_matched` does."""
    return rows[_own(rows)].hstack(observations[[*_carried(observations), "dataURL"]])


def _own(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name not in PORTAL and name != "obs_id"]


def _carried(observations: pl.DataFrame) -> list[str]:
    return ["obs_id", *(name for name in CARRIED if name in observations.columns and observations[name].count())]


def _with_files(rows: pl.DataFrame, files: pl.Series) -> pl.DataFrame:
    """Return a row per file, with its number, of rows with a list of these."""
    if rows.height < FEW_ROWS:
        numbers = files.to_list()
        places = [place for place, some in enumerate(numbers) for _ in some or ()]
        file = pl.Series("file", [number for some in numbers for number in some or ()], pl.UInt32)
        return rows[places].with_columns(file)
    rows = rows.with_columns(file=files).explode("file")
    return rows.filter(pl.col("file").is_not_null()) if rows["file"].null_count() else rows


def _saying(rows: pl.DataFrame, said: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """Return rows with the columns of `said`, at a place per row. Where there are many rows, a column of one value takes no memory."""
    if rows.height < FEW_ROWS:
        return rows.hstack(said[places])
    same = [name for name in said.columns if said[name].n_unique() == 1]
    values = [pl.lit(said[name][0], said.schema[name]).alias(name) for name in same]
    return rows.with_columns(*(said[name][places] for name in said.columns if name not in same), *values)


def _obs_ids(rows: pl.DataFrame, bundles: Bundles, addresses: pl.Series | None = None) -> pl.Series:
    """Return obs_ids: the portal's, or else what the names of the files tell. Addresses of data that hold them save time and memory."""
    texts = bundles.obs_ids.of(rows["bundle"], rows, addresses)
    known = rows["obs_id"] if "obs_id" in rows.columns else None
    return texts if known is None or not known.count() else known.fill_null(texts)


def _here(rows: pl.DataFrame, *columns: str) -> list[str]:
    """Return those of the columns that rows have: the portal may not have been asked."""
    return [name for name in columns if name in rows.columns]


def _known(rows: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in rows.columns else pl.lit(None, pl.String)


def _nulls(types: SchemaDict, columns: Iterable[str]) -> list[pl.Expr]:
    return [pl.lit(None, types[name]).alias(name) for name in columns]


def _typed(table: pl.DataFrame, types: Mapping[str, Any]) -> pl.DataFrame:
    """Return these columns of a table, in this order, of these types."""
    here = dict(zip(table.columns, table.dtypes, strict=True))
    others = [pl.col(name).cast(kind) for name, kind in types.items() if here[name] != kind]
    return (table.with_columns(others) if others else table)[list(types)]
