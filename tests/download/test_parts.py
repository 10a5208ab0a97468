"""A part that somebody else changes, replaces or links never becomes the file; what runs have left is read again before it counts."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import other_process
import pytest
from serving import WHOLE, Handler, Server, content, etag, send
from tampering import (
    TAMPERS,
    Tamper,
    append,
    cut,
    fill_with_another,
    flip,
    flip_and_set_back_the_time,
    link,
    of_each,
    replace_by_a_link,
    replace_by_a_pipe,
    replace_by_another,
    replace_by_its_copy,
)
from test_disk_faults import GONE, LARGE, NAME, fetched, left_behind

from tess_source.download import transfer
from tess_source.download.destination import LocalFolder
from tess_source.download.part import Part
from tess_source.tables.items import Entry

OTHER = bytes(WHOLE)
FEW = (flip_and_set_back_the_time, append, replace_by_another, link, replace_by_a_link, replace_by_a_pipe)


pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="links, pipes and the renaming of open files are those of POSIX"
)
TICK = 0.011
"""Seconds after which the times of files certainly differ."""


def parts(root: Path) -> list[Path]:
    return [path for path in root.glob("*.part") if "claim" not in path.name]


def fetch(server: Server, root: Path, data: bytes) -> Entry:
    server.files["/a.fits"] = data
    [entry] = other_process.run_of(server.url, root, {"a.fits": len(data)}, jobs=1)
    return entry


def nothing_wrong(root: Path, entry: Entry, data: bytes) -> bool:
    """Whether the file is whole if it counts, and else has a reason and is not there."""
    file = root / "a.fits"
    if entry.ok:
        return file.read_bytes() == data and not file.is_symlink() and file.stat().st_nlink == 1
    return bool(entry.error) and not os.path.lexists(file)


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tamper], None]:
    """Do something to a part once it is whole, before it is renamed."""

    def put(tamper: Tamper) -> None:
        commit = LocalFolder.commit

        def tampered(folder: LocalFolder, part: Part) -> Path:
            time.sleep(TICK)
            tamper(part.file)
            return commit(folder, part)

        monkeypatch.setattr(LocalFolder, "commit", tampered)

    return put


@of_each(TAMPERS)
def test_a_part_that_is_tampered_with_during_the_transfer_fails(
    server: Server, tmp_path: Path, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "LINGER", 0.0)

    def halves(handler: Handler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.wfile.flush()
        while not (there := parts(tmp_path)) or there[0].stat().st_size < len(body) // 2:
            time.sleep(0.001)
        time.sleep(TICK)
        tamper(there[0])
        time.sleep(TICK)
        handler.wfile.write(body[len(body) // 2 :])

    server.acts["/a.fits"] = [halves]
    entry = fetch(server, tmp_path, LARGE)
    assert entry.status == "failed"
    assert "part" in entry.error
    assert nothing_wrong(tmp_path, entry, LARGE)


@of_each(TAMPERS)
def test_a_part_that_is_tampered_with_before_it_is_renamed_fails(
    server: Server, tmp_path: Path, tamper: Tamper, between: Callable[[Tamper], None]
) -> None:
    between(tamper)
    entry = fetch(server, tmp_path, content(1))
    assert entry.status == "failed"
    assert "part" in entry.error
    assert nothing_wrong(tmp_path, entry, content(1))


@of_each(FEW)
def test_a_part_that_is_tampered_with_between_two_tries_starts_anew(
    server: Server, tmp_path: Path, tamper: Tamper
) -> None:
    def breaks(handler: Handler, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("ETag", etag(body))
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2])
        handler.close_connection = True

    def tampers(handler: Handler, body: bytes) -> None:
        time.sleep(TICK)
        tamper(parts(tmp_path)[0])
        send(handler, body)

    server.acts["/a.fits"] = [breaks, tampers, send]
    entry = fetch(server, tmp_path, LARGE)
    assert entry.ok
    assert nothing_wrong(tmp_path, entry, LARGE)


@of_each(FEW)
def test_what_a_run_has_left_is_read_again_and_nothing_else_is_taken_for_it(
    server: Server, tmp_path: Path, tamper: Tamper
) -> None:
    tamper(left_behind(tmp_path, server, GONE))
    assert fetched(server, tmp_path).ok
    if tamper not in {flip_and_set_back_the_time, append}:  # nothing tells these from what the ended run had written
        assert (tmp_path / NAME).read_bytes() == LARGE
    assert (tmp_path / NAME).stat().st_nlink == 1
    assert not (tmp_path / NAME).is_symlink()


def test_a_part_of_which_only_the_time_is_another_is_read_again_and_kept(
    server: Server, tmp_path: Path, between: Callable[[Tamper], None]
) -> None:
    """As on network disks that set times when a file is closed."""
    between(lambda part: os.utime(part, (1, 1)))
    entry = fetch(server, tmp_path, content(1))
    assert entry.ok
    assert entry.mtime_ns == 10**9


@pytest.fixture
def while_renamed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tamper], None]:
    """Do something to a part when it has been checked, just before it is renamed."""

    def put(tamper: Tamper) -> None:
        check = Part.check

        def tampered(part: Part) -> None:
            check(part)
            time.sleep(TICK)
            tamper(part.file)

        monkeypatch.setattr(Part, "check", tampered)

    return put


@of_each([flip, append, cut, fill_with_another, replace_by_another, link, replace_by_a_link, replace_by_a_pipe])
def test_a_part_that_is_tampered_with_while_it_is_renamed_fails_and_is_removed(
    server: Server, tmp_path: Path, tamper: Tamper, while_renamed: Callable[[Tamper], None]
) -> None:
    while_renamed(tamper)
    entry = fetch(server, tmp_path, content(1))
    assert entry.status == "failed"
    assert "its part while it was renamed" in entry.error
    assert not os.path.lexists(tmp_path / "a.fits")


def test_a_file_that_another_process_put_in_the_place_meanwhile_is_kept_if_it_is_the_same(
    server: Server, tmp_path: Path, while_renamed: Callable[[Tamper], None]
) -> None:
    while_renamed(replace_by_its_copy)
    assert fetch(server, tmp_path, content(1)).ok
    assert (tmp_path / "a.fits").read_bytes() == content(1)


@pytest.mark.parametrize("above", [0, 1])
def test_a_folder_that_is_moved_away_and_replaced_by_a_link_to_it_gets_no_file(
    server: Server, tmp_path: Path, between: Callable[[Tamper], None], above: int
) -> None:
    """It is the same folder, but it lies outside now."""

    def move(part: Path) -> None:
        moved = part.parents[above]
        moved.rename(tmp_path / "outside")
        moved.symlink_to(tmp_path / "outside")

    between(move)
    server.files = {"/one/two/a.fits": content(1)}
    [entry] = other_process.run_of(server.url, tmp_path / "data", {"one/two/a.fits": WHOLE})
    assert entry.status == "failed"
    assert "the folder was removed or replaced meanwhile" in entry.error
    assert not list(tmp_path.rglob("a.fits"))


@of_each(FEW)
def test_a_copy_from_the_cache_folder_that_is_tampered_with_is_fetched(
    tmp_path: Path, tamper: Tamper, between: Callable[[Tamper], None]
) -> None:
    from tess_source.download.existing import _copied_entry
    from tess_source.tables.items import HERE, Item

    stored = tmp_path / "stored.fits"
    stored.write_bytes(content(1))
    item = Item("toy:a.fits", "a.fits", WHOLE)
    known = Entry(item, HERE, stored, bytes=WHOLE, sha256=hashlib.sha256(content(1)).hexdigest())
    between(tamper)
    assert _copied_entry(known, item, LocalFolder(tmp_path / "data")) is None
    assert not os.path.lexists(tmp_path / "data" / "a.fits")


def test_a_pipe_in_the_place_of_a_stored_file_is_not_waited_for(tmp_path: Path) -> None:
    from tess_source.download.existing import _copied_entry
    from tess_source.tables.items import HERE, Item

    os.mkfifo(tmp_path / "stored.fits")
    item = Item("toy:a.fits", "a.fits", WHOLE)
    known = Entry(item, HERE, tmp_path / "stored.fits", bytes=WHOLE, sha256="0" * 64)
    assert _copied_entry(known, item, LocalFolder(tmp_path / "data")) is None


def pipe(path: Path) -> None:
    os.mkfifo(path)


PLACES: dict[str, Callable[[Path], object]] = {
    "a pipe": pipe,
    "a folder": Path.mkdir,
    "a link in a circle": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to(path.with_name("nothing")),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], object]]:
    yield PLACES[request.param]


def test_what_stands_in_the_place_of_a_file_costs_this_file_alone_and_stays(
    server: Server, tmp_path: Path, place: Callable[[Path], object]
) -> None:
    place(tmp_path / "a.fits")
    before = os.lstat(tmp_path / "a.fits")
    server.files |= {"/b.fits": content(2)}
    first = fetch(server, tmp_path, content(1))
    [second] = other_process.run_of(server.url, tmp_path, {"b.fits": WHOLE})
    assert second.ok
    if first.ok:  # a link within the folder is replaced, never written through
        assert (tmp_path / "a.fits").read_bytes() == content(1)
        assert not (tmp_path / "a.fits").is_symlink()
    else:
        assert os.lstat(tmp_path / "a.fits").st_ino == before.st_ino
    assert not list(tmp_path.glob("*.part"))


def test_a_pipe_and_a_folder_in_the_place_of_a_file_are_told_before_anything_is_asked_for(
    server: Server, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "a.fits")
    entry = fetch(server, tmp_path, content(1))
    assert "something that is no file stands in its place" in entry.error
    assert not server.requests


def test_a_file_in_the_place_of_the_folder_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    assert fetch(server, tmp_path / "data", content(1)).status == "failed"
    assert fetch(server, tmp_path / "data" / "below", content(1)).status == "failed"
