"""Whether what is asked of a column is known: a value that no list has is not the same as one that no row meets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from tess_source._lazy import pl
from tess_source.errors import QueryError
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.wording import keyword
from tess_source_catalogue.fields import OBSERVED
from tess_source_catalogue.folder import Key
from tess_source_catalogue.sources import SOURCES

__all__ = ["check_columns", "check_places"]

Part = tuple[str, int]
"""A pipeline and a sector."""
_GIVES: Mapping[str, Sequence[str]] = {"names": (), "portal": ("observations",), "targets": ("observations", "targets")}
"""Source of a column → what the lists that have it are about; what names do not tell, no other list does."""


def check_columns(rows: pl.DataFrame, columns: Iterable[str], lists: Collection[Key]) -> None:
    """Check that criteria on columns can be answered for all rows.

    Parameters
    ----------
    rows : polars.DataFrame
        The observations among which is chosen.
    columns : iterable of str
        Columns with criteria.
    lists : collection of Key
        The lists that the catalogue has.

    Raises
    ------
    QueryError
        If a column is null in all rows of a pipeline and sector, and no list that would have it was fetched, or there is none.
    """
    for column in columns:
        if not rows[column].null_count():
            continue
        parts = rows.group_by("pipeline", "last_sector").agg(pl.col(column).is_null().all().alias("silent"))
        _check_parts(column, parts.filter("silent").select("pipeline", "last_sector").iter_rows(), lists)


def check_places(parts: Iterable[Part], lists: Collection[Key]) -> None:
    """Check that positions are known of pipelines and sectors.

    Raises
    ------
    QueryError
        If neither the list of targets nor the portal's rows of one of them were fetched.
    """
    _check_parts("s_ra", parts, lists)


def _check_parts(column: str, parts: Iterable[Part], lists: Collection[Key]) -> None:
    """Raise an error that names the pipelines and sectors of which no list gives a column."""
    gives = _GIVES[OBSERVED[column].source]
    here = {
        (one.pipeline, last) for name, _, last in lists for one in SOURCES if one.name == name and one.gives in gives
    }
    lacking: dict[str, list[int]] = {}
    for pipeline, sector in parts:
        if (pipeline, sector) not in here:
            lacking.setdefault(pipeline, []).append(sector)
    if lacking:
        where = [
            f"{pipeline} in {sectors_in_words(text_of_sectors(sectors))}"
            for pipeline, sectors in sorted(lacking.items())
        ]
        what = "the position" if column in {"s_ra", "s_dec"} else f"column {column!r}"
        raise QueryError(
            f"{what} is not known of {' and '.join(where)}: {_update_in_words(column, lacking)}",
            keyword("archive", "mast"),
        )


def _update_in_words(column: str, lacking: Mapping[str, list[int]]) -> str:
    """Return what brings a column: updates, of the pipelines of which a list has it, or another archive, which follows."""
    gives = _GIVES[OBSERVED[column].source][-1:]
    found = {one.name: lacking[one.pipeline] for one in SOURCES if one.gives in gives and one.pipeline in lacking}
    if not found:
        return "no list has it, so ask "
    sectors = text_of_sectors(sector for one in found.values() for sector in one)
    return f"`tess-source catalogue update --sector {sectors} --source {','.join(found)}` would bring it, or ask "
