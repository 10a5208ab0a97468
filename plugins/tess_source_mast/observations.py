"""Finding and counting observations."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tess_source._lazy import pl
from tess_source.display import text
from tess_source.display.visible import logger
from tess_source.errors import ServiceError
from tess_source.settings import Settings
from tess_source.tables.listing import Observations
from tess_source.tables.nearest import Around, around, neighbours_in_words
from tess_source.targets.target import Query
from tess_source_mast.batches import MOST_AT_A_TIME, in_parallel
from tess_source_mast.deadline import Deadline
from tess_source_mast.frames import frame
from tess_source_mast.guard import check_rows, may_be_large
from tess_source_mast.questions import COUNT, FILTERED, PortalQuestion, questions
from tess_source_mast.shapes import AGAIN, shown, typed, unlike

__all__ = ["count", "find", "give_pages"]

log: logging.Logger = logger(__name__)

KNOWN: Mapping[str, str] = {
    **Observations.schema,
    **dict.fromkeys(("obsid", "target_name", "provenance_name", "dataproduct_type"), "String"),
    **dict.fromkeys(("s_ra", "s_dec", "t_min", "t_max", "t_exptime", "t_obs_release"), "Float64"),
    "sequence_number": "Int64",
}
"""Columns that we compute with, and their polars types."""
ROWS_OF_PART = 10_000
"""Rows per page where pages are not put together, so that the memory of one page is small."""
NEEDED = ("obsid", "obs_id", "target_name")
"""Columns that must be there, if there are rows."""


def find(query: Query, settings: Settings) -> Observations:
    """Find the observations that a query asks for, each once.

    Parameters
    ----------
    query : Query
    settings : Settings

    Returns
    -------
    Observations
        With the archive's own columns. Around a place there is also `separation` [arcsec]: from the place to the
        observation's coordinates (MAST's own `distance` is counted from the edge of the observation's region, and 0 inside).

    Raises
    ------
    QueryError
        If a criterion makes no sense. If there are too many observations, and the query does not say that so many are meant.
    ServiceError
        If the archive fails, or answers in part only.
    """
    from tess_source_mast.portal import portal

    asked = _checked_size(query, questions(query, portal(settings), settings), settings)
    parts = in_parallel(
        lambda question, stop: _part_of_answer(question, settings, stop, query.large),
        asked,
        min(MOST_AT_A_TIME, settings.jobs),
        "questions",
    )
    _log_what_is_left_out(parts)
    frames = [part.rows for part in parts if part.rows.width]
    log.info("%d questions: %d rows", len(asked), sum(map(len, frames)))
    return Observations.of(_stacked_frames(frames)) if frames else Observations.empty()


def give_pages(query: Query, settings: Settings, take: Callable[[Observations], object]) -> bool | None:
    """Find observations as `find` does, and give them to a function page by page, so that they are never all in memory.

    Parameters
    ----------
    query : Query
    settings : Settings
    take : callable

    Returns
    -------
    bool or None
        True once all were given. None if there are places among the targets: which star is near, and what two cones share, is known only
        from all rows.

    Raises
    ------
    QueryError, ServiceError
        As `find`.
    """
    from tess_source_mast.portal import portal

    asked = questions(query, portal(settings), settings)
    if any(question.target for question in asked):
        return None
    asked = _checked_size(query, asked, settings)
    stop = threading.Event()
    for number, question in enumerate(asked, 1):
        if len(asked) > 1:
            log.warning("%s: question %d of %d", question.service, number, len(asked))
        for page in _pages(question, settings, stop, query.large, ROWS_OF_PART):
            part = _rows_asked_for(page, question) if question.names else _ObservationPart(page)
            _log_what_is_left_out([part])
            take(Observations.of(_stacked_frames([part.rows])) if part.rows.width else Observations.empty())
    return True


def count(query: Query, settings: Settings) -> int:
    """Count the observations that `find` would give.

    The archive counts, unless only rows can tell: where a name means its nearest star alone, or where questions may
    overlap. Then too many rows are an error, as in `find`.

    Parameters
    ----------
    query : Query
    settings : Settings

    Returns
    -------
    int

    Raises
    ------
    QueryError, ServiceError
        As `find`.
    """
    from tess_source_mast.portal import portal

    asked = questions(query, portal(settings), settings)
    overlapping = len(asked) > 1 and any(question.target for question in asked)
    if overlapping or any(question.nearest_only for question in asked):
        return len(find(query, settings))
    return sum(_counts(asked, settings))


def _checked_size(query: Query, asked: list[PortalQuestion], settings: Settings) -> list[PortalQuestion]:
    """Return the questions of a query, counted if it may bring too many observations; too many are an error."""
    if query.large or not may_be_large(query, query.criteria):
        return asked
    counts = _counts(asked, settings)
    check_rows(sum(counts))
    return [replace(question, counted=count) for question, count in zip(asked, counts, strict=True)]


def _counts(asked: list[PortalQuestion], settings: Settings) -> list[int]:
    """Return the number of rows that each question would bring, by the archive's own count."""
    return in_parallel(
        lambda question, stop: _row_count(question, settings, stop),
        asked,
        min(MOST_AT_A_TIME, settings.jobs),
        "questions",
    )


