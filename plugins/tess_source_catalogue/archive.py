"""The catalogue as an archive: observations and products in answer to a question, from the lists on this machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tess_source import names
from tess_source._lazy import pl
from tess_source.clock import ago, now
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.records import Source
from tess_source.names.sectors import sectors_in_words, text_of_sectors
from tess_source.search.nearby import FOOTPRINT
from tess_source.settings import Settings
from tess_source.tables.listing import Observations, Products
from tess_source.tables.nearest import Around, around, neighbours_in_words
from tess_source.targets.target import Query, Target
from tess_source_catalogue.asked import names_observations
from tess_source_catalogue.coverage import Coverage
from tess_source_catalogue.criteria import Criteria, criteria_of, exact_values, meets
from tess_source_catalogue.fields import OBSERVED
from tess_source_catalogue.folder import TICK, CatalogueFolder, ListFacts, ListFile
from tess_source_catalogue.known import check_columns, check_places
from tess_source_catalogue.reading import Catalogue
from tess_source_filters.words import Words

__all__ = ["ARCHIVE", "covers", "defaults", "find", "give_pages", "list_products", "provenance"]

log: logging.Logger = logger(__name__)

ARCHIVE = "catalogue"
OLD = 30 * 86400.0
"""Age from which a catalogue is called old [s]."""
PUSHED = ("target_name", "sequence_number", "provenance_name")
"""Criteria that the catalogue's files are sorted or divided by."""
VALIDATION = ("dvt", "dvr-xml", "dvr-pdf", "dvm", "dvs")
"""Kinds that are listed whatever is asked for: links and their columns rest on them."""
VALIDATED = ("lc", "tp", "fast-lc", "fast-tp")
"""Kinds to which they are linked."""
_TOLD: set[tuple[Path, str]] = set()
"""Folders, and what was said that they lack."""


def defaults(query: Query, settings: Settings) -> dict[str, Any] | None:
    """Return the pipelines that the catalogue has, as a criterion, unless the question names some or an observation."""
    coverage, criteria = Coverage.of(CatalogueFolder.of(settings)), criteria_of(query)
    if "provenance_name" in criteria or names_observations(criteria) or not coverage.has:
        return None
    return {"provenance_name": [*coverage.pipelines(query)]}


def find(query: Query, settings: Settings) -> Observations:
    """Find the observations that a question asks for, each once.

    Parameters
    ----------
    query : Query
    settings : Settings

    Returns
    -------
    Observations
        With the portal's columns, null where no list knows a value; around a place also `separation` [arcsec].

    Raises
    ------
    QueryError
        If the catalogue lacks a list that the question needs.
    UnknownNameError
        For a criterion on a column that the portal does not have.
    """
    criteria, catalogue = criteria_of(query), Catalogue.of(settings)
    coverage = _check(catalogue.folder, query)
    tics = [target.tic for target in query.targets if target.tic is not None]
    places = [target for target in query.targets if target.tic is None]
    if tics and "target_name" in criteria:
        raise QueryError("target_name was given twice: by the TIC ids of the targets, and as a criterion")
    among = _of_filter(query, coverage.sources)
    parts = [_rows(catalogue, criteria, among, tics=tics or None)] if tics or not query.targets else []
    if places:
        check_places(coverage.parts(query), catalogue.folder.lists())
    near = [_around(catalogue, criteria, among, place) for place in places]
    for line in neighbours_in_words(near):
        log.warning("%s", line)
    parts += [part.rows for part in near]
    rows = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal_relaxed").unique("obs_id", keep="first")
    if rows.is_empty():
        Coverage.of(catalogue.folder).check(query)  # lists may have been removed meanwhile
    return Observations.of(rows)


def give_pages(query: Query, settings: Settings, take: Callable[[Observations], object]) -> bool | None:
    """Find observations of all stars, as `find`, and give them to `take` volume by volume.

    Returns
    -------
    bool or None
        None for a question about targets, or about columns of which it has to be known first whether a list has them.
    """
    criteria, catalogue = criteria_of(query), Catalogue.of(settings)
    if query.targets or _left(criteria) or exact_values(criteria, "target_name") is not None:
        return None
    _check(catalogue.folder, query)
    _, sectors, pipelines = (exact_values(criteria, name) for name in PUSHED)
    numbers = None if sectors is None else [int(sector) for sector in sectors]
    for rows in catalogue.observations_by_volume(sectors=numbers, pipelines=pipelines):
        take(Observations.of(rows))
    return True


