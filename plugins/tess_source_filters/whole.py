"""Filters by whole numbers: sector, run and TCE, which come in ranges, and the TIC id, which does not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.records import Filter
from tess_source.targets.parse import parse_targets
from tess_source.targets.target import Query, Target
from tess_source.wording import Wording

from .values import Span, any_of, items, span, whole

if TYPE_CHECKING:
    from tess_source.tables.listing import Observations, Products

__all__ = ["FILTERS", "Wholes", "reasons"]

log: logging.Logger = logger(__name__)

MOST_SECTORS = 1000
"""So many sectors at most are named to an archive; who asks for more does not narrow anything down."""

OF_ALL_SECTORS = ("DIAMANTE",)
"""Pipelines that make one light curve of all sectors of a star."""
OF_A_STAR = ("lc", "fast-lc", "lc-txt", "tp", "fast-tp")
"""Kinds of files that are of one star."""
EXAMPLES = Wording("14, [14, 40], range(14, 17) or '14-16,40'", "14-16,40")
_RANGE = re.compile(r"\s*([0-9]+)\s*(?:-|\.\.)\s*([0-9]+)\s*")


@dataclass(frozen=True, slots=True)
class Wholes:
    """A set of whole numbers from 0, as the fewest ranges: what means the same is equal, however it was written."""

    spans: tuple[Span, ...]
    """Sorted, apart, both ends included; only the last may be open."""

    @classmethod
    def of(cls, value: Any, examples: Wording = EXAMPLES) -> Wholes:
        """Read ``14``, ``"14-16,40"``, ``range(14, 17)``, ``slice(14, 17)``, ``">=14"``, or a list of these.

        Parameters
        ----------
        value : object
        examples : Wording
            What would be right, for the error.

        Raises
        ------
        QueryError
            If it is none of these, or empty.
        """
        try:
            return cls(_merged_spans(part for item in items(value) for part in _spans_of(item)))
        except (ValueError, TypeError) as error:
            raise QueryError(f"{error}; give e.g. ", examples) from error

    def meets(self, first: pl.Expr, last: pl.Expr) -> pl.Expr:
        """Return a mask of the ranges from `first` to `last` that hold one of the numbers."""
        return any_of(part.meets(first, last) for part in self.spans)

    def numbers(self, most: int) -> list[int] | None:
        """Return all numbers; None if there are more than `most`, or no end to them."""
        ends = [(int(part.least or 0), None if part.greatest is None else int(part.greatest)) for part in self.spans]
        if ends[-1][1] is None or sum((last or 0) - first + 1 for first, last in ends) > most:
            return None
        return [n for first, last in ends for n in range(first, (last or 0) + 1)]

    def __str__(self) -> str:
        """Return the text for a command line, e.g. ``14-16,40``."""
        return ",".join(str(part).replace("..", "-") for part in self.spans)


def _spans_of(value: Any) -> list[Span]:
    if isinstance(value, tuple):
        raise TypeError(f"{value!r} could be a list or a range")
    if isinstance(value, slice):
        return [_from_slice(value)]
    if isinstance(value, range):
        if not value:
            raise ValueError(f"{value!r} is empty")
        return [Span(whole(value.start), value.stop - 1)] if value.step == 1 else [Span(whole(n), n) for n in value]
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        return [Span(int(match[1]), int(match[2]))]
    return [_closed_span(span(value, whole))]


def _from_slice(value: slice) -> Span:
    """Return the span of a slice; its end is not included, unlike that of text."""
    if value.step not in (None, 1):
        raise ValueError(f"{value!r} has a step")
    least = whole(0 if value.start is None else value.start)
    if value.stop is None:
        return Span(least)
    if whole(value.stop) <= least:
        raise ValueError(f"{value!r} is empty")
    return Span(least, whole(value.stop) - 1)


def _closed_span(part: Span) -> Span:
    """Return a span with both ends included: between whole numbers, ``<5`` is ``0..4``."""
    least = 0 if part.least is None else part.least + part.above
    return Span(least, None if part.greatest is None else part.greatest - part.below)


def _merged_spans(parts: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for part in sorted(parts, key=lambda part: part.least or 0):
        last = merged[-1] if merged else None
        if last is None or (last.greatest is not None and (part.least or 0) > last.greatest + 1):
            merged.append(part)
        elif last.greatest is not None:
            merged[-1] = Span(last.least, None if part.greatest is None else max(last.greatest, part.greatest))
    return tuple(merged)


def _sector_mask(products: Products, value: Wholes) -> pl.Expr:
    return value.meets(pl.col("first_sector"), pl.col("last_sector"))


def _warn_of_unknown_sectors(dropped: Products, value: Wholes) -> None:
    """Log a warning of light curves whose sectors nobody tells, such as DIAMANTE's of all sectors."""
    lost = dropped.to_polars().filter(_is_of_unknown_sectors() & pl.col("kind").is_in(OF_A_STAR))
    if lost.height:
        log.warning(
            "sector=%s leaves out %s of all sectors of a star (%s), since nothing tells which sectors are in it: "
            "choose such files by pipeline, without sector",
            value,
            text.number(lost.height, "file"),
            text.first(lost["pipeline"].fill_null("?").unique().sort(), text.FEW),
        )


