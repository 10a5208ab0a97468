"""Files from the bucket: one request per file whose URI tells its key, and the archive where the bucket lacks one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import tess_source_cloud
import tess_source_filters
import tess_source_mast
from tess_source import Session
from tess_source_sample.server import SampleArchive

STAR = "TIC 141914082"


def at(archive: SampleArchive, prefer: str) -> Session:
    plugins = [tess_source_mast, tess_source_cloud, tess_source_filters]
    return Session(archive.url, prefer=prefer, discover=False, plugins=plugins)


def asked(archive: SampleArchive) -> Counter[tuple[str, int]]:
    """Return how often each part of the sample archive was asked, and with what result."""
    return Counter(("/".join(request.path.split("/")[1:3]), request.status) for request in archive.requests)


@pytest.mark.parametrize("prefer", ["cloud", "cloud-only"])
def test_every_file_from_the_cloud_is_one_request(archive: SampleArchive, tmp_path: Path, prefer: str) -> None:
    session = at(archive, prefer)
    found = session.search(STAR, kind="lc", pipeline=["SPOC", "QLP", "TESS-SPOC"])
    assert len(found) == 3
    archive.clear()
    assert session.download(found, tmp_path).ok
    assert asked(archive) == {("tess/public", 200): 1, ("mast/hlsp", 200): 2}


def test_what_the_cloud_lacks_comes_from_the_archive_or_is_missing(archive: SampleArchive, tmp_path: Path) -> None:
    for prefer, expected in (
        ("cloud", {("mast/hlsp", 404): 1, ("api/v0.1", 200): 1}),
        ("cloud-only", {("mast/hlsp", 404): 1}),
    ):
        session = at(archive, prefer)
        found = session.search(STAR, pipeline="GSFC-ELEANOR-LITE")
        archive.clear()
        (entry,) = session.download(found, tmp_path / prefer)
        assert entry.ok == (prefer == "cloud")
        assert asked(archive) == expected


def test_names_that_do_not_tell_their_key_are_looked_up_together(archive: SampleArchive, tmp_path: Path) -> None:
    session = at(archive, "cloud-only")
    found = session.search("TIC 307210830", kind="dvr-xml", sector="1-13")
    several = [uri for uri in found.to_polars()["uri"] if "-s0001-s0" in uri]
    assert len(several) >= 2
    archive.clear()
    assert session.download(found, tmp_path).ok
    (look_up,) = [request for request in archive.requests if "path_lookup" in request.path]
    assert sorted(look_up.query["uri"]) == sorted(several)
    assert len(archive.requests) == len(found) + 1
