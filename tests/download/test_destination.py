"""A destination can do what the Protocol says; the local folder is one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tess_source.download.destination import Destination, LocalFolder
from tess_source.errors import UnsafePathError


@pytest.fixture
def folder(tmp_path: Path) -> Destination:
    destination: Destination = LocalFolder(tmp_path / "data")
    return destination


def test_a_file_appears_when_its_part_is_committed(folder: Destination) -> None:
    part = folder.part("a/b.fits", "0123456789ab")
    with part.open() as write:
        write(b"bytes")
    assert folder.exists("a/b.fits") is None
    path = folder.commit(part)
    assert path.read_bytes() == b"bytes"
    found = folder.exists("a/b.fits")
    assert found is not None
    assert found.size == 5
    with folder.open("a/b.fits") as file:
        assert file.read() == b"bytes"
    assert list(folder.list()) == ["a/b.fits"]
    folder.remove("a/b.fits")
    assert folder.exists("a/b.fits") is None


def test_nothing_is_outside(folder: Destination, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "x").write_bytes(b"x")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "x")
    assert folder.exists("../x") is None
    assert folder.exists("link") is None
    for act in (
        folder.open,
        folder.remove,
        lambda path: folder.part(path, "0123456789ab"),
        lambda path: folder.claim(path, 1.0),
    ):
        with pytest.raises(UnsafePathError):
            act("../x")


def test_a_folder_that_came_in_place_of_another_is_refused(folder: Destination, tmp_path: Path) -> None:
    part = folder.part("a.fits", "0123456789ab")
    with part.open() as write:
        write(b"bytes")
    (tmp_path / "data").rename(tmp_path / "gone")
    (tmp_path / "data").mkdir()
    with pytest.raises(FileNotFoundError, match="removed or replaced"):
        folder.commit(part)


def test_a_claim_is_had_by_one(folder: Destination) -> None:
    first, second = folder.claim("a.fits", 60.0), folder.claim("a.fits", 60.0)
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


def test_room_is_looked_for(folder: Destination) -> None:
    part = folder.part("a.fits", "0123456789ab")
    folder.room(part, None)
    folder.room(part, 10)
    with pytest.raises(OSError, match="the disk is full"):
        folder.room(part, 10**18)


def test_a_part_is_flushed_before_it_appears_and_never_left_open(
    folder: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    kept, dropped = folder.part("a.fits", "0123456789ab"), folder.part("b.fits", "0123456789ab")
    for part in (kept, dropped):
        with part.open() as write:
            write(b"bytes")
    assert flushed == [], "its connection is free before the disk has it"
    folder.commit(kept)
    assert len(flushed) == 1
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(flushed[0])
    handle = dropped._unflushed
    assert handle is not None
    dropped.remove()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)
    assert list(folder.list()) == ["a.fits"]
