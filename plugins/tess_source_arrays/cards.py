"""A FITS header in memory whose cards are read when they are asked for: of two hundred, a light curve needs ten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from tess_source.errors import DamagedFileError

__all__ = ["BLOCK", "Header", "read_header"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block, and of a header card (FITS Standard 4.0, sections 3.1 and 4.1)."""
END = b"END" + b" " * (CARD - 3)

Value = str | bool | int | float | None


class Header(Mapping[str, Value]):
    """Keyword → value, for cards that have the value indicator ``= ``; of two with one keyword the first counts.

    Parameters
    ----------
    cards : bytes
        Cards of 80 bytes, without END.
    end : int
        Where the data begin in the file [byte].
    """

    __slots__ = ("_cards", "_where", "end")

    def __init__(self, cards: bytes, end: int = 0) -> None:
        self._cards, self.end = cards, end
        self._where = {cards[at : at + 8]: at for at in range(len(cards) - CARD, -1, -CARD)}

    def __getitem__(self, key: str) -> Value:
        card = self.card(key)
        if card[8:10] != b"= ":
            raise KeyError(key)
        return _value(card[10:].decode("ascii").strip())

    def __iter__(self) -> Iterator[str]:
        for key, at in reversed(self._where.items()):
            if self._cards[at + 8 : at + 10] == b"= ":
                yield key.decode("ascii").rstrip()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Header({dict(self)!r})"

    def card(self, key: str) -> bytes:
        """Give the 80 bytes of a card; none if it is not there."""
        at = self._where.get(key.encode("ascii", "replace").ljust(8))
        return b"" if at is None else self._cards[at : at + CARD]

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
        elements = self.integer("PCOUNT", 0) + math.prod(axes) if axes else 0
        size = abs(self.integer("BITPIX")) // 8 * self.integer("GCOUNT", 1) * elements
        if size < 0:
            raise DamagedFileError(f"its headers say that some of its data have {size:,} bytes")
        return size

    @property
    def next(self) -> int:
        """Where the next header begins [byte]."""
        return self.end + math.ceil(self.data_bytes / BLOCK) * BLOCK


def read_header(data: bytes | bytearray, start: int, stop: int) -> Header:
    """Find the header that begins at a byte.

    Raises
    ------
    DamagedFileError
        If it does not end.
    """
    end = data.find(END, start, stop)
    while end >= 0 and (end - start) % CARD:
        end = data.find(END, end + 1, stop)
    if end < 0:
        raise DamagedFileError("it is cut in a header")
    cards = bytes(data[start:end])
    if not cards.isascii():
        raise DamagedFileError("a header holds bytes that are no text")
    return Header(cards, start + -(-(end + CARD - start) // BLOCK) * BLOCK)


def _value(field: str) -> Value:
    """Read the value of a card (FITS Standard 4.0, section 4.2); text that continues on the next card ends with its ``&``."""
    if field.startswith("'"):
        return _text(field)
    word = field.partition("/")[0].strip()
    if word in {"T", "F"}:
        return word == "T"
    try:
        return int(word)
    except ValueError:
        pass
    try:
        return float(word.replace("D", "E"))
    except ValueError:
        return None


def _text(field: str) -> str:
    """Take what stands between quotes, where '' is a quote."""
    end = 1
    while (close := field.find("'", end)) >= 0 and field[close : close + 2] == "''":
        end = close + 2
    return field[1 : close if close >= 0 else None].replace("''", "'").rstrip()
