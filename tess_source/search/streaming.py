"""Answers that are larger than memory: parts of whole stars, one after the other.

Observations are written to temporary files as they arrive. They are read again in order of the star, a few thousand at a time, and only
these are listed, linked and filtered. The parts together are the whole answer, since links, columns and masks stay within one star.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tess_source._lazy import pl
from tess_source.cache.memory import Memory
from tess_source.display.visible import logger
from tess_source.errors import QueryError
from tess_source.hooks.registry import Registry
from tess_source.search import asking
from tess_source.search.archives import are_local, is_local
from tess_source.search.declined import check_answers, naming_archive
from tess_source.settings import Settings
from tess_source.tables.found import Found
from tess_source.tables.listing import Links, Observations
from tess_source.targets.target import Query
from tess_source.wording import keyword

__all__ = ["PART", "PART_FROM_HERE", "check_masks", "parts"]

log: logging.Logger = logger(__name__)

PART = 8000
"""Observations in one part, about: as many as whole stars have."""
PART_FROM_HERE = 40_000
"""The same of archives on this machine, which are not asked over a network: larger parts take half the time."""
SAMPLED = 64
"""Of so many observations, the star of one is kept in memory, so that parts can be of equal size."""


def check_masks(registry: Registry, filters: Mapping[str, Any]) -> None:
    """Raise an error for a filter that chooses among all products: no part is enough for it.

    Raises
    ------
    QueryError
    """
    for name, value in filters.items():
        if value is not None and name in registry.filters and registry.filters[name].last:
            raise QueryError(
                f"filter {name!r} chooses among all products, so that they have to be in memory together: leave out ",
                keyword(name),
                ", or apply it to each part",
            )


def parts(registry: Registry, settings: Settings, query: Query, *, listing: bool = True) -> Iterator[Found]:
    """Yield the answer to a question in parts of whole stars, in order of their TIC ids. They are not filtered yet, and not remembered.

    Memory does not grow with the answer if its archives implement ``tess_pages``. Offline, what the cache folder has is one part.

    Parameters
    ----------
    registry : Registry
    settings : Settings
    query : Query
    listing : bool
        Whether products are listed.

    Raises
    ------
    ServiceError
        If an archive fails.
    """
    if Memory(settings, registry).offline and not are_local(registry, settings, query):
        yield asking.answer(registry, settings, query)
        return
    query = asking.prepared(registry, settings, query)
    record = asking.record_of(registry, settings, query, Observations.empty())
    with tempfile.TemporaryDirectory(prefix="tess-source-") as folder:
        pages = _Pages(Path(folder))
        query = replace(query, archives=tuple(record["archives"]))
        declined = [name for name in query.archives if not _take_all(registry, settings, query, name, pages)]
        check_answers(registry, query, declined, "query")
        if not pages.files:
            yield asking.observed_as(registry, settings, query, Observations.empty())
        local, done = all(is_local(registry, name) for name in query.archives), 0
        for seen in pages.in_order(PART_FROM_HERE if local else PART):
            if listing:
                found = asking.listing_of(registry, settings, query, seen)
                whole = Found(found.products.unique(), seen, Links.empty(), query, record=record)
                done += len(seen)
                if query.large and pages.rows > PART:
                    log.warning("products of %s of %s observations are listed", f"{done:,}", f"{pages.rows:,}")
                yield asking.linked(registry, settings, whole)
            else:
                yield asking.observed_as(registry, settings, query, seen)


def _take_all(registry: Registry, settings: Settings, query: Query, archive: str, pages: _Pages) -> bool:
    """Take the observations of one archive, and return whether it answers such questions."""
    one, caller = replace(query, archives=(archive,)), registry.among("tess_pages", (archive,))
    with naming_archive(query, archive):
        if any(registry.call("tess_pages", caller, query=one, settings=settings, take=pages.take)):
            return True
    seen = asking.observations_by(registry, settings, query, archive)
    if seen is not None:
        pages.take(seen)
    return seen is not None


@dataclass
class _Pages:
    """Observations in files, as they arrived."""

    folder: Path
    files: list[Path] = field(default_factory=list)
    sampled: list[pl.Series] = field(default_factory=list)
    """TIC ids of some observations."""
    rows: int = 0
    """Observations in the files; one that came twice counts twice."""

    def take(self, page: Observations) -> None:
        """Write observations to a file."""
        if not len(page):
            return
        frame = page.to_polars().sort("tic", nulls_last=True)
        self.rows += frame.height
        self.files.append(self.folder / f"{len(self.files):06d}.parquet")
        frame.write_parquet(self.files[-1])
        self.sampled.append(frame["tic"].drop_nulls().gather_every(SAMPLED))

    def in_order(self, part: int) -> Iterator[Observations]:
        """Yield about so many observations at a time, those of some stars, each once; those without a TIC id come last."""
        if not self.files:
            return
        tics = pl.concat(self.sampled).sort()
        bounds = tics.gather_every(part // SAMPLED, part // SAMPLED).unique(maintain_order=True).to_list()
        star, below = pl.col("tic"), pl.lit(True)
        for bound in bounds:
            yield from self._where(below & (star <= bound))
            below = star > bound
        yield from self._where(below & star.is_not_null())
        yield from self._where(star.is_null())

    def _where(self, mask: pl.Expr) -> Iterator[Observations]:
        """Yield the observations for which a mask is true, in one table, if there are any."""
        parts = [pl.scan_parquet(file).filter(mask).collect() for file in self.files]
        seen = Observations.stack(Observations(part) for part in parts if part.height)
        if len(seen):
            known = pl.col("observation").is_null() | pl.struct("archive", "observation").is_first_distinct()
            yield seen.where(known).sort()
