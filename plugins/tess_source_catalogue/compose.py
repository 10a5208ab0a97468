"""Puts the lists of a volume together: a row per observation, and the bundles of files that observations have.

An update does it for the view; a question does it for volumes that the view does not have (`tess_source_catalogue.found_rows`).

Observations of one sector have a few bundles between them: a light curve and target pixels, or these and the files of one run of data
validation. So a row holds a star and the number of its bundle, and a bundle is a list of patterns.
"""

from __future__ import annotations

from typing import NamedTuple

from tess_source._lazy import pl
from tess_source.tables.among import among
from tess_source_catalogue.columns import PORTAL, TARGETS, polars_types
from tess_source_catalogue.folder import ListFile
from tess_source_catalogue.patterns import described
from tess_source_catalogue.stored import read_files, read_list, scaled
from tess_source_catalogue.volumes import MULTI, TARGET_LISTS, Volume

__all__ = ["Composed", "composed"]

BUNDLE_COLUMNS = (
    "bundle", "obs_id", "of", "pipeline", "first_sector", "last_sector", "exptime", "data", "pattern", "kind", "run", "tce", "camera",
    "ccd",
)  # fmt: skip
MAIN = ("lc", "fast-lc", "tp", "fast-tp", "dvt", "dvr-xml", "dvr-pdf", "dvs", "dvm")
"""Kinds of files in the order in which they say of what observation they are: single-sector data validation has a stamp of its own."""
_STAR = ("camera", "ccd", "tmag", "ra", "dec")
_KEYS = ("tic", "gaia", "group")


class Composed(NamedTuple):
    """A volume, put together."""

    rows: pl.DataFrame
    """A row per observation, sorted by TIC: `tic`, `gaia`, `bundle`, `camera`, `ccd`, `tmag`, `ra`, `dec`, and what the portal says."""
    bundles: pl.DataFrame
    """A row per bundle and file: `BUNDLE_COLUMNS`, where `obs_id`, `data` and `pattern` are patterns."""


def composed(volume: Volume, tics: pl.Series | None = None) -> Composed:
    """Put the lists of a volume together.

    Parameters
    ----------
    volume : Volume
    tics : polars.Series of int, optional
        The stars, of which all rows are made. None: all.

    Raises
    ------
    FileNotFoundError
        If an update has just replaced one of its lists.
    """
    gaia = {file: read_list(file, tics) for file in volume.beside if file.source == f"{volume.family}-targets"}
    files = pl.concat([_files(file, gaia, tics) for file in volume.files])
    if tics is not None:
        files = files.filter(pl.col("tic").is_in(among(tics)))
    patterns = _grouped(described(files["pattern"].unique().sort()))
    coded = files.join(patterns.select("pattern", "code", "group"), on="pattern", how="left").drop("pattern")
    rows = _observations(coded.sort(*_KEYS, "code"))
    sets = rows.select("key", "code").unique("key", keep="first").sort("key").with_row_index("bundle")
    rows = rows.join(sets.select("key", "bundle"), on="key", how="left", maintain_order="left")
    bundles = _bundles(sets, patterns)
    beside = {**gaia, **{file: read_list(file, tics) for file in volume.beside if file not in gaia}}
    rows = _with_stars(rows.select("tic", "gaia", "bundle", "ra", "dec"), bundles, volume, beside)
    return Composed(scaled(_with_portal(rows, bundles, volume, beside)), bundles)


def _observations(files: pl.DataFrame) -> pl.DataFrame:
    """Return a row per observation, of files that are sorted: what all its files share, their codes, and a key that says the same."""
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in _KEYS)
    same_file = ~begins & (pl.col("code") == pl.col("code").shift())
    files = files.with_columns(row=begins.cum_sum().set_sorted(), same=same_file).filter(~pl.col("same"))
    shared = [pl.col(name).first() for name in (*_KEYS, "ra", "dec")]
    rows = files.group_by("row", maintain_order=True).agg(*shared, "code")
    return rows.with_columns(key=pl.col("code").cast(pl.List(pl.String)).list.join(","))


def _files(file: ListFile, beside: dict[ListFile, pl.DataFrame], tics: pl.Series | None) -> pl.DataFrame:
    """Return the files of a list that belong in it: `tic`, `gaia`, `pattern`, and `ra`, `dec` of those that have a Gaia id only."""
    rows = read_files(file, tics).filter(~pl.col("strange")).select("tic", "gaia", "pattern")
    known = [
        frame.select("gaia", pl.col("tic").alias("tic_of_gaia"), "ra", "dec").unique("gaia", keep="last")
        for other, frame in beside.items()
        if other.last == file.last and "gaia" in frame.columns
    ]
    if not known or rows["gaia"].null_count() == len(rows):
        nothing = pl.lit(None, pl.Float64)
        return rows.with_columns(ra=nothing, dec=nothing)
    rows = rows.join(known[0].filter(pl.col("gaia").is_not_null()), on="gaia", how="left")
    return rows.select(pl.coalesce("tic", "tic_of_gaia").alias("tic"), "gaia", "pattern", "ra", "dec")


