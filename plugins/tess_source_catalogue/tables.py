"""Makes the tables of observations and of products of rows and bundles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tess_source._lazy import pl
from tess_source.tables.listing import KIND_ORDER
from tess_source_catalogue.columns import OBSERVATIONS, PORTAL, PRODUCTS, polars_types
from tess_source_catalogue.compose import Pages
from tess_source_catalogue.patterns import rendered

__all__ = ["observation_rows", "product_rows", "with_sizes"]

ARCHIVE = "catalogue"
KEYS = ("kind", "first_sector", "last_sector", "pipeline")
"""What tells observations of a star apart, except for a few: see `_asked`."""
CARRIED = ("observation", "obsid", "proposal_id")
"""Columns that products have from their observations, if these have them."""
_RANKS = {kind: rank for rank, kind in enumerate(KIND_ORDER)}
MRP = "Minimum Recommended Products"
DESCRIPTIONS: Mapping[str, tuple[str, str, str, str | None]] = {
    "lc": ("LC", "Light curves", "SCIENCE", MRP),
    "tp": ("TP", "Target pixel files", "SCIENCE", MRP),
    "fast-lc": ("FAST-LC", "Light curves", "SCIENCE", MRP),
    "fast-tp": ("FAST-TP", "Target pixel files", "SCIENCE", MRP),
    "dvt": ("DVT", "Data validation time series", "SCIENCE", MRP),
    "dvm": ("DVM", "Data validation mini report", "INFO", MRP),
    "dvs": ("DVS", "TCE summary report", "INFO", MRP),
    "dvr-pdf": ("DVR", "full data validation report", "INFO", None),
    "dvr-xml": ("DVR", "full data validation report (xml)", "INFO", None),
}
"""Kind of SPOC's files → ``productSubGroupDescription``, ``description``, ``productType`` and ``productGroupDescription`` at MAST."""


def observation_rows(pages: Pages) -> pl.DataFrame:
    """Return the table of observations: the columns of `tess_source_catalogue.columns.OBSERVATIONS`."""
    types = polars_types(OBSERVATIONS)
    if not pages.rows.height:
        return pl.DataFrame(schema=types)
    bundles = _one_per_bundle(pages.bundles)
    rows = _whole(_in_order(pages.rows, bundles, "bundle"), ("obs_id", "s_ra", "s_dec", *PORTAL))
    said = {
        name: bundles[column].gather(rows["bundle"])
        for name, column in {
            "kind": "of", "pipeline": "pipeline", "first_sector": "first_sector", "last_sector": "last_sector", "exptime": "exptime",
        }.items()
    }  # fmt: skip
    obs_ids = _obs_ids(rows, bundles)
    spoc = said["pipeline"] == "SPOC"
    found = rows.drop("obs_id").with_columns(**said, obs_id=obs_ids, observation=obs_ids, archive=pl.lit(ARCHIVE))
    of_spoc = {
        "instrument_name": pl.lit("Photometer"), "wavelength_region": pl.lit("Optical"), "em_min": pl.lit(600.0), "em_max": pl.lit(1000.0),
    }  # fmt: skip
    found = found.with_columns(
        target_name=pl.col("tic").cast(pl.String),
        obs_collection=pl.when(pl.lit(spoc)).then(pl.lit("TESS")).otherwise(pl.lit("HLSP")),
        provenance_name=pl.col("pipeline"),
        project=pl.lit("TESS"),
        filters=pl.lit("TESS"),
        intentType=pl.lit("science"),
        dataproduct_type=pl.lit("timeseries"),
        sequence_number=pl.col("last_sector").cast(pl.Int64),
        t_exptime=pl.col("exptime"),
        s_ra=pl.coalesce("s_ra", "ra"),
        s_dec=pl.coalesce("s_dec", "dec"),
        dataURL=_texts(bundles["data"], rows["bundle"], rows),
        **{name: pl.when(pl.lit(spoc)).then(value) for name, value in of_spoc.items()},
    )
    return found.select(pl.col(name).cast(kind) for name, kind in types.items())


