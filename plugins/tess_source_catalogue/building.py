"""Building of the stored form of one list: it is parsed, checked and kept. This is what workers do in an update."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source._lazy import pl
from tess_source.download.lists import FAILED, NEW, ListAnswer
from tess_source.errors import TessSourceError, bare_reason, type_and_text
from tess_source_catalogue.columns import TARGETS, polars_types
from tess_source_catalogue.folder import CatalogueFolder, Key, ListFacts
from tess_source_catalogue.stored import packed_files, scaled, strange_names, without_strange
from tess_source_catalogue.volumes import TARGET_LISTS

__all__ = ["FEW", "MOST_STRANGE", "ListJob", "ListOutcome", "Room", "built", "built_by_worker"]

BEGIN = 1 << 12
"""First bytes of a list, in which its first line must begin."""
LONGEST = 200
"""Characters of a name not understood that are kept: it may be any text."""
FEW = 5
"""Names not understood that are shown as examples, and failures that are shown."""
MOST_STRANGE = 1000
"""Rows of a table not understood whose texts are kept. Names of files are all kept: they are among the rows of their list."""


@dataclass(frozen=True, slots=True)
class ListOutcome:
    """What became of one list in an update."""

    source: str
    first: int
    """First sector."""
    last: int
    """Last sector."""
    state: str
    """``new`` (its rows are kept), ``unchanged``, ``absent`` (there is no such list, or not yet), or ``failed``: the older rows stay."""
    rows: int = 0
    """Rows that the catalogue holds of it now."""
    strange: int = 0
    """Names or rows in it that are not understood."""
    problem: str = ""
    """Why it failed, with its address."""
    full: bool = False
    """Whether it failed because the disk is full: then the others will, too."""


@dataclass(frozen=True, slots=True)
class ListJob:
    """A list that was fetched, and what is to be done with it."""

    root: Path
    """Folder of the catalogue."""
    key: Key
    """Name of its source, and its sectors."""
    parse: Callable[[Path, str], pl.DataFrame]
    """The plugin's function; see `tess_source.hooks.records.Source`."""
    begins: tuple[str, ...]
    """With one of these texts it must begin, if there are any; case does not matter."""
    of: ListFacts
    """What is noted of its source."""
    answer: ListAnswer
    known: ListFacts
    """What is known of its older state."""
    moment: float
    """When it was fetched [s since 1970]."""