def _grouped(patterns: pl.DataFrame) -> pl.DataFrame:
    """Return patterns with a number each, `code`, and with the number of the sort of observation that such files belong to, `group`.

    The single-sector data validation belongs to the light curve of its sector, and so does a file whose time stamp another one has since a
    reprocessing.
    """
    one_sector = pl.col("first_sector") == pl.col("last_sector")
    of = pl.when((pl.col("of") == "dv") & one_sector).then(pl.lit("target")).otherwise("of")
    sectors = [pl.col(name).cast(pl.String) for name in ("first_sector", "last_sector")]
    spoc = pl.concat_str([of, *sectors], separator=" ")
    group = pl.when(pl.col("pipeline") == "SPOC").then(spoc).otherwise("obs_id").fill_null(pl.col("pattern"))
    return patterns.with_row_index("code").with_columns(group=group.rank("dense").cast(pl.UInt32))


def _bundles(sets: pl.DataFrame, patterns: pl.DataFrame) -> pl.DataFrame:
    """Return a row per bundle and file. The latest name of the first kind in `MAIN` says of what observation they are."""
    ranks = pl.col("kind").replace_strict(
        {kind: rank for rank, kind in enumerate(MAIN)}, default=len(MAIN), return_dtype=pl.Int32
    )
    files = sets.select("bundle", "code").explode("code").join(patterns, on="code", how="left").with_columns(rank=ranks)
    files = files.sort("bundle", "rank", "run", "timestamp", "tce", descending=[False, False, True, True, False])
    of_main = ("obs_id", "of", "exptime")
    files = files.with_columns(pl.col(name).first().over("bundle") for name in of_main)
    data = pl.when((pl.col("pipeline") == "SPOC") & pl.col("kind").is_in(["lc", "fast-lc", "dvt"])).then("pattern")
    is_data = data.first().over("bundle")
    return files.with_columns(data=is_data).select(BUNDLE_COLUMNS)


def _with_stars(
    rows: pl.DataFrame, bundles: pl.DataFrame, volume: Volume, beside: dict[ListFile, pl.DataFrame]
) -> pl.DataFrame:
    """Return rows with what the target lists say of their stars. Of a search over several sectors, camera and CCD are not known."""
    keys = ["tic"] if volume.family == MULTI else ["tic", "sector"]
    stars = _stars(volume, beside).join(rows.select("tic").unique(), on="tic", how="semi")
    if volume.family == MULTI:
        stars = (
            stars.sort("sector", descending=True, maintain_order=True)
            .drop("sector")
            .with_columns(camera=None, ccd=None)
        )
    stars = stars.unique(keys, keep="first", maintain_order=True)
    said = {name: _of_bundles(bundles, name).gather(rows["bundle"]) for name in ("camera", "ccd")}
    sector = _of_bundles(bundles, "last_sector").gather(rows["bundle"])
    rows = rows.with_columns(sector=sector, **said)
    found = rows.join(stars, on=keys, how="left", maintain_order="left", suffix="_of_list")
    own = [pl.coalesce(name, f"{name}_of_list").alias(name) for name in ("camera", "ccd", "ra", "dec")]
    return found.with_columns(own).select("tic", "gaia", "bundle", *_STAR)


def _stars(volume: Volume, beside: dict[ListFile, pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of target lists, those first that count: `tic`, `sector`, `camera`, `ccd`, `tmag`, `ra`, `dec`."""
    schema = {name: kind for name, kind in polars_types(TARGETS).items() if name in {"tic", "sector", *_STAR}}
    parts = [pl.DataFrame(schema=schema)]
    for source in (*TARGET_LISTS, f"{volume.family}-targets"):
        for file, frame in beside.items():
            if file.source == source:
                own = frame.filter(pl.col("sector") == file.last) if "sector" in frame.columns else frame
                own = own.with_columns(sector=pl.lit(file.last, pl.Int32))
                absent = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in own.columns]
                parts.append(own.with_columns(absent).select(list(schema)))
    return pl.concat(parts)


def _with_portal(
    rows: pl.DataFrame, bundles: pl.DataFrame, volume: Volume, beside: dict[ListFile, pl.DataFrame]
) -> pl.DataFrame:
    """Return rows with what the portal says of them, if it was asked for any."""
    parts = [frame for file, frame in beside.items() if file.source == "portal"]
    if not parts:
        return rows
    keys = ["tic", "first_sector", "last_sector", "exptime"]
    said = pl.concat(parts).filter(pl.col("pipeline") == "SPOC").drop("pipeline").unique(keys, keep="last")
    ends = [_of_bundles(bundles, name).gather(rows["bundle"]) for name in keys[1:]]
    found = rows.with_columns(ends).join(said, on=keys, how="left", maintain_order="left")
    return found.select(*rows.columns, "obs_id", "s_ra", "s_dec", *PORTAL)


def _of_bundles(bundles: pl.DataFrame, column: str) -> pl.Series:
    """Return a value per bundle, in their order."""
    return bundles.unique("bundle", keep="first", maintain_order=True).sort("bundle")[column]