def product_rows(pages: Pages, observations: pl.DataFrame, kinds: Collection[str] | None) -> pl.DataFrame:
    """Return the table of the files of observations: the columns of `tess_source_catalogue.columns.PRODUCTS`."""
    types = polars_types(PRODUCTS)
    if not pages.rows.height or not observations.height:
        return pl.DataFrame(schema=types)
    rows = _whole(pages.rows, ("obs_id", "s_ra", "s_dec")).drop(PORTAL, strict=False)
    rows = _asked(rows, _one_per_bundle(pages.bundles), observations)
    files = pages.bundles.drop("camera", "ccd", "data", "of")
    if kinds is not None:
        files = files.filter(pl.col("kind").is_in(list(kinds)))
    files = files.with_row_index("file")
    found = rows.join(files.select("bundle", "file"), on="bundle", how="inner").drop("bundle")
    found = _in_order(found, files, "file")
    absent = [name for name in CARRIED if name not in found.columns]
    found = found.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    numbers = found["file"]
    said = {
        name: files[name].gather(numbers)
        for name in ("kind", "first_sector", "last_sector", "exptime", "pipeline", "run", "tce")
    }
    uris = _texts(files["pattern"], numbers, found)
    filenames = _filenames(uris, files["pattern"], numbers, found)
    found = found.with_columns(
        **said,
        **{name: column.gather(numbers) for name, column in _descriptions(files).items()},
        project=said["pipeline"],  # the same column under two names takes the room of one
        archive=pl.lit(ARCHIVE),
        uri=uris,
        dataURI=uris,
        filename=filenames,
        productFilename=filenames,
        size=pl.lit(None, pl.Int64),
        etag=pl.lit(None, pl.String),
        observation=_keys_of_observations(found),
        obsID=pl.col("obsid"),
        parent_obsid=pl.col("obsid"),
        dataproduct_type=pl.lit("timeseries"),
        ra=pl.coalesce("ra", "s_ra"),
        dec=pl.coalesce("dec", "s_dec"),
    )
    return found.select(pl.col(name).cast(kind) for name, kind in types.items())


