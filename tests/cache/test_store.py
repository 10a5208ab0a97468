"""The cache folder: where it is, whose files are used, what is verified when, and what `tess-source cache` may touch."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peers import astroquery_at
from program_run import Program, Ran

from tess_source import Plan, Session
from tess_source import settings as config
from tess_source.cache.store import Store, Stored
from tess_source.cache.verified import MOST_PARTS, Index, Known
from tess_source.download.fetch import Fetcher
from tess_source.errors import QueryError, UnknownNameError
from tess_source.files.folder import Folder
from tess_source.tables.interrupted import Interrupted
from tess_source_sample.faults import Fault
from tess_source_sample.server import SampleArchive

KELT9 = "TIC 16740101"
LC14 = "tess2019198215352-s0014-0000000016740101-0150-s_lc.fits"
DAY = 86400.0


@pytest.fixture
def session(archive: SampleArchive, tmp_path: Path) -> Session:
    import tess_source_filters
    import tess_source_mast

    session = Session(archive.url, discover=False, cache=tmp_path / "cache", plugins=[tess_source_filters])
    session.registry.register(tess_source_mast, "mast", version="1")
    return session


@pytest.fixture
def plan(session: Session) -> Plan:
    """Two light curves, planned for the store."""
    return session.search(KELT9, kind="lc", sector=[14, 15]).plan()


def downloads(archive: SampleArchive) -> list[str]:
    return [request.path for request in archive.requests if "Download" in request.path]


def path_of(plan: Plan, index: int = 0) -> Path:
    return plan.root / str(plan.items["path"][index])


def damage(path: Path) -> None:
    """Zero a piece in the middle; size and time stay as they were."""
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(before.st_size // 2)
        file.write(bytes(4096))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


# -- where it is --


def test_the_folder_is_an_argument_a_variable_a_line_in_a_file_or_the_systems_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "system"))
    if sys.platform == "linux":
        assert config.cache_folder() == tmp_path / "system" / "tess-source"
    (tmp_path / "config.toml").write_text("cache = 'beside'")
    assert config.cache_folder() == tmp_path / "beside"
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "config.toml").write_text("cache = '~/at home'")
    assert config.cache_folder() == tmp_path / "at home"
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / "chosen"))
    assert config.cache_folder() == tmp_path / "chosen"
    assert config.cache_folder(tmp_path / "given") == tmp_path / "given"
    assert not list(tmp_path.glob("*e*n*"))  # nothing was made by asking


def test_the_folder_is_looked_up_when_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(discover=False)
    for name in ("one", "two"):
        monkeypatch.setenv("TESS_SOURCE_CACHE", str(tmp_path / name))
        assert session.store.root == tmp_path / name


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("cache = ", QueryError, "cannot be read"),
        ("cache = 3", QueryError, "cache = 3 in the config file .* give a text"),
        ("jobs = '8'", QueryError, "jobs = '8' in the config file .* give a whole number"),
        ("jobs = true", QueryError, "give a whole number"),
        ("plugins = 'mine.py'", QueryError, "give a list of texts"),
        ("cahce = 'x'", UnknownNameError, "did you mean 'cache'"),
        ("cache = " + "[" * 100_000, QueryError, "cannot be read"),
        ("max_age = " + "9" * 5000, QueryError, "cannot be read"),
    ],
)
def test_a_config_file_that_cannot_be_understood_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, error: type[Exception], message: str
) -> None:
    monkeypatch.setenv("TESS_SOURCE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text(content)
    with pytest.raises(error, match=message):
        Session()
        config.cache_folder()


def test_each_server_has_a_folder_of_its_own(tmp_path: Path) -> None:
    def root(server: str | None) -> Path:
        return Session(server, discover=False, cache=tmp_path).store.root

    servers = [None, "http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1/1", "https://me:secret@127.0.0.1:1"]
    roots = list(map(root, servers))
    assert roots[0] == tmp_path
    assert len(set(roots)) == len(roots)
    assert all(path.is_relative_to(tmp_path) for path in roots)
    assert not any("secret" in str(path) for path in roots)
    assert root("http://127.0.0.1:1/") == roots[1]


def test_without_a_root_files_go_to_the_cache_folder_and_nothing_to_where_one_is(
    session: Session, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    assert plan.root == session.store.root
    assert not plan.root.joinpath("mastDownload").exists()
    manifest = plan.download()
    assert all(entry.path and entry.path.is_relative_to(tmp_path / "cache") for entry in manifest)
    assert not list((tmp_path / "cwd").iterdir())
    assert session.plan(session.search(KELT9, kind="lc")).root == plan.root


# -- what is here --


@pytest.mark.parametrize("folder", [None, "a folder of mine"])
def test_what_was_verified_is_not_read_again(
    plan: Plan, archive: SampleArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str | None
) -> None:
    plan = plan.to(tmp_path / folder) if folder else plan
    first = plan.download()
    assert {entry.status for entry in first} == {"fetched"}
    archive.clear()
    monkeypatch.setattr("tess_source.files.verify.Verifier", None)  # calling it would fail
    monkeypatch.setattr("tess_source.tables.entries._sha256_of_entry", None)
    again = plan.download()
    assert {entry.status for entry in again} == {"here"}
    assert [entry.sha256 for entry in again] == [entry.sha256 for entry in first]
    assert again.lock().items["sha256"].to_list() == [entry.sha256 for entry in first]
    assert not archive.requests


def test_files_that_astroquery_left_are_found_verified_and_used(
    session: Session, plan: Plan, archive: SampleArchive, caplog: pytest.LogCaptureFixture
) -> None:
    with astroquery_at(archive.url) as observations:
        products = session.search(KELT9, kind="lc", sector=[14, 15]).to_table()
        observations.download_products(products, download_dir=str(plan.root), verbose=False)
    archive.clear()
    with caplog.at_level(logging.INFO):
        manifest = plan.download()
    assert [entry.status for entry in manifest] == ["here", "here"]
    assert "reading 2 files not verified yet" in caplog.text
    assert all(entry.sha256 for entry in manifest)
    assert not archive.requests
    caplog.clear()
    plan.download()
    assert "reading" not in caplog.text


def test_entries_that_come_one_by_one_are_remembered_too(session: Session, plan: Plan, archive: SampleArchive) -> None:
    assert {entry.status for entry in plan.iter_download()} == {"fetched"}
    assert len(session.store.index.entries) == 2
    shutil.rmtree(plan.root / ".tess-source" / "verified")
    assert {entry.status for entry in plan.iter_download()} == {"here"}
    assert len(session.store.index.entries) == 2, "what others left is read once"


def test_a_damaged_file_of_the_right_size_that_others_left_is_fetched_again(
    plan: Plan, archive: SampleArchive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    truth = [entry.sha256 for entry in plan.download()]
    damage(path_of(plan))
    path_of(plan).touch()  # as if somebody else had written it
    manifest = plan.download()
    assert [entry.status for entry in manifest] == ["fetched", "here"]
    assert [entry.sha256 for entry in manifest] == truth
    assert "is fetched again" in caplog.text


def test_a_whole_file_that_is_not_the_plans_stays_if_no_other_comes(plan: Plan, archive: SampleArchive) -> None:
    import polars as pl

    truth = plan.download()[0].sha256
    wanted = plan.items.with_columns(sha256=pl.lit("0" * 64))
    other = Plan(wanted, plan.root, plan.record, plan.session)
    archive.faults.add(Fault("status", match="Download", times=None, status=404))
    assert {entry.status for entry in other.download()} == {"failed"}
    assert plan.download()[0].sha256 == truth


def test_a_file_of_unknown_size_is_used_if_its_structure_says_that_it_is_whole(
    plan: Plan, archive: SampleArchive
) -> None:
    import polars as pl

    plan.download()
    unknown = Plan(plan.items.with_columns(size=pl.lit(None, pl.Int64)), plan.root, plan.record, plan.session)
    archive.clear()
    assert {entry.status for entry in unknown.download()} == {"here"}
    assert not downloads(archive)


def test_links_in_the_store_are_not_followed_out_of_it(plan: Plan, tmp_path: Path) -> None:
    plan.download()
    outside = tmp_path / "outside.fits"
    path_of(plan).replace(outside)
    path_of(plan).symlink_to(outside)
    content = outside.read_bytes()
    assert plan.download()[0].status == "failed"
    assert outside.read_bytes() == content


def test_what_changed_in_a_folder_of_the_users_is_read_and_fetched_again(plan: Plan, tmp_path: Path) -> None:
    mine = plan.to(tmp_path / "mine")
    mine.download()
    damaged = path_of(mine)
    damage(damaged)
    os.utime(damaged)
    assert [entry.status for entry in mine.download()] == ["fetched", "here"]


def test_a_folder_of_the_users_gets_nothing_but_the_files(session: Session, plan: Plan, tmp_path: Path) -> None:
    """What was verified there is remembered in the cache folder."""
    manifest = plan.to(tmp_path / "mine").download()
    assert {entry.status for entry in manifest} == {"fetched"}
    assert len(session.store.index_of(tmp_path / "mine").entries) == 2
    assert {path.suffix for path in (tmp_path / "mine").rglob("*") if path.is_file()} == {".fits"}
    assert not session.store.files()


def test_an_interrupt_keeps_the_entries_of_what_was_here(
    session: Session, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan.download()
    path_of(plan).unlink()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Fetcher, "entry", stopped)
    with pytest.raises(Interrupted) as caught:
        plan.download()
    assert [entry.status for entry in caught.value.manifest] == ["failed", "here"]
    assert len(caught.value.manifest.failed) == 1


# -- the index --


def known(path: str, **changes: Any) -> Known:
    given = {"size": 1, "mtime_ns": 2, "sha256": "a" * 64, "uri": "u", "verified": time.time(), **changes}
    return Known(path, **given)


def test_the_index_is_put_together_from_what_every_run_added(tmp_path: Path) -> None:
    for name in "abc":
        Index(tmp_path).add([known(name)])
    assert set(Index(tmp_path).entries) == {"a", "b", "c"}
    Index(tmp_path).add([known("a", sha256="b" * 64)])
    assert Index(tmp_path).entries["a"].sha256 == "b" * 64


def test_many_parts_of_the_index_become_one_without_loss(tmp_path: Path) -> None:
    names = [f"file{number}" for number in range(MOST_PARTS + 5)]
    for name in names:
        (tmp_path / name).touch()
        Index(tmp_path).add([known(name)])
    assert set(Index(tmp_path).entries) == set(names)
    assert len(Index(tmp_path).parts()) < 10


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", "null", "{}", '{"path": 1}', '{"path": "a", "sha256": "short"}', "\x00" * 100, "[" * 100_000],
)
def test_what_cannot_be_read_in_the_index_is_passed_over(tmp_path: Path, line: str) -> None:
    Index(tmp_path).add([known("a")])
    (tmp_path / ".tess-source" / "verified" / "foreign.jsonl").write_text(f"{line}\n", encoding="utf-8")
    (tmp_path / ".tess-source" / "verified" / "folder.jsonl").mkdir()
    assert set(Index(tmp_path).entries) == {"a"}


def test_what_a_wrong_clock_verified_in_the_future_counts_as_lost(tmp_path: Path) -> None:
    Index(tmp_path).add(
        [known("a", verified=time.time() + DAY, sha256="b" * 64), known("b", verified=time.time() + 30)]
    )
    assert set(Index(tmp_path).entries) == {"b"}
    Index(tmp_path).add([known("a")])
    assert Index(tmp_path).entries["a"].sha256 == "a" * 64


@pytest.mark.parametrize("change", [{"size": 3}, {"mtime_ns": 3}])
def test_a_file_of_another_size_or_time_is_not_known(tmp_path: Path, change: dict[str, int]) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x")
    found = Folder(tmp_path).exists("a")
    assert found is not None
    entry = known("a", size=found.size, mtime_ns=found.mtime_ns)
    Index(tmp_path).add([entry])
    assert Index(tmp_path).get("a", found) == entry
    Index(tmp_path).add([known("a", **{"size": 1, "mtime_ns": found.mtime_ns, **change})])
    assert Index(tmp_path).get("a", found) is None


ADDER = """
import sys, time
from pathlib import Path
from tess_source.cache.verified import Index, Known
for number in range(60):
    Index(Path(sys.argv[1])).add([Known(f"{sys.argv[2]}{number}", 1, 2, "a" * 64, "", time.time())])
