"""ETags of object stores: the MD5 of a file that was stored in one part, or the MD5 of the MD5s of its parts, with their number.

The size of the parts is not told, so those are tried that programs use.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

from tess_source import disk

__all__ = ["agrees", "md5_of"]

MIB = 1 << 20
SIZES = tuple(size * MIB for size in (8, 16, 5, 10, 15, 32, 50, 64, 100, 128, 256, 512))
"""Usual sizes of parts [bytes]."""
SINGLE = re.compile('"?([0-9a-f]{32})"?', re.IGNORECASE)
SEVERAL = re.compile('"?([0-9a-f]{32})-([1-9][0-9]{0,4})"?', re.IGNORECASE)


def md5_of(etag: str) -> str | None:
    """Return the MD5 of a file, 32 hexadecimal digits in lower case, from the ETag of an object store, with quotation marks or without.

    Returns
    -------
    str or None
        None if the file was stored in several parts, or the ETag is something else.
    """
    single = SINGLE.fullmatch(etag.strip())
    return single[1].lower() if single else None


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
    several = SEVERAL.fullmatch(etag.strip())
    if several is None:
        return None
    digest, count = several[1].lower(), int(several[2])
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
