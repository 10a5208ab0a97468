"""A catalogue of the sample archive's lists, and the same question to both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tess_source import Found, Session
from tess_source_catalogue.update import Update
from tess_source_sample.server import SampleArchive

SECTORS = (1, 2, 14, 15, 41, 54, 55, 75, 81, 82)
"""Sectors whose lists are fetched: those of the stars that are asked about."""


@contextmanager
def catalogue_of(archive: SampleArchive, cache: Path, sectors: tuple[int, ...] = SECTORS) -> Iterator[Session]:
    """Give a session whose catalogue holds the archive's lists of some sectors."""
    session = Session(archive.url, cache=cache)
    sources = [one for one in session.registry.sources.values() if not one.optional]
    several = [one for one in sources if one.name == "multi-dv"]
    for wanted, of in ((sources, sectors), (several, range(1, 97))):
        done = Update(session, wanted, of).run()
        assert not done.failed
    yield session


def both(session: Session, *targets: Any, **words: Any) -> tuple[Found, Found]:
    """Ask the portal and the catalogue the same question, about SPOC's data unless it says otherwise."""
    words = {"pipeline": "SPOC", **words}
    return tuple(session.search(*targets, archive=name, **words) for name in ("mast", "catalogue"))  # type: ignore[return-value]