"""


def test_processes_may_add_to_the_index_at_once(tmp_path: Path) -> None:
    for name in "xy":
        for number in range(60):
            (tmp_path / f"{name}{number}").touch()
    adders = [subprocess.Popen([sys.executable, "-c", ADDER, str(tmp_path), name]) for name in "xy"]
    assert [adder.wait(timeout=120) for adder in adders] == [0, 0]
    assert len(Index(tmp_path).entries) == 120


def test_a_lost_index_only_costs_verification(session: Session, plan: Plan, archive: SampleArchive) -> None:
    plan.download()
    shutil.rmtree(plan.root / ".tess-source")
    archive.clear()
    assert {entry.status for entry in plan.download()} == {"here"}
    assert not downloads(archive)
    assert len(session.store.index.entries) == 2


# -- tess-source cache --

Run = Callable[..., Ran]


@pytest.fixture
def run(session: Session, plan: Plan, program: Program, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`tess-source cache …`, with two light curves in the store."""
    plan.download()
    monkeypatch.setenv("TESS_SOURCE_CACHE", str(session.settings.cache))
    return lambda *words: program("cache", *words)


def rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_ls_tells_what_is_there_by_name_and_when_it_was_verified(run: Run) -> None:
    code, out, err = run("ls", "--format", "jsonl")
    assert code == 0
    assert [(row["tic"], row["kind"], row["first_sector"]) for row in rows(out)] == [
        (16740101, "lc", 14),
        (16740101, "lc", 15),
    ]
    assert all(row["verified"] and row["sha256"] for row in rows(out))
    assert err.startswith("2 files, 3.9 MB in ")
    assert len(rows(run("ls", "--sector", "14", "--kind", "lc", "--tic", "16740101", "--format", "jsonl")[1])) == 1
    assert run("ls", "--sector", "1")[0] == 3


