"""The ETags of object stores, which tell what is in a file: the MD5 of its bytes, or of the MD5s of the parts that it was uploaded in.

The size of the parts is not told, so those are tried that programs use.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from pathlib import Path

from tess_source import disk

__all__ = ["ETAG", "agrees", "content_tag", "is_of_object_store", "md5_of"]

ETAG = "[0-9A-Fa-f]{32}(-[1-9][0-9]{0,4})?"
"""Such an ETag without its quotation marks, as a regular expression; after the dash is the number of parts."""
MIB = 1 << 20
SIZES = tuple(size * MIB for size in (8, 16, 5, 10, 15, 32, 50, 64, 100, 128, 256, 512))
"""Usual sizes of parts [bytes]."""
ENCRYPTION = "x-amz-server-side-encryption"


def content_tag(etag: str | None) -> str:
    """Return an ETag in lower case without its quotation marks; empty if it is weak, or has not the form of one of an object store."""
    tag = (etag or "").strip().strip('"')
    return tag.lower() if re.fullmatch(ETAG, tag) else ""


def md5_of(etag: str | None) -> str | None:
    """Return the MD5 that an ETag of an object store is, 32 hexadecimal digits; None if the file was uploaded in parts."""
    tag = content_tag(etag)
    return tag if len(tag) == 32 else None


def is_of_object_store(headers: Mapping[str, str], *, known: bool = False) -> bool:
    """Return whether a response's ETag tells what is in the file.

    Parameters
    ----------
    headers : mapping
        The response's headers; case does not matter.
    known : bool
        Whether the address is known to be one of an object store. Otherwise its headers tell.
    """
    amazon = "x-amz-request-id" in headers or "x-amz-id-2" in headers or headers.get("Server", "") == "AmazonS3"
    by_key = headers.get(ENCRYPTION, "").startswith("aws:kms") or f"{ENCRYPTION}-customer-algorithm" in headers
    return (known or amazon) and not by_key


def agrees(path: Path, etag: str) -> bool | None:
    """Return whether a file has the bytes that an object store has, by its ETag.

    Parameters
    ----------
    path : Path
    etag : str
        With quotation marks or without.

    Returns
    -------
    bool or None
        None if that cannot be told: the parts have no usual size, or the ETag is no sum. So for several parts it is never False.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    if (wanted := md5_of(etag)) is not None:
        return _sums(path, [0])[0] == wanted
    digest, _, number_of_parts = content_tag(etag).partition("-")
    if not number_of_parts:
        return None
    count = int(number_of_parts)
    size = path.stat().st_size
    if count == 1:
        return _sums(path, [max(size, 1)])[0] == digest
    sizes = [part for part in SIZES if -(-size // part) == count]
    return True if digest in _sums(path, sizes) else None


def _sums(path: Path, sizes: list[int]) -> list[str]:
    """Return the sum of a file for each size of its parts; 0: in one part, without a sum of sums."""
    parts = [hashlib.md5(usedforsecurity=False) for _ in sizes]
    wholes = [hashlib.md5(usedforsecurity=False) for _ in sizes]
    at = 0
    with io.BufferedReader(disk.opened(path, links=True), MIB) as file:
        while sizes and (piece := file.read(MIB)):
            for number, size in enumerate(sizes):
                if size and at and at % size == 0:
                    wholes[number].update(parts[number].digest())
                    parts[number] = hashlib.md5(usedforsecurity=False)
                parts[number].update(piece)
            at += len(piece)
    for whole, part in zip(wholes, parts, strict=True):
        whole.update(part.digest())
    return [
        part.hexdigest() if size == 0 else whole.hexdigest()
        for size, part, whole in zip(sizes, parts, wholes, strict=True)
    ]
