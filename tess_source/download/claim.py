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
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tess_source.display.visible import logger
from tess_source.download.owner import Owner
from tess_source.download.part import WORTH, Left, Source, part_name, remove

__all__ = ["Claim", "sweep"]

log: logging.Logger = logger(__name__)

HEARTBEAT = 5.0
"""Seconds between two updates of the claim's time."""
UNREADABLE = 2.0
"""Seconds after which a claim without a readable owner is abandoned: its writer died between making and filling it."""
ORPHAN = 24 * 3600.0
"""Seconds after which a part that no process wrote to is removed."""
OURS = re.compile(r".+\.(?:[0-9a-f]{12}|claim)\.part")


class Claim:
    """A claim that this process is fetching a file, visible to other processes.

    Parameters
    ----------
    path : Path
        The file.
    stale : float
        Seconds without an update after which another process's claim does not count.
    """

    def __init__(self, path: Path, stale: float) -> None:
        self.name: str = uuid.uuid4().hex[:12]
        """The name of this run's part of the file."""
        self.left: Left | None = None
        """The part that an ended run has left, if any."""
        self._path, self._stale = path, stale
        self._file = part_name(path, "claim")
        self._handle, self._noted = -1, False
        self._beat = time.monotonic()

    def take(self) -> bool:
        """Claim the file, unless another process has claimed it.

        Raises
        ------
        OSError
            If the claim cannot be written.
        """
        return self._create() or (self._take_over() and self._create())

    def note(self, source: Source, expected: int | None) -> None:
        """Append a line that says how the part could be continued, if the file is large enough. The last whole line counts.

        Call this only when the part holds no bytes of another version any more: a process that resumes the part relies on the note.
        """
        worth = bool(source.condition) and expected is not None and expected >= WORTH
        if not (worth or self._noted):
            return
        self._noted = True
        line = json.dumps({"source": asdict(source if worth else Source("")), "expected": expected or 0})
        try:
            os.write(self._handle, f"\n{line}".encode())
        except OSError as error:
            log.debug("no note beside %s: %s", self._path, error)

    def beat(self) -> None:
        """Update the claim's time, at most every `HEARTBEAT` seconds."""
        if (now := time.monotonic()) - self._beat > HEARTBEAT:
            self._beat = now
            with contextlib.suppress(OSError):  # it was removed, e.g. by a user; another process may fetch the file too
                os.utime(self._file)

    def release(self) -> None:
        """Remove the claim."""
        handle, self._handle = self._handle, -1
        with contextlib.suppress(OSError):  # a network disk may fail late; nothing depends on the note
            os.close(handle)
        remove(self._file)
        if self.left is not None:  # it was not resumed, and no other process knows of it
            remove(self.left.part)

    def _create(self) -> bool:
        try:
            self._handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        try:
            os.write(self._handle, f'{{"owner": {_owner_as_json(Owner.me())}, "part": "{self.name}"}}'.encode())
        except OSError:
            self.release()
            raise
        return True

    def _take_over(self) -> bool:
        """Remove a claim whose owner has ended, or that is stale. Only one of several processes can rename it."""
        try:
            held, age = self._file.read_bytes(), time.time() - self._file.stat().st_mtime
        except FileNotFoundError:
            return True
        owner, left = _owner_and_left(held, self._path)
        gone = owner.gone() if owner is not None else None
        if not gone and age < (self._stale if owner is not None else UNREADABLE):
            return False
        taken = part_name(self._path, f"{self.name}.claim")
        try:
            self._file.rename(taken)
            if taken.read_bytes() != held:  # another process was faster, and this is its own claim
                taken.replace(self._file)
                return False
        except OSError as error:  # it is gone; or, on Windows, open where its owner lives
            log.debug("the claim beside %s was not taken over: %s", self._path, error)
            return False
        remove(taken)
        if owner is not None and gone and left is not None:
            self._inherit(left, owner)
        return True

    def _inherit(self, left: Left, owner: Owner) -> None:
        """Keep a part that can be continued, and remove one that cannot: no other process will."""
        if left.source.condition and owner.on_this_boot():
            self.left = left
        else:
            remove(left.part)


@functools.lru_cache(maxsize=1)
def _owner_as_json(owner: Owner) -> str:
    return json.dumps(owner.record())


def _owner_and_left(held: bytes, path: Path) -> tuple[Owner | None, Left | None]:
    """Return the owner of a claim and the part it left. The end of the text may be cut, since notes are added while others read."""
    first, *notes = held.split(b"\n")
    try:
        said = json.loads(first)
        owner, name = Owner.of(said["owner"]), str(said["part"])
    except (ValueError, TypeError, KeyError):
        return None, None
    if not re.fullmatch("[0-9a-f]{12}", name):
        return owner, None
    part = part_name(path, name)
    for note in reversed(notes):
        with contextlib.suppress(ValueError, TypeError, KeyError):  # it was cut: the one before it counts
            known = json.loads(note)
            return owner, Left(part, Source(**known["source"]), int(known["expected"]))
    return owner, Left(part, Source(""), 0)


def sweep(folders: Iterable[Path]) -> None:
    """Remove our parts in some folders that no process has written to for a day."""
    oldest = time.time() - ORPHAN
    for folder in folders:
        try:
            with os.scandir(folder) as found:
                names = [entry.name for entry in found if entry.name.endswith(".part") and OURS.fullmatch(entry.name)]
            for name in names:
                if (folder / name).lstat().st_mtime < oldest:
                    (folder / name).unlink()
        except OSError as error:
            log.debug("%s was not tidied up: %s", folder, error)
