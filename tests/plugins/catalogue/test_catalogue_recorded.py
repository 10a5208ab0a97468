"""The lists of the archives, played from recordings: only what is true of the real archives too is asserted."""

from __future__ import annotations

from pathlib import Path

import pytest

import tess_source_catalogue
from tess_source import Session
from tess_source.download import lists
from tess_source_catalogue.session_catalogue import SessionCatalogue
from tess_source_catalogue.sources import SOURCES

pytestmark = pytest.mark.vcr
SPOC = ("lc", "dv", "targets", "tce")
MORE = {9: ("multi-dv", "multi-tce"), 75: ("tp", "fast-lc", "fast-tp", "fast-targets")}
OTHERS = {
    1: ("qlp", "qlp-targets", "tess-spoc-lc", "tess-spoc-tp", "tess-spoc-targets", "tglc", "tglc-targets"),
    14: ("portal", "cloud"),
    69: ("tess-spoc-dv",),
}
"""Sector → sources of lists."""
FROM_REAL = "config.getoption('--record-mode') not in {None, 'none'} and not config.getoption('--record-from-sample')"
"""Whether the real services are recorded."""


@pytest.fixture
def catalogue(recorded: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionCatalogue:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path))
    monkeypatch.setattr(lists, "ENCODINGS", ())  # vcrpy unpacks what it records, and still says that it is packed
    recorded.register(tess_source_catalogue)
    return SessionCatalogue(recorded)


def test_the_lists_of_a_sector_come_and_do_not_come_again(catalogue: SessionCatalogue) -> None:
    first = catalogue.update(14, source=SPOC, progress=False)
    assert {one.source for one in first.outcomes} == {*SPOC}
    assert {one.state for one in first.outcomes} == {"new"}, first.failed
    assert all(one.rows > 0 and one.strange == 0 for one in first.outcomes)
    again = catalogue.update(14, source=("lc", "targets"), progress=False)
    assert [one.state for one in again.outcomes] == ["unchanged", "unchanged"]


def test_a_sector_that_is_not_there_is_not_yet(catalogue: SessionCatalogue) -> None:
    done = catalogue.update(999, kind="lc", source=("lc", "targets"), progress=False)
    assert done.outcomes == ()


def test_the_lists_of_20_s_and_of_several_sectors_come(catalogue: SessionCatalogue) -> None:
    for sector, sources in MORE.items():
        check_all_come(catalogue, sector, sources)


@pytest.mark.skipif(FROM_REAL, reason="these lists have hundreds of MB; make live looks at their beginnings")
def test_the_lists_of_other_pipelines_come(catalogue: SessionCatalogue) -> None:
    for sector, sources in OTHERS.items():
        check_all_come(catalogue, sector, sources)
    recorded = {*SPOC, *(name for sources in (*MORE.values(), *OTHERS.values()) for name in sources)}
    assert recorded == {source.name for source in SOURCES}, "each source has a recorded list"


def check_all_come(catalogue: SessionCatalogue, sector: int, sources: tuple[str, ...]) -> None:
    done = catalogue.update(sector, source=sources, progress=False)
    assert {one.source for one in done.outcomes} == {*sources}
    assert all(one.state == "new" and one.rows > 0 for one in done.outcomes), done.failed
