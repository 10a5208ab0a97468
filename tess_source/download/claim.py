"""The claim on a file: a small file beside it that names the process that fetches it, and how another process could resume.

Claims keep a file from being fetched twice. They are not needed for correct files: a claim that is wrong, lost, or not honoured by a
network disk costs a second download, but damages no file.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source.display.visible import logger
from tess_source.download.claimant import LONGEST, Claimant, Sheet
from tess_source.download.owner import Owner
from tess_source.download.part import WORTH, Left, Sender, part_name
from tess_source.system import Stamp

__all__ = ["Claim", "sweep"]

log: logging.Logger = logger(__name__)

UNREADABLE = 2.0
"""Seconds after which a claim that names no owner is abandoned: its writer died between making and filling it."""
OURS = re.compile(r"(?P<file>.+)\.(?:[0-9a-f]{12}|claim)\.part", re.DOTALL)
WRONG = (ValueError, TypeError, KeyError, RecursionError, OverflowError)
"""What reading a claim that somebody else wrote may raise."""


class Claim:
    """A claim that this process is fetching a file, visible to other processes.

    Parameters
    ----------
    path : Path
        The file.
    stale : float
        Seconds without a change after which another process's claim does not count.
    claimant : Claimant, optional
        The run that claims.
    """

    def __init__(self, path: Path, stale: float, claimant: Claimant | None = None) -> None:
        self._path, self._stale, self._claimant = path, stale, claimant or Claimant()
        self.name: str = self._claimant.name
        """The name of this run's part of the file."""
        self.left: Left | None = None
        """The part that an ended run has left, if any."""
        self._file = part_name(path, "claim")
        self._sheet: Sheet | None = None
        self._slot, self._noted = 0, False

    def take(self) -> bool:
        """Claim the file, unless another process has claimed it.

        If a claim cannot count but cannot be removed either, the file is fetched without one.

        Raises
        ------
        OSError
            If the claim cannot be written.
        """
        return self._create() or self._take_over()

    def note(self, source: Sender, expected: int | None) -> None:
        """Note how the part could be continued, in place of an earlier note, if the file is large enough.

        Call this only when the part holds no bytes of another version any more: a process that resumes the part relies on the note.
        """
        worth = bool(source.condition) and expected is not None and expected >= WORTH
        if worth or self._noted:
            self._noted = True
            self._write_note(source if worth else Sender(""), expected or 0)

    def _write_note(self, source: Sender, expected: int) -> None:
        if self._sheet is None:
            return
        line = json.dumps({"source": asdict(source), "expected": expected, "file": _place_of(self._path)})
        try:
            self._sheet.note(self._slot, line)
        except OSError as error:
            log.debug("no note beside %s: %s", self._path, error)

    def beat(self) -> None:
        """Update the claim's time now and then."""
        if self._sheet is not None:
            self._sheet.beat()

    def release(self) -> None:
        """Remove the claim."""
        if self._sheet is not None:
            if self._noted:
                self._write_note(Sender(""), 0)
            sheet, self._sheet = self._sheet, None
            self._claimant.release(self._file, sheet, self._slot)
        if self.left is not None:  # it was not resumed, and no other process knows of it
            disk.remove(self.left.part)

    def _create(self) -> bool:
        text = f'{{"owner": {_owner_as_json(Owner.me())}, "part": "{self.name}"}}'
        try:
            self._sheet, self._slot = self._claimant.claim(self._file, text)
        except FileExistsError:
            return False
        return True

    def _take_over(self) -> bool:
        """Claim the file in place of a process that has ended, or whose claim has not changed for long."""
        try:
            stamp = Stamp.of(os.lstat(self._file))
        except FileNotFoundError:
            return self._create()
        if not stamp.plain:
            return self._without("it is not a plain file")
        held = _text_of(self._file)
        owner, left = _owner_and_left(held or b"", self._path)
        gone = owner.gone() if owner is not None else None
        limit = self._stale if owner is not None or held is None else min(self._stale, UNREADABLE)
        if not gone and (waited := self._claimant.waits.unchanged(self._file, stamp)) < limit:
            if owner is not None or waited > 0:  # a claim that was made this moment names nobody yet
                self._claimant.waits.tell(self._path, self._file, owner, limit)
            return False
        if not gone:
            log.info("the claim beside %s has not changed for %g s: it does not count any more", self._path, limit)
        return self._replace(stamp, held, left if gone else None, owner)

    def _replace(self, stamp: Stamp, held: bytes | None, left: Left | None, owner: Owner | None) -> bool:
        """Remove a claim, and claim the file. Only one of several processes can rename it."""
        taken = part_name(self._path, f"{self.name}.claim")
        try:
            self._file.rename(taken)
            if Stamp.of(os.lstat(taken)).number != stamp.number or _text_of(taken) != held:
                taken.replace(self._file)  # another process was faster, and this is its own claim
                return False
        except FileNotFoundError:
            return False
        except OSError as error:
            # the folder lets only the claim's owner remove it; or, on Windows, the owner has it open
            return self._without(str(error))
        disk.remove(taken)
        if owner is not None and left is not None:
            self._inherit(left, owner)
        return self._create()

    def _without(self, reason: str) -> bool:
        log.info("%s is fetched without a claim: %s cannot be replaced: %s", self._path, self._file, reason)
        return True

    def _inherit(self, left: Left, owner: Owner) -> None:
        """Keep a part that can be continued, and remove one that cannot: no other process will."""
        if left.source.condition and owner.on_this_boot():
            self.left = left
        else:
            disk.remove(left.part)


