"""Disks that are full, read-only or gone, names that are too long, and what earlier runs have left: nothing is damaged by any of it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import other_process
import pytest
from serving import WHOLE, Handler, Server, content, etag, send
from test_kills import large

from tess_source.download import claim as claims
from tess_source.download.owner import Owner
from tess_source.tables.items import Entry, Item

Fetch = Callable[..., list[Entry]]


@pytest.fixture
def fetch(server: Server) -> Fetch:
    """Fetch so many toy files into a folder, in order."""

    def run(root: Path, count: int = 3, jobs: int = 1, **changes: Any) -> list[Entry]:
        server.files |= {f"/{number:03d}.fits": content(number) for number in range(count)}
        sizes = {f"{number:03d}.fits": WHOLE for number in range(count)}
        download = other_process.run_of(server.url, root, sizes, jobs)
        download.items = [replace(item, **changes) if n == 1 else item for n, item in enumerate(download.items)]
        list(download)
        return [entry for entry in download.entries if entry is not None]

    return run


def sums(root: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


def truth(*numbers: int) -> dict[str, str]:
    return {f"{number:03d}.fits": hashlib.sha256(content(number)).hexdigest() for number in numbers}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for two toy files and a half."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=80k", "tmpfs", str(place)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root on Linux only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_full_disk_is_told_and_what_is_there_stays(fetch: Fetch, small_disk: Path, jobs: int) -> None:
    entries = fetch(small_disk, count=5, jobs=jobs)
    kept = [number for number, entry in enumerate(entries) if entry.ok]
    assert 1 <= len(kept) <= 2
    assert sums(small_disk) == truth(*kept)
    assert all("the disk is full" in entry.error or "No space left" in entry.error for entry in entries if not entry.ok)


def test_nothing_is_asked_for_that_has_no_room(
    fetch: Fetch, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 100, 100))
    entry = fetch(tmp_path / "data", count=1)[0]
    assert "the disk is full: 31,680 bytes are needed, 100 are free" in entry.error
    assert len(server.requests) == 1, "a full disk is no reason to try again"
    assert sums(tmp_path) == {}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_disk_that_fails_at_the_very_end_leaves_nothing(
    fetch: Fetch, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    real, calls = os.fsync, []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(code, os.strerror(code))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    entries = fetch(tmp_path / "data")
    assert [entry.status for entry in entries] == ["fetched", "failed", "fetched"]
    assert os.strerror(code) in entries[1].error
    assert sums(tmp_path) == truth(0, 2)
    assert server.seen["/001.fits"] == 1


def test_a_read_only_folder_is_told(fetch: Fetch, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    entries = fetch(small_disk)
    assert all("Read-only file system" in entry.error for entry in entries)


def test_a_name_that_is_too_long_costs_one_file(fetch: Fetch, server: Server, tmp_path: Path) -> None:
    long = "/".join(["x" * 250] * 20) + "/001.fits"
    entries = fetch(tmp_path / "data", path=long)
    assert [entry.status for entry in entries] == ["fetched", "failed", "fetched"]
    assert "name too long" in entries[1].error
    assert server.seen["/001.fits"] == 0


def test_the_longest_name_that_a_disk_takes_is_no_problem(fetch: Fetch, tmp_path: Path) -> None:
    name = "ä" * 125 + ".fits"
    assert len(name.encode()) == 255
    assert all(entry.ok for entry in fetch(tmp_path / "data", path=name))


def test_a_folder_in_the_place_of_a_file_is_not_touched(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "001.fits").mkdir()
    (tmp_path / "001.fits" / "mine").write_text("keep")
    entries = fetch(tmp_path)
    assert [entry.status for entry in entries] == ["fetched", "failed", "fetched"]
    assert (tmp_path / "001.fits" / "mine").read_text() == "keep"


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_folder_that_vanishes_is_not_made_again_elsewhere(
    fetch: Fetch, server: Server, tmp_path: Path, comes_back: bool
) -> None:
    """As when a disk is taken out: what comes in its place is another one."""
    root = tmp_path / "data"

    def vanish(handler: Handler, body: bytes) -> None:
        root.rename(tmp_path / "taken out")
        if comes_back:
            root.mkdir()
        send(handler, body)

    server.acts["/001.fits"] = [vanish]
    entries = fetch(root)
    assert [entry.status for entry in entries] == ["fetched", "failed", "failed"]
    assert sums(tmp_path / "taken out").items() >= truth(0).items()
    assert "No such file" in entries[1].error or "removed" in entries[1].error
    assert "the folder was removed or replaced meanwhile" in entries[2].error
    assert not root.exists() or not list(root.iterdir())


# -- what earlier runs have left -------------------------------------------------------------------------------------------------

LARGE = large(1)
NAME = "large.fits"
GONE = replace(Owner.me(), started="1")


def left_behind(root: Path, server: Server, owner: Owner, junk: bytes = b"", tag: str = "", **source: str) -> Path:
    """Put there what a killed run leaves of a large file: part and claim."""
    root.mkdir(exist_ok=True)
    server.files[f"/{NAME}"] = LARGE
    part = root / f"{NAME}.0123456789ab.part"
    part.write_bytes(LARGE[:1_000_000] + junk)
    said = {"url": f"{server.url}/{NAME}", "etag": tag or etag(LARGE), "modified": ""} | source
    lines = [{"owner": asdict(owner), "part": "0123456789ab"}, {"source": said, "expected": len(LARGE)}]
    (root / f"{NAME}.claim.part").write_text("\n".join(map(json.dumps, lines)))
    return part


def fetched(server: Server, root: Path, stale: float = 60.0) -> Entry:
    run = other_process.run_of(server.url, root, {NAME: len(LARGE)}, jobs=1)
    run.settings = replace(run.settings, patience=replace(run.settings.patience, stale=stale))
    [entry] = run
    assert entry.sha256 == hashlib.sha256((root / NAME).read_bytes()).hexdigest()
    return entry


def test_what_a_process_that_is_gone_has_left_is_continued(server: Server, tmp_path: Path) -> None:
    left_behind(tmp_path, server, GONE)
    assert fetched(server, tmp_path).ok
    [(_, headers)] = server.requests
    assert headers["Range"] == "bytes=1000000-"
    assert headers["If-Range"] == etag(LARGE)
    assert sums(tmp_path) == {NAME: hashlib.sha256(LARGE).hexdigest()}


def test_a_part_that_is_complete_is_not_believed_without_asking(server: Server, tmp_path: Path) -> None:
    part = left_behind(tmp_path, server, GONE)
    part.write_bytes(LARGE)
    assert fetched(server, tmp_path).ok
    assert server.requests[0][1]["Range"] == f"bytes={len(LARGE) - 1}-"


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(replace(GONE, boot="before the power failed"), id="another start of this machine"),
        pytest.param(replace(GONE, host="elsewhere"), id="another machine"),
        pytest.param(replace(GONE, space="pid:[1]"), id="another container"),
        pytest.param(Owner.me(), id="a process that lives"),
    ],
)
def test_what_may_still_be_written_to_is_not_continued(server: Server, tmp_path: Path, owner: Owner) -> None:
    left_behind(tmp_path, server, owner)
    assert fetched(server, tmp_path, stale=0.3).ok
    assert ["Range" in headers for _, headers in server.requests] == [False]


def test_a_note_that_was_cut_does_not_count(server: Server, tmp_path: Path) -> None:
    left_behind(tmp_path, server, GONE)
    with (tmp_path / f"{NAME}.claim.part").open("a") as claim:
        claim.write('\n{"source": {"url": "http://127')
    assert fetched(server, tmp_path).ok
    assert server.requests[0][1]["Range"] == "bytes=1000000-"


def test_a_part_of_another_version_starts_anew(server: Server, tmp_path: Path) -> None:
    left_behind(tmp_path, server, GONE, tag='"an older version"')
    assert fetched(server, tmp_path).ok
    assert [headers.get("If-Range") for _, headers in server.requests] == ['"an older version"']
    assert sums(tmp_path) == {NAME: hashlib.sha256(LARGE).hexdigest()}


def test_junk_is_found_out_and_starts_anew(server: Server, tmp_path: Path) -> None:
    left_behind(tmp_path, server, GONE).write_bytes(b"<html>" * 200_000)
    assert fetched(server, tmp_path).ok
    assert "Range" not in server.requests[-1][1]


@pytest.mark.parametrize("claim", [b"", b"{", b"[]", b'{"owner": {}, "part": "../../x"}'])
def test_a_claim_that_says_nothing_is_nobodys_after_a_moment(
    server: Server, tmp_path: Path, claim: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "UNREADABLE", 0.1)
    server.files[f"/{NAME}"] = LARGE
    file = tmp_path / f"{NAME}.claim.part"
    file.write_bytes(claim)
    os.utime(file, (time.time() - 3,) * 2)
    assert fetched(server, tmp_path).ok
    assert sums(tmp_path) == {NAME: hashlib.sha256(LARGE).hexdigest()}


def test_orphans_of_files_that_nobody_wants_any_more_are_removed_after_a_day(fetch: Fetch, tmp_path: Path) -> None:
    old, young, theirs = (
        tmp_path / name for name in ("a.fits.0123456789ab.part", "b.fits.0123456789ab.part", "c.part")
    )
    for path in (old, young, theirs):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    os.utime(theirs, (time.time() - 90_000,) * 2)
    fetch(tmp_path)
    assert (old.exists(), young.exists(), theirs.exists()) == (False, True, True)


def test_items_are_told_apart_from_what_lies_in_their_place(server: Server, tmp_path: Path) -> None:
    """A file of the right size that is not whole is not taken for one that is here."""
    server.files["/000.fits"] = content(0)
    (tmp_path / "000.fits").write_bytes(content(0)[:20_000].ljust(WHOLE, b"\0"))
    [entry] = other_process.run_of(server.url, tmp_path, {"000.fits": WHOLE})
    assert entry.status == "fetched"
    [entry] = other_process.run_of(server.url, tmp_path, {"000.fits": WHOLE})
    assert entry.status == "here"
    assert isinstance(entry.item, Item)
