"""Uploads of files to object stores. A single request makes the object, so that it is whole or not there, whenever a process is killed."""

from __future__ import annotations

import functools
import hashlib
import mmap
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tess_source import disk, extras
from tess_source.errors import ObjectStoreError
from tess_source.object_store.multipart import upload_parts
from tess_source.object_store.path import ObjectPath
from tess_source.object_store.problems import asked
from tess_source.object_store.store import open_store
from tess_source.object_store.waiting import waited
from tess_source.system import Stamp

__all__ = ["LARGEST", "MD5", "SHA256", "check_size", "upload_bytes", "upload_file"]

LARGEST = 5 << 30
"""Bytes of the largest object that S3 takes in one request. Larger ones are sent in parts: `tess_source.object_store.multipart`."""
MAPPED = 8 << 20
"""Bytes from which a file is mapped into memory and not read into it: many are uploaded at the same time."""
SHA256 = "tess-source-sha256"
"""Name under which an object keeps the sum of its bytes, as metadata: ``x-amz-meta-tess-source-sha256``. It tells that it was verified."""
MD5 = "tess-source-md5"
"""Name under which it keeps their MD5. If that is still its ETag, nobody changed its bytes: a program that does may keep `SHA256`."""


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
    with disk.opened(local) as file:
        found = Stamp.of(os.fstat(file.fileno()))
        if verified not in {None, (found.size, found.times[0])}:
            raise ObjectStoreError(str(place), f"{local} was changed after it was verified; it is not uploaded")
        check_size(found.size, place)
        condition = _condition(if_absent, if_etag)
        if found.size < MAPPED:
            return _put(place, file.readall(), condition, sha256, check)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if found.size <= LARGEST:
                return _put(place, data, condition, sha256, check)
            kept = {SHA256: sha256} if sha256 else {}
            return upload_parts(data, place, if_absent=if_absent, if_etag=if_etag, metadata=kept, check=check)


def check_size(size: int, place: ObjectPath) -> None:
    """Check that a file of so many bytes can be uploaded, e.g. before it is fetched.

    Raises
    ------
    ObjectStoreError
        If it is too large for the store.
    MissingExtraError
        If boto3 is needed, and not installed.
    """
    if size <= LARGEST:
        return
    if place.scheme != "s3":
        raise ObjectStoreError(str(place), f"it would have {size:,} bytes; {LARGEST:,} can be uploaded at most")
    extras.check("boto3", "s3", "an upload of more than 5 GB")


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
    kept = {SHA256: sha256, MD5: hashlib.md5(data, usedforsecurity=False).hexdigest()} if sha256 else {}
    put = functools.partial(store.put_async, place.key, data, mode=mode, use_multipart=False, attributes=kept)
    return asked(place, waited, put, check)["e_tag"] or ""
