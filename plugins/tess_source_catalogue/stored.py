"""The form in which lists are stored, small and sorted by TIC: how rows become it, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from tess_source import names
from tess_source._lazy import pl
from tess_source.errors import DamagedFileError, type_and_text
from tess_source.tables.among import among
from tess_source_catalogue.folder import ListFile
from tess_source_catalogue.patterns import Texts, packed

__all__ = [
    "files_of", "packed_files", "read_files", "read_list", "read_lists", "scaled", "strange_names", "unscaled", "with_source",
    "with_strange", "without_strange",
]  # fmt: skip

SCALE = 10_000
"""Positions are stored as whole ten-thousandths of a degree where they have no more digits, as those of the 2-min lists."""
_FILES = ("tic", "gaia", "pattern", "strange")
"""Columns of stored lists of files."""


def packed_files(uris: pl.Series, address: str = "", pipeline: str = "") -> pl.DataFrame:
    """Return a list of files in the form in which it is stored, each file once.

    Parameters
    ----------
    uris : polars.Series of str
        Their URIs; of what has none, a text.
    address : str
        Address of the list. If its name tells of a sector and a pipeline, files of others are strange.
    pipeline : str
        Files of other pipelines are strange. Empty: those of any are not.

    Returns
    -------
    polars.DataFrame
        `tic`, `gaia` (Int64, null where the name holds none), `pattern` (see `tess_source_catalogue.patterns`), `strange` (Boolean):
        whether its name was not understood, or does not belong in such a list. Sorted by TIC.
    """
    uris = uris.drop_nulls().rename("uri").unique()
    said = names.columns(uris)
    script = names.parse(address)
    strange = (said["kind"] == "other") | ~uris.str.contains(r"^[A-Za-z][A-Za-z0-9]*:\S+$")  # a name is no address
    if script.kind == "script" and script.last_sector is not None:
        strange |= ~((said["last_sector"] == script.last_sector) & (said["pipeline"] == script.pipeline)).fill_null(
            value=False
        )
    if pipeline:
        strange |= (said["pipeline"] != pipeline).fill_null(value=True)
    patterns = packed(uris, said["tic"], said["gaia"])
    rows = pl.DataFrame([said["tic"], said["gaia"], patterns.rename("pattern"), strange.rename("strange")])
    return rows.sort("tic", "gaia", "pattern")


def files_of(rows: pl.DataFrame) -> pl.Series:
    """Return the URIs of a stored list of files, in its order."""
    places = pl.int_range(rows.height, eager=True)
    return Texts(rows["pattern"]).of(places, rows).rename("uri")


def strange_names(rows: pl.DataFrame) -> list[str]:
    """Return the names, or other texts, of a list that were not understood or do not belong in it."""
    if "strange" not in rows.columns:
        return []
    if rows.schema["strange"] == pl.String:
        return rows["strange"].drop_nulls().to_list()
    return files_of(rows.filter("strange")).str.extract(r"([^/]*/*)$").to_list()


def with_strange(rows: pl.DataFrame, strange: pl.Series) -> pl.DataFrame:
    """Return rows of a table, and below them those that are not understood: of these, there is only the text, in a column `strange`.

    They are counted and shown, and are not stored as rows: see `without_strange`.
    """
    return pl.concat([rows, strange.rename("strange").to_frame()], how="diagonal") if len(strange) else rows


def without_strange(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a table that are understood; of files, all: those that are not are stored, too."""
    if rows.schema.get("strange") != pl.String:
        return rows
    return rows.filter(pl.col("strange").is_null()).drop("strange")


def scaled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `ra` and `dec` as whole numbers, where no digit is lost by it."""
    degrees = [name for name in ("ra", "dec") if frame.schema.get(name) == pl.Float64]
    whole = {name: (frame[name] * SCALE).round() for name in degrees}
    exact = [name for name, column in whole.items() if _degrees(column).eq_missing(frame[name]).all()]
    return frame.with_columns(whole[name].cast(pl.Int32) for name in exact)


def unscaled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows with `ra` and `dec` in degrees; the inverse of `scaled`."""
    whole = [name for name in ("ra", "dec") if name in frame.columns and frame[name].dtype == pl.Int32]
    return frame.with_columns(_degrees(frame[name]) for name in whole) if whole else frame