def test_ls_shows_files_of_others_but_neither_links_nor_unfinished_ones(run: Run, plan: Plan, tmp_path: Path) -> None:
    shared = plan.root / "mastDownload"
    (shared / "Kepler").mkdir()
    (shared / "Kepler" / "kplr.fits").write_bytes(b"x")
    (shared / "link.fits").symlink_to(tmp_path)
    (shared / "x.fits.123.part").write_bytes(b"x")
    found = {row["path"]: row["verified"] for row in rows(run("ls", "--format", "jsonl")[1])}
    assert len(found) == 3
    assert found["mastDownload/Kepler/kplr.fits"] is None


def test_info_tells_where_and_how_much(run: Run, plan: Plan) -> None:
    code, out, _ = run("info", "--format", "json")
    facts = {row["what"]: row["value"] for row in json.loads(out)}
    assert code == 0
    assert facts["folder"] == str(plan.root)
    assert facts["files"] == "2, 3.9 MB"
    assert facts["verified"] == "2 of 2"
    assert facts["answers"].startswith("1, ")
    assert facts["answers are used for"] == "24 hours"


def test_info_takes_any_time_that_a_file_may_have(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Store, "remembered", lambda _: [Stored("answers/a.zip", 1, 1e15), Stored("answers/b.zip", 1, 0.0)]
    )
    code, out, _ = run("info", "--format", "json")
    assert code == 0
    assert "from 1970-01-01 to an unknown day" in out


