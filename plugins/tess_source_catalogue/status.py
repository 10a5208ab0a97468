"""What the catalogue holds: the state of each list, what is damaged or has changed at the archive, and the newest sector."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tess_source._lazy import pl
from tess_source.download.lists import ABSENT, FAILED, NEW, UNCHANGED, Lists
from tess_source.errors import DownloadError, bare_reason
from tess_source.hooks.records import Source
from tess_source.settings import is_offline
from tess_source.threads import in_order
from tess_source_catalogue.building import FEW
from tess_source_catalogue.by_source import NOT_YET, ListStates
from tess_source_catalogue.choosing import links_of, matching, newest_in
from tess_source_catalogue.folder import CatalogueFolder, Key, ListFacts, ListFile
from tess_source_catalogue.portal import SCHEME
from tess_source_catalogue.view import refresh

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["latest_sector", "removed", "status_table", "verified"]

NEWEST_BY = "lc"
"""The source that tells the newest sector: the light curves at 120 s."""
READERS = 4
"""Files that are read at the same time."""
GAP = 3
"""Sectors in a row without a list, after which there are no later ones."""
STATES = {UNCHANGED: "current", NEW: "changed", ABSENT: "gone", FAILED: "unknown"}
"""What the archive answers → the column `state`."""


def status_table(
    session: Session, folder: CatalogueFolder, sources: Mapping[str, Source], *, check: bool = False
) -> ListStates:
    """Return the state of each list.

    Parameters
    ----------
    session : Session
    folder : CatalogueFolder
    sources : mapping
        Name → source.
    check : bool
        Whether to ask the archive if lists have changed.

    Returns
    -------
    ListStates
        One row per list, and one per list that is missing: a source has none for a sector of which its pipeline has another. If the archive
        had none either when it was asked, it is not missing: it is there ``not yet``.

    Raises
    ------
    OfflineError
        If the archive is to be asked, and no connection may be opened.
    """
    lists = folder.lists()
    facts = {key: folder.facts(file) for key, file in lists.items()}
    answers = _changes(session, facts) if check else {}
    rows: list[tuple[Any, ...]] = [
        (
            key[0], _pipeline_of(sources, key[0]), key[1], key[2], *_state_of(key, answers), known.rows, _date_of(known.modified),
            _time_of(known.fetched), _time_of(known.checked), known.size, known.strange, "; ".join(known.strange_names[:FEW]),
            known.address,
        )
        for key, known in facts.items()
    ]  # fmt: skip
    for name, sector in _missing(lists, sources):
        asked = lists.absent.get((name, sector))
        state, time = ("missing", None) if asked is None else (NOT_YET, _time_of(asked))
        rows.append(
            (name, _pipeline_of(sources, name), sector, sector, state, "", None, None, None, time, None, None, "", "")
        )
    schema: dict[str, Any] = {
        "source": pl.String, "pipeline": pl.String, "first_sector": pl.Int32, "last_sector": pl.Int32, "state": pl.String,
        "problem": pl.String, "rows": pl.Int64, "date": pl.String, "fetched": pl.String, "checked": pl.String, "size": pl.Int64,
        "strange": pl.Int64, "strange_names": pl.String, "address": pl.String,
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort("source", "last_sector", "first_sector")
    return ListStates(frame.select(*ListStates.schema))


def _state_of(key: Key, answers: Mapping[Key, tuple[str, str]]) -> tuple[str, str]:
    return answers.get(key, ("here", ""))


def _pipeline_of(sources: Mapping[str, Source], name: str) -> str | None:
    return sources[name].pipeline if name in sources else None


def _missing(lists: Iterable[Key], sources: Mapping[str, Source]) -> list[tuple[str, int]]:
    """Return the sources and sectors without a list, where the pipeline has other lists.

    Only sources with a list about one sector count: there are searches over several for few sectors.
    """
    there = {(name, last) for name, _, last in lists}
    of_one = {name for name, first, last in lists if first == last}
    used = {name for name in of_one if name in sources and not sources[name].optional}
    by_pipeline: dict[str, set[int]] = {}
    for name, sector in there:
        if name in used:
            by_pipeline.setdefault(sources[name].pipeline, set()).add(sector)
    return [
        (name, sector)
        for name in sorted(used)
        for sector in sorted(by_pipeline[sources[name].pipeline])
        if sector >= sources[name].since and (name, sector) not in there
    ]


def _changes(session: Session, facts: Mapping[Key, ListFacts]) -> dict[Key, tuple[str, str]]:
    """Ask the archive about lists, without fetching them; the portal's own rows are left out. Return the state and the problem of each."""
    asked = [(key, known) for key, known in facts.items() if known.address and not known.address.startswith(SCHEME)]
    with Lists(session.settings) as lists:

        def look(pair: tuple[Key, ListFacts]) -> tuple[str, str]:
            known = pair[1]
            answer = lists.look(known.address, etag=known.etag, modified=known.modified)
            if answer.state == NEW and not (known.etag or known.modified):
                return "unknown", "the archive tells neither tag nor date, so only an update can tell"
            return STATES[answer.state], answer.problem

        return dict(zip((key for key, _ in asked), in_order(look, asked, session.settings.jobs), strict=True))


