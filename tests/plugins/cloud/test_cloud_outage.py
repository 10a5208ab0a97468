"""While MAST gives no files, its public cloud copy gives the same bytes, and locks keep their MD5."""

from __future__ import annotations

import hashlib
from pathlib import Path

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