def test_verify_reads_every_file_and_names_the_damaged(run: Run, plan: Plan) -> None:
    assert run("verify")[0] == 0
    damage(path_of(plan))
    code, out, err = run("verify", "--format", "jsonl")
    assert code == 1
    assert [(row["state"], row["path"]) for row in rows(out)] == [
        ("damaged", plan.items["path"][0]),
        ("whole", plan.items["path"][1]),
    ]
    assert "1 whole, 1 damaged" in err
    assert plan.download()[0].status == "fetched", "what was found damaged is not believed any more"
    assert run("verify")[0] == 0


def test_verify_knows_bytes_that_changed_though_time_and_structure_did_not(run: Run, plan: Plan) -> None:
    path = path_of(plan)
    before = path.stat()
    content = bytearray(path.read_bytes())
    at = content.index(b"CHECKSUM")  # without the word, nothing in the header tells
    content[at : at + 8] = b"CHECKSUN"
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    code, out, _ = run("verify")
    assert code == 1
    assert "its bytes changed since it was verified" in out


def test_verify_remembers_what_others_left(run: Run, plan: Plan, session: Session) -> None:
    shutil.rmtree(plan.root / ".tess-source" / "verified")
    assert run("verify")[0] == 0
    assert all(file.known for file in session.store.files())