@functools.lru_cache(maxsize=1)
def _owner_as_json(owner: Owner) -> str:
    return json.dumps(owner.record())


def _text_of(claim: Path) -> bytes | None:
    """Return what a claim says; None if it cannot be read."""
    try:
        with disk.opened(claim) as file:
            return file.read(LONGEST)
    except OSError as error:
        log.debug("%s was not read: %s", claim, error)
        return None


def _owner_and_left(held: bytes, path: Path) -> tuple[Owner | None, Left | None]:
    """Return the owner of a claim and the part it left. The end of the text may be cut, since notes are added while others read."""
    first, *notes = held.split(b"\n")
    try:
        said = json.loads(first)
        owner, name = Owner.of(said["owner"]), said["part"]
    except WRONG:
        return None, None
    if not (isinstance(name, str) and re.fullmatch("[0-9a-f]{12}", name)):
        return owner, None
    part = part_name(path, name)
    for note in reversed(notes if len(held) < LONGEST else []):
        with contextlib.suppress(*WRONG):  # it was cut, or is about another file: the one before it counts
            return owner, _left_of(part, json.loads(note), path)
    return owner, Left(part, Sender(""), 0)


def _place_of(path: Path) -> list[Any]:
    """Return what tells a file from all others of this machine, since it was started: its name and the number of its folder."""
    try:
        return [path.name, *Stamp.of(os.stat(path.parent)).number]  # noqa: PTH116
    except OSError:
        return [path.name]


def _left_of(part: Path, note: Any, path: Path) -> Left:
    """Return the part that a note describes. The note may be anything.

    Raises
    ------
    KeyError, TypeError, ValueError
        If it is no such note, or about another file than `path`.
    """
    if "file" in note and note["file"] != _place_of(path):
        raise ValueError("it is about another file")
    source, expected = Sender(**note["source"]), note["expected"]
    if not all(isinstance(word, str) and word.isascii() and word.isprintable() for word in asdict(source).values()):
        raise ValueError("it holds what cannot be sent to a server")
    if type(expected) is not int:
        raise TypeError("it does not tell how many bytes there are")
    return Left(part, source, expected)


def sweep(folders: Iterable[Path]) -> None:
    """Remove what ended processes have left in some folders: parts that were not written to for a day, and temporary files."""
    for folder in folders:
        disk.tidy(folder, _is_abandoned)


def _is_abandoned(path: Path) -> bool:
    """Return whether an old file is a part or a claim of ours, and no living process of this machine claims its file."""
    if not (found := OURS.fullmatch(path.name)):
        return False
    owner, _ = _owner_and_left(_text_of(path.with_name(f"{found['file']}.claim.part")) or b"", path)
    return owner is None or owner.gone() is not False
