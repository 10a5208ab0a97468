"""An archive of your institute's own light curves, beside MAST.

    export INSTITUTE_CURVES=/data/curves        # or the address of a folder on a web server
    tess-source --plugin institute.py --archive mast,institute search "TIC 16740101" --kind lc

The folder has a table index.csv with the columns file, tic, sector and exptime, and the files that it names: light curves as CSV with the
columns time [BTJD], flux and flux_err, and vetting reports as plain text.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote
from urllib.request import urlopen

import polars as pl

from tess_source import Citation, Kind, Observations, Products, Request, Transport, hookimpl
from tess_source.errors import DamagedFileError, ServiceError
from tess_source.paths import inside

if TYPE_CHECKING:
    from tess_source import Entry, Query, Settings

NAME, PIPELINE = "institute", "INSTITUTE"


def home() -> str:
    """Return the folder, or the address of it."""
    if not (found := os.environ.get("INSTITUTE_CURVES", "").rstrip("/")):
        raise ServiceError(NAME, "INSTITUTE_CURVES does not say where the light curves are")
    return found


def is_on_web() -> bool:
    """Return whether it is an address."""
    return home().startswith(("http://", "https://"))


def index(settings: Settings) -> pl.DataFrame:
    """Return the rows of the index, with the columns of MAST's observations that filters and searches ask for."""
    try:
        if is_on_web():
            with urlopen(f"{home()}/index.csv", timeout=settings.patience.read) as answer:
                rows = pl.read_csv(answer.read())
        else:
            rows = pl.read_csv(Path(home(), "index.csv"))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ServiceError(NAME, f"its index.csv cannot be read: {error}") from error
    return rows.select(
        "file",
        archive=pl.lit(NAME),
        obs_id=pl.format("institute-{}-s{}", "tic", pl.col("sector").cast(pl.String).str.zfill(4)),
        target_name=pl.col("tic").cast(pl.String),
        sequence_number="sector",
        t_exptime=pl.col("exptime").cast(pl.Float64),
        provenance_name=pl.lit(PIPELINE),
        dataproduct_type=pl.lit("timeseries"),
        project=pl.lit("TESS"),
    )


def meets(column: str, wanted: Any) -> pl.Expr:
    """Return the rows that meet a criterion: a value, a list of values, or the least and the greatest of numbers with a fraction."""
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    if column == "t_exptime":
        return pl.col(column).is_between(min(values), max(values))
    return pl.col(column).cast(pl.String).is_in([str(value) for value in values])


@hookimpl
def tess_query(query: Query, settings: Settings) -> Observations | None:
    """Return what the index has of stars by their TIC id; None for places on the sky, and for columns that it does not have."""
    rows = index(settings)
    if query.wildcards or not set(query.criteria) <= set(rows.columns) or any(one.tic is None for one in query.targets):
        return None
    stars = [str(target.tic) for target in query.targets]
    rows = rows.filter(pl.col("target_name").is_in(stars)) if stars else rows
    rows = rows.filter(*(meets(column, wanted) for column, wanted in query.criteria.items()))
    return Observations.of(rows.drop("file").unique("obs_id", maintain_order=True))


@hookimpl
def tess_list(observations: Observations, settings: Settings) -> Products | None:
    """Return the files of our observations."""
    mine = observations.where(pl.col("archive") == NAME).to_polars()
    if mine.is_empty():
        return None
    rows = mine.select("archive", "obs_id", "tic", "first_sector", "last_sector", "exptime", "pipeline")
    files = index(settings).select("obs_id", "file")
    return Products.of(
        rows.join(files, on="obs_id").with_columns(
            uri=pl.lit(f"{NAME}:") + pl.col("file").map_elements(quote, pl.String),
            filename=pl.col("file").str.extract(r"([^/]+)$"),
            kind=pl.when(pl.col("file").str.ends_with(".csv")).then(pl.lit("lc")).otherwise(pl.lit("vetting")),
        )
    )


@hookimpl
def tess_transports() -> Sequence[Transport]:
    """Declare where the files are."""
    return (Transport(NAME, locate, "light curves of our institute"),)


def locate(uri: str, settings: Settings) -> Request:
    """Return the address of a file: on the disk, or on our web server, whatever server answers in MAST's place."""
    path = uri.removeprefix(f"{NAME}:")
    if is_on_web():
        return Request(f"{home()}/{path}", as_is=True)
    return Request(inside(Path(home()), unquote(path)).absolute().as_uri())


@hookimpl
def tess_kinds() -> Sequence[Kind]:
    """Declare our reports. Our light curves are of the kind ``lc``, so that ``one_per_sector`` chooses among them and those of others."""
    return (Kind("vetting", "vetting report of our institute, as text"),)


@hookimpl
def tess_citations() -> Sequence[Citation]:
    """Declare how papers cite our light curves."""
    return (Citation(PIPELINE, None, "Light curves of our institute, Zenodo", "10.5281/zenodo.0"),)


@hookimpl(tryfirst=True)  # before the reader of lightkurve, which takes all files of the kind lc
def tess_load(entry: Entry, options: Mapping[str, Any]) -> object | None:
    """Open a light curve as lightkurve's, and a report as text."""
    if entry.item.pipeline != PIPELINE or entry.path is None:
        return None
    if entry.item.kind == "vetting":
        return entry.path.read_text(encoding="utf-8")
    from tess_source_lightkurve.readers import lightkurve  # the library, imported without its warnings

    try:
        rows = pl.read_csv(entry.path)
        time, flux, error = (rows[name].to_numpy() for name in ("time", "flux", "flux_err"))
    except pl.exceptions.PolarsError as wrong:
        raise DamagedFileError(f"{entry.path.name} is no light curve of ours: {wrong}") from wrong
    meta = {
        "LABEL": f"TIC {entry.item.tic}",
        "TARGETID": entry.item.tic,
        "SECTOR": entry.item.first_sector,
        "AUTHOR": PIPELINE,
    }
    return lightkurve().LightCurve({"time": time, "flux": flux, "flux_err": error}, meta=meta)
