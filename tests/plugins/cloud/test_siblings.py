"""All that the bucket has of the sectors of some files, with the URI of each."""

from __future__ import annotations

from tess_source import Session
from tess_source_cloud.keys import key_of
from tess_source_cloud.siblings import objects_of_places, siblings
from tess_source_sample.server import SampleArchive

LC = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"


OTHER = LC.replace("261136679", "141914082")
MULTI = "mast:TESS/product/tess2018206190142-s0001-s0006-0000000307210830-00196_dvt.fits"


def listed(archive: SampleArchive) -> list[str]:
    """Return the prefixes that were listed."""
    return sorted(request.query["prefix"][0] for request in archive.requests if "list-type" in request.query)


def test_a_file_stands_for_its_sector(archive: SampleArchive) -> None:
    found = siblings([LC, OTHER], Session(archive.url).settings)
    assert {LC, OTHER} < set(found["uri"])
    assert found["uri"].str.contains("-s0001-").all()
    assert {str(key_of(uri)).split("/")[3] for uri in found["uri"] if key_of(uri)} == {"s0001"}
    assert listed(archive) == ["tess/public/tid/s0001/"]


def test_of_files_of_one_star_only_its_own_folders_are_listed(archive: SampleArchive) -> None:
    other = LC.replace("s0001", "s0002")
    found = siblings([LC, other, LC.replace("_lc", "_tp")], Session(archive.url).settings)
    assert found["uri"].str.contains("0000000261136679").all()
    assert listed(archive) == [f"tess/public/tid/s000{sector}/0000/0002/6113/6679/" for sector in (1, 2)]


def test_files_that_do_not_tell_their_key_are_looked_up(archive: SampleArchive) -> None:
    found = siblings([MULTI, "mast:TESS/product/strange.fits"], Session(archive.url).settings)
    assert MULTI in found["uri"]
    assert listed(archive) == ["tess/public/tid/s0001-s0006/0000/0003/0721/0830/"]


def test_keys_of_high_level_products_become_their_uris(archive: SampleArchive) -> None:
    settings = Session(archive.url).settings
    found = objects_of_places(["mast/hlsp/qlp/"], settings)
    assert len(found)
    assert all(str(key_of(uri)).startswith("mast/hlsp/qlp/") for uri in found["uri"])
    again = siblings(found["uri"][:1].to_list(), settings)
    assert set(again["uri"]) <= set(found["uri"])


def test_without_a_file_whose_key_is_known_nothing_is_listed(archive: SampleArchive) -> None:
    assert len(siblings(["mast:TESS/product/strange.fits"], Session(archive.url).settings)) == 0
    assert listed(archive) == []
