"""Copies of the catalogue in folders that machines share, and in object stores."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from program_run import Program
from s3 import Answer, S3Server

from tess_source import Session
from tess_source.errors import OfflineError
from tess_source.object_store.path import ObjectPath
from tess_source_catalogue import absent, copies
from tess_source_catalogue.folder import CatalogueFolder, ListFacts
from tess_source_catalogue.session_catalogue import SessionCatalogue
from tess_source_catalogue.stored import packed_files
from tess_source_sample.server import SampleArchive


def every(keys: object) -> object:
    return keys


def folder_with(
    root: Path, rows: int = 3, sectors: tuple[int, ...] = (14, 15), fetched: float = 1.0
) -> CatalogueFolder:
    folder = CatalogueFolder(root)
    for sector in sectors:
        names = [f"tess2019198215352-s{sector:04d}-{tic:016d}-0150-s_lc.fits" for tic in range(1, rows + 1)]
        frame = packed_files(pl.Series([f"mast:TESS/product/{name}" for name in names]))
        folder.keep("lc", sector, sector, frame, ListFacts(sha256=f"{sector}:{rows}", fetched=fetched))
    return folder


def states(done: object) -> list[str]:
    return [one.state for one in done.outcomes]  # type: ignore[attr-defined]


@pytest.fixture(params=["folder", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | ObjectPath:
    if request.param == "folder":
        return tmp_path / "shared" / "catalogue"
    bucket: ObjectPath = request.getfixturevalue("bucket")
    return bucket / "catalogue"


def test_another_machine_knows_which_lists_the_archive_did_not_have(place: Path | ObjectPath, tmp_path: Path) -> None:
    here, there = folder_with(tmp_path / "here"), folder_with(tmp_path / "there", sectors=(6,))
    here.note_absent("lc", {6: 5.0, 7: 5.0, 8: 5.0}, ())
    there.note_absent("lc", {7: 9.0, 14: 1.0}, ())
    copies.save(here, place, every)
    copies.load(there, place, lambda keys: [key for key in keys if key[1] != 8])
    assert there.lists().absent == {("lc", 7): 9.0}
    assert (here.root / "lc" / absent.NAME).read_bytes() == b'{"6": 5.0, "7": 5.0, "8": 5.0}'


def test_another_machine_has_the_same_lists(place: Path | ObjectPath, tmp_path: Path) -> None:
    here, there = folder_with(tmp_path / "here"), CatalogueFolder(tmp_path / "there")
    assert states(copies.save(here, place, every)) == ["new", "new"]
    assert states(copies.save(here, place, every)) == ["unchanged", "unchanged"]
    assert states(copies.load(there, place, every)) == ["new", "new"]
    assert states(copies.load(there, place, every)) == ["unchanged", "unchanged"]
    assert {key: file.digest for key, file in there.lists().items()} == {k: f.digest for k, f in here.lists().items()}
    for key, file in there.lists().items():
        assert there.is_whole(file)
        assert there.facts(file) == here.facts(here.lists()[key])
        assert pl.read_parquet(file.path).equals(pl.read_parquet(here.lists()[key].path))


def test_a_newer_state_replaces_the_older_one_and_never_the_other_way(place: Path | ObjectPath, tmp_path: Path) -> None:
    old, new = folder_with(tmp_path / "old", 3), folder_with(tmp_path / "new", 5, fetched=2.0)
    copies.save(old, place, every)
    assert states(copies.save(new, place, every)) == ["new", "new"]
    assert states(copies.save(old, place, every)) == ["unchanged", "unchanged"]
    there = CatalogueFolder(tmp_path / "there")
    assert [one.rows for one in copies.load(there, place, every).outcomes] == [5, 5]
    assert states(copies.load(old, place, every)) == ["new", "new"]
    assert {file.digest for file in old.lists().values()} == {file.digest for file in new.lists().values()}


def test_a_damaged_list_costs_only_itself_and_is_replaced_by_the_next_save(
    bucket: ObjectPath, s3: S3Server, tmp_path: Path
) -> None:
    here = folder_with(tmp_path / "here")
    copies.save(here, bucket, every)
    (key,) = (key for key in s3.objects(bucket.bucket) if key.startswith("lc/s0015"))
    s3.backend.put_object(bucket.bucket, key, s3.objects(bucket.bucket)[key][:-10])
    done = copies.load(CatalogueFolder(tmp_path / "there"), bucket, every)
    assert states(done) == ["new", "failed"]
    assert "it is damaged: its bytes are not those that were written" in done.failed[0].problem
    assert states(copies.save(here, bucket, every)) == ["unchanged", "new"]
    assert states(copies.load(CatalogueFolder(tmp_path / "there"), bucket, every)) == ["unchanged", "new"]


def test_lists_whose_facts_are_lost_and_what_is_no_list_are_left_alone(
    bucket: ObjectPath, s3: S3Server, tmp_path: Path
) -> None:
    copies.save(folder_with(tmp_path / "here"), bucket, every)
    s3.backend.put_object(bucket.bucket, "lc/facts/s0014-x.json", b"[]")
    for name in (
        "notes.txt",
        "lc/notes.parquet",
        "view/s0014-0123456789abcdef.parquet",
        "lc/deep/s0016-0123456789abcdef.parquet",
    ):
        s3.backend.put_object(bucket.bucket, name, b"x")
    s3.backend.put_object(bucket.bucket, "lc/s0016-0123456789abcdef.parquet", b"x")
    done = copies.load(CatalogueFolder(tmp_path / "there"), bucket, every)
    assert [(one.last, one.state) for one in done.outcomes] == [(14, "new"), (15, "new"), (16, "failed")]
    assert "what is known of it is lost" in done.failed[0].problem


def test_an_upload_that_is_refused_is_told_for_each_list_without_keys(
    bucket: ObjectPath, s3: S3Server, tmp_path: Path
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="PUT")
    done = copies.save(folder_with(tmp_path / "here"), bucket, every)
    assert states(done) == ["failed", "failed"]
    assert "access is denied to your keys" in done.failed[0].problem


def test_a_place_without_lists_is_an_error_and_offline_no_store_is_asked(bucket: ObjectPath, tmp_path: Path) -> None:
    catalogue = SessionCatalogue(Session(discover=False, cache=tmp_path, progress=False))
    for place in (tmp_path / "none", str(bucket / "none")):
        with pytest.raises(FileNotFoundError, match="no list of a catalogue is there"):
            catalogue.load(place)
    with pytest.raises(OfflineError):
        SessionCatalogue(Session(discover=False, cache=tmp_path, offline=True)).load(str(bucket))
    with pytest.raises(OfflineError):
        SessionCatalogue(Session(discover=False, cache=tmp_path, offline=True)).save(str(bucket))


def test_the_program_saves_the_catalogue_and_another_machine_searches_it(
    program: Program, bucket: ObjectPath, archive: SampleArchive, tmp_path: Path
) -> None:
    here, there = ("--cache", tmp_path / "here"), ("--cache", tmp_path / "there")
    saved = program(
        "catalogue", "update", "--sector", 14, "--source", "lc", "--source", "targets", "--to", bucket / "cat", *here
    )
    assert saved.code == 0, saved.err
    assert f"2 lists: 2 new, 0 unchanged, 0 failed; in {bucket}/cat" in saved.err
    asked = len(archive.requests)
    taken = program("catalogue", "update", "--from", f"{bucket}/cat", *there)
    assert taken.code == 0, taken.err
    found = program(
        "search",
        16740101,
        "--sector",
        14,
        "--kind",
        "lc",
        "--archive",
        "catalogue",
        "--offline",
        "--format",
        "csv",
        *there,
    )
    assert found.code == 0, found.err
    assert "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits" in found.out
    assert len(archive.requests) == asked
    assert program("catalogue", "update", "--from", f"{bucket}/cat", "--kind", "lc", *there).code == 2
    assert program("catalogue", "update", "--from", f"{bucket}/none", *there).code == 1
