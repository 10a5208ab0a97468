"""Headers whose cards are all plain: what is not plain is refused, never guessed."""

from __future__ import annotations

import re

from tess_source.files.fits_headers import Header, Value

__all__ = ["Cards", "Unsupported"]

PLAIN = re.compile(
    r"(?=.{8}= )[A-Z0-9_-]{1,8} *= +(?:'(?:[^']|'')*'|[TF]|[+-]?\d+|[+-]?(?:\d+\.\d*|\.\d+)(?:[ED][+-]?\d+)?)? *(?:/.*)?"
)
"""A card with a value as FITS Standard 4.0, section 4.2, has it; CONTINUE, HIERARCH, COMMENT and HISTORY are none."""
DIGITS = re.compile(r"\d+")


class Unsupported(Exception):  # noqa: N818  not an error: lightkurve's own reader is asked instead
    """The file has something that the fast reader does not read."""


class Cards:
    """The cards of a header, in order.

    Attributes
    ----------
    cards : dict of str to bytes
        Keyword → its card.
    values : dict
        Keyword → value; None where a card has none.
    shape : frozenset of str
        Keywords with their digits taken out: what there is, whichever camera or band it is about.

    Raises
    ------
    Unsupported
        If a card is not plain, or a keyword is there twice.
    """

    __slots__ = ("cards", "shape", "values")

    def __init__(self, header: Header) -> None:
        cards = header.cards(b"")
        if odd := [card for card in cards if not PLAIN.fullmatch(card.decode("ascii"))]:
            raise Unsupported(f"a card is not plain: {odd[0][:30]!r}")
        if not header.unique:
            raise Unsupported("a keyword is there twice")
        self.values: dict[str, Value] = dict(header)
        self.cards = dict(zip(self.values, cards, strict=True))
        self.shape = frozenset(DIGITS.sub("#", " ".join(self.cards)).split(" "))
