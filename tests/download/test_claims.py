"""Whatever stands in the place of a claim: nothing hangs, nothing crashes, and whom a run waits for is told."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import other_process
import pytest
from fuzz import STRANGE, altered, altered_json, attempts
from serving import WHOLE, Server, content
from test_disk_faults import GONE, LARGE, NAME, left_behind

from tess_source.download import claim as claims
from tess_source.download import claimant
from tess_source.download.claim import Claim, sweep
from tess_source.download.claimant import Claimant
from tess_source.download.destination import LocalFolder
from tess_source.download.owner import Owner
from tess_source.tables.items import Entry

FILE = "a.fits"
CLAIM = f"{FILE}.claim.part"
ABROAD = replace(Owner.me(), host="else\x1b[31mwhere", pid=4711)
DAY = 86_400.0


def claim_text(owner: Any, part: Any = "0123456789ab", *notes: Any) -> str:
    return "\n".join(map(json.dumps, [{"owner": owner, "part": part}, *notes]))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "UNREADABLE", 0.02)


def fetch(server: Server, root: Path, stale: float = 0.05) -> Entry:
    server.files[f"/{FILE}"] = content(1)
    run = other_process.run_of(server.url, root, {FILE: WHOLE}, jobs=1)
    run.settings = replace(run.settings, patience=replace(run.settings.patience, stale=stale))
    [entry] = run
    return entry


def fetched_whole(server: Server, root: Path) -> bool:
    entry = fetch(server, root)
    return entry.ok and (root / FILE).read_bytes() == content(1)


# -- whom a run waits for --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [-10 * DAY, -30.0, 0.0, 10 * DAY], ids=["future", "soon", "now", "past"])
def test_a_claim_is_waited_for_by_our_own_clock_whatever_its_date(
    server: Server, tmp_path: Path, age: float, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / CLAIM).write_text(claim_text(asdict(ABROAD)))
    os.utime(tmp_path / CLAIM, (time.time() - age,) * 2)
    if age > DAY:  # it is swept: nobody has touched it for a day
        assert fetched_whole(server, tmp_path)
        return
    with caplog.at_level(logging.INFO):
        assert fetched_whole(server, tmp_path)
    told = [record.getMessage() for record in caplog.records if "is being fetched by" in record.getMessage()]
    assert len(told) == 1, "it is told once, however often the run looks"
    assert FILE in told[0]
    assert "process 4711 on host 'else\\x1b[31mwhere'" in told[0]
    assert not list(tmp_path.glob("*.part"))


def test_a_claim_counts_until_it_has_not_changed_for_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks of walls do not matter, neither ours nor that of others."""
    clock = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: clock)
    monkeypatch.setattr("time.time", lambda: 0.0)
    (tmp_path / CLAIM).write_text(claim_text(asdict(ABROAD)))
    folder = LocalFolder(tmp_path)

    def take() -> bool:
        claim = folder.claim(FILE, 120.0)
        taken = claim.take()
        claim.release()
        return taken

    assert not take()
    clock += 119.0
    assert not take()
    os.utime(tmp_path / CLAIM, (5, 5))  # a sign of life, from a clock that is far behind
    clock += 119.0
    assert not take()
    clock += 119.0
    assert not take()
    clock += 2.0
    assert take()


def test_a_process_that_is_gone_is_not_waited_for_whatever_the_date(tmp_path: Path) -> None:
    (tmp_path / CLAIM).write_text(claim_text(asdict(GONE)))
    os.utime(tmp_path / CLAIM, (time.time() + DAY,) * 2)
    assert LocalFolder(tmp_path).claim(FILE, 1e9).take()


def test_many_claims_of_one_process_are_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = LocalFolder(tmp_path)
    for number in range(20):
        (tmp_path / f"{number}.claim.part").write_text(claim_text(asdict(ABROAD)))
        assert not folder.claim(str(number), 60.0).take()
    assert len(caplog.records) == 1


