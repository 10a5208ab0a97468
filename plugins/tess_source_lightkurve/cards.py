"""Headers of a FITS file that is already in memory, for plain cards only: what is not plain is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["UNDEFINED", "Header", "Unsupported", "read_header"]

BLOCK, CARD = 2880, 80
"""Bytes of a FITS block, and of a header card (FITS Standard 4.0, sections 3.1 and 4.1)."""
END = b"END" + b" " * (CARD - 3)
PLAIN = re.compile(
    r"(?=.{8}= )(?P<key>[A-Z0-9_-]{1,8}) *= +"
    r"(?:'(?P<text>(?:[^']|'')*)'|(?P<logical>[TF])|(?P<integer>[+-]?\d+)|(?P<real>[+-]?\d*\.\d*(?:[ED][+-]?\d+)?))?"
    r" *(?:/.*)?"
)
"""A card with a value as FITS Standard 4.0, section 4.2, has it; CONTINUE, HIERARCH, COMMENT and HISTORY are none."""
DIGITS = re.compile(r"\d+")

UNDEFINED = object()
"""Value of a card that has none."""

Value = str | bool | int | float | object


class Unsupported(Exception):  # noqa: N818  not an error: lightkurve's own reader is asked instead
    """The file has something that the fast reader does not read."""


class Header:
    """Keywords with values, in order.

    Attributes
    ----------
    values : dict
        Keyword → value; `UNDEFINED` where a card has none.
    cards : dict
        Keyword → its card of 80 bytes.
    shape : frozenset of str
        Keywords with their digits taken out: what there is, whichever camera or band it is about.
    end : int
        Where the data begin.
    """

    __slots__ = ("cards", "end", "shape", "values")

    def __init__(self, cards: Sequence[bytes], end: int) -> None:
        self.values: dict[str, Value] = {}
        self.cards: dict[str, bytes] = {}
        self.end = end
        for card in cards:
            key, value = _value(card)
            if key in self.cards:
                raise Unsupported(f"{key} is there twice")
            self.cards[key], self.values[key] = card, value
        self.shape = frozenset(DIGITS.sub("#", " ".join(self.cards)).split(" "))

    def integer(self, key: str) -> int:
        """Give the value of a keyword that must be a whole number."""
        value = self.values.get(key)
        if type(value) is not int:
            raise Unsupported(f"{key} is no whole number")
        return value


def read_header(data: bytes, start: int) -> Header:
    """Read the header that begins at a byte.

    Raises
    ------
    Unsupported
        If it does not end, or holds a card that is not plain.
    """
    cards: list[bytes] = []
    for position in range(start, len(data) - CARD + 1, CARD):
        card = data[position : position + CARD]
        if card == END:
            return Header(cards, start + -(-(position + CARD - start) // BLOCK) * BLOCK)
        cards.append(card)
    raise Unsupported("a header does not end")


def _value(card: bytes) -> tuple[str, Value]:
    try:
        found = PLAIN.fullmatch(card.decode("ascii"))
    except UnicodeDecodeError as error:
        raise Unsupported("a card is not ASCII") from error
    if found is None:
        raise Unsupported(f"a card is not plain: {card[:30]!r}")
    key, text, logical, integer, real = found.groups()
    if text is not None:
        return key, text.replace("''", "'").rstrip()
    if logical:
        return key, logical == "T"
    if integer:
        return key, int(integer)
    if real:
        try:
            return key, float(real.replace("D", "E"))
        except ValueError as error:
            raise Unsupported(f"{key} is no number") from error
    return key, UNDEFINED