def _row_count(question: PortalQuestion, settings: Settings, stop: threading.Event) -> int:
    from tess_source_mast.portal import portal

    pages = portal(settings).ask(
        question.service, question.params(COUNT), settings, Deadline(settings.timeout, stop=stop)
    )
    values = [value for page in pages for row in page["data"] for value in row.values()]
    if len(values) == 1 and type(values[0]) in {int, str} and re.fullmatch("[0-9]{1,18}", str(values[0])):
        return int(values[0])
    raise unlike(question.service, f"asked for a number of rows, it gave {shown(values)}")


@dataclass(frozen=True, slots=True)
class _ObservationPart:
    """The answer to one question: the rows that were asked for, and what was left out."""

    rows: pl.DataFrame
    foreign: int = 0
    """Number of rows of targets that were not asked for."""
    near: Around | None = None
    """What lies around the place that was asked about."""


def _pages(
    question: PortalQuestion, settings: Settings, stop: threading.Event, large: bool, rows: int | None = None
) -> Iterator[pl.DataFrame]:
    """Yield the rows of a question, page by page.

    Raises
    ------
    ServiceError
        After the last page, if there are not as many rows as the archive counted, or if pages have rows in common: others are then missing.
    """
    from tess_source_mast.portal import portal

    params, deadline = question.params(), Deadline(settings.timeout, stop=stop)
    numbers: list[pl.Series] = []
    given = 0
    for page in portal(settings).pages(question.service, params, settings, deadline, large=large, rows=rows):
        part = typed(question.service, frame(question.service, [page]), KNOWN, NEEDED, keys=("obsid",))
        if part.height:
            numbers.append(part["obsid"].cast(pl.UInt64).unique())
        given += part.height
        yield part
    if question.counted not in {None, given}:
        raise ServiceError(question.service, f"it counted {question.counted:,} rows, and gave {given:,}", advice=AGAIN)
    if len(numbers) > 1 and pl.concat(numbers).n_unique() < sum(map(len, numbers)):
        raise ServiceError(question.service, "the same rows are on several of its pages", advice=AGAIN)


def _part_of_answer(
    question: PortalQuestion, settings: Settings, stop: threading.Event, large: bool
) -> _ObservationPart:
    """Return the rows that answer a question."""
    found = pl.concat(_pages(question, settings, stop, large), how="diagonal_relaxed")
    if question.names:
        return _rows_asked_for(found, question)
    if question.target is None:
        return _ObservationPart(found)
    near = around(found, question.target)
    return _ObservationPart(near.rows, near=near)


def _stacked_frames(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return the rows of all answers, each observation once; its key in our tables is the archive's number."""
    stacked = pl.concat(parts, how="diagonal_relaxed").with_columns(archive=pl.lit("mast"))
    if not stacked.height:
        return stacked
    keyed = stacked.with_columns(observation=pl.col("obsid").cast(pl.String))
    return keyed.unique("obsid", keep="first", maintain_order=True)


def _rows_asked_for(found: pl.DataFrame, question: PortalQuestion) -> _ObservationPart:
    """Return the rows of the targets that were asked for: servers have given others."""
    if not found.height:
        return _ObservationPart(found)
    known = found.filter(pl.col("target_name").is_in(list(question.names)))
    if not known.height:
        others = text.first(found["target_name"].unique(maintain_order=True), text.FEW)
        raise unlike(
            question.service, f"asked for {text.first(sorted(question.names), text.FEW)}, it gave {others} only"
        )
    return _ObservationPart(known, foreign=found.height - known.height)


def _log_what_is_left_out(parts: Sequence[_ObservationPart]) -> None:
    """Log which stars names are taken to mean, which others are near them, and how many rows nobody asked for."""
    if foreign := sum(part.foreign for part in parts):
        log.warning("%s gave %d rows of targets that were not asked for; they are left out", FILTERED, foreign)
    for line in neighbours_in_words([part.near for part in parts if part.near]):
        log.warning("%s", line)
