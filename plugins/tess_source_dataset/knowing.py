"""What is known of the columns of light curves before a data set is built, and what one file of a pipeline tells."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source._lazy import np, pl
from tess_source.errors import DownloadError, LoadError, QueryError, UnknownNameError
from tess_source.files.fits_table import TableReader
from tess_source.tables.items import Items
from tess_source.tables.plan import Plan
from tess_source.wording import keyword
from tess_source_arrays.derived import columns_of, names_of
from tess_source_arrays.others import OF_OTHERS
from tess_source_arrays.schema import COLUMNS, SPOC, described
from tess_source_dataset.recipe import DataSetRecipe

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["check_kinds", "check_names", "pipelines_of_items", "types_in_files"]

KINDS = ("lc", "fast-lc")
"""Kinds of files that are light curves in FITS tables."""
TRIES = 3
"""Files of a pipeline of which one is read to learn its columns."""


def check_kinds(items: Items) -> None:
    """Check that files are light curves.

    Raises
    ------
    QueryError
        If there are others.
    """
    if others := sorted({*items["kind"]} - {*KINDS}):
        raise QueryError(
            f"a data set is of light curves, but files of these kinds were found too: {', '.join(others)}; choose by ",
            keyword("kind", "lc"),
            ", or fast-lc for 20 s",
        )


def pipelines_of_items(items: Items) -> tuple[str, ...]:
    """Return the pipelines of files, sorted. An empty text stands for those that are not known."""
    return tuple(sorted({name or "" for name in items["pipeline"]}))


def check_names(columns: Sequence[str], pipelines: Sequence[str]) -> None:
    """Check that files can have columns of some names, as far as their pipelines are known.

    Raises
    ------
    UnknownNameError
        If no light curve of one of the pipelines has such a column.
    """
    for pipeline in pipelines:
        known = [one.name for one in COLUMNS] if pipeline in SPOC else [*described([pipeline])]
        for name in columns if pipeline in {*SPOC, *OF_OTHERS} else ():
            if name not in known:
                raise UnknownNameError(f"column of light curves by {pipeline}:", name, known)


def types_in_files(plan: Plan, recipe: DataSetRecipe, session: Session) -> Mapping[str, str]:
    """Return the types of columns that the schema does not tell: one light curve of each such pipeline and exposure time is fetched.

    Raises
    ------
    QueryError
        If one has none of the columns; the message names those that it has.
    DownloadError
        If none of the first files of a pipeline can be fetched and read.
    """
    frame = plan.items.to_polars()
    found: dict[str, list[np.dtype[np.generic]]] = {}
    others = frame.filter(~pl.col("pipeline").fill_null("").is_in([*SPOC]) & pl.col("problem").is_null())
    for _, part in others.group_by("pipeline", "exptime", maintain_order=True):
        for name, dtype in _types_of_one(Plan(Items(part.head(TRIES)), plan.root, {}, session), recipe.columns).items():
            found.setdefault(name, []).append(dtype)
    typed = {one.name for one in COLUMNS} if {*recipe.pipelines} & {*SPOC, ""} else set()
    return {name: str(np.result_type(*found[name])) for name in recipe.columns if name in found and name not in typed}


def _types_of_one(plan: Plan, columns: Sequence[str]) -> dict[str, np.dtype[np.generic]]:
    """Return the types of columns in the first of a few files that can be read."""
    problem = ""
    with tempfile.TemporaryDirectory(prefix="tess-source-") as folder:
        for entry in plan.to(Path(folder)).iter_download(jobs=1, progress=False):
            if entry.path is None:
                problem = f"{entry.item}: {entry.error}"
                continue
            try:
                table = TableReader().read(entry.path)
                names = names_of(table)
            except (LoadError, OSError) as error:
                problem = f"{entry.item}: {error}"
                continue
            if lacking := [name for name in columns if name not in names]:
                of = f"{entry.item.pipeline or 'these'} light curves ({entry.item.filename})"
                raise QueryError(
                    f"{of} have no column {', '.join(map(repr, lacking))} of numbers, but {', '.join(names)}"
                )
            return {name: values.dtype for name, values in columns_of(table, columns).items()}
    raise DownloadError(f"the columns of light curves are not known, since none could be read: {problem}")
