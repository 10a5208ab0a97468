"""Locks and their files in object stores, with the program from end to end; and that no key is shown or kept."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from program_run import Program, Ran
from s3 import KEYS, Answer, S3Server

import tess_source
from tess_source import Session
from tess_source.errors import MissingExtraError
from tess_source.lock import verify_lock
from tess_source.lock.listed import verify_folder
from tess_source.object_store.copies import read_bytes, write_place
from tess_source.object_store.path import ObjectPath
from tess_source_sample.server import SampleArchive

ASKED = ("16740101", "--sector", "14,15", "--kind", "lc")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(program: Program) -> Program:
    """The program, whose output is searched for keys after each run."""

    class Searched(Program):
        def __call__(self, *words: object) -> Ran:
            ran = program(*words, "-vv")
            assert not any(key in ran.out + ran.err for key in KEYS.values()), words
            return ran

    return Searched(program.capsys)


@pytest.fixture
def locked(run: Program, bucket: ObjectPath) -> ObjectPath:
    """A place with two files and their lock, ``lock.ecsv``."""
    done = run("get", *ASKED, "--to", f"{bucket}/d", "--lock", f"{bucket}/d/lock.ecsv")
    assert done.code == 0, done.err
    return bucket / "d"


def test_get_verify_and_the_commands_on_locks_take_urls(
    run: Program, locked: ObjectPath, archive: SampleArchive
) -> None:
    again = run("get", *ASKED, "--to", locked, "--lock", locked / "lock.ecsv")
    assert "0 fetched (0 B), 2 here before" in again.err
    assert "2 here (3.9 MB)" in run("get", *ASKED, "--to", locked, "--dry-run").err
    assert "2 complete" in run("verify", locked / "lock.ecsv", "--to", locked).err
    assert "2 complete" in run("verify", locked / "lock.ecsv", "--to", locked, "--sizes").err
    assert "2 complete" in run("verify", locked / "lock.ecsv", "--to", locked, "--cloud").err
    assert run("verify", locked, "--cloud").code == 0
    assert "nothing differs" in run("lock", "diff", locked / "lock.ecsv", locked / "lock.ecsv").err
    assert "nothing differs" in run("lock", "refresh", locked / "lock.ecsv", "--lock", locked / "new.ecsv").err
    assert "doi:" in run("lock", "cite", locked / "new.ecsv").out
    assert run("lock", "script", locked / "lock.ecsv", "--curl").out.count("_lc.fits") >= 2


def test_what_is_missing_damaged_or_extra_is_told_and_mended_from_the_lock(
    run: Program, locked: ObjectPath, s3: S3Server
) -> None:
    first, second = sorted(key for key in s3.objects(locked.bucket) if key.endswith("lc.fits"))
    data = s3.objects(locked.bucket)[first]
    s3.backend.put_object(locked.bucket, first, data[:-2880])
    s3.backend.delete_object(locked.bucket, second)
    s3.backend.put_object(locked.bucket, "d/mine.txt", b"x")
    found = run("verify", locked / "lock.ecsv", "--to", locked, "--format", "csv")
    assert found.code == 1
    assert [line.partition(",")[0] for line in found.out.splitlines()[1:]] == ["damaged", "missing", "extra"]
    mended = run("get", "--from-lock", locked / "lock.ecsv", "--to", locked)
    assert mended.code == 0, mended.err
    assert s3.objects(locked.bucket)[first] == data
    assert "2 complete, 1 extra" in run("verify", locked / "lock.ecsv", "--to", locked).err


def test_a_file_of_another_processing_is_stale_and_other_bytes_are_refused(
    run: Program, locked: ObjectPath, s3: S3Server
) -> None:
    first, _ = sorted(key for key in s3.objects(locked.bucket) if key.endswith("lc.fits"))
    data = s3.objects(locked.bucket)[first]
    s3.backend.put_object(
        locked.bucket, first, data.replace(b"DATA_REL=                   30", b"DATA_REL=                   31", 1)
    )
    found = run("verify", locked / "lock.ecsv", "--to", locked, "--format", "csv")
    assert found.code == 1
    assert found.out.splitlines()[1].startswith(("stale", "damaged"))


def test_a_lock_is_saved_and_read_by_url_and_tells_nothing_of_keys(
    locked: ObjectPath, archive: SampleArchive, tmp_path: Path
) -> None:
    session = Session(archive.url, cache=tmp_path, progress=False)
    plan = session.load_plan(f"{locked}/lock.ecsv", str(locked))
    assert (plan.root, plan.here().to_list()) == (locked, [True, True])
    assert {len(item.sha256 or "") for item in plan} == {64}
    assert {item.data_rel for item in plan} == {30}
    assert str(plan.save(f"{locked}/again.ecsv")) == f"{locked}/again.ecsv"
    assert read_bytes(locked / "again.ecsv") == read_bytes(locked / "lock.ecsv")
    told = read_bytes(locked / "lock.ecsv") + pickle.dumps(plan) + repr(plan).encode()
    assert not any(key.encode() in told for key in KEYS.values())
    assert verify_lock(plan).ok
    assert verify_folder(str(locked), session=session, present_only=True).counts()["complete"] == 2


def test_files_are_loaded_from_where_they_are(locked: ObjectPath, archive: SampleArchive, tmp_path: Path) -> None:
    session = Session(archive.url, cache=tmp_path, progress=False)
    plan = session.load_plan(f"{locked}/lock.ecsv", str(locked))
    asked = len(archive.requests)
    assert [curve.meta["SECTOR"] for curve in session.load(plan)] == [14, 15]
    assert [curve.meta["SECTOR"] for curve in plan.download().load()] == [14, 15]
    assert [len(arrays["time"]) > 18000 for arrays in plan.download().iter_arrays(["time"])] == [True, True]
    rows = tess_source.search_lightcurve(16740101, sector=14, exptime=120, session=session)
    assert rows.download(download_dir=str(locked)).sector == 14
    assert not any("Download" in request.path for request in archive.requests[asked:])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("403 Forbidden", "AccessDenied"), "access is denied to your keys"),
        (Answer("403 Forbidden", "InvalidAccessKeyId"), "does not know your access key"),
        (Answer("403 Forbidden", "SignatureDoesNotMatch"), "does not belong to your access key"),
        (Answer("400 Bad Request", "ExpiredToken"), "has expired"),
    ],
)
def test_a_store_that_refuses_is_told_in_words(
    run: Program, bucket: ObjectPath, s3: S3Server, answer: Answer, said: str
) -> None:
    s3.fail(answer)
    for words in (
        ["verify", f"{bucket}/x.ecsv"],
        ["get", *ASKED, "--to", bucket / "d"],
        ["get", *ASKED, "--lock", bucket / "x.ecsv"],
    ):
        ran = run(*words)
        assert ran.code == 1
        assert said in ran.err


def test_a_bucket_that_may_only_be_read_is_told_before_anything_is_fetched(
    run: Program, bucket: ObjectPath, s3: S3Server, archive: SampleArchive
) -> None:
    s3.fail(Answer("403 Forbidden", "AccessDenied"), method="PUT")
    ran = run("get", *ASKED, "--lock", bucket / "x.ecsv")
    assert (ran.code, "access is denied" in ran.err) == (1, True)
    assert not any("Download" in request.path for request in archive.requests)


@pytest.mark.parametrize(
    "place", ["s3:/bucket", "s3://", "s3://key:se/cret@bucket", "file:///data", "https://host/x", "s3://b/../x"]
)
@pytest.mark.parametrize(
    "words",
    [["get", *ASKED, "--to"], ["get", *ASKED, "--lock"], ["verify"], ["lock", "cite"], ["catalogue", "update", "--to"]],
)
def test_a_wrong_url_is_an_error_of_the_command_line(
    run: Program, place: str, words: list[str], archive: SampleArchive
) -> None:
    before = len(archive.requests)
    ran = run(*words, place)
    assert ran.code == 2, ran.err
    assert "se/cret" not in ran.err
    assert len(archive.requests) == before


def test_without_obstore_the_command_that_installs_it_is_told(
    run: Program, bucket: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    monkeypatch.setattr("tess_source.extras.is_installed", lambda library: not library.startswith("obstore"))
    for words in (
        ["verify", f"{bucket}/x.ecsv"],
        ["get", *ASKED, "--to", bucket],
        ["catalogue", "update", "--from", bucket],
    ):
        assert "pip install 'tess-source[s3]'" in run(*words).err
    with pytest.raises(MissingExtraError):
        write_place(bucket / "x", b"")


def test_offline_no_store_is_asked(run: Program, bucket: ObjectPath, s3: S3Server) -> None:
    before = len(s3.requests)
    for words in (["verify", bucket / "x.ecsv"], ["catalogue", "update", "--from", bucket]):
        ran = run(*words, "--offline")
        assert (ran.code, "it is in an object store" in ran.err) == (1, True), ran.err
    assert len(s3.requests) == before


def test_a_cache_folder_must_be_on_this_machine(run: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["cache", "info", "--cache", "s3://bucket/x"], ["search", "16740101", "--cache", "s3:/bucket"]):
        assert run(*words).code == 2
    monkeypatch.setenv("TESS_SOURCE_CACHE", "s3://bucket/cache")
    ran = run("cache", "info")
    assert ran.code == 2
    assert "Files can go to an object store" in ran.err


def test_doctor_tells_what_is_set_and_no_key(run: Program, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    told = run("doctor", "--offline", "--format", "jsonl").out
    assert '"s3://"' in told
    assert "AWS_SECRET_ACCESS_KEY set" in told
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:not-for-anybody@127.0.0.1:1")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    told = run("doctor", "--offline", "--format", "jsonl").out
    assert "Set AWS_SECRET_ACCESS_KEY too" in told
    assert "http://127.0.0.1:1" in told
    assert "not-for-anybody" not in told


def test_help_says_that_urls_are_taken(run: Program) -> None:
    assert "DIR|URL" in run("get", "--help").out
    assert "s3://bucket/prefix" in run("get", "--help").out