def _date_of(modified: str) -> str | None:
    try:
        return parsedate_to_datetime(modified).isoformat() if modified else None
    except (ValueError, TypeError, OverflowError):
        return modified


def _time_of(seconds: float) -> str | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


# -- the newest sector --


def latest_sector(session: Session, folder: CatalogueFolder, sources: Mapping[str, Source]) -> tuple[int | None, bool]:
    """Return the newest sector of which there are light curves, and whether the archive was asked.

    Offline, only the catalogue is looked at. The sector is None if there is none.

    Raises
    ------
    DownloadError
        If the archive cannot be asked.
    """
    lists = folder.lists()
    newest = max((last for name, _, last in lists if name == NEWEST_BY), default=0)
    if is_offline(session.settings.offline) or NEWEST_BY not in sources:
        return newest or None, False
    source = sources[NEWEST_BY]
    with Lists(session.settings) as asked:

        def is_there(sector: int) -> bool:
            for address in session.registry.blame("source", source.name, source.locate, sector, ()):
                answer = asked.look(address)
                if answer.state == FAILED:
                    raise DownloadError(answer.problem)
                if answer.state != ABSENT:
                    return True
            return False

        about = max(newest, *(last for _, _, last in lists), 0, _newest_linked(asked, sources.values()))
        newest = next((sector for sector in range(about, newest, -1) if is_there(sector)), newest)
        while later := next((sector for sector in range(newest + 1, newest + GAP + 1) if is_there(sector)), 0):
            newest = later
    return newest or None, True


def _newest_linked(asked: Lists, sources: Iterable[Source]) -> int:
    """Return about which sector is the newest one: the newest that the first page with links to lists names; 0 if there is none."""
    index = next((source.index for source in sources if source.index), "")
    answer = asked.fetch(index, page=True) if index else None
    return newest_in(links_of(answer.path.read_bytes(), index)) if answer is not None and answer.state == NEW else 0


# -- verifying and removing --


def verified(folder: CatalogueFolder) -> pl.DataFrame:
    """Read every file through, and return whether it is whole. What is known of damaged ones is forgotten: an update fetches them again.

    Returns
    -------
    polars.DataFrame
        One row per file: `state` (``whole`` or ``damaged``), `source`, `first_sector`, `last_sector`, `path`, `reason`.
    """
    files = list(folder.lists().values())
    problems = in_order(lambda file: _problem_of(folder, file), files, READERS)
    rows = []
    for file, problem in zip(files, problems, strict=True):
        if problem:
            folder.forget(file)
        place = file.path.relative_to(folder.root).as_posix()
        rows.append(("damaged" if problem else "whole", *file.key, place, problem))
    schema: dict[str, Any] = {
        "state": pl.String, "source": pl.String, "first_sector": pl.Int32, "last_sector": pl.Int32, "path": pl.String, "reason": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _problem_of(folder: CatalogueFolder, file: ListFile) -> str:
    """Return what is wrong with a file; empty if it is whole."""
    known = folder.facts(file)
    try:
        digest = _sum_of(file.path)
        rows = pl.read_parquet(file.path).height
    except FileNotFoundError:
        return "" if folder.lists().get(file.key) != file else "it is gone"  # an update may have replaced it
    except (OSError, pl.exceptions.PolarsError) as error:
        return f"it cannot be read: {bare_reason(error)}".split("\n")[0]
    if known.stored_sha256 and digest != known.stored_sha256:
        return "its bytes are not those that were written"
    return "" if known.stored_sha256 else f"what is known of its list is lost, so its {rows:,} rows cannot be compared"


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def removed(folder: CatalogueFolder, sectors: Iterable[int] | None, sources: Sequence[str] | None) -> list[ListFile]:
    """Remove lists, and return them.

    Parameters
    ----------
    folder : CatalogueFolder
    sectors : iterable of int, optional
        Of lists about several sectors, the last one. None: all.
    sources : sequence of str, optional
        Names of sources. None: all.

    Raises
    ------
    OSError
        If a file cannot be removed.
    """
    files = list(matching(folder.lists(), sectors, sources).values())
    folder.remove(files)
    if not folder.lists():  # what was derived from the lists, and what ended updates have left
        shutil.rmtree(folder.root, ignore_errors=True)
    elif files:
        refresh(folder)
    return files