def test_a_claim_that_cannot_be_removed_is_no_reason_to_wait_for_ever(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder in which each may remove only own files; or on Windows, where its owner has it open."""

    def refuse(path: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    (tmp_path / CLAIM).write_text(claim_text(asdict(ABROAD)))
    monkeypatch.setattr(Path, "rename", refuse)
    assert fetched_whole(server, tmp_path)
    assert (tmp_path / CLAIM).exists()


# -- what stands in the place of a claim -----------------------------------------------------------------------------------------


def pipe(path: Path) -> None:
    os.mkfifo(path)


PLACES: dict[str, Callable[[Path], object]] = {
    "a pipe": pipe,
    "a folder": lambda path: path.mkdir(),
    "a full folder": lambda path: (path / "more").mkdir(parents=True),
    "a link in a circle": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to a claim": lambda path: path.symlink_to("other"),
}


@pytest.mark.skipif(os.name != "posix", reason="pipes and links are those of POSIX")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", [CLAIM, f"{FILE}.0123456789ab.part"], ids=["claim", "part"])
def test_what_is_no_file_is_neither_waited_for_nor_removed(
    server: Server, tmp_path: Path, place: str, name: str
) -> None:
    PLACES[place](tmp_path / name)
    if name != CLAIM:
        source = {"url": f"{server.url}/{FILE}", "etag": '"1"', "modified": ""}
        (tmp_path / CLAIM).write_text(claim_text(asdict(GONE), "0123456789ab", {"source": source, "expected": WHOLE}))
    assert fetched_whole(server, tmp_path)
    if name == CLAIM:
        assert os.path.lexists(tmp_path / name)
    sweep([tmp_path])


@pytest.mark.skipif(os.name != "posix", reason="links are those of POSIX")
def test_the_time_of_nothing_else_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody replaces a claim by a link to another file."""
    monkeypatch.setattr(claimant, "HEARTBEAT", -1.0)
    mine = tmp_path / "mine"
    mine.write_bytes(b"")
    os.utime(mine, (5, 5))
    claim = Claim(tmp_path / FILE, 60.0)
    assert claim.take()
    (tmp_path / CLAIM).unlink()
    (tmp_path / CLAIM).symlink_to(mine)
    claim.beat()
    assert mine.stat().st_mtime == 5


def test_a_claim_that_may_not_be_read_is_waited_for_and_then_replaced(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / CLAIM).write_text(claim_text(asdict(ABROAD)))
    monkeypatch.setattr("tess_source.disk.opened", refuse)
    claim = Claim(tmp_path / FILE, 1e9, run := Claimant())
    assert not claim.take()
    assert not caplog.text, "a claim that is being made names nobody for a moment"
    assert not claim.take()
    assert "a process that its claim a.fits.claim.part does not name" in caplog.text
    assert Claim(tmp_path / FILE, 0.0, run).take()


DEEP = b"[" * 60_000
TEXTS: dict[str, bytes] = {
    "nothing": b"",
    "deep JSON": DEEP,
    "a deep owner": b'{"owner": ' + DEEP,
    "much": b'{"owner": "' + b"x" * 10_000_000,
    "no JSON": b"\xff\xfe\x00",
    "NUL": bytes(5000),
    "null": b"null",
    "a list": b"[]",
    "a number of 5,000 digits": b"9" * 5000,
    "a lone surrogate": b'{"owner": {"host": "\\ud800"}, "part": "\\udfff"}',
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("text", TEXTS)
def test_a_claim_that_names_nobody_is_nobodys(server: Server, tmp_path: Path, text: str) -> None:
    (tmp_path / CLAIM).write_bytes(TEXTS[text])
    assert fetched_whole(server, tmp_path)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "pid", [10**30, 2**63, 2**32, -1, 0, "7", True, 1.5, float("nan"), float("inf"), None, [], "9" * 5000]
)
def test_an_owner_has_a_number_that_a_process_can_have(pid: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Owner.of({**asdict(ABROAD), "pid": pid})


@pytest.mark.parametrize("pid", [2**32 - 1, 2**31, 2**22 + 1, 1])
def test_any_number_can_be_asked_about(pid: int) -> None:
    for started in ("", "1", "\0", "\ud800"):
        assert replace(Owner.me(), pid=pid, started=started).gone() in {True, False}


@pytest.mark.usefixtures("hasty")
def test_no_claim_by_chance_raises_anything(tmp_path: Path) -> None:
    """Claims of others, and of ended processes, with one change or many, and notes that lead to strange requests."""
    source = {"url": "http://127.0.0.1/a.fits", "etag": '"1"', "modified": ""}
    records: list[Any] = [{"owner": asdict(GONE), "part": "0123456789ab"}, {"source": source, "expected": 2**21}]
    raised: list[str] = []
    for number, chance in attempts(60):
        lines = [altered_json(record, chance) for record in records]
        lines += [chance.choice(STRANGE)] if chance.random() < 0.2 else []
        data = "\n".join(map(json.dumps, lines)).encode()
        data = altered(data, chance) if chance.random() < 0.5 else data
        (tmp_path / CLAIM).write_bytes(data)
        claim = Claim(tmp_path / FILE, 0.0)
        try:
            assert claim.take()
            if claim.left is not None:
                assert claim.left.source.condition.isprintable()
                LocalFolder(tmp_path).part(FILE, claim.name).adopt(claim.left, _verifier())
            claim.note(claims.Sender("x", '"1"'), 2**21)
            claim.beat()
            claim.release()
            sweep([tmp_path])
        except Exception as error:  # noqa: BLE001  it is what the test looks for
            raised.append(f"{number}: {error!r}")
    assert raised == []


def _verifier() -> Any:
    from tess_source.files.verify import Verifier

    return Verifier(FILE)


@pytest.mark.parametrize(
    "change",
    [
        {"etag": '"1"\r\nX-Evil: 1'},
        {"etag": ["x"]},
        {"etag": 5},
        {"modified": "\x1b[31m"},
        {"url": None},
        {"more": ""},
    ],
    ids=repr,
)
def test_a_note_that_could_not_be_sent_to_a_server_does_not_count(
    server: Server, tmp_path: Path, change: dict[str, Any]
) -> None:
    left_behind(tmp_path, server, GONE)
    first, note = map(json.loads, (tmp_path / f"{NAME}.claim.part").read_text().split("\n"))
    note["source"] |= change
    (tmp_path / f"{NAME}.claim.part").write_text("\n".join(map(json.dumps, [first, note])))
    [entry] = other_process.run_of(server.url, tmp_path, {NAME: len(LARGE)}, jobs=1)
    assert entry.ok
    assert (tmp_path / NAME).read_bytes() == LARGE
    assert ["Range" in headers for _, headers in server.requests] == [False]


# -- what is swept ---------------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_living_process_are_not_swept_however_old(tmp_path: Path) -> None:
    """As of a process that was stopped, or on a machine that slept."""
    part = tmp_path / f"{FILE}.0123456789ab.part"
    for owner, stays in ((Owner.me(), True), (ABROAD, False), (GONE, False)):
        (tmp_path / CLAIM).write_text(claim_text(asdict(owner)))
        part.write_bytes(b"x")
        for path in (part, tmp_path / CLAIM):
            os.utime(path, (1, 1))
        sweep([tmp_path])
        assert part.exists() is stays


def test_what_cannot_be_swept_does_not_keep_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.fits.000000000000.part" / "more").mkdir(parents=True)
    (tmp_path / "b.fits.000000000000.part").write_bytes(b"x")
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))
    sweep([tmp_path])
    assert [path.name for path in tmp_path.iterdir()] == ["a.fits.000000000000.part"]
