"""Headers whose cards are all in standard form; other cards are refused."""

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
        The header as read from the file.
    comments : bool
        Whether it may have COMMENT cards, of which `values` has the text.

    Attributes
    ----------
    values : dict
        Keyword → value; None where a card has none.
    shape : frozenset of str
        Keywords without their digits, so that it does not depend on the camera or band.

    Raises
    ------
    Unsupported
        If a card is not in standard form, or a keyword is repeated.
    """

    __slots__ = ("shape", "values")

    def __init__(self, header: Header, *, comments: bool = False) -> None:
        try:
            self.values: dict[str, Value] = header.read_standard(comments=comments)
        except ValueError as error:
            raise Unsupported(str(error)) from None
        self.shape: frozenset[str] = frozenset(DIGITS.sub("#", " ".join(self.values)).split(" "))