def _may_hold_sectors(observations: Observations, value: Wholes) -> pl.Expr:
    return value.meets(pl.col("first_sector"), pl.col("last_sector")) | _is_of_unknown_sectors()


def _is_of_unknown_sectors() -> pl.Expr:
    return pl.col("first_sector").is_null() | pl.col("last_sector").is_null()


def _mask_on(column: str) -> Callable[[Products, Wholes], pl.Expr]:
    def keep(products: Products, value: Wholes) -> pl.Expr:
        return value.meets(pl.col(column), pl.col(column))

    return keep


def _sector_criteria(value: Wholes) -> Mapping[str, Any]:
    """Return the archive's criterion; MAST files an observation over several sectors under the last of them."""
    numbers = value.numbers(MOST_SECTORS)
    return {} if numbers is None else {"sequence_number": numbers}


def _tic_ids(value: Any) -> tuple[int, ...]:
    """Return TIC ids given in any form, sorted, each once."""
    return tuple(sorted({_tic_id(item) for item in items(list(value) if isinstance(value, tuple | range) else value)}))


def _tic_id(item: Any) -> int:
    target = next(parse_targets(whole(item) if isinstance(item, float) else item), None)
    if not isinstance(target, Target) or target.tic is None:
        raise ValueError(f"{item!r} is not a TIC id; give e.g. 16740101 or 'TIC 16740101'")
    return target.tic


def _tic_mask(products: Products | Observations, value: tuple[int, ...]) -> pl.Expr:
    return pl.col("tic").is_in(value)


def _tic_criteria(value: tuple[int, ...]) -> Mapping[str, Any]:
    return {"target_name": [str(tic) for tic in value]}


def reasons(query: Query) -> Mapping[str, str] | None:
    """Return why nothing of some sectors is found of pipelines whose files are of all sectors of a star: pipeline → a line."""
    named = getattr(query.filters.get("pipeline"), "wanted", ())
    of_all = [name for name in named if name in OF_ALL_SECTORS]
    if "sector" not in query.filters or not of_all:
        return None
    return dict.fromkeys(of_all, "its light curves are of all sectors of a star together; leave out the filter sector")


FILTERS = (
    Filter(
        "sector",
        _sector_mask,
        "sectors, e.g. 14-16,40; a multi-sector product is kept if its range has one of them",
        check=Wholes.of,
        multiple=True,
        metavar="SECTORS",
        criteria=_sector_criteria,
        holds=_may_hold_sectors,
        warn=_warn_of_unknown_sectors,
    ),
    Filter(
        "run",
        _mask_on("run"),
        "run numbers of data-validation searches, e.g. 290,512",
        check=Wholes.of,
        multiple=True,
        metavar="RUNS",
    ),
    Filter(
        "tce",
        _mask_on("tce"),
        "numbers of threshold crossing events (of TCE summaries), e.g. 1-3",
        check=Wholes.of,
        multiple=True,
        metavar="TCES",
    ),
    Filter(
        "tic",
        _tic_mask,
        "TIC ids",
        check=_tic_ids,
        multiple=True,
        metavar="TIC",
        criteria=_tic_criteria,
        holds=_tic_mask,
    ),
)
