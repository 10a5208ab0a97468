"""Making of one shard: its files are fetched, verified and converted; the shard appears, and the files are forgotten.

This is what runs on workers, which may be other processes or machines, and may be killed at any moment.
"""

from __future__ import annotations

import copy
import logging
import shutil
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tess_source import disk
from tess_source._lazy import pl
from tess_source.display.visible import logger
from tess_source.errors import DamagedFileError, DownloadError
from tess_source.object_store.path import Root
from tess_source.tables.items import FETCHED, Entry, Items
from tess_source.tables.plan import Plan
from tess_source_arrays.arrays import each
from tess_source_arrays.shard import reasons_by_uri, sorted_entries, write_shard
from tess_source_dataset.division import Shard
from tess_source_dataset.recipe import DataSetRecipe
from tess_source_dataset.shard_file import ShardState, check_pages, sha256_of, state_of
from tess_source_dataset.storage import Storage, storage_of

if TYPE_CHECKING:
    from tess_source.session import Session

__all__ = ["NotInCopyError", "ShardJob", "alone", "checked", "made", "working_folder"]

log: logging.Logger = logger(__name__)


class NotInCopyError(DownloadError):
    """A copy of the archive's files lacks one that a shard needs."""


def alone(session: Session) -> Session:
    """Return a session for a worker, which leaves nothing to other workers."""
    session, settings = copy.copy(session), session.settings.alone()
    session.settings = settings
    return session


@dataclass(frozen=True)
class ShardJob:
    """What a worker needs to make a shard, or to check it."""

    shard: Shard
    recipe: DataSetRecipe
    root: Root
    """Place of the data set."""
    session: Session
    sha256: str | None = None
    """Sum of the shard, if it was made before."""
    jobs: int | None = None
    """Files fetched at the same time."""
    temporary: Path | None = None
    """Folder for temporary files."""
    files: Path | None = None
    """Folder in which the FITS files are kept; None: they are removed once the shard is there."""
    copy: str = ""
    """Word of a copy, e.g. ``"cloud-only"``: files come from there alone, and a file that it lacks is an error at once. Empty: from where
    the session says."""


def made(job: ShardJob) -> ShardState:
    """Make a shard, unless it is there and whole. If it lacks files, these are tried again.

    Raises
    ------
    NotInCopyError
        If files are to come from a copy alone, and it lacks one.
    OSError
        If the shard cannot be written.
    """
    storage = storage_of(job.root)
    with working_folder(job.temporary) as folder:
        lying = _lying(job, storage, folder)
        if lying is not None and not (lying.missing and _comes_now(job, lying.missing, folder)):
            return lying
        return _made_anew(job, storage, folder, lying)


def checked(job: ShardJob) -> ShardState:
    """Read a whole shard, and return what it holds.

    Raises
    ------
    FileNotFoundError
        If there is no such shard.
    DamagedFileError
        If something is wrong with it.
    """
    storage = storage_of(job.root)
    with working_folder(job.temporary) as folder:
        path = storage.fetch(job.shard.name, folder)
        if path is None:
            raise FileNotFoundError("it is missing")
        state = state_of(path, job.shard, job.recipe)
        if job.sha256 not in {None, state.sha256}:
            raise DamagedFileError(f"its sha256 is {state.sha256}, not {job.sha256}")
        check_pages(path, state, job.recipe)
        return state


@contextmanager
def working_folder(above: Path | None) -> Iterator[Path]:
    """Make a folder for the files of one shard, which is removed in the end. Those of processes that were killed are removed first."""
    place = Path(tempfile.gettempdir()) if above is None else above
    place.mkdir(parents=True, exist_ok=True)
    disk.tidy(place)
    folder = disk.temporary_beside(place / "tess-source-dataset")
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lying(job: ShardJob, storage: Storage, folder: Path) -> ShardState | None:
    """Return the state of the shard that is there; None if there is none, or it is not whole."""
    path = storage.fetch(job.shard.name, folder)
    if path is None:
        return None
    try:
        state = state_of(path, job.shard, job.recipe)
        if job.sha256 is None:
            check_pages(path, state, job.recipe)
        elif job.sha256 != state.sha256:
            raise DamagedFileError(f"its sha256 is {state.sha256}, not {job.sha256}")
    except DamagedFileError as error:
        log.warning("%s/%s is made again: %s", storage, job.shard.name, error)
        return None
    return state


def _comes_now(job: ShardJob, missing: Container[str], folder: Path) -> bool:
    """Return whether one of the files that could not be had before can be read now."""
    frame = job.shard.items.to_polars()
    entries = _fetched(job, Items(frame.filter(pl.col("uri").is_in(list(missing)))), folder)  # type: ignore[call-overload]
    return any(arrays.ok for arrays in each(entries, job.recipe.options().asked))


def _made_anew(job: ShardJob, storage: Storage, folder: Path, lying: ShardState | None) -> ShardState:
    """Make a shard. One that lies there is kept unless the new one has more of its files."""
    options = job.recipe.options()
    entries = _fetched(job, job.shard.items, folder)
    plan = Plan(job.shard.items, folder, {"dataset": job.recipe.record()}, job.session)
    path = folder / "shard.parquet"
    with path.open("wb") as file:
        written = write_shard(file, sorted_entries(entries, options), plan, options)
    if lying is not None and len(written.failed) >= len(lying.missing):
        return lying
    if not written.rows:
        return ShardState(job.shard.name, missing=reasons_by_uri(written.failed))
    storage.put(job.shard.name, path)
    (lock,) = written.locks
    size, missing = path.stat().st_size, reasons_by_uri(written.failed)
    return ShardState(
        job.shard.name, sha256_of(path), size, written.rows, missing, written.unfit, lock.items.to_polars()
    )


def _fetched(job: ShardJob, items: Items, folder: Path) -> list[Entry]:
    """Fetch files, and return their entries without what differs from run to run: where and when they came from."""
    plan = Plan(items, job.files or folder / "files", {}, _session_of(job))
    manifest = []
    for entry in plan.iter_download(jobs=job.jobs, progress=False):
        manifest.append(entry)
        if job.copy and not entry.ok:
            break  # which also ends the download
    if job.copy and manifest and not manifest[-1].ok:
        raise NotInCopyError(f"{manifest[-1].item.uri}: {manifest[-1].error}")
    error = str(folder)
    return [
        replace(entry, etag=None, via="", mtime_ns=None, error=entry.error.replace(error, ""))
        if not entry.ok
        else replace(entry, status=FETCHED, etag=None, via="", mtime_ns=None)
        for entry in manifest
    ]


def _session_of(job: ShardJob) -> Session:
    """Return the session that fetches files. From a copy alone, it tries each once, since there is the archive, too."""
    if not job.copy:
        return job.session
    session, settings = copy.copy(job.session), job.session.settings
    session.settings = replace(settings, prefer=job.copy, patience=replace(settings.patience, tries=1))
    return session
