"""Uploads of files to object stores: each a single request, so that there is the whole object or none, whenever a process is killed."""

from __future__ import annotations

import functools
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tess_source import disk
from tess_source.errors import ObjectStoreError
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.problems import asked
from tess_source.object_store.store import open_store
from tess_source.object_store.waiting import waited
from tess_source.system import Stamp

__all__ = ["LARGEST", "SHA256", "upload_bytes", "upload_file"]

LARGEST = 5 << 30
"""Bytes of the largest object that S3 takes in one request."""
MAPPED = 8 << 20
"""Bytes from which a file is mapped into memory and not read into it: many are uploaded at the same time."""
SHA256 = "tess-source-sha256"
"""Name under which an object keeps the sum of its bytes, as metadata: ``x-amz-meta-tess-source-sha256``. It tells that it was verified."""


def upload_file(
    local: Path,
    place: ObjectPath,
    *,
    if_absent: bool = False,
    if_etag: str | None = None,
    sha256: str | None = None,
    verified: tuple[int, int] | None = None,
    check: Callable[[], object] | None = None,
) -> str:
    """Upload a file. A reader finds the old object or the whole new one, never a part.

    Parameters
    ----------
    local : Path
        A whole file, which nobody changes meanwhile.
    place : ObjectPath
    if_absent : bool
        Whether to upload only if there is no such object.
    if_etag : str, optional
        The ETag of the object that may be replaced, if another is not to be.
    sha256 : str, optional
        Sum of the file's bytes, which is kept with the object.
    verified : tuple of two int, optional
        Size [byte] and time of the last change [ns since 1970] of the file when it was verified. If they are others, it is not uploaded.
    check : callable, optional
        Called now and then while the store is waited for; it may raise an error to give up.

    Returns
    -------
    str
        The ETag of the new object.

    Raises
    ------
    ObjectConflictError
        If somebody else's object is there; it was not replaced.
    ObjectStoreError
        If it cannot be uploaded; then there is nothing new in the store.
    OSError
        If the file cannot be read, or was changed.
    """
    condition = _condition(if_absent, if_etag)
    with disk.opened(local) as file:
        found = Stamp.of(os.fstat(file.fileno()))
        if verified not in {None, (found.size, found.times[0])}:
            raise ObjectStoreError(str(place), f"{local} was changed after it was verified; it is not uploaded")
        if found.size > LARGEST:
            raise ObjectStoreError(str(place), f"{local} has {found.size:,} bytes; {LARGEST:,} can be uploaded at most")
        if found.size < MAPPED:
            return _put(place, file.readall(), condition, sha256, check)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _put(place, data, condition, sha256, check)


def upload_bytes(
    data: bytes, place: ObjectPath, *, if_absent: bool = False, if_etag: str | None = None, sha256: str | None = None
) -> str:
    """Upload bytes as an object: see `upload_file`."""
    return _put(place, data, _condition(if_absent, if_etag), sha256, None)


def _condition(if_absent: bool, if_etag: str | None) -> Any:
    """Return the condition of an upload, as obstore words it."""
    return "create" if if_absent else "overwrite" if if_etag is None else {"e_tag": if_etag}


def _put(place: ObjectPath, data: Any, mode: Any, sha256: str | None, check: Callable[[], object] | None) -> str:
    store = open_store(place, large=len(data) >= MAPPED)
    kept: dict[str, str] = {SHA256: sha256} if sha256 else {}
    put = functools.partial(store.put_async, place.key, data, mode=mode, use_multipart=False, attributes=kept)
    return asked(place, waited, put, check)["e_tag"] or ""
