"""Downloads to an object store: each file is fetched to a folder of this machine, verified there, and then uploaded as a whole.

An object appears under its key by a single request, so that there is a whole, verified object or none, whenever a process is killed. What
could not be uploaded stays in the folder, and is not fetched again by the next run. The request has a condition: an object that somebody
else has uploaded meanwhile is taken if it is whole, and replaced only if it is still the one that was found damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.download.connection import StoppedError
from tess_source.download.existing import whole
from tess_source.download.failures import reason_of
from tess_source.download.fetch import Fetcher
from tess_source.errors import MissingExtraError, ObjectConflictError, ObjectStoreError
from tess_source.object_store.folder import ObjectFolder
from tess_source.object_store.multipart import sweep_uploads
from tess_source.object_store.path import ObjectPath, Root
from tess_source.object_store.upload import LARGEST, check_size, upload_file
from tess_source.settings import OWN_FOLDER, Settings, store_root
from tess_source.tables.entry_rows import EntryNotes
from tess_source.tables.items import COPIED, FAILED, FETCHED, HERE, INTERRUPTED, Entry, Item, Items
from tess_source.threads import held

__all__ = ["ObjectFetcher", "forget_uploaded", "spool_of", "tidy_spools"]

log: logging.Logger = logger(__name__)

TRIES = 3
"""Uploads of one file, each after somebody else has written or removed the object meanwhile."""

KEPT = 7 * 86400.0
"""Seconds for which a file waits for its upload by another run."""


def spool_of(root: Root, settings: Settings) -> Path:
    """Return the folder to which files are fetched: that of a plan, or for an object store one in the cache folder."""
    if not isinstance(root, ObjectPath):
        return root
    return store_root(settings) / OWN_FOLDER / "uploads" / hashlib.sha256(str(root).encode()).hexdigest()[:16]


def tidy_spools(settings: Settings) -> None:
    """Remove files that have waited for their upload for a week: nobody seems to want them any more."""
    old = time.time() - KEPT
    for folder, _, names in os.walk(store_root(settings) / OWN_FOLDER / "uploads"):
        for path in (Path(folder, name) for name in names):
            with contextlib.suppress(OSError):  # another process has just uploaded it
                if path.lstat().st_mtime < old:
                    path.unlink()


def forget_uploaded(existing: EntryNotes, items: Items, root: Root, settings: Settings) -> None:
    """Remove files that wait for their upload although it was done: a process that was killed had no time to remove them.

    Parameters
    ----------
    existing : EntryNotes
        The files of a plan that are in the store.
    items : Items
        All files of the plan.
    root : Path or ObjectPath
        The plan's place.
    settings : Settings
    """
    spool = spool_of(root, settings)
    if spool == root:
        return
    waiting = [
        Path(folder, name).relative_to(spool).as_posix() for folder, _, names in os.walk(spool) for name in names
    ]
    if waiting:
        numbered = items.to_polars().select("path").with_row_index().filter(pl.col("path").is_in(waiting))
        for number, path in numbered.rows():
            if number in existing:
                disk.remove(spool / path)


class ObjectFetcher(Fetcher):
    """Fetcher of files to an object store, shared by all threads of a run.

    Parameters
    ----------
    root : ObjectPath
        Where the objects go.
    folder : Destination
        The folder in which files wait for their upload; the other parameters are those of `Fetcher`.
    """

    threads_per_job = 2  # while one uploads, another fetches

    def __init__(self, root: ObjectPath, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._objects = ObjectFolder(root)
        self._refused = ""
        self._is_swept, self._sweeping = False, threading.Lock()

    def entry(self, item: Item) -> Entry | None:
        """Fetch one item and upload it, if it is not in the store. Any failure becomes the entry's error.

        Returns
        -------
        Entry or None
            None if another process of this machine is fetching it: look again later.
        """
        return self._guarded(item, lambda: self._delivered(item))

    def _guarded(self, item: Item, work: Callable[[], Entry | None]) -> Entry | None:
        """Do some work with the store. After an answer that holds for the whole bucket, no other file is fetched in vain."""
        if self._refused:
            return Entry(item, FAILED, error=self._refused)
        try:
            return work()
        except StoppedError:
            return Entry(item, FAILED, error=INTERRUPTED)
        except ObjectStoreError as error:
            if error.lasting:
                self._refused = str(error)
            log.info("%s: %s", item.uri, error)
            return Entry(item, FAILED, error=str(error))
        except (MissingExtraError, OSError, ValueError) as error:
            return Entry(item, FAILED, error=reason_of(error))

    def _delivered(self, item: Item) -> Entry | None:
        here, damaged = self._here_or_damaged(item)
        if here is not None:
            self._forget_file(item)
            return here
        check_size(item.size or 0, self._objects.place(item.path))
        fetched = super().entry(item)
        if fetched is None or not fetched.ok:
            return fetched
        for tries in itertools.count(1):
            try:
                return self._uploaded(fetched, damaged)
            except (ObjectConflictError, FileNotFoundError):  # another process was faster, here or elsewhere
                here, damaged = self._here_or_damaged(item)
                if here is not None:
                    self._forget_file(item)
                    return here
                if tries == TRIES:
                    raise
        return None

    def _here_or_damaged(self, item: Item) -> tuple[Entry | None, str]:
        """Return the entry of an object that is whole, and else the ETag of the object that may be replaced; empty if there is none."""
        lying = self._objects.exists(item.path)
        if lying is None:
            return None, ""
        return whole(self._objects, item), lying.etag

    def _uploaded(self, fetched: Entry, damaged: str) -> Entry:
        """Upload a file that lies whole in the folder."""
        assert fetched.path is not None
        place, item = self._objects.place(fetched.item.path), fetched.item
        verified = None if fetched.mtime_ns is None else (fetched.bytes, fetched.mtime_ns)
        if fetched.bytes > LARGEST:
            self._sweep_once()
        condition: dict[str, Any] = {"if_etag": damaged} if damaged else {"if_absent": True}
        etag = upload_file(
            fetched.path, place, sha256=fetched.sha256, verified=verified, check=self._check_stopped, **condition
        )
        self._forget_file(item)
        status = COPIED if fetched.status == HERE else FETCHED
        return replace(fetched, status=status, path=None, object=place, object_etag=etag, mtime_ns=None)

    def _sweep_once(self) -> None:
        """Abort old uploads of killed processes: once per run, and only of one that uploads files in parts, too."""
        with held(self._sweeping, self._check_stopped):
            if not self._is_swept:
                self._is_swept = True
                sweep_uploads(self._objects.root)

    def _check_stopped(self) -> None:
        if self.stop.is_set():
            raise StoppedError

    def _forget_file(self, item: Item) -> None:
        """Remove a file that is in the store now."""
        disk.remove(self.folder.place(item.path))
