"""ETags of object stores, which are sums of the bytes: of the whole file, or of the parts in which it was once uploaded."""

from __future__ import annotations

import hashlib
import re
from typing import IO

__all__ = ["PARTS", "is_sum", "same_bytes"]

_SUM = re.compile(r"([0-9a-f]{32})(?:-([1-9][0-9]{0,4}))?")
CHUNK = 1 << 20
"""Bytes read at a time: each size of parts is a multiple of it."""
PARTS = tuple(size << 20 for size in (8, 16, 5, 10, 15, 32, 50, 64, 100, 128, 256, 512))
"""Usual sizes of parts [byte]. An ETag does not tell which it was."""


def is_sum(etag: str | None) -> bool:
    """Return whether an ETag has the form of a sum: that of other servers may be anything."""
    return _SUM.fullmatch(etag or "") is not None


def same_bytes(file: IO[bytes], size: int, etag: str | None) -> bool | None:
    """Return whether a file has the bytes of an ETag. It is read once.

    Parameters
    ----------
    file : file object
        At its beginning.
    size : int
        Bytes that it has.
    etag : str or None
        Without quotation marks: 32 hexadecimal digits, the MD5; or with the number of parts behind a dash, the MD5 of their MD5s.

    Returns
    -------
    bool or None
        None if the ETag cannot tell: it is no sum, or no usual size gives as many parts.
    """
    found = _SUM.fullmatch(etag or "")
    if found is None:
        return None
    digest, count = found[1], int(found[2] or 0)
    sizes = [part for part in PARTS if max(1, -(-size // part)) == count]
    sums = [_SumOfParts(part) for part in sizes] if count else [hashlib.md5(usedforsecurity=False)]
    while sums and (chunk := file.read(CHUNK)):
        for one in sums:
            one.update(chunk)
    return any(one.hexdigest() == digest for one in sums) if sums else None


class _SumOfParts:
    """The MD5 of the MD5s of parts of one size."""

    def __init__(self, part: int) -> None:
        self._part, self._left = part, part
        self._own = hashlib.md5(usedforsecurity=False)
        self._all = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes) -> None:
        """Take the next bytes; they may end in one part and go on in the next."""
        view = memoryview(data)
        while view:
            piece, view = view[: self._left], view[self._left :]
            self._own.update(piece)
            self._left -= len(piece)
            if not self._left:
                self._end_part()

    def _end_part(self) -> None:
        self._all.update(self._own.digest())
        self._own, self._left = hashlib.md5(usedforsecurity=False), self._part

    def hexdigest(self) -> str:
        """Return the sum, after the last bytes."""
        if self._left < self._part:
            self._end_part()
        return self._all.hexdigest()