def _filenames(uris: pl.Series, patterns: pl.Series, numbers: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """Return the last parts of URIs: as pieces of these, which take neither time nor memory, where all begin at one place."""
    heads = patterns.str.extract(r"^(.*/)").fill_null("")
    lengths = heads.str.len_chars().unique()
    if len(lengths) == 1 and not heads.str.contains("{", literal=True).any():
        return uris.str.slice(lengths[0])
    return _texts(patterns.str.extract(r"([^/]*)$"), numbers, rows)


def with_sizes(products: pl.DataFrame, listings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return products with the sizes and ETags of listings, which have the columns of `tess_source_catalogue.columns.SIZES`."""
    if not listings:
        return products
    known = pl.concat(listings).select("uri", "size", "etag").unique("uri", keep="last")
    found = products.drop("size", "etag").join(known, on="uri", how="left", maintain_order="left")
    return found.select(products.columns)


def _keys_of_observations(found: pl.DataFrame) -> pl.Series:
    """Return the archive's own key of the observations of files: the obs_id, unless they have another."""
    obs_ids, given = found["obs_id"], found["observation"]
    if given.null_count() == len(given) or given.eq_missing(obs_ids).all():
        return obs_ids
    return given.fill_null(obs_ids)


def _in_order(rows: pl.DataFrame, sorts: pl.DataFrame, number: str) -> pl.DataFrame:
    """Return rows in about the order in which they are shown, as long as they are narrow: to sort a table of all columns takes long.

    Parameters
    ----------
    rows : polars.DataFrame
    sorts : polars.DataFrame
        What rows say, by the place that the column `number` of the rows holds.
    number : str
    """
    keys = {
        "last_sector": False,
        "first_sector": True,
        "exptime": True,
        "obs_id": False,
        "kind": False,
        "run": False,
        "tce": False,
        "pattern": False,
    }
    ranks = sorts.with_columns(pl.col("kind").replace_strict(_RANKS, default=len(_RANKS), return_dtype=pl.Int32))
    order = ranks.select(pl.arg_sort_by(*keys, descending=[*keys.values()], nulls_last=True)).to_series()
    rank = pl.zeros(len(order), dtype=pl.UInt32, eager=True).scatter(
        order, pl.int_range(len(order), dtype=pl.UInt32, eager=True)
    )
    rows = rows.with_columns(rank=rank.gather(rows[number]))
    return rows.sort("tic", "rank", nulls_last=True, maintain_order=True).drop("rank")


def _descriptions(files: pl.DataFrame) -> dict[str, pl.Series]:
    """Return how the portal describes files: of SPOC's, what was seen of all; of others, their collection only."""
    spoc = files["pipeline"] == "SPOC"
    names = ("productSubGroupDescription", "description", "productType", "productGroupDescription")
    described = {
        name: pl.when(pl.lit(spoc)).then(
            pl.col("kind").replace_strict(
                {kind: values[place] for kind, values in DESCRIPTIONS.items()}, default=None, return_dtype=pl.String
            )
        )
        for place, name in enumerate(names)
    }
    collection = pl.when(pl.lit(spoc)).then(pl.lit("TESS")).otherwise(pl.lit("HLSP"))
    found = files.select(**described, obs_collection=collection)
    return {name: found[name] for name in found.columns}


def _asked(rows: pl.DataFrame, bundles: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of observations that are asked for, with what they have of `CARRIED`, and under their obs_ids.

    A reprocessing may have changed an obs_id since, so it decides only where several observations have the same keys.
    """
    own = bundles.select("bundle", *(pl.col("of" if name == "kind" else name).alias(name) for name in KEYS))
    sorts = (
        own.select(KEYS).drop_nulls().unique().with_row_index("sort")
    )  # a few: numbers are compared faster than texts
    own = own.join(sorts, on=KEYS, how="left", maintain_order="left")
    star = pl.col("tic").fill_null(-1).alias("star")  # stars without a TIC id are to be compared, too
    keyed = rows.drop("obs_id").with_columns(star, sort=own["sort"].gather(rows["bundle"])).with_row_index("row")
    known = [
        name for name in CARRIED
        if name in observations.columns and observations[name].null_count() < len(observations)
    ]  # fmt: skip
    asked = observations.select(star, *KEYS).join(sorts, on=KEYS, how="left", maintain_order="left")
    asked = asked.select("star", "sort").with_row_index("place")
    found = keyed.join(asked, on=["star", "sort"], how="inner").drop("star", "sort")
    carried = observations.select("obs_id", *known)[found["place"]]
    if any(found[name].n_unique() < len(found) for name in ("place", "row")):
        same = (_obs_ids(rows, bundles).gather(found["row"]) == carried["obs_id"]).fill_null(value=False)
        found, carried = found.filter(same), carried.filter(same)
    return found.drop("row", "place").hstack(carried)


def _obs_ids(rows: pl.DataFrame, bundles: pl.DataFrame) -> pl.Series:
    """Return obs_ids: the portal's, or else what the names of the files tell."""
    texts = _texts(bundles["obs_id"], rows["bundle"], rows)
    known = rows["obs_id"]
    return texts if known.null_count() == len(known) else known.fill_null(texts)


def _whole(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return rows with columns that the portal may fill, null where it was not asked."""
    types = polars_types({"obs_id": "String", "s_ra": "Float64", "s_dec": "Float64", **PORTAL})
    return rows.with_columns(pl.lit(None, types[name]).alias(name) for name in columns if name not in rows.columns)


def _one_per_bundle(bundles: pl.DataFrame) -> pl.DataFrame:
    """Return a row per bundle, at the place of its number."""
    first = bundles.unique("bundle", keep="first", maintain_order=True)
    return pl.DataFrame({"bundle": pl.int_range(int(first["bundle"].max()) + 1, dtype=pl.UInt32, eager=True)}).join(  # type: ignore[arg-type]
        first, on="bundle", how="left", maintain_order="left"
    )


def _texts(patterns: pl.Series, places: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """Return the text of each row, of the pattern at a place of a column."""
    distinct = patterns.drop_nulls().unique(maintain_order=True).rename("pattern")
    codes = (
        patterns.rename("pattern")
        .to_frame()
        .join(distinct.to_frame().with_row_index("code"), on="pattern", how="left", maintain_order="left")["code"]
    )
    if not len(distinct):
        return pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    return rendered(distinct, codes.gather(places), rows["tic"], rows["gaia"])