def _check(folder: CatalogueFolder, query: Query) -> Coverage:
    """Return what the catalogue has. Raise an error if a question cannot be answered; warn of what the answer is without.

    The same is said once in a process: who wants light curves alone may fetch no other lists, and ask many questions.
    """
    coverage = Coverage.of(folder)
    coverage.check(query)
    said = folder.root, coverage.lacks(query)
    if said[1] and said not in _TOLD:
        _TOLD.add(said)
        log.warning("%s", said[1])
    return coverage


def _around(catalogue: Catalogue, criteria: Criteria, among: Collection[str] | None, target: Target) -> Around:
    """Return the rows around a place; of a name without a radius, those of the nearest star."""
    if target.ra is None or target.dec is None:
        raise QueryError(f"target {target.text!r} has neither a TIC id nor coordinates")
    place = (target.ra % 360.0, target.dec, (target.search_radius + FOOTPRINT) / 3600)
    return around(_rows(catalogue, criteria, among, place=place), target)


def _rows(
    catalogue: Catalogue,
    criteria: Criteria,
    among: Collection[str] | None,
    *,
    tics: list[int] | None = None,
    place: tuple[float, float, float] | None = None,
) -> pl.DataFrame:
    """Return the rows of some stars, of a cone, or all rows, that meet the criteria, which must be known of some pipelines."""
    named, sectors, pipelines = (exact_values(criteria, name) for name in PUSHED)
    if named is not None:
        tics = [int(name) for name in named if len(name) < 19 and name.isdecimal() and name == str(int(name))]
    numbers = None if sectors is None else [int(sector) for sector in sectors]
    rows = catalogue.observations(tics=tics, sectors=numbers, pipelines=pipelines, place=place)
    left = _left(criteria)
    meant = rows if among is None else rows.filter(pl.col("pipeline").is_in(among))
    check_columns(_of_addresses(meant, criteria), left, catalogue.folder.lists())
    return rows.filter(meets(rows, left)) if left else rows


def _left(criteria: Criteria) -> Criteria:
    """Return the criteria that are not of those by which the catalogue's files are sorted or divided."""
    return {
        name: values for name, values in criteria.items() if name not in PUSHED or exact_values(criteria, name) is None
    }


def _of_filter(query: Query, sources: Mapping[str, Source]) -> Collection[str] | None:
    """Return the pipelines that the question's filter keeps; None without such a filter."""
    kept = query.filters.get("pipeline")
    if not isinstance(kept, Words):
        return None
    known = pl.DataFrame({"pipeline": sorted({source.pipeline for source in sources.values()})})
    return set(known.filter(kept.mask(pl.col("pipeline")))["pipeline"])


def _of_addresses(rows: pl.DataFrame, criteria: Criteria) -> pl.DataFrame:
    """Return the rows of the pipelines of the addresses that are asked for; all rows if none is."""
    addresses = exact_values(criteria, "dataURL")
    return (
        rows
        if addresses is None
        else rows.filter(pl.col("pipeline").is_in({names.parse(one).pipeline for one in addresses}))
    )


def list_products(observations: Observations, query: Query, settings: Settings) -> Products | None:
    """List the files of those observations that are the catalogue's.

    Parameters
    ----------
    observations : Observations
    query : Query
        Files of kinds that its filter drops are left out, but for those on which links and their columns rest.
    settings : Settings

    Returns
    -------
    Products or None
        None if no observation is the catalogue's.
    """
    ours = observations.where(observations["archive"] == ARCHIVE).to_polars()
    if ours.is_empty():
        return None
    catalogue, kinds = Catalogue.of(settings), query.filters.get("kind")
    wanted = _kinds_to_list(kinds, Coverage.of(catalogue.folder).kinds) if isinstance(kinds, Words) else None
    products = catalogue.products(ours, wanted)
    if products.is_empty():
        Coverage.of(catalogue.folder).check(query)  # as above
    return Products.of(products)


