"""Reads single lists: targets, TCEs, and what was not understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tess_source._lazy import pl
from tess_source_catalogue.columns import TARGETS, TCES, polars_types
from tess_source_catalogue.declared import sources_of_files
from tess_source_catalogue.folder import CatalogueFolder, ListFile
from tess_source_catalogue.found_rows import Place, in_cone
from tess_source_catalogue.star_index import lists_of_stars
from tess_source_catalogue.stored import files_of, read_list, read_lists, with_source

__all__ = ["strange_rows", "target_rows", "tce_rows"]

EXPTIMES = {"targets": 120.0, "fast-targets": 20.0}
"""Source → exposure time of its targets [s]."""


def target_rows(
    files: Iterable[ListFile], exptime: float | None, tics: pl.Series | None, place: Place | None
) -> pl.DataFrame:
    """Return the rows of target lists: the columns of `tess_source_catalogue.columns.TARGETS`."""
    types = polars_types(TARGETS)
    parts = [pl.DataFrame(schema=types)]
    wanted: Sequence[ListFile] = [file for file in files if exptime is None or EXPTIMES.get(file.source) == exptime]
    if tics is not None and all(file.source in EXPTIMES for file in wanted):
        wanted = lists_of_stars(wanted, tics)
    own = pl.col("list_source").replace_strict(EXPTIMES, default=None, return_dtype=pl.Float64)
    hlsp = pl.col("list_source").str.strip_suffix("-targets").str.to_uppercase()
    for stored in _rows_of(wanted, tics):
        rows = stored.filter(pl.col("sector") == pl.col("list_last")) if "sector" in stored.columns else stored
        pipeline = pl.when(own.is_null()).then(hlsp).otherwise(pl.lit("SPOC"))
        rows = rows.with_columns(sector="list_last", exptime=own, pipeline=pipeline)
        rows = rows.with_columns(pl.lit(None).alias(name) for name in types if name not in rows.columns)
        if place is not None:
            rows = rows.filter(in_cone(place))
        parts.append(rows.select(pl.col(name).cast(kind) for name, kind in types.items()))
    return pl.concat(parts)


def tce_rows(files: Iterable[ListFile], tics: pl.Series | None) -> pl.DataFrame:
    """Return the rows of tables of TCEs: the columns of `tess_source_catalogue.columns.TCES`."""
    types = polars_types(TCES)
    parts = [pl.DataFrame(schema=types)]
    for stored in _rows_of(files, tics):
        rows = stored.with_columns(first_sector="list_first", last_sector="list_last")
        rows = rows.with_columns(pl.lit(None).alias(name) for name in types if name not in rows.columns)
        parts.append(rows.select(pl.col(name).cast(kind) for name, kind in types.items()))
    return pl.concat(parts)


def _rows_of(files: Iterable[ListFile], tics: pl.Series | None) -> Iterable[pl.DataFrame]:
    """Return the rows of lists, of these stars only if they are given, with the columns of `named`."""
    return (with_source(read_list(file), file) for file in files) if tics is None else read_lists(files, tics)


def strange_rows(folder: CatalogueFolder) -> pl.DataFrame:
    """Return what lists name that is not understood, or does not belong there, and in which list; of tables, the rows that are kept."""
    types = polars_types({"source": "String", "first_sector": "Int32", "last_sector": "Int32", "uri": "String"})
    parts = [pl.DataFrame(schema=types)]
    lists = folder.lists()
    of_files = sources_of_files(lists)
    for file in lists.values():
        texts = (
            files_of(read_list(file).filter("strange")) if file.source in of_files else folder.facts(file).strange_names
        )
        if len(texts):
            where = {"source": file.source, "first_sector": file.first, "last_sector": file.last}
            rows = pl.DataFrame({"uri": texts}).with_columns(**{name: pl.lit(value) for name, value in where.items()})
            parts.append(rows.select(pl.col(name).cast(kind) for name, kind in types.items()))
    return pl.concat(parts)
