"""Tables of lists as people read them: one row per source, with its sectors as ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.names.sectors import text_of_sectors
from tess_source.tables.rows import Rows

__all__ = ["NOT_YET", "ListStates", "by_source"]

NOT_YET = "not yet"
"""State of a list that the archive did not have when it was asked."""
_NOT_HERE = ("missing", NOT_YET)


class ListStates(Rows):
    """The state of each list of the catalogue, one row per list. It is shown with one row per source.

    Columns: `source`, `pipeline`, `first_sector`, `last_sector`, `state` (``here``, ``missing``, or ``not yet`` if the archive had
    none when it was asked, which `checked` tells; if the archive was asked, ``current``,
    ``changed``, ``gone`` or ``unknown`` in place of ``here``), `rows`, `date` (of the list, by the archive), `fetched`, `checked` (ISO
    times, UTC), `size` of the list [bytes], `strange` (number of names or rows that were not understood), `strange_names` (the first
    few), `address`, `problem`.
    """

    schema: ClassVar[Mapping[str, str]] = {
        "source": "String", "pipeline": "String", "first_sector": "Int32", "last_sector": "Int32", "state": "String", "rows": "Int64",
        "date": "String", "fetched": "String", "checked": "String", "size": "Int64", "strange": "Int64", "strange_names": "String",
        "address": "String", "problem": "String",
    }  # fmt: skip
    noun = "list"
    __slots__ = ()

    def by_source(self) -> pl.DataFrame:
        """Return a frame with one row per source: the sectors in each state, rows, the newest date, and the earliest comparison."""
        return by_source(self.to_polars(), ("here", "current", "changed", "gone", "unknown", *_NOT_HERE))

    @property
    def here(self) -> pl.DataFrame:
        """The rows about lists that the catalogue has."""
        return self.to_polars().filter(~pl.col("state").is_in(_NOT_HERE))

    def summary(self) -> str:
        """Return one line: how many lists and rows there are, and how many are missing or have changed."""
        here = self.here
        if not here.height:
            return "the catalogue is empty: `tess-source catalogue update` makes it"
        states = ", ".join(f"{count:,} {state}" for state, count in self["state"].value_counts(sort=True).iter_rows())
        return f"{text.number(here.height, 'list')}, {text.number(int(here['rows'].sum()), 'row')} ({states})"

    def __repr__(self) -> str:
        table = self.by_source()
        return f"{self.summary()}\n{text.table(table, table.columns)}" if len(self) else self.summary()

    def _repr_html_(self) -> html.Markup:
        table = self.by_source()
        return html.view(html.table(table, table.columns, self.summary()))


def by_source(frame: pl.DataFrame, states: Sequence[str]) -> pl.DataFrame:
    """Return a table of lists with one row per source.

    Parameters
    ----------
    frame : polars.DataFrame
        With `source`, `first_sector`, `last_sector`, `state`, `rows`, `strange`, and perhaps `pipeline`, `date` and `checked`.
    states : sequence of str
        Each becomes a column with the sectors of the lists in it, unless there are none.

    Returns
    -------
    polars.DataFrame
    """
    rows: list[dict[str, Any]] = []
    for (name,), part in frame.group_by("source", maintain_order=True):
        days = {
            "date": part["date"].max() if "date" in part.columns else None,
            "checked": part["checked"].min() if "checked" in part.columns else None,
        }
        rows.append({
            "source": name,
            "pipeline": part["pipeline"][0] if "pipeline" in part.columns else None,
            **{state: _sectors_in_words(part.filter(pl.col("state") == state)) for state in states},
            "rows": part["rows"].sum(),
            **{column: str(day)[: len("2026-11-27")] if day else None for column, day in days.items()},
            "strange": int(part["strange"].sum() or 0) or None,
        })  # fmt: skip
    types = {"rows": pl.Int64, "strange": pl.Int64}
    # In a narrow terminal, the last ones are left out.
    names = ["source", *states, "rows", "date", "checked", "strange", "pipeline"]
    table = pl.DataFrame(rows, schema={name: types.get(name, pl.String) for name in names}, orient="row")
    return table.select(column for column in table if column.name == "source" or column.null_count() < table.height)


def _sectors_in_words(part: pl.DataFrame) -> str | None:
    """Return the sectors of lists, e.g. ``"1-5,8"``; of lists about several sectors, those with which they end; of their page, all."""
    several = part.filter(pl.col("first_sector") != pl.col("last_sector"))["last_sector"]
    one = part.filter(pl.col("first_sector") == pl.col("last_sector"))["last_sector"]
    said = ["all"] if 0 in one else [text_of_sectors(one)] if len(one) else []
    said += [f"runs to {text_of_sectors(several)}"] if len(several) else []
    return "; ".join(said) or None
