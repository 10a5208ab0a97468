"""Reader of the headers of a FITS file, which checks that every HDU is whole without reading data."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Callable
from typing import Any

from tess_source.errors import DamagedFileError
from tess_source.files.cards import BLOCK, CARD, MISSING, Header, Value, end_of
from tess_source.files.extensions import check_extensions

__all__ = ["LONGEST_HEADER", "MOST_BLOCKS", "Headers", "read_headers"]

FIRST_READ = 8 * BLOCK
"""Bytes read at first for a header; TESS headers have fewer than ten blocks."""
LONGEST_HEADER = 1000
"""Most blocks of a header; TESS headers have fewer than ten."""
MOST_BLOCKS = 10_000
"""Most blocks of all headers of a file together, which are kept; TESS files have fewer than two hundred."""


class Headers(ChainMap[str, Value]):
    """Several headers as one. If a keyword is in several of them, the first counts."""

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a keyword, if it is there."""
        for header in self.maps:
            if (value := header.get(key, MISSING)) is not MISSING:
                return value
        return default


def read_headers(read: Callable[[int, int], bytes], size: int) -> list[Header]:
    """Read all headers of a FITS file; no data are read.

    Parameters
    ----------
    read : callable
        Takes a position and a number of bytes, and returns so many bytes, or as many as there are.
    size : int
        Bytes of the file.

    Returns
    -------
    list of Header
        Headers of all HDUs. Special records behind the last (FITS Standard 4.0, section 3.5) are skipped.

    Raises
    ------
    DamagedFileError
        If the file is not FITS, or not whole; the message says what is wrong with "it".
    """
    if not size:
        raise DamagedFileError("it is empty")
    start = read(0, 512)
    if not b"SIMPLE  =".startswith(start[:9]):
        raise DamagedFileError(f"it is not FITS{', but an HTML page' if start.lstrip()[:1] == b'<' else ''}")
    headers: list[Header] = []
    position = kept = 0
    while position < size and (not headers or b"XTENSION".startswith(read(position, 8))):
        header = _read_header(read, position, len(headers))
        kept += header.end - position
        if kept > MOST_BLOCKS * BLOCK:
            raise DamagedFileError(f"its headers have more than {MOST_BLOCKS:,} blocks, as no file of TESS does")
        position = header.end + header.padded_bytes
        if position > size:
            lost = f"{position - size:,} of {position:,} bytes are missing"
            raise DamagedFileError(f"it is cut in the data of HDU {len(headers)}: {lost}")
        headers.append(header)
    check_extensions(headers, len(headers) - 1)
    return headers


def _read_header(read: Callable[[int, int], bytes], start: int, number: int) -> Header:
    """Read the header that begins at a byte, in pieces that grow."""
    count, data = FIRST_READ, b""
    while (end := end_of(data)) < 0:
        before, data = len(data), read(start, count)
        count *= 4
        if len(data) == before or before > LONGEST_HEADER * BLOCK:
            raise DamagedFileError(f"it is cut in the header of HDU {number}")
    length = math.ceil((end + CARD) / BLOCK) * BLOCK
    if length > len(data):
        raise DamagedFileError(f"it is cut in the header of HDU {number}")
    if not data[:length].isascii():
        raise DamagedFileError(f"the header of HDU {number} holds bytes that are no text")
    return Header(data[:end], start + length, number)
