"""Bytes on their way: the ``.part`` beside a file, what its bytes are of, and the claim that tells others who is at it.

Two things are kept apart. What is *right* depends on nothing but names that nobody else uses (`Part`) and on renaming, which is atomic.
That nothing is fetched *twice* is what claims are for: small files that name their owner. A claim that is wrong, lost, or not honoured by
a network disk costs a download, never a byte.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tess_source.download.owner import Owner
from tess_source.files.verify import Verifier

__all__ = ["Claim", "Left", "Part", "PartLostError", "Source", "sweep"]

log = logging.getLogger(__name__)

WORTH = 1 << 20
"""Bytes of a file from which on it is noted how another run could continue it; smaller ones start anew."""
HEARTBEAT = 5.0
"""Seconds between two signs of life."""
UNREADABLE = 2.0
"""Seconds after which a claim without a readable owner is nobody's: its writer died between making and filling it."""
ORPHAN = 24 * 3600.0
"""Seconds after which a part that nobody wrote to is removed."""
OURS = re.compile(r".+\.(?:[0-9a-f]{12}|claim)\.part")
LONGEST = 230


@dataclass(frozen=True, slots=True)
class Source:
    """Which bytes a part consists of: an address, and what the server said to tell this version of the file from others."""

    url: str
    etag: str = ""
    """A strong entity tag, with its quotation marks."""
    modified: str = ""
    """``Last-Modified``, if it is old enough to tell versions apart (RFC 9110, section 8.8.2.2)."""

    @property
    def condition(self) -> str:
        """What ``If-Range`` may hold; empty if this file cannot be continued."""
        return self.etag or self.modified


@dataclass(frozen=True, slots=True)
class Left:
    """What a run that is gone has left of a file."""

    part: Path
    source: Source
    expected: int


class PartLostError(Exception):
    """A part is not there any more, or not all of it."""


