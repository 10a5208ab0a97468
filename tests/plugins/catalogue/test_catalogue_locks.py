"""Locks of the catalogue, after the catalogue has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from program_run import Program

from tess_source import Session
from tess_source.errors import LockError
from tess_source.lock import cite, diff, refresh, script
from tess_source_catalogue.folder import CatalogueFolder, ListFacts
from tess_source_mast import guard
from tess_source_sample.server import SampleArchive

KELT9 = 16740101


@pytest.fixture
def session(shared_archive: SampleArchive, tmp_path: Path) -> Session:
    session = Session(shared_archive.url, cache=tmp_path / "cache")
    assert not session.catalogue().update((14, 15), kind=("lc", "tp")).failed
    return session


def test_a_citation_says_of_when_the_lists_are(session: Session) -> None:
    lock = session.search(KELT9, archive="catalogue", kind="lc").plan()
    lists = lock.record["provenance"]["catalogue"]["brief"]
    assert lists.startswith("sectors 14-15 of 20")
    told = f"As the catalogue of {session.settings.server} had it: {lists}."
    assert told in cite(lock, session.registry.citations.values()).splitlines()
    for strange in ({"provenance": [1]}, {"archives": [["catalogue"]]}, {"provenance": {"catalogue": 1}}):
        assert cite(replace(lock, record={**lock.record, **strange}), ())


@pytest.mark.parametrize("words", [{}, {"sector": [14, 15]}], ids=str)
def test_a_list_that_was_removed_is_no_reason_to_call_files_gone(session: Session, words: dict[str, object]) -> None:
    lock = session.search(KELT9, archive="catalogue", kind="lc", **words).plan()
    session.catalogue().rm(14)
    with pytest.raises(ValueError, match=r"lacks .*(lc s0014, targets s0014|lc.*of sector 14)"):
        refresh(lock, session)
    session.catalogue().update(14)
    assert not len(refresh(lock, session)[1])


def test_a_file_that_a_newer_list_does_not_name_is_gone(session: Session) -> None:
    lock = session.search(KELT9, archive="catalogue", kind="lc").plan()
    folder = CatalogueFolder.of(session.settings)
    file = folder.lists()["lc", 14, 14]
    others = pl.read_parquet(file.path, memory_map=False).filter(pl.col("tic") != KELT9)
    folder.keep("lc", 14, 14, others, ListFacts(sha256="newer"))
    today, changes = refresh(lock, session)
    assert changes["change"].to_list() == ["gone"]
    assert [*diff(lock, today)] == [*changes]
    for plan in (lock, today):
        assert script(plan, session.registry.transports, session.settings, "python", session.registry.copies)
        assert "Kepler" not in cite(plan, session.registry.citations.values())


def test_a_lock_whose_lists_cannot_be_understood_says_so(session: Session) -> None:
    lock = session.search(KELT9, archive="catalogue", kind="lc").plan()
    session.catalogue().rm(14)
    for lists in (1, ["lc"], [[1]], None):
        record = {**lock.record, "provenance": {"catalogue": {"lists": lists}}}
        with pytest.raises(LockError, match=r"cannot be understood|lacks 1 list of which the lock was made \(lc\)"):
            refresh(replace(lock, record=record), session)


def test_a_search_that_has_grown_beyond_the_limit_is_refreshed_if_you_say_so(
    program: Program, archive: SampleArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(archive.url, cache=tmp_path)
    lock = session.search(sector=[14, 15], kind="lc").plan().save(tmp_path / "lock.ecsv")
    monkeypatch.setattr(guard, "MOST_ROWS", 1)
    refused = program("lock", "refresh", lock)
    assert "--yes" in refused.err, refused
    allowed = program("lock", "refresh", lock, "--yes")
    assert "nothing differs" in allowed.out + allowed.err
