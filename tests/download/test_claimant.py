"""Claims of one run share a file per folder: what others see of them, and what is left of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import other_process
import pytest
from serving import WHOLE, Server, content

from tess_source.download.claim import Claim
from tess_source.download.claimant import LONGEST, SLOT, Claimant
from tess_source.download.owner import Owner
from tess_source.download.part import Sender

LARGE = 1 << 21
pytestmark = pytest.mark.skipif(os.name != "posix", reason="further names of files are those of POSIX")


def taken(run: Claimant, *files: Path) -> list[Claim]:
    claims = [Claim(file, 60.0, run) for file in files]
    assert all(claim.take() for claim in claims)
    return claims


def claim_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.claim.part")


def files(folder: Path) -> list[Path]:
    return [folder / f"{number}.fits" for number in range(4)]


def inodes(folder: Path) -> list[int]:
    return [claim_of(file).stat().st_ino for file in files(folder)]


def test_claims_of_a_run_are_names_of_one_file_and_nothing_is_left_of_them(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    run = Claimant(tmp_path)
    claims = []
    for folder in folders:
        folder.mkdir()
        claims += taken(run, *files(folder))
    first, *others = [inode for folder in folders for inode in inodes(folder)]
    assert len({*others}) == 1
    assert first not in others, "a run that fetches a single file at a time needs no file to share"
    [shared] = [path for path in tmp_path.iterdir() if path.is_file()]
    assert shared.stat().st_ino == others[0]
    for claim in claims:
        claim.release()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_shared_claim_keeps_other_runs_and_other_threads_away_until_it_is_released(tmp_path: Path) -> None:
    run, other = Claimant(), Claimant()
    claims = taken(run, *files(tmp_path))
    for who in (run, other):
        assert not any(Claim(file, 60.0, who).take() for file in files(tmp_path))
    claims[2].release()
    [late] = taken(other, files(tmp_path)[2])
    for claim in (*claims, late):
        claim.release()
    assert not any(tmp_path.iterdir())


def _no_links(*_: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("way", ["refused", "unknown"])
def test_without_further_names_each_claim_is_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "refused":
        monkeypatch.setattr(os, "link", _no_links)
    else:
        monkeypatch.delattr(os, "link")
    claims = taken(Claimant(), *files(tmp_path))
    assert len({*inodes(tmp_path)}) == len(claims)
    for claim in claims:
        claim.release()
    assert not any(tmp_path.iterdir())


def test_a_claim_that_a_network_disk_made_though_its_answer_was_lost_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is asked again, and says that the name is there."""
    link: Callable[..., None] = os.link

    def twice(*names: Any) -> None:
        link(*names)
        link(*names)

    monkeypatch.setattr(os, "link", twice)
    claims = taken(Claimant(), *files(tmp_path))
    for claim in claims:
        claim.release()
    assert not any(tmp_path.iterdir())


def test_a_claim_that_is_released_while_it_is_looked_at_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link: Callable[..., None] = os.link
    others = iter([FileExistsError()])  # another run had the claim when the link was made, and has released it since

    def late(*names: Any) -> None:
        for error in others:
            raise error
        link(*names)

    monkeypatch.setattr(os, "link", late)
    claims = taken(Claimant(), *files(tmp_path))
    for claim in claims:
        claim.release()
    assert not any(tmp_path.iterdir())


def test_a_shared_file_that_somebody_removes_costs_nothing(tmp_path: Path) -> None:
    run = Claimant()
    claims = taken(run, *files(tmp_path)[:2])
    [shared] = tmp_path.glob(".claims.*")
    shared.unlink()
    claims += taken(run, *files(tmp_path)[2:])
    for claim in claims:
        claim.release()
    assert not any(tmp_path.iterdir())


def test_a_note_is_found_for_its_own_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever takes over a shared claim continues the part of that file, or none, also if another folder has one of the same name."""
    (tmp_path / "b").mkdir()
    run = Claimant(tmp_path)
    these = [*files(tmp_path), *files(tmp_path / "b")]
    claims = taken(run, *these)
    for number in (1, 3, 6, 7):
        claims[number].note(Sender(f"http://archive/{number}", '"tag"'), LARGE + number)
    claims[3].note(Sender("http://archive/3"), LARGE)  # it turned out that it cannot be continued
    stale = [Claim(file, 0.0) for file in these]
    monkeypatch.setattr(Owner, "gone", lambda self: True)
    assert all(claim.take() for claim in stale)
    found = {number: claim.left for number, claim in enumerate(stale) if claim.left}
    assert {number: (left.source.url, left.expected, left.part) for number, left in found.items()} == {
        number: (
            f"http://archive/{number}",
            LARGE + number,
            these[number].with_name(f"{these[number].name}.{run.name}.part"),
        )
        for number in (1, 6, 7)
    }


def test_the_shared_file_of_a_long_run_does_not_grow(tmp_path: Path) -> None:
    run = Claimant()
    [_, second] = taken(run, *files(tmp_path)[:2])
    [shared] = tmp_path.glob(".claims.*")
    for number in range(200):
        [claim] = taken(run, tmp_path / f"{number}.large.fits")
        claim.note(Sender(f"http://archive/{number}", '"tag"'), LARGE)
        claim.note(Sender("http://archive/" + "x" * SLOT, '"tag"'), LARGE)  # it does not fit, and is left out
        claim.release()
    assert shared.stat().st_size < LONGEST
    second.release()


def test_bodies_are_read_without_the_layers_of_urllib3(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They make new memory for each piece. If urllib3 changes what is used of it, this test tells."""
    from urllib3 import HTTPResponse

    read: list[int] = []
    monkeypatch.setattr(HTTPResponse, "read1", lambda *_: read.append(1))
    server.files = {f"/{number:03d}.fits": content(number) for number in range(3)}
    run = other_process.run_of(server.url, tmp_path, {name[1:]: WHOLE for name in server.files}, jobs=2)
    assert all(entry.ok for entry in run)
    assert read == []
