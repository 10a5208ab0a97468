"""The fetching of one file: claimed, fetched from one of its addresses with repeated tries, and then renamed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from tess_source import disk
from tess_source.display.visible import logger
from tess_source.download.addresses import Addresses, scheme_of
from tess_source.download.claim import Claim
from tess_source.download.connection import StoppedError
from tess_source.download.destination import Destination
from tess_source.download.existing import whole
from tess_source.download.failures import AgainError, DamagedError, reason_of, without_secrets
from tess_source.download.hosts import Hosts
from tess_source.download.part import Part
from tess_source.download.progress import Progress, Share
from tess_source.download.throttle import Throttle
from tess_source.download.transfer import Task, Transfers
from tess_source.download.unpacking import unpacked
from tess_source.errors import BlockedConnectionError, DownloadError, TessSourceError, type_and_text
from tess_source.hooks.records import Request
from tess_source.settings import Patience
from tess_source.tables.items import FAILED, FETCHED, INTERRUPTED, Entry, Item

__all__ = ["Fetcher"]

log: logging.Logger = logger(__name__)


class Fetcher:
    """Fetcher of single files, shared by all threads of a run.

    Parameters
    ----------
    folder : Destination
    addresses : Addresses
    patience : Patience
    jobs : int
        Connections at most.
    bar : Progress
    insecure_redirects : bool
        Whether redirects from https to http are followed.
    lost : mapping, optional
        Hosts that are given up already → why.
    """

    def __init__(
        self,
        folder: Destination,
        addresses: Addresses,
        patience: Patience,
        jobs: int,
        bar: Progress,
        insecure_redirects: bool = False,
        lost: Mapping[str, str] | None = None,
    ) -> None:
        self.folder: Destination = folder
        self.addresses: Addresses = addresses
        self.patience: Patience = patience
        self.bar: Progress = bar
        self.transfers: Transfers = Transfers(folder, patience, jobs, insecure_redirects)
        self.stop: threading.Event = self.transfers.stop
        self.throttle: Throttle = Throttle(jobs, self.stop)
        self.hosts: Hosts = Hosts(patience, self.stop, lost)

    threads_per_job = 2
    """Threads per connection: while one waits for the disk, another fetches."""

    def halt(self) -> None:
        """Stop all threads soon, also those that wait for the next bytes of a slow server."""
        self.transfers.halt()
        self.throttle.wake()
        self.hosts.wake()

    def close(self) -> None:
        """Close all connections."""
        self.transfers.close()

    def entry(self, item: Item) -> Entry | None:
        """Fetch one item, if it is not here. Any failure becomes the entry's error.

        Returns
        -------
        Entry or None
            None if another process is fetching it: look again later.
        """
        share = self.bar.share(item.size, item.uri)
        try:
            entry = self._entry_once_claimed(item, share)
        except StoppedError:
            return Entry(item, FAILED, error=INTERRUPTED)
        except BlockedConnectionError:
            raise  # a mistake in a test, not in this file
        except (TessSourceError, OSError, ValueError) as error:
            entry = Entry(item, FAILED, error=reason_of(error))
        if entry is None:
            return None
        share.done(ok=entry.status == FETCHED, failed=not entry.ok)
        if not entry.ok:
            log.info("%s: %s", item.uri, entry.error)
        return entry

    def _entry_once_claimed(self, item: Item, share: Share) -> Entry | None:
        uris = self.addresses.uris_of(item)
        if not uris:
            there = ", ".join(self.addresses.schemes) or "none"
            raise DownloadError(f"no plugin fetches {scheme_of(item.uri)!r} URIs; there are {there}")
        claim = self.folder.claim(item.path, self.patience.stale)
        if not claim.take():
            return None
        try:
            here = whole(self.folder, item)  # another may have finished it just now
            return here or self._from_any(item, uris, claim, share)
        finally:
            claim.release()

    def _from_any(self, item: Item, uris: Iterable[str], claim: Claim, share: Share) -> Entry:
        """Fetch an item from one of its addresses: with one quick try at each, and else with as many as patience allows."""
        requests, problems = self._requests_and_problems(uris)
        part = self.folder.part(item.path, claim.name)
        try:
            for quick in (True, False) if len(requests) > 1 else (False,):
                for request in self._in_order(requests) if quick else list(requests):
                    task = Task(item, request, part, claim, share, quick=quick)
                    if (problem := self._problem_at(task)) is None:
                        return _fetched(task)
                    problems[request.url] = problem.words
                    if problem.lasting:
                        requests.remove(request)
        except OSError as error:  # of this machine, not of the server: another address would not help
            problems[""] = reason_of(error)
        finally:
            part.remove()
        return Entry(item, FAILED, error="; ".join(dict.fromkeys(filter(None, problems.values()))))

    def _requests_and_problems(self, uris: Iterable[str]) -> tuple[list[Request], dict[str, str]]:
        """Return all addresses of some URIs, best first, and the reason for each URI that has none."""
        requests: list[Request] = []
        problems: dict[str, str] = {}
        for uri in uris:
            try:
                found = self.addresses.of(uri)
            except BlockedConnectionError:
                raise
            except (TessSourceError, ValueError) as error:
                problems[uri] = reason_of(error)
            except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
                problems[uri] = type_and_text(error)
            else:
                problems |= {request.url: "" for request in found} or {uri: self.addresses.why_none(uri)}
                requests += found
        return requests, problems

    def _in_order(self, requests: Iterable[Request]) -> list[Request]:
        """Return addresses as they are tried first: those of hosts that do not deliver at present come last."""
        behind = {host: self.hosts.behind(host) for host in dict.fromkeys(map(_host_of, requests))}
        return sorted(requests, key=lambda request: behind[_host_of(request)])

    def _problem_at(self, task: Task) -> _Problem | None:
        """Fetch an item from one address, and rename its part to the file. Return what went wrong; None if nothing."""
        secrets = tuple(task.request.headers.values())
        try:
            if task.request.unpack:
                self._receive_zip(task)
            else:
                self.receive(task)
            self._commit(task.part)
        except (StoppedError, BlockedConnectionError):
            raise
        except (TessSourceError, ValueError) as error:
            lasting = not isinstance(error, AgainError)
            return _Problem(without_secrets(reason_of(error), secrets), lasting)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  a mistake in a plugin must not cost the other files
            return _Problem(without_secrets(type_and_text(error), secrets), lasting=True)
        return None

    def _commit(self, part: Part) -> None:
        try:
            self.folder.commit(part)
        except DownloadError:
            part.forget()  # somebody changed it
            raise

    def _receive_zip(self, task: Task) -> None:
        """Fetch the zip file that holds the item's file, and unpack it; fetch it again if it is damaged."""
        if task.request.unpack != "zip":
            raise DownloadError(f"unpack={task.request.unpack!r} is not known; 'zip' is")
        item = replace(task.item, path=f"{task.item.path}.packed", size=None, sha256=None, etag=None, kind="other")
        task.part.forget()  # what another address may have sent
        came: set[str] = set()
        while True:
            packed = self.folder.part(item.path, task.claim.name)
            try:
                self.receive(Task(item, task.request, packed, task.claim, task.share, quick=task.quick))
                unpacked(packed, task, self.folder, self.patience)
                return
            except DamagedError as error:
                if task.quick:
                    raise
                digest = packed.verifier.sha256 if packed.verifier is not None else ""
                if digest in came or len(came) + 1 >= self.patience.tries:
                    raise DownloadError(f"{error} (it came {len(came) + 1} times)") from error
                came.add(digest)
            finally:
                packed.remove()

    def receive(self, task: Task) -> None:
        """Fetch all bytes of a file to its part, with repeated tries; if it is quick, with one in vain, and few in all.

        Raises
        ------
        AgainError
            If a quick try was in vain, and another may succeed.
        DownloadError
            If it cannot be fetched.
        StoppedError
            If the run was stopped.
        OSError
            If this machine cannot write it.
        """
        part, request = task.part, task.request
        host = _host_of(request)
        failed: set[str] = set()
        vain = tries = 0
        self._adopt(task)
        while True:
            before, tries = part.count, tries + 1
            with self.throttle.slot(host, request.per_second, request.at_once) as since:
                self.hosts.check(host)
                try:
                    self.transfers.receive(task)
                    break
                except AgainError as error:
                    problem = error
                except DownloadError:
                    self.hosts.answer(host)
                    raise
            eased = not task.quick and self._lower(problem, host, since)
            digest = part.verifier.sha256 if part.verifier is not None else ""
            if isinstance(problem, DamagedError):
                if digest in failed:
                    raise DownloadError(f"{problem} (the same bytes came twice)")
                failed.add(digest)
                part.forget()
            grown = part.continues(request.url) is not None and part.count > before
            grown = grown and not (task.quick and problem.strain)  # a host that stalls may keep a file for minutes
            if not (grown or eased):  # "too many requests" is no fault of this file while there can be fewer
                vain += 1
            self._note(task, problem, since, vain=not (grown or eased))
            if task.quick and (vain or tries >= self.patience.tries):
                raise problem
            if vain >= self.patience.tries or tries >= self.patience.most:
                raise DownloadError(f"{problem} (tried {tries} times)") from problem
            pause = self.patience.pause(max(1, vain), problem.pause)
            log.debug("%s: %s; again in %.1f s", task.item.uri, problem, pause)
            if self.hosts.pause(host, pause):
                raise StoppedError
        self.throttle.ease()
        self.hosts.answer(host, file=True)

    def _lower(self, problem: AgainError, host: str, since: float) -> bool:
        """Ask for less at a time if a failure is a sign of strain; return whether this may help all files."""
        held = problem.everybody and host not in self.hosts.lost
        hold = min(self.patience.longest, problem.pause or 0.0) if held else 0.0
        return problem.strain and self.throttle.lower(since, host, hold) and problem.everybody

    def _note(self, task: Task, problem: AgainError, since: float, *, vain: bool) -> None:
        """Note what a try that failed tells about its host."""
        host = _host_of(task.request)
        if problem.files and vain and self.hosts.refuse(host, problem, since, quick=task.quick):
            self.throttle.release(host)
        elif not problem.everybody and (not problem.files or not vain):
            self.hosts.answer(host)

    def _adopt(self, task: Task) -> None:
        """Resume the part of an ended run, if it is of the same size and address, or known by its MD5."""
        claim, item = task.claim, task.item
        if (left := claim.left) is None or not left.source.suits(task.request.url):
            return
        claim.left = None
        if item.size in {None, left.expected}:
            task.part.adopt(left, task.verifier(left.expected, left.source.content))
        disk.remove(left.part)


class _Problem(NamedTuple):
    """Why a file did not come from an address."""

    words: str
    lasting: bool
    """Whether this address is not tried again."""


def _host_of(request: Request) -> str:
    return urlsplit(request.url).netloc


def _fetched(task: Task) -> Entry:
    part, url = task.part, task.request.url
    sha256 = part.verifier.sha256 if part.verifier is not None else None
    etag = part.source.content if part.source is not None else ""
    return Entry(task.item, FETCHED, part.path, url, part.count, sha256, etag=etag or None, mtime_ns=part.mtime_ns)
