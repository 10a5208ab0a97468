"""While MAST gives no files, its public cloud copy gives the same bytes, and locks keep their MD5."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from tess_source import Session, load_plan
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"


def test_if_mast_gives_no_files_the_cloud_does(archive: SampleArchive, tmp_path: Path) -> None:
    found = Session(archive.url).search(KELT9, kind="lc", sector="14-15")
    whole = {entry.item.filename: entry.sha256 for entry in found.plan(tmp_path / "a").download()}
    archive.faults.add(Fault("status", match="Download", status=503, times=None))
    manifest = found.plan(tmp_path / "b").download()
    assert {entry.item.filename: entry.sha256 for entry in manifest} == whole
    assert all("/tess/public/tid/" in entry.via for entry in manifest)


def test_the_lock_of_files_from_the_cloud_has_their_md5(archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, prefer="cloud")
    lock = session.search(KELT9, kind="lc", sector=14).plan(tmp_path).download().lock().save(tmp_path / "l.ecsv")
    (item,) = load_plan(lock, tmp_path)
    data = (tmp_path / item.path).read_bytes()
    assert item.etag == hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(("prefer", "tries"), [("cloud", 1), ("cloud-only", 2)])
def test_a_look_up_that_fails_is_repeated_only_if_files_have_no_other_address(
    archive: SampleArchive, tmp_path: Path, prefer: str, tries: int
) -> None:
    session = Session(archive.url, prefer=prefer)
    found = session.search("TIC 307210830", kind="dvr-xml", sector="1-13")
    patience = replace(session.settings.patience, tries=2, first=0.001)
    session.settings = replace(session.settings, patience=patience)
    archive.faults.add(Fault("status", match="path_lookup", status=503, times=None))
    archive.clear()
    manifest = session.download(found, tmp_path)
    assert sum("path_lookup" in request.path for request in archive.requests) == tries
    several = ["-s0001-s0" in entry.item.uri for entry in manifest]
    assert any(several)
    assert [entry.ok for entry in manifest] == [prefer == "cloud" or not one for one in several]