@lru_cache(maxsize=100)
def _kinds_to_list(kinds: Words, listed: frozenset[str]) -> set[str]:
    """Return the kinds that a filter keeps, and those on which links and their columns rest."""
    known = pl.DataFrame({"kind": sorted({*VALIDATION, *VALIDATED, *listed})})
    kept = set(known.filter(kinds.mask(pl.col("kind")))["kind"])
    return {*kept, *VALIDATION, *(VALIDATED if kept & {*VALIDATION} else VALIDATED[:1])}


def covers(query: Query, settings: Settings) -> bool:
    """Return whether the catalogue has all that a question without targets may mean; of pipelines, SPOC is enough if none is named."""
    folder = CatalogueFolder.of(settings)
    coverage = Coverage.of(folder)
    if not coverage.has or any(name.lower() not in _LOWER for name in query.criteria):
        return False
    given = [_LOWER[name.lower()] for name, value in query.criteria.items() if value is not None]
    if any(OBSERVED[name].source != "names" for name in given):
        return False
    return coverage.covers(query)


_LOWER = {name.lower(): name for name in OBSERVED}


def provenance(query: Query, observations: Observations, settings: Settings) -> dict[str, Any] | None:
    """Return of which lists an answer is made: in words, and each list with its date and sum.

    Parameters
    ----------
    query : Query
    observations : Observations
        The answer. About targets, the lists are those of its sectors; of all sectors, if it is empty.
    settings : Settings
    """
    folder = CatalogueFolder.of(settings)
    coverage = Coverage.of(folder)
    if coverage.is_empty:
        return None
    ours = observations.where(observations["archive"] == ARCHIVE) if query.targets and len(observations) else None
    sectors = None if ours is None else {*ours["last_sector"].drop_nulls().to_list()}
    files = coverage.used(query, sectors)
    stamps = {source: _stamp(folder.root / source / "facts") for source in {file.source for file in files}}
    used = [_facts(folder.root, file, stamps[file.source]) for file in files]
    several = {file.last for file in files if file.first != file.last and file.source in coverage.sources}
    here = sorted({sector for _, sector in coverage.parts(query)} or several)
    dates = sorted(facts.fetched for facts, _ in used if facts.fetched)
    age = now() - max((max(facts.fetched, facts.checked) for facts, _ in used), default=0)
    when = f"; lists of {_between(dates)}, last compared with the archive on {_date(now() - age)}" if dates else ""
    if dates and age > OLD:
        log.warning(
            "the catalogue was last compared with the archive %s: `tess-source catalogue update` brings what is new",
            ago(age),
        )
    return {
        "said": f"it has {coverage.in_words(query)}{when}",
        "brief": f"{sectors_in_words(text_of_sectors(here))} of {_between(dates)}"
        if here and dates
        else "nothing of what is asked",
        "lists": [line for _, line in used],
    }


def _stamp(facts: Path) -> int:
    """Return what changes when anything becomes known of the lists of a source."""
    try:
        changed = facts.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
    lately = time.time_ns() - TICK  # what changes again within a tick of the clock leaves the same time
    return changed if changed < lately else time.time_ns()


@lru_cache(maxsize=10_000)
def _facts(root: Path, file: ListFile, stamp: int) -> tuple[ListFacts, str]:
    """Return what is known of a list, and the list in words: read once, until anything changes of its source."""
    del stamp
    facts = CatalogueFolder(root).facts(file)
    return facts, _list_in_words(file, facts)


def _list_in_words(file: ListFile, facts: ListFacts) -> str:
    """Return a list as one line of a lock, e.g. ``"lc s0014 2026-11-20 sha256:…"``."""
    sectors = f"s{file.first:04d}" if file.first == file.last else f"s{file.first:04d}-s{file.last:04d}"
    return f"{file.source} {sectors} {_date(facts.fetched)} sha256:{facts.sha256}"


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat() if time else "unknown"


def _between(dates: list[float]) -> str:
    first, last = _date(dates[0]), _date(dates[-1])
    return first if first == last else f"{first} to {last}"
