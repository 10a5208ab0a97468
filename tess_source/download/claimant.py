"""The file of a run's claims: it has a further name beside each file that the run is fetching.

A new file per claim would cost more than the rest of a small download: some file systems (ext4) search long for the place of a new file if
many were removed in the seconds before. A further name costs neither a new file nor its removal. Where there are no further names (hard
links), and where a run fetches a single file at a time, each claim is a file of its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
import uuid
from pathlib import Path

from tess_source import disk, system
from tess_source.display.visible import logger
from tess_source.download.waits import Waits

__all__ = ["LONGEST", "Claimant", "Sheet"]

log: logging.Logger = logger(__name__)

HEARTBEAT = 5.0
"""Seconds between two updates of the time of a file of claims."""
SLOT = 1 << 11
"""Bytes of a note about one file. Notes have fixed places, so that the file of a long run does not grow."""
LONGEST = 64 * SLOT
"""Bytes of a file of claims that are read; ours have no more."""


class Sheet:
    """A file of claims: a line that tells who claims, and notes about the files that are being fetched.

    Parameters
    ----------
    file : Path
        Its first name. It must not be there.
    text : str
        The first line.

    Raises
    ------
    OSError
        If it cannot be written.
    """

    def __init__(self, file: Path, text: str) -> None:
        self.file: Path = file
        self.handle: int = system.create(file)
        self._free = list(range(LONGEST // SLOT - 1, 0, -1))
        self._beat = time.monotonic()
        self._lock = threading.Lock()
        try:
            os.write(self.handle, f"{text}\n".encode())
        except OSError:
            self.close()
            raise

    def slot(self) -> int:
        """Return the number of a free place for notes; 0 if there is none."""
        return self._free.pop() if self._free else 0

    def free(self, slot: int) -> None:
        """Give back the place of a note."""
        if slot:
            self._free.append(slot)

    def note(self, slot: int, line: str) -> None:
        """Write a note in a place, instead of the one that is there. One that is too long is left out."""
        if slot and len(line) <= SLOT - 2:
            with self._lock:
                os.lseek(self.handle, slot * SLOT, os.SEEK_SET)
                os.write(self.handle, f"\n{line:{SLOT - 2}}\n".encode())

    def beat(self) -> None:
        """Update the file's time, at most every `HEARTBEAT` seconds."""
        if (now := time.monotonic()) - self._beat > HEARTBEAT:
            self._beat = now
            with contextlib.suppress(OSError):  # it was removed, e.g. by a user; another process may fetch the file too
                system.touch(self.handle, self.file)

    def close(self) -> None:
        """Close the file, and remove its first name."""
        with contextlib.suppress(OSError):  # a network disk may fail late; nothing depends on the notes
            os.close(self.handle)
        disk.remove(self.file)


class Claimant:
    """Who claims: one run, whose threads share this.

    Parameters
    ----------
    root : Path, optional
        Where the file of claims is made; by default beside a claim.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.name: str = uuid.uuid4().hex[:12]
        """The name of this run's parts of files."""
        self.waits: Waits = Waits()
        """What it has seen of the claims of others."""
        self._root = root
        self._held: set[str] = set()
        self._shared: Sheet | None = None
        self._links = True
        self._lock = threading.Lock()

    def claim(self, claim: Path, text: str) -> tuple[Sheet, int]:
        """Make a claim, and return its file and the place of its note there.

        Parameters
        ----------
        claim : Path
        text : str
            Tells who claims.

        Raises
        ------
        FileExistsError
            If there is one.
        OSError
            If it cannot be made.
        """
        name = str(claim)
        with self._lock:
            if name in self._held:
                raise FileExistsError
            self._held.add(name)
        try:
            sheet = self._linked(claim, text) if len(self._held) > 1 and self._links else None
            sheet = sheet or Sheet(claim, text)
        except BaseException:
            self._let_go(name)
            raise
        with self._lock:
            return sheet, sheet.slot()

    def release(self, claim: Path, sheet: Sheet, slot: int) -> None:
        """Remove a claim that `claim` made."""
        if sheet.file is claim:
            sheet.close()
        else:
            disk.remove(claim)
        with self._lock:
            sheet.free(slot)
        self._let_go(str(claim))

    def _linked(self, claim: Path, text: str) -> Sheet | None:
        """Give the file of claims a further name; None if that cannot be done here."""
        with self._lock:
            if (sheet := self._shared) is None:
                beside = self._root / "claims" if self._root else claim.with_name("claims")
                sheet = self._shared = Sheet(disk.temporary_beside(beside), text)
        try:
            system.link(sheet.file, claim)
        except FileExistsError:
            if not _is_same(claim, sheet.handle):
                raise
            # the answer of a network disk was lost, and it was asked twice
        except OSError as error:
            self._links = False
            log.debug("each claim is a file of its own: %s", error)
            return None
        return sheet

    def _let_go(self, name: str) -> None:
        """Forget a claim. The file of claims is removed with the last one."""
        with self._lock:
            self._held.discard(name)
            sheet = None if self._held else self._shared
            if sheet is not None:
                self._shared = None
        if sheet is not None:
            sheet.close()


def _is_same(claim: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.lstat(claim), os.fstat(handle))
    except FileNotFoundError:  # who had claimed the file has released it just now
        return False