def test_prune_needs_a_criterion_and_can_show_first(run: Run, plan: Plan) -> None:
    code, _, err = run("prune")
    assert code == 2
    assert "--older-than" in err
    code, _, err = run("prune", "--older-than", "90", "--dry-run")
    assert code == 2
    assert "with its unit" in err
    old = time.time() - 40 * DAY
    os.utime(path_of(plan), (old, old))
    code, out, _ = run("prune", "--older-than", "30d", "--dry-run", "--format", "jsonl")
    assert [row["path"] for row in rows(out)] == [plan.items["path"][0]]
    assert path_of(plan).exists()
    assert run("prune", "--older-than", "30d")[0] == 0
    assert not path_of(plan).parent.exists(), "a folder that became empty goes too"
    assert path_of(plan, 1).exists()


def test_prune_by_total_removes_the_oldest_first(run: Run, plan: Plan) -> None:
    old = time.time() - DAY
    os.utime(path_of(plan, 1), (old, old))
    assert run("prune", "--larger-than-total", "2.5MB")[0] == 0
    assert (path_of(plan).exists(), path_of(plan, 1).exists()) == (True, False)
    assert run("prune", "--larger-than-total", "much")[0] == 2
    assert run("prune", "--older-than", "long ago")[0] == 2


def test_prune_takes_old_leftovers_but_no_download_that_may_be_under_way(run: Run, plan: Plan) -> None:
    folder = plan.root / "mastDownload"
    old = time.time() - 2 * DAY
    for name in ("old.fits.abc.part", "new.fits.abc.part", "old.fits.claim.part"):
        (folder / name).write_bytes(b"x")
        if name.startswith("old"):
            os.utime(folder / name, (old, old))
    assert run("prune", "--leftovers")[0] == 0
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["new.fits.abc.part"]
    assert path_of(plan).exists()


