"""A catalogue of the sample archive's lists, and the same question to both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from tess_source import Found, Session
from tess_source_catalogue import view
from tess_source_catalogue.session_catalogue import SessionCatalogue
from tess_source_sample.server import SampleArchive

__all__ = ["SECTORS", "both", "files", "links", "with_catalogue"]

SECTORS = (1, 14, 15, 41, 54, 55, 75, 81, 82)
"""Sectors whose lists are fetched: those of the stars that are asked about."""
OTHERS = ("QLP", "TESS-SPOC", "TGLC")


def with_catalogue(archive: SampleArchive, cache: Path) -> Session:
    """Return a session whose catalogue holds the archive's lists of some sectors, and of all searches of several."""
    session = Session(archive.url, cache=cache)
    ours = SessionCatalogue(session)
    assert not ours.update(SECTORS).failed
    assert not ours.update((1, 54), pipeline=OTHERS).failed
    assert not ours.update(range(1, 97), source="multi-dv").failed
    view.refresh(ours.folder)
    return session


def both(session: Session, *targets: Any, **words: Any) -> tuple[Found, Found]:
    """Ask the portal and the catalogue the same question, about SPOC's data unless it says otherwise."""
    words = {"pipeline": "SPOC", **words}
    return session.search(*targets, archive="mast", **words), session.search(*targets, archive="catalogue", **words)


def files(found: Found) -> pl.DataFrame:
    """Give what must be the same. Of QLP, the lists have no text files; of TGLC, the portal's names have no TIC id."""
    columns = [
        "uri",
        "kind",
        "tic",
        "first_sector",
        "last_sector",
        "exptime",
        "pipeline",
        "run",
        "tce",
        "filename",
        "obs_id",
    ]
    columns += ["dv_set", "dv_sectors", "dv_state", "superseded_by", "supersedes"]
    frame = found.products.to_polars().filter(pl.col("kind") != "lc-txt").select(columns).sort("uri")
    return frame.with_columns(tic=pl.when(pl.col("pipeline") != "TGLC").then("tic"))


def links(found: Found) -> pl.DataFrame:
    return found.narrowed().links.to_polars().sort("subject", "kind", "object")
