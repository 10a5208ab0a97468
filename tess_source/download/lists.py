"""Small files that an archive changes now and then, such as lists and tables: fetched only if they are not known, or have changed.

They take the same way as all downloads: the session's server, login, proxy, limits, patience, throttle and redirects. ::

    with Lists(settings) as lists:
        answer = lists.fetch("https://archive.stsci.edu/…/tesscurl_sector_1_lc.sh", etag=known.etag, modified=known.modified)
        if answer.state == NEW:
            data = answer.path.read_bytes()

The answer says which of four things holds: the list is new (and lies in a temporary file), it is unchanged, there is none, or it could not
be fetched. It keeps what the next question should tell: `ListAnswer.etag` and `ListAnswer.modified`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from tess_source import disk
from tess_source.download.addresses import Addresses, request_at_server
from tess_source.download.claim import Claim
from tess_source.download.destination import LocalFolder
from tess_source.download.failures import (
    AbsentError,
    ChangedError,
    UnchangedError,
    UnreachableError,
    reason_of,
    without_secrets,
)
from tess_source.download.part import Part
from tess_source.download.progress import Progress
from tess_source.errors import BlockedConnectionError, DamagedFileError, OfflineError, TessSourceError
from tess_source.files.beginning import ending_of, expects_html
from tess_source.files.gzipped import Unpacker
from tess_source.hooks.records import Request
from tess_source.settings import ARCHIVE, Settings, is_offline
from tess_source.tables.items import INTERRUPTED, Item
from tess_source.threads import paused

if TYPE_CHECKING:
    from tess_source.download.transfer import Task

__all__ = ["ABSENT", "FAILED", "NEW", "UNCHANGED", "ListAnswer", "Lists"]

NEW, UNCHANGED, ABSENT, FAILED = "new", "unchanged", "absent", "failed"
ENCODINGS: tuple[str, ...] = ("gzip",)
"""In which lists may come."""
TIMES = 200
"""How many times its bytes a compressed list may unpack to: names of files repeat themselves, so scripts shrink to a twentieth."""
DATE = re.compile(r"[ -~]{6,60}")
TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]{0,1000}"')


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What became of the question for one list."""

    address: str
    """As it was asked for."""
    state: str
    """``NEW``, ``UNCHANGED``, ``ABSENT`` (there is no such file) or ``FAILED``."""
    path: Path = field(default_factory=Path)
    """If it is new: a file with its bytes, unpacked. It is removed when the `Lists` are closed; you may move it away before."""
    etag: str = ""
    """The server's tag of this state; empty if it gives none. Of an unchanged list, what was asked with."""
    modified: str = ""
    """``Last-Modified`` as the server sent it; empty if there is none, or if it is so recent that the list may have changed since within
    the same second. Of an unchanged list, what was asked with."""
    size: int = 0
    """If it is new: its bytes, unpacked."""
    sha256: str = ""
    """If it is new: of its bytes, unpacked."""
    problem: str = ""
    """If it failed or is absent: why, in words, with the address."""
    full: bool = False
    """Whether it failed because the disk is full: then the others will, too."""


