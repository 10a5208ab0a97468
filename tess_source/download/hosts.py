"""The hosts of a run: one that answers nothing useful is given up, so that the files that are left fail at once and not one by one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tess_source.display.visible import logger
from tess_source.download.failures import FEW, AgainError
from tess_source.errors import DownloadError
from tess_source.settings import Patience
from tess_source.threads import LISTEN

__all__ = ["Hosts", "LostHostError"]

log: logging.Logger = logger(__name__)


class LostHostError(DownloadError):
    """The host of an address was given up for this run."""


@dataclass
class _Record:
    """What is known of one host."""

    files: int = 0
    """Files that came."""
    missed: int = 0
    """Files of which no try found a connection."""
    vain: int = 0
    """Tries in vain before the present row."""
    row: int = 0
    """Tries in vain since it last answered."""
    evidence: float = 0.0
    """Files that these tries stand for, as a share of those that suffice."""
    answered: float = 0.0
    """When it last answered."""
    begin: float = 0.0
    """When the first try of the row began."""
    tried: float = 0.0
    """When it was tried last though it does not deliver, if other addresses are tried first."""


class Hosts:
    """The record of all hosts of a run, for all threads.

    A host is given up when two things hold. As many tries in a row were in vain as a few files take: see `files` of
    `tess_source.download.failures.AgainError`. And for `Patience.over` seconds, or twice the pause that it asks for, the host has answered
    nothing else. If it delivers only one file in ten, ten times as many tries have to be in vain, so that a host that still delivers is
    not given up. A host that delivers after all is taken back.

    Long before it is given up, when as many tries in a row were in vain as a few files take at one try each, other addresses of a file
    are tried first. Every `Patience.over` seconds, one file tries such a host first nevertheless.

    Parameters
    ----------
    patience : Patience
    stop : threading.Event
        Ends all pauses, together with `wake`.
    lost : mapping, optional
        Hosts that were given up already → why.
    """

    def __init__(self, patience: Patience, stop: threading.Event, lost: Mapping[str, str] | None = None) -> None:
        self.lost: dict[str, str] = dict(lost or {})
        """Hosts that were given up → why, in words."""
        self._patience, self._stop = patience, stop
        self._records: dict[str, _Record] = {}
        self._change = threading.Condition()

    def check(self, host: str) -> None:
        """Check that a host was not given up.

        Raises
        ------
        LostHostError
            If it was.
        """
        if why := self.lost.get(host):
            raise LostHostError(why)

    def behind(self, host: str) -> bool:
        """Return whether a host does not deliver at present, so that other addresses of a file are tried first."""
        with self._change:
            if host in self.lost:
                return True
            record = self._records.get(host)
            if record is None or not self._is_in_vain(record):
                return False
            if (now := time.monotonic()) - record.tried < self._patience.over:
                return True
            record.tried = now
            return False

    def _is_in_vain(self, record: _Record) -> bool:
        return record.evidence * self._patience.tries > 0.999

    def answer(self, host: str, *, file: bool = False) -> None:
        """Note that a host has answered, be it with an error that concerns one file only.

        Parameters
        ----------
        host : str
        file : bool
            Whether it has delivered a whole file.
        """
        with self._change:
            record = self._records.setdefault(host, _Record())
            record.files += file
            record.vain += record.row
            record.row, record.evidence, record.answered = 0, 0.0, time.monotonic()
            self.lost.pop(host, None)

    def refuse(self, host: str, problem: AgainError, since: float, *, quick: bool = False) -> bool:
        """Note a try in vain; return True if the host is given up for that.

        Parameters
        ----------
        host : str
        problem : AgainError
            Why it was in vain.
        since : float
            When the try began.
        quick : bool
            Whether the file is tried elsewhere next, so that a host that is given up is no reason for a warning.
        """
        with self._change:
            record = self._records.setdefault(host, _Record())
            if not record.row:
                record.begin = max(since, record.answered)
            record.row += 1
            name, before = host.rpartition("@")[2], self._is_in_vain(record)
            record.evidence += 1 / (problem.files * self._patience.tries)
            if self._is_in_vain(record) and not before:
                record.tried = time.monotonic()
                log.info(
                    "%s does not deliver (%s): files come from their other addresses, if they have any", name, problem
                )
            usual = (record.files + record.vain) / record.files if record.files else 1.0
            silent = time.monotonic() - record.begin
            longest = self._patience.longest
            wait = max(min(self._patience.over, 2 * longest), 2 * min(problem.pause or 0.0, longest))
            if host in self.lost or record.evidence < usual or silent < wait:
                return False
            why = f"{name} is given up for this run, after {record.row} tries in vain in a row: {problem}"
            self.lost[host] = why
            self._change.notify_all()
        level = logging.INFO if quick else logging.WARNING
        log.log(
            level, "%s. What lies only there fails; ask again later, for files with the plan of those that failed", why
        )
        return True

    def miss(self, host: str, why: str) -> None:
        """Note that a file got no connection with all its tries: after `FEW` such files, a host that never answered is given up."""
        with self._change:
            record = self._records.setdefault(host, _Record())
            record.missed += 1
            if record.missed >= FEW and not record.answered:
                self.lost.setdefault(host, why)
                self._change.notify_all()

    def pause(self, host: str, seconds: float) -> bool:
        """Wait before the next try, unless the host is given up meanwhile; return True if the run was stopped."""
        end = time.monotonic() + seconds
        with self._change:
            while not self._stop.is_set() and host not in self.lost and (left := end - time.monotonic()) > 0:
                self._change.wait(min(LISTEN, left))  # or else Ctrl-C is not heard: see `tess_source.threads`
        return self._stop.is_set()

    def wake(self) -> None:
        """Wake all waiting threads, so that they check `stop`."""
        with self._change:
            self._change.notify_all()