class Part:
    """What has come of one file so far, under a name that no reader takes for data and nobody else writes to.

    Parameters
    ----------
    path : Path
        The file that it is to become.
    name : str
        Twelve hexadecimal digits.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.file = _beside(path, name)
        self.source: Source | None = None
        self.expected: int | None = None
        self.verifier: Verifier | None = None
        self.mtime_ns: int | None = None
        """When its last bytes were written, once it is whole [ns since 1970]."""

    @property
    def count(self) -> int:
        """Bytes that came, and were checked as far as that goes."""
        return self.verifier.size if self.verifier is not None else 0

    def continues(self, url: str) -> Source | None:
        """Give what the rest may be asked for with, if there is a part of this very address that can be continued."""
        source, verifier = self.source, self.verifier
        if source is None or verifier is None or source.url != url or not source.condition:
            return None
        return source if verifier.size and verifier.problem is None else None

    def restart(self, verifier: Verifier, expected: int | None, source: Source) -> None:
        """Begin from nothing."""
        self.verifier, self.expected, self.source = verifier, expected, source

    def forget(self) -> None:
        """Never continue these bytes."""
        self.verifier = self.source = self.expected = None

    def adopt(self, left: Left, verifier: Verifier) -> None:
        """Take over what another run has left, checking it anew; whatever is wrong with it, it is forgotten.

        All but the last byte: so the server is asked in any case whether this is still its file.
        """
        try:
            left.part.rename(self.file)  # one of several that want it gets it
            self.restart(verifier, left.expected, left.source)
            with self.file.open("rb") as file:
                todo = min(os.fstat(file.fileno()).st_size, left.expected - 1)
                while todo > 0 and (data := file.read(min(todo, WORTH))):
                    verifier.feed(data)
                    todo -= len(data)
        except OSError as error:
            log.debug("%s was not taken over: %s", left.part, error)
            self.forget()
        if verifier.problem is not None:
            self.forget()

    @contextlib.contextmanager
    def open(self) -> Iterator[Callable[[bytes], None]]:
        """Open it, and give what writes the next bytes, behind those that count; they are on disk when it is closed without an error.

        Bare system calls: each one more, such as those of a buffered file, has threads wait for each other.
        """
        flags = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            handle = os.open(self.file, flags if self.count else flags | os.O_CREAT | os.O_TRUNC, 0o666)
        except FileNotFoundError as error:
            if not self.count:
                raise
            raise PartLostError("what had come of the file was taken away") from error
        try:
            if self.count:
                if os.fstat(handle).st_size < self.count:
                    raise PartLostError("some of what had come of the file was taken away")
                os.ftruncate(handle, self.count)
                os.lseek(handle, self.count, os.SEEK_SET)
            yield functools.partial(_write, handle)
            os.fsync(handle)
            self.mtime_ns = os.fstat(handle).st_mtime_ns
        finally:
            os.close(handle)

    def remove(self) -> None:
        """Remove what is there of it."""
        _remove(self.file)


class Claim:
    """Says to other processes that this one is fetching a file.

    Parameters
    ----------
    path : Path
        The file.
    stale : float
        Seconds without a sign of life after which somebody else's claim does not count.
    """

    def __init__(self, path: Path, stale: float) -> None:
        self.name = uuid.uuid4().hex[:12]
        """The name of this run's part of the file."""
        self.left: Left | None = None
        """What a run that is gone has left of it."""
        self._path, self._stale = path, stale
        self._file = _beside(path, "claim")
        self._handle, self._noted = -1, False
        self._beat = time.monotonic()

    def take(self) -> bool:
        """Claim the file, if nobody else is at it.

        Raises
        ------
        OSError
            If nothing can be written there.
        """
        return self._create() or (self._take_over() and self._create())

    def note(self, source: Source, expected: int | None) -> None:
        """Write down how the part could be continued, if it is worth it: a line more, of which the last whole one counts.

        Call this when nothing of another version is in the part any more: whoever goes on with it believes the note.
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
        """Give a sign of life, now and then."""
        if (now := time.monotonic()) - self._beat > HEARTBEAT:
            self._beat = now
            with contextlib.suppress(OSError):  # it is gone: somebody tidied up, and may fetch the file too
                os.utime(self._file)

    def release(self) -> None:
        """Take the claim back."""
        handle, self._handle = self._handle, -1
        with contextlib.suppress(OSError):  # a network disk may fail late; nothing depends on the note
            os.close(handle)
        _remove(self._file)
        if self.left is not None:  # nobody went on with it, and nobody else knows of it
            _remove(self.left.part)

    def _create(self) -> bool:
        try:
            self._handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        try:
            os.write(self._handle, f'{{"owner": {_spelled(Owner.me())}, "part": "{self.name}"}}'.encode())
        except OSError:
            self.release()
            raise
        return True

    def _take_over(self) -> bool:
        """Take away a claim whose owner is gone, or that is stale. Only one of several processes can rename it."""
        try:
            held, age = self._file.read_bytes(), time.time() - self._file.stat().st_mtime
        except FileNotFoundError:
            return True
        owner, left = _understood(held, self._path)
        gone = owner.gone() if owner is not None else None
        if not gone and age < (self._stale if owner is not None else UNREADABLE):
            return False
        taken = _beside(self._path, f"{self.name}.claim")
        try:
            self._file.rename(taken)
            if taken.read_bytes() != held:  # another process was faster, and this is its own claim
                taken.replace(self._file)
                return False
        except OSError as error:  # it is gone; or, on Windows, open where its owner lives
            log.debug("the claim beside %s was not taken over: %s", self._path, error)
            return False
        _remove(taken)
        if owner is not None and gone and left is not None:
            self._inherit(left, owner)
        return True

    def _inherit(self, left: Left, owner: Owner) -> None:
        """Keep what can be continued, and remove what cannot: nobody else will."""
        if left.source.condition and owner.on_this_boot():
            self.left = left
        else:
            _remove(left.part)


@functools.lru_cache(maxsize=1)
def _spelled(owner: Owner) -> str:
    return json.dumps(owner.record())


def _understood(held: bytes, path: Path) -> tuple[Owner | None, Left | None]:
    """Read a claim: who it is, and how to go on; the end of it may be cut, since notes are added while others read."""
    first, *notes = held.split(b"\n")
    try:
        said = json.loads(first)
        owner, name = Owner.of(said["owner"]), str(said["part"])
    except (ValueError, TypeError, KeyError):
        return None, None
    if not re.fullmatch("[0-9a-f]{12}", name):
        return owner, None
    part = _beside(path, name)
    for note in reversed(notes):
        with contextlib.suppress(ValueError, TypeError, KeyError):  # it was cut: the one before it counts
            known = json.loads(note)
            return owner, Left(part, Source(**known["source"]), int(known["expected"]))
    return owner, Left(part, Source(""), 0)


def sweep(folders: Iterable[Path]) -> None:
    """Remove parts of ours in some folders that nobody has written to for a day: their owners died long ago."""
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


def _write(handle: int, data: bytes) -> None:
    done = os.write(handle, data)
    while done < len(data):  # as on a disk that is nearly full
        done += os.write(handle, memoryview(data)[done:])


def _beside(path: Path, word: str) -> Path:
    """Give a name beside a file that ends in ``.part`` and is not too long for any file system."""
    name = path.name
    if len(name.encode()) + len(word) + 6 > LONGEST:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        name = name.encode()[: LONGEST - 60].decode(errors="ignore") + "." + digest
    return path.with_name(f"{name}.{word}.part")


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        log.debug("%s was not removed: %s", file, error)