def test_prune_and_rm_leave_files_of_other_missions_alone(run: Run, plan: Plan) -> None:
    other = plan.root / "mastDownload" / "Kepler" / "kplr.fits"
    other.parent.mkdir()
    other.write_bytes(b"x")
    os.utime(other, (1, 1))
    assert run("prune", "--older-than", "1d", "--larger-than-total", "0")[0] == 0
    assert run("rm", "--all")[0] in {0, 3}
    assert other.exists()
    assert not path_of(plan).exists()
    assert run("rm", "mastDownload/Kepler")[0] == 0
    assert not other.exists()


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("TIC 16740101",), 0),
        (("16740101", "--sector", "14"), 1),
        (("--kind", "lc"), 0),
        (("--kind", "tp"), 2),
        (("--all",), 0),
        (("--answers",), 2),
        (("--all", "--dry-run"), 2),
    ],
)
def test_rm_removes_what_meets_all_that_is_given(run: Run, session: Session, words: tuple[str, ...], left: int) -> None:
    code, _, _ = run("rm", *words)
    assert len(session.store.files()) == left
    assert code == (3 if words == ("--kind", "tp") else 0)
    gone = words in {("--all",), ("--answers",)}
    assert bool(session.store.remembered()) is not gone


def test_rm_takes_paths_of_files_and_folders(run: Run, plan: Plan) -> None:
    assert run("rm", plan.items["path"][0])[0] == 0
    assert (path_of(plan).exists(), path_of(plan, 1).exists()) == (False, True)
    assert run("rm", str(path_of(plan, 1).parent))[0] == 0
    assert not path_of(plan, 1).exists()


@pytest.mark.parametrize(
    "word", ["/etc/hostname", "../outside", "mastDownload/../../x", ".", "nonsense", "307.86 39.94"]
)
def test_rm_refuses_what_is_not_in_the_folder(run: Run, plan: Plan, word: str) -> None:
    assert run("rm", word)[0] == 2
    assert path_of(plan).exists()


def test_rm_needs_to_be_told_what(run: Run) -> None:
    assert run("rm")[0] == 2


def test_nothing_is_removed_through_links(run: Run, plan: Plan, tmp_path: Path, session: Session) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / LC14).write_bytes(b"x")
    (plan.root / "mastDownload" / "TESS" / "link").symlink_to(outside)
    Index(plan.root).add([known(f"mastDownload/TESS/link/{LC14}"), known(f"../../../outside/{LC14}")])
    assert run("rm", "--all")[0] == 0
    assert run("rm", f"mastDownload/TESS/link/{LC14}")[0] == 3
    ((_, problem),) = Store(plan.root).remove([f"mastDownload/TESS/link/{LC14}"])
    assert "link" in problem
    assert (outside / LC14).exists()


def test_a_lock_of_files_in_the_cache_folder_is_verified_there(
    run: Run, program: Program, plan: Plan, tmp_path: Path
) -> None:
    lock = str(Plan(plan.items[:1], plan.root, plan.record, plan.session).download().lock().save(tmp_path / "one.ecsv"))
    printed = ""
    for words, code in ((["verify", lock], 0), (["get", "--from-lock", lock], 0)):
        said = program(*words)
        assert said.code == code
        printed += said.out + said.err
    assert "1 complete" in printed
    assert "extra" not in printed, "other files of the cache folder are nothing to tell"
    assert "1 here before" in printed


def test_the_program_without_a_folder_downloads_to_the_cache_folder(
    run: Run, program: Program, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert program("get", KELT9, "--kind", "lc", "--sector", "41").code == 0
    assert len(session.store.files()) == 3
    assert not (tmp_path / "mastDownload").exists()


@pytest.mark.parametrize("words", [("ls",), ("verify",), ("rm",)])
def test_a_word_that_is_no_kind_of_file_is_an_error_that_names_the_kinds(run: Run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words, "--kind", "lightcurve")
    assert (code, out) == (2, "")
    assert "unknown kind 'lightcurve'; did you mean 'lc'?" in err
    assert "unknown kind 'nonsense'; known are: " in run(*words, "--kind", "nonsense")[2]
    assert len(rows(run("ls", "--kind", "tp,LC", "--format", "jsonl")[1])) == 2


def test_quiet_leaves_out_the_sum(run: Run) -> None:
    assert run("ls", "-q")[2] == ""
