"""Headers of FITS files, without a FITS library: their cards are read when they are asked for, and every HDU is looked at for being whole.

Of two hundred cards a light curve needs ten, and whether bytes are missing is told by a walk from header to header that reads no data.
"""

from __future__ import annotations

import math
import struct
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tess_source.errors import DamagedFileError
from tess_source.files.fits_stream import BLOCK, COUNTED, LONGEST_HEADER

__all__ = ["BLOCK", "Header", "Headers", "Value", "read_headers"]

CARD, KEYWORD = 80, 8
"""Bytes of a header card, and of the keyword it begins with (FITS Standard 4.0, sections 3.1 and 4.1)."""
END = b"END" + b" " * (CARD - 3)
FIRST_READ = 8 * BLOCK
"""Bytes read at first for a header; those of TESS have fewer than ten blocks."""

Value = str | bool | int | float | None
MISSING: Any = object()
"""Said of a keyword that is not there: one that is may have no value."""


class Header(Mapping[str, Value]):
    """Keyword → value, for cards that have the value indicator ``= ``; of two with one keyword the first counts.

    Parameters
    ----------
    text : bytes
        Cards of 80 bytes, without END.
    end : int
        Where the data begin in the file [byte].
    """

    __slots__ = ("_text", "_where", "end")

    def __init__(self, text: bytes, end: int = 0) -> None:
        self._text, self.end = text, end
        keywords = struct.unpack(f"{KEYWORD}s{CARD - KEYWORD}x" * (len(text) // CARD), text)
        places = range(len(text) - CARD, -1, -CARD)
        self._where = dict(zip(reversed(keywords), places, strict=True))

    def __getitem__(self, key: str) -> Value:
        value = self.get(key, MISSING)
        if value is MISSING:
            raise KeyError(key)
        return value  # type: ignore[no-any-return]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.card(key)[8:10] == b"= "

    def __iter__(self) -> Iterator[str]:
        for key, at in reversed(self._where.items()):
            if self._text[at + 8 : at + 10] == b"= ":
                yield key.decode("ascii").rstrip()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Header({dict(self)!r})"

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value of a keyword, if it is there."""
        card = self.card(key)
        return _value(card[10:].decode("ascii").strip()) if card[8:10] == b"= " else default

    def card(self, key: str) -> bytes:
        """Give the 80 bytes of a card; none if it is not there."""
        at = self._where.get(key.encode("ascii", "replace").ljust(8))
        return b"" if at is None else self._text[at : at + CARD]

    def cards(self, *starts: bytes) -> list[bytes]:
        """Give the cards whose keyword starts so, in order; none or one of each keyword."""
        found = [at for key, at in self._where.items() if key.startswith(starts)]
        return [self._text[at : at + CARD] for at in reversed(found)]

    @property
    def unique(self) -> bool:
        """Whether no keyword is there twice."""
        return len(self._where) * CARD == len(self._text)

    def integer(self, key: str, default: int | None = None) -> int:
        """Give a whole number that the structure of the file rests on.

        Raises
        ------
        DamagedFileError
            If it is something else, or not there and without a default.
        """
        value = self.get(key, default)
        if type(value) is not int:
            raise DamagedFileError(f"its headers do not say how large its data are: {key} is {value!r}")
        return value

    @property
    def data_bytes(self) -> int:
        """Size of the data that follow: |BITPIX| / 8 x GCOUNT x (PCOUNT + NAXIS1 x ... x NAXISm) (section 4.4.1.2)."""
        axes = [self.integer(f"NAXIS{axis}") for axis in range(1, self.integer("NAXIS") + 1)]
        if not axes:
            return 0
        if axes[0] == 0 and self.get("GROUPS") is True:  # random groups, section 6
            axes = axes[1:]
        elements = self.integer("PCOUNT", 0) + math.prod(axes)
        size = abs(self.integer("BITPIX")) // 8 * self.integer("GCOUNT", 1) * elements
        if size < 0:
            raise DamagedFileError(f"its headers say that some of its data have {size:,} bytes")
        return size

    @property
    def next(self) -> int:
        """Where the next header begins [byte]."""
        return self.end + math.ceil(self.data_bytes / BLOCK) * BLOCK


class Headers(ChainMap[str, Value]):
    """Several headers as one; of a keyword that is in more than one of them, the first counts."""

    def get(self, key: str, default: Any = None) -> Any:
        """Give the value of a keyword, if it is there."""
        for header in self.maps:
            if (value := header.get(key, MISSING)) is not MISSING:
                return value
        return default


def read_headers(read: Callable[[int, int], bytes], size: int) -> list[Header]:
    """Walk from header to header to the end of a FITS file; no data are read.

    Parameters
    ----------
    read : callable
        Takes a position and a number of bytes, and gives so many bytes, or as many as there are.
    size : int
        Bytes of the file.

    Returns
    -------
    list of Header
        Of all HDUs. Special records behind the last (FITS Standard 4.0, section 3.5) are passed over.

    Raises
    ------
    DamagedFileError
        If it is not FITS, or not whole: the message says what is wrong with "it".
    """
    if not size:
        raise DamagedFileError("it is empty")
    start = read(0, 512)
    if not b"SIMPLE  =".startswith(start[:9]):
        raise DamagedFileError(f"it is not FITS{', but an HTML page' if start.lstrip()[:1] == b'<' else ''}")
    headers: list[Header] = []
    position = 0
    while position < size and (not headers or b"XTENSION".startswith(read(position, 8))):
        header = _read_header(read, position, len(headers))
        position = header.next
        if position > size:
            lost = f"{position - size:,} of {position:,} bytes are missing"
            raise DamagedFileError(f"it is cut in the data of HDU {len(headers)}: {lost}")
        headers.append(header)
    creator, wanted = str(headers[0].get("CREATOR")), headers[0].get("NEXTEND")
    if type(wanted) is int and len(headers) <= wanted and any(name in creator for name in COUNTED):
        raise DamagedFileError(f"{wanted - len(headers) + 1} of its {wanted} extensions are missing at the end")
    return headers


def _read_header(read: Callable[[int, int], bytes], start: int, number: int) -> Header:
    """Read the header that begins at a byte, in pieces that grow."""
    count, data = FIRST_READ, b""
    while (end := _end(data)) < 0:
        before, data = len(data), read(start, count)
        count *= 4
        if len(data) == before or before > LONGEST_HEADER * BLOCK:
            raise DamagedFileError(f"it is cut in the header of HDU {number}")
    length = math.ceil((end + CARD) / BLOCK) * BLOCK
    if length > len(data):
        raise DamagedFileError(f"it is cut in the header of HDU {number}")
    if not data[:length].isascii():
        raise DamagedFileError(f"the header of HDU {number} holds bytes that are no text")
    return Header(data[:end], start + length)


def _end(data: bytes) -> int:
    """Find the card END; -1 if there is none."""
    end = data.find(END)
    while end >= 0 and end % CARD:
        end = data.find(END, end + 1)
    return end


def _value(field: str) -> Value:
    """Read the value of a card (FITS Standard 4.0, section 4.2); text that continues on the next card ends with its ``&``."""
    if field.startswith("'"):
        return _text(field)
    word = field.partition("/")[0].strip()
    if word in {"T", "F"}:
        return word == "T"
    try:
        return int(word) if word.lstrip("+-").isdecimal() else float(word.replace("D", "E"))
    except ValueError:
        return None


def _text(field: str) -> str:
    """Take what stands between quotes, where '' is a quote."""
    end = 1
    while (close := field.find("'", end)) >= 0 and field[close : close + 2] == "''":
        end = close + 2
    return field[1 : close if close >= 0 else None].replace("''", "'").rstrip()
