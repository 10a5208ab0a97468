"""A catalogue of the sample archive's lists, and the same question to both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tess_source import Found, Session
from tess_source_catalogue import view
from tess_source_catalogue.session_catalogue import SessionCatalogue
from tess_source_sample.server import SampleArchive

__all__ = ["SECTORS", "both", "with_catalogue"]

SECTORS = (1, 14, 54, 55, 75)
"""Sectors whose lists are fetched: those of the stars that are asked about."""
PIPELINES = ("SPOC", "QLP", "TESS-SPOC", "TGLC")


def with_catalogue(archive: SampleArchive, cache: Path) -> Session:
    """Return a session whose catalogue holds the archive's lists of some sectors, and of all searches of several."""
    session = Session(archive.url, cache=cache)
    ours = SessionCatalogue(session)
    assert not ours.update(SECTORS, pipeline=PIPELINES).failed
    assert not ours.update(range(1, 97), source="multi-dv").failed
    view.refresh(ours.folder)
    return session


def both(session: Session, *targets: Any, **words: Any) -> tuple[Found, Found]:
    """Ask the portal and the catalogue the same question, about SPOC's data unless it says otherwise."""
    words = {"pipeline": "SPOC", **words}
    return session.search(*targets, archive="mast", **words), session.search(*targets, archive="catalogue", **words)
