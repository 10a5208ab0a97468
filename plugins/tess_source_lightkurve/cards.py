"""Headers whose cards are all plain: what is not plain is refused, never guessed."""

from __future__ import annotations

import re

from tess_source.files.cards import Header, Value

__all__ = ["Cards", "Unsupported"]

DIGITS = re.compile(r"\d+")


class Unsupported(Exception):  # noqa: N818  not an error: lightkurve's own reader is asked instead
    """The file has something that the fast reader does not read."""


class Cards:
    """The cards of a header, in order.

    Parameters
    ----------
    header : Header
        As it was read from the file.

    Attributes
    ----------
    cards : dict of str to str
        Keyword → its card, with the CONTINUE cards that follow.
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
        try:
            found = header.read_standard()
        except ValueError as error:
            raise Unsupported(str(error)) from None
        self.cards: dict[str, str] = {key: card for key, (card, _) in found.items()}
        self.values: dict[str, Value] = {key: value for key, (_, value) in found.items()}
        self.shape: frozenset[str] = frozenset(DIGITS.sub("#", " ".join(found)).split(" "))