class Room:
    """Room for the bytes of lists that are parsed at the same time, so that memory does not grow with their number."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most
        self._change = threading.Condition()

    @contextmanager
    def taken(self, size: int) -> Iterator[None]:
        """Wait for room, and take it for a while."""
        size = min(size, self._most)
        with self._change:
            while self._left < size:
                self._change.wait()
            self._left -= size
        try:
            yield
        finally:
            with self._change:
                self._left += size
                self._change.notify_all()


def built(job: ListJob, call: Callable[..., Any] = lambda function, *arguments: function(*arguments)) -> ListOutcome:
    """Parse a list, check it, and keep its rows.

    Parameters
    ----------
    job : ListJob
    call : callable
        Calls the plugin's function, and names the plugin in errors.

    Returns
    -------
    ListOutcome
        ``new``, or ``failed`` if what came is not such a list, or holds nothing where there was something before.
    """
    try:
        (frame, strange), known = _parsed(job, call), job.known
        rows = frame.height - (len(strange) if "strange" in frame.columns else 0)
        if not rows and known.rows:
            held = f"the {known.rows:,} rows that it had before are kept"
            raise ValueError(f"it has no rows that are understood; {held}. Remove them with rm if this is right")
        if not rows and strange:  # as an empty list, it would say that the sector has no files
            raise ValueError(
                f"none of its {len(strange):,} names is understood as one of {job.of.pipeline}, such as {strange[0][:80]!r}"
            )
        answer, kept = job.answer, FEW if job.of.gives == "files" else MOST_STRANGE
        facts = replace(
            job.of, address=answer.address, etag=answer.etag, modified=answer.modified, fetched=job.moment, checked=job.moment,
            size=answer.size, sha256=answer.sha256, rows=rows, strange=len(strange),
            strange_names=tuple(name[:LONGEST] for name in strange[:kept]),
        )  # fmt: skip
        CatalogueFolder(job.root).keep(*job.key, frame, facts)
    except (TessSourceError, ValueError, OSError, pl.exceptions.PolarsError) as error:
        why = bare_reason(error) if isinstance(error, OSError) else str(error)
        return _failed(job, why, full=disk.is_full(error))
    except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other lists
        return _failed(job, type_and_text(error))
    return ListOutcome(*job.key, NEW, rows, len(strange))


def built_by_worker(job: ListJob) -> ListOutcome | None:
    """Return what `built` does; None if this process does not see the file of the list: then the one that has fetched it builds it."""
    try:
        seen = job.answer.path.stat().st_size == job.answer.size
    except OSError:
        return None
    return built(job) if seen else None


def _parsed(job: ListJob, call: Callable[..., Any]) -> tuple[pl.DataFrame, list[str]]:
    """Return the rows of a list as they are stored, and what in it was not understood."""
    answer = job.answer
    with answer.path.open("rb") as file:
        begin = file.read(BEGIN).removeprefix(b"\xef\xbb\xbf").lstrip().decode("utf-8", "replace")
    if job.begins and not begin.lower().startswith(tuple(first.lower() for first in job.begins)):
        expected = " or ".join(repr(first) for first in job.begins)
        raise ValueError(f"it is no such list: it begins with {begin[:40]!r}, not with {expected}")
    parsed = call(job.parse, answer.path, answer.address)
    if not isinstance(parsed, pl.DataFrame):
        raise ValueError(f"the function parse of a source returns a polars DataFrame, not {type(parsed).__name__}")
    frame = _stored_form(without_strange(parsed), job)
    if "tic" in frame.columns and not frame["tic"].is_sorted():
        frame = frame.sort("tic")
    return frame, strange_names(frame if "strange" in frame.columns else parsed)


def _stored_form(frame: pl.DataFrame, job: ListJob) -> pl.DataFrame:
    """Return rows as they are stored: of files, a plugin may give the addresses only.

    Raises
    ------
    ValueError
        If they are not what the source says that it gives.
    """
    source, pipeline = job.key[0], job.of.pipeline
    if job.of.gives == "files":
        if "pattern" in frame.columns:
            return frame
        if frame.schema.get("uri") != pl.String:
            raise ValueError("a source that gives files needs a column 'uri' of texts: their addresses")
        if nulls := frame["uri"].null_count():
            raise ValueError(f"the column 'uri' has no address in {nulls:,} of {frame.height:,} rows")
        return packed_files(frame["uri"], pipeline=pipeline)
    if job.of.gives == "targets":
        if source not in {*TARGET_LISTS, name := f"{pipeline.lower()}-targets"}:
            raise ValueError(f"a source of targets is named after its pipeline: {name!r}, not {source!r}")
        return _target_rows(frame)
    return frame


def _target_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows of targets with the types of `tess_source_catalogue.columns.TARGETS`; positions that are stored as whole numbers stay."""
    if "tic" not in frame.columns:
        raise ValueError("a source that gives targets needs a column 'tic'")
    types = polars_types(TARGETS)
    given = [
        name
        for name in frame.columns
        if name in types and not (name in {"ra", "dec"} and frame[name].dtype == pl.Int32)
    ]
    return scaled(frame.with_columns(frame[name].cast(types[name]) for name in given))


def _failed(job: ListJob, why: str, *, full: bool = False) -> ListOutcome:
    return ListOutcome(*job.key, FAILED, job.known.rows, job.known.strange, f"{job.answer.address}: {why}", full)
