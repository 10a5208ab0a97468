"""Unpacking of gzip in bounded memory, with a limit: a few bytes can be made to unpack to very many."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from tess_source.errors import DamagedFileError

__all__ = ["GZIP", "MOST_TIMES", "MUCH", "Unpacker", "most_of", "unpacked"]

GZIP = b"\x1f\x8b"
"""Bytes with which a compressed file begins."""
MUCH = 1 << 28
"""Bytes that any file may unpack to: 256 MiB. A full-frame image has 35 MB."""
MOST_TIMES = 16
"""A larger file may have so many times the bytes that were read for it. gzip makes files of TESS two to five times smaller, and a file
that is made for it a thousand times."""
PIECE, PLAIN_PIECE = 1 << 16, 1 << 20
"""Most bytes that are unpacked at a time, and that are given at a time. zlib copies what lies behind the end of a member, so the first is
small."""


def most_of(packed: int) -> int:
    """Return how many bytes a file, or a part of one, may unpack to: 256 MiB, or 16 times its bytes if that is more."""
    return max(MUCH, MOST_TIMES * packed)


class Unpacker:
    """Unpack gzip in pieces of any size, in one member or several, which zeros may follow.

    Parameters
    ----------
    times : int
        How many times its bytes a larger file may unpack to; see `most_of`.

    Raises
    ------
    DamagedFileError
        In `feed` and `finish`; the message says what is wrong with "it", the file.
    """

    def __init__(self, times: int = MOST_TIMES) -> None:
        self._times = times
        self._stream = zlib.decompressobj(wbits=31)
        self._started = False
        self._packed = self._plain = 0

    def feed(self, data: bytes | bytearray | memoryview) -> Iterator[bytes]:
        """Yield what the next bytes unpack to, in pieces of at most 1 MiB."""
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self._packed += len(part := bytes(view[start : start + PIECE]))
            yield from self._pieces(part)

    def _pieces(self, left: bytes) -> Iterator[bytes]:
        out = b""
        while left or (len(out) == PLAIN_PIECE and not self._stream.eof):
            if self._stream.eof:
                left = left.lstrip(b"\0")  # padding, which gzip allows
                if not left:
                    return
                self._stream = zlib.decompressobj(wbits=31)
            try:
                out = self._stream.decompress(left, PLAIN_PIECE)
            except zlib.error as error:
                raise DamagedFileError(f"its compressed bytes are damaged ({error})") from error
            self._started = True
            self._plain += len(out)
            if self._plain > max(MUCH, self._times * self._packed):
                raise DamagedFileError(
                    f"it unpacks to more than {MUCH >> 20} MiB, and to more than {self._times} times its bytes, as no file of TESS does"
                )
            yield out
            left = self._stream.unconsumed_tail or self._stream.unused_data

    def finish(self) -> None:
        """Check the end of the compressed bytes."""
        if not self._started:
            raise DamagedFileError("it is empty")
        if not self._stream.eof:
            raise DamagedFileError("its compressed bytes are cut")


def unpacked(pieces: Iterable[bytes | bytearray | memoryview]) -> bytes:
    """Return the plain bytes of a compressed file.

    Parameters
    ----------
    pieces : iterable of bytes-like
        The file.

    Raises
    ------
    DamagedFileError
        If its bytes are not whole, or unpack to more than the limit: 256 MiB, or 16 times the file if that is more.
    """
    unpacker = Unpacker()
    plain = b"".join(part for piece in pieces for part in unpacker.feed(piece))
    unpacker.finish()
    return plain
