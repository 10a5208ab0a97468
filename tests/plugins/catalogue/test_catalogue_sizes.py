"""The listing of the cloud copy gives the catalogue's products their exact sizes and ETags, where it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tess_source import Session
from tess_source._lazy import pl
from tess_source.tables.entries import expected_in_words
from tess_source_catalogue.bucket import read_sizes
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT_9 = 16740101


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path) -> Session:
    """A session with the lists of two sectors."""
    session = Session(archive.url, cache=tmp_path)
    session.catalogue().update([14, 15], kind="lc", progress=False)
    return session


def sizes(session: Session, archive: str, **words: object) -> dict[str, tuple[int | None, str | None]]:
    found = session.search(KELT_9, kind="lc", pipeline="SPOC", archive=archive, **words).products.to_polars()
    etags = found["etag"] if "etag" in found.columns else [None] * len(found)
    return {uri: (size, etag) for uri, size, etag in zip(found["uri"], found["size"], etags, strict=True)}


def listings(archive: SampleArchive) -> list[str]:
    return [str(request.query["prefix"][0]) for request in archive.requests if "list-type" in request.query]


def test_sizes_are_unknown_until_the_listing_is_asked_for_by_name(session: Session, archive: SampleArchive) -> None:
    assert set(sizes(session, "catalogue", sector=[14, 15]).values()) == {(None, None)}
    assert listings(archive) == []
    found = session.search(KELT_9, sector=[14, 15], kind="lc", pipeline="SPOC", archive="catalogue")
    assert "2 products (unknown, about 4.0 MB)" in found.summary()
    assert "2 of unknown size, about 4.0 MB" in found.plan().summary()
    assert expected_in_words(found.plan().expected()) == "2 to fetch (unknown, about 4.0 MB)"


def test_sizes_are_those_of_the_archive_and_etags_are_sums(session: Session, archive: SampleArchive) -> None:
    updated = session.catalogue().update([14, 15], source="cloud", progress=False)
    assert (updated.count("new"), updated.failed) == (2, ())
    assert sorted(listings(archive)) == ["tess/public/tid/s0014/", "tess/public/tid/s0015/"]
    known = sizes(session, "catalogue", sector=[14, 15])
    assert {uri: size for uri, (size, _) in known.items()} == {
        uri: size for uri, (size, _) in sizes(session, "mast", sector=[14, 15]).items()
    }
    assert all(etag and len(etag) >= 32 for _, etag in known.values())
    plan = session.search(KELT_9, sector=14, kind="lc", archive="catalogue").plan()
    assert plan.bytes > 0
    assert plan.items["etag"].to_list() == [known[uri][1] for uri in plan.items["uri"]]


def test_a_sector_without_a_listing_keeps_unknown_sizes(session: Session) -> None:
    session.catalogue().update(14, source="cloud", progress=False)
    known = sizes(session, "catalogue", sector=[14, 15])
    assert {("-s0014-" in uri, size is not None) for uri, (size, _) in known.items()} == {(True, True), (False, False)}


def test_the_same_listing_again_is_unchanged(session: Session) -> None:
    session.catalogue().update(14, source="cloud", progress=False)
    assert session.catalogue().update(14, source="cloud", progress=False).count("unchanged") == 1


def test_a_listing_that_fails_costs_itself_and_the_older_sizes_stay(session: Session, archive: SampleArchive) -> None:
    session.catalogue().update(14, source="cloud", progress=False)
    before = sizes(session, "catalogue", sector=14)
    archive.faults.add(Fault("status", match="list-type", times=None, status=404))
    (failed,) = session.catalogue().update(14, source="cloud", progress=False).failed
    assert "tess/public/tid/s0014/" in failed.problem
    assert sizes(session, "catalogue", sector=14) == before


def test_a_sector_that_the_copy_does_not_have_yet_is_absent(session: Session) -> None:
    updated = session.catalogue().update(100, source="cloud", progress=False)
    assert updated.outcomes == ()


def test_files_that_are_not_about_a_star_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "list.parquet"
    uris = ["mast:TESS/product/tess2019198215352-s0014-0000000016740101-0150-s_lc.fits", "mast:TESS/product/x.txt"]
    pl.DataFrame({"uri": uris, "size": [1, 2], "etag": ["a", None]}).write_parquet(file)
    assert read_sizes(file, "").rows() == [(KELT_9, uris[0], 1, "a")]
    file.write_bytes(b"no listing")
    with pytest.raises(ValueError, match="has no listing"):
        read_sizes(file, "")