def _degrees(whole: pl.Series) -> pl.Series:
    """Return whole numbers in degrees, divided by a column: polars multiplies by the inverse of a constant, which is not the same."""
    return whole.cast(pl.Float64) / pl.Series([float(SCALE)]).new_from_index(0, len(whole))


def read_list(file: ListFile, tics: pl.Series | None = None) -> pl.DataFrame:
    """Return the stored rows of a list, of these stars only if they are given. Rows without a TIC id are kept.

    Raises
    ------
    DamagedFileError
        If its file is damaged.
    FileNotFoundError
        If an update has just replaced it.
    """
    try:
        rows = pl.scan_parquet(file.path)
        if tics is not None and "tic" in rows.collect_schema():
            rows = rows.filter(pl.col("tic").is_in(among(tics)) | pl.col("tic").is_null())
        return unscaled(rows.collect())
    except FileNotFoundError:
        raise
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise _damaged(file, type_and_text(error)) from error


def read_files(file: ListFile, tics: pl.Series | None = None) -> pl.DataFrame:
    """Return the stored rows of a list of files: see `read_list`."""
    rows = read_list(file, tics)
    if missing := [name for name in _FILES if name not in rows.columns]:
        raise _damaged(file, f"it has no column {missing[0]!r}, or is of another version of tess-source")
    return rows


def _damaged(file: ListFile, reason: str) -> DamagedFileError:
    advice = "`tess-source catalogue verify` finds such files, and `tess-source catalogue update` fetches them again"
    return DamagedFileError(f"{file.path} is damaged ({reason}): {advice}")


def read_lists(files: Iterable[ListFile], tics: pl.Series) -> Iterator[pl.DataFrame]:
    """Yield the rows of some stars in lists, as `read_list` gives them, those of lists with the same columns together.

    They have the columns of `with_source`. It is much faster than one list by one.

    Raises
    ------
    DamagedFileError
        If a file is damaged.
    FileNotFoundError
        If an update has just replaced one.
    """
    alike: dict[object, dict[str, ListFile]] = {}
    for file in files:
        alike.setdefault(_form(file.path), {})[str(file.path)] = file
    for by_path in alike.values():
        try:
            lists = pl.scan_parquet(list(by_path), include_file_paths="path", glob=False)
            between = pl.col("tic").is_between(tics.min(), tics.max())  # skips groups of rows by what is known of each
            found = lists.filter(between & pl.col("tic").is_in(among(tics))).collect()
        except FileNotFoundError:
            raise
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            # One by one, the damaged one is named.
            of_stars = pl.col("tic").is_in(among(tics))
            yield from (with_source(read_list(file, tics).filter(of_stars), file) for file in by_path.values())
            continue
        names = _names(by_path.values()).with_columns(pl.Series("path", list(by_path), pl.String))
        yield unscaled(found.join(names, on="path", how="left", maintain_order="left").drop("path"))


def with_source(rows: pl.DataFrame, file: ListFile) -> pl.DataFrame:
    """Return rows of a list with `list_source`, `list_first` and `list_last`: its source, and its first and last sector."""
    said = (pl.lit(column[0], column.dtype).alias(column.name) for column in _names([file]))
    return rows.with_columns(*said)


def _names(files: Iterable[ListFile]) -> pl.DataFrame:
    """Return a row for each list."""
    schema = {"list_source": pl.String, "list_first": pl.Int32, "list_last": pl.Int32}
    return pl.DataFrame([(file.source, file.first, file.last) for file in files], schema=schema, orient="row")


@lru_cache(maxsize=4096)
def _form(path: Path) -> object:
    """Return what lists have in common that can be read together; of a damaged one, what no other has. A file never changes."""
    try:
        return tuple(pl.read_parquet_schema(path).items())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return path
