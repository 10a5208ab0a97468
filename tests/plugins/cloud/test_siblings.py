"""All that the bucket has of the sectors of some files, with the URI of each."""

from __future__ import annotations

from tess_source import Session
from tess_source_cloud.keys import key_of
from tess_source_cloud.siblings import objects_of_places, siblings
from tess_source_sample.server import SampleArchive

LC = "mast:TESS/product/tess2018206045859-s0001-0000000261136679-0120-s_lc.fits"


def test_a_file_stands_for_its_sector(archive: SampleArchive) -> None:
    found = siblings([LC, "mast:TESS/product/strange.fits"], Session(archive.url).settings)
    assert LC in found["uri"]
    assert found["uri"].str.contains("-s0001-").all()
    assert {str(key_of(uri)).split("/")[3] for uri in found["uri"] if key_of(uri)} == {"s0001"}
    assert len([request for request in archive.requests if "list-type" in request.query]) == 1


def test_keys_of_high_level_products_become_their_uris(archive: SampleArchive) -> None:
    settings = Session(archive.url).settings
    found = objects_of_places(["mast/hlsp/qlp/"], settings)
    assert len(found)
    assert all(str(key_of(uri)).startswith("mast/hlsp/qlp/") for uri in found["uri"])
    again = siblings(found["uri"][:1].to_list(), settings)
    assert set(again["uri"]) <= set(found["uri"])


def test_without_a_file_whose_key_is_told_nothing_is_asked(archive: SampleArchive) -> None:
    assert len(siblings(["mast:TESS/product/strange.fits"], Session(archive.url).settings)) == 0
    assert archive.requests == []
