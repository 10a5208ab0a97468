"""What is known of the columns of light curves before a data set is built, and what one file of a pipeline tells."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tess_source._lazy import np, pl
from tess_source.display import text
from tess_source.errors import DownloadError, LoadError, QueryError, UnknownNameError
from tess_source.files.fits_table import TableReader
from tess_source.tables.items import Item, Items
from tess_source.tables.plan import Plan
from tess_source.wording import keyword
from tess_source_arrays.derived import columns_of, names_of
from tess_source_arrays.others import OF_OTHERS
from tess_source_arrays.schema import COLUMNS, SPOC, described

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["Fit", "LeftOut", "check_kinds", "pipelines_of_items", "with_columns"]

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


class LeftOut(NamedTuple):
    """Files of a pipeline that are left out, because they lack columns."""

    files: int
    lacking: tuple[str, ...]
    """Names of columns."""

    def __str__(self) -> str:
        return f"{text.number(self.files, 'light curve')} without {', '.join(self.lacking)}"

    def and_more(self, files: int, lacking: Sequence[str]) -> LeftOut:
        """Return these and other files."""
        return LeftOut(self.files + files, tuple(dict.fromkeys((*self.lacking, *lacking))))

    def record(self) -> dict[str, Any]:
        """Return it in plain values."""
        return {"files": self.files, "lacking": [*self.lacking]}

    @classmethod
    def from_record(cls, told: Mapping[str, Any]) -> LeftOut:
        """Return what `record` has made plain."""
        return cls(int(told["files"]), tuple(map(str, told["lacking"])))


@dataclass(frozen=True)
class Fit:
    """The files of an answer that have the columns of a data set."""

    items: Items
    types: Mapping[str, str]
    """Column → type in the files, where the schema does not tell it."""
    left_out: Mapping[str, LeftOut]
    """Pipeline → its files that lack columns."""


def with_columns(items: Items, columns: Sequence[str], session: Session) -> Fit:
    """Return the files that have some columns.

    The schema tells it of SPOC's files. Of each other pipeline and exposure time, one light curve is fetched.

    Raises
    ------
    QueryError
        If no files have them; the message names columns that they have.
    DownloadError
        If none of the first files of a pipeline can be fetched and read.
    """
    pipelines = pipelines_of_items(items)
    errors: dict[str, QueryError] = {one: error for one in pipelines if (error := _schema_error(columns, one))}
    if len(errors) == len(pipelines):
        raise next(iter(errors.values()))
    kept, left_out, types = [], dict[str, LeftOut](), dict[str, list[np.dtype[np.generic]]]()
    groups = items.to_polars().group_by(pl.col("pipeline").fill_null(""), "exptime", maintain_order=True)
    for (pipeline, _), part in groups:
        lacking: Sequence[str] = [name for name in columns if pipeline in errors and name not in _known_names(pipeline)]
        safe = part.filter(pl.col("problem").is_null())
        if not (lacking or pipeline in SPOC or safe.is_empty()):
            one = _first_readable(Plan(Items(safe.head(TRIES)), Path("-"), {}, session), columns)
            lacking = [name for name in columns if name not in one.names]
            if lacking:
                errors.setdefault(pipeline, one.error(lacking))
            else:
                for name, dtype in one.types.items():
                    types.setdefault(name, []).append(dtype)
        if lacking:
            left_out[pipeline] = left_out.get(pipeline, LeftOut(0, ())).and_more(part.height, lacking)
        else:
            kept.append(part)
    if not kept:
        raise next(iter(errors.values()))
    fit = Items(pl.concat(kept).sort("path", "uri"))
    typed = {one.name for one in COLUMNS} if {*pipelines_of_items(fit)} & {*SPOC, ""} else set()
    named = {name: str(np.result_type(*types[name])) for name in columns if name in types and name not in typed}
    return Fit(fit, named, left_out)


def _known_names(pipeline: str) -> list[str]:
    """Return the columns that light curves of a pipeline may have."""
    return [one.name for one in COLUMNS] if pipeline in SPOC else [*described([pipeline])]


def _schema_error(columns: Sequence[str], pipeline: str) -> UnknownNameError | None:
    """Return an error if no light curve of a pipeline has such a column, as far as the pipeline is known."""
    known = _known_names(pipeline)
    wrong = [name for name in columns if name not in known] if pipeline in {*SPOC, *OF_OTHERS} else []
    return UnknownNameError(f"column of light curves by {pipeline}:", wrong[0], known) if wrong else None


class _Readable(NamedTuple):
    """A light curve that was read."""

    item: Item
    names: Sequence[str]
    """All its columns of numbers."""
    types: Mapping[str, np.dtype[np.generic]]
    """Those that are wanted."""

    def error(self, lacking: Sequence[str]) -> QueryError:
        """Return an error about columns that it does not have."""
        of = f"{self.item.pipeline or 'these'} light curves ({self.item.filename})"
        return QueryError(
            f"{of} have no column {', '.join(map(repr, lacking))} of numbers, but {', '.join(self.names)}"
        )


def _first_readable(plan: Plan, columns: Sequence[str]) -> _Readable:
    """Return the first of a few light curves that can be read."""
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
            read = columns_of(table, [name for name in columns if name in names])
            return _Readable(entry.item, names, {name: values.dtype for name, values in read.items()})
    raise DownloadError(f"the columns of light curves are not known, since none could be read: {problem}")