class Lists:
    """Conditional downloads, for all threads of a run. Use it as a context manager.

    If two lists got no connection to a host that never answered in this run, the others of this host fail at once.

    Parameters
    ----------
    settings : Settings
    folder : Path, optional
        An existing folder, below which a temporary one is made for the files, and removed in the end. By default the system's folder for
        temporary files.
    bar : Progress, optional
        Counts the lists and their bytes.

    Raises
    ------
    OfflineError
        When the context is entered while no connection may be opened.
    """

    def __init__(self, settings: Settings, folder: Path | None = None, bar: Progress | None = None) -> None:
        self._settings = settings
        self._above = folder
        self._bar = bar or Progress(False, 0, 0)
        self.root: Path = Path()
        """The temporary folder."""

    def __enter__(self) -> Self:
        # Here and below, what fetches is imported late: every session reads this module, few fetch lists.
        from tess_source.download.fetch import Fetcher

        settings = self._settings
        if is_offline(settings.offline):
            raise OfflineError(
                "", "the archive's lists are fetched, and compared with what is here, only with a connection"
            )
        if self._above is None:
            self.root = Path(mkdtemp(prefix="tess-source-"))
        else:
            self.root = disk.temporary_beside(self._above / "lists")
            self.root.mkdir()
        self._folder = LocalFolder(self.root, lasting=self._above is not None)  # else they are read and removed at once
        none = Addresses({}, {}, replace(settings, prefer=ARCHIVE))
        self._fetcher = Fetcher(
            self._folder, none, settings.patience, settings.jobs, self._bar, settings.insecure_redirects
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._fetcher.halt()
        self._fetcher.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def fetch(
        self, address: str | Request, *, etag: str = "", modified: str = "", page: bool = False, ending: str = ""
    ) -> ListAnswer:
        """Fetch a list, if it is not in the state that is known already. It may be called in several threads.

        Parameters
        ----------
        address : str or Request
            An http, https or file address of an archive; the session's server takes the place of its host. A `Request` also has the
            limits of a service, such as the requests per second.
        etag, modified : str
            What the answer said in which the known state came; empty if there is none.
        page : bool
            Whether it is an HTML page. Elsewhere, a page with status 200 is a failure.
        ending : str
            What it is, e.g. ``".json"``, if its address does not end so.

        Returns
        -------
        ListAnswer
            Of every failure too, unless the run was stopped.

        Raises
        ------
        KeyboardInterrupt
            In the main thread.
        """
        return self._ask(address, etag, modified, ending=ending or ".html" * page)

    def look(self, address: str, *, etag: str = "", modified: str = "") -> ListAnswer:
        """Ask whether a list has changed, or whether there is one, without fetching it. If it is new, the answer has no file.

        The parameters are those of `fetch`. One without a tag or date counts as new.
        """
        return self._ask(address, etag, modified, only_look=True)

    def _ask(
        self, asked: str | Request, etag: str, modified: str, *, ending: str = "", only_look: bool = False
    ) -> ListAnswer:
        from tess_source.download.connection import StoppedError
        from tess_source.download.transfer import Task

        asked = Request(asked) if isinstance(asked, str) else asked
        address = asked.url
        name = f"{uuid.uuid4().hex}{ending or _ending(address)}"
        secrets: tuple[str, ...] = ()
        claim: Claim | None = None
        part: Part | None = None
        share = self._bar.share(0)
        host, whole, failed = "", False, False
        try:
            request = request_at_server(asked, self._settings)
            host = urlsplit(request.url).netloc
            secrets = tuple(request.headers.values())
            claim = self._folder.claim(name, self._settings.patience.stale)
            claim.take()
            part = self._folder.part(name, claim.name)
            conditions = _conditions(etag, modified)
            task = Task(Item(address, name), request, part, claim, share, conditions, ENCODINGS, only_look)
            self._fetcher.receive(task)
            answer, whole = self._new(address, task, part), True
            return answer
        except UnchangedError:
            return ListAnswer(address, UNCHANGED, etag=etag, modified=modified)
        except ChangedError:
            return ListAnswer(address, NEW)
        except AbsentError as error:
            return ListAnswer(address, ABSENT, problem=f"{address}: {error}")
        except StoppedError:
            failed = True
            return ListAnswer(address, FAILED, problem=f"{address}: {INTERRUPTED}")
        except BlockedConnectionError:
            raise  # a mistake in a test, not in this list
        except (TessSourceError, ValueError, OSError) as error:
            failed = True
            reason = without_secrets(reason_of(error), secrets)
            if isinstance(error.__cause__, UnreachableError):
                self._fetcher.hosts.miss(host, reason)
            return ListAnswer(address, FAILED, problem=f"{address}: {reason}", full=disk.is_full(error))
        finally:
            share.done(ok=whole, failed=failed)
            if part is not None:
                part.remove()
            if claim is not None:
                claim.release()

    def halt(self) -> None:
        """Stop all threads soon, also those that wait for a server."""
        self._fetcher.halt()

    def check(self) -> None:
        """Raise an error if the run was stopped.

        Raises
        ------
        StoppedError
        """
        from tess_source.download.connection import StoppedError

        if self._fetcher.stop.is_set():
            raise StoppedError

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is stopped: see `check`."""
        paused(self._fetcher.stop, seconds)
        self.check()

    def _new(self, address: str, task: Task, part: Part) -> ListAnswer:
        from tess_source.download.http import settled_date

        path = self._folder.commit(part)
        size, sha256 = part.count, part.verifier.sha256 if part.verifier is not None else ""
        if task.encoding == "gzip":
            path, packed = path.with_suffix(".plain"), path
            size, sha256 = _unpack(packed, path, self._settings.patience.largest)
            packed.unlink()
        tag = task.head.get("ETag", "").strip()
        etag = tag if TAG.fullmatch(tag) else ""
        return ListAnswer(address, NEW, path, etag, settled_date(task.head), size, sha256)


def _ending(address: str) -> str:
    """Return the ending of a name by which a list is verified: what is no page is known as such by its ending.

    A service, whose address has none, may answer with anything but a page.
    """
    last = urlsplit(address).path.rpartition("/")[2]
    if "." not in last:
        return ""
    ending = ending_of(last)
    return ".txt" if expects_html(f"list{ending}") or not re.fullmatch(r"\.[a-z0-9]{1,8}", ending) else ending


def _conditions(etag: str, modified: str) -> dict[str, str]:
    """Return the headers that ask whether a list has changed.

    Apache adds ``-gzip`` to the tag of what it compresses, and in most versions does not know the tag again, so the plain one is sent too.
    """
    conditions = {}
    if TAG.fullmatch(etag):
        plain = re.sub(r'-gzip"$', '"', etag)
        conditions["If-None-Match"] = etag if plain == etag else f"{etag}, {plain}"
    if DATE.fullmatch(modified):
        conditions["If-Modified-Since"] = modified
    return conditions


def _unpack(packed: Path, path: Path, most: int) -> tuple[int, str]:
    """Unpack a file, and return the bytes and the sha256 of what was in it.

    Raises
    ------
    DamagedFileError
        If it is damaged, or holds too much.
    OSError
        If it cannot be written.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as file:
        for piece in _pieces(packed):
            size += len(piece)
            if size > most:
                raise DamagedFileError(f"what came unpacks to more than {most:,} bytes")
            digest.update(piece)
            file.write(piece)
    return size, digest.hexdigest()


def _pieces(packed: Path) -> Iterator[bytes]:
    from tess_source.download.transfer import CHUNK

    unpacker = Unpacker(TIMES)
    with disk.opened(packed) as file:
        chunks: Iterable[bytes] = iter(lambda: file.read(CHUNK), b"")
        for chunk in chunks:
            yield from unpacker.feed(chunk)
    unpacker.finish()
