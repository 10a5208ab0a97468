"""What an update did, list by list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tess_source._lazy import pl
from tess_source.display import html, text
from tess_source.display.records import RecordTuple
from tess_source.download.lists import FAILED, NEW, UNCHANGED
from tess_source_catalogue.building import FEW, ListOutcome
from tess_source_catalogue.by_source import by_source
from tess_source_catalogue.lacking import failures_in_words, not_yet_in_words

__all__ = ["Updated"]

STATES = (NEW, UNCHANGED, FAILED)
"""What becomes of lists that are there."""


@dataclass(frozen=True, repr=False)
class Updated:
    """What an update did."""

    outcomes: tuple[ListOutcome, ...]
    """One per list, by source and sectors; without those that are absent."""
    absent: tuple[int, ...] = ()
    """Sectors that you named and of which none of the lists is there yet."""
    not_yet: tuple[tuple[str, int], ...] = ()
    """Sources and sectors of lists that are not there yet, although others of that sector are, by the same pipeline."""

    @property
    def failed(self) -> tuple[ListOutcome, ...]:
        """The lists that could not be fetched or read. The catalogue has their older rows, if any."""
        return RecordTuple((one for one in self.outcomes if one.state == FAILED), "list")

    def failures(self) -> list[str]:
        """Return why lists failed, one text per reason: with the lists, and the address of the first of them."""
        return failures_in_words((one.source, one.last, one.problem) for one in self.failed)

    def count(self, state: str) -> int:
        """Return the number of lists in a state: ``new``, ``unchanged`` or ``failed``."""
        return sum(one.state == state for one in self.outcomes)

    def summary(self) -> str:
        """Return one line: how many lists are new, unchanged and failed."""
        states = ", ".join(f"{self.count(state):,} {state}" for state in STATES)
        if any(one.rows for one in self.failed):
            states += " (their older rows are kept)"
        return f"{text.number(len(self.outcomes), 'list')}: {states}{not_yet_in_words(self.absent, self.not_yet)}"

    def by_source(self) -> pl.DataFrame:
        """Return a table, one row per source: the sectors of the lists in each state, and their rows."""
        return by_source(self.to_polars(), STATES)

    def __repr__(self) -> str:
        table = self.by_source()
        lines = [self.summary(), *([text.table(table, table.columns)] if self.outcomes else [])]
        failures = self.failures()
        more = [f"and {len(failures) - FEW:,} more failures"] if len(failures) > FEW else []
        return "\n".join([*lines, *failures[:FEW], *more])

    def _repr_html_(self) -> html.Markup:
        table = self.by_source()
        return html.view(html.table(table, table.columns, self.summary()))

    def to_polars(self) -> pl.DataFrame:
        """Return a table, one row per list."""
        schema: dict[str, Any] = {
            "source": pl.String, "first_sector": pl.Int32, "last_sector": pl.Int32, "state": pl.String, "rows": pl.Int64,
            "strange": pl.Int64, "problem": pl.String,
        }  # fmt: skip
        rows = [
            (one.source, one.first, one.last, one.state, one.rows, one.strange, one.problem) for one in self.outcomes
        ]
        return pl.DataFrame(rows, schema=schema, orient="row")
